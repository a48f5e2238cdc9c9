#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests of this folder's tools: what they must refuse, and what the count must never miss."""
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.getcwd(), "ci"))
sys.dont_write_bytecode = True
import amalgamate  # noqa: E402
import count_tests  # noqa: E402
import layout  # noqa: E402


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(self.folder.cleanup)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def expect_exit(self, message, function, *arguments):
        with self.assertRaises(SystemExit) as caught:
            function(*arguments)
        self.assertIn(message, str(caught.exception))


class Amalgamate(Folder):
    UMBRELLA = "#ifndef D_H\n#define D_H\n#include \"drystone/a.h\"\n#endif\n"
    PUBLIC = "#ifndef A_H\n#define A_H\n#include <stdint.h>\nint dry_a(void);\n#endif\n"

    def join(self, sources):
        files = {"c/include/drystone/drystone.h": self.UMBRELLA, "c/include/drystone/a.h": self.PUBLIC, **sources}
        paths = [self.write(name, text) for name, text in files.items()]
        out = [os.path.join(self.folder.name, name) for name in ("drystone.c", "drystone.h")]
        sys.argv = ["amalgamate.py", "--out-c", out[0], "--out-h", out[1]] + paths
        amalgamate.main()
        return out[0]

    def compile(self, path):
        subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-c", path, "-o", path + ".o"], check=True)
        return subprocess.run(["nm", path + ".o"], check=True, capture_output=True, text=True).stdout

    def test_names_private_to_two_sources_do_not_clash(self):
        source = '#include "drystone/a.h"\n#define K %d\n%s int helper(int v) { return v + K; }\nint %s(void);\nint %s(void) { return helper(1); }\n'
        symbols = self.compile(self.join({
            "c/src/x/one.c": source % (1, "static", "dry_a", "dry_a"),
            "c/src/x/two.c": '#include "x/i.h"\n' + source % (2, "INLINE", "dryi_b", "dryi_b"),
            "c/src/x/i.h": "#ifndef I_H\n#define I_H\n#define INLINE static inline\n#endif\n",
        }))
        self.assertIn(" T dry_a", symbols)
        self.assertIn(" T dryi_b", symbols)

    def test_private_names_behind_an_attribute_do_not_clash(self):
        source = "static __attribute__((noinline)) int cold(void) { return %d; }\nint %s(void);\nint %s(void) { return cold(); }\n"
        symbols = self.compile(self.join({
            "c/src/x/one.c": source % (1, "dryi_a", "dryi_a"),
            "c/src/x/two.c": source % (2, "dryi_b", "dryi_b"),
        }))
        self.assertIn(" T dryi_b", symbols)

    def test_a_field_keeps_its_name_where_a_clashing_function_has_the_same(self):
        source = "typedef struct %s { int used; } %s;\nstatic int used(void) { return %d; }\nint %s(%s *s);\nint %s(%s *s) { return s->used = used(); }\n"
        public = self.PUBLIC.replace("int dry_a(void);", "typedef struct pub { int used; } pub;")
        symbols = self.compile(self.join({
            "c/include/drystone/a.h": public,
            "c/src/x/one.c": '#include "drystone/a.h"\n' + source % ("s1", "s1", 1, "dryi_a", "pub", "dryi_a", "pub"),
            "c/src/x/two.c": '#include "drystone/a.h"\n' + source % ("s2", "s2", 2, "dryi_b", "pub", "dryi_b", "pub"),
        }))
        self.assertIn(" T dryi_b", symbols)

    def test_an_inline_header_is_there_for_the_source_that_exports_its_twin(self):
        inline = '#ifndef I_H\n#define I_H\n#include "drystone/a.h"\nstatic inline int dry_a_inline(void) { return 1; }\n#endif\n'
        symbols = self.compile(self.join({
            "c/include/drystone/inline/a.h": inline,
            "c/src/x/a.c": '#include "drystone/inline/a.h"\nint dry_a(void) { return dry_a_inline(); }\n',
        }))
        self.assertIn(" T dry_a", symbols)

    def test_headers_come_after_what_they_include(self):
        text = layout.read(self.join({
            "c/src/a/first.h": '#ifndef F_H\n#define F_H\n#include "z/last.h"\nlast first(void);\n#endif\n',
            "c/src/z/last.h": "#ifndef L_H\n#define L_H\ntypedef int last;\n#endif\n",
            "c/src/a/use.c": '#include "a/first.h"\n#include <stdio.h>\n',
        }))
        self.assertLess(text.index("typedef int last"), text.index("last first(void)"))
        self.assertLess(text.index("#include <stdio.h>"), text.index("visibility push(hidden)"))

    def test_the_order_of_the_arguments_does_not_matter(self):
        sources = {"c/src/x/one.c": "int dryi_one(void);\n", "c/src/x/two.c": "int dryi_two(void);\n"}
        one = layout.read(self.join(sources))
        self.assertEqual(one, layout.read(self.join(dict(reversed(list(sources.items()))))))

    def test_what_cannot_be_joined_is_refused(self):
        cycle = {"c/src/x/%s.h" % a: '#ifndef %s\n#define %s\n#include "x/%s.h"\n#endif\n' % (a, a, b) for a, b in ("pq", "qp")}
        self.expect_exit("include one another", self.join, cycle)
        self.expect_exit("none of the files given", self.join, {"c/src/x/u.h": '#include "x/unknown.h"\n'})
        conditional = '#ifndef V\n#define V\n#if X\n#include "x/w.h"\n#endif\n#endif\n'
        self.expect_exit("under a condition", self.join, {"c/src/x/v.h": conditional, "c/src/x/w.h": "int w;\n"})

    def test_a_header_that_the_umbrella_forgot_is_refused(self):
        self.expect_exit("does not include drystone/b.h", self.join, {"c/include/drystone/b.h": "int dry_b(void);\n"})


