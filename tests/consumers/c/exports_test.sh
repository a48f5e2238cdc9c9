#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# exports_test.sh HEADER... : each library exports every function of the headers and nothing else; the shared one has
# its soname. The amalgamation is compiled without -fvisibility=hidden, as its users may do.
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
gcc -std=c11 -O1 -fPIC -shared c/amalgamation/drystone.c -o "$TEST_TMPDIR/amalgamated.so"
nm -D --defined-only --format=posix "$TEST_TMPDIR/amalgamated.so" | names | check amalgamation
