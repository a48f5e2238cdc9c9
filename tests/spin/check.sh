#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# check.sh sound|faulty MODEL [DEFINE...]: lets spin visit every state of MODEL. A sound model has no errors; a
# faulty one, made with those defines, must have one, or the model proves nothing.
set -euo pipefail
expected=$1 model=$PWD/$2
shift 2
cd "$(mktemp -d "${TEST_TMPDIR:-/tmp}/model.XXXXXX")"
spin "$@" -a "$model"
gcc -O1 -w -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 -o pan pan.c
./pan -m1000000 >report || true
cat report
if grep -q 'max search depth too small' report; then echo "the search was cut off"; exit 1; fi
errors=$(sed -n 's/.*errors: \([0-9]*\).*/\1/p' report)
case $expected in
  sound) [ "$errors" = 0 ] ;;
  faulty) [ "$errors" -gt 0 ] && grep -q 'assertion violated' report ;;
esac
