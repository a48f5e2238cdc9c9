# SPDX-License-Identifier: MIT OR Apache-2.0
"""load: creating, counting, stopping, stamps, progress, and being killed."""
import os
import pty
import re
import unittest

from support import BAD_INPUT, CORRUPT, FULL, NO, COMMAND, CommandTest, awkward_entries, json_lines


def rows(first, last, size=20):
    return b"".join(b"key-%06d\t%s-%d\n" % (i, b"v" * size, i) for i in range(first, last))


def expected(first, last, size=20):
    return {b"key-%06d" % i: b"%s-%d" % (b"v" * size, i) for i in range(first, last)}


class Create(CommandTest):
    def test_a_region_is_made_from_the_files_size_with_room_to_spare(self):
        path = self.write("rows.tsv", rows(0, 5000))
        self.good("load", self.region, path, "--create")
        self.assertEqual(self.entries(), expected(0, 5000))
        kv = self.kv()
        self.assertGreaterEqual(kv["capacity"], 5500)
        self.assertGreaterEqual(kv["data_capacity_bytes"], kv["data_bytes"] * 5 // 4)

    def test_every_value_can_be_replaced_in_a_part_of_estimated_size(self):
        path = self.write("rows.tsv", rows(0, 3000, 300))
        self.good("load", self.region, path, "--create", "--stamp")
        for _ in range(5):
            self.good("load", self.region, path, "--create", "--stamp")
        self.assertEqual(self.kv()["entries"], 3000)
        self.good("verify", self.region, "--stamps")

    def test_a_shared_memory_region_works_the_same(self):
        region = self.shared()
        path = self.write("rows.tsv", rows(0, 100))
        self.good("load", region, path, "--create", "--part", "words")
        self.assertEqual(self.entries(region), expected(0, 100))
        self.assertEqual(self.stat(region)["parts"][0]["name"], "words")
        self.good("unlink", region)
        self.bad(NO, "stat", region, says=region)

    def test_a_part_is_made_in_a_region_that_exists(self):
        self.good("create", self.region, "--size", "1M")
        path = self.write("rows.tsv", rows(0, 10))
        self.good("load", self.region, path, "--create", "--part", "a")
        self.good("load", self.region, path, "--create", "--part", "b")
        self.assertEqual([part["name"] for part in self.stat()["parts"]], ["a", "b"])
        self.bad(FULL, "load", self.region, path, "--create", "--part", "c", "--entries", "10", "--bytes", "64M",
                 says=['part "c"', "full"])
        self.bad(NO, "load", self.region, path, says=['part "kv"', "not_found"])

    def test_standard_input_needs_sizes(self):
        message = self.bad(BAD_INPUT, "load", self.region, "--create", stdin=rows(0, 2), says=["--entries", "--bytes"])
        self.assertIn("standard input", message)
        self.bad(NO, "stat", self.region)
        self.good("load", self.region, "--create", "--entries", "10", "--bytes", "1K", stdin=rows(0, 2))
        self.assertEqual(self.kv()["capacity"], 10)
        self.assertEqual(self.kv()["data_capacity_bytes"], 1024)

    def test_nothing_is_made_for_a_bad_file(self):
        path = self.write("rows.tsv", rows(0, 5) + b"bad\n")
        self.bad(BAD_INPUT, "load", self.region, path, "--create", says=["rows.tsv:6: no tab", "nothing was created"])
        self.bad(NO, "load", self.region, self.path("none.tsv"), "--create", says="none.tsv: No such file")
        self.bad(5, "load", self.region, self.folder, "--create", "--format", "tsv", says=[self.folder, "directory"])
        self.assertEqual(os.listdir(self.folder), ["rows.tsv"])

    def test_sizes_without_create_are_refused(self):
        self.create()
        self.bad(BAD_INPUT, "load", self.region, "--entries", "10", stdin=rows(0, 1), says="--create")

    def test_without_create_nothing_is_made(self):
        self.bad(NO, "load", self.region, stdin=rows(0, 1), says=["test.region", "not_found"])
        self.assertEqual(os.listdir(self.folder), [])


class BadRows(CommandTest):
    def setUp(self):
        super().setUp()
        self.create()

    def test_nothing_after_a_bad_row_is_loaded(self):
        path = self.write("rows.tsv", rows(0, 7) + b"bad\n" + rows(8, 20))
        self.bad(BAD_INPUT, "load", self.region, path, says=["rows.tsv:8: no tab", "7 rows loaded before it, none after"])
        self.assertEqual(self.entries(), expected(0, 7))

    def test_keep_going_leaves_bad_rows_out_and_counts_them(self):
        path = self.write("rows.tsv", rows(0, 7) + b"bad\n\tno key\n" + rows(7, 9) + b"worse\t\\x\n" + rows(9, 20) + b"end")
        message = self.bad(BAD_INPUT, "load", self.region, path, "--keep-going", says=["4 bad rows", "20 rows loaded"])
        self.assertEqual(re.findall(r"rows\.tsv:(\d+): ", message), ["8", "9", "12", "24"])
        self.assertEqual(self.entries(), expected(0, 20))

    def test_keep_going_finds_the_next_row_in_every_format(self):
        for name, text in [("csv", b'a,1\n"b"x,2\nc,3\nd\ne,5,6\nf,7\n'), ("jsonl", b'{"key":"a","value":"1"}\n{\n[]\n'
                            b'{"key":"c","value":"3"}\n{"key":1}\n{"key":"f","value":"7"}\n')]:
            with self.subTest(format=name):
                self.bad(BAD_INPUT, "load", self.region, "--format", name, "--keep-going", stdin=text, says="3 bad rows")
                self.assertEqual(self.entries(), {b"a": b"1", b"c": b"3", b"f": b"7"})

    def test_a_full_part_stops_the_load_and_says_where(self):
        small = self.path("small.region")
        self.create(small, entries=10)
        path = self.write("rows.tsv", rows(0, 30))
        self.bad(FULL, "load", small, path, says=["rows.tsv:11: ", "full", "10 rows loaded"])
        self.assertEqual(self.entries(small), expected(0, 10))

    def test_the_last_of_two_rows_with_one_key_stands(self):
        self.good("load", self.region, stdin=b"a\t1\nb\t2\na\t3\n")
        self.assertEqual(self.entries(), {b"a": b"3", b"b": b"2"})

    def test_an_empty_input_loads_nothing(self):
        self.good("load", self.region, stdin=b"")
        self.bad(BAD_INPUT, "load", self.region, "--header", stdin=b"", says="header")
        self.assertEqual(self.entries(), {})


class Stamps(CommandTest):
    def setUp(self):
        super().setUp()
        self.create(size=4 << 20)

    def test_dump_takes_away_what_load_put_in_front(self):
        entries = awkward_entries(seed=12, count=100)
        path = self.write("rows.jsonl", json_lines(entries))
        self.good("load", self.region, path, "--stamp")
        stamped = self.entries()
        self.assertEqual({key: value[8:] for key, value in stamped.items()}, entries)
        plain = self.path("plain.region")
        self.good("dump", self.region, "plain.jsonl", "--unstamp")
        self.good("load", plain, "plain.jsonl", "--create")
        self.assertEqual(self.entries(plain), entries)
        self.assertIn(b"stamps of 100 values: sound", self.good("verify", self.region, "--stamps"))

    def test_a_stamp_is_the_hash_of_the_payload_seeded_with_that_of_the_key(self):
        self.good("load", self.region, "--stamp", stdin=b"key\tpayload\n")
        value = self.good("get", self.region, "key")
        seed = key_hash(b"key", 0)
        self.assertEqual(value, key_hash(b"payload", seed).to_bytes(8, "little") + b"payload")

    def test_a_value_with_a_wrong_stamp_is_corrupt(self):
        self.good("load", self.region, "--stamp", stdin=b"a\tpayload\n")
        value = bytearray(self.good("get", self.region, "a"))
        value[-1] ^= 1
        for content in (bytes(value), b"short"):
            self.good("put", self.region, "a", stdin=content)
            self.bad(CORRUPT, "dump", self.region, "--unstamp", says=['"a"', "stamp"])
            self.bad(CORRUPT, "verify", self.region, "--stamps", says=['"a"', "stamp"])
            self.good("verify", self.region)

    def test_a_dump_that_fails_leaves_the_file_as_it_was(self):
        self.write("out.tsv", b"as it was")
        self.good("put", self.region, "a", "no stamp")
        self.bad(CORRUPT, "dump", self.region, "out.tsv", "--unstamp")
        self.assertEqual(self.read("out.tsv"), b"as it was")
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.tsv", "test.region"])


class Progress(CommandTest):
    def test_on_a_terminal_a_bar_is_drawn(self):
        path = self.write("rows.tsv", rows(0, 5000))
        terminal, other_end = pty.openpty()
        pid = os.fork()
        if pid == 0:
            os.dup2(other_end, 2)
            os.execv(COMMAND, [COMMAND, "load", self.region, path, "--create"])
        os.close(other_end)
        shown = b""
        try:
            while chunk := os.read(terminal, 65536):
                shown += chunk
        except OSError:
            pass  # Linux says EIO when the other end is closed.
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertIn(b"[" + b"#" * 30 + b"] 100 %", shown)
        self.assertIn(b"loaded 5,000 rows", shown)

    def test_elsewhere_only_when_asked(self):
        path = self.write("rows.tsv", rows(0, 20_000))
        quiet = self.run_command("load", self.region, path, "--create").stderr
        self.assertNotIn(b"%", quiet)
        self.assertIn(b"loaded 20,000 rows", quiet)
        asked = self.run_command("load", self.region, path, "--progress").stderr.decode()
        tenths = [int(text) for text in re.findall(r"(\d+) %", asked)]
        self.assertEqual(tenths, sorted(tenths))
        self.assertEqual(tenths[-1], 100)
        self.assertGreater(len(tenths), 5)
        self.assertEqual(self.run_command("load", self.region, path, "--quiet").stderr, b"")


class Killed(CommandTest):
    def test_what_was_loaded_before_a_kill_is_kept_and_loading_can_go_on(self):
        for kill_after in (1, 500, 2000):
            with self.subTest(kill_after=kill_after):
                region = self.shared()
                self.create(region, entries=10_000, size=4 << 20)
                read_end, write_end = os.pipe()
                loader = self.start("load", region, stdin=read_end)
                os.close(read_end)
                # The last row stays incomplete, so the loader is in the middle of its work when it is killed.
                os.write(write_end, rows(0, kill_after))
                last = "key-%06d" % (kill_after - 1)
                while self.run_command("get", region, last).returncode != 0:
                    self.assertIsNone(loader.poll())
                loader.kill()
                loader.wait()
                os.close(write_end)
                self.good("verify", region)
                self.assertEqual(self.entries(region), expected(0, kill_after))
                self.good("load", region, stdin=rows(kill_after, 3000))
                self.assertEqual(self.entries(region), expected(0, 3000))
                self.good("verify", region)

    def test_kills_at_any_moment_leave_a_sound_region(self):
        entries = expected(0, 40_000)
        path = self.write("rows.tsv", rows(0, 40_000))
        self.create(entries=50_000, size=8 << 20)
        for rows_seen in (1, 3000, 20_000):
            loader = self.start("load", self.region, path)
            while loader.poll() is None and self.kv()["version"] % 40_000 < rows_seen:
                pass
            loader.kill()
            loader.wait()
            self.good("verify", self.region)
            for key, value in self.entries().items():
                self.assertEqual(entries[key], value)
        self.good("load", self.region, path)
        self.assertEqual(self.entries(), entries)


MASK = (1 << 64) - 1


def mix(a, b):
    product = a * b
    return (product & MASK) ^ (product >> 64)


def key_hash(data, seed):
    """The store's hash for up to 16 bytes, written a second time from its definition."""
    secret0, secret1 = 0xA0761D6478BD642F, 0xE7037ED1A0B428DB
    size = len(data)
    seed ^= mix(seed ^ secret0, secret1)
    word = lambda at, n: int.from_bytes(data[at:at + n], "little")
    if size >= 8:
        a, b = word(0, 8), word(size - 8, 8)
    elif size >= 4:
        a, b = word(0, 4), word(size - 4, 4)
    else:
        a, b = data[0] << 16 | data[size >> 1] << 8 | data[-1], 0
    return mix(secret1 ^ size, mix(a ^ secret1, b ^ seed))


if __name__ == "__main__":
    unittest.main()
