// SPDX-License-Identifier: MIT OR Apache-2.0

// The benchmarks of memory blocks in Go. See bench/README.md.
package main

import "example.org/drystone/bench/go/frame"

// subjects are what to measure, and how each begins.
var subjects = []struct {
	name string
	run  func(*session)
}{
	{"drystone", runDrystone},
	{"drystone_held", runHeld},
	{"heap", runHeap},
	{"sync_pool", runSyncPool},
	{"map", runMap},
	{"floor", runFloor},
}

func main() {
	var names []string
	for _, subject := range subjects {
		names = append(names, subject.name)
	}
	frame.Run("memory", 10_000, names, func(settings *frame.Settings, results *frame.Results, name string) {
		for _, subject := range subjects {
			if subject.name == name {
				subject.run(&session{Settings: settings, Results: results, subject: name})
			}
		}
	})
}
