// SPDX-License-Identifier: MIT OR Apache-2.0

// Package frame is what the benchmark programs share: the contract of bench/README.md, `AREA subjects` and `AREA measure
// SUBJECT OUT`. They run on the engine of `go test -bench`, package testing, and leave its output.
package frame

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Settings are what the environment asks for.
type Settings struct {
	Keys       int
	Seconds    float64
	Seed       uint64
	operations map[string]bool // empty: all
}

// Wants says whether an operation is to be measured.
func (s *Settings) Wants(operation string) bool {
	return len(s.operations) == 0 || s.operations[operation]
}

// Smoke says whether all that matters is that everything runs.
func (s *Settings) Smoke() bool { return s.Seconds < 0.1 }

// Run is the whole program. The subjects are named as measure gets them.
func Run(area string, keys int, subjects []string, measure func(*Settings, *Results, string)) {
	testing.Init()
	usage := func() {
		fmt.Fprintf(os.Stderr, "usage: %[1]s subjects | %[1]s measure SUBJECT OUT\n", area)
		os.Exit(2)
	}
	flag.Usage = usage
	flag.Parse()
	arguments := flag.Args()
	switch {
	case len(arguments) == 1 && arguments[0] == "subjects":
		fmt.Println(strings.Join(subjects, "\n"))
	case len(arguments) == 3 && arguments[0] == "measure":
		name := arguments[1]
		if !slices.Contains(subjects, name) {
			fmt.Fprintf(os.Stderr, "no subject %q\n", name)
			usage()
		}
		results := &Results{area: area, lines: map[string]map[string]any{}}
		measure(settingsFromEnvironment(keys), results, name)
		results.write(name, arguments[2])
	default:
		usage()
	}
}

// Fail ends the program: a benchmark whose work was wrong has no figure.
func Fail(benchmark, format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "%s: %s\n", benchmark, fmt.Sprintf(format, arguments...))
	os.Exit(1)
}

// Must fails where there is an error.
func Must(what string, err error) {
	if err != nil {
		Fail(what, "%v", err)
	}
}

func settingsFromEnvironment(keys int) *Settings {
	s := &Settings{
		// Orders hold indices of 32 bits, and some operations need twice as many as there are.
		Keys:       int(number("DRYSTONE_BENCH_KEYS", float64(keys), 64, 1e9)),
		Seconds:    number("DRYSTONE_BENCH_SECONDS", 0.5, 0.0001, 3600),
		Seed:       uint64(number("DRYSTONE_BENCH_SEED", 1, 0, 9e15)),
		operations: map[string]bool{},
	}
	for _, name := range strings.Split(os.Getenv("DRYSTONE_BENCH_OPERATIONS"), ",") {
		if name != "" {
			s.operations[name] = true
		}
	}
	Must("DRYSTONE_BENCH_SECONDS", flag.Set("test.benchtime", strconv.FormatFloat(s.Seconds, 'f', -1, 64)+"s"))
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
		Fail(name, "%q is not a number from %v to %v", text, low, high)
	}
	return value
}
