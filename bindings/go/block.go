// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"sync"
)

// blockCore is what every memory block but the shared pool stands on: a handle of the C core's, of type H, and the lock
// under which it is used. A part's lock is that of its region, since all handles on one part take turns.
type blockCore[H any] struct {
	mu     *sync.Mutex
	own    sync.Mutex
	lender *lender
	handle *H
	shut   func(*H) // closes the handle; again is fine
	closed bool     // this and what follows only under the lock
	holds  uint64   // how often it was held
	held   uint64   // the number of the hold that lasts; 0: none
}

// leftover is what is to be given back once a block cannot be reached.
type leftover[H any] struct {
	region *regionCore // nil: private memory
	lender *lender
	handle *H
	shut   func(*H)
}

// newBlock is for a handle in private memory, with its lender, or on a part, with its region's.
func newBlock[H any](region *regionCore, lender *lender, handle *H, shut func(*H)) *blockCore[H] {
	c := &blockCore[H]{lender: lender, handle: handle, shut: shut}
	c.mu = &c.own
	if region != nil {
		c.mu = &region.mu
	}
	runtime.AddCleanup(c, leftover[H].giveBack, leftover[H]{region, lender, handle, shut})
	return c
}

func (l leftover[H]) giveBack() {
	if l.region != nil {
		l.region.mu.Lock()
		defer l.region.mu.Unlock()
	}
	l.lender.giveBack(func() { l.shut(l.handle) })
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

// hold is the lock for many calls in a row.
type hold[H any] struct {
	core   *blockCore[H]
	number uint64
}

func (c *blockCore[H]) hold() (hold[H], bool) {
	if !c.enter() {
		return hold[H]{}, false
	}
	c.holds++
	c.held = c.holds
	return hold[H]{c, c.held}, true
}

// lasts is false for a zero value, and after the end, also of a copy.
func (h hold[H]) lasts() bool { return h.core != nil && h.core.held == h.number }

func (h hold[H]) end() {
	if h.lasts() {
		h.core.held = 0
		h.core.leave()
	}
}

// do is one call that has nothing but a status to tell.
func (c *blockCore[H]) do(call func(*H) Status) error {
	if !c.enter() {
		return ErrClosed
	}
	s := call(c.handle)
	c.leave()
	return asError(s)
}

// close is true for the first call. What was lent stays; see lender.
func (c *blockCore[H]) close() bool { return c != nil && c.closeBy(c.shut) }

// closeBy is close for who wants to know what closing found.
func (c *blockCore[H]) closeBy(shut func(*H)) bool {
	if !c.enter() {
		return false
	}
	defer c.leave()
	c.closed = true
	c.lender.giveBack(func() { shut(c.handle) })
	return true
}
