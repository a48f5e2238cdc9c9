# SPDX-License-Identifier: MIT OR Apache-2.0
"""How the tests of the C core are built: one macro, so that flags and libraries are named once."""

load("@rules_cc//cc:defs.bzl", "cc_test")

TEST_COPTS = [
    "-std=c++17",
    "-Wall",
    "-Wextra",
    "-Werror",
]

def core_test(name, srcs, core = "//c:core", deps = [], size = "small", main = True, **kwargs):
    """A GoogleTest program over the core. `core` is //c:core_hooks for tests that inject faults; `main`: GoogleTest's."""
    support = "//tests/support:support_hooks" if core == "//c:core_hooks" else "//tests/support"
    cc_test(
        name = name,
        size = size,
        srcs = srcs,
        copts = TEST_COPTS,
        linkstatic = True,
        deps = [core, support, "@googletest//:" + ("gtest_main" if main else "gtest")] + deps,
        **kwargs
    )
