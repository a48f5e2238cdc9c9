#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# fresh.sh check|update LABEL CHECKED_IN GENERATED ...: compares the pairs, or copies the generated over the checked-in.
set -euo pipefail
mode=$1 label=$2
shift 2
stale=0
while (($#)); do
  if ! cmp -s "$1" "$2"; then
    if [ "$mode" = update ]; then
      cp -f --no-preserve=mode "$2" "$BUILD_WORKSPACE_DIRECTORY/$1"
      echo "updated $1"
    else
      echo "$1 is stale; run ci/generate, or: bazel run $label.update"
      diff -u "$1" "$2" | head -20 || true
      stale=1
    fi
  fi
  shift 2
done
exit $stale
