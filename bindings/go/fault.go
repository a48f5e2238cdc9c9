// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import "runtime/debug"

// read is get, in the way the reader was opened for.
func (c *readerCore) read(key, dst []byte, bound uint32) (n int, version uint64, attempts uint32, s Status) {
	switch {
	case c.checked:
		return coreTryGet(c.handle, key, dst, bound)
	case c.catchFaults:
		return c.readCatching(key, dst, bound)
	}
	return c.get(key, dst, bound)
}

func (c *readerCore) readCatching(key, dst []byte, bound uint32) (n int, version uint64, attempts uint32, s Status) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer c.caught(&s)
	return c.get(key, dst, bound)
}

// look is locate, in the way the reader was opened for.
func (c *readerCore) look(key []byte, e *entry) (s Status) {
	if c.checked {
		return coreContains(c.handle, key)
	}
	if c.catchFaults {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer c.caught(&s)
	}
	return c.locate(key, e)
}

// caught turns a fault on the store's own memory into a status. Every other panic goes on.
func (c *readerCore) caught(s *Status) {
	switch r := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }:
		if !c.span.holds(r.Addr(), c.heapEnd) {
			panic(r)
		}
		*s = statusIO
	default:
		panic(r)
	}
}
