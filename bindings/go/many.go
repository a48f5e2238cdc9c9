// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"math/bits"
	"runtime"
	"runtime/debug"
)

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
		if !c.checked {
			c.warm(batch)
		}
		for i := range batch {
			l := &batch[i]
			var s Status
			l.N, l.Version, _, s = c.read(l.Key, l.Buffer, attemptsMax)
			l.Err = asError(s)
		}
	}
	runtime.KeepAlive(c)
	return nil
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

const batchKeys = 32

// warm brings what a batch of lookups will need into the cache. Go has no prefetch; these are plain loads whose results
// nothing waits for, so the processor has many of them under way at once.
func (c *readerCore) warm(batch []Lookup) {
	if c.catchFaults {
		var s Status // the lookup itself will meet the fault again, and say so
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer c.caught(&s)
	}
	var hashes, slots [batchKeys]uint64
	batch = batch[:min(len(batch), batchKeys)]
	for i := range batch {
		hashes[i] = hashWith(c.hashState, batch[i].Key)
		group := c.firstGroup(hashes[i])
		_ = c.span.load(c.control + group*kvGroupControlBytes)
	}
	for i := range batch {
		slots[i] = c.firstSlot(hashes[i])
		if slots[i] != 0 {
			_ = c.span.load(slots[i])
		}
	}
	for i := range batch {
		if slots[i] == 0 {
			continue
		}
		block := c.span.load(slots[i]) & (1<<kvSlotOffsetBits - 1) * kvGranuleBytes
		if block >= c.heap && block <= c.heapEnd-128 {
			_ = c.span.load(block)
			_ = c.span.load(block + 64)
		}
	}
}

// firstSlot is the offset of the first slot in the key's home group whose tag matches, or 0.
func (c *readerCore) firstSlot(hash uint64) uint64 {
	group, tag := c.firstGroup(hash), controlTag(hash)
	control := c.control + group*kvGroupControlBytes
	slots := c.slots + group*kvGroupSlotBytes
	if match := zeroBytes(c.span.load(control) ^ tag); match != 0 {
		return slots + uint64(bits.TrailingZeros64(match))&^7
	}
	if match := zeroBytes(c.span.load(control+8)^tag) & highBitsOfTags; match != 0 {
		return slots + 64 + uint64(bits.TrailingZeros64(match))&^7
	}
	return 0
}
