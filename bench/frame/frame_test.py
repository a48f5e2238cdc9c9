#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The frame's own tests: what tools write is read rightly, and what cannot be true is refused."""

import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, os.getcwd())

from bench.frame import instructions, machine, main, measure, names, parse, report  # noqa: E402


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, path, content):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


class Parse(Folder):
    def google(self, **change):
        entry = {"name": "kv/insert/lmdb/iterations:1/manual_time", "run_type": "iteration", "real_time": 0.25, "time_unit": "us"}
        entry.update(change)
        self.put("google_benchmark.json", {"context": {"num_cpus": 2}, "benchmarks": [entry]})

    def test_google_benchmark(self):
        self.google()
        self.assertEqual(parse.figures(self.folder), {"kv/insert/lmdb": 250.0})
        self.assertEqual(parse.tool_facts(self.folder)["google_benchmark"]["num_cpus"], 2)

    def test_google_benchmark_by_the_processors_time(self):
        self.google(name="kv/insert/lmdb/min_time:0.5/process_time", cpu_time=0.125)
        self.assertEqual(parse.figures(self.folder), {"kv/insert/lmdb": 125.0})

    def test_google_benchmark_leaves_aggregates_out(self):
        self.google(run_type="aggregate")
        with self.assertRaisesRegex(parse.BadOutput, "no output"):
            parse.figures(self.folder)

    def test_google_benchmark_with_an_error(self):
        self.google(error_occurred=True, error_message="no memory")
        with self.assertRaisesRegex(parse.BadOutput, "no memory"):
            parse.figures(self.folder)

    def test_criterion(self):
        place = "criterion/kv_hit_drystone/new"
        self.put(f"{place}/benchmark.json", {"full_id": "kv/hit/drystone"})
        self.put(f"{place}/estimates.json", {"median": {"point_estimate": 81.5}, "mean": {"point_estimate": 90.0}})
        self.put("criterion/kv_hit_drystone/base/estimates.json", {"median": {"point_estimate": 1.0}})
        self.assertEqual(parse.figures(self.folder), {"kv/hit/drystone": 81.5})

    GO = (
        "goos: linux\ncpu: Some CPU @ 2.00GHz\n"
        "BenchmarkKv/hit/drystone-2         \t 3000000\t       101.4 ns/op\t       0 B/op\t       0 allocs/op\n"
        "BenchmarkKv/get_many_32/sync_map   \t 3000000\t         7 extra/op\t       9 ns/op\n"
    )

    def test_go(self):
        self.put("go.txt", self.GO + "PASS\nok  \texample.org\t3.1s\n")
        self.assertEqual(parse.figures(self.folder), {"kv/hit/drystone": 101.4, "kv/get_many_32/sync_map": 9.0})

    def test_go_that_failed(self):
        self.put("go.txt", self.GO + "--- FAIL: BenchmarkKv\nFAIL\n")
        with self.assertRaisesRegex(parse.BadOutput, "no line PASS"):
            parse.figures(self.folder)

    def jmh(self, **change):
        entry = {
            "benchmark": "io.drystone.bench.Kv.getMany32",
            "params": {"subject": "drystone"},
            "primaryMetric": {"score": 0.5, "scoreUnit": "us/op"},
            "jdkVersion": "17",
        }
        entry.update(change)
        self.put("jmh.json", [entry])

    def test_jmh(self):
        self.jmh()
        self.put(
            "jmh-2.json",
            [
                {
                    "benchmark": "a.Kv.dependent_hit",
                    "params": {"subject": "hash_map"},
                    "primaryMetric": {"score": 70, "scoreUnit": "ns/op"},
                }
            ],
        )
        self.assertEqual(parse.figures(self.folder), {"kv/get_many_32/drystone": 500.0, "kv/dependent_hit/hash_map": 70.0})

    def test_jmh_throughput_is_no_time(self):
        self.jmh(primaryMetric={"score": 5, "scoreUnit": "ops/us"})
        with self.assertRaisesRegex(parse.BadOutput, "ops/us"):
            parse.figures(self.folder)

    def test_nothing_there(self):
        with self.assertRaisesRegex(parse.BadOutput, "no output"):
            parse.figures(self.folder)

    def test_broken_json(self):
        self.put("jmh.json", '[{"benchmark": "x')
        with self.assertRaisesRegex(parse.BadOutput, "jmh.json"):
            parse.figures(self.folder)

    def test_extras(self):
        self.put("extra.jsonl", '{"name":"kv/hit/map","checked":5}\n{"name":"kv/hit/map","retries":1}\n')
        self.assertEqual(parse.extras(self.folder), {"kv/hit/map": {"checked": 5.0, "retries": 1.0}})

    def test_broken_extras_name_the_line(self):
        for bad in ['{"checked":5}', "[1]", '{"name":"kv/hit/map","checked":"many"}', "{"]:
            self.put("extra.jsonl", '{"name":"kv/hit/map","checked":5}\n' + bad + "\n")
            with self.subTest(bad=bad), self.assertRaisesRegex(parse.BadOutput, "line 2"):
                parse.extras(self.folder)


