// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"example.org/drystone/bench/go/frame"
	"example.org/drystone/bindings/go"
)

// runHeld is drystone where a goroutine holds a block's lock for all its calls, instead of taking it for each.
func runHeld(s *session) {
	addArena(s, newHeldArena)
	addPool[slot](s, newHeldPool)
	addOrders[drystone.Object[object]](s, "object", newHeldObjects)
	addShared[slot](s, newHeldCaches)
}

type heldArena struct {
	arena drystoneArena
	held  drystone.HeldArena
}

func newHeldArena(room uint64) heldArena {
	a := newDrystoneArena(room)
	held, err := a.arena.Hold()
	frame.Must("Hold", err)
	return heldArena{a, held}
}

func (a heldArena) alloc(_ int, size uint64) *stamp {
	memory, err := a.held.Alloc(size, 8)
	if err != nil {
		refused(err)
	}
	return (*stamp)(memory)
}

func (a heldArena) reset() {
	if err := a.held.Reset(); err != nil {
		refused(err)
	}
}

func (a heldArena) close() {
	a.held.End()
	a.arena.close()
}

type heldPool struct {
	pool slotPool
	held drystone.HeldPool
}

func newHeldPool(count int) heldPool {
	p := newSlotPool(count, drystone.MemoryPrefault)
	held, err := p.pool.Hold()
	frame.Must("Hold", err)
	return heldPool{p, held}
}

func (p heldPool) take(int) slot {
	memory, number, err := p.held.Alloc()
	if err != nil {
		refused(err)
	}
	return slot{(*stamp)(memory), number}
}

func (p heldPool) at(s slot) *stamp { return s.memory }

func (p heldPool) give(s slot) {
	if err := p.held.Release(s.number); err != nil {
		refused(err)
	}
}

func (p heldPool) close() {
	p.held.End()
	p.pool.close()
}

type heldObjects struct {
	pool objects
	held drystone.HeldObjectPool[object]
}

func newHeldObjects(count int) heldObjects {
	p := newObjects(count)
	held, err := p.pool.Hold()
	frame.Must("Hold", err)
	return heldObjects{p, held}
}

func (p heldObjects) take(int) drystone.Object[object] {
	taken, err := p.held.Acquire(object{})
	if err != nil {
		refused(err)
	}
	return taken
}

func (p heldObjects) at(o drystone.Object[object]) *stamp {
	value, err := p.held.Get(o)
	if err != nil {
		refused(err)
	}
	return (*stamp)(value[:])
}

func (p heldObjects) give(o drystone.Object[object]) {
	if err := p.held.Release(o); err != nil {
		refused(err)
	}
}

func (p heldObjects) close() {
	p.held.End()
	p.pool.close()
}

type heldCache struct {
	cache slotCache
	held  drystone.HeldSharedPoolCache
}

func newHeldCaches(count int) shared[heldCache] {
	all := newSlotCaches(count)
	return shared[heldCache]{func() heldCache {
		local := all.local()
		held, err := local.cache.Hold()
		frame.Must("Hold", err)
		return heldCache{local, held}
	}, all.close}
}

func (c heldCache) take(int) slot {
	memory, number, err := c.held.Alloc()
	if err != nil {
		refused(err)
	}
	return slot{(*stamp)(memory), number}
}

func (c heldCache) at(s slot) *stamp { return s.memory }

func (c heldCache) give(s slot) {
	if err := c.held.Release(s.number); err != nil {
		refused(err)
	}
}

func (c heldCache) close() {
	c.held.End()
	c.cache.close()
}
