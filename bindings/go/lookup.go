// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import "math/bits"

// Reads in Go. A call into C costs more than a whole hit, so the hot path reads the region itself, following the numbered
// protocol at the head of kv.h. Two rules make it safe whatever a hostile peer does to the bytes meanwhile: every word is
// loaded once into a local, and no offset or size is used before it was checked against the bounds in readerCore.

// attemptsMax is how often a read starts again before it gives up, as in the core.
const attemptsMax = kvAttemptsMax

// Outcomes of one attempt beside the statuses.
const (
	outcomeRetry Status = -1 - iota // what was read may be of two different moments: start again
	outcomeOther                    // another key's entry: look on
)

// entry is a key's entry as found: where its slot is, what was in it, and the value's place.
type entry struct {
	slot       uint64 // offset of the slot
	word       uint64 // what was in it
	block      uint64 // offset of the block
	version    uint64
	value      uint64 // offset of the value
	valueBytes uint64
	relocation uint64
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
	// The last byte of a group's second word is the overflow count, not a tag.
	highBitsOfTags = highBits >> 8
	overflowShift  = 56
)

// zeroBytes has the high bit set in every byte of x that is 0, and nowhere else: the shorter (x - lowBits) &^ x & highBits
// also takes a 1 above a true 0, and so would read a slot whose tag is not there yet.
func zeroBytes(x uint64) uint64 { return ^((x&^highBits + ^uint64(highBits)) | x | ^uint64(highBits)) }

// matches has a bit set for each slot of a group whose control byte is the tag: the lowest bit of byte i for slot i, the
// highest one for slot 8 + i. One word for both halves makes one loop of it.
func matches(low, high, tag uint64) uint64 {
	return zeroBytes(low^tag)>>7 | zeroBytes(high^tag)&highBitsOfTags
}

// matchedSlot is the offset from the group's first slot of the first one in matches.
func matchedSlot(match uint64) uint64 {
	bit := uint64(bits.TrailingZeros64(match))
	return bit&^7 + bit&4<<4
}

// controlTag is the key's tag in the control bytes, in all eight bytes of a word. 0 means an empty slot there.
func controlTag(hash uint64) uint64 {
	tag := hash & 0xff
	if tag == 0 {
		tag = 1
	}
	return tag * lowBits
}

func slotTag(hash uint64) uint64 { return hash >> kvSlotTagShift & (1<<(64-kvSlotOffsetBits) - 1) }

func (c *readerCore) firstGroup(hash uint64) uint64 { return hash >> 32 * c.groups >> 32 }

// find looks for the key once: steps 1 to 3 of the protocol, without the copy. What it found is only true if settled
// says so afterwards.
func (c *readerCore) find(hash uint64, key []byte, e *entry) Status {
	e.relocation = c.span.load(offKVHeaderRelocation)
	tag := controlTag(hash)
	group := c.firstGroup(hash)
	// Slots lie on other lines than tags and are mostly further away: asking for both at once, before it is known whether
	// and which slot will be needed, takes a tenth off a hit among a million keys. It costs a miss half again as much.
	_ = c.span.load(c.slots + group*kvGroupSlotBytes)
	_ = c.span.load(c.slots + group*kvGroupSlotBytes + 64)
	for range c.groups {
		control := c.control + group*kvGroupControlBytes
		low, high := c.span.load(control), c.span.load(control+8)
		for match := matches(low, high, tag); match != 0; match &= match - 1 {
			slot := c.slots + group*kvGroupSlotBytes + matchedSlot(match)
			if s := c.candidate(hash, key, slot, e); s != outcomeOther {
				return s
			}
		}
		if high>>overflowShift == 0 {
			return statusNotFound
		}
		if group++; group == c.groups {
			group = 0
		}
	}
	return statusNotFound
}

