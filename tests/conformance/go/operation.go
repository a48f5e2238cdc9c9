// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import "maps"

// need says whether a step of an operation has "as", "on" or "in".
type need int

const (
	none need = iota
	optional
	required
)

type argumentType int

const (
	integerArgument argumentType = iota
	bytesArgument
	nameArgument
	choiceArgument
	keysArgument
	booleanArgument
)

type argument struct {
	name     string
	kind     argumentType
	optional bool
	choices  []string
}

type resultType int

const (
	integerResult resultType = iota
	offsetResult
	bytesResult
	booleanResult
	indicesResult
	classesResult
	keysResult
	valuesResult
	partsResult
)

// operation is what a step can do: which members it has, and how it is run.
type operation struct {
	as, on, in need
	arguments  []argument
	results    map[string]resultType
	run        func(*world, *step) object
}

func integerOf(name string) argument { return argument{name: name, kind: integerArgument} }
func bytesOf(name string) argument   { return argument{name: name, kind: bytesArgument} }
func nameOf(name string) argument    { return argument{name: name, kind: nameArgument} }

func choiceOf(name string, choices ...string) argument {
	return argument{name: name, kind: choiceArgument, choices: choices}
}

func perhaps(a argument) argument {
	a.optional = true
	return a
}

// resultsOf are a type and the results that have it.
func resultsOf(kind resultType, names ...string) map[string]resultType {
	results := map[string]resultType{}
	for _, name := range names {
		results[name] = kind
	}
	return results
}

var kinds = choiceOf("kind", "memory", "file", "shared")

var versionOnly = map[string]resultType{"version": integerResult}

var operations map[string]operation

func init() {
	operations = map[string]operation{
		"region.create": {as: optional, arguments: []argument{kinds, integerOf("bytes"), perhaps(nameOf("name"))}, run: regionCreate},
		"region.open":   {as: optional, arguments: []argument{kinds, nameOf("name"), choiceOf("mode", "read", "write")}, run: regionOpen},
		"region.load":   {as: optional, arguments: []argument{kinds, nameOf("file"), perhaps(nameOf("name"))}, run: regionLoad},
		"region.save":   {on: required, arguments: []argument{nameOf("file")}, run: regionSave},
		"region.parts":  {on: required, results: map[string]resultType{"parts": partsResult}, run: regionParts},
		"region.stats": {on: required, results: map[string]resultType{"part_count": integerResult, "size_bytes": integerResult,
			"used_bytes": integerResult}, run: regionStats},
		"region.verify": {on: required, run: regionVerify},
		"region.close":  {on: required, run: regionClose},
		"region.damage": {on: optional, arguments: []argument{integerOf("at"), integerOf("byte"), perhaps(nameOf("file")),
			perhaps(nameOf("name"))}, run: regionDamage},
		"region.truncate": {on: optional, arguments: []argument{integerOf("bytes"), perhaps(nameOf("file")),
			perhaps(nameOf("name"))}, run: regionTruncate},
		"kv.create": {as: optional, in: optional, arguments: []argument{integerOf("entries"), integerOf("bytes"), perhaps(nameOf("part")),
			perhaps(integerOf("seed")), perhaps(choiceOf("layout", "blocks", "inline")), perhaps(integerOf("max_entry"))}, run: kvCreate},
		"kv.open":    {as: optional, in: required, arguments: []argument{nameOf("part")}, run: kvOpen},
		"kv.reader":  {as: optional, on: required, run: kvReader},
		"kv.put":     {on: required, arguments: []argument{bytesOf("key"), bytesOf("value")}, results: versionOnly, run: kvPut},
		"kv.put_new": {on: required, arguments: []argument{bytesOf("key"), bytesOf("value")}, results: versionOnly, run: kvPutNew},
		"kv.replace": {on: required, arguments: []argument{bytesOf("key"), bytesOf("value"), integerOf("version")}, results: versionOnly,
			run: kvReplace},
		"kv.delete": {on: required, arguments: []argument{bytesOf("key")}, results: versionOnly, run: kvDelete},
		"kv.get": {on: required, arguments: []argument{bytesOf("key")}, results: map[string]resultType{"value": bytesResult,
			"version": integerResult}, run: kvGet},
		"kv.get_many": {on: required, arguments: []argument{{name: "keys", kind: keysArgument}},
			results: map[string]resultType{"values": valuesResult}, run: kvGetMany},
		"kv.contains": {on: required, arguments: []argument{bytesOf("key")}, results: map[string]resultType{"found": booleanResult}, run: kvContains},
		"kv.list":     {on: required, results: map[string]resultType{"keys": keysResult}, run: kvList},
		"kv.stats":    {on: required, results: map[string]resultType{"capacity": integerResult, "entries": integerResult}, run: kvStats},
		"kv.close":    {on: required, run: kvClose},
	}
	for _, more := range []map[string]operation{arenaOperations, slabOperations, slotOperations("pool", poolKind),
		slotOperations("shared_pool", sharedPoolKind), indexMapOperations, bufferOperations, objectOperations} {
		maps.Copy(operations, more)
	}
}
