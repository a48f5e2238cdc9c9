// SPDX-License-Identifier: MIT OR Apache-2.0

// The key-value benchmarks in Go: `kv subjects`, `kv measure SUBJECT OUT`. See bench/README.md. They run on the engine of
// `go test -bench`, package testing, and leave its output.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

type settings struct {
	keys       int
	seconds    float64
	seed       uint64
	operations map[string]bool // empty: all
}

func (s *settings) wants(operation string) bool {
	return len(s.operations) == 0 || s.operations[operation]
}

func main() {
	testing.Init()
	flag.Usage = usage
	flag.Parse()
	arguments := flag.Args()
	switch {
	case len(arguments) == 1 && arguments[0] == "subjects":
		for _, make := range subjects {
			fmt.Println(make.name)
		}
	case len(arguments) == 3 && arguments[0] == "measure":
		measure(arguments[1], arguments[2])
	default:
		usage()
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: kv subjects | kv measure SUBJECT OUT")
	os.Exit(2)
}

func measure(name, folder string) {
	for _, subject := range subjects {
		if subject.name == name {
			s := newSession(settingsFromEnvironment(), subject)
			s.runAll()
			s.finish(folder)
			return
		}
	}
	fmt.Fprintf(os.Stderr, "no subject %q\n", name)
	usage()
}

// fail ends the program: a benchmark whose work was wrong has no figure.
func fail(benchmark, format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "%s: %s\n", benchmark, fmt.Sprintf(format, arguments...))
	os.Exit(1)
}

func must(what string, err error) {
	if err != nil {
		fail(what, "%v", err)
	}
}

func settingsFromEnvironment() *settings {
	s := &settings{
		// Orders hold indices of 32 bits, and delete_insert needs twice as many keys as are present.
		keys:       int(number("DRYSTONE_BENCH_KEYS", 1e6, 64, 1e9)),
		seconds:    number("DRYSTONE_BENCH_SECONDS", 0.5, 0.0001, 3600),
		seed:       uint64(number("DRYSTONE_BENCH_SEED", 1, 0, 9e15)),
		operations: map[string]bool{},
	}
	for _, name := range strings.Split(os.Getenv("DRYSTONE_BENCH_OPERATIONS"), ",") {
		if name != "" {
			s.operations[name] = true
		}
	}
	must("DRYSTONE_BENCH_SECONDS", flag.Set("test.benchtime", strconv.FormatFloat(s.seconds, 'f', -1, 64)+"s"))
	return s
}

func number(name string, otherwise, low, high float64) float64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseFloat(text, 64)
	whole := name == "DRYSTONE_BENCH_SECONDS" || value == math.Floor(value)
	if err != nil || !(value >= low && value <= high) || !whole {
		fail(name, "%q is not a number from %v to %v", text, low, high)
	}
	return value
}

// finish checks what was written last, and writes what was measured.
func (s *session) finish(folder string) {
	s.settle()
	if s.output.Len() == 0 {
		fail(s.subject.name, "none of the operations wanted")
	}
	s.output.WriteString("PASS\n")
	must(folder, os.WriteFile(filepath.Join(folder, "go.txt"), []byte(s.output.String()), 0o666))
	must(folder, os.WriteFile(filepath.Join(folder, "extra.jsonl"), []byte(s.extras.text()), 0o666))
}
