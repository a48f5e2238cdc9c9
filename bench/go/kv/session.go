// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"runtime"

	"example.org/drystone/bench/go/frame"
)

// Numbers that tell the random orders of the operations apart.
const (
	forInsert uint64 = iota + 1
	forUpdate
	forHit
	forMiss
	forLeaving
	forEntering
	forChurn
)

// script is keys, and values where they are written, laid out in the order of their use. Flat arrays without pointers, so
// that the garbage collector has no business with them.
type script struct {
	index  []uint32
	keys   []byte
	values []byte
	boxed  []any // the keys as sync.Map takes them, for that subject alone
}

func (s *script) key(at int) []byte   { return s.keys[at*keyBytes : (at+1)*keyBytes] }
func (s *script) value(at int) []byte { return s.values[at*valueBytes : (at+1)*valueBytes] }

// indexSum is what the index words of the values read add up to after count lookups that went round the script.
func (s *script) indexSum(count int) uint64 {
	var round, rest uint64
	for i, index := range s.index {
		round += uint64(index)
		if i < count%len(s.index) {
			rest += uint64(index)
		}
	}
	return round*uint64(count/len(s.index)) + rest
}

// session is one subject's store, and what the benchmarks of one process share: the store is populated once, because
// filling a million entries takes longer than measuring most operations on them.
type session struct {
	*frame.Settings
	*frame.Results
	subject   subject
	data      *data
	store     store
	stamps    []uint32 // of the value that each present key should have
	lastStamp uint64
	unchecked string // the benchmark whose writes were not read back yet
}

func newSession(settings *frame.Settings, results *frame.Results, subject subject) *session {
	s := &session{Settings: settings, Results: results, subject: subject, data: newData(settings.Keys, settings.Seed)}
	s.stamps = make([]uint32, settings.Keys)
	return s
}

func (s *session) script(first int, purpose uint64) *script {
	made := &script{index: s.data.order(first, purpose)}
	made.keys = make([]byte, len(made.index)*keyBytes)
	for at, i := range made.index {
		putKey(made.key(at), uint64(i))
	}
	if s.subject.boxed {
		for at := range made.index {
			made.boxed = append(made.boxed, string(made.key(at)))
		}
	}
	return made
}

func (s *session) addValues(to *script, stamp uint64) *script {
	if to.values == nil {
		to.values = make([]byte, len(to.index)*valueBytes)
	}
	for at, i := range to.index {
		s.data.putValue(to.value(at), i, stamp)
	}
	return to
}

func (s *session) nextStamp() uint64 {
	s.lastStamp++
	return s.lastStamp
}

// renew makes an empty store; the former one's memory is given back first.
func (s *session) renew(prefault bool) store {
	if s.store != nil {
		s.store.close()
		s.store = nil
	}
	runtime.GC()
	s.store = s.subject.make(s.Keys, prefault)
	return s.store
}

// populated is the store with all present keys. What the benchmark before has written is checked first.
func (s *session) populated() store {
	s.settle()
	if s.store == nil {
		script := s.addValues(s.script(0, forInsert), 0)
		store := s.renew(true)
		for at := range script.index {
			store.insert(script, at)
		}
		s.wrote("populating", script, len(script.index), 0)
		s.settle()
	}
	return s.store
}

// wrote is to be said by every benchmark that writes: the first count values of the script, or all where there were more.
func (s *session) wrote(benchmark string, script *script, count int, stamp uint64) {
	s.unchecked = benchmark
	for _, i := range script.index[:min(count, len(script.index))] {
		s.stamps[i] = uint32(stamp)
	}
}

// settle reads everything back, outside of any benchmark's time.
func (s *session) settle() {
	benchmark := s.unchecked
	s.unchecked = ""
	if benchmark == "" {
		return
	}
	reader := s.store.reader()
	var key [keyBytes]byte
	for i, stamp := range s.stamps {
		putKey(key[:], uint64(i))
		var v value
		if !reader.getKey(key[:], &v) {
			frame.Fail(benchmark, "key %d is lost", i)
		}
		if v.xor() != 0 || v.word(indexWord) != uint64(i) || v.word(stampWord) != uint64(stamp) {
			frame.Fail(benchmark, "the value of key %d is not what was written last", i)
		}
	}
}
