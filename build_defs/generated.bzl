# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checked-in copies of generated files, for people who have no Bazel."""

def freshness_test(name, pairs, tags = []):
    """NAME fails when a checked-in file differs from its generated twin; `bazel run NAME.update` copies it over.

    Args:
      name: of the test.
      pairs: checked-in file -> generated file, as labels.
      tags: more tags.
    """
    args = ["//%s:%s" % (native.package_name(), name)]
    for checked_in, generated in pairs.items():
        args += ["$(location %s)" % checked_in, "$(location %s)" % generated]
    data = pairs.keys() + [g for g in pairs.values() if g not in pairs]
    native.sh_test(
        name = name,
        size = "small",
        srcs = ["//build_defs:fresh.sh"],
        args = ["check"] + args,
        data = data,
        tags = tags + ["nosan"],
    )

    # The tag is how ci/generate finds all of them.
    native.sh_binary(
        name = name + ".update",
        srcs = ["//build_defs:fresh.sh"],
        args = ["update"] + args,
        data = data,
        tags = ["update"],
    )
