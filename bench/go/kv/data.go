// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"encoding/binary"

	"example.org/drystone/bench/go/frame"
)

// The keys, values and orders that every language's programs use; bench/README.md defines them.

const (
	keyBytes   = 16
	valueBytes = 64
)

type value [valueBytes]byte

func (v *value) word(i int) uint64 { return binary.LittleEndian.Uint64(v[8*i:]) }

func (v *value) xor() uint64 {
	var sum uint64
	for i := range valueBytes / 8 {
		sum ^= v.word(i)
	}
	return sum
}

// What the words of a value are.
const (
	indexWord = 2
	stampWord = 3
)

func putKey(b []byte, i uint64) {
	binary.LittleEndian.PutUint64(b, frame.Mix(2*i+1))
	binary.LittleEndian.PutUint64(b[8:], frame.Mix(2*i+2))
}

type data struct {
	seed uint64
	next []uint32 // one cycle through all keys
}

// newData makes the cycle by Sattolo's shuffle, so that a chain of lookups visits every key before it repeats.
func newData(keys int, seed uint64) *data {
	d := &data{seed, frame.Counted(keys, 0)}
	r := frame.NewRandom(seed)
	for i := keys - 1; i > 0; i-- {
		j := r.Below(i)
		d.next[i], d.next[j] = d.next[j], d.next[i]
	}
	return d
}

// putValue writes the value of key i at a stamp. Keys that are not present at first name themselves as the next one.
func (d *data) putValue(b []byte, i uint32, stamp uint64) {
	next := i
	if int(i) < len(d.next) {
		next = d.next[i]
	}
	putKey(b, uint64(next))
	n := uint64(i)
	for at, word := range [5]uint64{n, stamp, frame.Mix(n + stamp), frame.Mix(n + stamp + 1), frame.Mix(n + stamp + 2)} {
		binary.LittleEndian.PutUint64(b[8*(indexWord+at):], word)
	}
	binary.LittleEndian.PutUint64(b[56:], 0)
	binary.LittleEndian.PutUint64(b[56:], (*value)(b).xor())
}

// order is a random permutation of len(d.next) keys from first; each purpose has an order of its own.
func (d *data) order(first int, purpose uint64) []uint32 {
	return frame.NewRandom(frame.Mix(d.seed) + purpose).Shuffle(frame.Counted(len(d.next), first))
}
