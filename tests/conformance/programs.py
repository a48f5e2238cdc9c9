# SPDX-License-Identifier: MIT OR Apache-2.0
"""Finds programs that tests start: named by the environment, else built by Bazel."""

import os
import pathlib
import shlex
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
QUIET = ["-c", "opt", "--noshow_progress", "--ui_event_filters=-info,-debug"]


class Missing(Exception):
    """A program that is not there and could not be built."""


def bazel(*arguments):
    command = ["bash", "-c", '. ci/env.sh && exec "$@"', "bash"]
    command += shlex.split(os.environ.get("DRYSTONE_BAZEL", "bazel")) + list(arguments)
    # Bazel's server outlives this process; it must not hold on to descriptors that are not its own.
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise Missing(f"bazel {' '.join(arguments)} failed:\n{done.stdout}")


def find(wanted, scripts):
    """Name -> path of an executable, for `wanted`: name -> (environment variable, Bazel target).

    What Bazel builds is started by way of a script that Bazel writes into the folder `scripts`; it knows where the
    program's own files lie.
    """
    found = {name: os.environ.get(variable) for name, (variable, _) in wanted.items()}
    targets = {name: target for name, (_, target) in wanted.items() if not found[name]}
    if targets:
        bazel("build", *QUIET, *targets.values())
    for name, target in targets.items():
        found[name] = str(pathlib.Path(scripts) / f"start-{name}")
        bazel("run", *QUIET, f"--script_path={found[name]}", target)
    for name, program in found.items():
        if not os.access(program, os.X_OK):
            raise Missing(f"the program for {name} cannot be executed: {program}")
        found[name] = os.path.abspath(program)
    return found
