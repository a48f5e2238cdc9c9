// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"iter"
	"runtime"
)

// Entry is one entry of a store. Its bytes are copies.
type Entry struct {
	Key     []byte
	Value   []byte
	Version uint64
}

// All iterates over the entries in no particular order. An entry that is there all the time is met exactly once; one that
// comes, goes or changes meanwhile may be met or not, but is whole. An error is the last thing that it yields.
//
//	for entry, err := range reader.All() {
func (r *KvReader) All() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) { r.iterate(yield) }
}

func (r *KvReader) iterate(yield func(Entry, error) bool) {
	var cursor uint64
	key, value := make([]byte, 64), make([]byte, 256)
	for {
		c := r.use()
		if c == nil {
			yield(Entry{}, ErrClosed)
			return
		}
		next, keyBytes, valueBytes, version, s := coreNext(c.handle, cursor, key, value)
		runtime.KeepAlive(c)
		switch s {
		case statusOK:
			cursor = next
			if !yield(Entry{clone(key[:keyBytes]), clone(value[:valueBytes]), version}, nil) {
				return
			}
		case statusTooLarge:
			key, value = grown(key, keyBytes), grown(value, valueBytes)
		case statusNotFound:
			return
		default:
			yield(Entry{}, s)
			return
		}
	}
}

func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

func grown(b []byte, need int) []byte {
	if need <= len(b) {
		return b
	}
	return make([]byte, need)
}
