# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs one program for one subject, and refuses what cannot be true."""

import math
import os
import pathlib
import subprocess

from bench.frame import names, parse


class Refused(Exception):
    """A run whose figures must not be used; the text names program, benchmark and cause."""


class NothingWanted(Refused):
    """The subject has none of the operations that were chosen."""


# What a program answers then.
NOTHING_WANTED_EXIT = 3


class Settings:
    def __init__(self, keys, seconds, seed, operations=(), timeout=1800):
        self.keys = keys
        self.seconds = seconds
        self.seed = seed
        self.operations = list(operations)
        self.timeout = timeout

    def environment(self):
        environment = dict(os.environ)
        environment.update(
            DRYSTONE_BENCH_KEYS=str(self.keys),
            DRYSTONE_BENCH_SECONDS=repr(self.seconds),
            DRYSTONE_BENCH_SEED=str(self.seed),
            DRYSTONE_BENCH_OPERATIONS=",".join(self.operations),
        )
        return environment


def _call(command, **options):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", **options)
    except OSError as error:
        raise Refused(f"{command[0]}: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise Refused(f"{' '.join(command)}: not done after {error.timeout} s") from error


def subjects(program):
    done = _call([str(program), "subjects"], timeout=120)
    found = done.stdout.split()
    if done.returncode != 0 or not found or found[0] != names.BASELINE or len(set(found)) != len(found):
        raise Refused(f"{program} subjects: exit {done.returncode}, printed {done.stdout!r} {done.stderr[-500:]!r}")
    return found


# In a run as short as a smoke test's, a busy machine may not give the writer a turn at all.
WRITER_SECONDS = 0.1


def check(area, language, subject, figures, extras, operations=(), seconds=WRITER_SECONDS):
    """Raises Refused unless every figure is there, of this subject, a positive time, and backed by checks."""
    seen = set()
    for name, nanoseconds in figures.items():
        parts = names.split(name)
        if parts is None or parts[0] != area:
            raise Refused(f"{name}: not a benchmark of area {area}")
        if parts[2] != subject:
            raise Refused(f"{name}: measured while {subject} was asked for")
        if not math.isfinite(nanoseconds) or nanoseconds <= 0:
            raise Refused(f"{name}: {nanoseconds} ns is no time; the work was dropped or not measured")
        _check_extras(name, extras.get(name, {}))
        if seconds >= WRITER_SECONDS and extras[name].get("writes", 1) < 1:
            raise Refused(f"{name}: the writer never came to write")
        seen.add(parts[1])
    wanted = set(operations or names.required(area, language))
    if subject == names.BASELINE and wanted - seen:
        raise Refused(f"{subject}: did not measure {', '.join(sorted(wanted - seen))}")
    if operations and seen - set(operations):
        raise Refused(f"{subject}: measured {', '.join(sorted(seen - set(operations)))}, which nobody asked for")


def _check_extras(name, extra):
    if not extra.get("checked", 0) >= 1:
        raise Refused(f"{name}: no result was checked")
    wanted = names.REQUIRED_EXTRAS.get(names.split(name)[1], set())
    if wanted - set(extra):
        raise Refused(f"{name}: extra.jsonl lacks {', '.join(sorted(wanted - set(extra)))}")
    if extra.get("torn", 0) != 0:
        raise Refused(f"{name}: {extra['torn']:g} torn values")
    bad = [key for key, value in extra.items() if not math.isfinite(value)]
    if bad:
        raise Refused(f"{name}: {', '.join(bad)} is not a number")
    if (names.TAIL_KEYS - names.READ_KEYS) & set(extra):
        _check_tail(name, extra)


def _check_tail(name, extra):
    """The figures of calls timed one by one must be able to come from one list of times."""
    missing = names.TAIL_KEYS - set(extra)
    if missing:
        raise Refused(f"{name}: extra.jsonl has tails without {', '.join(sorted(missing))}")
    tail = [extra[key] for key in names.TAIL]
    if tail != sorted(tail) or tail[0] < 0 or extra["timer_p999_ns"] < 0:
        raise Refused(f"{name}: {', '.join(names.TAIL)} are {tail}, which no times can be")
    if any(not 0 <= extra[key] <= 1e6 for key in ("over_100_ppm", "timer_over_100_ppm")):
        raise Refused(f"{name}: more than a million calls in a million took above 100 ns, or less than none")
    if (extra["max_ns"] > 100) != (extra["over_100_ppm"] > 0):
        raise Refused(f"{name}: the longest took {extra['max_ns']:g} ns, and {extra['over_100_ppm']:g} in a million above 100")


def measure(area, language, program, subject, out, settings):
    """One run: {"figures": ..., "extras": ..., "tools": ...}. `out` is made, and keeps the raw output."""
    out = pathlib.Path(out)
    out.mkdir(parents=True)
    done = _call(
        [str(program), "measure", subject, str(out)], env=settings.environment(), timeout=settings.timeout
    )
    (out / "log.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode == NOTHING_WANTED_EXIT and settings.operations and subject != names.BASELINE:
        raise NothingWanted(f"{program} measure {subject}: has none of {', '.join(settings.operations)}")
    if done.returncode != 0:
        tail = (done.stderr or done.stdout).strip()[-1500:]
        raise Refused(f"{program} measure {subject}: exit {done.returncode}: {tail}")
    try:
        figures, extras, tools = parse.figures(out), parse.extras(out), parse.tool_facts(out)
    except (parse.BadOutput, LookupError, ValueError, TypeError, AttributeError) as error:
        raise Refused(f"{program} measure {subject}: {error!r}") from error
    check(area, language, subject, figures, extras, settings.operations, settings.seconds)
    return {"figures": figures, "extras": extras, "tools": tools}
