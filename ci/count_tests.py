#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Counts what `bazel test --build_event_json_file=FILE` ran.

usage: count_tests.py STAGE=EXIT_CODE=FILE... | STAGE=skip=REASON...

Counted are the cases in each test's test.xml. A target that failed without a failed case in it (a crash, a time limit,
a build error) counts as one failure. A gtest case that skips itself counts as skipped. A script says the same by a line
"SKIPPED: reason": as the log's last line it stands for the whole test, elsewhere for one part more.

Prints the slowest targets, a line for each failure and each skip, then, last, "N passed, N failed" and, where there are any, ", N skipped".
The exit code is 1 when anything failed, or when nothing ran at all.
"""
import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ET

SLOWEST = 10
SKIP = re.compile(r"^SKIPPED: (.*)$", re.M)


class Count:
    def __init__(self):
        self.passed, self.failed, self.skipped, self.seconds = 0, [], [], []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.seconds += other.seconds


def path_of(uri):
    return urllib.parse.unquote(uri[len("file://"):]) if uri.startswith("file://") else uri


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def count_xml(label, path):
    """The cases of one test.xml: gtest's, or the one that Bazel writes for a script."""
    count = Count()
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except (ET.ParseError, OSError):
        return count
    for case in cases:
        name = "%s %s.%s" % (label, case.get("classname") or "", case.get("name") or "")
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed.append(name)
        elif skip is not None or case.get("result") in ("skipped", "suppressed") or case.get("status") == "notrun":
            reason = (skip.get("message") if skip is not None else None) or "switched off"
            count.skipped.append("%s: %s" % (name, " ".join(reason.split())))
        else:
            count.passed += 1
    return count


def count_log(label, path, count):
    """Adds the skips that a script reported."""
    text = read(path).rstrip()
    reasons = SKIP.findall(text)
    if not reasons:
        return
    count.skipped += ["%s: %s" % (label, reason) for reason in reasons]
    if text.splitlines()[-1].startswith("SKIPPED: ") and count.passed == 1:
        count.passed = 0


def count_target(label, status, outputs):
    count = Count()
    for files in outputs:
        count.add(count_xml(label, files.get("test.xml", "")))
    if status not in ("PASSED", "FLAKY"):
        if not count.failed:
            count.failed.append("%s: %s" % (label, status.lower().replace("_", " ")))
        return count
    if count.passed + len(count.skipped) + len(count.failed) == 0:
        count.passed = 1
    for files in outputs:
        count_log(label, files.get("test.log", ""), count)
    return count


def events_of(path):
    for line in read(path).splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            # A Bazel that was killed leaves half a line.
            return


def count_stage(stage, exit_code, path):
    count, expected, built, statuses, outputs = Count(), set(), set(), {}, {}
    for event in events_of(path):
        key = event.get("id", {})
        if "targetConfigured" in key and event.get("configured", {}).get("testSize"):
            expected.add(key["targetConfigured"]["label"])
        elif "targetCompleted" in key and event.get("completed", {}).get("success"):
            built.add(key["targetCompleted"]["label"])
        elif "testResult" in key and "testResult" in event:
            files = {f["name"]: path_of(f.get("uri", "")) for f in event["testResult"].get("testActionOutput", [])}
            outputs.setdefault(key["testResult"]["label"], []).append(files)
        elif "testSummary" in key and "testSummary" in event:
            label, summary = key["testSummary"]["label"], event["testSummary"]
            statuses[label] = summary.get("overallStatus", "NO_STATUS")
            count.seconds.append((int(summary.get("totalRunDurationMillis", 0)) / 1000, "[%s] %s" % (stage, label)))
    # What was built and not run was left out by its tags, or Bazel was stopped, which its exit code says.
    for label in sorted((expected - built) | set(statuses)):
        count.add(count_target(label, statuses.get(label, "FAILED_TO_BUILD"), outputs.get(label, [])))
    if exit_code != 0 and not count.failed:
        count.failed.append("bazel ended with exit code %d" % exit_code)
    count.failed = ["[%s] %s" % (stage, what) for what in count.failed]
    count.skipped = ["[%s] %s" % (stage, what) for what in count.skipped]
    return count


def main():
    total = Count()
    for argument in sys.argv[1:]:
        stage, exit_code, rest = argument.split("=", 2)
        if exit_code == "skip":
            total.skipped.append("[%s] %s" % (stage, rest))
        else:
            total.add(count_stage(stage, int(exit_code), rest))
    for seconds, what in sorted(total.seconds, reverse=True)[:SLOWEST]:
        print("slow: %.0f s %s" % (seconds, what))
    for what in total.skipped:
        print("skipped: " + what)
    for what in total.failed:
        print("failed: " + what)
    extra = ", %d skipped" % len(total.skipped) if total.skipped else ""
    print("%d passed, %d failed%s" % (total.passed, len(total.failed), extra))
    sys.exit(1 if total.failed or total.passed == 0 else 0)


if __name__ == "__main__":
    main()
