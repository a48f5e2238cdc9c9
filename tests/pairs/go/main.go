// SPDX-License-Identifier: MIT OR Apache-2.0

// The actor of the Go API: a reader or a writer that the pairs test and the demo start as a process.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"example.org/drystone/bindings/go"
)

// task is what the command line asks for.
type task struct {
	region   drystone.OpenOptions
	part     string
	deadline time.Time
	seed     uint64
	keys     int // 0: those that are there
}

func main() {
	if err := act(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "actor:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprint(os.Stderr, "usage: actor read REGION PART SECONDS\n       actor write REGION PART SECONDS SEED [KEYS]\n"+
		"REGION is file:PATH or shm:NAME\n")
	os.Exit(2)
}

func act(arguments []string) error {
	if len(arguments) < 4 {
		usage()
	}
	t := task{part: arguments[2]}
	seconds, err := strconv.ParseFloat(arguments[3], 64)
	if err != nil || !(seconds >= 0 && seconds <= 1e6) {
		usage()
	}
	t.deadline = time.Now().Add(time.Duration(seconds * float64(time.Second)))
	if t.region, err = parseRegion(arguments[1]); err != nil {
		return err
	}
	switch {
	case arguments[0] == "read" && len(arguments) == 4:
		return t.read()
	case arguments[0] == "write" && (len(arguments) == 5 || len(arguments) == 6):
		t.parseWrite(arguments[4:])
		return t.write()
	}
	usage()
	return nil
}

func (t *task) parseWrite(arguments []string) {
	var err error
	if t.seed, err = strconv.ParseUint(arguments[0], 10, 64); err != nil {
		usage()
	}
	if len(arguments) == 2 {
		keys, err := strconv.ParseUint(arguments[1], 10, 31)
		if err != nil || keys == 0 {
			usage()
		}
		t.keys = int(keys)
	}
}

func parseRegion(text string) (drystone.OpenOptions, error) {
	if path, is := strings.CutPrefix(text, "file:"); is {
		return drystone.OpenOptions{Kind: drystone.File, Name: path}, nil
	}
	if name, is := strings.CutPrefix(text, "shm:"); is {
		return drystone.OpenOptions{Kind: drystone.Shared, Name: name}, nil
	}
	return drystone.OpenOptions{}, fmt.Errorf("a region is file:PATH or shm:NAME, not %q", text)
}
