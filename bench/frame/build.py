# SPDX-License-Identifier: MIT OR Apache-2.0
"""Builds the programs, optimised, and makes each callable from anywhere."""

import os
import pathlib
import shlex
import subprocess

from bench.frame.measure import Refused


def bazel():
    """The command; BAZEL may hold startup options too, such as an output base of one's own."""
    return shlex.split(os.environ.get("BAZEL", "bazel"))


def _run(root, *arguments):
    done = subprocess.run(bazel() + list(arguments), cwd=root, check=False)
    if done.returncode != 0:
        raise Refused(f"bazel {' '.join(arguments)}: exit {done.returncode}")


def programs(root, labels, folder):
    """{key: label} -> {key: path of a script that runs what Bazel has built, with its runfiles}."""
    options = ["-c", "opt", "--ui_event_filters=-info", "--noshow_progress"]
    _run(root, "build", *options, *labels.values())
    folder.mkdir(parents=True, exist_ok=True)
    scripts = {}
    for key, label in labels.items():
        script = pathlib.Path(folder) / key
        _run(root, "run", *options, f"--script_path={script}", label)
        scripts[key] = script
    return scripts
