//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"unsafe"
)

// store is a fresh private region with one store in it, closed at the test's end.
func store(t testing.TB, entries, bytes uint64) (*Region, *Kv) {
	t.Helper()
	return storeIn(t, CreateOptions{Kind: Memory}, entries, bytes)
}

// fileStore is the same in a file, whose path it returns.
func fileStore(t testing.TB, entries, bytes uint64) (*Region, *Kv, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "region")
	region, kv := storeIn(t, CreateOptions{Kind: File, Name: path}, entries, bytes)
	return region, kv, path
}

func storeIn(t testing.TB, where CreateOptions, entries, bytes uint64) (*Region, *Kv) {
	t.Helper()
	seed := uint64(42)
	options := KvOptions{Entries: entries, Bytes: bytes, Seed: &seed}
	need, err := KvBytes(options)
	ok(t, err)
	where.Bytes = need + 4*regionPageBytes
	region, err := Create(where)
	ok(t, err)
	t.Cleanup(func() { region.Close() })
	kv, err := region.CreateKv("store", options)
	ok(t, err)
	return region, kv
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, want Status) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, not %v", err, want)
	}
}

func put(t testing.TB, kv *Kv, key, value string) uint64 {
	t.Helper()
	version, err := kv.Put([]byte(key), []byte(value))
	ok(t, err)
	return version
}

func holds(t testing.TB, r *KvReader, key, value string) {
	t.Helper()
	got, _, err := r.Get([]byte(key))
	ok(t, err)
	if string(got) != value {
		t.Fatalf("%q holds %q, not %q", key, got, value)
	}
}

func keyOf(i int) []byte { return fmt.Appendf(nil, "key-%06d", i) }

// scale is a count of rounds, times DRYSTONE_TEST_SCALE for who wants to test for longer.
func scale(rounds int) int {
	if factor, err := strconv.Atoi(os.Getenv("DRYSTONE_TEST_SCALE")); err == nil && factor > 0 {
		return rounds * factor
	}
	return rounds
}

// pastTheEnd writes one byte behind a slice's memory, as code with a wrong length would.
func pastTheEnd(memory []byte, at uint64) {
	span{unsafe.Pointer(unsafe.SliceData(memory))}.lend(at, 1)[0]++
}
