// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"math/rand/v2"
	"testing"
)

func TestStampProvesEveryByte(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	key := []byte("key-000001")
	for _, n := range []int{stampBytes, stampBytes + 1, stampBytes + longestPayload} {
		value := randomValue(random.Uint64, key, make([]byte, n))
		if !isStamped(key, value) || isStamped([]byte("key-000002"), value) || isStamped(key, value[:stampBytes-1]) {
			t.Fatalf("a value of %d bytes is not told from another", n)
		}
		for i := range value {
			value[i] ^= 1
			if isStamped(key, value) {
				t.Fatalf("a flip in byte %d of %d is not seen", i, n)
			}
			value[i] ^= 1
		}
	}
}
