#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# format_test.sh: every Rust file in the runfiles is formatted. bindings.rs is not looked at here: its freshness test does.
set -euo pipefail
mapfile -t files < <(find -L . -name '*.rs' ! -name bindings.rs | LC_ALL=C sort)
if ((${#files[@]} < 40)); then
  echo "only ${#files[@]} Rust files were found" >&2
  exit 1
fi
rustfmt --check --edition 2021 --config-path bindings/rust/rustfmt.toml "${files[@]}"
