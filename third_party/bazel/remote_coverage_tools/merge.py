#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes one lcov file from a test's gcov JSON, or from the lcov files of several tests."""
import glob
import gzip
import json
import os
import sys
from collections import defaultdict


def main():
    opt = {}
    for a in sys.argv[1:]:
        k, _, v = a.partition("=")
        opt.setdefault(k.lstrip("-"), v)
    lines = defaultdict(lambda: defaultdict(int))
    funcs = defaultdict(dict)
    for f in sorted(glob.glob(os.path.join(opt.get("coverage_dir", ""), "**/*.gcov.json.gz"), recursive=True)):
        for src in json.load(gzip.open(f))["files"]:
            n = src["file"]
            n = n[len("/proc/self/cwd/"):] if n.startswith("/proc/self/cwd/") else n
            if n.startswith(("/", "external/")):
                continue
            for ln in src["lines"]:
                lines[n][ln["line_number"]] += ln["count"]
            for fn in src["functions"]:
                _, c = funcs[n].get(fn["name"], (0, 0))
                funcs[n][fn["name"]] = (fn["start_line"], c + fn["execution_count"])
    if opt.get("reports_file"):
        for rep in open(opt["reports_file"]).read().split():
            if not rep.endswith(".dat") or not os.path.exists(rep):
                continue
            n = None
            for row in open(rep):
                key, _, val = row.strip().partition(":")
                if key == "SF":
                    n = val
                elif key == "DA":
                    a, b = val.split(",")[:2]
                    lines[n][int(a)] += int(b)
                elif key == "FN":
                    a, b = val.split(",", 1)
                    funcs[n][b] = (int(a), funcs[n].get(b, (0, 0))[1])
                elif key == "FNDA":
                    a, b = val.split(",", 1)
                    s, c = funcs[n].get(b, (0, 0))
                    funcs[n][b] = (s, c + int(a))
    with open(opt["output_file"], "w") as o:
        for n in sorted(lines):
            o.write("SF:%s\n" % n)
            for fn, (s, _) in sorted(funcs[n].items()):
                o.write("FN:%d,%s\n" % (s, fn))
            for fn, (_, c) in sorted(funcs[n].items()):
                o.write("FNDA:%d,%s\n" % (c, fn))
            o.write("FNF:%d\nFNH:%d\n" % (len(funcs[n]), sum(1 for _, c in funcs[n].values() if c)))
            for ln, c in sorted(lines[n].items()):
                o.write("DA:%d,%d\n" % (ln, c))
            o.write("LH:%d\nLF:%d\nend_of_record\n" % (sum(1 for c in lines[n].values() if c), len(lines[n])))


main()
