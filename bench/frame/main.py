# SPDX-License-Identifier: MIT OR Apache-2.0
"""ci/bench: measures all subjects side by side, and writes down what came out, and on which machine."""

import argparse
import datetime
import json
import os
import pathlib
import random
import shlex
import sys
import tempfile

from bench.frame import build, instructions, machine, measure, names, report

ROOT = pathlib.Path(__file__).resolve().parents[2]


def _positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _list_of(known):
    def parse(text):
        found = [word for word in text.split(",") if word]
        unknown = [word for word in found if word not in known]
        if unknown or not found:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown) or 'nothing'} is not among {', '.join(known)}")
        return found

    return parse


def arguments(words):
    parser = argparse.ArgumentParser(prog="ci/bench", description=__doc__, epilog="See bench/README.md.")
    parser.add_argument("area", nargs="*", metavar="area", help=f"{', '.join(names.AREAS)}; all when none is named")
    parser.add_argument("--lang", type=_list_of(names.LANGUAGES), default=names.LANGUAGES, help="comma-separated")
    parser.add_argument("--rounds", type=_positive, help="interleaved rounds (5; 1 with --quick)")
    parser.add_argument("--keys", type=_positive, help="entries in the store, or live objects; each area has its own default")
    parser.add_argument("--seconds", type=float, help="measuring time of a benchmark and round (0.5; 0.02 with --quick)")
    parser.add_argument("--operations", default="", help="comma-separated; all when none is named")
    parser.add_argument("--seed", type=int, help="of data and order (random, and printed)")
    parser.add_argument("--quick", action="store_true", help="only show that everything runs")
    parser.add_argument("--instructions", action="store_true", help="count the C core's instructions and measure no time")
    parser.add_argument("--write", action="store_true", help="put the table into bench/RESULTS.md")
    parser.add_argument("--out", type=pathlib.Path, help="results folder (build/bench/<area>-<time>)")
    parser.add_argument(
        "--program", action="append", default=[], metavar="LANG=PATH", help="use this program and do not build it"
    )
    chosen = parser.parse_args(words)
    unknown = [area for area in chosen.area if area not in names.AREAS]
    if unknown:
        parser.error(f"no area {', '.join(unknown)}; there is {', '.join(names.AREAS)}")
    if chosen.write and chosen.quick:
        parser.error("--write wants figures that mean something: not with --quick")
    if chosen.out and chosen.out.exists():
        parser.error(f"--out {chosen.out} is there already")
    chosen.area = chosen.area or names.AREAS
    if chosen.out and len(chosen.area) > 1:
        parser.error("--out is for one area")
    for area in chosen.area:
        unknown = [o for o in chosen.operations.split(",") if o and o not in names.OPERATIONS[area]]
        if unknown:
            parser.error(f"{area} has no operation {', '.join(unknown)}; it has {', '.join(names.OPERATIONS[area])}")
    for given in chosen.program:
        language, _, path = given.partition("=")
        if language not in names.LANGUAGES or not pathlib.Path(path).is_file():
            parser.error(f"--program {given}: not LANGUAGE=FILE")
    chosen.rounds = chosen.rounds or (1 if chosen.quick else 5)
    chosen.seconds = chosen.seconds or (0.02 if chosen.quick else 0.5)
    chosen.seed = random.SystemRandom().randrange(1, 1 << 31) if chosen.seed is None else chosen.seed
    return chosen


def keys(area, chosen):
    _, usual, quick = names.KEYS[area]
    return chosen.keys or (quick if chosen.quick else usual)


def languages(area, chosen):
    return [language for language in chosen.lang if language in names.AREA_LANGUAGES[area]]


def find_programs(area, chosen, folder):
    wanted = languages(area, chosen)
    given = dict(word.split("=", 1) for word in chosen.program)
    labels = {language: f"//bench/{language}:{area}" for language in wanted if language not in given}
    found = build.programs(ROOT, labels, folder) if labels else {}
    return {language: pathlib.Path(os.path.abspath(given.get(language) or found[language])) for language in wanted}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Run:
    """One area's rounds. Results are written after each round, so that a run that is broken off is not lost."""

    def __init__(self, area, chosen, out, command):
        self.area, self.chosen, self.out = area, chosen, out
        self.runs = []
        self.summary = {
            "area": area,
            "started": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "command": command,
            "machine": machine.describe(ROOT),
            "settings": {
                "keys": keys(area, chosen),
                "lang": languages(area, chosen),
                **{key: getattr(chosen, key) for key in ("seconds", "seed", "quick")},
            },
        }
        self.noise = machine.Noise()

    def round(self, number, pairs, programs, settings):
        order = list(pairs)
        random.Random(f"{self.chosen.seed}/{number}").shuffle(order)
        for language, subject in order:
            say(f"round {number}/{self.chosen.rounds}: {language} {subject}")
            out = self.out / "raw" / f"{number}-{language}-{subject}"
            try:
                result = measure.measure(self.area, language, programs[language], subject, out, settings)
            except measure.NothingWanted:
                pairs.remove((language, subject))
                continue
            self.runs.append({"round": number, "language": language, "subject": subject, **result})

    def write(self, rounds):
        self.summary["settings"]["rounds"] = rounds
        self.summary["noise"] = self.noise.facts()
        self.summary["rows"] = report.summarise(self.area, self.runs)
        for name, content in [("runs.json", self.runs), ("summary.json", self.summary)]:
            (self.out / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        section = report.markdown(self.area, self.summary)
        (self.out / "table.md").write_text(section, encoding="utf-8")
        return section


def measure_area(area, chosen, command):
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H%M%S")
    out = (chosen.out or ROOT / "build" / "bench" / f"{area}-{stamp}").resolve()
    out.mkdir(parents=True)
    programs = find_programs(area, chosen, out / "programs")
    operations = [word for word in chosen.operations.split(",") if word]
    settings = measure.Settings(keys(area, chosen), chosen.seconds, chosen.seed, operations)
    pairs = [(language, subject) for language in languages(area, chosen) for subject in measure.subjects(programs[language])]
    say(f"{area}: {settings.keys:,} {names.KEYS[area][0]}, {len(pairs)} subjects, {chosen.rounds} rounds, seed {chosen.seed}; results in {out}")
    run = Run(area, chosen, out, command)
    if area in names.COUNTED and "c" in chosen.lang and not operations:
        run.summary["instructions"] = count_instructions(area, out)
    for number in range(1, chosen.rounds + 1):
        run.round(number, pairs, programs, settings)
        section = run.write(number)
    print(section)
    if chosen.write:
        path = ROOT / "bench" / "RESULTS.md"
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(report.put_section(before, area, section), encoding="utf-8")
        say(f"wrote {path}")


def count_instructions(area, out):
    counter = build.binary(ROOT, "bench/c", f"{area}_count")
    return instructions.count(counter, out / "callgrind")


def main(words):
    chosen = arguments(words)
    command = shlex.join(["ci/bench"] + words)
    try:
        for area in chosen.area:
            if chosen.instructions and area in names.COUNTED:
                with tempfile.TemporaryDirectory() as folder:
                    print(report.instruction_table(count_instructions(area, pathlib.Path(folder))))
            elif not chosen.instructions:
                measure_area(area, chosen, command)
    except measure.Refused as refusal:
        say(f"ci/bench: {refusal}")
        return 1
    except KeyboardInterrupt:
        say("ci/bench: broken off; what was measured is in the results folder")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
