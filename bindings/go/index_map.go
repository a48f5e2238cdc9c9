// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import "iter"

// IndexMapOptions says what index map to make.
type IndexMapOptions struct {
	Capacity uint64      // indices: 1 to 16,777,216
	Flags    MemoryFlags // MemoryPrefault, HugePages, NumaLocal, Required; none in a region
}

// IndexMapStats are facts on an index map.
type IndexMapStats struct {
	Capacity  uint64      // indices
	InUse     uint64      // indices that are taken
	Failures  uint64      // requests answered ErrFull
	SizeBytes uint64      // all memory of it
	Granted   MemoryFlags // what the system granted
	Refused   MemoryFlags // and what it did not
}

// IndexMap says which of the numbers below its capacity are taken, and gives the lowest free one in constant time.
//
// All methods may be called from any goroutine, and wait for one another; one in a region waits for all calls on that
// region. Each is a call into C, which takes several times as long as the work: AcquireMany and List pay that once for
// many. Nothing allocates.
type IndexMap struct{ core *blockCore[indexMapHandle] }

// IndexMapBytes is how many bytes a part for these options takes. Errors: ErrInvalidArgument, ErrTooLarge.
func IndexMapBytes(options IndexMapOptions) (uint64, error) { return coreIndexMapBytes(&options) }

// NewIndexMap makes an index map in private memory. Errors: those of NewPool.
func NewIndexMap(options IndexMapOptions) (*IndexMap, error) {
	handle, err := coreIndexMapCreate(&options)
	if err != nil {
		return nil, err
	}
	return &IndexMap{newBlock(nil, new(lender), handle, coreIndexMapClose)}, nil
}

// CreateIndexMap makes an index map as a new part of the region. Errors: those of CreatePool.
func (r *Region) CreateIndexMap(name string, options IndexMapOptions) (*IndexMap, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	handle, err := coreIndexMapCreateIn(r.core.handle, name, &options)
	if err != nil {
		return nil, err
	}
	return newIndexMap(r.core, handle), nil
}

// OpenIndexMap opens the index map of that name, and mends what a killed writer left half-done. In a region opened for
// reading everything that changes it is ErrReadOnly. Errors: those of OpenPool.
func (r *Region) OpenIndexMap(name string) (*IndexMap, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	handle, err := coreIndexMapOpen(r.core.handle, name)
	if err != nil {
		return nil, err
	}
	return newIndexMap(r.core, handle), nil
}

func newIndexMap(region *regionCore, handle *indexMapHandle) *IndexMap {
	return &IndexMap{newBlock(region, region.lender, handle, coreIndexMapClose)}
}

// Acquire takes the lowest free index. Errors: ErrFull (counted), ErrReadOnly, ErrCorrupt, ErrClosed. Cost: O(1).
func (m *IndexMap) Acquire() (index uint32, err error) {
	err = m.core.do(func(h *indexMapHandle) (s Status) {
		index, s = coreIndexMapAcquire(h)
		return s
	})
	return index, err
}

// AcquireAt takes that index. Errors: ErrAlreadyExists (taken), ErrInvalidArgument (beyond the capacity), ErrReadOnly,
// ErrClosed.
func (m *IndexMap) AcquireAt(index uint32) error {
	return m.core.do(func(h *indexMapHandle) Status { return coreIndexMapAcquireAt(h, index) })
}

// AcquireMany fills indices in ascending order, or takes none where fewer are free (ErrFull). One call into C for all.
func (m *IndexMap) AcquireMany(indices []uint32) error {
	return m.core.do(func(h *indexMapHandle) Status { return coreIndexMapAcquireMany(h, indices) })
}

// Release gives an index back. Errors: ErrStale (free already), ErrInvalidArgument (beyond the capacity), ErrReadOnly,
// ErrClosed. Cost: O(1).
func (m *IndexMap) Release(index uint32) error {
	return m.core.do(func(h *indexMapHandle) Status { return coreIndexMapRelease(h, index) })
}

// Contains says whether the index is taken. Errors: ErrInvalidArgument (beyond the capacity), ErrClosed.
func (m *IndexMap) Contains(index uint32) (used bool, err error) {
	err = m.core.do(func(h *indexMapHandle) (s Status) {
		used, s = coreIndexMapContains(h, index)
		return s
	})
	return used, err
}

// NextUsed is the first taken index at or after from, else ErrNotFound. Cost: O(1).
func (m *IndexMap) NextUsed(from uint32) (index uint32, err error) {
	err = m.core.do(func(h *indexMapHandle) (s Status) {
		index, s = coreIndexMapNextUsed(h, from)
		return s
	})
	return index, err
}

// NextFree is the first free index at or after from, else ErrNotFound. Cost: O(1).
func (m *IndexMap) NextFree(from uint32) (index uint32, err error) {
	err = m.core.do(func(h *indexMapHandle) (s Status) {
		index, s = coreIndexMapNextFree(h, from)
		return s
	})
	return index, err
}

// List fills indices with taken ones from from on, ascending, and says how many there were; fewer than there is room for
// means that these were the last. One call into C for all of them.
func (m *IndexMap) List(from uint32, indices []uint32) (n int, err error) {
	err = m.core.do(func(h *indexMapHandle) (s Status) {
		n, s = coreIndexMapList(h, from, indices)
		return s
	})
	return n, err
}

// All are the taken indices in ascending order, each as it is when the loop's list, of 64 at a time, comes to it. The loop
// may take and release indices. It ends with an error where the map is closed or corrupt.
func (m *IndexMap) All() iter.Seq2[uint32, error] {
	return func(yield func(uint32, error) bool) {
		var some [64]uint32
		for from := uint32(0); ; {
			n, err := m.List(from, some[:])
			if err != nil {
				yield(0, err)
				return
			}
			for _, index := range some[:n] {
				if !yield(index, nil) {
					return
				}
			}
			if n < len(some) {
				return
			}
			from = some[n-1] + 1
		}
	}
}

// Reset gives every index back. Cost: O(capacity / 64).
func (m *IndexMap) Reset() error {
	return m.core.do(coreIndexMapReset)
}

// Repair makes what follows from the record of taken indices anew. Cost: O(capacity / 64).
func (m *IndexMap) Repair() error {
	return m.core.do(coreIndexMapRepair)
}

// Validate checks that all levels agree. Errors: ErrCorrupt (the message names the place), ErrClosed.
func (m *IndexMap) Validate() error {
	c := m.core
	if !c.enter() {
		return ErrClosed
	}
	defer c.leave()
	return coreIndexMapValidate(c.handle)
}

// Stats are facts on the map.
func (m *IndexMap) Stats() (stats IndexMapStats, err error) {
	err = m.core.do(func(h *indexMapHandle) (s Status) {
		stats, s = coreIndexMapStats(h)
		return s
	})
	return stats, err
}

// Close gives the map up, and private memory with it. Closing again is fine; it never fails.
func (m *IndexMap) Close() error {
	m.core.close()
	return nil
}
