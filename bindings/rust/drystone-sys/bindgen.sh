#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# bindgen.sh HEADER OUT: makes src/bindings.rs from the amalgamated drystone.h with bindgen 0.60.1 (Debian 12's).
# Freestanding and with `usize` for size_t, the output has the same bytes for every target that the core supports.
set -euo pipefail
bindgen "$1" -o "$2" --no-rustfmt-bindings --raw-line '// SPDX-License-Identifier: MIT OR Apache-2.0' \
  --allowlist-function 'dry_.*' --allowlist-var 'DRY_.*' --allowlist-type 'dry_.*' --blocklist-item 'DRY_API' \
  --use-core --ctypes-prefix core::ffi --size_t-is-usize --no-layout-tests --no-recursive-allowlist \
  -- -ffreestanding -std=c11
# The settings are those of rustfmt.toml, given here because the file may be made far away from it.
rustfmt --edition 2021 --config max_width=120,use_small_heuristics=Max "$2"
