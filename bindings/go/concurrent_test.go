//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// stamped is a value whose first word proves the rest.
func stamped(key []byte, random *rand.Rand) []byte {
	value := make([]byte, 8+random.IntN(200))
	for i := 8; i < len(value); i++ {
		value[i] = byte(random.Uint32())
	}
	binary.LittleEndian.PutUint64(value, Hash(value[8:], Hash(key, 0)))
	return value
}

func whole(key, value []byte) bool {
	return len(value) >= 8 && binary.LittleEndian.Uint64(value) == Hash(value[8:], Hash(key, 0))
}

// TestReadersBesideWriters has goroutines write through one Kv, and others read in every way. No value may be torn, no
// version may go backwards, and the store must be sound at the end. The heap is small, so that it compacts often.
func TestReadersBesideWriters(t *testing.T) {
	const keys = 64
	_, kv := store(t, keys, keys*120)
	reader, err := kv.Reader()
	ok(t, err)
	for i := range keys {
		value := make([]byte, 8)
		binary.LittleEndian.PutUint64(value, Hash(nil, Hash(keyOf(i), 0)))
		_, err := kv.Put(keyOf(i), value)
		ok(t, err)
	}
	var writers, readers sync.WaitGroup
	var done atomic.Bool
	var full atomic.Int64
	for w := range 2 {
		writers.Add(1)
		go func() {
			defer writers.Done()
			random := rand.New(rand.NewPCG(uint64(w), 1))
			for range scale(20_000) {
				key := keyOf(random.IntN(keys))
				if _, err := kv.Put(key, stamped(key, random)); err == nil {
					continue
				} else if !isFull(err) {
					t.Error(err)
					return
				}
				full.Add(1)
				if _, err := kv.Delete(key); err != nil && err != ErrNotFound {
					t.Error(err)
					return
				}
			}
		}()
	}
	for range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			readInEveryWay(t, reader, keys, &done)
		}()
	}
	writers.Wait()
	done.Store(true)
	readers.Wait()
	ok(t, kv.Verify())
	stats, err := kv.Stats()
	ok(t, err)
	t.Logf("%d puts found the store full, %d relocations, %d retries", full.Load(), stats.Relocation, reader.Retries())
}

func isFull(err error) bool {
	e, is := err.(*Error)
	return is && e.Status == ErrFull
}

func readInEveryWay(t *testing.T, r *KvReader, keys int, done *atomic.Bool) {
	random := rand.New(rand.NewPCG(rand.Uint64(), 2))
	last := make([]uint64, keys)
	buffer := make([]byte, 256)
	hits := 0
	for !done.Load() {
		i := random.IntN(keys)
		key := keyOf(i)
		var value []byte
		var version uint64
		var err error
		switch random.IntN(4) {
		case 0:
			value, version, err = r.Get(key)
		case 1:
			lookups := []Lookup{{Key: key, Buffer: buffer}}
			if err = r.GetManyInto(lookups); err == nil {
				value, version, err = buffer[:lookups[0].N], lookups[0].Version, lookups[0].Err
			}
		case 2:
			var view View
			if view, err = r.View(key); err == nil {
				n := view.CopyTo(buffer, 0)
				value, version = buffer[:n], view.Version()
				if view.Check() != nil {
					continue
				}
			}
		default:
			var n int
			n, version, err = r.GetInto(key, buffer)
			value = buffer[:n]
		}
		if err == ErrNotFound {
			continue
		}
		if err != nil || !whole(key, value) || version < last[i] {
			t.Errorf("%s: error %v, torn or version %d after %d: %x", key, err, version, last[i], value)
			return
		}
		last[i] = version
		hits++
	}
	if hits == 0 {
		t.Error("no read hit anything")
	}
}

// TestBatchesNeverGoBackwards asks for one key again and again in one batch while it is written, also with values that the
// batch itself has no room for.
func TestBatchesNeverGoBackwards(t *testing.T) {
	_, kv := store(t, 4, 100_000)
	put(t, kv, "a", "1")
	var done atomic.Bool
	var writer sync.WaitGroup
	writer.Add(1)
	go func() {
		defer writer.Done()
		sizes := []int{10, 400, 30, 600}
		for i := 0; !done.Load(); i++ {
			if _, err := kv.Put([]byte("a"), make([]byte, sizes[i%len(sizes)])); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	defer func() {
		done.Store(true)
		writer.Wait()
	}()
	keys, lookups := make([][]byte, 80), make([]Lookup, 80)
	for i := range lookups {
		keys[i] = []byte("a")
		lookups[i] = Lookup{Key: keys[i], Buffer: make([]byte, 1000)}
	}
	inOrder := func(i int, before, version uint64) {
		if version < before {
			t.Fatalf("lookup %d: version %d after %d", i, version, before)
		}
	}
	for range scale(1000) {
		ok(t, kv.GetManyInto(lookups))
		entries, err := kv.GetMany(keys)
		ok(t, err)
		for i := 1; i < len(lookups); i++ {
			ok(t, lookups[i].Err)
			inOrder(i, lookups[i-1].Version, lookups[i].Version)
			inOrder(i, entries[i-1].Version, entries[i].Version)
		}
	}
}
