#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""shown_test.py README SAMPLE...: each sample stands in the README, whole and unchanged but for its licence line."""
import pathlib
import sys


def main():
    readme = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    missing = []
    for name in sys.argv[2:]:
        text = pathlib.Path(name).read_text(encoding="utf-8")
        code = text.split("\n", 1)[1].lstrip("\n").rstrip("\n")
        if not code or code not in readme:
            missing.append(name)
    for name in missing:
        print(f"the README does not show {name} as it is")
    sys.exit(bool(missing))


main()
