// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"testing"
	"time"

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

// processors is how many of them Go has for a benchmark.
func processors(count int) (restore func()) {
	before := runtime.GOMAXPROCS(count)
	return func() { runtime.GOMAXPROCS(before) }
}

// clock adds up what is measured. For a single goroutine that is the time that the process had a processor for: in it is
// what the collector does beside the goroutine, and not what other processes do. For several it is the time that passed.
type clock struct {
	alone bool
	total time.Duration
	begun time.Duration
}

func (c *clock) now() time.Duration {
	if !c.alone {
		return time.Since(processBegun)
	}
	var usage syscall.Rusage
	frame.Must("getrusage", syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func (c *clock) start() { c.begun = c.now() }
func (c *clock) stop()  { c.total += c.now() - c.begun }

var processBegun = time.Now()

// pattern is a benchmark that was set up: pass does some operations, says whether an object was wrong (not 0), and may stop
// the clock for a while; end gives everything back, and says the same.
type pattern struct {
	operations int
	pass       func(c *clock) uint64
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
	var c clock
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		b.ResetTimer()
		c = clock{alone: threads == 1}
		c.start()
		for done = 0; done < b.N; done += p.operations {
			wrong |= p.pass(&c)
		}
		c.stop()
		b.StopTimer()
		checked += done
	})
	s.refuse(wrong|p.end(), operation)
	result.N, result.T = done, max(c.total, 1) // the last pass was whole
	s.Report(s.name(operation), result)
	s.Set(s.name(operation), "checked", checked)
}
