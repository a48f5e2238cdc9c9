//go:build cgo && linux

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"os"
	"testing"
)

// TestTruncatedFileIsAnError cuts the file off under a reader that was asked to catch that. What is left of the last page
// reads as zeros, so the cut is in front of the part.
func TestTruncatedFileIsAnError(t *testing.T) {
	_, kv, path := fileStore(t, 10, 1000)
	put(t, kv, "a", "1")
	region, err := Open(OpenOptions{Kind: File, Name: path, Mode: ReadOnly})
	ok(t, err)
	defer region.Close()
	r, err := region.OpenKvReader("store", KvReaderOptions{CatchFaults: true})
	ok(t, err)
	holds(t, r, "a", "1")
	ok(t, os.Truncate(path, regionPageBytes))

	key := []byte("a")
	for range 3 {
		_, _, err = r.GetInto(key, make([]byte, 8))
		wants(t, err, ErrIO)
		_, _, err = r.Get(key)
		wants(t, err, ErrIO)
		_, _, _, err = r.TryGet(key, nil, 1)
		wants(t, err, ErrIO)
		_, err = r.Contains(key)
		wants(t, err, ErrIO)
		_, err = r.View(key)
		wants(t, err, ErrIO)
		_, err = r.GetMany([][]byte{key, key})
		wants(t, err, ErrIO)
	}
}

// TestOtherPanicsGoOn: what is caught is a fault on the store's memory, nothing else.
func TestOtherPanicsGoOn(t *testing.T) {
	_, kv := store(t, 10, 1000)
	r, err := openKvReader(kv.region, kv.name, KvReaderOptions{CatchFaults: true})
	ok(t, err)
	core := r.core.Load()
	for name, cause := range map[string]func(){
		"a panic":       func() { panic("this") },
		"a nil pointer": func() { var r *KvReader; r.name = "nil" },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was swallowed", name)
				}
			}()
			var s Status
			defer core.caught(&s)
			cause()
		}()
	}
}
