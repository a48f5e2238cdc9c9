#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# samples_test.sh PROGRAM...: runs each sample of the README; all print the same line.
set -euo pipefail
for program in "$@"; do
  file=$TEST_TMPDIR/$(basename "$program").region
  printed=$("$program" "$file")
  test "$printed" = "an apple costs 1.20 since write 1" || { echo "$program printed: $printed" && exit 1; }
  rm "$file"
done
