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
	allocatesNothing(t, map[string]func() error{
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
	})
	if n := testing.AllocsPerRun(100, func() { kv.Get(key) }); n != 1 {
		t.Errorf("Get: %v allocations where its copy is one", n)
	}
}

func allocatesNothing(t *testing.T, calls map[string]func() error) {
	for name, call := range calls {
		var failure error
		if n := testing.AllocsPerRun(100, func() {
			if err := call(); err != nil {
				failure = err
			}
		}); n != 0 || failure != nil {
			t.Errorf("%s: %v allocations, error %v", name, n, failure)
		}
	}
}

// after is the error of a step, or else that of what is to follow it.
func after(err error, then func() error) error {
	if err != nil {
		return err
	}
	return then()
}

func TestMemoryBlocksAllocateNothing(t *testing.T) {
	arena := newArena(t, ArenaOptions{Capacity: 1 << 16})
	scratch, err := NewScratch(ScratchOptions{})
	ok(t, err)
	defer scratch.Close()
	slab := newSlab(t, SlabOptions{Bytes: 1 << 16})
	pool := newTestPool(t, PoolOptions{ObjectBytes: 64, Capacity: 100})
	indices := newTestIndexMap(t, 1000)
	shared := newTestSharedPool(t, SharedPoolOptions{ObjectBytes: 64, Capacity: 1000})
	cache := newCache(t, shared)
	kept, keptShared := acquires(t, pool), acquires(t, cache)
	slots, bytes := make([]uint32, 64), make([]byte, 64)
	allocatesNothing(t, map[string]func() error{
		"Arena.Alloc": func() error { _, err := arena.Alloc(100, 16); return after(err, arena.Reset) },
		"Arena.AllocZeroed": func() error {
			mark, err := arena.Mark()
			if err == nil {
				_, err = arena.AllocZeroed(100, 16)
			}
			return after(err, func() error { return arena.Rewind(mark) })
		},
		"AllocSlice":  func() error { _, err := AllocSlice[float64](arena, 9); return after(err, arena.Reset) },
		"Arena.Stats": func() error { _, err := arena.Stats(); return err },
		"Scratch": func() error {
			scope, err := scratch.Begin()
			if err == nil {
				_, err = scratch.Alloc(100, 16)
			}
			return after(err, scope.End)
		},
		"Slab": func() error {
			memory, _, err := slab.Alloc(100)
			return after(err, func() error { return slab.Free(memory) })
		},
		"Pool": func() error {
			slot, err := pool.Acquire()
			return after(err, func() error { return pool.Release(slot) })
		},
		"Pool many": func() error {
			return after(pool.AcquireMany(slots), func() error { return pool.ReleaseMany(slots) })
		},
		"Pool.Bytes": func() error { _, err := pool.Bytes(kept); return err },
		"Pool.Read":  func() error { return pool.Read(kept, 0, bytes) },
		"Pool.Write": func() error { return pool.Write(kept, 0, bytes) },
		"Pool full": func() error {
			if err := pool.Release(99); err != ErrStale {
				return ErrCorrupt
			}
			return nil
		},
		"IndexMap": func() error {
			index, err := indices.Acquire()
			return after(err, func() error { return indices.Release(index) })
		},
		"IndexMap.Contains": func() error { _, err := indices.Contains(7); return err },
		"SharedPool": func() error {
			slot, err := shared.Acquire()
			return after(err, func() error { return shared.Release(slot) })
		},
		"SharedPoolCache": func() error {
			slot, err := cache.Acquire()
			return after(err, func() error { return cache.Release(slot) })
		},
		"SharedPoolCache many": func() error {
			return after(cache.AcquireMany(slots), func() error { return cache.ReleaseMany(slots) })
		},
		"SharedPoolCache.Bytes": func() error { _, err := cache.Bytes(keptShared); return err },
	})
}

func TestHandlesAllocateNothing(t *testing.T) {
	buffers := newBuffers(t, BufferPoolOptions{Elements: 64, Blocks: 2})
	kept := buffer(t, buffers)
	elements := make([]uint32, 64)
	objects, err := NewObjectPool(ObjectPoolOptions{Capacity: 1000}, func(*[8]uint64) {})
	ok(t, err)
	defer objects.Close()
	one := object(t, objects, [8]uint64{})
	values, many := make([][8]uint64, 64), make([]Object[[8]uint64], 64)
	allocatesNothing(t, map[string]func() error{
		"BufferPool": func() error {
			b, err := buffers.Acquire()
			return after(err, b.Release)
		},
		"Buffer.Get":      func() error { _, err := kept.Get(3); return err },
		"Buffer.Set":      func() error { return kept.Set(3, 4) },
		"Buffer.Read":     func() error { return kept.Read(0, elements) },
		"Buffer.Elements": func() error { _, err := kept.Elements(); return err },
		"ObjectPool": func() error {
			o, err := objects.Acquire([8]uint64{1})
			return after(err, o.Release)
		},
		"ObjectPool many": func() error {
			return after(objects.AcquireMany(values, many), func() error { return objects.ReleaseMany(many) })
		},
		"Object.Get": func() error { _, err := one.Get(); return err },
		"Object.Set": func() error { return one.Set([8]uint64{2}) },
	})
}
