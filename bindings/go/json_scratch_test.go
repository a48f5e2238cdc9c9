//go:build cgo

// SPDX-License-Identifier: MIT OR Apache-2.0

package drystone_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"unicode/utf8"

	"example.org/drystone/bindings/go"
)

// A worked example: a JSON tokenizer whose tokens and unescaped texts lie in a scratch, and are gone with its scope.

// tokens are a document's, in three columns: what begins it ('{', '"', '0' for a number and so on), and where its text is.
type tokens struct {
	kinds  []uint8
	starts []uint32 // in texts
	ends   []uint32
	texts  []uint8 // unescaped strings, and numbers, one behind the other
	count  int
	filled int
}

var errNotJSON = errors.New("not JSON")

// tokenize needs room for at most one token a byte, and never more text than the document has.
func tokenize(scratch *drystone.Scratch, document []byte) (*tokens, error) {
	t := new(tokens)
	var errs [4]error
	t.kinds, errs[0] = drystone.AllocSlice[uint8](scratch, len(document))
	t.starts, errs[1] = drystone.AllocSlice[uint32](scratch, len(document))
	t.ends, errs[2] = drystone.AllocSlice[uint32](scratch, len(document))
	t.texts, errs[3] = drystone.AllocSlice[uint8](scratch, len(document))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	for len(document) > 0 {
		size, err := t.next(document)
		if err != nil {
			return nil, err
		}
		document = document[size:]
	}
	return t, nil
}

// next takes one token, or white space, from the document's start, and says how long that was.
func (t *tokens) next(document []byte) (int, error) {
	switch first := document[0]; {
	case bytes.IndexByte([]byte(" \t\r\n,:"), first) >= 0:
		return 1, nil
	case bytes.IndexByte([]byte("{}[]"), first) >= 0:
		return 1, t.add(first, nil)
	case first == '"':
		return t.text(document)
	case first == '-' || first >= '0' && first <= '9':
		size := 1
		for size < len(document) && bytes.IndexByte([]byte("+-.eE0123456789"), document[size]) >= 0 {
			size++
		}
		return size, t.add('0', document[:size])
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(document, []byte(word)) {
			return len(word), t.add(word[0], nil)
		}
	}
	return 0, errNotJSON
}

func (t *tokens) add(kind uint8, text []byte) error {
	t.kinds[t.count] = kind
	t.starts[t.count] = uint32(t.filled)
	t.filled += copy(t.texts[t.filled:], text)
	t.ends[t.count] = uint32(t.filled)
	t.count++
	return nil
}

// text takes a string. Unescaped it is never longer than escaped.
func (t *tokens) text(document []byte) (int, error) {
	start := t.filled
	for at := 1; at < len(document); at++ {
		switch document[at] {
		case '"':
			t.kinds[t.count], t.starts[t.count], t.ends[t.count] = '"', uint32(start), uint32(t.filled)
			t.count++
			return at + 1, nil
		case '\\':
			size, err := t.escape(document[at:])
			if err != nil {
				return 0, err
			}
			at += size - 1
		default:
			t.texts[t.filled] = document[at]
			t.filled++
		}
	}
	return 0, errNotJSON
}

func (t *tokens) escape(document []byte) (int, error) {
	if len(document) < 2 {
		return 0, errNotJSON
	}
	if at := bytes.IndexByte([]byte(`"\/bfnrt`), document[1]); at >= 0 {
		t.texts[t.filled] = "\"\\/\b\f\n\r\t"[at]
		t.filled++
		return 2, nil
	}
	if document[1] != 'u' || len(document) < 6 {
		return 0, errNotJSON
	}
	var character rune
	for _, digit := range document[2:6] {
		value := bytes.IndexByte([]byte("0123456789abcdef"), digit|0x20)
		if value < 0 {
			return 0, errNotJSON
		}
		character = character<<4 | rune(value)
	}
	t.filled += utf8.EncodeRune(t.texts[t.filled:], character)
	return 6, nil
}

func (t *tokens) at(i int) (kind uint8, text string) {
	return t.kinds[i], string(t.texts[t.starts[i]:t.ends[i]])
}

func TestJSONInScratch(t *testing.T) {
	scratch, err := drystone.NewScratch(drystone.ScratchOptions{Capacity: 1 << 16})
	must(t, err)
	defer scratch.Close()
	for range 1000 { // many more than have room at once
		for _, document := range []string{
			`{"name": "dry stone", "height": 1.5e2, "courses": [1, -2, 3.25], "gate": null, "mortar": false}`,
			`[]`, `"a \"quoted\" \\ \/ \n \u00e4\u4e00 text"`, `  [true, [[{"": {}}]], "` + "ä" + `"] `,
		} {
			tokenizeBeside(t, scratch, document)
		}
	}
	stats, err := scratch.Stats()
	must(t, err)
	if stats.Used != 0 || stats.Depth != 0 || stats.Peak > 2000 || stats.Failures != 0 {
		t.Errorf("%+v", stats)
	}
	for _, document := range []string{`"open`, `"\x"`, `"\u12"`, `truth`} {
		if _, err := tokenize(scratch, []byte(document)); !errors.Is(err, errNotJSON) {
			t.Errorf("%s: %v", document, err)
		}
	}
	if _, err := tokenize(scratch, make([]byte, 1<<16)); !errors.Is(err, drystone.ErrFull) {
		t.Error("a document without room:", err)
	}
}

// tokenizeBeside compares with what encoding/json makes of the document.
func tokenizeBeside(t *testing.T, scratch *drystone.Scratch, document string) {
	scope, err := scratch.Begin()
	must(t, err)
	defer func() { must(t, scope.End()) }()
	found, err := tokenize(scratch, []byte(document))
	must(t, err)
	decoder := json.NewDecoder(bytes.NewReader([]byte(document)))
	decoder.UseNumber()
	for i := range found.count {
		kind, text := found.at(i)
		token, err := decoder.Token()
		must(t, err)
		if !same(kind, text, token) {
			t.Fatalf("%s: token %d is %c %q where encoding/json has %v", document, i, kind, text, token)
		}
	}
	if _, err := decoder.Token(); err != io.EOF {
		t.Fatalf("%s: encoding/json has more", document)
	}
}

func same(kind uint8, text string, token json.Token) bool {
	switch token := token.(type) {
	case nil:
		return kind == 'n'
	case bool:
		return kind == map[bool]uint8{true: 't', false: 'f'}[token]
	case string:
		return kind == '"' && text == token
	case json.Number:
		return kind == '0' && text == token.String()
	case json.Delim:
		return kind == uint8(token)
	}
	return false
}
