# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the tests of the command share: a folder each, the command, and words for what is expected of it."""
import itertools
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

COMMAND = os.environ["DRYSTONE_COMMAND"]
PREFIX = os.environ["DRYSTONE_PREFIX"]
names = itertools.count()

OK, NO, BAD_INPUT, CORRUPT, BUSY, SYSTEM, FULL = range(7)

# Bytes that a format could trip over: its own marks, line ends, no UTF-8, NUL, surrounding blanks.
AWKWARD = [
    b"plain", b" blanks ", b"tab\there", b"line\nfeed", b"cr\rlf\r\n", b'quote"d', b'"', b"comma,ed", b"back\\slash",
    b"\\t", b"nul\0nul", b"\xff\xfe\x00", b"\xef\xbb\xbf", b"\xef\xbb\xbfmark", "Grüße, 世界".encode(),
    b'{"hex":"00"}', b"#no comment", bytes(range(256)), b"\x7f\x80", b"''", b"\n", b"\r", b"key", b"\xed\xa0\x80",
]


class CommandTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.region = self.path("test.region")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def shared(self):
        """A shared-memory region's name that nobody else has."""
        return "shm:%s%d" % (PREFIX, next(names))

    def start(self, *args, **kw):
        kw.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen([COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder, **kw)
        self.addCleanup(self.stop, process)
        return process

    def stop(self, process):
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def run_command(self, *args, stdin=b"", **kw):
        kw.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([COMMAND, *args], input=stdin, stderr=subprocess.PIPE, cwd=self.folder, check=False, **kw)

    def good(self, *args, stdin=b""):
        """Runs a command that must succeed, and returns what it printed."""
        result = self.run_command(*args, stdin=stdin)
        self.assertEqual(result.returncode, OK, result.stderr.decode(errors="replace"))
        return result.stdout

    def bad(self, code, *args, stdin=b"", says=()):
        """Runs a command that must fail with this code, print nothing, and name on stderr what `says` lists."""
        result = self.run_command(*args, stdin=stdin)
        message = result.stderr.decode(errors="replace")
        self.assertEqual(result.returncode, code, message)
        self.assertEqual(result.stdout, b"")
        self.assertTrue(message.startswith("drystone: "), message)
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, message)
        return message

    def create(self, region=None, entries=1000, size=1 << 20, *args):
        self.good("create", region or self.region, "--entries", str(entries), "--bytes", str(size), *args)

    def stat(self, region=None):
        return json.loads(self.good("stat", region or self.region, "--json"))

    def kv(self, region=None):
        """The numbers of the only part."""
        parts = self.stat(region)["parts"]
        self.assertEqual(len(parts), 1)
        return parts[0]["kv"]

    def entries(self, region=None):
        """Everything in the only part, read by way of a format that the tests decode themselves."""
        found = {}
        for line in self.good("dump", region or self.region, "--format", "jsonl").splitlines():
            row = json.loads(line)
            found[as_bytes(row["key"])] = as_bytes(row["value"])
        return found


def as_bytes(value):
    return value.encode() if isinstance(value, str) else bytes.fromhex(value["hex"])


def as_json(value):
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"hex": value.hex()}


def json_lines(entries):
    rows = ({"key": as_json(key), "value": as_json(value)} for key, value in entries.items())
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def awkward_entries(seed, count=300):
    """Entries made of awkward pieces, the same for the same seed."""
    chance = random.Random(seed)
    entries = {piece: piece for piece in AWKWARD}
    entries[b"empty value"] = b""
    entries[b"long value"] = bytes(chance.randrange(256) for _ in range(100_000))
    entries[b"k" * 65535] = b"the longest key"
    while len(entries) < count:
        key = b"".join(chance.choices(AWKWARD, k=chance.randrange(1, 5)))
        entries[key] = b"".join(chance.choices(AWKWARD, k=chance.randrange(0, 5)))
    return entries
