// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"runtime/debug"
	"sync"
)

// ---- heap: Go's own memory, with the collector at work ----

func runHeap(s *session) {
	addArena(s, func(uint64) *heapArena { return new(heapArena) })
	addPool[*object](s, func(int) heap { return heap{} })
	addFirstTouch[*object](s, "pool_first_touch", func(int) heap {
		debug.FreeOSMemory()
		return heap{}
	})
	addSlab(s, func() heapSlab { return heapSlab{} })
	addShared[*object](s, func(int) shared[heap] {
		return shared[heap]{func() heap { return heap{} }, func() {}}
	})
}

type heap struct{}

func (heap) take(int) *object    { return new(object) }
func (heap) at(o *object) *stamp { return (*stamp)(o[:]) }
func (heap) give(*object)        {}
func (heap) close()              {}

// heapArena keeps what was taken until the reset, as whoever uses an arena does.
type heapArena struct{ live [arenaBurst][]byte }

func (a *heapArena) alloc(i int, size uint64) *stamp {
	a.live[i] = make([]byte, size)
	return (*stamp)(a.live[i])
}

func (a *heapArena) reset() { clear(a.live[:]) }
func (a *heapArena) close() {}

type heapSlab struct{}

func (heapSlab) alloc(size uint64) []byte { return make([]byte, size) }
func (heapSlab) free([]byte)              {}
func (heapSlab) close()                   {}

// ---- sync_pool: sync.Pool, over the heap ----

func runSyncPool(s *session) {
	addPool[*object](s, func(int) syncPool { return newSyncPool() })
	addShared[*object](s, func(int) shared[syncPool] {
		all := newSyncPool()
		return shared[syncPool]{func() syncPool { return all }, func() {}}
	})
}

type syncPool struct{ pool *sync.Pool }

func newSyncPool() syncPool { return syncPool{&sync.Pool{New: func() any { return new(object) }}} }

func (p syncPool) take(int) *object    { return p.pool.Get().(*object) }
func (p syncPool) at(o *object) *stamp { return (*stamp)(o[:]) }
func (p syncPool) give(o *object)      { p.pool.Put(o) }
func (p syncPool) close()              {}

// ---- map: handles that go stale, as one has them without a pool ----

func runMap(s *session) {
	addOrders[uint64](s, "object", func(count int) *mapped { return &mapped{all: make(map[uint64]*object, count)} })
}

type mapped struct {
	all  map[uint64]*object
	last uint64
}

func (m *mapped) take(int) uint64 {
	m.last++
	m.all[m.last] = new(object)
	return m.last
}

func (m *mapped) at(handle uint64) *stamp { return (*stamp)(m.all[handle][:]) }
func (m *mapped) give(handle uint64)      { delete(m.all, handle) }
func (m *mapped) close()                  {}

// ---- floor: no allocator at all. Object i lies at a fixed place, so this is what the pattern itself costs ----

func runFloor(s *session) {
	addArena(s, func(uint64) floorArena { return make(floorArena, arenaBurst) })
	addPool[*object](s, func(count int) floor { return make(floor, count) })
	addShared[*object](s, func(int) shared[*ring] {
		return shared[*ring]{func() *ring { return &ring{all: make([]object, objectsAThread)} }, func() {}}
	})
}

type floor []object

func (f floor) take(i int) *object { return &f[i] }
func (floor) at(o *object) *stamp  { return (*stamp)(o[:]) }
func (floor) give(*object)         {}
func (floor) close()               {}

type floorArena [][2 * objectBytes]byte

func (f floorArena) alloc(i int, _ uint64) *stamp { return (*stamp)(f[i][:]) }
func (floorArena) reset()                         {}
func (floorArena) close()                         {}

// ring is longer than what can be on its way to another thread.
type ring struct {
	all  []object
	next int
}

func (r *ring) take(int) *object {
	o := &r.all[r.next]
	if r.next++; r.next == len(r.all) {
		r.next = 0
	}
	return o
}
func (*ring) at(o *object) *stamp { return (*stamp)(o[:]) }
func (*ring) give(*object)        {}
func (*ring) close()              {}
