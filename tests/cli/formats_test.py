# SPDX-License-Identifier: MIT OR Apache-2.0
"""CSV, TSV and JSON Lines: what is read, what is written, and what is refused, with its line."""
import csv
import io
import unittest

from support import BAD_INPUT, OK, CommandTest, awkward_entries, json_lines

FORMATS = ["csv", "tsv", "jsonl"]


class RoundTrip(CommandTest):
    def test_every_format_carries_any_bytes_there_and_back(self):
        entries = awkward_entries(seed=7)
        self.create(size=4 << 20)
        self.good("load", self.region, "--format", "jsonl", stdin=json_lines(entries))
        self.assertEqual(self.entries(), entries)
        for name in FORMATS:
            with self.subTest(format=name):
                self.good("dump", self.region, "all." + name)
                copy = self.path("copy-of-%s.region" % name)
                self.good("load", copy, "all." + name, "--create")
                self.assertEqual(self.entries(copy), entries)

    def test_formats_can_be_chained_by_pipe(self):
        entries = awkward_entries(seed=8, count=60)
        self.create(size=4 << 20)
        self.good("load", self.region, "--format", "jsonl", stdin=json_lines(entries))
        for name in FORMATS:
            rows = self.good("dump", self.region, "--format", name)
            other = self.path(name + ".region")
            self.create(other, size=4 << 20)
            self.good("load", other, "-", "--format", name, stdin=rows)
            self.assertEqual(self.entries(other), entries)

    def test_sorted_dumps_of_equal_stores_are_equal(self):
        entries = awkward_entries(seed=9, count=100)
        for name, order in [("a.region", list(entries)), ("b.region", list(entries)[::-1])]:
            self.create(self.path(name), size=4 << 20)
            self.good("load", name, "--format", "jsonl", stdin=json_lines({key: entries[key] for key in order}))
        dumps = [self.good("dump", name, "--sort") for name in ("a.region", "b.region")]
        self.assertEqual(dumps[0], dumps[1])
        keys = self.good("dump", "a.region", "--sort", "--format", "jsonl")
        self.assertEqual(len(keys.splitlines()), len(entries))


class Csv(CommandTest):
    def setUp(self):
        super().setUp()
        self.create()

    def load(self, text, *args):
        self.good("load", self.region, "--format", "csv", *args, stdin=text)
        return self.entries()

    def test_what_python_writes_is_read(self):
        rows = [["a", 'say "hi"'], ["b, c", "two\nlines"], ["d", ""], [" e ", "\r\n"]]
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        self.assertEqual(self.load(text.getvalue().encode()), {k.encode(): v.encode() for k, v in rows})

    def test_what_is_written_python_reads(self):
        rows = {'quote " and , comma': "line\nfeed", "plain": "", "ü": "\r"}
        encoded = {key.encode(): value.encode() for key, value in rows.items()}
        self.good("load", self.region, "--format", "jsonl", stdin=json_lines(encoded))
        text = self.good("dump", self.region, "--format", "csv").decode()
        self.assertEqual(dict(csv.reader(io.StringIO(text, newline=""))), rows)

    def test_a_last_line_needs_no_end(self):
        self.assertEqual(self.load(b"a,1\nb,2"), {b"a": b"1", b"b": b"2"})

    def test_empty_lines_are_passed_over(self):
        self.assertEqual(self.load(b"\n\r\na,1\r\n\n\r\nb,2\n\n"), {b"a": b"1", b"b": b"2"})

    def test_a_byte_order_mark_is_no_part_of_the_first_key(self):
        self.assertEqual(self.load(b"\xef\xbb\xbfa,1\n\xef\xbb\xbfb,2\n"), {b"a": b"1", b"\xef\xbb\xbfb": b"2"})
        self.assertEqual(self.load(b'\xef\xbb\xbf"c,c",3\n')[b"c,c"], b"3")

    def test_a_header_is_passed_over_and_written(self):
        self.assertEqual(self.load(b"key,value\na,1\n", "--header"), {b"a": b"1"})
        self.assertEqual(self.good("dump", self.region, "--format", "csv", "--header"), b"key,value\na,1\n")

    def test_bad_rows_are_refused_with_line_and_cause(self):
        for text, line, cause in [
            (b"a,1\nb\n", 2, "1 field"),
            (b"a,1\nb,2,3\n", 2, "more than 2 fields"),
            (b'a,"two\nlines"\n"b,2\n', 3, "the quote is never closed"),
            (b'a,1\n"b"c,2\n', 2, "text after a closing quote"),
            (b'a,1\nb,2"3\n', 2, "a quote inside a field"),
            (b"a,1\nb\rc,2\n", 2, "a carriage return outside quotes"),
            (b"a,1\n,2\n", 2, "the key is empty"),
            (b"a,1\n" + b"k" * 65536 + b",2\n", 2, "65,536 bytes"),
        ]:
            with self.subTest(text=text[:20]):
                self.bad(BAD_INPUT, "load", self.region, "--format", "csv", stdin=text,
                         says=["standard input:%d: " % line, cause, "1 row loaded"])


