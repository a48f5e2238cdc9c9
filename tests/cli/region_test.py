# SPDX-License-Identifier: MIT OR Apache-2.0
"""create, stat, verify, copy and unlink: whole regions, sound ones and damaged ones."""
import json
import os
import unittest

from support import BAD_INPUT, CORRUPT, FULL, NO, CommandTest, awkward_entries, json_lines


class Create(CommandTest):
    def test_a_region_has_just_the_part_that_was_asked_for(self):
        self.create(self.region, 100, 5000, "--part", "prices")
        facts = self.stat()
        self.assertEqual(facts["region"]["kind"], "file")
        self.assertEqual(facts["region"]["size_bytes"], os.path.getsize(self.region))
        self.assertEqual(facts["region"]["used_bytes"], facts["region"]["size_bytes"])
        self.assertEqual(facts["region"]["part_count"], 1)
        part = facts["parts"][0]
        self.assertEqual((part["name"], part["kind"], part["kv"]["entries"]), ("prices", "kv", 0))
        self.assertEqual((part["kv"]["capacity"], part["kv"]["data_capacity_bytes"]), (100, 5000))

    def test_what_fits_by_the_numbers_fits(self):
        self.create(self.region, 100, 1000)
        self.good("load", self.region, stdin=b"".join(b"key-%02d\tval\n" % i for i in range(100)))
        self.assertEqual(self.kv()["data_bytes"], 900)
        self.bad(FULL, "put", self.region, "one more", "")
        self.good("put", self.region, "key-00", "x" * 103)
        self.bad(FULL, "put", self.region, "key-01", "value")

    def test_all_ways_to_name_a_region(self):
        self.create("file:" + self.region)
        self.create("file:shm:odd")
        self.assertIn("shm:odd", os.listdir(self.folder))
        for name in (self.region, "file:" + self.region, "test.region", "file:test.region"):
            self.good("stat", name)
        shared = self.shared()
        self.create(shared)
        self.assertEqual(self.stat(shared)["region"]["kind"], "shared")
        self.assertEqual(self.stat(shared)["region"]["name"], shared)
        self.good("unlink", shared)

    def test_a_name_that_is_taken_is_exit_code_1(self):
        shared = self.shared()
        for region in (self.region, shared):
            self.create(region)
            self.good("put", region, "key", "value")
            self.bad(NO, "create", region, "--entries", "1", "--bytes", "1", says=[region, "already_exists"])
            self.assertEqual(self.good("get", region, "key"), b"value")
        self.good("unlink", shared)

    def test_bad_names_are_refused(self):
        for region in ("shm:", "shm:a/b", "shm:..", "", "file:"):
            self.bad(BAD_INPUT, "create", region, "--entries", "1", "--bytes", "1", says="invalid_argument")
        self.bad(NO, "create", "no/such/folder/x", "--entries", "1", "--bytes", "1", says="no/such/folder/x")

    def test_bad_numbers_are_refused_and_named(self):
        for option, value in [("--entries", "0"), ("--entries", "4294967296"), ("--entries", "-1"), ("--entries", "ten"),
                              ("--bytes", "0"), ("--bytes", "17T"), ("--bytes", "1X"), ("--bytes", "99999999999999999999"),
                              ("--size", "100"), ("--entries", "010"), ("--entries", ""),
                              ("--bytes", ""), ("--bytes", "-1M"), ("--bytes", "1.5M"), ("--seed", "-1"), ("--seed", "0x1"),
                              ("--parts", "0"), ("--parts", "1025")]:
            args = {"--entries": "1", "--bytes": "1", option: value}
            with self.subTest(option=option, value=value):
                flat = [text for pair in args.items() for text in pair]
                self.bad(BAD_INPUT, "create", self.region, *flat, says=option)
        for mode in ("0", "8", "1000", "rw", "-1", "77777777777777777"):
            self.bad(BAD_INPUT, "create", self.region, "--entries", "1", "--bytes", "1", "--permissions=" + mode,
                     says="--permissions")
        self.assertEqual(os.listdir(self.folder), [])

    def test_combinations_that_make_no_sense_are_refused(self):
        for args in ([], ["--entries", "1"], ["--bytes", "1"], ["--size", "1M", "--part", "x"],
                     ["--size", "1M", "--seed", "1"], ["--add"], ["--add", "--entries", "1", "--bytes", "1", "--size", "1M"]):
            self.bad(BAD_INPUT, "create", self.region, *args, says="--")
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_part_that_does_not_fit_leaves_no_region(self):
        self.bad(FULL, "create", self.region, "--size", "16K", "--entries", "100", "--bytes", "1M",
                 says=['part "kv"', "full"])
        self.assertEqual(os.listdir(self.folder), [])

    def test_parts_are_added_until_the_directory_is_full(self):
        self.good("create", self.region, "--size", "1M", "--parts", "2")
        for part in ("a", "b"):
            self.good("create", self.region, "--add", "--part", part, "--entries", "10", "--bytes", "100")
        self.bad(NO, "create", self.region, "--add", "--part", "a", "--entries", "10", "--bytes", "100",
                 says=['part "a"', "already_exists"])
        self.bad(FULL, "create", self.region, "--add", "--part", "c", "--entries", "10", "--bytes", "100", says='part "c"')
        self.good("put", self.region, "key", "in a", "--part", "a")
        self.good("put", self.region, "key", "in b", "--part", "b")
        self.assertEqual(self.good("get", self.region, "key", "--part", "a"), b"in a")
        self.bad(NO, "get", self.region, "key", says='part "kv"')

    def test_permissions_are_as_given(self):
        self.create(self.region, 1, 1, "--permissions", "640")
        self.assertEqual(os.stat(self.region).st_mode & 0o777, 0o640)
        self.create(self.path("usual"), 1, 1)
        self.assertEqual(os.stat(self.path("usual")).st_mode & 0o777, 0o600)

    def test_a_seed_makes_stores_alike(self):
        images = []
        for name in ("a", "b"):
            self.create(self.path(name), 50, 1000, "--seed", "42")
            self.good("load", name, stdin=b"".join(b"%d\t%d\n" % (i, i) for i in range(50)))
            images.append(self.good("dump", name))
        self.assertEqual(images[0], images[1])


