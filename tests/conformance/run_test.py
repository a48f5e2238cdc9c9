#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What run makes of its runners, with runners that are made up: each is a script that does what the test says."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

RUN = pathlib.Path(__file__).absolute().parent / "run"

# Writes a transcript with one line for each scenario and passes it, unless told otherwise by `special`.
RUNNER = """#!/usr/bin/env python3
import json, os, pathlib, sys
folder, files = pathlib.Path(sys.argv[2]), sys.argv[3:]
assert sys.argv[1] == "--transcripts"
language, line = {language!r}, "{{}}"
{special}
for file in files:
    name = json.loads(pathlib.Path(file).read_text())["name"]
    (folder / (name + ".transcript")).write_text(line + "\\n")
print(f"{{language}}: {{len(files)}} passed, 0 failed")
"""


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.runners = {}

    def scenario(self, path, name):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"name": name, "steps": []}))
        return file

    def runner(self, language, special=""):
        file = self.folder / f"runner-{language}"
        file.write_text(RUNNER.format(language=language, special=special))
        file.chmod(0o755)
        self.runners[f"DRYSTONE_RUNNER_{language.upper()}"] = str(file)

    def command(self, *arguments):
        return [str(RUN), "--lang", ",".join(name[16:].lower() for name in self.runners), *map(str, arguments)]

    def run_it(self, *arguments, cwd="/"):
        return subprocess.run(self.command(*arguments), cwd=cwd, env={**os.environ, **self.runners}, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def assert_ends(self, done, status, line):
        self.assertEqual((done.returncode, (done.stdout.splitlines() or [""])[-1]), (status, line), done.stderr)

    def test_searches_folders_from_any_current_folder(self):
        self.runner("c")
        self.scenario("s/one.json", "one")
        self.scenario("s/deep/er/two.json", "two")
        self.scenario("s/deep/ignored.txt", "three")
        self.assert_ends(self.run_it(self.folder / "s"), 0, "conformance: 2 passed, 0 failed")
        self.assert_ends(self.run_it("deep", "one.json", cwd=self.folder / "s"), 0, "conformance: 2 passed, 0 failed")

    def test_one_count_for_each_scenario_and_language(self):
        for language in ("c", "go", "java"):
            self.runner(language)
        for i in range(4):
            self.scenario(f"s/{i}.json", f"number-{i}")
        self.assert_ends(self.run_it(self.folder / "s"), 0, "conformance: 12 passed, 0 failed")

    def test_keeps_transcripts_where_told(self):
        self.runner("c")
        self.scenario("s/one.json", "one")
        self.run_it("--transcripts", "kept/c", "s", cwd=self.folder)
        self.assertEqual((self.folder / "kept/c/one.transcript").read_text(), "{}\n")
        self.runner("rust")
        self.run_it("--transcripts", "both", "s", cwd=self.folder)
        self.assertEqual((self.folder / "both/rust/one.transcript").read_text(), "{}\n")
        self.assertEqual((self.folder / "both/c/one.transcript").read_text(), "{}\n")

    def test_finds_transcripts_that_differ(self):
        self.runner("c")
        self.runner("rust", 'line = "{}x"')
        self.scenario("s/one.json", "one")
        self.scenario("s/two.json", "two")
        done = self.run_it(self.folder / "s")
        self.assert_ends(done, 1, "conformance: 2 passed, 2 failed")
        self.assertIn("FAIL one: transcripts of c and rust differ in line 1: {} | {}x", done.stdout)

    def test_finds_a_transcript_that_is_missing(self):
        self.runner("c")
        self.runner("rust", 'print("rust: 1 passed, 0 failed"); sys.exit(0)')
        self.scenario("s/one.json", "one")
        done = self.run_it(self.folder / "s")
        self.assert_ends(done, 1, "conformance: 1 passed, 1 failed")
        self.assertIn("FAIL one: only one of c and rust wrote a transcript", done.stdout)

    def test_ignores_transcripts_of_an_earlier_run(self):
        self.runner("c")
        self.runner("rust")
        self.scenario("s/one.json", "one")
        self.run_it("--transcripts", "kept", "s", cwd=self.folder)
        self.runner("rust", 'print("rust: 1 passed, 0 failed"); sys.exit(0)')
        done = self.run_it("--transcripts", "kept", "s", cwd=self.folder)
        self.assert_ends(done, 1, "conformance: 1 passed, 1 failed")

    def test_same_name_twice_is_kept_apart(self):
        self.runner("c")
        self.scenario("s/one.json", "same")
        self.scenario("s/two.json", "same")
        self.assert_ends(self.run_it("--transcripts", "kept", "s", cwd=self.folder), 0, "conformance: 2 passed, 0 failed")
        self.assertTrue((self.folder / "kept/same.transcript").is_file())
        self.assertTrue((self.folder / "kept/batch-2/same.transcript").is_file())

    def test_counts_failures(self):
        self.runner("c", 'print("FAIL one step 1 c: kv.get: expected {} got {}"); print("c: 1 passed, 1 failed"); sys.exit(1)')
        self.scenario("s/one.json", "one")
        self.scenario("s/two.json", "two")
        self.assert_ends(self.run_it(self.folder / "s"), 1, "conformance: 1 passed, 1 failed")

    def test_malformed_wins_over_failed(self):
        self.runner("c", 'print("c: 0 passed, 1 failed"); sys.exit(2)')
        self.runner("go", 'print("go: 0 passed, 1 failed"); sys.exit(1)')
        self.scenario("s/one.json", "one")
        self.assert_ends(self.run_it(self.folder / "s"), 2, "conformance: 0 passed, 2 failed")

    def test_a_runner_that_crashes_has_passed_nothing(self):
        self.runner("c", "os.abort()")
        self.scenario("s/one.json", "one")
        self.assert_ends(self.run_it(self.folder / "s"), 1, "conformance: 0 passed, 1 failed")

    def test_a_wrong_count_is_no_pass(self):
        self.runner("c", 'print("c: 7 passed, 0 failed"); sys.exit(0)')
        self.scenario("s/one.json", "one")
        self.assert_ends(self.run_it(self.folder / "s"), 1, "conformance: 0 passed, 1 failed")

    def test_wrong_commands(self):
        self.runner("c")
        self.assert_ends(self.run_it(self.folder / "nobody"), 2, "conformance: 0 passed, 0 failed")
        (self.folder / "empty").mkdir()
        self.assert_ends(self.run_it(self.folder / "empty"), 2, "conformance: 0 passed, 0 failed")
        self.assertEqual(self.run_it("--frobnicate").returncode, 2)
        self.runners = {"DRYSTONE_RUNNER_COBOL": "x"}
        self.assertEqual(self.run_it().returncode, 2)

    def test_cleans_up_when_it_is_ended(self):
        self.runner("c", """
pathlib.Path("/dev/shm", os.environ["DRYSTONE_SHM_PREFIX"] + "left").write_text("")
pathlib.Path(os.environ["TMPDIR"], "left").write_text("")
pathlib.Path(files[0]).with_name("told").write_text(os.environ["DRYSTONE_SHM_PREFIX"] + "left " + os.environ["TMPDIR"])
import time; time.sleep(600)""")
        file = self.scenario("s/one.json", "one")
        process = subprocess.Popen(self.command(file), env={**os.environ, **self.runners}, stdout=subprocess.DEVNULL)
        told = file.with_name("told")
        while not told.is_file() or not told.read_text():
            time.sleep(0.01)
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 128 + signal.SIGTERM)
        shared, scratch = told.read_text().split()
        self.assertFalse(pathlib.Path("/dev/shm", shared).exists())
        self.assertFalse(pathlib.Path(scratch).exists())


if __name__ == "__main__":
    unittest.main()
