// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import "runtime"

// View is a value lent in place: for values that are cheaper to look into than to copy. Its bytes may change at any time;
// use nothing derived from them before Check has answered nil. It may be kept as long as one likes: it keeps the memory
// it looks at, and Check says when that is no longer the value.
//
// The bytes are only handed out one load at a time, since a slice of them would change while the compiler believes that it
// cannot. Offsets out of range panic, as with a slice.
type View struct {
	core  *readerCore
	entry entry
}

// View lends the value of key. The errors are those of GetInto. A reader opened as Checked does not lend
// (ErrUnsupported): the checksum says nothing on bytes that are looked at later.
func (r *KvReader) View(key []byte) (View, error) {
	c := r.use()
	if c == nil {
		return View{}, ErrClosed
	}
	if c.checked {
		return View{}, failure(ErrUnsupported, "a reader opened as Checked lends no views")
	}
	v := View{core: c}
	if s := c.look(key, &v.entry); s != statusOK {
		return View{}, s
	}
	return v, nil
}

// Len is the value's length.
func (v View) Len() int { return int(v.entry.valueBytes) }

// Version is the number of the write that made the value.
func (v View) Version() uint64 { return v.entry.version }

// Word is the 8 bytes from offset at, a multiple of 8, as a little-endian number; beyond the value's end they are 0.
func (v View) Word(at int) uint64 {
	left := uint64(v.Len()) - uint64(at)
	if at < 0 || at >= v.Len() || at%8 != 0 {
		panic("drystone: a view's word out of range, or not at a multiple of 8")
	}
	word := v.core.span.load(v.entry.value + uint64(at))
	runtime.KeepAlive(v.core)
	if left < 8 {
		word &= 1<<(8*left) - 1
	}
	return word
}

// Byte is the byte at offset at.
func (v View) Byte(at int) byte {
	if at >= v.Len() {
		panic("drystone: a view's byte out of range")
	}
	return byte(v.Word(at&^7) >> (8 * (at & 7)))
}

// CopyTo copies bytes from offset at, a multiple of 8, to dst, and returns how many there were.
func (v View) CopyTo(dst []byte, at int) int {
	if at < 0 || at > v.Len() || at%8 != 0 {
		panic("drystone: a view's range out of range, or not at a multiple of 8")
	}
	n := min(len(dst), v.Len()-at)
	if n > 0 {
		v.core.span.copyOut(dst[:n], v.entry.value+uint64(at))
		runtime.KeepAlive(v.core)
	}
	return n
}

// Check says whether all that was read from the view until now was whole and current at the time of View: nil, or
// ErrStale (view again), or ErrClosed.
func (v View) Check() error {
	if v.core == nil || v.core.isClosed() {
		return ErrClosed
	}
	settled := v.core.settled(&v.entry)
	runtime.KeepAlive(v.core)
	if !settled {
		return ErrStale
	}
	return nil
}
