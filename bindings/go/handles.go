// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// The handles of the C core lie in C memory, each behind one inner object of this file. The objects that users hold
// refer to an inner object until they are closed. A call keeps its inner object alive until it returns, and only when no
// call and no open object refers to it any more does its cleanup free the C side. That is why Close needs no count of
// running calls, which would cost every read two contended atomic additions.

// regionCore is what a region and everything opened from it share. The parts refer to it, so it outlives them.
type regionCore struct {
	// One call at a time on the region and through its writers: the core asks for that, and a save must not see half of a
	// write.
	mu     sync.Mutex
	lender *lender
	handle *regionHandle
}

// Every call that closes something of a region can be the one that ends its mapping, so all of them go by way of the
// region's lender.

func newRegionCore(handle *regionHandle) *regionCore {
	c := &regionCore{lender: new(lender), handle: handle}
	l := c.lender
	runtime.AddCleanup(c, func(h *regionHandle) { l.giveBack(func() { coreRegionFree(h) }) }, handle)
	return c
}

type writerCore struct {
	region *regionCore
	handle *writerHandle
}

func newWriterCore(region *regionCore, handle *writerHandle) *writerCore {
	c := &writerCore{region, handle}
	// The copy that the cleanup gets keeps the region's core until then: its mutex is needed once more.
	runtime.AddCleanup(c, func(w writerCore) {
		w.region.mu.Lock()
		defer w.region.mu.Unlock()
		w.region.lender.giveBack(func() { coreWriterFree(w.handle) })
	}, *c)
	return c
}

// readerCore is what a read needs: where the store lies and its geometry, as the core checked it at opening. Nothing of
// it is read from the region again.
type readerCore struct {
	span        span
	closed      *uint32 // not 0 when the region was closed
	hashState   uint64
	groups      uint64
	control     uint64 // offsets in the part
	slots       uint64
	heap        uint64
	heapEnd     uint64
	plain       bool // neither of the two that follow
	checked     bool
	catchFaults bool
	handle      *readerHandle
	region      *regionCore
	_           [64]byte // what is counted lies on another cache line than what every read looks at
	retries     atomic.Uint64
}

func newReaderCore(region *regionCore, handle *readerHandle, options KvReaderOptions) *readerCore {
	collectClosedReaders()
	c := coreReaderGeometry(handle)
	c.region, c.handle = region, handle
	c.plain, c.checked, c.catchFaults = options == KvReaderOptions{}, options.Checked, options.CatchFaults
	l := region.lender
	runtime.AddCleanup(c, func(h *readerHandle) { l.giveBack(func() { coreReaderFree(h) }) }, handle)
	return c
}

func (c *readerCore) isClosed() bool { return atomic.LoadUint32(c.closed) != 0 }

// Closed readers hold their mapping until a collection. A program that opens and closes many, or large ones, while it
// allocates little would run out of mappings or memory before the collector sees a reason to run; so it is told: at once
// for much memory, and by whoever opens the next reader, who waits for it, for many.
const (
	collectAfterBytes   = 256 << 20
	collectAfterReaders = 64
)

var closedReaders, closedBytes atomic.Int64

func readerWasClosed(c *readerCore) {
	closedReaders.Add(1)
	if closedBytes.Add(int64(c.heapEnd)) >= collectAfterBytes {
		closedBytes.Store(0)
		go runtime.GC()
	}
}

func collectClosedReaders() {
	if closedReaders.Load() >= collectAfterReaders {
		closedReaders.Store(0)
		runtime.GC()
		runtime.Gosched() // cleanups run in a goroutine of the runtime's
	}
}
