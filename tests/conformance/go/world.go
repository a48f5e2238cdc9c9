// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.org/drystone/bindings/go"
)

// world is what one scenario has made.
type world struct {
	folder      string
	prefix      string
	fresh       int
	sharedNames []string
	bound       map[string]any // *regionObject, *kvObject, *arenaObject ...
	regions     []*regionObject
	kvs         []*kvObject // also those whose name stands for something else by now: they stay open
	blocks      []io.Closer // likewise
}

type regionObject struct {
	region  *drystone.Region
	kind    drystone.Kind
	writing bool
	path    string // of kind file
}

// kvObject is a writer, or only a reader.
type kvObject struct {
	writer *drystone.Kv
	reader *drystone.KvReader
}

func newWorld() *world {
	folder, err := os.MkdirTemp("", "drystone-conformance-")
	check(err)
	prefix := os.Getenv("DRYSTONE_SHM_PREFIX")
	if prefix == "" {
		prefix = "drystone-conformance-"
	}
	var random [8]byte
	rand.Read(random[:])
	return &world{folder: folder, prefix: prefix + hex.EncodeToString(random[:]) + "-", bound: map[string]any{}}
}

func (w *world) close() {
	for _, kv := range w.kvs {
		kv.close()
	}
	for _, block := range w.blocks {
		block.Close()
	}
	for _, region := range w.regions {
		region.region.Close()
	}
	for _, name := range w.sharedNames {
		drystone.Unlink(drystone.Shared, name)
	}
	os.RemoveAll(w.folder)
}

func (w *world) addRegion(as string, region *regionObject) object {
	w.regions = append(w.regions, region)
	if as != "" {
		w.bound[as] = region
	}
	return object{}
}

func (w *world) addKv(as string, kv *kvObject) object {
	w.kvs = append(w.kvs, kv)
	if as != "" {
		w.bound[as] = kv
	}
	return object{}
}

func (w *world) region(name string) *regionObject {
	region, is := w.bound[name].(*regionObject)
	if !is {
		refuse("%q is not a region that was made", name)
	}
	return region
}

func (w *world) kv(name string) *kvObject {
	kv, is := w.bound[name].(*kvObject)
	if !is {
		refuse("%q is not a kv that was made", name)
	}
	return kv
}

// add binds what a step made, or tells why it failed. Unless it is part of another object it is closed with the scenario.
func (w *world) add(s *step, made any, err error) object {
	if err != nil {
		return failure(err)
	}
	if block, is := made.(io.Closer); is {
		w.blocks = append(w.blocks, block)
	}
	if s.as != "" {
		w.bound[s.as] = made
	}
	return object{}
}

// acted is what a step acts on.
func acted[T any](w *world, s *step) T {
	made, is := w.bound[s.on].(T)
	if !is {
		refuse("%q is nothing for %s that was made", s.on, s.do)
	}
	return made
}

// path is where a file of the scenario lies.
func (w *world) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return w.folder + "/" + name // not filepath.Join, which would tidy up what the library is to judge
}

func (w *world) sharedName(name string) string {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return name
	}
	w.sharedNames = append(w.sharedNames, w.prefix+name)
	return w.prefix + name
}

func (w *world) freshSharedName() string {
	w.fresh++
	return w.sharedName("fresh-" + strconv.Itoa(w.fresh))
}

// failure is the result of a call that failed.
func failure(err error) object {
	var status drystone.Status
	if !errors.As(err, &status) {
		panic(err) // the API promises one in every error
	}
	return object{"error": status.Name()}
}

// outcome is the result of a call without outputs.
func outcome(err error) object {
	if err != nil {
		return failure(err)
	}
	return object{}
}

// refusedBy is the result of a step whose object is closed, which its statistics say, or may not be written to, or of one
// that is refused anyway.
func (s *step) refusedBy(closed error, readOnly bool) object {
	switch {
	case closed != nil:
		return failure(closed)
	case readOnly:
		return failure(drystone.ErrReadOnly)
	}
	return s.refused()
}

// refused is the result of a step with an integer that no unsigned argument can take, or nil.
func (s *step) refused() object {
	for _, n := range s.integers {
		if n.negative {
			return failure(drystone.ErrInvalidArgument)
		}
	}
	return nil
}
