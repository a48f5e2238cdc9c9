//go:build !cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone

import (
	"errors"
	"strings"
	"testing"
)

func TestWithoutCgoItSaysWhatIsMissing(t *testing.T) {
	_, created := Create(CreateOptions{Kind: Memory, Bytes: 1 << 16})
	_, opened := Open(OpenOptions{Kind: File, Name: "region", Mode: ReadOnly})
	_, loaded := Load("image", CreateOptions{Kind: Memory})
	_, sized := KvBytes(KvOptions{Entries: 1, Bytes: 1})
	for _, err := range []error{created, opened, loaded, sized, Unlink(File, "region")} {
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
			t.Errorf("%v does not say what is missing", err)
		}
	}
}

func TestHashNeedsNoCgo(t *testing.T) {
	if Hash([]byte("key"), 1) == Hash([]byte("key"), 2) {
		t.Error("two seeds give one hash")
	}
}