class Stat(CommandTest):
    def test_text_says_the_same_as_json(self):
        self.create()
        self.good("put", self.region, "key", "value")
        text = self.good("stat", self.region).decode()
        self.assertIn("region file:" + self.region, text)
        self.assertIn('part "kv"', text)
        self.assertIn("1 of 1,000", text)
        self.assertIn(self.stat()["region"]["creation_id"], text)
        self.assertEqual(self.kv()["version"], 1)
        self.assertEqual(self.kv()["data_bytes"], 8)

    def test_one_part_can_be_asked_for(self):
        self.good("create", self.region, "--size", "1M")
        for part in ("a", "b"):
            self.good("create", self.region, "--add", "--part", part, "--entries", "10", "--bytes", "100")
        facts = json.loads(self.good("stat", self.region, "--json", "--part", "b"))
        self.assertEqual([part["name"] for part in facts["parts"]], ["b"])
        self.bad(NO, "stat", self.region, "--part", "c", says='part "c"')

    def test_what_is_no_region_is_refused(self):
        self.bad(NO, "stat", self.region, says=["test.region", "not_found"])
        self.bad(NO, "stat", self.shared(), says="not_found")
        self.bad(BAD_INPUT, "stat", self.folder, says=self.folder)
        for content in (b"", b"x", b"x" * 50_000):
            path = self.write("other", content)
            self.bad(CORRUPT, "stat", path, says=["other", "corrupt"])
            self.assertEqual(self.read("other"), content)


