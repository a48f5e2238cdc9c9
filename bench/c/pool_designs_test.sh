#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# pool_designs_test.sh PROGRAM: all designs run, and hold what their users write.
set -euo pipefail
DRYSTONE_BENCH_KEYS=256 DRYSTONE_BENCH_SECONDS=0.01 "$1" "$TEST_TMPDIR"
for design in drystone unchecked bytes bits sparse_set links; do
  grep -q "\"memory/pool_random/$design\"" "$TEST_TMPDIR/extra.jsonl" || { echo "$design did not run"; exit 1; }
done
