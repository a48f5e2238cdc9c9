#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random scenarios, with arguments good and bad, give the same transcripts in every language.

What each step must give is taken from the first language: it replays a scenario again and again, and what it says of the
first step that fails becomes that step's expectation. Steps on objects that are not there are left out. The seed is
printed; DRYSTONE_RANDOM_SEED repeats a run, DRYSTONE_RANDOM_COUNT says how many scenarios there are.
"""

import argparse
import json
import os
import pathlib
import random
import re
import secrets
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).absolute().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import random_memory  # pylint: disable=wrong-import-position

STEPS = 60
# Something to work on, so that most steps find their object.
OPENING = [
    {"do": "region.create", "as": "r", "with": {"kind": "file", "name": "f", "bytes": 131072}},
    {"do": "kv.create", "in": "r", "as": "k", "with": {"part": "p", "entries": 16, "bytes": 4096}},
    {"do": "kv.put", "on": "k", "with": {"key": "a", "value": "1"}},
    {"do": "region.save", "on": "r", "with": {"file": "img"}},
]
INTEGERS = [0, 1, 2, 3, 16, 100, 4096, -1, "7", "007", "-3", 2**53, 2**53 + 1, str(2**64 - 1), 2**32, 2**46 + 1]
SIZES = [16384, 16385, 65536, 65536, 131072, 262144, 0, 100, "65536"]
KEYS = ["a", "a", "b", "b", "c", "ä", "", {"hex": "00"}, {"hex": "61"}, {"hex": "FFfe"}, {"hex": ""}, "a\0b", "€\n"]
VALUES = ["", "1", "two", {"hex": "c3a4"}, {"hex": "80"}, {"hex": "c280"}, "é\t", '\\"/', "\u2028😀", "\x7f", "long " * 90]
FILES = ["f", "f", "g", "img", "img", "img", "img.region", "", "no/x", "f/x", ".", "..", "a\0b", "é", "x" * 256]
SHARED = ["s", "s", "t", "", "a/b", ".", "..", "é", "a\0b", "a b"]
PARTS = ["p", "p", "p", "q", "", "a\0b", "é", "p" * 255, "p" * 256, "\x01"]


class Generator:
    def __init__(self, generator):
        self.random = generator
        self.pick = generator.choice

    def integer(self, *usual):
        return self.pick(INTEGERS) if self.random.random() < 0.1 else self.pick(usual)

    def region(self):
        return self.pick(["r", "r", "r", "r2", "rr"])

    def kv(self):
        return self.pick(["k", "k", "k", "k2", "kr"])

    def key(self):
        return self.pick([*KEYS, "x" * self.random.randrange(300)])

    def value(self):
        return self.pick([*VALUES, "y" * self.random.randrange(600)])

    def kind_and_name(self):
        kind = self.pick(["memory", "file", "file", "shared"])
        return {"kind": kind, "name": self.pick({"memory": ["m"], "file": FILES, "shared": SHARED}[kind])}

    def region_step(self):
        place, region = self.kind_and_name(), self.region()
        return self.pick([
            {"do": "region.create", "as": region, "with": {**place, "bytes": self.integer(*SIZES)}},
            {"do": "region.open", "as": region, "with": {**place, "mode": self.pick(["read", "write"])}},
            {"do": "region.load", "as": region, "with": {**place, "file": self.pick(FILES)}},
            {"do": "region.load", "as": region, "with": {"kind": place["kind"], "file": self.pick(FILES)}},
            {"do": "region.save", "on": region, "with": {"file": self.pick(FILES)}},
            {"do": self.pick(["region.parts", "region.stats", "region.verify"]), "on": region},
            {"do": self.pick(["region.parts", "region.stats", "region.verify", "region.close"]), "on": region},
            *self.file_steps(),
        ])

    def file_steps(self):
        """Truncation only of a file that nobody maps: what is behind a mapped file's end is no concern of scenarios."""
        where = {"at": self.integer(0, 8, 64, 4096, self.random.randrange(70000)), "byte": self.integer(0, 1, 255, 256)}
        size = self.integer(0, 1, 4096, 16384, 131072)
        return [
            {"do": "region.damage", "on": self.region(), "with": {"at": self.random.randrange(70000), "byte": 1}},
            {"do": "region.damage", "on": "img", "with": where},
            {"do": "region.damage", "with": {**where, self.pick(["file", "name"]): self.pick(FILES) or "img"}},
            {"do": "region.save", "on": self.region(), "with": {"file": "cut"}},
            {"do": "region.truncate", "with": {"bytes": size, "file": self.pick(["cut", "nobody", ".", "a\0b"])}},
            {"do": "region.load", "as": self.region(), "with": {"kind": "memory", "file": "cut"}},
        ]

    def making_step(self):
        size = {"entries": self.integer(1, 4, 16, 100), "bytes": self.integer(16, 256, 4096, 20000)}
        more = self.pick([{}, {}, {"seed": self.integer(5)}, {"layout": self.pick(["blocks", "inline"])},
                          {"max_entry": self.integer(64)}])
        part, region, kv = self.pick(PARTS), self.region(), self.kv()
        return self.pick([
            {"do": "kv.create", "as": kv, "with": {**size, **more}},
            {"do": "kv.create", "as": kv, "in": region, "with": {**size, **more, "part": part}},
            {"do": "kv.open", "as": kv, "in": region, "with": {"part": part}},
            {"do": "kv.reader", "as": kv, "on": self.kv()},
        ])

    def kv_step(self):
        on, key, value = self.kv(), self.key(), self.value()
        return self.pick([
            {"do": self.pick(["kv.put", "kv.put_new"]), "on": on, "with": {"key": key, "value": value}},
            {"do": "kv.put", "on": on, "with": {"key": key, "value": value}},
            {"do": "kv.replace", "on": on, "with": {"key": key, "value": value, "version": self.integer(1, 2, 3, 4, 5)}},
            {"do": self.pick(["kv.delete", "kv.get", "kv.contains"]), "on": on, "with": {"key": key}},
            {"do": "kv.get", "on": on, "with": {"key": key}},
            {"do": "kv.get_many", "on": on, "with": {"keys": [self.key() for _ in range(self.random.randrange(5))]}},
            {"do": self.pick(["kv.list", "kv.list", "kv.stats", "kv.stats", "kv.close"]), "on": on},
        ])

    def store_steps(self):
        kinds = [self.region_step, self.making_step, self.kv_step, self.kv_step, self.kv_step]
        return OPENING + [self.pick(kinds)() for _ in range(STEPS)]

    def memory_steps(self):
        kinds = random_memory.kinds_of_step(self.random)
        return random_memory.OPENING + [step for _ in range(2 * STEPS) for step in self.pick(kinds)()]

    def steps(self):
        return self.pick([self.store_steps, self.memory_steps])()


