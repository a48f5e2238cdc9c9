//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"math/rand/v2"
	"testing"
)

func TestHashIsTheCores(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	bytes := make([]byte, 4200)
	for i := range bytes {
		bytes[i] = byte(random.Uint32())
	}
	for n := range 4100 {
		seed, at := random.Uint64(), random.IntN(100)
		key := bytes[at : at+n]
		if got, want := Hash(key, seed), coreHash(key, seed); got != want {
			t.Fatalf("Hash of %d bytes with seed %d is %#x, the core says %#x", n, seed, got, want)
		}
	}
	if long := make([]byte, kvKeyBytesMax); Hash(long, 7) != coreHash(long, 7) {
		t.Fatal("Hash of the longest key differs from the core's")
	}
}

func TestHashDependsOnSeedAndLength(t *testing.T) {
	if Hash([]byte("key"), 1) == Hash([]byte("key"), 2) {
		t.Error("two seeds give one hash")
	}
	if Hash([]byte{0}, 1) == Hash([]byte{0, 0}, 1) || Hash(nil, 1) == Hash([]byte{0}, 1) {
		t.Error("zeros of different lengths give one hash")
	}
}
