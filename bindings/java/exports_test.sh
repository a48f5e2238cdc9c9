#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# exports_test.sh LIBRARY: nothing but Java_* leaves the library, so that two copies of the core in one process are apart, and
# it asks for no library but libc.
set -euo pipefail
exported=$(nm -D --defined-only "$1" | awk '{print $3}')
count=$(grep -c '^Java_io_drystone_internal_NativeJNI_' <<<"$exported")
others=$(grep -v '^Java_' <<<"$exported" || true)
if [ -n "$others" ] || [ "$count" -lt 30 ]; then
  echo "$count entry points, and: $others"
  exit 1
fi
if objdump -p "$1" | grep NEEDED | grep -v -e ' libc[.]so[.]6$' -e ' ld-linux-'; then
  echo "is asked for beside libc"
  exit 1
fi
