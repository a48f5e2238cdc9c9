// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"iter"
	"strconv"
)

// PoolOptions says what pool to make. ObjectBytes and Capacity are needed; zero is the default of all else.
type PoolOptions struct {
	ObjectBytes uint64      // 1 to 2^30
	Capacity    uint64      // slots: 1 to 2^30
	Align       uint64      // of each slot: a power of two to 4096; 0: the largest that divides ObjectBytes, 16 at most
	CapacityMax uint64      // private memory only: grow to this many slots; 0: do not grow
	Chunk       uint64      // how many slots it grows by at a time; 0: as many as there are
	Flags       MemoryFlags // in a region MemoryGuarded and MemoryWipe only
}

// PoolStats are facts on a pool.
type PoolStats struct {
	ObjectBytes uint64      // of one object
	Stride      uint64      // bytes from slot to slot
	Align       uint64      // bytes
	Capacity    uint64      // slots, now
	CapacityMax uint64      // slots that it can grow to
	InUse       uint64      // slots, withdrawn ones included
	Peak        uint64      // the most slots in use at once; survives Reset
	Failures    uint64      // requests answered ErrFull
	Withdrawn   uint64      // slots found damaged, which nobody gets any more
	SizeBytes   uint64      // all memory of the pool
	Granted     MemoryFlags // what the system granted
	Refused     MemoryFlags // and what it did not
}

// Pool is slots of one size, taken and given back in any order at the same cost every time. A slot is known by its number.
// A double release is ErrStale and a number that is none of the pool's ErrForeign, always.
//
// All methods may be called from any goroutine, and wait for one another; see SharedPool for goroutines that must not
// wait. A pool in a region waits for all calls on that region. A call is mostly its lock, which Hold takes once for
// many; in pools that are guarded, wiped, tracked or parts of a region taking and releasing call into C, which AcquireMany
// and ReleaseMany do once for all their slots. No method but Leaks allocates.
type Pool struct {
	core        *blockCore[poolHandle]
	objectBytes uint64
	sites       sites // under the core's lock; nil: not tracked
}

// PoolBytes is how many bytes a part for these options takes. Errors: ErrInvalidArgument, ErrTooLarge.
func PoolBytes(options PoolOptions) (uint64, error) { return corePoolBytes(&options) }

// NewPool makes a pool in private memory.
//
// Errors: ErrInvalidArgument (the message names the field), ErrTooLarge, ErrOutOfMemory, ErrUnsupported (with
// MemoryRequired).
func NewPool(options PoolOptions) (*Pool, error) {
	handle, lender, err := corePoolCreate(&options)
	if err != nil {
		return nil, err
	}
	return newPool(nil, lender, handle, checkedBuild || options.Flags&MemoryTrack != 0)
}

// CreatePool makes a pool as a new part of the region.
//
// Errors: those of NewPool, ErrAlreadyExists, ErrFull (no room for the part), ErrReadOnly, ErrStale, ErrClosed.
func (r *Region) CreatePool(name string, options PoolOptions) (*Pool, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	handle, err := corePoolCreateIn(r.core.handle, name, &options)
	if err != nil {
		return nil, err
	}
	return newPool(r.core, r.core.lender, handle, false)
}

// OpenPool opens the pool of that name, and mends what a killed writer left half-done. Slots that were taken stay taken:
// Used lists them. In a region opened for reading everything that changes the pool is ErrReadOnly.
//
// Errors: ErrNotFound, ErrTypeMismatch, ErrVersionMismatch, ErrCorrupt, ErrClosed. Cost: O(capacity).
func (r *Region) OpenPool(name string) (*Pool, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	handle, err := corePoolOpen(r.core.handle, name)
	if err != nil {
		return nil, err
	}
	return newPool(r.core, r.core.lender, handle, false)
}

func newPool(region *regionCore, lender *lender, handle *poolHandle, track bool) (*Pool, error) {
	stats, s := corePoolStats(handle)
	if s != statusOK || stats.ObjectBytes > stats.Stride {
		lender.giveBack(func() { corePoolClose(handle) })
		freeHandle(handle)
		return nil, failure(ErrCorrupt, "the pool's objects do not fit into its slots")
	}
	p := &Pool{core: newBlock(region, lender, handle, corePoolClose), objectBytes: stats.ObjectBytes}
	if track {
		p.sites = sites{}
	}
	return p, nil
}

// Acquire takes a slot: the one released last, or with none released the next one that was never taken. What it holds is
// what was there before, zeros in fresh memory.
//
// Errors: ErrFull (counted), ErrReadOnly, ErrCorrupt, ErrOutOfMemory (growing), ErrClosed. Release it once.
func (p *Pool) Acquire() (slot uint32, err error) {
	c := p.core
	if !c.enter() {
		return 0, ErrClosed
	}
	slot, s := p.acquire()
	c.leave()
	return slot, asError(s)
}

