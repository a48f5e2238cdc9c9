# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every external repository, in one place.

Bazel 4.2.3 appends repositories of its own that come from the network. One of the same name that was declared before
wins, so the first three keep every build offline.
"""

def drystone_repositories():
    for name in ["rules_cc", "rules_java", "remote_coverage_tools"]:
        native.local_repository(
            name = name,
            path = "third_party/bazel/" + name,
        )

    # Debian's package googletest puts its sources there.
    native.new_local_repository(
        name = "googletest",
        build_file = "//third_party/bazel/googletest:googletest.BUILD",
        path = "/usr/src/googletest",
    )
