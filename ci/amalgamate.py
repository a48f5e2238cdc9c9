#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Joins the core into drystone.h and drystone.c, for builds that want two files.

usage: amalgamate.py --out-c C --out-h H FILE...   FILE: everything below c/include and c/src, in any order

Headers come first, each after those that it includes; then the sources by name. What is private to one source stays
so: macros are undefined at its end, and a static name that two sources use is renamed in both. Internal functions get
hidden visibility from a pragma, since whoever compiles the two files may not pass -fvisibility=hidden; system headers
stay outside of it. The output depends on nothing but the input: no time, path or host.
"""
import argparse
import collections
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|endif)\b")
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.M)
FEATURE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+_(GNU|DEFAULT|POSIX_C)_SOURCE\b")
SPDX = re.compile(r"SPDX-License-Identifier")
STATIC_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t].*\bstatic\b", re.M)
STATIC = r"^(?:%s)\b(?:\s+__attribute__\(\([^()]*\)\))?[^;{=()]*?\b(\w+)\s*(?:\[[^\]]*\]\s*)?[(=;]"
TYPE = re.compile(r"^(?:typedef )?(?:struct|union|enum) (\w+) \{|^\} (\w+);", re.M)
# Two warnings that compiling the sources one by one does not give, and that are wrong: what was a header's unused inline
# function is now the file's own, and gcc, which now sees into system call wrappers, believes that errno may be 0 after
# one that failed.
PRAGMAS = """#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#endif
"""
LICENCE = "/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n"


class Source:
    """One file: its name as it is included, and its lines."""

    def __init__(self, path):
        self.name = re.sub(r"^(.*/)?c/(include|src)/", "", path)
        self.is_public = "c/include/" in path
        with open(path, encoding="utf-8") as f:
            self.lines = f.read().splitlines(keepends=True)
        self.text = "".join(self.lines)
        self.is_guarded = self.name.endswith(".h") and re.search(r"^#ifndef (\w+)\n#define \1\b", self.text, re.M)

    def includes(self):
        """The (kind, name, conditional) of each include directive, by line number."""
        depth = -1 if self.is_guarded else 0
        found = {}
        for number, line in enumerate(self.lines):
            condition = CONDITION.match(line)
            if condition:
                depth += -1 if condition.group(1) == "endif" else 1
            include = INCLUDE.match(line)
            if include:
                found[number] = (include.group(1), include.group(2), depth > 0)
        return found


def fail(message):
    sys.exit("amalgamate.py: " + message)


def in_order(headers):
    """The headers, each after the ones that it includes."""
    done, busy = [], []

    def visit(name, wanted_by):
        if name not in headers:
            fail("%s includes \"%s\", which is none of the files given" % (wanted_by, name))
        if name in done:
            return
        if name in busy:
            fail("headers include one another: " + " -> ".join(busy + [name]))
        busy.append(name)
        for kind, other, conditional in headers[name].includes().values():
            if kind == '"':
                if conditional and not other.startswith("drystone/"):
                    fail("%s includes \"%s\" under a condition" % (name, other))
                visit(other, name)
        busy.pop()
        done.append(name)

    for name in sorted(headers):
        visit(name, "the list")
    return [headers[name] for name in done]


def body(source, hoisted):
    """The lines of a file without what stands at the top of the output."""
    includes = source.includes()
    out = []
    for number, line in enumerate(source.lines):
        kind, name, conditional = includes.get(number, (None, None, False))
        if kind == '"' or FEATURE.match(line) or (SPDX.search(line) and number < 2):
            continue
        if kind == "<" and not conditional:
            if hoisted is not None:
                if name not in hoisted:
                    hoisted.append(name)
                continue
        elif kind == "<" and hoisted is not None:
            line = "#pragma GCC visibility push(default)\n%s#pragma GCC visibility pop\n" % line
        out.append(line)
    return re.sub(r"\n{3,}", "\n\n", "".join(out)).strip("\n") + "\n"


def private_names(source, macros):
    """Names at file scope that only this source means to know; `macros` are those that stand for static."""
    names = set(re.findall(STATIC % "|".join(["static"] + macros), source.text, re.M))
    for pair in TYPE.findall(source.text):
        names.update(name for name in pair if name)
    return names


def renaming(name, suffix, text):
    """The macro that renames it. Where a structure's field has the same name, only its calls are renamed."""
    arguments = "(...)" if re.search(r"(->|\.)%s\b" % name, text) else ""
    return "#define %s%s %s_in_%s%s\n" % (name, arguments, name, suffix, arguments.replace("...", "__VA_ARGS__"))


def title(source):
    return "/* ---- %s ---- */\n\n" % source.name


def join_header(public):
    top = public.pop("drystone/drystone.h", None)
    if top is None:
        fail("drystone/drystone.h is not among the files")
    wanted = {name for kind, name, _ in top.includes().values() if kind == '"'}
    for name in public:
        if name.count("/") == 1 and name not in wanted:
            fail("drystone/drystone.h does not include " + name)
    parts = [
        LICENCE,
        "/* drystone.h: all public headers in one. Made by ci/amalgamate.py: edit c/include/drystone instead. */\n",
        "#ifndef DRYSTONE_DRYSTONE_H\n#define DRYSTONE_DRYSTONE_H\n",
    ]
    for header in in_order({name: public[name] for name in wanted}):
        parts += ["\n", title(header), body(header, None)]
    return "".join(parts + ["\n#endif\n"])


def join_sources(headers, sources):
    macros = sorted({name for f in headers + sources for name in STATIC_MACRO.findall(f.text)})
    private = {source.name: private_names(source, macros) for source in sources}
    uses = collections.Counter(name for names in private.values() for name in names)
    hoisted, parts = [], []
    for header in headers:
        parts += ["\n", title(header), body(header, hoisted)]
    for source in sources:
        clashing = sorted(name for name in private[source.name] if uses[name] > 1)
        suffix = re.sub(r"\W", "_", source.name.rsplit(".", 1)[0])
        parts += ["\n", title(source)]
        parts += [renaming(name, suffix, source.text) for name in clashing]
        parts.append(body(source, hoisted))
        own = [name for name in DEFINE.findall(source.text) if not name.startswith("_")]
        parts += ["#undef %s\n" % name for name in sorted(set(own + clashing))]
    return "".join([
        LICENCE,
        "/* drystone.c: the whole core. Made by ci/amalgamate.py: edit c/src instead. */\n",
        "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE\n#endif\n",
        '#include "drystone.h"\n\n',
        PRAGMAS + "\n",
        "".join("#include <%s>\n" % name for name in sorted(hoisted)),
        "\n#pragma GCC visibility push(hidden)\n",
    ] + parts + ["\n#pragma GCC visibility pop\n"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out-c", required=True)
    parser.add_argument("--out-h", required=True)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    files = [Source(path) for path in sorted(set(options.files))]
    public = {f.name: f for f in files if f.is_public}
    internal = {f.name: f for f in files if not f.is_public and f.name.endswith(".h")}
    # Internal headers may include public ones, which then stand in drystone.h already, except for the opt-in inline ones,
    # which the sources that export the twins need.
    ordered = [h for h in in_order({**public, **internal}) if not h.is_public or h.name.startswith("drystone/inline/")]
    sources = [f for f in files if f.name.endswith(".c")]
    with open(options.out_h, "w", encoding="utf-8") as out:
        out.write(join_header(public))
    with open(options.out_c, "w", encoding="utf-8") as out:
        out.write(join_sources(ordered, sources))


if __name__ == "__main__":
    main()
