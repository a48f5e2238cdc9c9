#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# test.sh: builds the consumer from the module's folder alone, as after `go get`, then from what `go mod vendor` made of
# it, with the module's folder gone: vendoring takes a package's own files only, so the C files must be among them.
# Offline. Also with the core's checks on, and without cgo, where the program must say what is missing.
set -euo pipefail
. build_defs/cache.sh
work=$TEST_TMPDIR/work
mkdir -p "$work"
cp -RL bindings/go "$work/drystone"
cp -RL tests/consumers/go "$work/consumer"
chmod -R u+w "$work"
cd "$work/consumer"
export GOCACHE=$dry_cache/go-build GOPROXY=off GOTOOLCHAIN=local GOFLAGS=-buildvcs=false

works() {
  rm -f "$work/region"
  "$1" write "$work/region"
  test "$("$1" read "$work/region" | paste -sd ';')" = "dry stone, write 1;grani;slate;2 stones"
}

go vet ./...
go build -o "$work/got" .
works "$work/got"
go build -tags drystone_checked -o "$work/checked" .
works "$work/checked"

go mod vendor
for file in drystone.c drystone.h; do
  cmp "$work/drystone/$file" "vendor/example.org/drystone/bindings/go/$file"
done
rm -rf "$work/drystone"
go build -mod=vendor -o "$work/vendored" .
works "$work/vendored"

CGO_ENABLED=0 go build -mod=vendor -o "$work/pure" .
if "$work/pure" write "$work/other" 2>"$work/message"; then
  echo "without cgo it claims to work" >&2
  exit 1
fi
grep -q 'CGO_ENABLED=1' "$work/message"
test ! -e "$work/other"
