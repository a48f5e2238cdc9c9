#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests of ci/demo's helpers: the dictionary's reader, the table, and the watchdog."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def ignores(pid, number):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        mask = next(line for line in file if line.startswith("SigIgn:")).split()[1]
    return int(mask, 16) >> (number - 1) & 1 == 1


class HelperTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def run_helper(self, name, *args):
        return subprocess.run([sys.executable, os.path.join(HERE, name), *args], capture_output=True, text=True, check=False)


class Words(HelperTest):
    def test_glosses_of_all_senses_are_joined_in_the_order_of_the_index(self):
        for part in ("noun", "verb", "adj", "adv"):
            self.write("data." + part, "  1 licence  \n")
            self.write("index." + part, "  1 licence  \n")
        self.write("data.noun", "  1 licence | of  \n00000042 03 n 01 hot_dog 0 000 | a sausage; \"hot\"  \n"
                                "00000099 03 n 01 Hot_Dog 0 000 | a person\\ who  shows off  \n")
        self.write("index.noun", "  1 licence  \nhot_dog n 2 1 @ 2 0 00000099 00000042  \n")
        self.write("data.verb", "00000007 30 v 01 hot_dog 0 000 01 + 02 00 | show off\n")
        self.write("index.verb", "hot_dog v 1 0 1 0 00000007  \nski v 1 0 1 0 00000007  \n")
        result = self.run_helper("words.py", self.folder)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.stdout, "hot dog\tnoun: a person\\\\ who shows off; a sausage; \"hot\" verb: show off\n"
                                        "ski\tverb: show off\n")

    def test_a_missing_file_is_named(self):
        result = self.run_helper("words.py", self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertIn("data.noun: No such file", result.stderr)


class Table(HelperTest):
    GOOD = {"language": "go", "lookups": 1234567, "ns_per_lookup": 81.25, "hits": 1000000, "misses": 234567, "torn": 0,
            "errors": 0, "retries": 5, "backwards": 0}

    def run_table(self, *results):
        paths = [self.write(str(i), "ready\n" + (json.dumps(r) + "\n" if r else "")) for i, r in enumerate(results)]
        return self.run_helper("table.py", *paths)

    def test_good_results_are_listed(self):
        result = self.run_table(self.GOOD, dict(self.GOOD, language="java"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        rows = [line.split() for line in result.stdout.splitlines()]
        self.assertEqual(rows[2], ["Go", "1,234,567", "81.2", "1,000,000", "234,567", "0", "5"])
        self.assertEqual(rows[3][0], "Java")

    def test_anything_wrong_is_exit_code_1_and_named(self):
        for fault, said in [({"torn": 1}, "go: torn: 1"), ({"errors": 2}, "go: errors: 2"),
                            ({"backwards": 3}, "go: backwards: 3"), ({"hits": 0}, "go: no hits")]:
            result = self.run_table(self.GOOD, dict(self.GOOD, **fault))
            self.assertEqual(result.returncode, 1)
            self.assertIn(said, result.stderr)

    def test_a_reader_without_a_result_is_exit_code_1(self):
        result = self.run_table(self.GOOD, None)
        self.assertEqual(result.returncode, 1)
        self.assertIn("left no result", result.stderr)


class Watchdog(HelperTest):
    REGION = "shm:no-such-region"

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("demo"))
        drystone = self.write("drystone", '#!/bin/sh\necho "$@" >>"$0.log"\n')
        os.chmod(drystone, 0o700)
        self.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", self.REGION])
        self.bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "another"])
        for process in (self.process, self.bystander):
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
        self.write("demo/pids", "%d\n%d\n" % (self.process.pid, self.bystander.pid))

    def start(self, seconds):
        watchdog = subprocess.Popen([os.path.join(HERE, "watchdog"), self.path("demo"), self.REGION, self.path("drystone"),
                                     str(seconds)], stdin=subprocess.PIPE)
        self.addCleanup(watchdog.wait)
        self.addCleanup(watchdog.kill)
        self.addCleanup(watchdog.stdin.close)
        return watchdog

    def expect_tidy(self):
        self.assertEqual(self.process.wait(), -signal.SIGKILL)
        self.assertFalse(os.path.exists(self.path("demo")))
        with open(self.path("drystone.log"), encoding="utf-8") as log:
            self.assertEqual(log.read(), "unlink %s\n" % self.REGION)
        self.assertIsNone(self.bystander.poll(), "a process that is not the demo's was stopped")

    def test_the_end_of_its_input_makes_it_tidy_up(self):
        watchdog = self.start(600)
        while not ignores(watchdog.pid, signal.SIGTERM):
            time.sleep(0.01)
        watchdog.terminate()  # a terminal's signals are for the demo
        self.assertIsNone(self.process.poll())
        watchdog.stdin.close()
        watchdog.wait()
        self.expect_tidy()

    def test_when_the_time_is_up_the_processes_are_stopped_first(self):
        watchdog = self.start(1)
        self.assertEqual(self.process.wait(), -signal.SIGKILL)
        self.assertIsNone(watchdog.poll())
        self.assertTrue(os.path.exists(self.path("demo")))
        watchdog.stdin.close()
        watchdog.wait()
        self.expect_tidy()


if __name__ == "__main__":
    unittest.main(verbosity=2)
