// SPDX-License-Identifier: MIT OR Apache-2.0

package main

// arena is what gives memory of any size until all is given back. i is as in pools.
type arena interface {
	alloc(i int, size uint64) *stamp
	reset()
	close()
}

const (
	arenaBurst       = 256
	arenaBurstsAPass = 16
)

// bumpPass keeps three addresses until all are stamped: an arena that gave two objects the same bytes would be found out.
func bumpPass[A arena](a A, sizes *[arenaBurst]uint64, number uint64) (wrong uint64) {
	for range arenaBurstsAPass {
		var first, middle, last *stamp
		for i, size := range sizes {
			last = a.alloc(i, size)
			last.write(number + uint64(i))
			switch i {
			case 0:
				first = last
			case arenaBurst / 2:
				middle = last
			}
		}
		wrong |= first.unlike(number) | middle.unlike(number+arenaBurst/2) | last.unlike(number+arenaBurst-1)
		a.reset()
		number += arenaBurst
	}
	return wrong
}

// bumpCheck checks every object of one burst, for which the timed loop has no time.
func bumpCheck[A arena](a A, sizes *[arenaBurst]uint64) (wrong uint64) {
	var live [arenaBurst]*stamp
	for i, size := range sizes {
		live[i] = a.alloc(i, size)
		live[i].write(uint64(i))
	}
	for i := range live {
		wrong |= live[i].unlike(uint64(i))
	}
	a.reset()
	return wrong
}

// arenaSizes are sizes of a burst, and room for all of them.
func (s *session) arenaSizes(mixed bool) (sizes *[arenaBurst]uint64, room uint64) {
	random := s.random(3)
	sizes = new([arenaBurst]uint64)
	for i := range sizes {
		sizes[i] = objectBytes
		if mixed {
			sizes[i] = uint64(16 + random.Below(113))
		}
		room += sizes[i] + 16
	}
	return sizes, room
}

func addArena[A arena](s *session, make func(room uint64) A) {
	for _, operation := range []string{"arena_64", "arena_mixed"} {
		s.run(operation, 1, func() pattern {
			sizes, room := s.arenaSizes(operation == "arena_mixed")
			a, number := make(room), uint64(0)
			return pattern{arenaBurst * arenaBurstsAPass, func(*clock) uint64 {
				number += arenaBurst * arenaBurstsAPass
				return bumpPass(a, sizes, number)
			}, func() uint64 {
				wrong := bumpCheck(a, sizes)
				a.close()
				return wrong
			}}
		})
	}
	bumpTail(s, make)
}
