// SPDX-License-Identifier: MIT OR Apache-2.0

// The conformance runner of the Go API: replays scenarios and writes transcripts; see tests/conformance/README.md.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Outcomes of a scenario; the worst one is the exit status.
const (
	passed    = 0
	failed    = 1
	malformed = 2
)

func main() {
	transcripts, files, ok := commandLine(os.Args[1:])
	if !ok {
		fmt.Fprintln(os.Stderr, "usage: runner [--transcripts DIR] FILE...")
		os.Exit(2)
	}
	good, worst := 0, passed
	for _, file := range files {
		outcome := runFile(file, transcripts)
		if outcome == passed {
			good++
		}
		worst = max(worst, outcome)
	}
	fmt.Printf("go: %d passed, %d failed\n", good, len(files)-good)
	os.Exit(worst)
}

func commandLine(arguments []string) (transcripts string, files []string, ok bool) {
	for len(arguments) > 0 {
		switch {
		case arguments[0] == "--transcripts" && len(arguments) > 1:
			transcripts, arguments = arguments[1], arguments[2:]
		case strings.HasPrefix(arguments[0], "-"):
			return "", nil, false
		default:
			files, arguments = append(files, arguments[0]), arguments[1:]
		}
	}
	return transcripts, files, len(files) > 0
}

func runFile(file, transcripts string) int {
	matched := false
	err := guarded(func() {
		scenario := readScenario(file)
		transcript, finish := openTranscript(transcripts, scenario.name)
		defer finish()
		matched = scenario.run(transcript)
	})
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
		return malformed
	case !matched:
		return failed
	}
	return passed
}

var replacedInNames = regexp.MustCompile(`[^A-Za-z0-9._-]`)

// openTranscript gives a writer that goes nowhere when no transcripts are wanted.
func openTranscript(folder, name string) (*bufio.Writer, func()) {
	if folder == "" {
		return bufio.NewWriter(discard{}), func() {}
	}
	check(os.MkdirAll(folder, 0o777))
	file, err := os.Create(filepath.Join(folder, safeName(name)+".transcript"))
	check(err)
	writer := bufio.NewWriter(file)
	return writer, func() {
		check(writer.Flush())
		check(file.Close())
	}
}

// safeName replaces bytes, not characters.
func safeName(name string) string {
	latin := make([]rune, 0, len(name))
	for _, b := range []byte(name) {
		latin = append(latin, rune(b))
	}
	return replacedInNames.ReplaceAllString(string(latin), "_")
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// check is for what the runner itself needs; a scenario has no part in its failing.
func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "runner:", err)
		os.Exit(2)
	}
}
