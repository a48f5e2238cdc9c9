// SPDX-License-Identifier: MIT OR Apache-2.0

package frame

// Mix is the finaliser of SplitMix64: a bijection, so that distinct numbers stay distinct.
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Random is SplitMix64.
type Random struct{ state uint64 }

// NewRandom begins a row of numbers.
func NewRandom(seed uint64) *Random { return &Random{seed} }

// Below is a number below bound.
func (r *Random) Below(bound int) int {
	r.state += 0x9e3779b97f4a7c15
	return int(Mix(r.state) % uint64(bound))
}

// Counted are n numbers from first on.
func Counted(n, first int) []uint32 {
	list := make([]uint32, n)
	for i := range list {
		list[i] = uint32(first + i)
	}
	return list
}

// Shuffle puts the list in a random order, by Fisher and Yates.
func (r *Random) Shuffle(list []uint32) []uint32 {
	for i := len(list) - 1; i > 0; i-- {
		j := r.Below(i + 1)
		list[i], list[j] = list[j], list[i]
	}
	return list
}
