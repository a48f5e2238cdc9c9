#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Prints what the demo's readers found as a table.

usage: table.py FILE...     one a reader; the last line of each is the reader's JSON object

The exit code is 1 where a reader left no result or looked nothing up, or where a value was torn, a lookup failed, or a
key's version went backwards.
"""
import json
import sys

NAMES = {"c": "C", "rust": "Rust", "go": "Go", "java": "Java"}
COLUMNS = ["lookups", "ns_per_lookup", "hits", "misses", "torn", "retries"]
MUST_BE_ZERO = ["torn", "errors", "backwards"]
MUST_BE_MORE = ["lookups", "hits", "misses"]


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for line in reversed(lines):
        if line.startswith("{"):
            return json.loads(line)
    return None


def cell(value):
    return "{:,.1f}".format(value) if isinstance(value, float) else "{:,}".format(value)


def print_table(results):
    rows = [["language"] + [c.replace("_", " ") for c in COLUMNS]]
    rows += [[NAMES.get(r["language"], r["language"])] + [cell(r[c]) for c in COLUMNS] for r in results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        print("  " + row[0].ljust(widths[0]) + "".join("  " + v.rjust(w) for v, w in zip(row[1:], widths[1:])))
        if number == 0:
            print("  " + "-" * (sum(widths) + 2 * len(widths) - 2))


def faults(result):
    for name in MUST_BE_ZERO:
        if result[name] != 0:
            yield "%s: %s: %s" % (result["language"], name, cell(result[name]))
    for name in MUST_BE_MORE:
        if result[name] == 0:
            yield "%s: no %s" % (result["language"], name)


def main():
    results, found = [], []
    for path in sys.argv[1:]:
        result = read(path)
        if result is None:
            found.append("%s: the reader left no result" % path)
        else:
            results.append(result)
            found += faults(result)
    print_table(results)
    for fault in found:
        print("demo: " + fault, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
