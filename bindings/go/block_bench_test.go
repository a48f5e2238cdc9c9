//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import "testing"

// What the calls of the memory blocks cost beside Go's own allocator, and what the batch forms save: ns an object.

var sink []byte

// good is ok without the cost of b.Helper.
func good(b *testing.B, err error) {
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGoHeap(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		sink = make([]byte, 64)
	}
}

func BenchmarkArena(b *testing.B) {
	arena := newArena(b, ArenaOptions{Capacity: 1 << 20, Flags: MemoryPrefault})
	b.ReportAllocs()
	for range b.N {
		if _, err := arena.Alloc(64, 16); err != nil {
			ok(b, arena.Reset())
		}
	}
}

// slotPool is what benchmarks need of a pool, or of a shared pool's cache.
type slotPool interface {
	Acquire() (uint32, error)
	Release(uint32) error
	AcquireMany([]uint32) error
	ReleaseMany([]uint32) error
	Bytes(uint32) ([]byte, error)
}

func benchmarkSlots(b *testing.B, pool slotPool) {
	slots := make([]uint32, 64)
	b.Run("pair", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			slot, _ := pool.Acquire()
			good(b, pool.Release(slot))
		}
	})
	b.Run("pair of 64", func(b *testing.B) {
		b.ReportAllocs()
		for done := 0; done < b.N; done += len(slots) {
			good(b, pool.AcquireMany(slots))
			good(b, pool.ReleaseMany(slots))
		}
	})
	b.Run("bytes", func(b *testing.B) {
		slot := acquires(b, pool)
		b.ReportAllocs()
		for range b.N {
			sink, _ = pool.Bytes(slot)
		}
	})
}

func BenchmarkPool(b *testing.B) {
	benchmarkSlots(b, newTestPool(b, PoolOptions{ObjectBytes: 64, Capacity: 10_000}))
}

func BenchmarkSharedPoolCache(b *testing.B) {
	benchmarkSlots(b, newCache(b, newTestSharedPool(b, SharedPoolOptions{ObjectBytes: 64, Capacity: 10_000})))
}

func BenchmarkIndexMap(b *testing.B) {
	indices := newTestIndexMap(b, 1<<20)
	b.ReportAllocs()
	for range b.N {
		index, _ := indices.Acquire()
		good(b, indices.Release(index))
	}
}

func BenchmarkSlab(b *testing.B) {
	slab := newSlab(b, SlabOptions{Bytes: 1 << 20})
	b.ReportAllocs()
	for range b.N {
		memory, _, _ := slab.Alloc(64)
		good(b, slab.Free(memory))
	}
}

func BenchmarkBufferPool(b *testing.B) {
	buffers := newBuffers(b, BufferPoolOptions{Elements: 1024, Blocks: 100})
	kept := buffer(b, buffers)
	b.Run("pair", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			taken, _ := buffers.Acquire()
			good(b, taken.Release())
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			_, err := kept.Get(i & 1023)
			good(b, err)
		}
	})
}

func BenchmarkObjectPool(b *testing.B) {
	objects, err := NewObjectPool[[8]uint64](ObjectPoolOptions{Capacity: 10_000}, nil)
	ok(b, err)
	defer objects.Close()
	kept := object(b, objects, [8]uint64{})
	b.Run("pair", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			taken, _ := objects.Acquire([8]uint64{})
			good(b, taken.Release())
		}
	})
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			_, err := kept.Get()
			good(b, err)
		}
	})
}
