// SPDX-License-Identifier: MIT OR Apache-2.0

package frame

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// nothingWanted is how the program ends when the subject has none of the operations.
const nothingWanted = 3

// Results are what a run leaves behind: go.txt and extra.jsonl.
type Results struct {
	area   string
	output strings.Builder
	names  []string
	lines  map[string]map[string]any
}

// Report writes one line as `go test -bench` does. A benchmark's name is area/operation/subject.
func (r *Results) Report(name string, result testing.BenchmarkResult) {
	title := strings.ToUpper(r.area[:1]) + r.area[1:] + strings.TrimPrefix(name, r.area)
	line := fmt.Sprintf("Benchmark%s-%d\t%s\t%s\n", title, runtime.GOMAXPROCS(0), result, result.MemString())
	r.output.WriteString(line)
	fmt.Fprint(os.Stderr, line)
	r.Set(name, "allocations_per_op", float64(result.MemAllocs)/float64(result.N))
}

// Set sets one key of a benchmark's line in extra.jsonl.
func (r *Results) Set(name, key string, value any) {
	if r.lines[name] == nil {
		r.names = append(r.names, name)
		r.lines[name] = map[string]any{"name": name}
	}
	r.lines[name][key] = value
}

func (r *Results) write(subject, folder string) {
	if r.output.Len() == 0 {
		fmt.Fprintf(os.Stderr, "%s: none of the operations wanted\n", subject)
		os.Exit(nothingWanted)
	}
	r.output.WriteString("PASS\n")
	Must(folder, os.WriteFile(filepath.Join(folder, "go.txt"), []byte(r.output.String()), 0o666))
	var extras strings.Builder
	for _, name := range r.names {
		line, err := json.Marshal(r.lines[name])
		Must(name, err)
		fmt.Fprintf(&extras, "%s\n", line)
	}
	Must(folder, os.WriteFile(filepath.Join(folder, "extra.jsonl"), []byte(extras.String()), 0o666))
}
