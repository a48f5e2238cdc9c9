// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// object is a JSON object. The other values are []any, string, json.Number, bool and nil.
type object = map[string]any

func parseJSON(text []byte) any {
	if !utf8.Valid(text) {
		refuse("not UTF-8")
	}
	if !json.Valid(text) {
		refuse("not JSON, or more than one value")
	}
	refuseHalfSurrogates(text)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		refuse("%v", err)
	}
	return value
}

var unicodeEscapes = regexp.MustCompile(`(?:\\u[0-9a-fA-F]{4})+|\\.`)

// refuseHalfSurrogates finds what encoding/json would silently replace. The text is valid JSON, so backslashes are only in
// strings, and a run of escapes holds every pair whole.
func refuseHalfSurrogates(text []byte) {
	for _, run := range unicodeEscapes.FindAll(text, -1) {
		if run[1] != 'u' {
			continue
		}
		high := false
		for ; len(run) > 0; run = run[6:] {
			unit, _ := strconv.ParseUint(string(run[2:6]), 16, 32)
			isHigh, isLow := unit>>10 == 0xd800>>10, unit>>10 == 0xdc00>>10
			if isLow != high {
				refuse("an escape for half a surrogate pair")
			}
			high = isHigh
		}
		if high {
			refuse("an escape for half a surrogate pair")
		}
	}
}

// integer is an argument or expectation: any of 64 bits, signed or not.
type integer struct {
	negative bool
	bits     uint64 // in two's complement
}

var decimal = regexp.MustCompile(`^-?[0-9]+$`)

func parseInteger(value any, what string) integer {
	var text string
	switch v := value.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	default:
		refuse("%s must be an integer, not %s", what, canonical(value))
	}
	if !decimal.MatchString(text) {
		refuse("%s must be an integer, not %q", what, text)
	}
	if text[0] == '-' {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			refuse("%s does not fit into 64 bits: %s", what, text)
		}
		return integer{n < 0, uint64(n)}
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		refuse("%s does not fit into 64 bits: %s", what, text)
	}
	return integer{false, n}
}

func parseText(value any, what string) string {
	text, is := value.(string)
	if !is {
		refuse("%s must be a string, not %s", what, canonical(value))
	}
	return text
}

func parseBytes(value any, what string) []byte {
	switch v := value.(type) {
	case string:
		return []byte(v)
	case object:
		if digits, is := v["hex"].(string); is && len(v) == 1 {
			decoded, err := hex.DecodeString(digits)
			if err != nil {
				refuse("%s is not hexadecimal: %q", what, digits)
			}
			return decoded
		}
	}
	refuse("%s must be a string or {\"hex\": \"...\"}, not %s", what, canonical(value))
	return nil
}

func parseList(value any, what string) []any {
	list, is := value.([]any)
	if !is {
		refuse("%s must be an array, not %s", what, canonical(value))
	}
	return list
}

func parseObject(value any, what string) object {
	members, is := value.(object)
	if !is {
		refuse("%s must be an object, not %s", what, canonical(value))
	}
	return members
}

func allowMembers(members object, allowed ...string) {
	for name := range members {
		if !slices.Contains(allowed, name) {
			refuse("unknown key %q", name)
		}
	}
}

// exactInteger is the largest number that JSON carries everywhere; above it integers are decimal strings.
const exactInteger = 1 << 53

// canonicalBytes is how bytes stand in a result.
func canonicalBytes(b []byte) any {
	if utf8.Valid(b) && strings.IndexFunc(string(b), unicode.IsControl) < 0 {
		return string(b)
	}
	return object{"hex": hex.EncodeToString(b)}
}

func canonicalInteger(n integer) any {
	switch {
	case n.negative:
		return json.Number(strconv.FormatInt(int64(n.bits), 10))
	case n.bits > exactInteger:
		return strconv.FormatUint(n.bits, 10)
	}
	return json.Number(strconv.FormatUint(n.bits, 10))
}

func unsigned(n uint64) any { return canonicalInteger(integer{false, n}) }

var escapes = strings.NewReplacer(`"`, `\"`, `\`, `\\`)

// canonical is JSON with sorted keys, no spaces, and text as it is.
func canonical(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case string:
		return `"` + escapes.Replace(v) + `"`
	case []any:
		texts := make([]string, len(v))
		for i, element := range v {
			texts[i] = canonical(element)
		}
		return "[" + strings.Join(texts, ",") + "]"
	}
	members := value.(object)
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		texts = append(texts, canonical(name)+":"+canonical(members[name]))
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// expanded replaces $i in all strings of a value; names of members stay.
func expanded(value any, round string) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "$i", round)
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = expanded(element, round)
		}
		return list
	case object:
		members := object{}
		for name, member := range v {
			members[name] = expanded(member, round)
		}
		return members
	}
	return value
}
