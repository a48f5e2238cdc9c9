// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// BufferPoolOptions says what buffer pool to make. Elements and Blocks are needed.
type BufferPoolOptions struct {
	Elements uint64      // of a block, 1 and up; all together at most 2^30 bytes
	Blocks   uint64      // 1 to 2^30
	Align    uint64      // of each block: a power of two to 4096; 0: that of the elements, or more; 64 for SIMD
	Flags    MemoryFlags // MemoryWipe makes the elements of a block that is taken again zero
}

// BufferPoolStats are facts on a buffer pool.
type BufferPoolStats struct {
	Blocks       uint64      // all of them
	InUse        uint64      // blocks
	Peak         uint64      // the most blocks in use at once
	Elements     uint64      // of a block
	ElementBytes uint64      // of one element
	Stride       uint64      // bytes from block to block
	Failures     uint64      // requests answered ErrFull
	SizeBytes    uint64      // all memory of it
	Granted      MemoryFlags // what the system granted
	Refused      MemoryFlags // and what it did not
}

// BufferPool is blocks of elements of type T: for message and sample buffers of one shape.
//
// All methods of the pool and of its buffers may be called from any goroutine, and wait for one another. Only
// where the pool is guarded or wiped do Acquire and Release call into C. Nothing allocates.
type BufferPool[T Element] struct {
	core     *blockCore[bufferPoolHandle]
	elements uint64
}

// Buffer is a block that was taken. It is a small value, to be released once; copies of it are the same block. After
// that every use of any of them is ErrStale for ever, also when the block is in use again.
type Buffer[T Element] struct {
	pool   *BufferPool[T]
	handle uint64
}

// NewBufferPool makes a buffer pool in private memory.
//
// Errors: ErrInvalidArgument (the message names the field), ErrTooLarge, ErrOutOfMemory, ErrUnsupported (with
// MemoryRequired).
func NewBufferPool[T Element](options BufferPoolOptions) (*BufferPool[T], error) {
	elementBytes, _ := bytesOfElements[T](1)
	if options.Align > 0 && options.Align < alignOf[T]() {
		return nil, failure(ErrInvalidArgument, "Align: is less than the elements need")
	}
	handle, lender, err := coreBufferPoolCreate(&options, elementBytes)
	if err != nil {
		return nil, err
	}
	return &BufferPool[T]{newBlock(nil, lender, handle, func(h *bufferPoolHandle) { coreBufferPoolClose(h) }), options.Elements}, nil
}

// Acquire takes a block. Its elements are zero when it was never taken before, else what the last user left, unless the
// pool is MemoryWipe.
//
// Errors: ErrFull (counted), ErrClosed.
func (p *BufferPool[T]) Acquire() (Buffer[T], error) {
	c := p.core
	if !c.enter() {
		return Buffer[T]{}, ErrClosed
	}
	handle, s := coreBufferPoolAcquire(c.handle)
	c.leave()
	if s != statusOK {
		return Buffer[T]{}, s
	}
	return Buffer[T]{p, handle}, nil
}

// Stats are facts on the pool.
func (p *BufferPool[T]) Stats() (stats BufferPoolStats, err error) {
	err = p.core.do(func(h *bufferPoolHandle) (s Status) {
		stats, s = coreBufferPoolStats(h)
		return s
	})
	return stats, err
}

// Close gives the blocks back, taken ones too, but what slices keep. Closing again is fine.
//
// Errors: ErrCorrupt (guarded: a block was written beyond its end, or while nobody had it; all is closed nevertheless).
func (p *BufferPool[T]) Close() error {
	var found Status
	p.core.closeBy(func(h *bufferPoolHandle) { found = coreBufferPoolClose(h) })
	return asError(found)
}

// use calls do with the elements of the block, under the pool's lock.
func (b Buffer[T]) use(do func(elements []T) Status) error {
	if b.pool == nil {
		return ErrStale
	}
	return b.pool.core.do(func(h *bufferPoolHandle) Status {
		elements, s := b.elements(h)
		if s != statusOK {
			return s
		}
		return do(elements)
	})
}

func (b Buffer[T]) elements(h *bufferPoolHandle) ([]T, Status) {
	address, s := coreBufferPoolAt(h, b.handle)
	if s != statusOK {
		return nil, s
	}
	size, _ := bytesOfElements[T](int(b.pool.elements))
	return elementsOf[T](address.lend(0, size)), s
}

// Len is how many elements a block has; 0 for the zero Buffer.
func (b Buffer[T]) Len() int {
	if b.pool == nil {
		return 0
	}
	return int(b.pool.elements)
}

// Get is the element at that place. Errors: ErrStale (released), ErrInvalidArgument (out of bounds), ErrClosed.
func (b Buffer[T]) Get(at int) (value T, err error) {
	err = b.use(func(elements []T) Status {
		if at < 0 || at >= len(elements) {
			return statusInvalidArgument
		}
		value = elements[at]
		return statusOK
	})
	return value, err
}

// Set sets the element at that place. Errors: as Get.
func (b Buffer[T]) Set(at int, value T) error {
	return b.use(func(elements []T) Status {
		if at < 0 || at >= len(elements) {
			return statusInvalidArgument
		}
		elements[at] = value
		return statusOK
	})
}

// Read copies elements from place at on into dst. Errors: as Get, and nothing is copied where the range ends behind the
// block.
func (b Buffer[T]) Read(at int, dst []T) error {
	return b.use(func(elements []T) Status {
		if at < 0 || at > len(elements) || len(dst) > len(elements)-at {
			return statusInvalidArgument
		}
		copy(dst, elements[at:])
		return statusOK
	})
}

// Write copies src into the block, from place at on. Errors: as Read.
func (b Buffer[T]) Write(at int, src []T) error {
	return b.use(func(elements []T) Status {
		if at < 0 || at > len(elements) || len(src) > len(elements)-at {
			return statusInvalidArgument
		}
		copy(elements[at:], src)
		return statusOK
	})
}

// Elements lends the block. The slice holds until the block is released or the pool closed; what is read through it
// afterwards is anything, and harms nobody. Errors: ErrStale, ErrClosed.
func (b Buffer[T]) Elements() (elements []T, err error) {
	err = b.use(func(all []T) Status {
		b.pool.core.lender.lends()
		elements = all
		return statusOK
	})
	return elements, err
}

// Release gives the block back. Errors: ErrStale (released already), ErrCorrupt (guarded: it was written beyond its end),
// ErrClosed.
func (b Buffer[T]) Release() error {
	if b.pool == nil {
		return ErrStale
	}
	return b.pool.core.do(func(h *bufferPoolHandle) Status { return coreBufferPoolRelease(h, b.handle) })
}
