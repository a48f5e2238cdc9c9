// SPDX-License-Identifier: MIT OR Apache-2.0

package main

// pool is what gives objects of one size. T is what its user keeps of an object: with it a pointer is found, and the object
// given back. i is a number of the pattern's, of use to floor alone.
type pool[T any] interface {
	take(i int) T
	at(T) *stamp
	give(T)
	close()
}

// ---- the loops ----

func burstPass[T any, P pool[T]](p P, reverse bool, bursts int, number uint64) (wrong uint64) {
	var live [burst]T
	for ; bursts > 0; bursts-- {
		for i := range live {
			live[i] = p.take(i)
			p.at(live[i]).write(number + uint64(i))
		}
		for k := range live {
			i := k
			if reverse {
				i = burst - 1 - k
			}
			wrong |= p.at(live[i]).unlike(number + uint64(i))
			p.give(live[i])
		}
		number += burst
	}
	return wrong
}

func randomPass[T any, P pool[T]](p P, live []T, order []uint32) (wrong uint64) {
	for _, i := range order {
		wrong |= p.at(live[i]).unlike(uint64(i))
		p.give(live[i])
		live[i] = p.take(int(i))
		p.at(live[i]).write(uint64(i))
	}
	return wrong
}

// givePass forgets what it gives back, so that the collector can have it.
func givePass[T any, P pool[T]](p P, live []T, order []uint32) (wrong uint64) {
	var none T
	for _, i := range order {
		wrong |= p.at(live[i]).unlike(uint64(i))
		p.give(live[i])
		live[i] = none
	}
	return wrong
}

func takePass[T any, P pool[T]](p P, live []T, order []uint32) {
	for _, i := range order {
		live[i] = p.take(int(i))
		p.at(live[i]).write(uint64(i))
	}
}

func fillPass[T any, P pool[T]](p P, live []T) {
	for i := range live {
		live[i] = p.take(i)
		p.at(live[i]).write(uint64(i))
	}
}

func bulkPass[T any, P pool[T]](p P, live []T) (wrong uint64) {
	fillPass(p, live)
	var none T
	for i := range live {
		wrong |= p.at(live[i]).unlike(uint64(i))
		p.give(live[i])
		live[i] = none
	}
	return wrong
}

// ---- the benchmarks ----

const burstsAPass = 64

// addPool measures every order of taking and giving back. make gives a pool for that many objects.
func addPool[T any, P pool[T]](s *session, make func(count int) P) {
	s.run("pool_lifo", 1, func() pattern { return burstPattern[T](make(s.Keys+burst), true) })
	s.run("pool_fifo", 1, func() pattern { return burstPattern[T](make(s.Keys+burst), false) })
	addOrders[T](s, "pool", make)
	s.run("pool_bulk", 1, func() pattern { return bulkPattern[T](s, make(s.Keys)) })
	randomTail[T](s, "pool_random", make)
}

// addOrders measures what objects behind handles have in common with pools.
func addOrders[T any, P pool[T]](s *session, what string, make func(count int) P) {
	s.run(what+"_random", 1, func() pattern { return randomPattern[T](s, make(s.Keys)) })
	s.run(what+"_half", 1, func() pattern { return halfPattern[T](s, make(s.Keys)) })
}

func burstPattern[T any, P pool[T]](p P, reverse bool) pattern {
	number := uint64(0)
	return pattern{
		operations: burstsAPass * burst,
		pass: func(*clock) uint64 {
			number += burstsAPass * burst
			return burstPass[T](p, reverse, burstsAPass, number)
		},
		end: func() uint64 { p.close(); return 0 },
	}
}

// full is a pool whose objects are all live.
type full[T any, P pool[T]] struct {
	pool  P
	order []uint32
	live  []T
}

func newFull[T any, P pool[T]](s *session, p P) *full[T, P] {
	f := &full[T, P]{p, s.order(), make([]T, s.Keys)}
	fillPass(f.pool, f.live)
	return f
}

func (f *full[T, P]) end() uint64 {
	wrong := givePass(f.pool, f.live, f.order)
	f.pool.close()
	return wrong
}

func randomPattern[T any, P pool[T]](s *session, p P) pattern {
	f := newFull[T](s, p)
	return pattern{s.Keys, func(*clock) uint64 { return randomPass(f.pool, f.live, f.order) }, f.end}
}

// halfPattern lets the halves change over, so that what is free lies elsewhere each time.
func halfPattern[T any, P pool[T]](s *session, p P) pattern {
	f := newFull[T](s, p)
	half := s.Keys / 2
	halves := [2][]uint32{f.order[:half], f.order[s.Keys-half:]}
	return pattern{half, func(*clock) uint64 {
		wrong := givePass(f.pool, f.live, halves[0])
		takePass(f.pool, f.live, halves[0])
		halves[0], halves[1] = halves[1], halves[0]
		return wrong
	}, f.end}
}

func bulkPattern[T any, P pool[T]](s *session, p P) pattern {
	live := make([]T, s.Keys)
	return pattern{s.Keys, func(*clock) uint64 { return bulkPass(p, live) }, func() uint64 { p.close(); return 0 }}
}

// freshTimes is how many times more objects a pool needs until huge pages have something to say.
const freshTimes = 100

// addFirstTouch measures pools whose memory was never touched. Making, checking and closing is not timed.
func addFirstTouch[T any, P pool[T]](s *session, operation string, fresh func(count int) P) {
	count := s.Keys * freshTimes
	s.run(operation, 1, func() pattern {
		live := make([]T, count)
		order := s.random(2).Shuffle(counted(count))
		return pattern{count, func(c *clock) uint64 {
			c.stop()
			p := fresh(count)
			c.start()
			fillPass(p, live)
			c.stop()
			wrong := givePass(p, live, order)
			p.close()
			c.start()
			return wrong
		}, func() uint64 { return 0 }}
	})
}
