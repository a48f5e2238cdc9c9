#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# headers_test.sh HEADER...: each public header compiles on its own, without a warning, as C11, C17, C++11 and C++17,
# with gcc and clang, and for another processor; so does the one that the amalgamation makes of them.
set -euo pipefail
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror"
compile() {
  local language=$1 file=$2
  shift 2
  printf '#include "%s"\n#include "%s"\nextern int used;\nint used = DRY_OK;\n' "$file" "$file" >"$TEST_TMPDIR/one"
  "$@" $warnings -I c/include -I c/amalgamation -x "$language" -fsyntax-only "$TEST_TMPDIR/one" || {
    echo "$file fails with: $*"
    exit 1
  }
}
for header in "$@"; do
  name=${header#c/include/}
  name=${name#c/amalgamation/}
  for standard in c11 c17; do
    for compiler in gcc clang-14 aarch64-linux-gnu-gcc; do compile c "$name" $compiler -std=$standard -Wstrict-prototypes; done
  done
  for standard in c++11 c++17; do
    for compiler in g++ clang++-14; do compile c++ "$name" $compiler -std=$standard; done
  done
done
echo "$# headers"
