#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs one file of tests against the real command: run.py COMMAND FILE, both relative to the current folder.

Every case becomes one in Bazel's test.xml. Shared-memory names carry a prefix of this run alone, and what is
left of them is removed at the end; when this process is killed, by a process apart.
"""
import glob
import os
import secrets
import signal
import sys
import unittest
import xml.etree.ElementTree as ET

SHARED_MEMORY = "/dev/shm/"


def unlink_all(prefix):
    for path in glob.glob(SHARED_MEMORY + prefix + "*"):
        os.unlink(path)


def tidy_up_when_killed(prefix):
    """Forks a process that waits for our end, then unlinks what carries the prefix."""
    read_end, write_end = os.pipe()
    if os.fork() != 0:
        os.close(read_end)
        return
    os.setsid()
    os.close(write_end)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    # The write end is not inherited by the commands that the tests run, so it closes exactly when we end.
    os.read(read_end, 1)
    unlink_all(prefix)
    os._exit(0)


class Result(unittest.TextTestResult):
    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.suite = ET.Element("testsuite", name="cli")

    def case(self, test):
        name = test.id().rsplit(".", 2)
        return ET.SubElement(self.suite, "testcase", classname=name[-2], name=name[-1])

    def addSuccess(self, test):
        super().addSuccess(test)
        self.case(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        ET.SubElement(self.case(test), "failure").text = self.failures[-1][1]

    def addError(self, test, err):
        super().addError(test, err)
        ET.SubElement(self.case(test), "error").text = self.errors[-1][1]

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        ET.SubElement(self.case(test), "skipped", message=reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            ET.SubElement(self.case(test), "failure").text = str(subtest)


def main():
    command, path = sys.argv[1:3]
    prefix = "drystone-test-%s-" % secrets.token_hex(8)
    tidy_up_when_killed(prefix)
    # A time limit ends us by SIGTERM: raised as an exception it stops the commands that are still running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ["DRYSTONE_COMMAND"] = os.path.abspath(command)
    os.environ["DRYSTONE_PREFIX"] = prefix
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    name = os.path.splitext(os.path.basename(path))[0]
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    try:
        result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
    finally:
        unlink_all(prefix)
    if "XML_OUTPUT_FILE" in os.environ:
        ET.ElementTree(result.suite).write(os.environ["XML_OUTPUT_FILE"], encoding="utf-8")
    if result.testsRun == 0:
        sys.exit("no test was run")
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
