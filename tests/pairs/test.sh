#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# test.sh drystone=COMMAND LANGUAGE=ACTOR...: runs the pairs test with those programs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for pair in "$@"; do
  case $pair in
  drystone=*) export DRYSTONE_COMMAND=$PWD/${pair#*=} ;;
  *)
    language=${pair%%=*}
    export "DRYSTONE_ACTOR_${language^^}=$PWD/${pair#*=}"
    ;;
  esac
done
export TMPDIR=${TEST_TMPDIR:-${TMPDIR:-/tmp}}
exec "$here/run"
