// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// SlabOptions says what slab to make. Bytes is needed.
type SlabOptions struct {
	Bytes uint64      // for objects: 4096 to 2^40, rounded up to pages of 4096
	Flags MemoryFlags // all but MemoryTrack
}

// SlabClassStats are facts on one size class.
type SlabClassStats struct {
	Size  uint64 // bytes
	InUse uint64 // objects
	Pages uint64 // that the class has
}

// SlabStats are facts on a slab.
type SlabStats struct {
	InUse          uint64 // objects of all classes; those from Go's heap are apart
	Fallbacks      uint64 // requests served from Go's heap since creation
	FallbacksInUse uint64
	Failures       uint64 // requests answered ErrFull or ErrOutOfMemory
	Pages          uint64 // of 4096 bytes
	FreePages      uint64 // that no class has
	Classes        [slabClasses]SlabClassStats
	Granted        MemoryFlags // what the system granted
	Refused        MemoryFlags // and what it did not
}

// Slab is ten size classes, of 8 to 4096 bytes, over one span, for requests of mixed sizes with a fixed amount of memory. A
// request gets the smallest class that holds it; larger ones are served from Go's heap, and counted. A double free is
// ErrStale, and a slice that does not begin where an object of this slab does ErrForeign.
//
// The slices it lends hold until Free, Reset or Close; what is read through one afterwards is anything, and harms nobody.
//
// All methods may be called from any goroutine, and wait for one another. Alloc and Free call into C;
// nothing is allocated on Go's heap but what is larger than 4096 bytes.
type Slab struct {
	core  *blockCore[slabHandle]
	large outside // these under the core's lock
	live  map[uintptr][]byte
	freed *freedAddresses
}

// NewSlab makes a slab in private memory.
//
// Errors: ErrInvalidArgument (the message names the field), ErrTooLarge, ErrOutOfMemory, ErrUnsupported (with
// MemoryRequired).
func NewSlab(options SlabOptions) (*Slab, error) {
	handle, lender, err := coreSlabCreate(&options)
	if err != nil {
		return nil, err
	}
	return &Slab{
		core:  newBlock(nil, lender, handle, coreSlabClose),
		live:  map[uintptr][]byte{},
		freed: newFreedAddresses(),
	}, nil
}

// Alloc takes an object of size bytes. The slice's capacity is its class's size, all of which may be used; class says it
// too, and is 0 for what came from Go's heap. The bytes are whatever was there before.
//
// Errors: ErrInvalidArgument (size 0), ErrFull (no page left), ErrOutOfMemory (Go's heap), ErrClosed. Free it once.
func (s *Slab) Alloc(size uint64) (memory []byte, class uint64, err error) {
	c := s.core
	if !c.enter() {
		return nil, 0, ErrClosed
	}
	defer c.leave()
	if size > slabClassBytesMax {
		memory, err = s.allocLarge(size)
		return memory, 0, err
	}
	address, class, status := coreSlabAlloc(c.handle, size)
	if status != statusOK {
		return nil, 0, status
	}
	c.lender.lends()
	return address.lend(0, class)[:size], class, nil
}

func (s *Slab) allocLarge(size uint64) ([]byte, error) {
	memory, status := s.large.alloc(size, 1)
	if status != statusOK {
		s.large.failed++
		return nil, status
	}
	s.live[addressOf(memory)] = memory
	return memory, nil
}

// Free gives an object back; memory must begin where the slice from Alloc did.
//
// Errors: ErrStale (free already), ErrForeign (inside an object, or not from this slab), ErrCorrupt (guarded), ErrClosed.
func (s *Slab) Free(memory []byte) error {
	c := s.core
	if !c.enter() {
		return ErrClosed
	}
	defer c.leave()
	address := addressOf(memory)
	if large, is := s.live[address]; is {
		delete(s.live, address)
		s.freed.add(large)
		return nil
	}
	if s.freed.has(address) {
		return ErrStale
	}
	return asError(coreSlabFree(c.handle, memory))
}

// Reset frees everything at once. Cost: O(pages).
func (s *Slab) Reset() error {
	return s.core.do(func(h *slabHandle) Status {
		for _, memory := range s.live {
			s.freed.add(memory)
		}
		clear(s.live)
		return coreSlabReset(h)
	})
}

// Validate checks the structure. Errors: ErrCorrupt (the message names page and cause), ErrClosed.
func (s *Slab) Validate() error {
	c := s.core
	if !c.enter() {
		return ErrClosed
	}
	defer c.leave()
	return coreSlabValidate(c.handle)
}

// Stats are facts on the slab.
func (s *Slab) Stats() (stats SlabStats, err error) {
	err = s.core.do(func(h *slabHandle) (status Status) {
		stats, status = coreSlabStats(h)
		stats.Fallbacks += s.large.served
		stats.FallbacksInUse += uint64(len(s.live))
		stats.Failures += s.large.failed
		return status
	})
	return stats, err
}

// Close gives everything back, but what slices keep. Closing again is fine; it never fails.
func (s *Slab) Close() error {
	if s.core.close() {
		clear(s.live)
	}
	return nil
}