class Tsv(CommandTest):
    def setUp(self):
        super().setUp()
        self.create()

    def test_escapes_are_read_and_written(self):
        self.good("load", self.region, stdin=b"a\\tb\t\\n\\r\\\\\n")
        self.assertEqual(self.entries(), {b"a\tb": b"\n\r\\"})
        self.assertEqual(self.good("dump", self.region), b"a\\tb\t\\n\\r\\\\\n")

    def test_line_ends_of_windows_are_line_ends(self):
        self.good("load", self.region, stdin=b"a\t1\r\n\r\n\nb\t2\r\n")
        self.assertEqual(self.entries(), {b"a": b"1", b"b": b"2"})

    def test_bad_rows_are_refused_with_line_and_cause(self):
        for text, line, cause in [
            (b"a\t1\nb 2\n", 2, "no tab"),
            (b"\n\na\t1\nb\t2\t3\n", 4, "more than one tab"),
            (b"a\t1\nb\t\\x\n", 2, "a backslash must be followed by"),
            (b"a\t1\nb\t\\", 2, "a backslash must be followed by"),
            (b"a\t1\n\t2\n", 2, "the key is empty"),
        ]:
            with self.subTest(text=text):
                self.bad(BAD_INPUT, "load", self.region, stdin=text,
                         says=["standard input:%d: " % line, cause, "1 row loaded"])


class JsonLines(CommandTest):
    def setUp(self):
        super().setUp()
        self.create()

    def test_strings_and_hex_are_read(self):
        self.good("load", self.region, "--format", "jsonl", stdin=b'{"value":{"hex":"00fF"},"key":"\\u00fc\\n"}\r\n\n'
                  b'{"key": {"hex": "80"}, "value": ""}')
        self.assertEqual(self.entries(), {"ü\n".encode(): b"\x00\xff", b"\x80": b""})

    def test_bad_rows_are_refused_with_line_and_cause(self):
        good = b'{"key":"a","value":"1"}\n'
        for text, cause in [
            (b"{", "not JSON"),
            (b'{"key":"b","value":"2"} x', "not JSON"),
            (b'{"key":"\xff","value":"2"}', "not JSON"),
            (b'["b","2"]', "not an object"),
            (b'{"key":"b"}', 'no "value"'),
            (b'{"value":"b"}', 'no "key"'),
            (b'{"key":"b","value":2}', '"value" is neither a string'),
            (b'{"key":null,"value":"2"}', '"key" is neither a string'),
            (b'{"key":"b","value":{"hex":"0"}}', "even number of hexadecimal digits"),
            (b'{"key":"b","value":{"hex":"0g"}}', "even number of hexadecimal digits"),
            (b'{"key":"b","value":{"hex":"00","more":1}}', '"value" is neither a string'),
            (b'{"key":"b","value":"2","other":1}', "members other than"),
            (b'{"key":"b","value":"2","value":"3"}', "stands twice"),
            (b'{"key":"","value":"2"}', "the key is empty"),
            (b"[" * 100_000, "not JSON"),
        ]:
            with self.subTest(text=text[:40]):
                self.bad(BAD_INPUT, "load", self.region, "--format", "jsonl", stdin=good + text + b"\n" + good,
                         says=["standard input:2: ", cause, "1 row loaded"])


class FormatChoice(CommandTest):
    def test_the_extension_decides_and_format_overrules(self):
        self.create()
        self.good("load", self.region, self.write("a.csv", b"a,1\n"))
        self.good("load", self.region, self.write("b.tsv", b"b\t1\n"))
        self.good("load", self.region, self.write("c.jsonl", b'{"key":"c","value":"1"}\n'))
        self.good("load", self.region, self.write("d.ndjson", b'{"key":"d","value":"1"}\n'))
        self.good("load", self.region, self.write("e.csv", b"e\t1\n"), "--format", "tsv")
        self.assertEqual(self.entries(), {letter: b"1" for letter in (b"a", b"b", b"c", b"d", b"e")})

    def test_an_unknown_extension_is_refused_before_anything_is_made(self):
        path = self.write("rows.txt", b"a\t1\n")
        self.bad(BAD_INPUT, "load", self.region, path, "--create", says=["rows.txt", "--format"])
        self.bad(1, "stat", self.region)

    def test_a_format_that_does_not_exist_is_refused(self):
        self.bad(BAD_INPUT, "dump", self.region, "--format", "xml", says="--format")

    def test_json_lines_have_no_header(self):
        self.create()
        for command in ("load", "dump"):
            self.bad(BAD_INPUT, command, self.region, "--format", "jsonl", "--header", says="--header")
        self.assertEqual(self.run_command("verify", self.region).returncode, OK)


if __name__ == "__main__":
    unittest.main()
