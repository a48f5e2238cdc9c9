// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import "testing"

func TestCycleVisitsEveryKey(t *testing.T) {
	d := newData(1000, 1)
	seen, i := map[uint32]bool{}, uint32(0)
	for range 1000 {
		seen[i] = true
		i = d.next[i]
	}
	if len(seen) != 1000 || i != 0 {
		t.Fatalf("%d keys in the cycle", len(seen))
	}
}

func TestOrderIsAPermutation(t *testing.T) {
	d := newData(1000, 1)
	seen := map[uint32]bool{}
	for _, i := range d.order(1000, forMiss) {
		if i < 1000 || i >= 2000 {
			t.Fatalf("key %d", i)
		}
		seen[i] = true
	}
	if len(seen) != 1000 {
		t.Fatalf("%d keys in the order", len(seen))
	}
}

func TestValuesProveThemselves(t *testing.T) {
	d := newData(64, 1)
	var v value
	for i := range uint32(128) {
		d.putValue(v[:], i, 7)
		var next [keyBytes]byte
		if i < 64 {
			putKey(next[:], uint64(d.next[i]))
		} else {
			putKey(next[:], uint64(i))
		}
		if v.xor() != 0 || v.word(indexWord) != uint64(i) || v.word(stampWord) != 7 || string(v[:keyBytes]) != string(next[:]) {
			t.Fatalf("value %d: %x", i, v)
		}
	}
}