class Verify(CommandTest):
    def setUp(self):
        super().setUp()
        self.create(self.region, 200, 20_000)
        self.good("load", self.region, stdin=b"".join(b"key-%03d\tsome value %d\n" % (i, i) for i in range(100)))

    def damage(self, at):
        content = bytearray(self.read("test.region"))
        content[at] ^= 0x20
        return self.write("damaged.region", bytes(content))

    def test_a_sound_region_is_said_to_be_so(self):
        said = self.good("verify", self.region).decode()
        self.assertIn("header and directory: sound", said)
        self.assertIn('part "kv": index, free space and checksums of 100 keys: sound', said)

    def test_damage_is_exit_code_3_with_place_and_cause(self):
        content = self.read("test.region")
        value_at = content.index(b"some value 42")
        for at in (0, 9, 17, 44, 4096, 4096 + 64, value_at):
            with self.subTest(at=at):
                message = self.bad(CORRUPT, "verify", self.damage(at), says="damaged.region")
                self.assertRegex(message, "corrupt|version_mismatch")
        self.assertIn("kv", self.bad(CORRUPT, "verify", self.damage(value_at)))

    def test_reading_a_damaged_value_is_corrupt_too(self):
        path = self.damage(self.read("test.region").index(b"some value 42"))
        for args in (["get", path, "key-042"], ["dump", path, "out.tsv"]):
            self.bad(CORRUPT, *args, says=["damaged.region", "corrupt"])
        self.assertEqual(self.good("get", path, "key-041"), b"some value 41")
        self.assertFalse(os.path.exists(self.path("out.tsv")))

    def test_a_truncated_file_is_corrupt(self):
        content = self.read("test.region")
        for size in (1, 4095, 4096, 20_000, len(content) - 1):
            self.bad(CORRUPT, "verify", self.write("short", content[:size]), says=["short", "corrupt"])


class Copy(CommandTest):
    def test_copies_go_from_and_to_files_and_shared_memory(self):
        entries = awkward_entries(seed=13, count=80)
        self.create(size=4 << 20)
        self.good("load", self.region, "--format", "jsonl", stdin=json_lines(entries))
        shared, other = self.shared(), self.shared()
        chain = [self.region, shared, self.path("b.region"), self.path("c.region"), other]
        for source, target in zip(chain, chain[1:]):
            self.good("copy", source, target)
            self.assertEqual(self.entries(target), entries)
            self.good("verify", target)
        self.assertIn(b"sealed image", self.good("verify", self.path("b.region")))
        for name in (shared, other):
            self.good("unlink", name)

    def test_a_copy_never_replaces(self):
        self.create()
        self.write("there", b"as it was")
        self.bad(NO, "copy", self.region, "there", says=["there", "already_exists"])
        self.assertEqual(self.read("there"), b"as it was")
        shared = self.shared()
        self.create(shared)
        self.good("put", shared, "key", "value")
        self.bad(NO, "copy", self.region, shared, says=[shared, "already_exists"])
        self.assertEqual(self.good("get", shared, "key"), b"value")
        self.good("unlink", shared)

    def test_copying_nothing_is_exit_code_1(self):
        self.bad(NO, "copy", self.region, "there", says="test.region")
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_byte_flipped_in_a_sealed_copy_is_found(self):
        self.create()
        self.good("copy", self.region, "b.region")
        content = bytearray(self.read("b.region"))
        content[-1] ^= 1
        self.write("b.region", bytes(content))
        self.bad(CORRUPT, "verify", "b.region", says="b.region")


class Unlink(CommandTest):
    def test_a_name_is_gone_afterwards(self):
        shared = self.shared()
        for region in (self.region, shared):
            self.create(region)
            self.good("unlink", region)
            self.bad(NO, "stat", region)
            self.bad(NO, "unlink", region, says=[region, "not_found"])
        self.bad(BAD_INPUT, "unlink", "shm:a/b", says="invalid_argument")


if __name__ == "__main__":
    unittest.main()
