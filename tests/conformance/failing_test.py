#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every scenario in failing/ fails in every language, at the same step, in the same words, and with the same transcript."""

import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).absolute().parent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lang", required=True)
    languages = parser.parse_args().lang.split(",")
    files = sorted((HERE / "failing").iterdir())
    done = subprocess.run([HERE / "run", "--lang", ",".join(languages), HERE / "failing"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    count = len(files) * len(languages)
    assert files, "no scenario found"
    assert done.returncode == 1, f"exit status {done.returncode}"
    assert done.stdout.splitlines()[-1] == f"conformance: 0 passed, {count} failed"
    lines = [line for line in done.stdout.splitlines() if line.startswith("FAIL ")]
    form = re.compile(r"FAIL \S+ step \d+ \w+: \w+\.\w+: expected \{.*\} got \{.*\}")
    for line in lines:
        assert form.fullmatch(line), line
    said = {language: [line.replace(f" {language}: ", " LANGUAGE: ", 1) for line in lines if f" {language}: " in line]
            for language in languages}
    for language in languages:
        assert len(said[language]) == len(files), said[language]
        assert said[language] == said[languages[0]], f"{language} says other words than {languages[0]}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
