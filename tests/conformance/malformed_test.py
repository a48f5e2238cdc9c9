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


def complaint(language, runner, file, good):
    """What the runner did wrong about that file, or None."""
    done = subprocess.run([runner, str(file), str(good)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", check=False)
    last = (done.stdout.splitlines() or [""])[-1]
    if done.returncode != 2:
        return f"exit status {done.returncode}, not 2"
    if last != f"{language}: 1 passed, 1 failed":
        return f"the last line is {last!r}"
    if not re.search(rf"^{re.escape(str(file))}: .", done.stderr, flags=re.MULTILINE):
        return f"standard error does not name the file: {done.stderr!r}"
    return None


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
            for file in files:
                said = complaint(language, runner, file, good)
                if said:
                    bad += 1
                    print(f"{language}: {file.name}: {said}")
    print(f"{len(files)} malformed scenarios, {len(languages)} languages, {bad} not refused as they should be")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
