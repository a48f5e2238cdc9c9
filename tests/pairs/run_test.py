#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The pairs harness finds what it is there to find: lost and invented writes, torn values, actors that give up."""

import importlib.machinery
import importlib.util
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).absolute().parent
ROOT = HERE.parent.parent


def load_harness():
    loader = importlib.machinery.SourceFileLoader("pairs_run", str(HERE / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("pairs_run", loader))
    loader.exec_module(module)
    return module


harness = load_harness()


def program(variable, built):
    return os.path.abspath(os.environ.get(variable, ROOT / built))


ACTOR = program("DRYSTONE_ACTOR_C", "tests/pairs/c/actor")
COMMAND = program("DRYSTONE_COMMAND", "c/cli/drystone")


class Model(unittest.TestCase):
    def setUp(self):
        self.model = harness.Model()
        for version, (kind, index) in enumerate([(harness.PUT, 7), (harness.PUT, 8), (harness.DELETE, 7),
                                                 (harness.PUT, 9)], 1):
            self.model.acknowledge(kind, index, version)

    def found(self, versions, version, unacknowledged=True):
        self.model.unacknowledged = unacknowledged
        self.model.compare(versions, version)

    def refused(self, *arguments):
        with self.assertRaises(harness.Broken):
            self.found(*arguments)

    def test_takes_what_was_acknowledged(self):
        self.found({8: 2, 9: 4}, 4, False)
        self.assertEqual(self.model.versions, {8: 2, 9: 4})

    def test_takes_one_more_change(self):
        self.found({8: 2, 9: 5}, 5)
        self.assertEqual(self.model.version, 5)
        self.found({8: 2, 9: 5, 1: 6}, 6)
        self.found({8: 2, 1: 6}, 7)
        self.found({8: 2, 1: 6}, 8)

    def test_refuses_a_lost_write(self):
        self.refused({8: 2}, 4, False)
        self.refused({8: 1, 9: 4}, 4, False)
        self.refused({}, 5)

    def test_refuses_a_deleted_key_that_is_back(self):
        self.refused({7: 1, 8: 2, 9: 4}, 4)
        self.refused({7: 1, 8: 2, 9: 4}, 5)

    def test_refuses_two_more_changes(self):
        self.refused({8: 5, 9: 6}, 6)
        self.refused({8: 2, 9: 6}, 6)

    def test_refuses_a_store_whose_version_went_back(self):
        self.refused({8: 2, 9: 4}, 3)

    def test_refuses_one_more_change_after_an_orderly_end(self):
        self.refused({8: 2, 9: 5}, 5, False)
        self.refused({8: 2, 9: 4}, 5, False)

    def test_refuses_versions_that_skip(self):
        with self.assertRaises(harness.Broken):
            self.model.acknowledge(harness.PUT, 1, 6)
        with self.assertRaises(harness.Broken):
            self.model.acknowledge(harness.DELETE, 7, 5)

    def test_knows_what_a_reader_may_see(self):
        self.model.unacknowledged = False
        self.assertTrue(self.model.may_have(8, 2))
        self.assertTrue(self.model.may_have(7, None))
        self.assertFalse(self.model.may_have(8, None))
        self.assertFalse(self.model.may_have(7, 5))
        self.model.unacknowledged = True
        self.assertTrue(self.model.may_have(8, None))
        self.assertTrue(self.model.may_have(7, 5))
        self.assertFalse(self.model.may_have(8, 1))


# Stands in for the actor of Go: {lie} gets the arguments, and the rest is done by the true one.
LIAR = """#!/usr/bin/env python3
import os, struct, subprocess, sys, time
role, arguments = sys.argv[1], sys.argv[1:]
{lie}
os.execv({actor!r}, [{actor!r}] + arguments)
"""

# A writer that opens, and then claims one change of kind 1 (a put) that never was.
INVENT = """
if role == "write":
    true = subprocess.run([{actor!r}] + arguments[:3] + ["0"] + arguments[4:], stdout=subprocess.PIPE, check=True).stdout
    version = struct.unpack("<IIQ", true[-16:])[2]
    os.write(1, true + struct.pack("<IIQ", 1, 5, version + 1))
    time.sleep(float(arguments[3]))  # as long as a true one would write: it may be let end by itself
    sys.exit(0)
"""


class Harness(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment = {**os.environ, "DRYSTONE_COMMAND": COMMAND, "TMPDIR": str(self.folder)}
        self.environment.update({f"DRYSTONE_ACTOR_{name}": ACTOR for name in ("C", "RUST", "GO", "JAVA")})

    def lie(self, lie):
        file = self.folder / "liar"
        file.write_text(LIAR.format(lie=lie, actor=ACTOR))
        file.chmod(0o755)
        self.environment["DRYSTONE_ACTOR_GO"] = str(file)

    def assert_finds(self, text):
        done = subprocess.run([HERE / "run", "--seconds", "30"], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout.splitlines()[-1], text)
        self.assertEqual([file.name for file in self.folder.iterdir() if file.name != "liar"], [])

    def test_finds_an_invented_write(self):
        self.lie(INVENT.format(actor=ACTOR))
        # The first two after a kill, the last after an orderly end; key 5 is the one that was lied about.
        self.assert_finds("FAILED .*(is .* after .* was acknowledged|acknowledged was|"
                          r"acknowledged up to version \d+, but lost .*\{5: )")

    def test_finds_torn_values(self):
        self.lie('if role == "read": print("""{"lookups":1,"hits":1,"misses":0,"torn":1,"errors":0,"retries":0,'
                 '"backwards":0}"""); sys.exit(1)')
        self.assert_finds('FAILED .*the go reader ended with status 1.*"torn":1')

    def test_finds_torn_values_even_where_the_actor_calls_it_a_success(self):
        self.lie('if role == "read": print("""{"lookups":1,"hits":1,"misses":0,"torn":1,"errors":0,"retries":0,'
                 '"backwards":0}"""); sys.exit(0)')
        self.assert_finds("FAILED .*the go reader counted 1 torn")

    def test_finds_a_writer_that_gives_up(self):
        self.lie('if role == "write": sys.exit("no wish to write")')
        self.assert_finds("FAILED .*the go writer ended with status 1: no wish to write")

    def test_leaves_nothing_behind_when_killed(self):
        process = subprocess.Popen([HERE / "run", "--seconds", "60"], env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL)
        def left():
            mine = f"drystone-pairs-{process.pid}-*"
            return list(pathlib.Path("/dev/shm").glob(mine)) + list(self.folder.glob(mine))
        while len(left()) < 2:
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        while left():
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
