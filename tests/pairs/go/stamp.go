// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"encoding/binary"

	"example.org/drystone/bindings/go"
)

// stampBytes is how many bytes at a value's start prove the rest.
const stampBytes = 8

func stampOf(key, payload []byte) uint64 { return drystone.Hash(payload, drystone.Hash(key, 0)) }

func isStamped(key, value []byte) bool {
	return len(value) >= stampBytes && binary.LittleEndian.Uint64(value) == stampOf(key, value[stampBytes:])
}

// randomValue fills value with a payload behind its stamp.
func randomValue(random func() uint64, key, value []byte) []byte {
	payload := value[stampBytes:]
	for i := range payload {
		payload[i] = byte(random())
	}
	binary.LittleEndian.PutUint64(value, stampOf(key, payload))
	return value
}
