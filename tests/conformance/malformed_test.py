#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every runner refuses every scenario in malformed/ with exit status 2, and goes on with the good one beside it."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).absolute().parent
GOOD = {"name": "good", "steps": [{"do": "kv.create", "as": "k", "with": {"entries": 1, "bytes": 1}}]}


def run(runner, *files):
    return subprocess.run([runner, *map(str, files)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", check=False)


def complaints(language, runner, files, good):
    """What the runner did wrong, line by line."""
    one = run(runner, files[0])
    if one.returncode != 2:
        yield f"{files[0].name} alone: exit status {one.returncode}, not 2"
    done = run(runner, *files, good)
    if done.returncode != 2:
        yield f"exit status {done.returncode}, not 2"
    last = (done.stdout.splitlines() or [""])[-1]
    if last != f"{language}: 1 passed, {len(files)} failed":
        yield f"the last line is {last!r}"
    if "FAIL" in done.stdout:
        yield f"something was run and failed: {done.stdout}"
    for file in files:
        if not re.search(rf"^{re.escape(str(file))}: .", done.stderr, flags=re.MULTILINE):
            yield f"standard error does not name {file.name}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lang", required=True)
    languages = parser.parse_args().lang.split(",")
    files = sorted((HERE / "malformed").iterdir())
    if len(files) < 40:
        sys.exit(f"only {len(files)} malformed scenarios found")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        good = pathlib.Path(folder) / "good.json"
        good.write_text(json.dumps(GOOD))
        for language in languages:
            runner = os.environ[f"DRYSTONE_RUNNER_{language.upper()}"]
            for said in complaints(language, runner, files, good):
                bad += 1
                print(f"{language}: {said}")
    print(f"{len(files)} malformed scenarios, {len(languages)} languages, {bad} complaints")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
