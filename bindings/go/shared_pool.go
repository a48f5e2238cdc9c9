// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"sync"
)

// SharedPoolOptions says what shared pool to make. ObjectBytes and Capacity are needed; zero is the default of all else.
type SharedPoolOptions struct {
	ObjectBytes uint64      // 1 to 2^30
	Capacity    uint64      // slots: 1 to 2^29
	Align       uint64      // as for a pool; 128 keeps objects of different goroutines apart
	Caches      uint64      // how many can be open at once, in all processes: 1 to 4096; 0: 64
	Flags       MemoryFlags // in a region MemoryGuarded and MemoryWipe only
}

// SharedPoolStats are facts on a shared pool, exact while nobody works.
type SharedPoolStats struct {
	ObjectBytes uint64      // of one object
	Stride      uint64      // bytes from slot to slot
	Capacity    uint64      // slots
	InUse       uint64      // slots taken by users
	Cached      uint64      // slots that are free, but in some cache
	Failures    uint64      // requests answered ErrFull
	Caches      uint64      // open, those of dead processes included
	Refills     uint64      // batches moved from the depot to caches
	Flushes     uint64      // and back
	SizeBytes   uint64      // all memory of it
	Granted     MemoryFlags // what the system granted
	Refused     MemoryFlags // and what it did not
}

// SharedPool is slots of one size for any goroutine and, in a region, any process: without a lock between them.
//
// Whoever takes and releases slots often opens a cache of his own, which keeps up to 128 free slots at hand and trades 64
// at a time with the depot that all share. So with n caches open a request can be ErrFull while up to 128 x (n - 1) slots
// are free; SharedPoolCache.Flush gives a cache's slots to the others. The pool's own Acquire and Release keep nothing back:
// they are for a call now and then.
//
// In a region that several processes share, all but its writer open it with ModeShare. Every method may be called from any
// goroutine. Reset and Repair want to be alone: calls on this handle wait for them, other processes' do not.
type SharedPool struct{ core *sharedPoolCore }

type sharedPoolCore struct {
	mu          sync.RWMutex // read: a call straight to the depot. Written: whatever wants to be alone, and the caches' coming and going
	lender      *lender
	handle      *sharedPoolHandle
	objectBytes uint64
	closed      bool
	caches      map[*cacheCore]struct{} // those that are open
}

// SharedPoolBytes is how many bytes a part for these options takes. Errors: ErrInvalidArgument, ErrTooLarge.
func SharedPoolBytes(options SharedPoolOptions) (uint64, error) { return coreSharedPoolBytes(&options) }

// NewSharedPool makes a shared pool in private memory. Errors: those of NewPool.
func NewSharedPool(options SharedPoolOptions) (*SharedPool, error) {
	handle, lender, err := coreSharedPoolCreate(&options)
	if err != nil {
		return nil, err
	}
	return newSharedPool(nil, lender, handle)
}

// CreateSharedPool makes a shared pool as a new part of the region. Errors: those of Region.CreatePool.
func (r *Region) CreateSharedPool(name string, options SharedPoolOptions) (*SharedPool, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	handle, err := coreSharedPoolCreateIn(r.core.handle, name, &options)
	if err != nil {
		return nil, err
	}
	return newSharedPool(r.core, r.core.lender, handle)
}

// OpenSharedPool opens the shared pool of that name. Errors: those of Region.OpenPool.
func (r *Region) OpenSharedPool(name string) (*SharedPool, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	handle, err := coreSharedPoolOpen(r.core.handle, name)
	if err != nil {
		return nil, err
	}
	return newSharedPool(r.core, r.core.lender, handle)
}

func newSharedPool(region *regionCore, lender *lender, handle *sharedPoolHandle) (*SharedPool, error) {
	stats, s := coreSharedPoolStats(handle)
	if s != statusOK || stats.ObjectBytes > stats.Stride {
		lender.giveBack(func() { coreSharedPoolClose(handle) })
		freeHandle(handle)
		return nil, failure(ErrCorrupt, "the shared pool's objects do not fit into its slots")
	}
	c := &sharedPoolCore{lender: lender, handle: handle, objectBytes: stats.ObjectBytes, caches: map[*cacheCore]struct{}{}}
	runtime.AddCleanup(c, leftover[sharedPoolHandle].giveBack,
		leftover[sharedPoolHandle]{region, lender, handle, coreSharedPoolClose})
	return &SharedPool{c}, nil
}

// enter begins a call that others may be beside; leave ends it.
func (c *sharedPoolCore) enter() bool {
	if c == nil {
		return false
	}
	c.mu.RLock()
	if c.closed {
		c.mu.RUnlock()
		return false
	}
	return true
}

func (c *sharedPoolCore) leave() { c.mu.RUnlock() }

