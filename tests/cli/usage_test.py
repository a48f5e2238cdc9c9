# SPDX-License-Identifier: MIT OR Apache-2.0
"""Help, mistakes on the command line, and outputs that do not work."""
import os
import subprocess
import unittest

from support import BAD_INPUT, COMMAND, NO, OK, SYSTEM, CommandTest

COMMANDS = ["create", "load", "dump", "get", "put", "delete", "scan", "stat", "verify", "copy", "unlink"]


class Help(CommandTest):
    def test_help_lists_commands_and_exit_codes(self):
        text = self.good("--help").decode()
        for name in COMMANDS:
            self.assertRegex(text, r"\n  %s +[A-Z]" % name)
        for code in range(7):
            self.assertRegex(text, r"\n  %d  \w" % code)

    def test_every_command_explains_itself_with_an_example(self):
        for name in COMMANDS:
            with self.subTest(command=name):
                text = self.good(name, "--help").decode()
                self.assertIn("REGION", text)
                self.assertIn("Example", text)
                self.assertIn("\n  drystone %s " % name, text)

    def test_version(self):
        self.assertRegex(self.good("--version").decode(), r"^drystone \d+\.\d+\.\d+\n$")


class Mistakes(CommandTest):
    def test_a_wrong_command_line_is_exit_code_2(self):
        for args in ([], ["frobnicate"], ["get"], ["get", self.region], ["get", self.region, "key", "more"],
                     ["stat", "--what", "x"], ["get", self.region, "key", "--part"], ["create", self.region, "--entries"],
                     ["verify", self.region, "stat", "x"]):
            with self.subTest(args=args):
                self.bad(BAD_INPUT, *args, says="--help")
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_part_that_is_not_there_is_named(self):
        self.create()
        for args in (["get", self.region, "key"], ["put", self.region, "key", "x"], ["dump", self.region],
                     ["scan", self.region]):
            self.bad(NO, *args, "--part", "other", says=["test.region", 'part "other"', "not_found"])
        self.bad(BAD_INPUT, "get", self.region, "key", "--part", "p" * 256, says=["part", "invalid_argument"])

    def test_the_only_part_needs_no_name(self):
        self.create(self.region, 10, 1000, "--part", "prices")
        self.good("put", self.region, "key", "value")
        self.assertEqual(self.good("get", self.region, "key"), b"value")


class BrokenOutputs(CommandTest):
    def setUp(self):
        super().setUp()
        self.create(size=4 << 20)
        self.good("load", self.region, stdin=b"".join(b"key-%05d\t%s\n" % (i, b"v" * 1000) for i in range(900)))

    def test_a_reader_that_has_had_enough_is_no_error(self):
        process = self.start("dump", self.region)
        self.assertTrue(process.stdout.readline().startswith(b"key-"))
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        self.assertEqual(process.wait(), OK)

    def test_dump_into_head(self):
        result = subprocess.run(["bash", "-o", "pipefail", "-c", '"$0" dump "$1" --sort | head -n 1', COMMAND, self.region],
                                capture_output=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertTrue(result.stdout.startswith(b"key-00000\t"))

    def test_a_full_disk_is_exit_code_5(self):
        with open("/dev/full", "wb") as full:
            for args in (["dump", self.region], ["get", self.region, "key-00001"], ["stat", self.region],
                         ["stat", self.region, "--json"], ["scan", self.region], ["verify", self.region], ["--help"]):
                with self.subTest(args=args):
                    result = self.run_command(*args, stdout=full)
                    self.assertEqual(result.returncode, SYSTEM)
                    self.assertIn(b"standard output: No space left on device", result.stderr)
        self.bad(SYSTEM, "dump", self.region, "/dev/full", "--format", "tsv", says="/dev/full: No space left")

    def test_closed_descriptors_are_errors_and_never_reach_the_region(self):
        before = self.read("test.region")
        for close, args in [(">&-", ["get", self.region, "key-00001"]), (">&- 2>&-", ["get", self.region, "nobody"]),
                            ("<&- >&- 2>&-", ["dump", self.region])]:
            result = subprocess.run(["bash", "-c", '"$@" ' + close, "bash", COMMAND, *args], capture_output=True, check=False)
            self.assertNotEqual(result.returncode, OK)
        self.assertEqual(self.read("test.region"), before)

    def test_a_dump_file_is_replaced_whole_and_links_are_kept(self):
        self.write("out.tsv", b"old")
        os.chmod(self.path("out.tsv"), 0o604)
        os.symlink("out.tsv", self.path("link.tsv"))
        self.good("dump", self.region, "out.tsv")
        self.assertEqual(os.stat(self.path("out.tsv")).st_mode & 0o777, 0o604)
        content = self.read("out.tsv")
        self.assertEqual(len(content.splitlines()), 900)
        self.good("delete", self.region, "key-00000")
        self.good("dump", self.region, "link.tsv")
        self.assertTrue(os.path.islink(self.path("link.tsv")))
        self.assertEqual(len(self.read("out.tsv").splitlines()), 899)
        self.bad(NO, "dump", self.region, "no/folder/out.tsv", says="no/folder/out.tsv")


if __name__ == "__main__":
    unittest.main()