def complete_run():
    figures = {f"kv/{operation}/drystone": 100.0 for operation in names.OPERATIONS["kv"]}
    extras = {name: {"checked": 10.0} for name in figures}
    tail = {"median_ns": 90.0, "p999_ns": 400.0, "torn": 0.0}
    extras["kv/read_alone/drystone"].update(tail)
    extras["kv/read_beside_writer/drystone"].update(tail, writer_ns=200.0, writes=7.0)
    return figures, extras


class Check(unittest.TestCase):
    def refused(self, pattern, change, operations=()):
        figures, extras = complete_run()
        change(figures, extras)
        with self.assertRaisesRegex(measure.Refused, pattern):
            measure.check("kv", "c", "drystone", figures, extras, operations)

    def test_a_complete_run_passes(self):
        measure.check("kv", "c", "drystone", *complete_run())

    def test_what_cannot_be_true_is_refused(self):
        hit = "kv/hit/drystone"
        beside = "kv/read_beside_writer/drystone"
        cases = {
            "is no time": lambda f, e: f.update({hit: 0.0}),
            "nan ns": lambda f, e: f.update({hit: float("nan")}),
            "did not measure hit": lambda f, e: f.pop(hit),
            "no result was checked": lambda f, e: e.pop(hit),
            "lacks p999_ns": lambda f, e: e[beside].pop("p999_ns"),
            "3 torn": lambda f, e: e[beside].update(torn=3.0),
            "never came to write": lambda f, e: e[beside].update(writes=0.0),
            "is not a number": lambda f, e: e[beside].update(writer_ns=float("inf")),
            "while drystone was asked for": lambda f, e: f.update({"kv/hit/lmdb": 5.0}),
            "not a benchmark of area kv": lambda f, e: f.update({"kv/hits/drystone": 5.0}),
        }
        for pattern, change in cases.items():
            with self.subTest(pattern):
                self.refused(pattern, change)

    def test_a_smoke_run_may_end_before_the_writer_had_a_turn(self):
        figures, extras = complete_run()
        extras["kv/read_beside_writer/drystone"]["writes"] = 0.0
        measure.check("kv", "c", "drystone", figures, extras, seconds=0.01)

    def test_more_than_asked_for_is_refused(self):
        self.refused("nobody asked for", lambda f, e: None, ["hit"])


