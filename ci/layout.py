#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Hands the constants of the C headers to Go and Java, so that none is typed twice.

usage: layout.py probe HEADER...   writes a C program that prints, as JSON, what the compiler makes of the headers
       layout.py go JSON           writes bindings/go/layout_generated.go from that
       layout.py java JSON         writes io.drystone.Layout

Taken are every DRY_ constant, and size and field offsets of each struct in a section titled "stored layout".
"""
import json
import re
import sys

DEFINE = re.compile(r"^#define (DRY_\w+) (.+?)\s*(?:/\*.*)?$", re.M)
STORED = re.compile(r"^/\* ---- stored layout.*?(?=^/\* ---- )", re.M | re.S)
STRUCT = re.compile(r"^typedef struct (\w+) \{\n(.*?)^\} \1;", re.M | re.S)
FIELD = re.compile(r"^\s+\w+ (\w+)(?:\[\w+\])*;$")
ACRONYMS = {"kv": "KV", "id": "ID", "io": "IO", "ok": "OK", "crc": "CRC", "abi": "ABI"}
WARNING = "Made by ci/layout.py from c/include/drystone: run ci/generate after changing the headers."


def fail(message):
    sys.exit("layout.py: " + message)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def fields_of(struct, body):
    names = []
    for line in re.sub(r"/\*.*?\*/", "", body, flags=re.S).splitlines():
        if line.strip():
            match = FIELD.match(line.rstrip())
            if not match:
                fail("cannot read this field of %s: %s" % (struct, line.strip()))
            names.append(match.group(1))
    return names


def constants_of(texts):
    """The names of the DRY_ macros that stand for a value, and whether it is text."""
    found = {}
    for text in texts:
        for name, value in DEFINE.findall(text):
            if not value.startswith("__attribute__"):
                found[name] = value.startswith('"')
    return found


def statuses_of(constants):
    """What lies from DRY_OK up to DRY_STATUS_COUNT, in the order of the header."""
    names = list(constants)
    return names[names.index("DRY_OK") : names.index("DRY_STATUS_COUNT")]


def probe(paths):
    texts = [read(path) for path in paths]
    constants = constants_of(texts)
    structs = [pair for text in texts for part in STORED.findall(text) for pair in STRUCT.findall(part)]
    if not structs:
        fail("no stored struct in " + " ".join(paths))
    statuses = statuses_of(constants)
    rows = []
    for name, is_text in constants.items():
        shown = '"\\"%s\\"", ' % name + (name if is_text else "(unsigned long long)(%s)" % name)
        kind = "text" if is_text else "status" if name in statuses else "number"
        rows.append('  printf("%%s{\\"kind\\": \\"%s\\", \\"name\\": %%s, \\"value\\": %s}", next(), %s);'
                    % (kind, '\\"%s\\"' if is_text else "%llu", shown))
    for struct, body in structs:
        rows.append('  printf("%%s{\\"kind\\": \\"struct\\", \\"name\\": \\"%s\\", \\"value\\": %%zu}", next(), sizeof(%s));'
                    % (struct, struct))
        for field in fields_of(struct, body):
            rows.append('  printf("%%s{\\"kind\\": \\"field\\", \\"struct\\": \\"%s\\", \\"name\\": \\"%s\\", '
                        '\\"value\\": %%zu, \\"bytes\\": %%zu}", next(), offsetof(%s, %s), sizeof(((%s *)0)->%s));'
                        % (struct, field, struct, field, struct, field))
    print("/* SPDX-License-Identifier: MIT OR Apache-2.0 */")
    print("/* Made by ci/layout.py: prints what the compiler makes of the public headers. */")
    print('#include "drystone/drystone.h"\n\n#include <stddef.h>\n#include <stdio.h>\n')
    print('static const char *next(void) {\n  static int rows;\n  return rows++ ? ",\\n" : "[\\n";\n}\n')
    print("int main(void) {\n%s\n  printf(\"\\n]\\n\");\n  return 0;\n}" % "\n".join(rows))


def words(name):
    return re.sub(r"^(DRY|dry)_", "", name).lower().split("_")


def check_no_holes(rows):
    """A hole would be bytes that no header names, which differ from writer to writer."""
    for struct in [row for row in rows if row["kind"] == "struct"]:
        end = 0
        for field in [row for row in rows if row.get("struct") == struct["name"]]:
            if field["value"] != end:
                fail("%s has a hole in front of %s" % (struct["name"], field["name"]))
            end += field["bytes"]
        if end != struct["value"]:
            fail("%s has a hole at its end" % struct["name"])


def name_parts(row):
    prefix = {"status": ["status"], "struct": ["size"], "field": ["off"]}.get(row["kind"], [])
    owner = words(row["struct"]) if row["kind"] == "field" else []
    return prefix + owner + words(row["name"])


def comment(row):
    if row["kind"] == "struct":
        return "sizeof(%s)" % row["name"]
    return "%s.%s" % (row["struct"], row["name"]) if row["kind"] == "field" else row["name"]


def number(value):
    return str(value) if value < 65536 else "0x%x" % value


def go_name(row):
    first, *rest = name_parts(row)
    return first + "".join(ACRONYMS.get(word, word.capitalize()) for word in rest)


def go(rows):
    print("// SPDX-License-Identifier: MIT OR Apache-2.0")
    print("// Code generated by ci/layout.py from c/include/drystone; DO NOT EDIT.\n\npackage drystone\n\nconst (")
    lines = [(go_name(row), json.dumps(row["value"]) if row["kind"] == "text" else number(row["value"]), comment(row))
             for row in rows]
    # gofmt's own columns, so that the file needs no formatting.
    names = max(len(line[0]) for line in lines)
    values = max(len(line[1]) for line in lines)
    for name, value, note in lines:
        print("\t%s = %s // %s" % (name.ljust(names), value.ljust(values), note))
    print(")")


def java_value(row):
    value = row["value"]
    if row["kind"] == "text":
        return "String", json.dumps(value)
    if value < 1 << 31:
        return "int", number(value)
    return "long", number(value) + "L"


def java(rows):
    print("// SPDX-License-Identifier: MIT OR Apache-2.0\npackage io.drystone;\n")
    print("/** Constants of the C headers. %s */\nfinal class Layout {" % WARNING)
    for row in rows:
        kind, value = java_value(row)
        name = "_".join(name_parts(row)).upper()
        print("  /** {@code %s}. */\n  static final %s %s = %s;\n" % (comment(row), kind, name, value))
    print("  private Layout() {}\n}")


def main():
    command, *paths = sys.argv[1:] or [""]
    if command == "probe" and paths:
        return probe(paths)
    writer = {"go": go, "java": java}.get(command)
    if not writer or len(paths) != 1:
        sys.exit(__doc__)
    rows = json.loads(read(paths[0]))
    check_no_holes(rows)
    names = [go_name(row) for row in rows]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        fail("two constants would be called " + ", ".join(sorted(twice)))
    return writer(rows)


if __name__ == "__main__":
    main()
