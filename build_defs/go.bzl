# SPDX-License-Identifier: MIT OR Apache-2.0
"""go under Bazel, offline: modules come from go's own cache, which ci/setup fills."""

def dry_go_binary(name, folder, srcs, package = ".", **kw):
    """Builds `package` of the module in `folder`.

    Args:
      name: of the rule; the output is NAME_out/NAME.
      folder: of go.mod, as a path from the workspace's root.
      srcs: every file that go needs: that module and those it replaces by path.
      package: which package of the module.
      **kw: passed on.
    """
    native.genrule(
        name = name,
        srcs = srcs,
        outs = [name + "_out/" + name],
        cmd = "$(location //build_defs:go.sh) build %s %s $@ $(SRCS)" % (folder, package),
        executable = True,
        message = "go build",
        tools = [
            "//build_defs:cache.sh",
            "//build_defs:go.sh",
        ],
        **kw
    )

def dry_go_test(name, folder, paths, data, size = "large", tags = [], **kw):
    """Checks the module in `folder`; see go.sh.

    Args:
      name: of the test.
      folder: of go.mod, as a path from the workspace's root.
      paths: files and folders from the workspace's root that are copied for go.
      data: labels of the files in them.
      size: as usual.
      tags: more tags.
      **kw: passed on.
    """
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//build_defs:go.sh"],
        args = ["test", folder] + paths,
        data = data + ["//build_defs:cache.sh"],
        tags = tags + ["block-network", "nosan"],
        **kw
    )
