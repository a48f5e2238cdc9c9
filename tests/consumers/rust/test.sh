#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# test.sh: packages both crates as they would be published, unpacks them far from the repository, and builds and runs a
# project that has nothing else, offline.
set -euo pipefail
work=$(mktemp -d "${TEST_TMPDIR:-/tmp}/consumer-XXXXXX")
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR=$work/target CARGO_NET_OFFLINE=true CARGO_TERM_COLOR=never
unset DRYSTONE_LIB_DIR

cp -RL bindings/rust "$work/crates"
cp -RL tests/consumers/rust "$work/project"
chmod -R u+w "$work"
rm -rf "$work"/{crates,project}/target

# Publishing builds each crate from its package; the project below does that too, so it is not done twice.
(cd "$work/crates" && cargo package -q --workspace --offline --locked --allow-dirty --no-verify)
for crate in drystone-sys drystone; do
  mkdir -p "$work/project/packaged/$crate"
  tar -xzf "$work/target/package/$crate-0.1.0.crate" -C "$work/project/packaged/$crate" --strip-components=1
done
rm -rf "$work/crates"

mkdir "$work/data"
cd "$work/project"
cargo run -q --offline --locked -- "$work/data" | LC_ALL=C sort >"$work/output"
diff - "$work/output" <<'END'
11 words, 7 of them different, drystone 0.1.0
in memory: 7 different, the most frequent 4 times
one: 4
passed on: 47 bytes
stone: 2
END
# What a reader of the registry's page gets is in the package too.
for crate in drystone-sys drystone; do test -s "packaged/$crate/README.md" && test -d "packaged/$crate/tests"; done
