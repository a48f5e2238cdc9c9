// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"example.org/drystone/bindings/go"
)

const largestFile = 1 << 46

func (s *step) kind() drystone.Kind {
	switch s.texts["kind"] {
	case "file":
		return drystone.File
	case "shared":
		return drystone.Shared
	}
	return drystone.Memory
}

// regionName is what the library is given for a name.
func (w *world) regionName(kind drystone.Kind, name string) string {
	switch kind {
	case drystone.File:
		return w.path(name)
	case drystone.Shared:
		return w.sharedName(name)
	}
	return ""
}

func (w *world) made(s *step, region *drystone.Region, err error, about regionObject) object {
	if err != nil {
		return failure(err)
	}
	about.region = region
	return w.addRegion(s.as, &about)
}

func regionCreate(w *world, s *step) object {
	if result := s.refused(); result != nil {
		return result
	}
	kind := s.kind()
	name := w.regionName(kind, s.texts["name"])
	region, err := drystone.Create(drystone.CreateOptions{Kind: kind, Name: name, Bytes: s.integers["bytes"].bits})
	return w.made(s, region, err, regionObject{kind: kind, writing: true, path: name})
}

func regionOpen(w *world, s *step) object {
	kind, mode := s.kind(), drystone.ReadOnly
	if s.texts["mode"] == "write" {
		mode = drystone.ReadWrite
	}
	name := w.regionName(kind, s.texts["name"])
	region, err := drystone.Open(drystone.OpenOptions{Kind: kind, Name: name, Mode: mode})
	return w.made(s, region, err, regionObject{kind: kind, writing: mode == drystone.ReadWrite, path: name})
}

func regionLoad(w *world, s *step) object {
	kind := s.kind()
	var name string
	switch {
	case s.has("name"):
		name = w.regionName(kind, s.texts["name"])
	case kind == drystone.File:
		name = w.path(s.texts["file"] + ".region")
	case kind == drystone.Shared:
		name = w.freshSharedName()
	}
	region, err := drystone.Load(w.path(s.texts["file"]), drystone.CreateOptions{Kind: kind, Name: name})
	return w.made(s, region, err, regionObject{kind: kind, writing: true, path: name})
}

func (r *regionObject) isClosed() bool {
	_, err := r.region.Stats()
	return errors.Is(err, drystone.ErrClosed)
}

func regionSave(w *world, s *step) object {
	region := w.region(s.on)
	if region.isClosed() {
		return failure(drystone.ErrClosed)
	}
	return outcome(region.region.Save(w.path(s.texts["file"])))
}

func regionParts(w *world, s *step) object {
	parts, err := w.region(s.on).region.Parts()
	if err != nil {
		return failure(err)
	}
	list := []any{}
	for _, part := range parts {
		list = append(list, object{"kind": part.Kind, "name": canonicalBytes([]byte(part.Name))})
	}
	return object{"parts": list}
}

func regionStats(w *world, s *step) object {
	stats, err := w.region(s.on).region.Stats()
	if err != nil {
		return failure(err)
	}
	return object{"part_count": unsigned(uint64(stats.PartCount)), "size_bytes": unsigned(stats.SizeBytes),
		"used_bytes": unsigned(stats.UsedBytes)}
}

func regionVerify(w *world, s *step) object { return outcome(w.region(s.on).region.Verify()) }

func regionClose(w *world, s *step) object { return outcome(w.region(s.on).region.Close()) }

func regionDamage(w *world, s *step) object {
	return w.changeFile(s, "byte", 255, func(file *os.File, size uint64) error {
		at := s.integers["at"].bits
		if at >= size {
			return drystone.ErrInvalidArgument
		}
		_, err := file.WriteAt([]byte{byte(s.integers["byte"].bits)}, int64(at))
		return err
	})
}

func regionTruncate(w *world, s *step) object {
	return w.changeFile(s, "bytes", largestFile, func(file *os.File, _ uint64) error {
		return file.Truncate(int64(s.integers["bytes"].bits))
	})
}

// changeFile is what region.damage and region.truncate share: the tests' own tools, with plain file calls.
func (w *world) changeFile(s *step, limited string, limit uint64, change func(*os.File, uint64) error) object {
	path, status := w.fileToChange(s)
	if result := s.refused(); result != nil {
		return result
	}
	if status != 0 {
		return failure(status)
	}
	if s.integers[limited].bits > limit || strings.ContainsRune(path, 0) {
		return failure(drystone.ErrInvalidArgument)
	}
	info, err := os.Stat(path)
	if err != nil {
		return failure(fileStatus(err))
	}
	if !info.Mode().IsRegular() {
		return failure(drystone.ErrInvalidArgument)
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return failure(fileStatus(err))
	}
	defer file.Close()
	if err := change(file, uint64(info.Size())); err != nil {
		return failure(fileStatus(err))
	}
	return object{}
}

func (w *world) fileToChange(s *step) (string, drystone.Status) {
	for _, name := range []string{"file", "name"} {
		if s.has(name) {
			return w.path(s.texts[name]), 0
		}
	}
	if w.bound[s.on] == nil {
		return w.path(s.on), 0
	}
	region := w.region(s.on)
	if region.kind != drystone.File {
		return "", drystone.ErrUnsupported
	}
	return region.path, 0
}

func fileStatus(err error) drystone.Status {
	var status drystone.Status
	switch {
	case errors.As(err, &status):
		return status
	case errors.Is(err, fs.ErrNotExist):
		return drystone.ErrNotFound
	}
	return drystone.ErrIO
}
