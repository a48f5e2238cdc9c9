// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import "example.org/drystone/bindings/go"

// missByte behind a key makes one that no store has.
const missByte = 0xff

// knownKey is a key that was listed. Its bytes lie in one array with all others, as keys of a large table would.
type knownKey struct {
	at, length int
	valueBytes int
	version    uint64 // the newest that was seen
}

type keyList struct {
	bytes        []byte
	keys         []knownKey
	longestValue int
}

func listKeys(r *drystone.KvReader) (*keyList, error) {
	list := &keyList{}
	for entry, err := range r.All() {
		if err != nil {
			return nil, err
		}
		list.keys = append(list.keys, knownKey{len(list.bytes), len(entry.Key), len(entry.Value), entry.Version})
		list.bytes = append(append(list.bytes, entry.Key...), missByte)
		list.longestValue = max(list.longestValue, len(entry.Value))
	}
	return list, nil
}

func (l *keyList) key(k *knownKey) []byte { return l.bytes[k.at : k.at+k.length] }

// missing is a key that is not there, next to one that is.
func (l *keyList) missing(k *knownKey) []byte { return l.bytes[k.at : k.at+k.length+1] }
