#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# go.sh build FOLDER PACKAGE OUT PATH... | go.sh test FOLDER PATH...: in FOLDER of a copy of PATH..., builds PACKAGE to
# OUT, or checks the module: format, vet, and the tests with cgo, with the race detector, with the core's
# checks on, and without cgo.
set -euo pipefail
. build_defs/cache.sh
mode=$1 folder=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GOCACHE=$dry_cache/go-build GOPROXY=off GOTOOLCHAIN=local GOFLAGS='-buildvcs=false -trimpath -mod=readonly'
if [ "$mode" = build ]; then
  package=$1 out=$PWD/$2
  shift 2
  mirror "$work/tree" "$@"
  cd "$work/tree/$folder"
  go build -o "$out" "$package"
  exit
fi
mirror "$work/tree" "$@"
cd "$work/tree/$folder"
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
  echo "gofmt would change: $unformatted" >&2
  exit 1
fi
go vet ./...
go test -count=1 ./...
go test -count=1 -race ./...
go test -count=1 -tags drystone_checked ./...
CGO_ENABLED=0 go test -count=1 ./...
