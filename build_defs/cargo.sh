#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# cargo.sh LABEL FOLDER OUT PATH... -- ARGUMENT...: runs `cargo ARGUMENT... --offline --locked` in FOLDER of a copy of
# PATH..., then, unless OUT is "-", copies the release binary of OUT's name there. One run at a time, in a folder of its
# own for each label, so that crates are compiled once and later runs only compile what changed.
set -euo pipefail
. build_defs/cache.sh
label=$1 folder=$2 out=$3
shift 3
paths=()
while [ "$1" != -- ]; do
  paths+=("$1")
  shift
done
shift
exec 9>"$dry_cache/cargo.lock"
flock 9
tree=$dry_cache/cargo-tree/$(tr -c 'A-Za-z0-9_\n' _ <<<"$label")/tree
mirror "$tree" "${paths[@]}"
export CARGO_TARGET_DIR=$dry_cache/cargo-target CARGO_TERM_COLOR=never CARGO_NET_OFFLINE=true
(cd "$tree/$folder" && cargo "$1" --offline --locked "${@:2}" 9>&-)
if [ "$out" != - ]; then
  cp -f "$CARGO_TARGET_DIR/release/$(basename "$out")" "$out"
fi