// candidate looks at one slot whose control byte matched.
func (c *readerCore) candidate(hash uint64, key []byte, slot uint64, e *entry) Status {
	word := c.span.load(slot)
	block := word & (1<<kvSlotOffsetBits - 1) * kvGranuleBytes
	if word>>kvSlotOffsetBits != slotTag(hash) || block == 0 {
		return outcomeOther
	}
	if block < c.heap || block > c.heapEnd-kvBlockBytesMin {
		return c.contradiction(slot, word)
	}
	version := c.span.load(block + offKVBlockVersion)
	if c.span.load(slot) != word {
		return outcomeRetry
	}
	if version == 0 {
		return statusCorrupt // what a slot points to was published with its version
	}
	sizes := c.span.load(block + offKVBlockValueBytes)
	keyBytes, valueBytes := sizes>>32, sizes&(1<<32-1)
	need := kvBlockHeaderBytes + (keyBytes+7)&^7 + (valueBytes+7)&^7
	if keyBytes-1 >= kvKeyBytesMax || need > c.heapEnd-block {
		return c.contradictionIn(block, version)
	}
	if keyBytes != uint64(len(key)) || !c.span.equal(key, block+kvBlockHeaderBytes) {
		if c.span.load(block+offKVBlockVersion) != version {
			return outcomeRetry
		}
		return outcomeOther
	}
	// By the caller's length, which is the same: so the value's address does not wait for the block's first line.
	value := block + kvBlockHeaderBytes + (uint64(len(key))+7)&^7
	e.slot, e.word, e.block, e.version, e.value, e.valueBytes = slot, word, block, version, value, valueBytes
	return statusOK
}

// The sizes of a block are read in one word.
var _ = [1]struct{}{}[offKVBlockKeyBytes-offKVBlockValueBytes-4]

// contradiction is what a slot means that points out of the heap: corrupt, if it stands.
func (c *readerCore) contradiction(slot, word uint64) Status {
	if c.span.load(slot) != word {
		return outcomeRetry
	}
	return statusCorrupt
}

// contradictionIn is what sizes mean that reach out of the heap: corrupt, unless the block was being reused.
func (c *readerCore) contradictionIn(block, version uint64) Status {
	if c.span.load(block+offKVBlockVersion) != version {
		return outcomeRetry
	}
	return statusCorrupt
}

// settled is steps 4 and 5: whether all that was read of the entry since find was of one moment.
func (c *readerCore) settled(e *entry) bool {
	if c.span.load(e.block+offKVBlockVersion) != e.version {
		return false
	}
	relocation := c.span.load(offKVHeaderRelocation)
	return relocation == e.relocation && relocation&1 == 0 || c.span.load(e.slot) == e.word
}

// get copies the value of key into dst. Where dst is too small the status says so and n what is needed.
func (c *readerCore) get(key, dst []byte, bound uint32) (n int, version uint64, attempts uint32, s Status) {
	if len(key) == 0 || len(key) > kvKeyBytesMax {
		return 0, 0, 0, keyStatus(key)
	}
	hash := hashWith(c.hashState, key)
	var e entry
	for attempts = 1; ; attempts++ {
		s = c.find(hash, key, &e)
		if s == statusOK {
			if e.valueBytes <= uint64(len(dst)) {
				c.span.copyOut(dst[:e.valueBytes], e.value)
			} else {
				s = statusTooLarge
			}
			if c.settled(&e) {
				return int(e.valueBytes), e.version, attempts, s
			}
		} else if s != outcomeRetry {
			return 0, 0, attempts, s
		}
		if attempts == bound {
			return 0, 0, attempts, statusTimedOut
		}
		c.retries.Add(1)
	}
}

// locate is get without a copy: on success e says where the value was, at a moment during the call.
func (c *readerCore) locate(key []byte, e *entry) Status {
	if len(key) == 0 || len(key) > kvKeyBytesMax {
		return keyStatus(key)
	}
	hash := hashWith(c.hashState, key)
	for range attemptsMax {
		s := c.find(hash, key, e)
		if s != outcomeRetry && (s != statusOK || c.settled(e)) {
			return s
		}
		c.retries.Add(1)
	}
	return statusTimedOut
}

func keyStatus(key []byte) Status {
	if len(key) == 0 {
		return statusInvalidArgument
	}
	return statusTooLarge
}
