# SPDX-License-Identifier: MIT OR Apache-2.0
"""Flags of the core, and the rule that every concept under c/src uses."""

load("@rules_cc//cc:defs.bzl", "cc_library")

DRY_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Werror",
]

# Headers found by way of -iquote are not system headers, so their warnings count too.
DRY_COPTS = DRY_WARNINGS + [
    "-std=c11",
    "-Wstrict-prototypes",
    "-fvisibility=hidden",
    "-iquote",
    "c/include",
    "-iquote",
    "c/src",
]

# For C++ around the core: tests and the command.
DRY_CXX_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
]

def dry_concept(name, deps = []):
    """One folder of c/src as a library, and once more as NAME_hooks with -DDRY_HOOKS=1.

    Static only: hidden symbols cannot be reached from another target's shared library.

    Args:
      name: the folder's name, which is also the first part of its headers' include path.
      deps: names of the folders it includes headers of.
    """
    native.filegroup(
        name = "sources",
        srcs = native.glob(["*.c", "*.h"]),
    )
    for suffix, defines in [("", []), ("_hooks", ["DRY_HOOKS=1"])]:
        cc_library(
            name = name + suffix,
            srcs = native.glob(["*.c"]),
            hdrs = native.glob(["*.h"]),
            copts = DRY_COPTS,
            defines = defines,
            strip_include_prefix = "/c/src",
            linkopts = ["-pthread"],  # a library of its own in glibc before 2.34
            linkstatic = True,
            deps = ["//c:public"] + ["//c/src/%s:%s%s" % (d, d, suffix) for d in deps],
        )
