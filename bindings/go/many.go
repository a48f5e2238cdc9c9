// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import "runtime"

// Lookup is one key of a batch: the caller sets Key and Buffer, GetManyInto the rest.
type Lookup struct {
	Key     []byte
	Buffer  []byte // filled from its start
	N       int    // the value's length, also where Buffer was too small for it
	Version uint64
	Err     error // nil, ErrNotFound, ErrTooLarge, ... as of GetInto
}

// GetManyInto looks keys up as GetInto does, with their cache misses overlapped: on a store larger than the cache it costs
// a fraction of single calls. Each lookup gets its own error; the call itself only fails with ErrClosed.
func (r *KvReader) GetManyInto(lookups []Lookup) error {
	c := r.use()
	if c == nil {
		return ErrClosed
	}
	for len(lookups) > 0 {
		batch := lookups[:min(len(lookups), batchKeys)]
		lookups = lookups[len(batch):]
		if len(batch) < batchKeysMin || c.catchFaults || !coreGetMany(c.handle, batch) {
			c.getEach(batch)
			continue
		}
		c.getLarge(batch)
	}
	runtime.KeepAlive(c)
	return nil
}

// Go has no prefetch, so a batch is one call into C, which has. Measured with a million keys of 16 bytes, values of 64 and
// batches of 32, a key cost 230 ns in single reads in Go, 143 where Go loads the lines beforehand and ignores what it
// gets, 121 with prefetches from an assembly function, and 90 in C, with the copies to and from memory without Go
// pointers in it, which is all that cgo may be given. In the cache all are alike, from a few keys on.
const (
	batchKeys    = 32
	batchKeysMin = 4
)

// getEach does without C.
func (c *readerCore) getEach(batch []Lookup) {
	for i := range batch {
		l := &batch[i]
		var s Status
		l.N, l.Version, _, s = c.read(l.Key, l.Buffer, attemptsMax)
		l.Err = asError(s)
	}
}

// getLarge gets what had no room in the batch's own memory, but may have in the caller's.
func (c *readerCore) getLarge(batch []Lookup) {
	for i := range batch {
		if l := &batch[i]; l.Err == ErrTooLarge && l.N <= len(l.Buffer) {
			c.getEach(batch[i : i+1])
		}
	}
}

// GetMany returns copies of the values of keys; an entry that is not there has a nil Value. The first other error ends it.
func (r *KvReader) GetMany(keys [][]byte) ([]Entry, error) {
	entries := make([]Entry, len(keys))
	lookups := make([]Lookup, len(keys))
	room := make([]byte, 128*len(keys))
	for i, key := range keys {
		lookups[i] = Lookup{Key: key, Buffer: room[128*i : 128*(i+1)]}
	}
	if err := r.GetManyInto(lookups); err != nil {
		return nil, err
	}
	for i := range lookups {
		var err error
		if entries[i], err = r.entryOf(&lookups[i]); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func (r *KvReader) entryOf(l *Lookup) (Entry, error) {
	switch {
	case l.Err == nil:
		return Entry{l.Key, clone(l.Buffer[:l.N]), l.Version}, nil
	case l.Err == ErrTooLarge && l.N > len(l.Buffer):
		value, version, err := r.Get(l.Key)
		if err != nil && err != ErrNotFound {
			return Entry{}, err
		}
		return Entry{l.Key, value, version}, nil
	case l.Err == ErrNotFound:
		return Entry{Key: l.Key}, nil
	}
	if err := keyFailure(l.Key); err != nil {
		return Entry{}, err
	}
	return Entry{}, l.Err
}
