// SPDX-License-Identifier: MIT OR Apache-2.0
//! Links libdrystone.a of `DRYSTONE_LIB_DIR` where that is set, else compiles the vendored C file.
use std::{env, path::Path};

fn main() {
    let vendor = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("vendor");
    println!("cargo:rerun-if-env-changed=DRYSTONE_LIB_DIR");
    // Crates that depend on this one find the header in DEP_DRYSTONE_INCLUDE.
    println!("cargo:include={}", vendor.display());
    match env::var("DRYSTONE_LIB_DIR") {
        Ok(dir) if !dir.is_empty() => link_prebuilt(&dir),
        _ => compile_vendored(&vendor),
    }
}

fn link_prebuilt(dir: &str) {
    // A relative folder is meant from here, and the linker runs elsewhere.
    let dir = Path::new(dir).canonicalize().unwrap_or_else(|error| panic!("DRYSTONE_LIB_DIR={dir}: {error}"));
    let archive = dir.join("libdrystone.a");
    assert!(archive.is_file(), "DRYSTONE_LIB_DIR is set, but there is no {}", archive.display());
    println!("cargo:rerun-if-changed={}", archive.display());
    println!("cargo:rustc-link-search=native={}", dir.display());
    println!("cargo:rustc-link-lib=static=drystone");
}

fn compile_vendored(vendor: &Path) {
    let source = vendor.join("drystone.c");
    println!("cargo:rerun-if-changed={}", source.display());
    println!("cargo:rerun-if-changed={}", vendor.join("drystone.h").display());
    let mut build = cc::Build::new();
    build.file(source).include(vendor).std("c11").flag("-fvisibility=hidden");
    // Called once or a billion times, the core's speed is the caller's speed: it is optimised in debug builds of the
    // caller too, where cc would choose -O0.
    if env::var("OPT_LEVEL").as_deref() == Ok("0") {
        build.opt_level(2);
    }
    if env::var_os("CARGO_FEATURE_CHECKED").is_some() {
        build.define("DRY_CHECKED", "1");
    }
    build.compile("drystone");
}
