// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"example.org/drystone/bench/go/frame"
)

// slab is what gives memory of mixed sizes.
type slab interface {
	alloc(size uint64) []byte
	free([]byte)
	close()
}

// mixedSizes are 16 to 4,095 bytes: all powers of two from 16 to 2,048 equally often, and up to as much again.
func (s *session) mixedSizes(count int) []uint64 {
	random := s.random(4)
	sizes := make([]uint64, count)
	for i := range sizes {
		power := 16 << random.Below(8)
		sizes[i] = uint64(power + random.Below(power))
	}
	return sizes
}

func mixedPass[S slab](b S, live [][]byte, order []uint32, sizes []uint64) (wrong uint64) {
	for k, i := range order {
		wrong |= (*stamp)(live[i]).unlike(uint64(i))
		b.free(live[i])
		live[i] = b.alloc(sizes[k])
		(*stamp)(live[i]).write(uint64(i))
	}
	return wrong
}

// addSlab begins elsewhere in the sizes with each pass, so that an object's size changes.
func addSlab[S slab](s *session, open func() S) {
	s.run("slab_mixed", 1, func() pattern {
		b, order, sizes, from := open(), s.order(), s.mixedSizes(2*s.Keys), 0
		live := make([][]byte, s.Keys)
		for i := range live {
			live[i] = b.alloc(sizes[i])
			(*stamp)(live[i]).write(uint64(i))
		}
		return pattern{s.Keys, func(*clock) uint64 {
			from = (from + 7919) % s.Keys
			return mixedPass(b, live, order, sizes[from:from+s.Keys])
		}, func() (wrong uint64) {
			for i := range live {
				wrong |= (*stamp)(live[i]).unlike(uint64(i))
				b.free(live[i])
			}
			b.close()
			return wrong
		}}
	})
}

// indices are numbers, of which the lowest free one is given.
type indices interface {
	acquire() uint32
	release(uint32)
	close()
}

// addIndices has the first half of the indices taken, so the lowest free one is what was just given back.
func addIndices[I indices](s *session, open func(capacity int) I) {
	s.run("index_random", 1, func() pattern {
		m, order := open(2*s.Keys), s.order()
		wrong := uint64(0)
		for i := range s.Keys {
			wrong |= uint64(m.acquire() ^ uint32(i))
		}
		return pattern{s.Keys, func(*clock) uint64 {
			for _, index := range order {
				m.release(index)
				wrong |= uint64(m.acquire() ^ index)
			}
			return wrong
		}, func() uint64 { m.close(); return 0 }}
	})
}

func counted(count int) []uint32 { return frame.Counted(count, 0) }
