//go:build cgo && !race

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import "testing"

// The race detector's own instrumentation allocates, so this is not for -race.
func TestHotPathsAllocateNothing(t *testing.T) {
	_, kv := store(t, 1000, 200_000)
	for i := range 500 {
		put(t, kv, string(keyOf(i)), "a value of some bytes, longer than a word or two")
	}
	catching, err := openKvReader(kv.region, kv.name, KvReaderOptions{CatchFaults: true})
	ok(t, err)
	checked, err := openChecked(kv)
	ok(t, err)
	key, absent, value := keyOf(7), []byte("absent"), []byte("value")
	buffer := make([]byte, 100)
	lookups := make([]Lookup, 64)
	for i := range lookups {
		lookups[i] = Lookup{Key: keyOf(i * 10), Buffer: make([]byte, 100)}
	}
	for name, call := range map[string]func() error{
		"GetInto":             func() error { _, _, err := kv.GetInto(key, buffer); return err },
		"GetInto with faults": func() error { _, _, err := catching.GetInto(key, buffer); return err },
		"GetInto checked":     func() error { _, _, err := checked.GetInto(key, buffer); return err },
		"GetInto missing": func() error {
			if _, _, err := kv.GetInto(absent, buffer); err != ErrNotFound {
				return ErrCorrupt
			}
			return nil
		},
		"TryGet":      func() error { _, _, _, err := kv.TryGet(key, buffer, 9); return err },
		"Contains":    func() error { _, err := kv.Contains(key); return err },
		"GetManyInto": func() error { return kv.GetManyInto(lookups) },
		"View": func() error {
			view, err := kv.View(key)
			if err != nil {
				return err
			}
			view.CopyTo(buffer, 0)
			return view.Check()
		},
		"Put":    func() error { _, err := kv.Put(key, value); return err },
		"Delete": func() error { kv.Delete(key); _, err := kv.PutNew(key, value); return err },
	} {
		var failure error
		if n := testing.AllocsPerRun(100, func() {
			if err := call(); err != nil {
				failure = err
			}
		}); n != 0 || failure != nil {
			t.Errorf("%s: %v allocations, error %v", name, n, failure)
		}
	}
	if n := testing.AllocsPerRun(100, func() { kv.Get(key) }); n != 1 {
		t.Errorf("Get: %v allocations where its copy is one", n)
	}
}
