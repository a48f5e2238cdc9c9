// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"runtime"
	"slices"
	"sync/atomic"
	"time"
)

// Calls timed one by one, each beside an empty timing, so that what the machine does to both can be told apart from what
// the subject does.

type recorder struct{ calls, empties []time.Duration }

func (s *session) recorder() *recorder {
	wanted := 1_000_000
	if s.Smoke() {
		wanted = 1000
	}
	return &recorder{make([]time.Duration, 0, wanted), make([]time.Duration, 0, wanted)}
}

func (r *recorder) more() bool { return len(r.calls) < cap(r.calls) }

// took notes how long ago it was called for, and times nothing.
func (r *recorder) took(passed time.Duration) {
	begun := time.Now()
	empty := time.Since(begun)
	if r.more() {
		r.calls = append(r.calls, passed)
		r.empties = append(r.empties, empty)
	}
}

func (r *recorder) report(s *session, operation string) {
	slices.Sort(r.calls)
	slices.Sort(r.empties)
	median := r.empties[len(r.empties)/2]
	at := func(sorted []time.Duration, share float64) float64 {
		return float64(max(0, sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]-median))
	}
	over := func(sorted []time.Duration) float64 {
		first, _ := slices.BinarySearch(sorted, median+101)
		return float64(len(sorted)-first) * 1e6 / float64(len(sorted))
	}
	name := s.name(operation)
	s.Set(name, "p50_ns", at(r.calls, 0.5))
	s.Set(name, "p99_ns", at(r.calls, 0.99))
	s.Set(name, "p999_ns", at(r.calls, 0.999))
	s.Set(name, "max_ns", at(r.calls, 1))
	s.Set(name, "over_100_ppm", over(r.calls))
	s.Set(name, "timer_p999_ns", at(r.empties, 0.999))
	s.Set(name, "timer_over_100_ppm", over(r.empties))
}

func timedTake[T any, P pool[T]](r *recorder, p P, i int) T {
	begun := time.Now()
	taken := p.take(i)
	r.took(time.Since(begun))
	return taken
}

func timedGive[T any, P pool[T]](r *recorder, p P, taken T) {
	begun := time.Now()
	p.give(taken)
	r.took(time.Since(begun))
}

func randomTail[T any, P pool[T]](s *session, operation string, make func(count int) P) {
	if !s.Wants(operation) {
		return
	}
	defer processors(1)()
	r, f, wrong := s.recorder(), newFull[T](s, make(s.Keys)), uint64(0)
	for k := 0; r.more(); k = (k + 1) % s.Keys {
		i := f.order[k]
		wrong |= f.pool.at(f.live[i]).unlike(uint64(i))
		timedGive(r, f.pool, f.live[i])
		f.live[i] = timedTake[T](r, f.pool, int(i))
		f.pool.at(f.live[i]).write(uint64(i))
	}
	s.refuse(wrong|f.end(), operation)
	r.report(s, operation)
}

func bumpTail[A arena](s *session, make func(room uint64) A) {
	const operation = "arena_64"
	if !s.Wants(operation) {
		return
	}
	defer processors(1)()
	r := s.recorder()
	sizes, room := s.arenaSizes(false)
	a := make(room)
	for r.more() {
		for i, size := range sizes {
			begun := time.Now()
			object := a.alloc(i, size)
			r.took(time.Since(begun))
			object.write(uint64(i))
		}
		a.reset()
	}
	a.close()
	r.report(s, operation)
}

// ownTail times one thread call by call, while another works on objects of its own as fast as it can.
func ownTail[T any, P pool[T]](s *session, open func() shared[P]) {
	const operation = "shared_own"
	if !s.Wants(operation) {
		return
	}
	defer processors(max(2, runtime.NumCPU()))()
	all, r := open(), s.recorder()
	timed, other := all.local(), all.local()
	var done atomic.Bool
	wrong := together([]func() uint64{func() (wrong uint64) {
		defer done.Store(true)
		for r.more() {
			wrong |= timedBurst[T](r, timed)
		}
		return wrong
	}, func() (wrong uint64) {
		for !done.Load() {
			wrong |= burstPass[T](other, false, 16, 0)
		}
		return wrong
	}})
	timed.close()
	other.close()
	all.close()
	s.refuse(wrong, operation)
	r.report(s, operation)
}

func timedBurst[T any, P pool[T]](r *recorder, p P) (wrong uint64) {
	var live [burst]T
	for i := range live {
		live[i] = timedTake[T](r, p, i)
		p.at(live[i]).write(uint64(i))
	}
	for i := range live {
		wrong |= p.at(live[i]).unlike(uint64(i))
		timedGive(r, p, live[i])
	}
	return wrong
}
