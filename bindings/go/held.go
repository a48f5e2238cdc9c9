// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// Most of what a call on a block costs is its lock. A goroutine with much to do holds the lock for all of it: then a call
// costs what the work does. Others wait meanwhile, and so would the holder, for ever, if it called the block itself before
// End. What a hold is good for ends with it, on every copy of it: then its calls are ErrClosed. A hold is for one
// goroutine at a time.

// HeldPool is a Pool whose lock is held.
type HeldPool struct {
	pool *Pool
	hold hold[poolHandle]
}

// Hold takes the pool's lock until End; one in a region holds up all of the region. Errors: ErrClosed.
func (p *Pool) Hold() (HeldPool, error) {
	hold, open := p.core.hold()
	if !open {
		return HeldPool{}, ErrClosed
	}
	return HeldPool{p, hold}, nil
}

// End lets others have the pool again. Ending again is fine.
func (h HeldPool) End() { h.hold.end() }

// Acquire is Pool.Acquire.
func (h HeldPool) Acquire() (slot uint32, err error) {
	if !h.hold.lasts() {
		return 0, ErrClosed
	}
	slot, s := h.pool.acquire()
	return slot, asError(s)
}

// Alloc is Pool.Alloc.
func (h HeldPool) Alloc() (memory []byte, slot uint32, err error) {
	if !h.hold.lasts() {
		return nil, 0, ErrClosed
	}
	memory, slot, s := h.pool.alloc()
	return memory, slot, asError(s)
}

// Release is Pool.Release.
func (h HeldPool) Release(slot uint32) error {
	if !h.hold.lasts() {
		return ErrClosed
	}
	return asError(h.pool.release(slot))
}

// Bytes is Pool.Bytes.
func (h HeldPool) Bytes(slot uint32) ([]byte, error) {
	if !h.hold.lasts() {
		return nil, ErrClosed
	}
	memory, s := h.pool.lend(slot)
	return memory, asError(s)
}

// HeldArena is an Arena whose lock is held. It is an Allocator.
type HeldArena struct {
	arena *Arena
	hold  hold[arenaHandle]
}

// Hold takes the arena's lock until End. Errors: ErrClosed.
func (a *Arena) Hold() (HeldArena, error) {
	hold, open := a.core.hold()
	if !open {
		return HeldArena{}, ErrClosed
	}
	return HeldArena{a, hold}, nil
}

// End lets others have the arena again. Ending again is fine.
func (h HeldArena) End() { h.hold.end() }

// Alloc is Arena.Alloc.
func (h HeldArena) Alloc(size, align uint64) ([]byte, error) {
	if !h.hold.lasts() {
		return nil, ErrClosed
	}
	memory, s := h.arena.alloc(size, align)
	return memory, asError(s)
}

// AllocZeroed is Arena.AllocZeroed.
func (h HeldArena) AllocZeroed(size, align uint64) ([]byte, error) {
	memory, err := h.Alloc(size, align)
	clear(memory)
	return memory, err
}

// Reset is Arena.Reset.
func (h HeldArena) Reset() error {
	if !h.hold.lasts() {
		return ErrClosed
	}
	return asError(coreArenaReset(h.hold.core.handle))
}

// HeldObjectPool is an ObjectPool whose lock is held.
type HeldObjectPool[T any] struct {
	pool *ObjectPool[T]
	hold hold[objectPoolHandle]
}

// Hold takes the pool's lock until End. Errors: ErrUnsupported (a destructor, which may call the pool), ErrClosed.
func (p *ObjectPool[T]) Hold() (HeldObjectPool[T], error) {
	if p.destructor != nil {
		return HeldObjectPool[T]{}, failure(ErrUnsupported, "a pool with a destructor, which may call it, cannot be held")
	}
	hold, open := p.core.hold()
	if !open {
		return HeldObjectPool[T]{}, ErrClosed
	}
	return HeldObjectPool[T]{p, hold}, nil
}

// End lets others have the pool again. Ending again is fine.
func (h HeldObjectPool[T]) End() { h.hold.end() }

// Acquire is ObjectPool.Acquire.
func (h HeldObjectPool[T]) Acquire(value T) (Object[T], error) {
	if !h.hold.lasts() {
		return Object[T]{}, ErrClosed
	}
	return h.pool.acquire(value)
}

// Get is Object.Get. Errors: also ErrForeign (of another pool).
func (h HeldObjectPool[T]) Get(o Object[T]) (*T, error) {
	if !h.hold.lasts() {
		return nil, ErrClosed
	}
	if o.pool != h.pool {
		return nil, ErrForeign
	}
	if value := h.pool.values.find(o.handle); value != nil {
		return &value.value, nil
	}
	return nil, ErrStale
}

// Release is Object.Release. Errors: also ErrForeign (of another pool).
func (h HeldObjectPool[T]) Release(o Object[T]) error {
	if !h.hold.lasts() {
		return ErrClosed
	}
	if o.pool != h.pool {
		return ErrForeign
	}
	return h.pool.releasePlain(o.handle)
}

// HeldSharedPoolCache is a SharedPoolCache that a goroutine has for many calls. Others' calls are ErrBusy meanwhile, and
// whatever wants to be alone on the SharedPool, its Close too, waits.
type HeldSharedPoolCache struct {
	cache  *SharedPoolCache
	number uint64
}

// Hold takes the cache until End. Errors: ErrBusy, ErrClosed.
func (s *SharedPoolCache) Hold() (HeldSharedPoolCache, error) {
	c := s.core
	if status := c.enter(); status != statusOK {
		return HeldSharedPoolCache{}, status
	}
	c.holds++
	c.held = c.holds
	return HeldSharedPoolCache{s, c.held}, nil
}

func (h HeldSharedPoolCache) lasts() bool { return h.cache != nil && h.cache.core.held == h.number }

// End lets others have the cache again. Ending again is fine.
func (h HeldSharedPoolCache) End() {
	if h.lasts() {
		h.cache.core.held = 0
		h.cache.core.leave()
	}
}

// Acquire is SharedPoolCache.Acquire.
func (h HeldSharedPoolCache) Acquire() (slot uint32, err error) {
	if !h.lasts() {
		return 0, ErrClosed
	}
	slot, status := h.cache.core.acquire()
	return slot, asError(status)
}

// Alloc is SharedPoolCache.Alloc.
func (h HeldSharedPoolCache) Alloc() (memory []byte, slot uint32, err error) {
	if !h.lasts() {
		return nil, 0, ErrClosed
	}
	memory, slot, status := h.cache.core.alloc()
	return memory, slot, asError(status)
}

// Release is SharedPoolCache.Release.
func (h HeldSharedPoolCache) Release(slot uint32) error {
	if !h.lasts() {
		return ErrClosed
	}
	return asError(h.cache.core.release(slot))
}
