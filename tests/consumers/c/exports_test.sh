#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# exports_test.sh HEADER... : each library exports every function of the headers and nothing else; the shared one has
# its soname, and needs libc alone; nothing that changes is global but what scratch.h and version.h tell of. The amalgamation is compiled without -fvisibility=hidden, as its users may do.
set -euo pipefail
sed -n 's/^DRY_API .*[ *]\(dry_[a-z0-9_]*\)(.*/\1/p' "$@" | LC_ALL=C sort -u >"$TEST_TMPDIR/declared"
test -s "$TEST_TMPDIR/declared"
names() { awk 'NF >= 2 && $2 ~ /^[A-Z]$/ {print $1}' | sed 's/@.*//' | LC_ALL=C sort -u; }
check() {
  diff "$TEST_TMPDIR/declared" - >"$TEST_TMPDIR/difference" || {
    echo "$1 (<: declared only, >: exported only):"
    cat "$TEST_TMPDIR/difference"
    exit 1
  }
}
shared=c/libdrystone.so
nm -D --defined-only --format=posix $shared | names | check $shared
nm -g --defined-only --format=posix c/libdrystone.a | names | check c/libdrystone.a
objdump -p $shared | grep -q 'SONAME *libdrystone.so.0$'
if objdump -p $shared | grep NEEDED | grep -v -e ' libc[.]so[.]6$' -e ' ld-linux-'; then
  echo "$shared needs more than libc"
  exit 1
fi
# Variables, each behind the name of its source file, but those that are written once by the loader.
variables() {
  objdump -t c/libdrystone.a |
    awk '/ df [*]ABS[*]/ {file = $NF} / O [.](data|bss|tdata|tbss)/ && !/ [.]data[.]rel[.]ro/ {print file, $NF}'
}
variables | grep -q '^scratch_thread.c '
if variables | grep -v -e '^scratch_thread.c ' -e '^cpu.c '; then
  echo "global variables that no header tells of"
  exit 1
fi
gcc -std=c11 -O1 -fPIC -shared c/amalgamation/drystone.c -o "$TEST_TMPDIR/amalgamated.so"
nm -D --defined-only --format=posix "$TEST_TMPDIR/amalgamated.so" | names | check amalgamation
