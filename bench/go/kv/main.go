// SPDX-License-Identifier: MIT OR Apache-2.0

// The key-value benchmarks in Go. See bench/README.md.
package main

import "example.org/drystone/bench/go/frame"

func main() {
	var names []string
	for _, subject := range subjects {
		names = append(names, subject.name)
	}
	frame.Run("kv", 1e6, names, func(settings *frame.Settings, results *frame.Results, name string) {
		for _, subject := range subjects {
			if subject.name == name {
				s := newSession(settings, results, subject)
				s.runAll()
				s.settle() // what was written last
			}
		}
	})
}
