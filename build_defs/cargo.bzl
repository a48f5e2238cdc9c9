# SPDX-License-Identifier: MIT OR Apache-2.0
"""cargo under Bazel, offline: crates come from cargo's own cache, which ci/setup fills."""

def dry_cargo_binary(name, folder, srcs, bin = None, **kw):
    """Builds the release binary `bin` (NAME by default) of the package in `folder`, a path from the workspace's root.

    Args:
      name: of the rule and its output.
      folder: of the package's Cargo.toml, as a path from the workspace's root.
      srcs: every file that cargo needs: that package, and the path dependencies of it.
      bin: the binary's name in Cargo.toml, where it is not NAME.
      **kw: passed on.
    """
    bin = bin or name
    native.genrule(
        name = name,
        srcs = srcs,
        outs = [name + "_out/" + bin],
        cmd = " ".join([
            "$(location //build_defs:cargo.sh) //%s:%s %s $@" % (native.package_name(), name, folder),
            "$(SRCS) -- build --release -q --bin " + bin,
        ]),
        executable = True,
        message = "cargo build",
        tools = [
            "//build_defs:cache.sh",
            "//build_defs:cargo.sh",
        ],
        **kw
    )

def dry_cargo_test(name, folder, paths, data, args = ["test", "--workspace", "-q"], size = "large", tags = [], **kw):
    """Runs cargo (`cargo test --workspace` unless `args` says otherwise) in `folder`.

    Args:
      name: of the test.
      folder: of Cargo.toml, as a path from the workspace's root.
      paths: files and folders from the workspace's root that are copied for cargo.
      data: labels of the files in them.
      args: of cargo; --offline --locked are added.
      size: as usual.
      tags: more tags.
      **kw: passed on.
    """
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//build_defs:cargo.sh"],
        args = ["//%s:%s" % (native.package_name(), name), folder, "-"] + paths + ["--"] + args,
        data = data + ["//build_defs:cache.sh"],
        tags = tags + ["block-network", "nosan"],
        **kw
    )
