// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"runtime"
	"testing"
	"time"

	"example.org/drystone/bench/go/frame"
)

// sink is where values go that nobody looks at, so that the compiler cannot drop the work.
var sink *value

func (s *session) name(operation string) string { return "kv/" + operation + "/" + s.subject.name }

// The order matters: the first load meets memory that nothing has touched, the second leaves the store populated.
func (s *session) runAll() {
	s.load("insert_fresh", false)
	s.load("insert", true)
	s.run("hit", s.hit())
	s.run("dependent_hit", s.dependentHit)
	s.run("miss", s.miss())
	if s.Wants("get_many_32") {
		if _, can := s.populated().reader().(batcher); can {
			s.run("get_many_32", s.getMany())
		}
	}
	s.run("read_alone", s.sharedRead("read_alone", false))
	s.run("read_beside_writer", s.sharedRead("read_beside_writer", true))
	s.run("update", s.update())
	s.run("delete_insert", s.deleteInsert())
}

// run measures a body that times itself by b.N operations.
func (s *session) run(operation string, body func(b *testing.B)) {
	if !s.Wants(operation) {
		return
	}
	s.populated()
	s.Report(s.name(operation), testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		body(b)
	}))
}

func (s *session) checked(operation string, count int) {
	s.Set(s.name(operation), "checked", count)
}

func (s *session) checkReads(operation string, script *script, reads, lost int, sum uint64) {
	if lost != 0 {
		frame.Fail(s.name(operation), "%d of %d present keys were not found", lost, reads)
	}
	if sum != script.indexSum(reads) {
		frame.Fail(s.name(operation), "the values read are not those of the keys asked for")
	}
	s.checked(operation, reads)
}

// lazy makes a script at its first use, once for the several runs in which testing finds its number of operations.
func lazy[T any](make func() *T) func() *T {
	var made *T
	return func() *T {
		if made == nil {
			made = make()
		}
		return made
	}
}

// load is timed once, as a whole.
func (s *session) load(operation string, prefault bool) {
	if !s.Wants(operation) {
		return
	}
	script := s.addValues(s.script(0, forInsert), 0)
	store := s.renew(prefault)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for at := range script.index {
		store.insert(script, at)
	}
	taken := time.Since(start)
	runtime.ReadMemStats(&after)
	s.Report(s.name(operation), testing.BenchmarkResult{N: s.Keys, T: taken,
		MemAllocs: after.Mallocs - before.Mallocs, MemBytes: after.TotalAlloc - before.TotalAlloc})
	s.Set(s.name(operation), "bytes_per_entry", float64(store.bytes())/float64(s.Keys))
	s.checked(operation, s.Keys)
	s.wrote(s.name(operation), script, s.Keys, 0)
	s.settle()
}

func (s *session) hit() func(*testing.B) {
	script := lazy(func() *script { return s.script(0, forHit) })
	return func(b *testing.B) {
		reader, script := s.store.reader(), script()
		at, lost, sum := 0, 0, uint64(0)
		v := new(value)
		sink = v
		b.ResetTimer()
		for range b.N {
			if !reader.get(script, at, v) {
				lost++
			}
			sum += v.word(indexWord)
			if at++; at == len(script.index) {
				at = 0
			}
		}
		b.StopTimer()
		s.checkReads("hit", script, b.N, lost, sum)
	}
}

// dependentHit finds each key in the value before.
func (s *session) dependentHit(b *testing.B) {
	reader := s.store.reader()
	key := make([]byte, keyBytes)
	putKey(key, 0)
	lost, sum := 0, uint64(0)
	v := new(value)
	sink = v
	b.ResetTimer()
	for range b.N {
		if !reader.getKey(key, v) {
			lost++
		}
		sum += v.word(indexWord)
		copy(key, v[:keyBytes])
	}
	b.StopTimer()
	want := uint64(0)
	for step, i := 0, uint32(0); step < b.N; step, i = step+1, s.data.next[i] {
		want += uint64(i)
	}
	if lost != 0 || sum != want {
		frame.Fail(s.name("dependent_hit"), "the chain of keys was left")
	}
	s.checked("dependent_hit", b.N)
}

func (s *session) miss() func(*testing.B) {
	script := lazy(func() *script { return s.script(s.Keys, forMiss) })
	return func(b *testing.B) {
		reader, script := s.store.reader(), script()
		at, found := 0, 0
		v := new(value)
		sink = v
		b.ResetTimer()
		for range b.N {
			if reader.get(script, at, v) {
				found++
			}
			if at++; at == len(script.index) {
				at = 0
			}
		}
		b.StopTimer()
		if found != 0 {
			frame.Fail(s.name("miss"), "%d absent keys were found", found)
		}
		s.checked("miss", b.N)
	}
}

// getMany counts each key of a batch as one operation; the last batch is whole too, and its surplus is taken off the time.
func (s *session) getMany() func(*testing.B) {
	script := lazy(func() *script {
		made := s.script(0, forHit)
		made.index = made.index[:len(made.index)/batchKeys*batchKeys]
		return made
	})
	return func(b *testing.B) {
		reader, script := s.store.reader().(batcher), script()
		at, found, sum := 0, 0, uint64(0)
		values := new([batchKeys]value)
		sink = &values[0]
		reads := (b.N + batchKeys - 1) / batchKeys * batchKeys
		b.ResetTimer()
		for range reads / batchKeys {
			found += reader.getBatch(script, at, values)
			for i := range values {
				sum += values[i].word(indexWord)
			}
			if at += batchKeys; at == len(script.index) {
				at = 0
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(reads), "ns/op")
		s.checkReads("get_many_32", script, reads, reads-found, sum)
	}
}

func (s *session) update() func(*testing.B) {
	script := lazy(func() *script { return s.script(0, forUpdate) })
	return func(b *testing.B) {
		stamp := s.nextStamp()
		script := s.addValues(script(), stamp)
		at := 0
		b.ResetTimer()
		for range b.N {
			s.store.update(script, at)
			if at++; at == len(script.index) {
				at = 0
			}
		}
		b.StopTimer()
		s.wrote(s.name("update"), script, b.N, stamp)
		s.settle()
		s.checked("update", b.N)
	}
}

// deleteInsert has present keys leave and absent ones enter, one by one; after a whole round the two change places.
func (s *session) deleteInsert() func(*testing.B) {
	present := lazy(func() *script { return s.script(0, forLeaving) })
	absent := lazy(func() *script { return s.addValues(s.script(s.Keys, forEntering), 0) })
	return func(b *testing.B) {
		stamp := s.nextStamp()
		leave, enter := s.addValues(present(), stamp), absent()
		at := 0
		b.ResetTimer()
		for range b.N {
			s.exchange(leave, enter, at)
			if at++; at == s.Keys {
				at = 0
				leave, enter = enter, leave
			}
		}
		b.StopTimer()
		// Back to the keys that the other operations expect.
		first, last := 0, at
		if leave == absent() {
			first, last = at, s.Keys
		}
		for i := first; i < last; i++ {
			s.exchange(absent(), present(), i)
		}
		s.wrote(s.name("delete_insert"), present(), b.N, stamp)
		s.settle()
		s.checked("delete_insert", b.N)
	}
}

func (s *session) exchange(leave, enter *script, at int) {
	s.store.delete(leave, at)
	s.store.insert(enter, at)
}
