// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.org/drystone/bench/go/frame"
)

// churn replaces the values of random keys until it is stopped.
type churn struct {
	writes  atomic.Int64
	stopped atomic.Bool
	done    sync.WaitGroup
}

func startChurn(store store, script *script) *churn {
	c := &churn{}
	c.done.Add(1)
	go func() {
		defer c.done.Done()
		for at := 0; !c.stopped.Load(); {
			store.sharedUpdate(script, at)
			c.writes.Add(1)
			if at++; at == len(script.index) {
				at = 0
			}
		}
	}()
	for c.writes.Load() == 0 {
		runtime.Gosched()
	}
	return c
}

func (c *churn) stop() int {
	c.stopped.Store(true)
	c.done.Wait()
	return int(c.writes.Load())
}

// sharing is one reader at work.
type sharing struct {
	reader     reader
	script     *script
	at         int
	reads      int
	lost, torn int
	sum        uint64
	v          *value
}

func (r *sharing) read() {
	if !r.reader.get(r.script, r.at, r.v) {
		r.lost++
	}
	r.sum += r.v.word(indexWord)
	if r.v.xor() != 0 {
		r.torn++
	}
	r.reads++
	if r.at++; r.at == len(r.script.index) {
		r.at = 0
	}
}

// sharedRead is read_alone and read_beside_writer.
func (s *session) sharedRead(operation string, besideWriter bool) func(*testing.B) {
	reads := lazy(func() *script { return s.script(0, forHit) })
	writes := lazy(func() *script { return s.script(0, forChurn) })
	return func(b *testing.B) {
		r := &sharing{reader: s.store.sharedReader(), script: reads(), v: new(value)}
		if !besideWriter {
			s.readShared(b, operation, r, nil)
			return
		}
		stamp := s.nextStamp()
		script := s.addValues(writes(), stamp)
		c := startChurn(s.store, script)
		s.readShared(b, operation, r, c)
		s.wrote(s.name(operation), script, c.stop(), stamp)
		s.settle()
	}
}

func (s *session) readShared(b *testing.B, operation string, r *sharing, c *churn) {
	var before int64
	if c != nil {
		before = c.writes.Load()
	}
	b.ResetTimer()
	for range b.N {
		r.read()
	}
	b.StopTimer()
	name := s.name(operation)
	if c != nil {
		// A reader of a few nanoseconds may be done before the writer has had its turn.
		start := time.Now()
		for c.writes.Load() == before {
			runtime.Gosched()
		}
		writes, passed := c.writes.Load()-before, b.Elapsed()+time.Since(start)
		s.Set(name, "writes", writes)
		s.Set(name, "writer_ns", float64(passed.Nanoseconds())/float64(writes))
	}
	samples := 100_000
	if s.Smoke() {
		samples = 100
	}
	median, tail := timedOneByOne(samples, r.read)
	s.checkReads(operation, r.script, r.reads, r.lost, r.sum)
	if r.torn != 0 {
		frame.Fail(name, "%d values were torn", r.torn)
	}
	s.Set(name, "median_ns", median)
	s.Set(name, "p999_ns", tail)
	s.Set(name, "torn", r.torn)
	s.Set(name, "retries", r.reader.retries())
}

// timedOneByOne is the median and the 99.9th percentile of reads, because a mean hides the reads that had to wait.
func timedOneByOne(samples int, read func()) (median, tail float64) {
	empty, taken := make([]time.Duration, samples), make([]time.Duration, samples)
	for i := range empty {
		start := time.Now()
		empty[i] = time.Since(start)
	}
	for i := range taken {
		start := time.Now()
		read()
		taken[i] = time.Since(start)
	}
	slices.Sort(empty)
	slices.Sort(taken)
	rank := func(list []time.Duration, share float64) float64 {
		return float64(list[int(share*float64(samples-1))].Nanoseconds())
	}
	timer := rank(empty, 0.5)
	return rank(taken, 0.5) - timer, rank(taken, 0.999) - timer
}
