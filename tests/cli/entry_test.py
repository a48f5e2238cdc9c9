# SPDX-License-Identifier: MIT OR Apache-2.0
"""get, put, delete and scan: one entry, and lists of them."""
import os
import unittest

from support import BAD_INPUT, BUSY, NO, CommandTest, awkward_entries, json_lines


class PutAndGet(CommandTest):
    def setUp(self):
        super().setUp()
        self.create()

    def test_a_value_comes_back_byte_for_byte(self):
        self.good("put", self.region, "key", "a value")
        self.assertEqual(self.good("get", self.region, "key"), b"a value")

    def test_a_value_is_read_from_standard_input(self):
        value = bytes(range(256)) * 500
        self.good("put", self.region, "key", stdin=value)
        self.assertEqual(self.good("get", self.region, "key"), value)

    def test_an_empty_value_is_a_value(self):
        self.good("put", self.region, "argument", "")
        self.good("put", self.region, "stdin", stdin=b"")
        self.assertEqual(self.entries(), {b"argument": b"", b"stdin": b""})

    def test_keys_that_look_like_something_else_are_keys(self):
        for key in ["stat", "put", "[a,b]", "a b", "ü", "'", "{}", "%x", "key=value"]:
            self.good("put", self.region, key, key)
            self.assertEqual(self.good("get", self.region, key), key.encode())
        for key in ["-x", "--help", "--part", "--"]:
            self.good("put", self.region, "--", key, key)
            self.assertEqual(self.good("get", self.region, "--", key), key.encode())

    def test_bytes_that_no_argument_can_hold_are_given_in_hex(self):
        self.good("put", self.region, "--hex", "00fF80", "binary")
        self.assertEqual(self.entries(), {b"\x00\xff\x80": b"binary"})
        self.assertEqual(self.good("get", self.region, "00ff80", "--hex"), b"binary")
        self.good("delete", self.region, "00ff80", "--hex")
        self.assertEqual(self.entries(), {})

    def test_bad_keys_are_refused(self):
        self.bad(BAD_INPUT, "get", self.region, "0g", "--hex", says=["KEY", "hexadecimal"])
        self.bad(BAD_INPUT, "put", self.region, "000", "x", "--hex", says=["KEY", "hexadecimal"])
        self.bad(BAD_INPUT, "put", self.region, "", "x", says="KEY is empty")
        self.bad(BAD_INPUT, "get", self.region, "k" * 65536, says=["KEY", "65,536", "65,535"])
        self.good("put", self.region, "k" * 65535, "x")

    def test_a_key_that_is_not_there_is_exit_code_1(self):
        self.bad(NO, "get", self.region, "nobody", says=["test.region", 'part "kv"', '"nobody"'])
        self.bad(NO, "delete", self.region, "nobody", says=["test.region", 'part "kv"', '"nobody"'])

    def test_delete_removes(self):
        self.good("put", self.region, "key", "value")
        self.good("delete", self.region, "key")
        self.bad(NO, "get", self.region, "key")

    def test_a_full_part_is_exit_code_6_and_keeps_the_old_value(self):
        self.good("put", self.region, "key", "old")
        self.bad(6, "put", self.region, "key", stdin=b"x" * (2 << 20), says=['part "kv"', '"key"', "full"])
        self.assertEqual(self.entries(), {b"key": b"old"})