class Tails(unittest.TestCase):
    """Calls timed one by one, as the memory blocks' programs report them."""

    TAIL = {
        "checked": 9.0,
        "p50_ns": 2.0,
        "p99_ns": 8.0,
        "p999_ns": 30.0,
        "max_ns": 900.0,
        "over_100_ppm": 4.0,
        "timer_p999_ns": 25.0,
        "timer_over_100_ppm": 3.0,
    }

    def check(self, operation="pool_random", **change):
        name = f"memory/{operation}/drystone"
        extra = {key: value for key, value in {**self.TAIL, **change}.items() if value is not None}
        measure.check("memory", "go", "drystone", {name: 5.0}, {name: extra}, [operation])

    def test_what_times_can_be_passes(self):
        self.check()
        self.check(p50_ns=0.0, max_ns=100.0, over_100_ppm=0.0)

    def test_what_no_times_can_be_is_refused(self):
        cases = {
            "lacks p99_ns": {"p99_ns": None},
            "no times can be": {"p99_ns": 31.0},
            "no times can": {"p50_ns": -1.0},
            "a million calls in a million": {"timer_over_100_ppm": 1000001.0},
            "longest took 900 ns": {"over_100_ppm": 0.0},
            "longest took 99 ns": {"max_ns": 99.0},
            "is not a number": {"max_ns": float("nan")},
        }
        for pattern, change in cases.items():
            with self.subTest(pattern), self.assertRaisesRegex(measure.Refused, pattern):
                self.check(**change)

    def test_an_operation_that_needs_none_gives_all_or_none(self):
        self.check("pool_lifo")
        self.check("pool_lifo", **dict.fromkeys(names.TAIL_KEYS))
        with self.assertRaisesRegex(measure.Refused, "tails without max_ns"):
            self.check("pool_lifo", max_ns=None)

    def test_they_have_a_table_of_their_own(self):
        name = "memory/pool_random/drystone"
        rows = report.summarise("memory", [{"language": "go", "figures": {name: 5.0}, "extras": {name: self.TAIL}}])
        line = [cell.strip() for cell in report.tail_table(rows).splitlines()[2].split("|")[1:-1]]
        self.assertEqual(line, ["Go, drystone, pool_random", "2.0", "8.0", "30", "900", "4", "25", "3"])
        self.assertEqual(report.read_table(rows), "")


class Measure(Folder):
    def program(self, text):
        self.put("program", "#!/bin/sh\n" + text)
        (self.folder / "program").chmod(0o755)
        return self.folder / "program"

    def run_it(self, text):
        return measure.measure("kv", "c", self.program(text), "drystone", self.folder / "out", measure.Settings(64, 0.01, 1))

    def test_a_failing_program_is_refused_with_its_message(self):
        with self.assertRaisesRegex(measure.Refused, "exit 1.*a value was torn"):
            self.run_it("echo a value was torn >&2; exit 1\n")

    def test_a_subject_that_has_nothing_of_what_was_chosen_is_left_out(self):
        program, chosen = self.program("exit 3\n"), measure.Settings(64, 0.01, 1, ["hit"])
        with self.assertRaises(measure.NothingWanted):
            measure.measure("kv", "c", program, "map", self.folder / "map", chosen)
        for subject, settings in [("drystone", chosen), ("lmdb", measure.Settings(64, 0.01, 1))]:
            with self.subTest(subject), self.assertRaisesRegex(measure.Refused, "exit 3"):
                measure.measure("kv", "c", program, subject, self.folder / subject, settings)

    def test_a_program_without_output_is_refused(self):
        with self.assertRaisesRegex(measure.Refused, "no output"):
            self.run_it("exit 0\n")

    def test_a_missing_program_is_refused(self):
        with self.assertRaisesRegex(measure.Refused, "nowhere"):
            measure.subjects(self.folder / "nowhere")

    def test_subjects(self):
        self.assertEqual(measure.subjects(self.program("echo drystone; echo map\n")), ["drystone", "map"])
        with self.assertRaises(measure.Refused):
            measure.subjects(self.program("echo map; echo drystone\n"))


def run_of(language, subject, **times):
    figures = {f"kv/{operation}/{subject}": time for operation, time in times.items()}
    return {"language": language, "figures": figures, "extras": {name: {"checked": 1.0} for name in figures}}


