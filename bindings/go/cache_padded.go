// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

// CachePadded is a value that shares no cache line, nor a pair of them, with anything else: goroutines that write to
// neighbours in an array do not disturb each other. (Processors fetch adjacent lines in pairs, so two lines are kept.)
//
// Overhead: 256 bytes, since Go cannot align a variable to a cache line. The zero value holds the value's zero. In a pool it
// is PoolOptions.Align that keeps objects apart.
type CachePadded[T any] struct {
	_     [cachePairBytes]byte
	Value T
	_     [cachePairBytes]byte
}
