# SPDX-License-Identifier: MIT OR Apache-2.0
"""Medians, ratios and tables."""

import re
import statistics

from bench.frame import names

TITLES = {"c": "C and C++", "rust": "Rust", "go": "Go", "java": "Java"}


def _spread(values):
    return {"median": statistics.median(values), "low": min(values), "high": max(values), "rounds": len(values)}


def _gather(runs, kind):
    values = {}
    for run in runs:
        for name, found in run[kind].items():
            for key, value in found.items() if isinstance(found, dict) else [("ns", found)]:
                values.setdefault((run["language"], name, key), []).append(value)
    return values


def summarise(area, runs):
    """[{language, operation, subject, ns: {median, low, high, rounds}, ratio, extras}], in the tables' order."""
    rows = []
    extras = _gather(runs, "extras")
    for (language, name, _), values in _gather(runs, "figures").items():
        _, operation, subject = names.split(name)
        found = {key: _spread(v) for (lang, n, key), v in extras.items() if (lang, n) == (language, name)}
        rows.append(
            {"language": language, "operation": operation, "subject": subject, "ns": _spread(values), "extras": found}
        )
    base = {(r["language"], r["operation"]): r["ns"]["median"] for r in rows if r["subject"] == names.BASELINE}
    for row in rows:
        own = base.get((row["language"], row["operation"]))
        row["ratio"] = row["ns"]["median"] / own if own else None
    operations = names.OPERATIONS[area]
    languages = names.LANGUAGES
    rows.sort(
        key=lambda r: (
            languages.index(r["language"]),
            operations.index(r["operation"]),
            r["subject"] != names.BASELINE,
            r["subject"],
        )
    )
    return rows


def number(value):
    if value is None:
        return "-"
    if value < 9.95:
        return f"{value:.1f}" if value >= 0.995 else f"{value:.2g}"
    return f"{value:,.0f}"


def count(value):
    """Counts are mostly whole: 0, 3, 0.5."""
    return "-" if value is None else f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def ratio(value):
    """As many digits as mean something: 0.03x, 1.9x, 240x."""
    digits = 0 if value >= 9.95 else 1 if value >= 0.95 else 2 if value >= 0.095 else 3
    return f"{value:.{digits}f}x"


def table(head, lines):
    """A markdown table that can be read as plain text too."""
    cells = [head] + lines
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]

    def line(row):
        return "| " + " | ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]) + " |"

    rule = "|" + "|".join([":" + "-" * (widths[0] + 1)] + ["-" * (w + 1) + ":" for w in widths[1:]]) + "|"
    return "\n".join([line(head), rule] + [line(row) for row in lines])


def _subjects(rows):
    return sorted({row["subject"] for row in rows}, key=lambda s: (s != names.BASELINE, s))


def _cell(row):
    if row is None:
        return "-"
    half = (row["ns"]["high"] - row["ns"]["low"]) / 2 / row["ns"]["median"] * 100
    own = "" if row["subject"] == names.BASELINE or row["ratio"] is None else f" ({ratio(row['ratio'])})"
    return f"{number(row['ns']['median'])}{own} ±{half:.0f}%"


def _group_table(operations, rows):
    by = {(row["operation"], row["subject"]): row for row in rows if row["operation"] in operations}
    subjects = _subjects(by.values())
    present = [o for o in operations if any((o, s) in by for s in subjects)]
    lines = [[operation] + [_cell(by.get((operation, subject))) for subject in subjects] for operation in present]
    return table(["ns an operation"] + subjects, lines) if lines else ""


def language_tables(area, rows):
    """One language's rows: a table for each group of operations, with the subjects that have any of them."""
    parts = []
    for group, operations in names.GROUPS[area].items():
        text = _group_table(operations, rows)
        parts += [f"#### {group}"] if text and group else []
        parts += [text] if text else []
    return "\n\n".join(parts)


def _label(row):
    return f"{TITLES[row['language']]}, {row['subject']}, {row['operation']}"


def _medians(row, keys, form=number):
    return [form(row["extras"][key]["median"] if key in row["extras"] else None) for key in keys]


def read_table(rows):
    """Single reads of the key-value store, with what a writer beside them did."""
    lines = [
        [_label(row), number(row["ns"]["median"])]
        + _medians(row, ["median_ns", "p999_ns", "writer_ns"])
        + _medians(row, ["retries"], count)
        for row in rows
        if "median_ns" in row["extras"]
    ]
    return table(["ns", "mean", "timed singly: median", "p99.9", "writer, a put", "retries"], lines) if lines else ""


