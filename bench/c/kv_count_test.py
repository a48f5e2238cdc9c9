#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""kv_count_test.py PROGRAM: instruction counts are there for every operation, and the same each time."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.getcwd())

from bench.frame import instructions  # noqa: E402

KEYS = 256


class CountTest(unittest.TestCase):
    program = None

    def test_counts_are_plausible_and_steady(self):
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            first = instructions.count(self.program, folder, KEYS)
            second = instructions.count(self.program, folder, KEYS)
        self.assertEqual(first, second)
        self.assertEqual(set(first), set(instructions.COUNTS))
        for name, count in first.items():
            # Copying 64 bytes alone takes some; a few thousand would mean that something else was counted.
            self.assertTrue(10 < count < 5000, f"{name}: {count}")
        self.assertLess(first["miss"], first["hit"])
        self.assertLess(first["hit"], first["update"])


if __name__ == "__main__":
    CountTest.program = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1], verbosity=2)
