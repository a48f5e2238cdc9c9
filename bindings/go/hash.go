// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"encoding/binary"
	"math/bits"
)

// The hash is part of the stored format. That these are the core's numbers is held by TestHashIsTheCores.
const (
	hashS0 = 0xa0761d6478bd642f
	hashS1 = 0xe7037ed1a0b428db
)

// Hash is the store's hash of a key, as every language computes it.
func Hash(key []byte, seed uint64) uint64 { return hashWith(hashPremix(seed), key) }

func hashMix(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}

// hashPremix is what depends on the seed alone: computed once a store.
func hashPremix(seed uint64) uint64 { return seed ^ hashMix(seed^hashS0, hashS1) }

func hashWith(state uint64, key []byte) uint64 {
	var a, b uint64
	n := len(key)
	switch {
	case n > 16:
		rest := key
		for len(rest) > 16 {
			state = hashMix(binary.LittleEndian.Uint64(rest)^hashS1, binary.LittleEndian.Uint64(rest[8:])^state)
			rest = rest[16:]
		}
		// The last 16 bytes overlap what was read already where n is no multiple of 16.
		last := key[n-16:]
		a = binary.LittleEndian.Uint64(last)
		b = binary.LittleEndian.Uint64(last[8:])
	case n >= 8:
		a = binary.LittleEndian.Uint64(key)
		b = binary.LittleEndian.Uint64(key[n-8:])
	case n >= 4:
		a = uint64(binary.LittleEndian.Uint32(key))
		b = uint64(binary.LittleEndian.Uint32(key[n-4:]))
	case n > 0:
		a = uint64(key[0])<<16 | uint64(key[n>>1])<<8 | uint64(key[n-1])
	}
	return hashMix(hashS1^uint64(n), hashMix(a^hashS1, b^state))
}
