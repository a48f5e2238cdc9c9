// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// TestMatchesFindEveryTag compares with bytes looked at one by one. More than the equal ones may be found (the slot is
// checked afterwards), but only right above an equal one, never the overflow count, and never a slot that is none.
func TestMatchesFindEveryTag(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		var group [kvGroupControlBytes]byte
		tag := byte(1 + random.IntN(255))
		for i := range group {
			group[i] = tag ^ byte(random.IntN(3))*byte(random.IntN(2))
		}
		low, high := binary.LittleEndian.Uint64(group[:]), binary.LittleEndian.Uint64(group[8:])
		var found [kvGroupSlots]bool
		for match := matches(low, high, uint64(tag)*lowBits); match != 0; match &= match - 1 {
			slot := matchedSlot(match)
			if slot%8 != 0 || slot >= kvGroupSlotBytes || found[slot/8] {
				t.Fatalf("slot at %d of group %x, tag %x", slot, group, tag)
			}
			found[slot/8] = true
		}
		for i, is := range found {
			equal := group[i] == tag
			aboveEqual := i%8 > 0 && group[i-1] == tag || i%8 > 1 && found[i-1]
			if equal && !is || is && !equal && !aboveEqual {
				t.Fatalf("slot %d of group %x, tag %x: found is %v", i, group, tag, is)
			}
		}
	}
}

func TestTagsAreNeverZero(t *testing.T) {
	if controlTag(0x1200) != lowBits || controlTag(0x12ff) != 0xff*lowBits {
		t.Fatal("the tag of an empty slot stands for a key")
	}
}
