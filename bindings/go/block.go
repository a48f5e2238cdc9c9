// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// blockCore is what every memory block but the shared pool stands on: a handle of the C core's, of type H, and the lock
// under which it is used. A part's lock is that of its region, since all handles on one part take turns.
//
// What a block lends, as a slice of the core's memory, the collector does not see. So a block that has lent anything
// keeps its memory after Close, until nothing refers to the block any more; one that has not gives it back at once.
type blockCore[H any] struct {
	mu     *sync.Mutex
	own    sync.Mutex
	region *regionCore // nil: private memory
	handle *H
	shut   func(*H) // closes the handle; again is fine
	closed bool     // this and lent only under the lock
	lent   bool
}

// leftover is what is to be given back once a block cannot be reached.
type leftover[H any] struct {
	region *regionCore
	handle *H
	shut   func(*H)
}

func newBlock[H any](region *regionCore, handle *H, shut func(*H)) *blockCore[H] {
	collectClosedBlocks()
	c := &blockCore[H]{region: region, handle: handle, shut: shut}
	c.mu = &c.own
	if region != nil {
		c.mu = &region.mu
	}
	runtime.AddCleanup(c, leftover[H].giveBack, leftover[H]{region, handle, shut})
	return c
}

func (l leftover[H]) giveBack() {
	if l.region != nil {
		l.region.mu.Lock()
		defer l.region.mu.Unlock()
	}
	l.shut(l.handle)
	freeHandle(l.handle)
}

// enter takes the lock for one call, unless the block is closed. A nil core is that of a zero value.
func (c *blockCore[H]) enter() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	return true
}

// leave ends a call. It is the last use of c, which keeps its memory until here.
func (c *blockCore[H]) leave() { c.mu.Unlock() }

// do is one call that has nothing but a status to tell.
func (c *blockCore[H]) do(call func(*H) Status) error {
	if !c.enter() {
		return ErrClosed
	}
	s := call(c.handle)
	c.leave()
	return asError(s)
}

// close is true for the first call. Where something was lent, whatLentStays lets go of what it can at once, and says how
// many bytes of memory stay behind.
func (c *blockCore[H]) close(whatLentStays func(*H) uint64) bool {
	if !c.enter() {
		return false
	}
	defer c.leave()
	c.closed = true
	if c.lent {
		blockWasClosed(whatLentStays(c.handle))
	} else {
		c.shut(c.handle)
	}
	return true
}

// Closed blocks that lent something hold address space, and perhaps memory, until a collection. As for closed readers,
// the collector is told when that is much, or when there are many.
const collectAfterBlocks = 1024

var closedBlocks atomic.Int64

func blockWasClosed(bytes uint64) {
	closedBlocks.Add(1)
	if closedBytes.Add(int64(bytes)) >= collectAfterBytes {
		closedBytes.Store(0)
		go runtime.GC()
	}
}

func collectClosedBlocks() {
	if closedBlocks.Load() >= collectAfterBlocks {
		closedBlocks.Store(0)
		runtime.GC()
		runtime.Gosched() // cleanups run in a goroutine of the runtime's
	}
}
