// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"encoding/binary"
	"runtime"
	"testing"

	"example.org/drystone/bench/go/frame"
)

const (
	objectBytes = 64
	burst       = 64
)

type object [objectBytes]byte

// stamp is the head of every object: its number and the number's inverse.
type stamp [16]byte

func (s *stamp) write(number uint64) {
	binary.LittleEndian.PutUint64(s[0:], number)
	binary.LittleEndian.PutUint64(s[8:], ^number)
}

// unlike is 0 if that number was written.
func (s *stamp) unlike(number uint64) uint64 {
	return (binary.LittleEndian.Uint64(s[0:]) ^ number) | (binary.LittleEndian.Uint64(s[8:]) ^ ^number)
}

// session is one run of one subject.
type session struct {
	*frame.Settings
	*frame.Results
	subject string
}

func (s *session) name(operation string) string { return "memory/" + operation + "/" + s.subject }

func (s *session) random(purpose uint64) *frame.Random {
	return frame.NewRandom(frame.Mix(s.Seed) + purpose)
}

// order is the objects in a random order.
func (s *session) order() []uint32 { return s.random(1).Shuffle(frame.Counted(s.Keys, 0)) }

func (s *session) refuse(wrong uint64, operation string) {
	if wrong != 0 {
		frame.Fail(s.name(operation), "an object did not hold what was written to it")
	}
}

// processors is how many of them Go has for a benchmark. With one, the collector works on the same as the benchmark, so that
// its share is in the time.
func processors(count int) (restore func()) {
	before := runtime.GOMAXPROCS(count)
	return func() { runtime.GOMAXPROCS(before) }
}

// pattern is a benchmark that was set up: pass does some operations, says whether an object was wrong (not 0), and may stop
// the clock; end gives everything back, and says the same.
type pattern struct {
	operations int
	pass       func(b *testing.B) uint64
	end        func() uint64
}

// run measures a pattern, if it is wanted.
func (s *session) run(operation string, threads int, open func() pattern) {
	if !s.Wants(operation) {
		return
	}
	defer processors(threads)()
	runtime.GC()
	p := open()
	var done, checked int
	var wrong uint64
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		b.ResetTimer()
		for done = 0; done < b.N; done += p.operations {
			wrong |= p.pass(b)
		}
		b.StopTimer()
		checked += done
	})
	s.refuse(wrong|p.end(), operation)
	result.N = done // the last pass was whole
	s.Report(s.name(operation), result)
	s.Set(s.name(operation), "checked", checked)
}