// What follows is done under the core's lock, for public methods alone: sites counts the calls between.

func (p *Pool) acquire() (uint32, Status) {
	slot, taken := poolTake(p.core.handle)
	if !taken {
		var s Status
		if slot, s = corePoolAcquire(p.core.handle); s != statusOK {
			return 0, s
		}
	}
	if p.sites != nil {
		p.sites.taken(slot)
	}
	return slot, statusOK
}

func (p *Pool) alloc() (memory []byte, slot uint32, s Status) {
	h := p.core.handle
	slot, taken := poolTake(h)
	if !taken {
		if slot, s = corePoolAcquire(h); s != statusOK {
			return nil, 0, s
		}
	}
	if p.sites != nil {
		p.sites.taken(slot)
	}
	p.core.lender.lends()
	return corePoolObject(h, slot).lend(0, p.objectBytes), slot, statusOK
}

func (p *Pool) allocMany(slots []uint32, memory [][]byte) Status {
	s := corePoolAcquireMany(p.core.handle, slots)
	for i := 0; i < len(slots) && s == statusOK; i++ {
		if p.sites != nil {
			p.sites.taken(slots[i])
		}
		if memory != nil {
			p.core.lender.lends()
			memory[i] = corePoolObject(p.core.handle, slots[i]).lend(0, p.objectBytes)
		}
	}
	return s
}

func (p *Pool) release(slot uint32) Status {
	if !poolGive(p.core.handle, slot) {
		if s := corePoolRelease(p.core.handle, slot); s != statusOK {
			return s
		}
	}
	if p.sites != nil {
		delete(p.sites, slot)
	}
	return statusOK
}

func (p *Pool) releaseMany(slots []uint32) Status {
	s := corePoolReleaseMany(p.core.handle, slots)
	if p.sites != nil && s == statusOK {
		for _, slot := range slots {
			delete(p.sites, slot)
		}
	}
	return s
}

func (p *Pool) lend(slot uint32) ([]byte, Status) {
	memory, s := p.at(slot)
	if s == statusOK {
		p.core.lender.lends()
	}
	return memory, s
}

func (p *Pool) at(slot uint32) ([]byte, Status) {
	address, s := corePoolAt(p.core.handle, slot)
	if s != statusOK {
		return nil, s
	}
	return address.lend(0, p.objectBytes), s
}

// Alloc is Acquire and Bytes in one call. Release the slot once.
func (p *Pool) Alloc() (memory []byte, slot uint32, err error) {
	c := p.core
	if !c.enter() {
		return nil, 0, ErrClosed
	}
	memory, slot, s := p.alloc()
	c.leave()
	return memory, slot, asError(s)
}

// Release gives a slot back.
//
// Errors: ErrStale (it is free), ErrForeign (beyond the capacity), ErrCorrupt (guarded: it was written beyond its end; the
// slot is withdrawn), ErrReadOnly, ErrClosed.
func (p *Pool) Release(slot uint32) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	s := p.release(slot)
	c.leave()
	return asError(s)
}

// AcquireMany fills slots, or takes none where fewer are free (ErrFull). One call into C for all of them.
func (p *Pool) AcquireMany(slots []uint32) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	s := p.allocMany(slots, nil)
	c.leave()
	return asError(s)
}

// AllocMany is AcquireMany, and fills memory, which has the same length (else ErrInvalidArgument), with what Bytes lends.
func (p *Pool) AllocMany(slots []uint32, memory [][]byte) error {
	if len(slots) != len(memory) {
		return failure(ErrInvalidArgument, "slots and memory differ in length")
	}
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	s := p.allocMany(slots, memory)
	c.leave()
	return asError(s)
}

// ReleaseMany gives all of slots back, or none if one is wrong or comes twice. One call into C for all of them.
func (p *Pool) ReleaseMany(slots []uint32) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	s := p.releaseMany(slots)
	c.leave()
	return asError(s)
}

// ReleaseAt is Release by the distance from the first slot in bytes. Errors: ErrForeign also inside an object.
func (p *Pool) ReleaseAt(offset uint64) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	s := corePoolReleaseAt(c.handle, offset)
	if stride := corePoolStride(c.handle); p.sites != nil && s == statusOK {
		delete(p.sites, uint32(offset/stride))
	}
	c.leave()
	return asError(s)
}