class Layout(Folder):
    HEADER = """#define DRY_OK 0
#define DRY_IO 16 /* an error */
#define DRY_STATUS_COUNT 2
#define DRY_API __attribute__((visibility("default")))
#define DRY_TEXT "t"
#define DRY_BIG 0xffffffffu
/* ---- stored layout: revision 1 ---- */
typedef struct dry_kv_x {
  uint32_t id;
  %s
} dry_kv_x;
/* ---- handles ---- */
typedef struct dry_private {
  void *p;
} dry_private;
"""

    def rows(self, field):
        folder = os.path.dirname(self.write("drystone/drystone.h", "#include <stdint.h>\n" + self.HEADER % field))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            layout.probe([os.path.join(folder, "drystone.h")])
        source = self.write("probe.c", out.getvalue())
        subprocess.run(["gcc", "-I", self.folder.name, source, "-o", source + ".out"], check=True)
        return json.loads(subprocess.run([source + ".out"], check=True, capture_output=True, text=True).stdout)

    def test_constants_and_stored_fields_are_found_and_named(self):
        rows = self.rows("uint64_t later_words[2]; /* 8 */".replace("uint64_t", "uint32_t"))
        self.assertEqual(
            [(layout.go_name(row), row["value"]) for row in rows],
            [("statusOK", 0), ("statusIO", 16), ("statusCount", 2), ("text", "t"), ("big", 0xFFFFFFFF),
             ("sizeKVX", 12), ("offKVXID", 0), ("offKVXLaterWords", 4)])
        self.assertEqual(layout.java_value(rows[4]), ("long", "0xffffffffL"))

    def test_a_hole_in_a_stored_struct_is_refused(self):
        self.expect_exit("hole in front of wide", layout.check_no_holes, self.rows("uint64_t wide;"))

    def test_a_field_it_cannot_read_is_refused(self):
        self.expect_exit("cannot read this field", self.rows, "unsigned int bits : 3;")


class Count(Folder):
    def stage(self, targets, exit_code=0):
        events = []
        for label, (status, xml, log) in targets.items():
            events.append({"id": {"targetConfigured": {"label": label}}, "configured": {"testSize": "SMALL"}})
            if status == "FILTERED":
                events.append({"id": {"targetCompleted": {"label": label}}, "completed": {"success": True}})
            if status in (None, "FILTERED"):
                continue
            stem = label.strip("/").replace(":", "/")
            files = [{"name": name, "uri": "file://" + self.write(stem + "/" + name, text)}
                     for name, text in (("test.xml", xml), ("test.log", log))]
            events.append({"id": {"testResult": {"label": label}}, "testResult": {"testActionOutput": files}})
            events.append({"id": {"testSummary": {"label": label}}, "testSummary": {"overallStatus": status, "totalRunDurationMillis": "1500"}})
        path = self.write("events", "\n".join(json.dumps(event) for event in events))
        count = count_tests.count_stage("s", exit_code, path)
        return count.passed, count.failed, count.skipped

    SCRIPT = '<testsuites><testsuite><testcase name="t"></testcase></testsuite></testsuites>'

    def test_cases_are_counted(self):
        xml = ('<testsuites><testsuite><testcase name="a" status="run"/><testcase name="b"><failure/></testcase>'
               '<testcase name="c" result="skipped"><skipped message="why"/></testcase></testsuite></testsuites>')
        passed, failed, skipped = self.stage({"//x:y": ("FAILED", xml, "")}, 3)
        self.assertEqual((passed, len(failed)), (1, 1))
        self.assertIn("why", skipped[0])

    def test_no_failure_is_missed(self):
        for status in ("FAILED", "TIMEOUT", "NO_STATUS", "REMOTE_FAILURE", None):
            self.assertEqual(len(self.stage({"//x:y": (status, self.SCRIPT, "")}, 1)[1]), 1, status)
        self.assertEqual(len(self.stage({}, 1)[1]), 1)
        self.assertEqual(len(self.stage({"//x:y": ("PASSED", self.SCRIPT, "")}, 37)[1]), 1)

    def test_what_its_tags_leave_out_is_no_failure(self):
        targets = {"//x:y": ("PASSED", self.SCRIPT, ""), "//x:z": ("FILTERED", "", "")}
        self.assertEqual(self.stage(targets), (1, [], []))
        self.assertEqual(len(self.stage({"//x:z": ("FILTERED", "", "")}, 8)[1]), 1)

    def test_a_script_says_what_it_skipped(self):
        whole = self.stage({"//x:y": ("PASSED", self.SCRIPT, "begin\nSKIPPED: no JDK\n")})
        self.assertEqual(whole, (0, [], ["[s] //x:y: no JDK"]))
        part = self.stage({"//x:y": ("PASSED", self.SCRIPT, "SKIPPED: no JDK\nthe rest is fine\n")})
        self.assertEqual((part[0], len(part[2])), (1, 1))


if __name__ == "__main__":
    unittest.main()
