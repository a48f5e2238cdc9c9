// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"strconv"
	"syscall"
)

// Status is the cause of a failure. Its values are the Err constants, which are errors by themselves.
type Status int32

// What a call can fail with. The numbers are those of every other language.
const (
	ErrInvalidArgument = Status(statusInvalidArgument) // an argument is outside its documented range
	ErrOutOfMemory     = Status(statusOutOfMemory)     // the operating system refused memory or disk space
	ErrFull            = Status(statusFull)            // a fixed capacity is used up
	ErrNotFound        = Status(statusNotFound)        // no such key, part, file or object
	ErrAlreadyExists   = Status(statusAlreadyExists)   // the key, part, file or object is there already
	ErrTypeMismatch    = Status(statusTypeMismatch)    // it exists, but is of another kind
	ErrStale           = Status(statusStale)           // the handle or ownership has been outlived
	ErrForeign         = Status(statusForeign)         // not from this structure
	ErrTooLarge        = Status(statusTooLarge)        // above a documented maximum, or larger than the buffer
	ErrBusy            = Status(statusBusy)            // another writer holds it
	ErrReadOnly        = Status(statusReadOnly)        // a change through a read-only handle
	ErrCorrupt         = Status(statusCorrupt)         // stored bytes contradict the format or their checksum
	ErrVersionMismatch = Status(statusVersionMismatch) // of another format revision or library version
	ErrConflict        = Status(statusConflict)        // compare-and-set found another version
	ErrTimedOut        = Status(statusTimedOut)        // the bound on attempts or time was reached
	ErrIO              = Status(statusIO)              // the operating system reported an error
	ErrUnsupported     = Status(statusUnsupported)     // this system, kind or build cannot do it
	ErrClosed          = Status(statusClosed)          // the object was closed
)

// Name is the cause as every language and tool names it: "not_found", "closed".
func (s Status) Name() string { return coreStatusName(s) }

// Error is one sentence on the cause.
func (s Status) Error() string { return "drystone: " + coreStatusText(s) }

// Error is a failure with what was known about it. errors.Is sees through it to the Status, and to the operating
// system's error where there was one.
type Error struct {
	Status  Status
	Detail  string        // names the object and what was wrong with it; may be empty
	OSError syscall.Errno // of the system call that failed, or 0
	Offset  uint64        // where in the region, for ErrCorrupt
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return e.Status.Error()
	}
	return "drystone: " + e.Status.Name() + ": " + e.Detail
}

// Unwrap makes errors.Is(err, ErrBusy) and errors.Is(err, fs.ErrPermission) work.
func (e *Error) Unwrap() []error {
	if e.OSError == 0 {
		return []error{e.Status}
	}
	return []error{e.Status, e.OSError}
}

// asError is nil for success. It does not allocate: small numbers in an interface point into a table of the runtime.
func asError(s Status) error {
	if s == statusOK {
		return nil
	}
	return s
}

func failure(s Status, detail string) error { return &Error{Status: s, Detail: detail} }

// keyFailure refuses what no store holds as a key.
func keyFailure(key []byte) error {
	switch {
	case len(key) == 0:
		return failure(ErrInvalidArgument, "the key is empty")
	case len(key) > kvKeyBytesMax:
		return failure(ErrTooLarge, "a key of "+strconv.Itoa(len(key))+" bytes; the maximum is "+strconv.Itoa(kvKeyBytesMax))
	}
	return nil
}