// Bytes lends the object of a taken slot. The slice holds until the slot is released, or the pool is closed; what is read
// through it afterwards is anything, and harms nobody. In a region opened for reading the slice must not be written to, which
// would end the process.
//
// Errors: ErrStale (it is free), ErrForeign, ErrClosed. Cost: no call into C.
func (p *Pool) Bytes(slot uint32) ([]byte, error) {
	c := p.core
	if !c.enter() {
		return nil, ErrClosed
	}
	memory, s := p.lend(slot)
	c.leave()
	return memory, asError(s)
}

// Read copies bytes from offset at of a taken slot's object into dst. Errors: as Bytes, ErrInvalidArgument (a range beyond
// the object; nothing is copied). Cost: no call into C.
func (p *Pool) Read(slot uint32, at uint64, dst []byte) error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	memory, s := p.at(slot)
	if s == statusOK {
		s = copyRange(dst, memory, at)
	}
	c.leave()
	return asError(s)
}

// copyRange fills dst with what stands from offset at of an object on.
func copyRange(dst, object []byte, at uint64) Status {
	if at > uint64(len(object)) || uint64(len(dst)) > uint64(len(object))-at {
		return statusInvalidArgument
	}
	copy(dst, object[at:])
	return statusOK
}

// Write copies src into a taken slot's object, from offset at on. Errors: as Read, ErrReadOnly.
func (p *Pool) Write(slot uint32, at uint64, src []byte) error {
	return p.core.do(func(h *poolHandle) Status { return corePoolWrite(h, slot, at, src) })
}

// Fill fills a taken slot's object with one byte. Errors: as Write.
func (p *Pool) Fill(slot uint32, with byte) error {
	return p.core.do(func(h *poolHandle) Status { return corePoolFill(h, slot, with) })
}

// NextUsed is the first taken slot at or after from, else ErrNotFound. Cost: O(capacity / 64).
func (p *Pool) NextUsed(from uint32) (slot uint32, err error) {
	err = p.core.do(func(h *poolHandle) (s Status) {
		slot, s = corePoolNextUsed(h, from)
		return s
	})
	return slot, err
}

// Used are the taken slots in ascending order. The loop may take and release slots; it sees those as they are when it
// comes to them. It ends early when the pool is closed.
func (p *Pool) Used() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for from := uint32(0); ; {
			slot, err := p.NextUsed(from)
			if err != nil || !yield(slot) {
				return
			}
			from = slot + 1
		}
	}
}

// Reset releases every slot; afterwards they come in ascending order from 0 again. Withdrawn ones come back too.
func (p *Pool) Reset() error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	s := corePoolReset(c.handle)
	if s == statusOK {
		clear(p.sites)
	}
	c.leave()
	return asError(s)
}

// Validate checks the structure and, guarded, every canary and free object. Errors: ErrCorrupt (the message names slot and
// cause), ErrOutOfMemory, ErrClosed. Cost: O(capacity).
func (p *Pool) Validate() error {
	c := p.core
	if !c.enter() {
		return ErrClosed
	}
	defer c.leave()
	return corePoolValidate(c.handle)
}

// Leaks tells of every slot in use, in ascending order, with the line of Go that took it where MemoryTrack was asked for.
func (p *Pool) Leaks() ([]Leak, error) {
	c := p.core
	if !c.enter() {
		return nil, ErrClosed
	}
	defer c.leave()
	leaks := []Leak{}
	for from := uint32(0); ; {
		slot, s := corePoolNextUsed(c.handle, from)
		switch s {
		case statusOK:
			leaks = append(leaks, Leak{slot, p.objectBytes, p.sites.of(slot)})
			from = slot + 1
		case statusNotFound:
			return leaks, nil
		default:
			return nil, asError(s)
		}
	}
}

// Stats are facts on the pool.
func (p *Pool) Stats() (stats PoolStats, err error) {
	err = p.core.do(func(h *poolHandle) (s Status) {
		stats, s = corePoolStats(h)
		return s
	})
	if err == nil && p.sites != nil {
		stats.Granted |= MemoryTrack // by the wrapper; see sites
	}
	return stats, err
}

// Close gives the pool up; objects in private memory go with it, but what slices keep. Closing again is fine; it never
// fails.
func (p *Pool) Close() error {
	p.core.close()
	return nil
}

// Leak is one slot that nobody has released.
type Leak struct {
	Slot  uint32
	Bytes uint64 // of its object
	Site  string // "file:line" of the call that took it; empty where it was not tracked
}

func (l Leak) String() string {
	site := l.Site
	if site == "" {
		site = "somewhere (not tracked)"
	}
	return "slot " + strconv.FormatUint(uint64(l.Slot), 10) + ", " + strconv.FormatUint(l.Bytes, 10) + " bytes, taken at " + site
}
