// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
)

type scenario struct {
	name  string
	steps []any
}

// step is one step, parsed and expanded.
type step struct {
	do         string
	operation  operation
	as, on, in string
	integers   map[string]integer
	texts      map[string]string
	booleans   map[string]bool
	keys       [][]byte
	expect     object
}

func (s *step) has(name string) bool {
	_, is := s.texts[name]
	return is
}

func (s *step) bytes(name string) []byte { return []byte(s.texts[name]) }

func readScenario(file string) scenario {
	text, err := os.ReadFile(file)
	if err != nil {
		refuse("cannot be read: %v", err)
	}
	top := parseObject(parseJSON(text), "a scenario")
	allowMembers(top, "name", "about", "steps")
	if about, given := top["about"]; given {
		parseText(about, "\"about\"")
	}
	s := scenario{parseText(top["name"], "\"name\""), parseList(top["steps"], "\"steps\"")}
	if s.name == "" {
		refuse("\"name\" is empty")
	}
	number := 1
	atStep(&number, func() {
		forEachStep(s.steps, true, func(value any) bool {
			parseStep(value)
			number++
			return true
		})
	})
	return s
}

// run plays all steps, and says whether every expectation held.
func (s scenario) run(transcript *bufio.Writer) bool {
	w := newWorld()
	defer w.close()
	number, held := 1, true
	atStep(&number, func() {
		forEachStep(s.steps, false, func(value any) bool {
			step := parseStep(value)
			result := step.operation.run(w, step)
			fmt.Fprintln(transcript, canonical(result))
			if held = step.holds(result); !held {
				fmt.Printf("FAIL %s step %d go: %s: expected %s got %s\n", s.name, number, step.do, canonical(step.expect),
					canonical(result))
			}
			number++
			return held
		})
	})
	return held
}

// forEachStep visits all steps with repeats expanded, or each repeat once as round 0, until visit says no.
func forEachStep(steps []any, once bool, visit func(any) bool) bool {
	for _, step := range steps {
		if members, is := step.(object); !is || members["repeat"] == nil {
			if !visit(step) {
				return false
			}
		} else if !forEachRound(members, once, visit) {
			return false
		}
	}
	return true
}

func forEachRound(repeat object, once bool, visit func(any) bool) bool {
	allowMembers(repeat, "repeat", "steps")
	steps := parseList(repeat["steps"], "\"steps\"")
	count := parseInteger(repeat["repeat"], "\"repeat\"")
	if count.negative {
		refuse("\"repeat\" can't be negative")
	}
	if once {
		count.bits = 1
	}
	for round := range count.bits {
		if !forEachStep(inRound(steps, strconv.FormatUint(round, 10)), once, visit) {
			return false
		}
	}
	return true
}

// inRound expands steps. Of an inner repeat only the count belongs to this round: its steps get rounds of their own.
func inRound(steps []any, round string) []any {
	out := make([]any, len(steps))
	for i, step := range steps {
		members, is := step.(object)
		if !is || members["repeat"] == nil {
			out[i] = expandedStep(step, round)
			continue
		}
		out[i] = withMember(members, "repeat", expanded(members["repeat"], round))
	}
	return out
}

// expandedStep leaves "do" alone.
func expandedStep(step any, round string) any {
	members, is := step.(object)
	if !is {
		return step
	}
	do, given := members["do"]
	members = expanded(members, round).(object)
	if given {
		members["do"] = do
	}
	return members
}

func withMember(members object, name string, value any) object {
	copied := object{name: value}
	for other, member := range members {
		if other != name {
			copied[other] = member
		}
	}
	return copied
}

func parseStep(value any) *step {
	members := parseObject(value, "a step")
	allowMembers(members, "do", "as", "on", "in", "with", "expect")
	s := &step{do: parseText(members["do"], "\"do\""), integers: map[string]integer{}, texts: map[string]string{},
		booleans: map[string]bool{}, expect: object{}}
	var known bool
	if s.operation, known = operations[s.do]; !known {
		refuse("unknown operation %q", s.do)
	}
	s.as = objectName(members, "as", s.operation.as)
	s.on = objectName(members, "on", s.operation.on)
	s.in = objectName(members, "in", s.operation.in)
	with := object{}
	if given, is := members["with"]; is {
		with = parseObject(given, "\"with\"")
	}
	s.parseArguments(with)
	s.checkCombinations()
	if given, is := members["expect"]; is {
		s.expect = parseObject(given, "\"expect\"")
	}
	s.checkExpectation()
	return s
}

func objectName(members object, member string, need need) string {
	value, given := members[member]
	switch {
	case !given && need == required:
		refuse("%q is missing", member)
	case !given:
		return ""
	case need == none:
		refuse("%q means nothing here", member)
	}
	text := parseText(value, member)
	if text == "" {
		refuse("%q is empty", member)
	}
	return text
}

func (s *step) parseArguments(with object) {
	var allowed []string
	for _, a := range s.operation.arguments {
		allowed = append(allowed, a.name)
		if value, given := with[a.name]; given {
			s.parseArgument(a, value)
		} else if !a.optional {
			refuse("argument %q is missing", a.name)
		}
	}
	allowMembers(with, allowed...)
}

func (s *step) parseArgument(a argument, value any) {
	switch a.kind {
	case integerArgument:
		s.integers[a.name] = parseInteger(value, a.name)
	case bytesArgument:
		s.texts[a.name] = string(parseBytes(value, a.name))
	case nameArgument:
		s.texts[a.name] = parseText(value, a.name)
	case choiceArgument:
		choice := parseText(value, a.name)
		if !slices.Contains(a.choices, choice) {
			refuse("%s can't be %q", a.name, choice)
		}
		s.texts[a.name] = choice
	case booleanArgument:
		is, isBoolean := value.(bool)
		if !isBoolean {
			refuse("%s must be true or false, not %s", a.name, canonical(value))
		}
		s.booleans[a.name] = is
	case keysArgument:
		for _, key := range parseList(value, a.name) {
			s.keys = append(s.keys, parseBytes(key, a.name))
		}
	}
}

// checkCombinations is for what the tables of arguments cannot say.
func (s *step) checkCombinations() {
	switch s.do {
	case "kv.create", "pool.create", "shared_pool.create", "index_map.create":
		if (s.in == "") == s.has("part") {
			refuse("\"in\" and argument \"part\" go together")
		}
	case "region.damage", "region.truncate":
		given := 0
		for _, is := range []bool{s.on != "", s.has("file"), s.has("name")} {
			if is {
				given++
			}
		}
		if given != 1 {
			refuse("exactly one of \"on\", and arguments \"file\" and \"name\" must be given")
		}
	}
}
