// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"example.org/drystone/bench/go/frame"
	"example.org/drystone/bindings/go"
)

func runDrystone(s *session) {
	addArena(s, newDrystoneArena)
	addPool[slot](s, func(count int) slotPool { return newSlotPool(count, drystone.MemoryPrefault) })
	addBatches(s)
	addFirstTouch[slot](s, "pool_first_touch", func(count int) slotPool { return newSlotPool(count, 0) })
	addFirstTouch[slot](s, "pool_first_touch_huge", func(count int) slotPool {
		return newSlotPool(count, drystone.MemoryHugePages)
	})
	addOrders[drystone.Object[object]](s, "object", newObjects)
	addSlab(s, func() drystoneSlab { return newDrystoneSlab(s.Keys) })
	addIndices(s, newDrystoneIndices)
	addShared[slot](s, newSlotCaches)
}

// refused is apart from the hot calls, which are then small enough to be inlined.
//
//go:noinline
func refused(err error) { frame.Fail("drystone", "%v", err) }

// ---- pools ----

// slot is what Alloc gives.
type slot struct {
	memory *stamp
	number uint32
}

type slotPool struct{ pool *drystone.Pool }

func newSlotPool(count int, flags drystone.MemoryFlags) slotPool {
	pool, err := drystone.NewPool(drystone.PoolOptions{ObjectBytes: objectBytes, Capacity: uint64(count), Flags: flags})
	frame.Must("NewPool", err)
	return slotPool{pool}
}

func (p slotPool) take(int) slot {
	memory, number, err := p.pool.Alloc()
	if err != nil {
		refused(err)
	}
	return slot{(*stamp)(memory), number}
}

func (p slotPool) at(s slot) *stamp { return s.memory }

func (p slotPool) give(s slot) {
	if err := p.pool.Release(s.number); err != nil {
		refused(err)
	}
}

func (p slotPool) close() { p.pool.Close() }

func addBatches(s *session) {
	s.run("pool_batch_64", 1, func() pattern {
		pool := newSlotPool(s.Keys, drystone.MemoryPrefault).pool
		number := uint64(0)
		return pattern{burstsAPass * burst, func(*clock) uint64 {
			number += burstsAPass * burst
			return batchPass(pool, number)
		}, func() uint64 { pool.Close(); return 0 }}
	})
}

func batchPass(pool *drystone.Pool, number uint64) (wrong uint64) {
	var slots [burst]uint32
	var memory [burst][]byte
	for range burstsAPass {
		if err := pool.AllocMany(slots[:], memory[:]); err != nil {
			refused(err)
		}
		for i := range memory {
			(*stamp)(memory[i]).write(number + uint64(i))
		}
		for i := range memory {
			wrong |= (*stamp)(memory[i]).unlike(number + uint64(i))
		}
		if err := pool.ReleaseMany(slots[:]); err != nil {
			refused(err)
		}
		number += burst
	}
	return wrong
}

// ---- shared pools ----

type slotCache struct{ cache *drystone.SharedPoolCache }

func newSlotCaches(count int) shared[slotCache] {
	options := drystone.SharedPoolOptions{ObjectBytes: objectBytes, Capacity: uint64(count), Flags: drystone.MemoryPrefault}
	pool, err := drystone.NewSharedPool(options)
	frame.Must("NewSharedPool", err)
	return shared[slotCache]{func() slotCache {
		cache, err := pool.Cache()
		frame.Must("Cache", err)
		return slotCache{cache}
	}, func() { pool.Close() }}
}

func (c slotCache) take(int) slot {
	memory, number, err := c.cache.Alloc()
	if err != nil {
		refused(err)
	}
	return slot{(*stamp)(memory), number}
}

func (c slotCache) at(s slot) *stamp { return s.memory }

func (c slotCache) give(s slot) {
	if err := c.cache.Release(s.number); err != nil {
		refused(err)
	}
}

func (c slotCache) close() { c.cache.Close() }

// ---- arena, slab, indices ----

type drystoneArena struct{ arena *drystone.Arena }

func newDrystoneArena(room uint64) drystoneArena {
	arena, err := drystone.NewArena(drystone.ArenaOptions{Capacity: room, Flags: drystone.MemoryPrefault})
	frame.Must("NewArena", err)
	return drystoneArena{arena}
}

func (a drystoneArena) alloc(_ int, size uint64) *stamp {
	memory, err := a.arena.Alloc(size, 8)
	if err != nil {
		refused(err)
	}
	return (*stamp)(memory)
}

func (a drystoneArena) reset() {
	if err := a.arena.Reset(); err != nil {
		refused(err)
	}
}

func (a drystoneArena) close() { a.arena.Close() }

type drystoneSlab struct{ slab *drystone.Slab }

// newDrystoneSlab has room for all objects at their largest, and for pages that classes are only beginning to fill.
func newDrystoneSlab(count int) drystoneSlab {
	slab, err := drystone.NewSlab(drystone.SlabOptions{Bytes: uint64(2*count+64) * 4096, Flags: drystone.MemoryPrefault})
	frame.Must("NewSlab", err)
	return drystoneSlab{slab}
}

func (s drystoneSlab) alloc(size uint64) []byte {
	memory, _, err := s.slab.Alloc(size)
	if err != nil {
		refused(err)
	}
	return memory
}

func (s drystoneSlab) free(memory []byte) {
	if err := s.slab.Free(memory); err != nil {
		refused(err)
	}
}

func (s drystoneSlab) close() { s.slab.Close() }

type drystoneIndices struct{ indices *drystone.IndexMap }

func newDrystoneIndices(capacity int) drystoneIndices {
	options := drystone.IndexMapOptions{Capacity: uint64(capacity), Flags: drystone.MemoryPrefault}
	indices, err := drystone.NewIndexMap(options)
	frame.Must("NewIndexMap", err)
	return drystoneIndices{indices}
}

func (m drystoneIndices) acquire() uint32 {
	index, err := m.indices.Acquire()
	if err != nil {
		refused(err)
	}
	return index
}

func (m drystoneIndices) release(index uint32) {
	if err := m.indices.Release(index); err != nil {
		refused(err)
	}
}

func (m drystoneIndices) close() { m.indices.Close() }

// ---- objects behind handles ----

type objects struct{ pool *drystone.ObjectPool[object] }

func newObjects(count int) objects {
	pool, err := drystone.NewObjectPool[object](drystone.ObjectPoolOptions{Capacity: uint64(count)}, nil)
	frame.Must("NewObjectPool", err)
	return objects{pool}
}

func (p objects) take(int) drystone.Object[object] {
	taken, err := p.pool.Acquire(object{})
	if err != nil {
		refused(err)
	}
	return taken
}

func (p objects) at(o drystone.Object[object]) *stamp {
	value, err := o.Get()
	if err != nil {
		refused(err)
	}
	return (*stamp)(value[:])
}

func (p objects) give(o drystone.Object[object]) {
	if err := o.Release(); err != nil {
		refused(err)
	}
}

func (p objects) close() { p.pool.Close() }
