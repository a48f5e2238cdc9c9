# SPDX-License-Identifier: MIT OR Apache-2.0
"""The smoke test that every language's benchmark program passes; see bench/README.md."""

def bench_smoke_test(name, program, lang, area = "kv", tags = [], **kw):
    """Runs every subject of `program` at a tiny size and checks what comes out. It asserts no time.

    Args:
      name: of the test.
      program: the executable, as bench/README.md describes it.
      lang: c, rust, go or java.
      area: what it measures.
      tags: more tags.
      **kw: passed on, such as data that the program needs beside itself.
    """
    native.sh_test(
        name = name,
        size = kw.pop("size", "medium"),
        srcs = ["//bench/frame:smoke.py"],
        args = [area, lang, "$(location %s)" % program],
        data = kw.pop("data", []) + [program, "//bench/frame"],
        # The program runs as built: sanitizers and assertions have nothing to say here.
        tags = tags + ["block-network", "nosan"],
        **kw
    )