class Report(unittest.TestCase):
    RUNS = [
        run_of("c", "drystone", hit=100.0, miss=10.0),
        run_of("c", "lmdb", hit=800.0),
        run_of("c", "drystone", hit=120.0, miss=12.0),
        run_of("c", "lmdb", hit=900.0),
        run_of("c", "drystone", hit=90.0, miss=9.0),
        run_of("c", "lmdb", hit=850.0),
        run_of("go", "drystone", hit=200.0),
    ]

    def test_medians_and_ratios(self):
        rows = {(r["language"], r["operation"], r["subject"]): r for r in report.summarise("kv", self.RUNS)}
        self.assertEqual(rows["c", "hit", "drystone"]["ns"], {"median": 100.0, "low": 90.0, "high": 120.0, "rounds": 3})
        self.assertEqual(rows["c", "hit", "lmdb"]["ratio"], 8.5)
        self.assertEqual(rows["go", "hit", "drystone"]["ratio"], 1.0)

    def test_tables(self):
        rows = report.summarise("kv", self.RUNS)
        text = report.language_tables("kv", [row for row in rows if row["language"] == "c"])
        self.assertIn("850 (8.5x) ±6%", text)
        self.assertEqual(len({len(line) for line in text.splitlines()}), 1)
        own = report.own_table("kv", rows)
        self.assertIn("200 (2.0x)", own)
        self.assertNotIn("miss", own, "there is nothing to compare")

    def test_each_group_of_operations_has_a_table_with_its_own_subjects(self):
        figures = {"memory/arena_64/drystone": 1.0, "memory/pool_fifo/drystone": 2.0, "memory/pool_fifo/glibc": 8.0}
        rows = report.summarise("memory", [{"language": "c", "figures": figures, "extras": {}}])
        title, arena, other_title, pool = report.language_tables("memory", rows).split("\n\n")
        self.assertEqual((title, other_title), ("#### arena", "#### pool"))
        self.assertNotIn("glibc", arena)
        self.assertIn("8.0 (4.0x)", pool)

    def test_huge_pages_are_reported_where_a_program_looked(self):
        name = "memory/options_visit/drystone"
        runs = [{"language": "c", "figures": {name: 9.0}, "extras": {name: {"huge_percent": 99.6}}}]
        self.assertIn("100 %", report.huge_table(report.summarise("memory", runs)))
        self.assertEqual(report.huge_table(report.summarise("kv", self.RUNS)), "")

    def test_memory_is_reported_for_those_who_know(self):
        runs = [run_of("go", "drystone", hit=1.0, insert=1.0), run_of("go", "map", hit=1.0)]
        runs[0]["extras"]["kv/hit/drystone"]["allocations_per_op"] = 0.0
        runs[0]["extras"]["kv/insert/drystone"]["bytes_per_entry"] = 162.2
        lines = report.memory_table(report.summarise("kv", runs)).splitlines()[2:]
        self.assertEqual([[c.strip() for c in line.split("|")[1:-1]] for line in lines], [["Go, drystone", "162", "0"]])

    def test_sections_are_replaced_and_the_rest_stays(self):
        first = report.put_section("", "kv", "## kv\n\nold\n\n### C\n\nx\n")
        second = report.put_section(first, "arena", "## arena\n\nkept\n")
        third = report.put_section(second, "kv", "## kv\n\nnew \\1\n")
        self.assertTrue(third.startswith("# Results"))
        self.assertNotIn("old", third)
        self.assertNotIn("### C", third)
        self.assertIn("new \\1", third)
        self.assertIn("kept", third)
        self.assertEqual(report.put_section(third, "kv", "## kv\n\nnew \\1\n"), third)

    def test_the_machine_is_described(self):
        facts = machine.describe(pathlib.Path.cwd())
        for title in ("CPU", "cores", "memory", "kernel"):
            self.assertTrue(facts.get(title), title)


class Arguments(unittest.TestCase):
    def test_defaults(self):
        chosen = main.arguments([])
        self.assertEqual((chosen.area, chosen.rounds, main.keys("kv", chosen)), (names.AREAS, 5, 1000000))
        self.assertEqual(main.keys("memory", main.arguments(["memory", "--keys", "7"])), 7)
        self.assertEqual(main.arguments(["kv", "--quick"]).rounds, 1)

    def test_nonsense_is_refused(self):
        for words in (["arena2"], ["--lang", "cobol"], ["--rounds", "0"], ["--operations", "jump"], ["--write", "--quick"]):
            with self.subTest(words), self.assertRaises(SystemExit), open(os.devnull, "w", encoding="utf-8") as null:
                stderr, sys.stderr = sys.stderr, null
                try:
                    main.arguments(words)
                finally:
                    sys.stderr = stderr


class Instructions(unittest.TestCase):
    def test_a_base_is_itself_counted_from_nothing(self):
        modes = {mode for mode, _, base in instructions.COUNTS.values() if base is None}
        self.assertLessEqual({base for _, _, base in instructions.COUNTS.values() if base}, modes)


if __name__ == "__main__":
    unittest.main(verbosity=2)
