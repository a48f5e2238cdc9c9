// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"sync/atomic"
)

// lender is where the memory comes from that a block, or a region, lends slices of. A slice holds nothing but an address,
// so either that is one of Go's own memory, which the collector keeps while there is such a slice; or the addresses are
// never given back once something was lent: after the end zeros stand there, which are nobody's.
type lender struct {
	own    []byte // memory of Go's, aligned to a page; nil: the core's
	pinner runtime.Pinner
	lent   atomic.Bool // a slice of the core's memory
}

// outsideOfGo are the flags that are not for memory of Go's heap, which serves something else one day.
const outsideOfGo = MemoryHugePages | MemoryNumaLocal

const pageBytes = 4096

// take gets memory of Go's, and says where it is. Behind its end there is more of it, so that an address of the end is not
// one of something else.
func (l *lender) take(bytes uint64) uintptr {
	l.own = alignedTo(make([]byte, bytes+pageBytes), pageBytes)[:bytes:bytes]
	l.pinner.Pin(&l.own[0])
	return l.base()
}

func (l *lender) base() uintptr { return addressOf(l.own) }

// drop lets go of memory of Go's that the core does not know any more.
func (l *lender) drop() {
	l.own = nil
	l.pinner.Unpin()
}

// lends is to be called for each slice of the memory that is handed out.
func (l *lender) lends() {
	if l.own == nil && !l.lent.Load() {
		l.lent.Store(true)
	}
}