// alone is enter for a call that nobody may be beside: no other on this handle, none through its caches.
func (c *sharedPoolCore) alone(call func() error) error {
	if c == nil {
		return ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	for cache := range c.caches {
		cache.wait()
		defer cache.leave()
	}
	return call()
}

// Acquire takes a slot straight from the depot. Which one is not promised; what it holds is what was there before.
//
// Errors: ErrFull (counted), ErrReadOnly, ErrCorrupt, ErrClosed. Release it once, through anything, in any process. Cost: a
// call into C and some contended words; through a cache it is less.
func (p *SharedPool) Acquire() (slot uint32, err error) {
	c := p.core
	if !c.enter() {
		return 0, ErrClosed
	}
	slot, s := coreSharedPoolAcquire(c.handle)
	c.lender.tookSlot()
	c.leave()
	return slot, asError(s)
}

// Release gives a slot back, whoever took it.
//
// Errors: ErrStale (it is free), ErrForeign (beyond the capacity), ErrCorrupt (guarded: it was written beyond its end; the
// slot is withdrawn), ErrReadOnly, ErrClosed. Two releases of one slot at the very same instant can both succeed, unless
// the pool is MemoryGuarded.
func (p *SharedPool) Release(slot uint32) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	c.lender.givesSlot()
	s := coreSharedPoolRelease(c.handle, slot)
	c.leave()
	return asError(s)
}

// ReleaseAt is Release by the distance from the first slot in bytes. Errors: ErrForeign also inside an object.
func (p *SharedPool) ReleaseAt(offset uint64) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	c.lender.givesSlot()
	s := coreSharedPoolReleaseAt(c.handle, offset)
	c.leave()
	return asError(s)
}

// Bytes lends the object of a taken slot, as Pool.Bytes does. Other processes may write to the same bytes at any time; who
// may is for the users to agree on.
//
// Errors: ErrStale, ErrForeign, ErrClosed. Cost: no call into C.
func (p *SharedPool) Bytes(slot uint32) ([]byte, error) {
	c := p.core
	if !c.enter() {
		return nil, ErrClosed
	}
	memory, s := c.lend(slot)
	c.leave()
	return memory, asError(s)
}

func (c *sharedPoolCore) lend(slot uint32) ([]byte, Status) {
	memory, s := c.at(slot)
	if s == statusOK {
		c.lender.lends()
	}
	return memory, s
}

func (c *sharedPoolCore) at(slot uint32) ([]byte, Status) {
	address, s := coreSharedPoolAt(c.handle, slot)
	if s != statusOK {
		return nil, s
	}
	return address.lend(0, c.objectBytes), s
}

// Read copies bytes from offset at of a taken slot's object into dst. Errors: as Bytes, ErrInvalidArgument (a range beyond
// the object; nothing is copied). Cost: no call into C.
func (p *SharedPool) Read(slot uint32, at uint64, dst []byte) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	memory, s := c.at(slot)
	if s == statusOK {
		s = copyRange(dst, memory, at)
	}
	c.leave()
	return asError(s)
}

// Write copies src into a taken slot's object, from offset at on. Errors: as Read, ErrReadOnly.
func (p *SharedPool) Write(slot uint32, at uint64, src []byte) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	s := coreSharedPoolWrite(c.handle, slot, at, src)
	c.leave()
	return asError(s)
}

// Fill fills a taken slot's object with one byte. Errors: as Write.
func (p *SharedPool) Fill(slot uint32, with byte) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	s := coreSharedPoolFill(c.handle, slot, with)
	c.leave()
	return asError(s)
}

// Reclaim finds the caches of dead processes, takes back what they kept and what they owned, and says how many slots that
// brought back. Others may be at work. Cost: O(caches), and O(capacity) for each dead one.
func (p *SharedPool) Reclaim() (slots uint64, err error) {
	c := p.core
	if !c.enter() {
		return 0, ErrClosed
	}
	defer c.leave()
	return coreSharedPoolReclaim(c.handle)
}

// Repair makes the depot anew from the record of who owns what: every free slot is in it. Nobody else may be at work.
// Errors: ErrBusy (a cache of a living process, or of this handle, is open), ErrReadOnly, ErrClosed.
func (p *SharedPool) Repair() error {
	return p.core.alone(func() error { return coreSharedPoolRepair(p.core.handle) })
}

// Reset releases every slot, those in caches too. No other process may be at work. Errors: ErrReadOnly, ErrClosed.
func (p *SharedPool) Reset() error {
	return p.core.alone(func() error { return asError(coreSharedPoolReset(p.core.handle)) })
}

// Validate checks the structure; exact while nobody works. Errors: ErrCorrupt (the message names place and cause).
func (p *SharedPool) Validate() error {
	return p.core.alone(func() error { return coreSharedPoolValidate(p.core.handle) })
}

// Stats are facts on the pool; others may be at work. Cost: O(slots that were ever taken).
func (p *SharedPool) Stats() (SharedPoolStats, error) {
	c := p.core
	if !c.enter() {
		return SharedPoolStats{}, ErrClosed
	}
	stats, s := coreSharedPoolStats(c.handle)
	c.leave()
	return stats, asError(s)
}

// Close closes the caches that were opened from this handle, and gives the handle up. It waits for calls that are under
// way. Objects in private memory go with it, but what slices keep. Closing again is fine; it never fails.
func (p *SharedPool) Close() error {
	c := p.core
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	for cache := range c.caches {
		cache.shut()
	}
	c.lender.giveBack(func() { coreSharedPoolClose(c.handle) })
	return nil
}
