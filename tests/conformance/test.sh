#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# test.sh SCRIPT LANGUAGE=RUNNER...: runs SCRIPT beside this file for those languages, with those runners.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
script=$1
shift
languages=
for pair in "$@"; do
  language=${pair%%=*}
  export "DRYSTONE_RUNNER_${language^^}=$PWD/${pair#*=}"
  languages=$languages${languages:+,}$language
done
export TMPDIR=${TEST_TMPDIR:-${TMPDIR:-/tmp}}
exec "$here/$script" --lang "$languages"
