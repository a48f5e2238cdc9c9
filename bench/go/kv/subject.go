// SPDX-License-Identifier: MIT OR Apache-2.0

package main

// subject is a kind of store to measure.
type subject struct {
	name  string
	boxed bool // keys are wanted as values of type any, made before the clock starts
	make  func(keys int, prefault bool) store
}

var subjects = []subject{
	{name: "drystone", make: newDrystone},
	{name: "map", make: newMapStore},
	{name: "sync_map", boxed: true, make: newSyncMap},
}

// store is one of them, with room for all keys. What fails ends the program.
type store interface {
	insert(s *script, at int)
	update(s *script, at int)
	delete(s *script, at int)
	reader() reader
	bytes() uint64 // 0: unknown
	close()

	// The same for when a reader and a writer are at work together.
	sharedUpdate(s *script, at int)
	sharedReader() reader
}

// reader copies values out.
type reader interface {
	get(s *script, at int, v *value) bool
	getKey(key []byte, v *value) bool
	retries() uint64
}

const batchKeys = 32

// batcher is a reader that can look batchKeys keys of a script up at once, and says how many it found.
type batcher interface {
	getBatch(s *script, at int, values *[batchKeys]value) int
}