def tail_table(rows):
    """Single calls of the memory blocks, beside what an empty timing of the same kind shows."""
    lines = [
        [_label(row)]
        + _medians(row, names.TAIL)
        + _medians(row, ["over_100_ppm"], count)
        + _medians(row, ["timer_p999_ns"])
        + _medians(row, ["timer_over_100_ppm"], count)
        for row in rows
        if names.TAIL_KEYS <= set(row["extras"])
    ]
    head = ["ns", "median", "p99", "p99.9", "longest", "above 100, per million", "timer: p99.9", "above 100, per million"]
    return table(head, lines) if lines else ""


def own_table(area, rows):
    """drystone in each language, against drystone in C."""
    own = [row for row in rows if row["subject"] == names.BASELINE]
    languages = [l for l in names.LANGUAGES if any(row["language"] == l for row in own)]
    if len(languages) < 2:
        return ""
    by = {(row["operation"], row["language"]): row["ns"]["median"] for row in own}
    lines = []
    for operation in names.OPERATIONS[area]:
        if sum((operation, language) in by for language in languages) < 2:
            continue
        first = by.get((operation, languages[0]))
        cells = []
        for language in languages:
            value = by.get((operation, language))
            compare = value is not None and first and language != languages[0]
            cells.append(number(value) + (f" ({ratio(value / first)})" if compare else ""))
        lines.append([operation] + cells)
    return table(["ns an operation"] + [TITLES[l] for l in languages], lines)


def memory_table(rows):
    """Bytes an entry (of the store when full) and allocations a hit, of the subjects that know them."""
    known = {}
    for row in rows:
        for operation, key in (("insert", "bytes_per_entry"), ("hit", "allocations_per_op")):
            if row["operation"] == operation and key in row["extras"]:
                known.setdefault((row["language"], row["subject"]), {})[key] = row["extras"][key]["median"]
    lines = [
        [f"{TITLES[language]}, {subject}", number(found.get("bytes_per_entry")), count(found.get("allocations_per_op"))]
        for (language, subject), found in known.items()
    ]
    return table(["memory", "bytes an entry", "allocations a hit"], lines) if lines else ""


def huge_table(rows):
    """How much of a pool's memory the system really backed with huge pages."""
    lines = [
        [_label(row), f"{row['extras']['huge_percent']['median']:.0f} %"] for row in rows if "huge_percent" in row["extras"]
    ]
    return table(["memory of the pool", "in huge pages"], lines) if lines else ""


def markdown(area, summary):
    """The section of RESULTS.md on one area."""
    rows = summary["rows"]
    setup, noise = summary["settings"], summary["noise"]
    parts = [
        f"## {area}",
        f"{setup['keys']:,} {names.KEYS[area][0]}, {setup['rounds']} interleaved rounds, about {setup['seconds']:g} s a benchmark and round, shuffled with "
        f"seed {setup['seed']}. Median, in brackets the ratio to drystone in the same language, and half the spread over the rounds. "
        f"Lower is better; a ratio above 1 means slower than drystone. What each operation is: [README.md](README.md).",
    ]
    if setup["quick"]:
        parts.append("A quick run: it shows that everything runs, and its figures mean nothing.")
    for language in names.LANGUAGES:
        chosen = [row for row in rows if row["language"] == language]
        if chosen:
            parts += [f"### {TITLES[language]}", language_tables(area, chosen)]
    for title, text in [
        ("drystone in each language (ratio to the first)", own_table(area, rows)),
        ("One reader, alone and beside a writer that never pauses", read_table(rows)),
        ("Calls timed one by one, less the median of an empty timing", tail_table(rows)),
        ("Memory", memory_table(rows)),
        ("Huge pages", huge_table(rows)),
        ("Instructions an operation, drystone in C", instruction_table(summary.get("instructions"))),
    ]:
        if text:
            parts += [f"### {title}", text]
    facts = list(summary["machine"].items()) + [
        ("other load", f"{noise['load_before']:.2f} before, stolen by the host {noise['steal_percent']} %"),
        ("measured", f"{summary['started']}, by `{summary['command']}`"),
    ]
    parts += ["### The machine", "\n".join(f"- {title}: {text}" for title, text in facts)]
    return "\n\n".join(parts) + "\n"


def instruction_table(counts):
    if not counts:
        return ""
    return table(["counted by callgrind", "instructions"], [[name, number(value)] for name, value in counts.items()])


RESULTS_HEAD = """# Results

Made by `ci/bench --write`, one section an area; do not edit. How and what: [README.md](README.md).
"""


def put_section(text, area, section):
    """RESULTS.md with the area's section replaced, or added at the end."""
    text = text.strip() + "\n" if text.strip() else RESULTS_HEAD
    pattern = re.compile(rf"^## {re.escape(area)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if pattern.search(text):
        return pattern.sub(lambda _: section + "\n", text).rstrip() + "\n"
    return text + "\n" + section
