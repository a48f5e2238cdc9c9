// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// Kind is what a region's memory is.
type Kind uint32

const (
	Memory     = Kind(regionMemory)     // private memory of this process; it has no name
	File       = Kind(regionFile)       // a regular file: the name is its path
	Shared     = Kind(regionShared)     // a named shared-memory object: the name has no slash
	Descriptor = Kind(regionDescriptor) // an open file or memfd, which is duplicated
)

// Mode is what a region is opened for.
type Mode uint32

const (
	ReadOnly  = Mode(modeRead)
	ReadWrite = Mode(modeWrite) // there is one writer; a second one is ErrBusy
	// ModeShare is for who changes shared pools beside the writer, in any number. What is the writer's alone, new parts and
	// a store's writes, is ErrReadOnly.
	ModeShare = Mode(modeShare)
)

// CreateOptions says what region to make. Kind and Bytes are needed, and Name for File and Shared.
type CreateOptions struct {
	Kind         Kind
	Name         string
	Bytes        uint64      // rounded up to a multiple of 4096
	PartCapacity uint32      // how many parts it can have; 0: 24
	Permissions  fs.FileMode // of a new file or object, exactly, whatever the umask; 0: 0600
	Prefault     bool        // touch every page now, so that no later write pays for its first touch
	HugePages    bool        // ask for transparent huge pages; a refusal is no error
	Descriptor   *os.File    // for kind Descriptor: open for reading and writing; nil: a new memfd
	CreationID   [2]uint64   // both 0: random
}

// OpenOptions says which region to open. Kind and Mode are needed, and Name for File and Shared.
type OpenOptions struct {
	Kind       Kind
	Name       string
	Mode       Mode
	Prefault   bool
	HugePages  bool
	TakeOver   bool     // open for writing although a writer holds the lock: its next change is ErrStale
	Descriptor *os.File // for kind Descriptor
}

// Region is contiguous memory that holds named parts.
type Region struct{ core *regionCore }

// Part is one part of a region.
type Part struct {
	Name   string
	Kind   string // "kv", "pool", "index_map" or "shared_pool"
	Offset uint64 // from the start of the region
	Bytes  uint64
}

// RegionStats are facts on an open region.
type RegionStats struct {
	SizeBytes    uint64
	UsedBytes    uint64 // header, directory and parts; the rest is free for new parts
	Epoch        uint64 // one more with every writer
	CreationID   [2]uint64
	Kind         Kind
	Mode         Mode
	PartCount    uint32
	PartCapacity uint32
	HugePages    bool // asked for and granted
	Sealed       bool // a saved image that nobody has written to since
}

// Create makes a region and opens it for writing. Its space is allocated now, so that a full disk is an error here and
// never later. The name stays until Unlink.
func Create(options CreateOptions) (*Region, error) {
	return newRegion(options.Name, options.Descriptor, func() (*regionHandle, error) { return coreRegionCreate(&options) })
}

// Open opens a region that exists.
func Open(options OpenOptions) (*Region, error) {
	return newRegion(options.Name, options.Descriptor, func() (*regionHandle, error) { return coreRegionOpen(&options) })
}

// Load reads the image in file, checks all of it, and makes of it a new region, open for writing. Bytes and PartCapacity
// in options are not looked at: they come from the image.
func Load(file string, options CreateOptions) (*Region, error) {
	if err := checkName("file", file); err != nil {
		return nil, err
	}
	return newRegion(options.Name, options.Descriptor, func() (*regionHandle, error) { return coreRegionLoad(file, &options) })
}

// Unlink removes the name of a file or shared-memory region. Whoever has it open keeps it.
func Unlink(kind Kind, name string) error {
	if err := checkName("name", name); err != nil {
		return err
	}
	return coreRegionUnlink(kind, name)
}

func newRegion(name string, descriptor *os.File, make func() (*regionHandle, error)) (*Region, error) {
	if err := checkName("name", name); err != nil {
		return nil, err
	}
	handle, err := make()
	runtime.KeepAlive(descriptor)
	if err != nil {
		return nil, err
	}
	return &Region{newRegionCore(handle)}, nil
}

// checkName refuses what C cannot be given: it would see a shorter name.
func checkName(what, name string) error {
	if at := strings.IndexByte(name, 0); at >= 0 {
		return failure(ErrInvalidArgument, what+" \""+name[:at]+"\\x00...\": there is a NUL in it")
	}
	return nil
}

// Close gives up the writer's lock, at once, and the region. Every part opened from it is closed with it. Closing again is
// fine. It never fails; the error is there for io.Closer.
func (r *Region) Close() error {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	r.core.lender.giveBack(func() { coreRegionClose(r.core.handle) })
	return nil
}

// Save writes one image of the region to file, sealed with a checksum; file holds what it held before or the whole image.
// Writes through this region wait meanwhile.
func (r *Region) Save(file string) error {
	if err := checkName("file", file); err != nil {
		return err
	}
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	return coreRegionSave(r.core.handle, file)
}

// Verify checks header, directory and the contents of every part: structure, checksums and, for an image that nobody has
// written to, every byte. What is wrong, and where, is in the error.
func (r *Region) Verify() error {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	return coreRegionVerify(r.core.handle)
}

// Descriptor is what to hand to another process, which opens it as kind Descriptor: a duplicate of the region's own, for
// the caller to close. A region in private memory has none (ErrUnsupported).
func (r *Region) Descriptor() (*os.File, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	return coreRegionDescriptor(r.core.handle)
}

// Stats are facts on the region.
func (r *Region) Stats() (RegionStats, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	return coreRegionStats(r.core.handle)
}

// Parts lists the parts, oldest first.
func (r *Region) Parts() ([]Part, error) {
	r.core.mu.Lock()
	defer r.core.mu.Unlock()
	parts := []Part{}
	for index := uint32(0); ; index++ {
		part, s := coreRegionPartAt(r.core.handle, index)
		switch s {
		case statusOK:
			parts = append(parts, part)
		case statusNotFound:
			return parts, nil
		default:
			return nil, s
		}
	}
}
