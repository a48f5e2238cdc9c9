//go:build !cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"os"
	"strconv"
)

// Without cgo there is no core. What makes or opens something says so; nothing else can then be reached, since there is
// no object to call it on.

type (
	regionHandle struct{}
	writerHandle struct{}
	readerHandle struct{}
)

func missing() error {
	return failure(ErrUnsupported, "this program was built without cgo, which drystone needs for its C core: "+
		"build it with CGO_ENABLED=1 and a C compiler (gcc or clang) on the PATH")
}

func coreStatusName(s Status) string { return "status " + strconv.Itoa(int(s)) }
func coreStatusText(s Status) string { return coreStatusName(s) }

func coreRegionCreate(*CreateOptions) (*regionHandle, error)                { return nil, missing() }
func coreRegionOpen(*OpenOptions) (*regionHandle, error)                    { return nil, missing() }
func coreRegionLoad(string, *CreateOptions) (*regionHandle, error)          { return nil, missing() }
func coreRegionUnlink(Kind, string) error                                   { return missing() }
func coreRegionSave(*regionHandle, string) error                            { return missing() }
func coreRegionVerify(*regionHandle) error                                  { return missing() }
func coreRegionDescriptor(*regionHandle) (*os.File, error)                  { return nil, missing() }
func coreRegionStats(*regionHandle) (RegionStats, error)                    { return RegionStats{}, missing() }
func coreRegionPartAt(*regionHandle, uint32) (Part, Status)                 { return Part{}, ErrUnsupported }
func coreKvBytes(*KvOptions) (uint64, error)                                { return 0, missing() }
func coreKvCreate(*regionHandle, string, *KvOptions) (*writerHandle, error) { return nil, missing() }
func coreKvOpen(*regionHandle, string) (*writerHandle, error)               { return nil, missing() }
func coreKvReaderOpen(*regionHandle, string, KvReaderOptions) (*readerHandle, error) {
	return nil, missing()
}
func coreReaderVerify(*readerHandle) error            { return missing() }
func coreReaderStats(*readerHandle) (KvStats, Status) { return KvStats{}, ErrUnsupported }
func coreReaderGeometry(*readerHandle) *readerCore    { return nil }
func coreReaderRetries(*readerHandle) uint64          { return 0 }

func coreRegionClose(*regionHandle) {}
func coreRegionFree(*regionHandle)  {}
func coreWriterClose(*writerHandle) {}
func coreWriterFree(*writerHandle)  {}
func coreReaderFree(*readerHandle)  {}

func corePut(*writerHandle, []byte, []byte) (uint64, Status)             { return 0, ErrUnsupported }
func corePutNew(*writerHandle, []byte, []byte) (uint64, Status)          { return 0, ErrUnsupported }
func coreReplace(*writerHandle, []byte, []byte, uint64) (uint64, Status) { return 0, ErrUnsupported }
func coreDelete(*writerHandle, []byte) (uint64, Status)                  { return 0, ErrUnsupported }
func coreGetMany(*readerHandle, []Lookup) bool                           { return false }
func coreContains(*readerHandle, []byte) Status                          { return ErrUnsupported }

func coreTryGet(*readerHandle, []byte, []byte, uint32) (int, uint64, uint32, Status) {
	return 0, 0, 0, ErrUnsupported
}

func coreNext(*readerHandle, uint64, []byte, []byte) (uint64, int, int, uint64, Status) {
	return 0, 0, 0, 0, ErrUnsupported
}
