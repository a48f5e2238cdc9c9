// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"strconv"
	"sync/atomic"
)

// KvOptions says what store to make.
type KvOptions struct {
	Entries uint64  // how many keys it can hold
	Bytes   uint64  // how many bytes all keys and values can take together
	Seed    *uint64 // of the hash; nil: random. With the same seed equal writes give equal bytes
}

// KvReaderOptions says how a reader is to read. The zero value is what most want.
type KvReaderOptions struct {
	// Checked verifies the block's checksum on every read, and answers ErrCorrupt where it is wrong. Each read is then a
	// call into C.
	Checked bool
	// CatchFaults makes Get, GetInto, TryGet, Contains, GetMany and View (not what is done with the view) answer ErrIO where
	// memory that they touch is gone, because another process truncated the file; without it, and in all other calls, that
	// ends this process. It costs a few nanoseconds a read. It has no effect together with Checked: a fault in C cannot be
	// caught.
	CatchFaults bool
}

// KvStats are facts on a store, each as of some moment during the call.
type KvStats struct {
	Entries      uint64 // keys in it
	Capacity     uint64 // keys it can hold
	DataBytes    uint64 // of all keys and values
	DataCapacity uint64
	Version      uint64 // number of the last write
	Relocation   uint64 // two more with every compaction and recovery
	SizeBytes    uint64 // of the whole part
}

// Kv is the one writer of a store. Its writes may come from any goroutine and wait for one another. It reads as a
// KvReader does: every method of the reader works on it, and waits for nobody.
//
// Every successful write takes the next number of the store as its version, from 1; a version never comes back.
type Kv struct {
	KvReader
	writer atomic.Pointer[writerCore]
}

// KvBytes is how many bytes a part for these options takes. A region needs two pages for itself beside its parts.
func KvBytes(options KvOptions) (uint64, error) { return coreKvBytes(&options) }

// CreateKv makes a store as a new part of the region.
func (r *Region) CreateKv(name string, options KvOptions) (*Kv, error) {
	return r.newKv(name, func() (*writerHandle, error) { return coreKvCreate(r.core.handle, name, &options) })
}

// OpenKv opens a store for writing, and recovers what a killed writer left. Where the store is open for writing in this
// region already, this is one more handle of the same writer.
func (r *Region) OpenKv(name string) (*Kv, error) {
	return r.newKv(name, func() (*writerHandle, error) { return coreKvOpen(r.core.handle, name) })
}

func (r *Region) newKv(name string, make func() (*writerHandle, error)) (*Kv, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	handle, err := make()
	if err != nil {
		return nil, err
	}
	reader, err := coreKvReaderOpen(r.core.handle, name, KvReaderOptions{})
	if err != nil {
		coreWriterFree(handle) // the region is open, so its mapping stays
		return nil, err
	}
	kv := new(Kv)
	kv.init(r.core, name, reader, KvReaderOptions{})
	kv.writer.Store(newWriterCore(r.core, handle))
	return kv, nil
}

// Put sets key to value, new or not. ErrFull, like every error, leaves the old value.
func (k *Kv) Put(key, value []byte) (version uint64, err error) {
	return k.write("put", key, value, func(w *writerHandle) (uint64, Status) { return corePut(w, key, value) })
}

// PutNew sets key only where it is absent, else it is ErrAlreadyExists.
func (k *Kv) PutNew(key, value []byte) (version uint64, err error) {
	return k.write("put new", key, value, func(w *writerHandle) (uint64, Status) { return corePutNew(w, key, value) })
}

// Replace sets a new value only where the entry's version is old (compare-and-set), else it is ErrConflict, or
// ErrNotFound where there is no entry.
func (k *Kv) Replace(key, value []byte, old uint64) (version uint64, err error) {
	return k.write("replace", key, value, func(w *writerHandle) (uint64, Status) { return coreReplace(w, key, value, old) })
}

// Delete removes the entry, else it is ErrNotFound. The delete takes a version of its own.
func (k *Kv) Delete(key []byte) (version uint64, err error) {
	return k.write("delete", key, nil, func(w *writerHandle) (uint64, Status) { return coreDelete(w, key) })
}

// write does one write under the region's mutex. An expected refusal is a plain Status, the others say more.
func (k *Kv) write(what string, key, value []byte, do func(*writerHandle) (uint64, Status)) (uint64, error) {
	writer := k.writer.Load()
	if writer == nil {
		return 0, ErrClosed
	}
	version, s := writer.do(do)
	switch s {
	case statusOK:
		return version, nil
	case statusNotFound, statusAlreadyExists, statusConflict, statusClosed:
		return 0, s
	}
	if err := keyFailure(key); err != nil {
		return 0, err
	}
	return 0, failure(s, what+" of a key of "+strconv.Itoa(len(key))+" bytes and a value of "+strconv.Itoa(len(value))+
		" bytes in the store \""+k.name+"\"")
}

func (w *writerCore) do(do func(*writerHandle) (uint64, Status)) (uint64, Status) {
	w.region.mu.Lock()
	defer w.region.mu.Unlock()
	return do(w.handle)
}

// Close closes the writer at once. Closing again is fine; it never fails.
func (k *Kv) Close() error {
	if writer := k.writer.Swap(nil); writer != nil {
		writer.close()
	}
	return k.KvReader.Close()
}

func (w *writerCore) close() {
	w.region.mu.Lock()
	defer w.region.mu.Unlock()
	w.region.lender.giveBack(func() { coreWriterClose(w.handle) })
}
