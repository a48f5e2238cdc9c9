# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reads what the benchmark tools leave behind: {name: ns for one operation}, and the extra lines."""

import json
import pathlib
import re

NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


class BadOutput(Exception):
    """The output is not what bench/README.md promises; the text names file and cause."""


def _json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadOutput(f"{path}: {error}") from error


def _base_name(name):
    return "/".join(name.split("/")[:3])


def google_benchmark(path):
    figures = {}
    for entry in _json(path).get("benchmarks", []):
        if entry.get("error_occurred"):
            raise BadOutput(f"{path}: {entry['name']}: {entry.get('error_message')}")
        if entry.get("run_type", "iteration") == "iteration":
            # Only the program knows whether the processor's time says the same as the clock's.
            which = "cpu_time" if "process_time" in entry["name"].split("/") else "real_time"
            figures[_base_name(entry["name"])] = entry[which] * NANOSECONDS[entry["time_unit"]]
    return figures


def criterion(folder):
    figures = {}
    for path in sorted(folder.glob("**/new/estimates.json")):
        name = _json(path.with_name("benchmark.json"))["full_id"]
        figures[name] = _json(path)["median"]["point_estimate"]
    return figures


_GO_LINE = re.compile(r"^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$")


def go_bench(path):
    figures = {}
    text = path.read_text(encoding="utf-8")
    for line in text.splitlines():
        match = _GO_LINE.match(line)
        if not match:
            continue
        fields = match.group(2).split()
        rates = {unit: float(value) for value, unit in zip(fields[::2], fields[1::2])}
        if "ns/op" in rates:
            name = match.group(1)
            figures[_base_name(name[0].lower() + name[1:])] = rates["ns/op"]
    if not re.search(r"^PASS$", text, re.MULTILINE):
        raise BadOutput(f"{path}: no line PASS: the run did not end well")
    return figures


def _snake(name):
    """dependentHit -> dependent_hit, getMany32 -> get_many_32."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).lower()


def jmh(path):
    figures = {}
    for entry in _json(path):
        holder, method = entry["benchmark"].split(".")[-2:]
        subject = entry.get("params", {}).get("subject")
        if subject is None:
            raise BadOutput(f"{path}: {entry['benchmark']} has no parameter subject")
        metric = entry["primaryMetric"]
        unit, _, per = metric["scoreUnit"].partition("/")
        if unit not in NANOSECONDS or per != "op":
            raise BadOutput(f"{path}: {entry['benchmark']}: unit {metric['scoreUnit']} is no time for an operation")
        figures[f"{_snake(holder)}/{_snake(method)}/{subject}"] = float(metric["score"]) * NANOSECONDS[unit]
    return figures


def figures(folder):
    """All figures in a program's output folder, whichever tool made them."""
    folder = pathlib.Path(folder)
    found = {}
    if (folder / "google_benchmark.json").exists():
        found.update(google_benchmark(folder / "google_benchmark.json"))
    if (folder / "criterion").is_dir():
        found.update(criterion(folder / "criterion"))
    if (folder / "go.txt").exists():
        found.update(go_bench(folder / "go.txt"))
    for path in sorted(folder.glob("jmh*.json")):
        found.update(jmh(path))
    if not found:
        raise BadOutput(f"{folder}: no output of Google Benchmark, criterion, go test or JMH")
    return found


def extras(folder):
    """{name: {key: number}} from extra.jsonl."""
    path = pathlib.Path(folder) / "extra.jsonl"
    lines = {}
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadOutput(f"{path}: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        try:
            entry = json.loads(line)
            name = entry.pop("name")
            lines.setdefault(name, {}).update({key: float(value) for key, value in entry.items()})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadOutput(f"{path}: line {number}: {error!r}") from error
    return lines


def tool_facts(folder):
    """What the output itself says on the tool and its versions."""
    folder = pathlib.Path(folder)
    facts = {}
    path = folder / "google_benchmark.json"
    if path.exists():
        facts["google_benchmark"] = _json(path).get("context", {})
    for path in sorted(folder.glob("jmh*.json"))[:1]:
        entries = _json(path)
        if entries:
            facts["jmh"] = {key: entries[0].get(key) for key in ("jmhVersion", "jdkVersion", "vmName", "vmVersion")}
    return facts
