//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// These compare the ways of reading with one another; bench/go compares the store with its peers.

// benchKeys is how many keys there are: few enough for the cache, unless DRYSTONE_BENCH_KEYS says otherwise.
func benchKeys() int {
	if n, err := strconv.Atoi(os.Getenv("DRYSTONE_BENCH_KEYS")); err == nil && n > 0 {
		return n
	}
	return 10_000
}

// benchStore is a store of keys of 16 bytes with values of 64, and the keys in random order.
func benchStore(b *testing.B) (*Kv, [][]byte) {
	n := benchKeys()
	_, kv := storeIn(b, CreateOptions{Kind: Memory, Prefault: true}, uint64(n), uint64(n)*80)
	random := rand.New(rand.NewPCG(1, 1))
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, random.Uint64()), uint64(i))
		_, err := kv.Put(keys[i], make([]byte, 64))
		ok(b, err)
	}
	random.Shuffle(n, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	b.ReportAllocs()
	return kv, keys
}

func benchReads(b *testing.B, keys [][]byte, read func(key, dst []byte) error) {
	var dst [64]byte
	at := 0
	b.ResetTimer()
	for range b.N {
		if err := read(keys[at], dst[:]); err != nil {
			b.Fatal(err)
		}
		if at++; at == len(keys) {
			at = 0
		}
	}
}

func BenchmarkHit(b *testing.B) {
	kv, keys := benchStore(b)
	core := kv.core.Load()
	catching, err := openKvReader(kv.region, kv.name, KvReaderOptions{CatchFaults: true})
	ok(b, err)
	b.Run("in_go", func(b *testing.B) {
		benchReads(b, keys, func(key, dst []byte) error { _, _, err := kv.GetInto(key, dst); return err })
	})
	b.Run("in_go_catching_faults", func(b *testing.B) {
		benchReads(b, keys, func(key, dst []byte) error { _, _, err := catching.GetInto(key, dst); return err })
	})
	b.Run("through_c", func(b *testing.B) {
		benchReads(b, keys, func(key, dst []byte) error {
			_, _, _, s := coreTryGet(core.handle, key, dst, attemptsMax)
			return asError(s)
		})
	})
	b.Run("allocating", func(b *testing.B) {
		benchReads(b, keys, func(key, dst []byte) error { _, _, err := kv.Get(key); return err })
	})
	b.Run("map_of_arrays", func(b *testing.B) { // private, of one size, not to be read while it is written
		m := map[[16]byte][64]byte{}
		for _, key := range keys {
			m[[16]byte(key)] = [64]byte{}
		}
		benchReads(b, keys, func(key, dst []byte) error {
			value := m[[16]byte(key)]
			copy(dst, value[:])
			return nil
		})
	})
	b.Run("map_of_bytes", func(b *testing.B) {
		m := map[string][]byte{}
		for _, key := range keys {
			m[string(key)] = make([]byte, 64)
		}
		benchReads(b, keys, func(key, dst []byte) error { copy(dst, m[string(key)]); return nil })
	})
}

func BenchmarkMiss(b *testing.B) {
	kv, keys := benchStore(b)
	for _, key := range keys {
		key[15] ^= 0xff
	}
	benchReads(b, keys, func(key, dst []byte) error {
		if _, _, err := kv.GetInto(key, dst); err != ErrNotFound {
			return ErrCorrupt
		}
		return nil
	})
}

func BenchmarkGetMany(b *testing.B) {
	kv, keys := benchStore(b)
	const batch = 32
	keys = keys[:len(keys)/batch*batch]
	lookups := make([]Lookup, batch)
	for i := range lookups {
		lookups[i].Buffer = make([]byte, 64)
	}
	at := 0
	b.ResetTimer()
	for range b.N/batch + 1 { // a key is an operation
		for i := range lookups {
			lookups[i].Key = keys[at+i]
		}
		if err := kv.GetManyInto(lookups); err != nil || lookups[0].Err != nil {
			b.Fatal(err, lookups[0].Err)
		}
		if at += batch; at == len(keys) {
			at = 0
		}
	}
}
