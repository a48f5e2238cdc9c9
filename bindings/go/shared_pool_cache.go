// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"sync/atomic"
	"time"
)

// SharedPoolCache is what one goroutine at a time takes and releases slots of a SharedPool through. A call that comes
// while another goroutine's is under way is ErrBusy, and does nothing: give each goroutine a cache of its own.
//
// Most calls touch the cache alone, and are done in Go; one in 64 or so calls into C. Hold makes them cheaper still, and so
// do AcquireMany and ReleaseMany. Nothing allocates.
type SharedPoolCache struct{ core *cacheCore }

type cacheCore struct {
	pool   *sharedPoolCore
	handle *sharedPoolCacheHandle
	state  atomic.Uint32
	holds  uint64 // as in blockCore
	held   uint64
}

const (
	cacheIdle   = 0
	cacheInUse  = 1
	cacheClosed = 2
)

// Cache opens a cache. Slots that were taken through it stay taken when it is closed.
//
// Errors: ErrFull (as many as there can be are open), ErrReadOnly, ErrClosed, ErrIO. Cost: O(caches), and system calls in a
// region with a descriptor.
func (p *SharedPool) Cache() (*SharedPoolCache, error) {
	c := p.core
	if c == nil {
		return nil, ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	handle, err := coreCacheOpen(c.handle)
	if err != nil {
		return nil, err
	}
	core := &cacheCore{pool: c, handle: handle}
	c.caches[core] = struct{}{}
	cache := &SharedPoolCache{core}
	// The pool's handle outlives that of its caches, since their cores refer to it.
	runtime.AddCleanup(cache, (*cacheCore).forget, core)
	return cache, nil
}

// enter begins a call, or says why not.
func (c *cacheCore) enter() Status {
	switch {
	case c == nil:
		return statusClosed
	case c.state.CompareAndSwap(cacheIdle, cacheInUse):
		return statusOK
	case c.state.Load() == cacheClosed:
		return statusClosed
	}
	return statusBusy
}

func (c *cacheCore) leave() { c.state.Store(cacheIdle) }

// wait is enter for who may not be refused. It is false when the cache is closed. Calls are short, holds may be longer.
func (c *cacheCore) wait() bool {
	for tries := 0; !c.state.CompareAndSwap(cacheIdle, cacheInUse); tries++ {
		if c.state.Load() == cacheClosed {
			return false
		}
		if tries < 100 {
			runtime.Gosched()
		} else {
			time.Sleep(50 * time.Microsecond)
		}
	}
	return true
}

// shut closes the cache, under the pool's lock.
func (c *cacheCore) shut() {
	if c.wait() {
		coreCacheClose(c.handle)
		delete(c.pool.caches, c)
		c.state.Store(cacheClosed)
	}
}

// forget is for a cache that nothing refers to any more.
func (c *cacheCore) forget() {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	c.shut()
	freeHandle(c.handle)
}

// Acquire takes a slot. Which one is not promised; what it holds is what was there before.
//
// Errors: ErrFull (counted; see SharedPool for what other caches keep), ErrCorrupt, ErrBusy, ErrClosed.
func (s *SharedPoolCache) Acquire() (slot uint32, err error) {
	c := s.core
	if status := c.enter(); status != statusOK {
		return 0, status
	}
	slot, status := c.acquire()
	c.leave()
	runtime.KeepAlive(s)
	return slot, asError(status)
}

func (c *cacheCore) acquire() (uint32, Status) {
	slot, status := coreCacheAcquire(c.handle)
	c.pool.lender.tookSlot()
	return slot, status
}

func (c *cacheCore) alloc() (memory []byte, slot uint32, status Status) {
	slot, status = c.acquire()
	if status != statusOK {
		return nil, 0, status
	}
	c.pool.lender.lends()
	return coreSharedPoolObject(c.pool.handle, slot).lend(0, c.pool.objectBytes), slot, status
}

func (c *cacheCore) release(slot uint32) Status {
	status := coreCacheRelease(c.handle, slot)
	c.pool.lender.givesSlot()
	return status
}

// Alloc is Acquire and Bytes in one call. Release the slot once.
func (s *SharedPoolCache) Alloc() (memory []byte, slot uint32, err error) {
	c := s.core
	if status := c.enter(); status != statusOK {
		return nil, 0, status
	}
	memory, slot, status := c.alloc()
	c.leave()
	runtime.KeepAlive(s)
	return memory, slot, asError(status)
}

// Release gives a slot back, whoever took it. Errors: those of SharedPool.Release, ErrBusy.
func (s *SharedPoolCache) Release(slot uint32) error {
	c := s.core
	if status := c.enter(); status != statusOK {
		return status
	}
	status := c.release(slot)
	c.leave()
	runtime.KeepAlive(s)
	return asError(status)
}

// AcquireMany fills slots, or takes none (ErrFull). One call into C for all of them.
func (s *SharedPoolCache) AcquireMany(slots []uint32) error {
	c := s.core
	if status := c.enter(); status != statusOK {
		return status
	}
	status := coreCacheAcquireMany(c.handle, slots)
	c.pool.lender.tookSlot()
	c.leave()
	runtime.KeepAlive(s)
	return asError(status)
}

// AllocMany is AcquireMany, and fills memory, which has the same length (else ErrInvalidArgument), with what Bytes lends.
func (s *SharedPoolCache) AllocMany(slots []uint32, memory [][]byte) error {
	if len(slots) != len(memory) {
		return failure(ErrInvalidArgument, "slots and memory differ in length")
	}
	c := s.core
	if status := c.enter(); status != statusOK {
		return status
	}
	status := coreCacheAcquireMany(c.handle, slots)
	c.pool.lender.tookSlot()
	for i := 0; i < len(slots) && status == statusOK; i++ {
		memory[i], status = c.pool.lend(slots[i])
	}
	c.leave()
	runtime.KeepAlive(s)
	return asError(status)
}

// ReleaseMany gives all of slots back, or none if one is wrong or comes twice. One call into C for all of them.
func (s *SharedPoolCache) ReleaseMany(slots []uint32) error {
	c := s.core
	if status := c.enter(); status != statusOK {
		return status
	}
	c.pool.lender.givesSlot()
	status := coreCacheReleaseMany(c.handle, slots)
	c.leave()
	runtime.KeepAlive(s)
	return asError(status)
}

// Bytes is SharedPool.Bytes, without a word that goroutines share.
func (s *SharedPoolCache) Bytes(slot uint32) ([]byte, error) {
	c := s.core
	if status := c.enter(); status != statusOK {
		return nil, status
	}
	memory, status := c.pool.lend(slot)
	c.leave()
	runtime.KeepAlive(s)
	return memory, asError(status)
}

// Flush gives the cache's free slots to the depot, for the others to take. Errors: ErrBusy, ErrClosed. Cost: O(128).
func (s *SharedPoolCache) Flush() error {
	c := s.core
	if status := c.enter(); status != statusOK {
		return status
	}
	status := coreCacheFlush(c.handle)
	c.leave()
	runtime.KeepAlive(s)
	return asError(status)
}

// Adopt makes this cache the owner of a taken slot that was passed to it, so that it stays taken when the process that
// took it dies. Errors: ErrStale, ErrForeign, ErrBusy, ErrClosed.
func (s *SharedPoolCache) Adopt(slot uint32) error {
	c := s.core
	if status := c.enter(); status != statusOK {
		return status
	}
	status := coreCacheAdopt(c.handle, slot)
	c.leave()
	runtime.KeepAlive(s)
	return asError(status)
}

// Close flushes and closes the cache, when a call that is under way has ended. Closing again is fine; it never fails.
func (s *SharedPoolCache) Close() error {
	if c := s.core; c != nil {
		c.pool.mu.Lock()
		defer c.pool.mu.Unlock()
		c.shut()
		runtime.KeepAlive(s)
	}
	return nil
}