def learn(steps, file, done):
    """Takes over what the runner said of a file's first step that fails; False when that was nothing."""
    missing = re.search(rf"^{re.escape(str(file))}: step (\d+): .* that was made$", done.stderr, flags=re.MULTILINE)
    failed = re.search(rf"^FAIL {file.stem} step (\d+) \w+: .* got (\{{.*\}})$", done.stdout, flags=re.MULTILINE)
    if missing:
        del steps[int(missing[1]) - 1]
    elif failed and "expect" not in steps[int(failed[1]) - 1]:
        steps[int(failed[1]) - 1]["expect"] = json.loads(failed[2])
    elif failed or f"{file}: " in done.stderr:
        sys.exit(f"{file.stem}: {done.stdout}{done.stderr}\n{file.read_text()}")
    return bool(missing or failed)


def settle(runner, scenarios):
    """Writes scenarios (file -> steps) with the expectations that `runner` meets."""
    unsettled = list(scenarios)
    while unsettled:
        for file in unsettled:
            file.write_text(json.dumps({"name": file.stem, "steps": scenarios[file]}))
        done = subprocess.run([runner, *unsettled], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1, 2):
            sys.exit(f"the runner ended with status {done.returncode}: {done.stdout}{done.stderr}")
        unsettled = [file for file in unsettled if learn(scenarios[file], file, done)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lang", required=True)
    languages = parser.parse_args().lang.split(",")
    seed = int(os.environ.get("DRYSTONE_RANDOM_SEED", secrets.randbits(32)))
    count = int(os.environ.get("DRYSTONE_RANDOM_COUNT", "20"))
    print(f"random scenarios: seed {seed}, {count} of them", flush=True)
    runner = os.environ[f"DRYSTONE_RUNNER_{languages[0].upper()}"]
    with tempfile.TemporaryDirectory() as folder:
        settle(runner, {pathlib.Path(folder, f"random-{seed}-{number}.json"):
                        Generator(random.Random(f"{seed} {number}")).steps() for number in range(count)})
        done = subprocess.run([HERE / "run", "--lang", ",".join(languages), folder], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        print(done.stdout + done.stderr, end="")
        for number in sorted(set(re.findall(rf"^FAIL random-{seed}-(\d+)\b", done.stdout, flags=re.MULTILINE))):
            print(pathlib.Path(folder, f"random-{seed}-{number}.json").read_text())
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
