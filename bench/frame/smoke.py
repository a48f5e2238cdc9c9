#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""smoke.py AREA LANG PROGRAM: every subject of a benchmark program runs at a tiny size, and its output parses, is complete
and is backed by checks. No time is asserted."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, os.getcwd())

from bench.frame import measure, names, report  # noqa: E402

KEYS = 256
SECONDS = 0.01
SEEDS = [1, 2]


class Smoke(unittest.TestCase):
    area = language = program = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_every_subject_runs_and_is_checked(self):
        runs = []
        for subject in measure.subjects(self.program):
            for seed in SEEDS[: 1 if self.language == "java" else None]:
                with self.subTest(subject=subject, seed=seed):
                    settings = measure.Settings(KEYS, SECONDS, seed)
                    out = self.folder / f"{subject}-{seed}"
                    result = measure.measure(self.area, self.language, self.program, subject, out, settings)
                    runs.append({"language": self.language, **result})
        rows = report.summarise(self.area, runs)
        self.assertTrue(any(row["subject"] != names.BASELINE for row in rows), "no peer was measured")
        self.assertIn(names.BASELINE, report.language_tables(self.area, rows))

    def test_operations_can_be_chosen(self):
        chosen = names.required(self.area, self.language)[-3:-1]
        settings = measure.Settings(KEYS, SECONDS, 1, chosen)
        result = measure.measure(self.area, self.language, self.program, names.BASELINE, self.folder / "out", settings)
        self.assertEqual({names.split(name)[1] for name in result["figures"]}, set(chosen))

    def test_an_unknown_subject_is_refused(self):
        with self.assertRaisesRegex(measure.Refused, "no_such_subject"):
            settings = measure.Settings(KEYS, SECONDS, 1)
            measure.measure(self.area, self.language, self.program, "no_such_subject", self.folder / "out", settings)


if __name__ == "__main__":
    Smoke.area, Smoke.language = sys.argv[1:3]
    Smoke.program = os.path.abspath(sys.argv[3])
    unittest.main(argv=sys.argv[:1], verbosity=2)