class Conditions(CommandTest):
    def setUp(self):
        super().setUp()
        self.create()

    def test_new_refuses_a_key_that_is_there(self):
        self.good("put", self.region, "key", "1", "--new")
        self.bad(NO, "put", self.region, "key", "2", "--new", says=['"key"', "already_exists"])
        self.assertEqual(self.good("get", self.region, "key"), b"1")

    def test_if_version_is_compare_and_set(self):
        self.good("put", self.region, "other", "0")
        version = self.good("put", self.region, "key", "1", "--print-version").strip()
        self.assertEqual(version, b"2")
        self.assertEqual(self.good("get", self.region, "key", "--print-version").strip(), version)
        self.bad(NO, "put", self.region, "key", "2", "--if-version", "1", says=['"key"', "conflict", "not 1"])
        self.assertEqual(self.good("put", self.region, "key", "2", "--if-version", "2", "--print-version").strip(), b"3")
        self.assertEqual(self.good("get", self.region, "key"), b"2")
        self.bad(NO, "put", self.region, "nobody", "2", "--if-version", "1", says=['"nobody"', "not_found"])
        self.assertEqual(self.good("delete", self.region, "key", "--print-version").strip(), b"4")

    def test_the_two_conditions_exclude_each_other(self):
        self.bad(BAD_INPUT, "put", self.region, "key", "2", "--new", "--if-version", "1", says="--")

    def test_versions_that_are_no_numbers_are_refused(self):
        for text in ["-1", "x", "1x", "18446744073709551616", "", "010", "0x2", "+2", " 2"]:
            self.bad(BAD_INPUT, "put", self.region, "key", "2", "--if-version", text, says="--if-version")


class OtherWriters(CommandTest):
    def test_a_second_writer_is_exit_code_4_and_reading_goes_on(self):
        self.create()
        self.good("put", self.region, "key", "value")
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, write_end)
        loader = self.start("load", self.region, stdin=read_end)
        os.close(read_end)
        os.write(write_end, b"loaded\t1\nhalf a row")
        while self.run_command("get", self.region, "loaded").returncode != 0:
            self.assertIsNone(loader.poll())
        self.bad(BUSY, "put", self.region, "key", "other", says=["test.region", "busy"])
        self.bad(BUSY, "delete", self.region, "key", says=["test.region", "busy"])
        self.bad(BUSY, "load", self.region, stdin=b"other\t1\n", says=["test.region", "busy"])
        self.bad(BUSY, "copy", self.region, "copy.region", says=["test.region", "busy"])
        self.assertEqual(os.listdir(self.folder), ["test.region"])
        self.assertEqual(self.good("get", self.region, "key"), b"value")


class Scan(CommandTest):
    def setUp(self):
        super().setUp()
        self.create(size=4 << 20)

    def keys(self, *args):
        return self.good("scan", self.region, "--keys", *args).decode().split()

    def test_keys_come_in_the_order_of_their_bytes(self):
        for key in ["b", "a", "aa", "B", "ü", "ab", "0"]:
            self.good("put", self.region, key, "value of " + key)
        self.assertEqual(self.keys(), ["0", "B", "a", "aa", "ab", "b", "ü"])
        self.assertEqual(self.good("scan", self.region, "--prefix", "a"),
                         b"a\tvalue of a\naa\tvalue of aa\nab\tvalue of ab\n")

    def test_a_limit_keeps_the_first(self):
        self.good("load", self.region, stdin=b"".join(b"key-%03d\t\n" % (i * 37 % 500) for i in range(500)))
        everything = ["key-%03d" % i for i in range(500)]
        self.assertEqual(self.keys("--limit", "1"), everything[:1])
        self.assertEqual(self.keys("--limit", "77"), everything[:77])
        self.assertEqual(self.keys("--limit", "1000"), everything)
        self.assertEqual(self.keys("--prefix", "key-4", "--limit", "3"), ["key-400", "key-401", "key-402"])
        self.assertEqual(self.keys("--prefix", "nothing"), [])
        self.bad(BAD_INPUT, "scan", self.region, "--limit", "0", says="--limit")

    def test_a_scan_is_tsv_that_load_takes(self):
        entries = awkward_entries(seed=11, count=80)
        self.good("load", self.region, "--format", "jsonl", stdin=json_lines(entries))
        rows = self.good("scan", self.region)
        copy = self.path("copy.region")
        self.create(copy, size=4 << 20)
        self.good("load", copy, stdin=rows)
        self.assertEqual(self.entries(copy), entries)


if __name__ == "__main__":
    unittest.main()
