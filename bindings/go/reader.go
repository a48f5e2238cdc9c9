// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"runtime"
	"sync/atomic"
)

// KvReader reads a store while its writer writes, in this process or another. Any number of goroutines may use one
// reader at once. A reader sees the old value of a key or the new one, whole; it takes no lock and leaves no trace.
type KvReader struct {
	core    atomic.Pointer[readerCore]
	region  *regionCore
	name    string
	options KvReaderOptions
}

// OpenKvReader opens a store for reading, in a region opened in either mode.
func (r *Region) OpenKvReader(name string, options KvReaderOptions) (*KvReader, error) {
	return openKvReader(r.core, name, options)
}

// Reader opens one more reader on the same store. It does not depend on this one, but on the region.
func (r *KvReader) Reader() (*KvReader, error) {
	if c := r.core.Load(); c == nil {
		return nil, ErrClosed
	}
	return openKvReader(r.region, r.name, r.options)
}

func openKvReader(region *regionCore, name string, options KvReaderOptions) (*KvReader, error) {
	region.mu.Lock()
	defer region.mu.Unlock()
	handle, err := coreKvReaderOpen(region.handle, name, options)
	if err != nil {
		return nil, err
	}
	r := new(KvReader)
	r.init(region, name, handle, options)
	return r, nil
}

func (r *KvReader) init(region *regionCore, name string, handle *readerHandle, options KvReaderOptions) {
	r.region, r.name, r.options = region, name, options
	r.core.Store(newReaderCore(region, handle, options))
}

// use is the inner object for one call, or nil if this reader or its region is closed. The caller keeps it alive until
// its last look at the region.
func (r *KvReader) use() *readerCore {
	c := r.core.Load()
	if c == nil || c.isClosed() {
		return nil
	}
	return c
}

// GetInto copies the value of key into dst, from its start, and says how long the value is and which write made it. It
// allocates nothing. Where dst is too small the error is ErrTooLarge and n what is needed; after an error the contents of
// dst are unspecified.
func (r *KvReader) GetInto(key, dst []byte) (n int, version uint64, err error) {
	c := r.use()
	if c == nil {
		return 0, 0, ErrClosed
	}
	var s Status
	if c.plain {
		n, version, _, s = c.get(key, dst, attemptsMax)
	} else {
		n, version, _, s = c.read(key, dst, attemptsMax)
	}
	runtime.KeepAlive(c)
	return n, version, asError(s)
}

// TryGet is GetInto with a bound of its own: it makes at most attemptsMax attempts (1 or more), says how many it made, and
// answers ErrTimedOut after them. Only writes to this very key, one after the other, can make an attempt fail.
func (r *KvReader) TryGet(key, dst []byte, attemptsMax uint32) (n int, version uint64, attempts uint32, err error) {
	c := r.use()
	if c == nil {
		return 0, 0, 0, ErrClosed
	}
	if attemptsMax == 0 {
		return 0, 0, 0, failure(ErrInvalidArgument, "attemptsMax is 0")
	}
	n, version, attempts, s := c.read(key, dst, attemptsMax)
	runtime.KeepAlive(c)
	return n, version, attempts, asError(s)
}

// Get returns a copy of the value of key, and which write made it.
func (r *KvReader) Get(key []byte) (value []byte, version uint64, err error) {
	c := r.use()
	if c == nil {
		return nil, 0, ErrClosed
	}
	var small [128]byte
	n, version, _, s := c.read(key, small[:], attemptsMax)
	if s == statusOK {
		value = append(make([]byte, 0, n), small[:n]...)
	}
	for s == statusTooLarge && n > len(value) {
		value = make([]byte, n)
		n, version, _, s = c.read(key, value, attemptsMax)
	}
	runtime.KeepAlive(c)
	if s != statusOK {
		return nil, 0, asError(s)
	}
	return value[:n], version, nil
}

// Contains says whether key is there.
func (r *KvReader) Contains(key []byte) (bool, error) {
	c := r.use()
	if c == nil {
		return false, ErrClosed
	}
	var e entry
	s := c.look(key, &e)
	runtime.KeepAlive(c)
	if s == statusNotFound {
		return false, nil
	}
	return s == statusOK, asError(s)
}

// Stats are facts on the store.
func (r *KvReader) Stats() (KvStats, error) {
	c := r.use()
	if c == nil {
		return KvStats{}, ErrClosed
	}
	stats, s := coreReaderStats(c.handle)
	runtime.KeepAlive(c)
	return stats, asError(s)
}

// Retries is how often reads through this handle had to start again since it was opened; 0 when it is closed.
func (r *KvReader) Retries() uint64 {
	c := r.use()
	if c == nil {
		return 0
	}
	retries := c.retries.Load() + coreReaderRetries(c.handle)
	runtime.KeepAlive(c)
	return retries
}

// Verify walks the whole store and checks everything that is stored. A writer may be at work meanwhile. What is wrong, and
// where, is in the error.
func (r *KvReader) Verify() error {
	c := r.use()
	if c == nil {
		return ErrClosed
	}
	err := coreReaderVerify(c.handle)
	runtime.KeepAlive(c)
	return err
}

// Close closes the reader: calls that are under way in other goroutines end as they would have, later ones answer
// ErrClosed. Closing again is fine; it never fails.
func (r *KvReader) Close() error {
	if c := r.core.Swap(nil); c != nil {
		readerWasClosed(c)
	}
	return nil
}
