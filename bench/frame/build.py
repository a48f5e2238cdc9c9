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


# As the other scripts build, but without moving the links (bazel-bin, ...) that somebody may be using.
OPTIONS = ["-c", "opt", "--symlink_prefix=/", "--ui_event_filters=-info", "--noshow_progress"]


def _run(root, *arguments, **options):
    done = subprocess.run(bazel() + list(arguments), cwd=root, check=False, **options)
    if done.returncode != 0:
        raise Refused(f"bazel {' '.join(arguments)}: exit {done.returncode}")
    return done


def programs(root, labels, folder):
    """{key: label} -> {key: path of a script that runs what Bazel has built, with its runfiles}."""
    _run(root, "build", *OPTIONS, "--show_result=0", *labels.values())
    folder.mkdir(parents=True, exist_ok=True)
    scripts = {}
    for key, label in labels.items():
        script = pathlib.Path(folder) / key
        _run(root, "run", *OPTIONS, "--show_result=0", f"--script_path={script}", label)
        scripts[key] = script
    return scripts


def binary(root, package, name):
    """A C program itself, for tools that must not follow a script."""
    _run(root, "build", *OPTIONS, "--show_result=0", f"//{package}:{name}")
    folder = _run(root, "info", "-c", "opt", "bazel-bin", stdout=subprocess.PIPE, text=True).stdout.strip()
    return pathlib.Path(folder) / package / name
