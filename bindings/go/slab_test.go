//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func newSlab(t testing.TB, options SlabOptions) *Slab {
	t.Helper()
	slab, err := NewSlab(options)
	ok(t, err)
	t.Cleanup(func() { slab.Close() })
	return slab
}

func TestSlabClasses(t *testing.T) {
	slab := newSlab(t, SlabOptions{Bytes: 16 * slabPageBytes})
	for _, c := range []struct{ size, class uint64 }{{1, 8}, {8, 8}, {9, 16}, {100, 128}, {4096, 4096}, {4097, 0}} {
		memory, class, err := slab.Alloc(c.size)
		ok(t, err)
		if class != c.class || uint64(len(memory)) != c.size || class > 0 && uint64(cap(memory)) != class {
			t.Errorf("%d bytes: class %d, not %d; %d of %d", c.size, class, c.class, len(memory), cap(memory))
		}
		clear(memory[:cap(memory)])
	}
	_, _, err := slab.Alloc(0)
	wants(t, err, ErrInvalidArgument)
	stats, err := slab.Stats()
	ok(t, err)
	if stats.InUse != 5 || stats.Fallbacks != 1 || stats.FallbacksInUse != 1 || stats.Classes[0].InUse != 2 ||
		stats.Classes[9].Size != 4096 || stats.Pages != 16 || stats.FreePages != 12 {
		t.Errorf("%+v", stats)
	}
	ok(t, slab.Validate())
}

func TestSlabTellsBadFreesFromGoodOnes(t *testing.T) {
	slab, other := newSlab(t, SlabOptions{Bytes: 1 << 16}), newSlab(t, SlabOptions{Bytes: 1 << 16})
	small, _, err := slab.Alloc(64)
	ok(t, err)
	large, _, err := slab.Alloc(10_000)
	ok(t, err)
	foreign, _, err := other.Alloc(64)
	ok(t, err)
	wants(t, slab.Free(small[8:]), ErrForeign)
	wants(t, slab.Free(large[8:]), ErrForeign)
	wants(t, slab.Free(foreign), ErrForeign)
	wants(t, slab.Free(make([]byte, 10)), ErrForeign)
	wants(t, slab.Free(nil), ErrForeign)
	ok(t, slab.Free(small))
	ok(t, slab.Free(large))
	wants(t, slab.Free(small), ErrStale)
	wants(t, slab.Free(large), ErrStale)
	clear(large) // still somebody's, though not an object
	_, _, err = slab.Alloc(1 << 46)
	wants(t, err, ErrOutOfMemory)
	_, _, err = slab.Alloc(math.MaxUint64)
	wants(t, err, ErrOutOfMemory)
	if stats, err := slab.Stats(); err != nil || stats.Failures != 2 || stats.FallbacksInUse != 0 {
		t.Error(stats, err)
	}
	ok(t, slab.Validate())
}

func TestSlabFillsAndResets(t *testing.T) {
	slab := newSlab(t, SlabOptions{Bytes: 2 * slabPageBytes})
	large, _, err := slab.Alloc(5000)
	ok(t, err)
	for round := range 2 {
		for range 4 {
			_, _, err := slab.Alloc(2048)
			ok(t, err)
		}
		_, _, err := slab.Alloc(1)
		wants(t, err, ErrFull)
		if round == 0 {
			ok(t, slab.Reset())
		}
	}
	wants(t, slab.Free(large), ErrStale)
}

// TestSlabAgainstModel frees at random, and looks that no object was changed by another.
func TestSlabAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	slab := newSlab(t, SlabOptions{Bytes: 256 << 10, Flags: MemoryGuarded})
	type object struct {
		memory []byte
		fill   byte
	}
	var objects []object
	for range scale(20_000) {
		if random.IntN(2) == 0 {
			memory, class, err := slab.Alloc(1 + uint64(random.IntN(5000)))
			if errors.Is(err, ErrFull) {
				continue
			}
			ok(t, err)
			if class > 0 && addressOf(memory)%uintptr(class) != 0 {
				t.Fatal("an object is not aligned to its class")
			}
			o := object{memory, byte(random.IntN(256))}
			for i := range memory {
				memory[i] = o.fill
			}
			objects = append(objects, o)
		} else if len(objects) > 0 {
			at := random.IntN(len(objects))
			o := objects[at]
			if bytes.Count(o.memory, []byte{o.fill}) != len(o.memory) {
				t.Fatal("an object was changed by another")
			}
			ok(t, slab.Free(o.memory))
			objects[at] = objects[len(objects)-1]
			objects = objects[:len(objects)-1]
		}
	}
	ok(t, slab.Validate())
	for _, o := range objects {
		ok(t, slab.Free(o.memory))
	}
	if stats, err := slab.Stats(); err != nil || stats.InUse != 0 || stats.FallbacksInUse != 0 || stats.FreePages != stats.Pages {
		t.Error(stats, err)
	}
}
