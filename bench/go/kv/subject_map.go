// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"runtime"
	"sync"

	"example.org/drystone/bench/go/frame"
)

// mapStore is Go's own map of byte strings, in private memory. The read_ operations, where a reader and a writer share it,
// take a sync.RWMutex; the others take no lock.
type mapStore struct {
	mu     sync.RWMutex
	m      map[string][]byte
	before uint64
}

// The heap keeps what a former store has freed, so `insert` finds its memory touched, as it should.
func newMapStore(keys int, prefault bool) store {
	touch(keys, prefault)
	return &mapStore{before: heapBytes(), m: make(map[string][]byte, keys)}
}

// touch makes the heap as large as a store of that many keys will need, and lets it go again.
func touch(keys int, prefault bool) {
	if prefault {
		held := make([]byte, keys*(keyBytes+valueBytes+64))
		for at := 0; at < len(held); at += 4096 {
			held[at] = 1
		}
		runtime.KeepAlive(held)
		held = nil
		runtime.GC()
	}
}

func heapBytes() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func (m *mapStore) insert(s *script, at int) {
	m.m[string(s.key(at))] = append([]byte(nil), s.value(at)...)
}

// update writes over the old value where there is room, as any user in a hurry would.
func (m *mapStore) update(s *script, at int) {
	if old, there := m.m[string(s.key(at))]; there && len(old) == valueBytes {
		copy(old, s.value(at))
		return
	}
	frame.Fail("map", "update: no such key")
}

func (m *mapStore) sharedUpdate(s *script, at int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.update(s, at)
}

func (m *mapStore) delete(s *script, at int) { delete(m.m, string(s.key(at))) }
func (m *mapStore) bytes() uint64            { return heapBytes() - m.before }
func (m *mapStore) close()                   { m.m = nil }
func (m *mapStore) reader() reader           { return mapReader{m} }
func (m *mapStore) sharedReader() reader     { return lockedReader{m} }

type mapReader struct{ *mapStore }

func (r mapReader) get(s *script, at int, v *value) bool { return r.getKey(s.key(at), v) }

func (r mapReader) getKey(key []byte, v *value) bool {
	found, there := r.m[string(key)]
	return there && copy(v[:], found) == valueBytes
}

func (mapReader) retries() uint64 { return 0 }

type lockedReader struct{ *mapStore }

func (r lockedReader) get(s *script, at int, v *value) bool { return r.getKey(s.key(at), v) }

func (r lockedReader) getKey(key []byte, v *value) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return mapReader(r).getKey(key, v)
}

func (lockedReader) retries() uint64 { return 0 }

// syncMap is sync.Map, whose readers take no lock. A value is never changed once it is in, so every write allocates.
type syncMap struct {
	m      sync.Map
	before uint64
}

func newSyncMap(keys int, prefault bool) store {
	touch(keys, prefault)
	return &syncMap{before: heapBytes()}
}

func (m *syncMap) insert(s *script, at int) {
	if _, there := m.m.LoadOrStore(s.boxed[at], append([]byte(nil), s.value(at)...)); there {
		frame.Fail("sync_map", "insert: the key is there")
	}
}

func (m *syncMap) update(s *script, at int) {
	m.m.Store(s.boxed[at], append([]byte(nil), s.value(at)...))
}

func (m *syncMap) delete(s *script, at int) {
	if _, there := m.m.LoadAndDelete(s.boxed[at]); !there {
		frame.Fail("sync_map", "delete: no such key")
	}
}

func (m *syncMap) sharedUpdate(s *script, at int) { m.update(s, at) }
func (m *syncMap) bytes() uint64                  { return heapBytes() - m.before }
func (m *syncMap) close()                         { m.m.Clear() }
func (m *syncMap) reader() reader                 { return syncMapReader{m} }
func (m *syncMap) sharedReader() reader           { return syncMapReader{m} }

type syncMapReader struct{ *syncMap }

func (r syncMapReader) get(s *script, at int, v *value) bool { return r.load(s.boxed[at], v) }

func (r syncMapReader) getKey(key []byte, v *value) bool { return r.load(string(key), v) }

func (r syncMapReader) load(key any, v *value) bool {
	found, there := r.m.Load(key)
	return there && copy(v[:], found.([]byte)) == valueBytes
}

func (syncMapReader) retries() uint64 { return 0 }
