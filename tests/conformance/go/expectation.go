// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"encoding/json"
	"math"
	"strconv"

	"example.org/drystone/bindings/go"
)

// expected is what one key of a result must be: the canonical value, or a number and how far off it may be.
type expected struct {
	value       any
	approximate bool
	tolerance   float64
}

func (s *step) checkExpectation() {
	for name, value := range s.expect {
		s.parseExpected(name, value)
	}
}

// holds says whether a result is what the step expects.
func (s *step) holds(result object) bool {
	if result["error"] != nil && s.expect["error"] == nil {
		return false
	}
	for name, value := range s.expect {
		got, given := result[name]
		if !given || !s.parseExpected(name, value).equals(got) {
			return false
		}
	}
	return true
}

func (e expected) equals(value any) bool {
	if !e.approximate || value == nil {
		return canonical(e.value) == canonical(value)
	}
	return math.Abs(asFloat(e.value)-asFloat(value)) <= e.tolerance
}

func asFloat(value any) float64 {
	var text string
	switch v := value.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range: the infinity of that sign
	return f
}

func (s *step) parseExpected(name string, value any) expected {
	if name == "error" {
		return expectedError(value)
	}
	kind, known := s.operation.results[name]
	if !known {
		refuse("unknown expectation %q", name)
	}
	switch kind {
	case offsetResult:
		if value == nil {
			return expected{}
		}
		return expectedInteger(name, value)
	case integerResult:
		return expectedInteger(name, value)
	case indicesResult:
		return expected{value: expectedIndices(name, value)}
	case classesResult:
		return expected{value: expectedClasses(name, value)}
	case bytesResult:
		return expected{value: canonicalBytes(parseBytes(value, name))}
	case keysResult:
		return expected{value: expectedList(name, value, false)}
	case valuesResult:
		return expected{value: expectedList(name, value, true)}
	case partsResult:
		return expected{value: expectedParts(name, value)}
	}
	if _, is := value.(bool); !is {
		refuse("expected %q must be true or false", name)
	}
	return expected{value: value}
}

func expectedError(value any) expected {
	text := parseText(value, "expected \"error\"")
	for code := drystone.ErrInvalidArgument; code <= drystone.ErrClosed; code++ {
		if text == code.Name() {
			return expected{value: text}
		}
	}
	refuse("there is no error code %q", text)
	return expected{}
}

func expectedInteger(name string, value any) expected {
	members, is := value.(object)
	if !is {
		return expected{value: canonicalInteger(parseInteger(value, name))}
	}
	approx, hasApprox := members["approx"].(json.Number)
	tolerance, hasTolerance := members["tolerance"].(json.Number)
	if !hasApprox || !hasTolerance || len(members) != 2 || asFloat(tolerance) < 0 {
		refuse("expected %q must be an integer, or approx and tolerance", name)
	}
	return expected{approx, true, asFloat(tolerance)}
}

func expectedList(name string, value any, allowNull bool) any {
	list := []any{}
	for _, element := range parseList(value, name) {
		if element == nil && allowNull {
			list = append(list, nil)
		} else {
			list = append(list, canonicalBytes(parseBytes(element, name)))
		}
	}
	return list
}

func expectedIndices(name string, value any) any {
	list := []any{}
	for _, element := range parseList(value, name) {
		list = append(list, canonicalInteger(parseInteger(element, name)))
	}
	return list
}

func expectedClasses(name string, value any) any {
	list := []any{}
	for _, element := range parseList(value, name) {
		class := parseObject(element, name)
		allowMembers(class, "size", "in_use")
		list = append(list, object{"in_use": canonicalInteger(parseInteger(class["in_use"], "a class's \"in_use\"")),
			"size": canonicalInteger(parseInteger(class["size"], "a class's \"size\""))})
	}
	return list
}

func expectedParts(name string, value any) any {
	list := []any{}
	for _, element := range parseList(value, name) {
		part := parseObject(element, name)
		allowMembers(part, "name", "kind")
		kind := parseText(part["kind"], "a part's \"kind\"")
		list = append(list, object{"kind": kind, "name": canonicalBytes([]byte(parseText(part["name"], "a part's \"name\"")))})
	}
	return list
}
