// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of operations: what each takes and gives.

/// Whether a step may name something.
#[derive(Clone, Copy, PartialEq)]
pub enum Use {
    No,
    Maybe,
    Must,
}

/// The form of an argument.
#[derive(Clone, Copy)]
pub enum Form {
    Integer,
    Bytes,
    ManyBytes,
    Name,
    Choice(&'static [&'static str]),
    YesOrNo,
}

/// The form of a result.
#[derive(Clone, Copy, PartialEq)]
pub enum Gives {
    Integer,
    Found,
    Bytes,
    Keys,
    Values,
    Parts,
    Offset,
    Indices,
    Classes,
}

pub struct Operation {
    pub name: &'static str,
    pub binds: Use,
    pub on: Use,
    pub inside: Use,
    pub arguments: &'static [(&'static str, Form, Use)],
    pub results: &'static [(&'static str, Gives)],
}

const KIND: Form = Form::Choice(&["memory", "file", "shared"]);
const MODE: Form = Form::Choice(&["read", "write"]);
const LAYOUT: Form = Form::Choice(&["blocks", "inline"]);
const KEY: (&str, Form, Use) = ("key", Form::Bytes, Use::Must);
const VALUE: (&str, Form, Use) = ("value", Form::Bytes, Use::Must);
const FILE: (&str, Form, Use) = ("file", Form::Name, Use::Must);
const MAYBE_FILE: (&str, Form, Use) = ("file", Form::Name, Use::Maybe);
const MAYBE_NAME: (&str, Form, Use) = ("name", Form::Name, Use::Maybe);
const VERSION: &[(&str, Gives)] = &[("version", Gives::Integer)];

const fn makes(name: &'static str, on: Use, inside: Use, arguments: &'static [(&'static str, Form, Use)]) -> Operation {
    Operation { name, binds: Use::Maybe, on, inside, arguments, results: &[] }
}

const fn acts(
    name: &'static str,
    arguments: &'static [(&'static str, Form, Use)],
    results: &'static [(&'static str, Gives)],
) -> Operation {
    Operation { name, binds: Use::No, on: Use::Must, inside: Use::No, arguments, results }
}

const fn damages(name: &'static str, arguments: &'static [(&'static str, Form, Use)]) -> Operation {
    Operation { name, binds: Use::No, on: Use::Maybe, inside: Use::No, arguments, results: &[] }
}

const OVERFLOW: Form = Form::Choice(&["error", "fallback"]);
const PART: (&str, Form, Use) = ("part", Form::Name, Use::Must);
const MAYBE_PART: (&str, Form, Use) = ("part", Form::Name, Use::Maybe);

const fn number(name: &'static str) -> (&'static str, Form, Use) {
    (name, Form::Integer, Use::Must)
}

const fn gives(name: &'static str) -> (&'static str, Gives) {
    (name, Gives::Integer)
}

const POOL_ARGUMENTS: &[(&str, Form, Use)] = &[
    number("object_size"),
    number("capacity"),
    ("align", Form::Integer, Use::Maybe),
    ("zero_on_free", Form::YesOrNo, Use::Maybe),
    MAYBE_PART,
];
const SLOT: &[(&str, Form, Use)] = &[number("slot")];
const SLOT_AND_BYTE: &[(&str, Form, Use)] = &[number("slot"), number("byte")];
const SLOT_AND_RANGE: &[(&str, Form, Use)] = &[number("slot"), number("at"), number("length")];
const OFFSET: &[(&str, Form, Use)] = &[number("offset")];
const GIVES_SLOT: &[(&str, Gives)] = &[gives("slot")];
const GIVES_BYTES: &[(&str, Gives)] = &[("bytes", Gives::Bytes)];

const OPERATIONS: &[Operation] = &[
    makes(
        "region.create",
        Use::No,
        Use::No,
        &[("kind", KIND, Use::Must), ("bytes", Form::Integer, Use::Must), MAYBE_NAME],
    ),
    makes(
        "region.open",
        Use::No,
        Use::No,
        &[("kind", KIND, Use::Must), ("name", Form::Name, Use::Must), ("mode", MODE, Use::Must)],
    ),
    makes("region.load", Use::No, Use::No, &[("kind", KIND, Use::Must), FILE, MAYBE_NAME]),
    acts("region.save", &[FILE], &[]),
    acts("region.parts", &[], &[("parts", Gives::Parts)]),
    acts(
        "region.stats",
        &[],
        &[("part_count", Gives::Integer), ("size_bytes", Gives::Integer), ("used_bytes", Gives::Integer)],
    ),
    acts("region.verify", &[], &[]),
    acts("region.close", &[], &[]),
    damages(
        "region.damage",
        &[("at", Form::Integer, Use::Must), ("byte", Form::Integer, Use::Must), MAYBE_FILE, MAYBE_NAME],
    ),
    damages("region.truncate", &[("bytes", Form::Integer, Use::Must), MAYBE_FILE, MAYBE_NAME]),
    makes(
        "kv.create",
        Use::No,
        Use::Maybe,
        &[
            ("entries", Form::Integer, Use::Must),
            ("bytes", Form::Integer, Use::Must),
            ("part", Form::Name, Use::Maybe),
            ("seed", Form::Integer, Use::Maybe),
            ("layout", LAYOUT, Use::Maybe),
            ("max_entry", Form::Integer, Use::Maybe),
        ],
    ),
    makes("kv.open", Use::No, Use::Must, &[("part", Form::Name, Use::Must)]),
    makes("kv.reader", Use::Must, Use::No, &[]),
    acts("kv.put", &[KEY, VALUE], VERSION),
    acts("kv.put_new", &[KEY, VALUE], VERSION),
    acts("kv.replace", &[KEY, VALUE, ("version", Form::Integer, Use::Must)], VERSION),
    acts("kv.delete", &[KEY], VERSION),
    acts("kv.get", &[KEY], &[("value", Gives::Bytes), ("version", Gives::Integer)]),
    acts("kv.get_many", &[("keys", Form::ManyBytes, Use::Must)], &[("values", Gives::Values)]),
    acts("kv.contains", &[KEY], &[("found", Gives::Found)]),
    acts("kv.list", &[], &[("keys", Gives::Keys)]),
    acts("kv.stats", &[], &[("capacity", Gives::Integer), ("entries", Gives::Integer)]),
    acts("kv.close", &[], &[]),
    makes("arena.create", Use::No, Use::No, &[number("capacity"), ("overflow", OVERFLOW, Use::Maybe)]),
    acts("arena.alloc", &[number("size"), number("align")], &[("offset", Gives::Offset)]),
    acts("arena.mark", &[], &[gives("mark")]),
    acts("arena.rewind", &[number("mark")], &[]),
    acts("arena.reset", &[], &[]),
    acts(
        "arena.stats",
        &[],
        &[gives("allocations"), gives("capacity"), gives("failures"), gives("fallbacks"), gives("peak"), gives("used")],
    ),
    acts("arena.close", &[], &[]),
    makes("pool.create", Use::No, Use::Maybe, POOL_ARGUMENTS),
    makes("pool.open", Use::No, Use::Must, &[PART]),
    acts("pool.alloc", &[], GIVES_SLOT),
    acts("pool.free", SLOT, &[]),
    acts("pool.free_at", OFFSET, &[]),
    acts("pool.fill", SLOT_AND_BYTE, &[]),
    acts("pool.read", SLOT_AND_RANGE, GIVES_BYTES),
    acts("pool.reset", &[], &[]),
    acts(
        "pool.stats",
        &[],
        &[gives("capacity"), gives("failures"), gives("in_use"), gives("object_size"), gives("peak"), gives("stride")],
    ),
    acts("pool.close", &[], &[]),
    makes("shared_pool.create", Use::No, Use::Maybe, POOL_ARGUMENTS),
    makes("shared_pool.open", Use::No, Use::Must, &[PART]),
    acts("shared_pool.alloc", &[], GIVES_SLOT),
    acts("shared_pool.free", SLOT, &[]),
    acts("shared_pool.free_at", OFFSET, &[]),
    acts("shared_pool.fill", SLOT_AND_BYTE, &[]),
    acts("shared_pool.read", SLOT_AND_RANGE, GIVES_BYTES),
    acts("shared_pool.reset", &[], &[]),
    acts(
        "shared_pool.stats",
        &[],
        &[gives("capacity"), gives("failures"), gives("in_use"), gives("object_size"), gives("stride")],
    ),
    acts("shared_pool.close", &[], &[]),
    makes("index_map.create", Use::No, Use::Maybe, &[number("capacity"), MAYBE_PART]),
    makes("index_map.open", Use::No, Use::Must, &[PART]),
    acts("index_map.acquire", &[], &[gives("index")]),
    acts("index_map.release", &[number("index")], &[]),
    acts("index_map.contains", &[number("index")], &[("used", Gives::Found)]),
    acts("index_map.list", &[], &[("indices", Gives::Indices)]),
    acts("index_map.stats", &[], &[gives("capacity"), gives("in_use")]),
    acts("index_map.close", &[], &[]),
    makes("buffer_pool.create", Use::No, Use::No, &[number("elements"), number("blocks")]),
    makes("buffer_pool.acquire", Use::Must, Use::No, &[]),
    acts("buffer_pool.stats", &[], &[gives("blocks"), gives("elements"), gives("in_use")]),
    acts("buffer_pool.close", &[], &[]),
    acts("buffer.set", &[number("at"), number("value")], &[]),
    acts("buffer.get", &[number("at")], &[gives("value")]),
    acts("buffer.release", &[], &[]),
    makes("object_pool.create", Use::No, Use::No, &[number("capacity")]),
    makes("object_pool.acquire", Use::Must, Use::No, &[("value", Form::Name, Use::Must)]),
    acts("object_pool.stats", &[], &[gives("capacity"), gives("destroyed"), gives("in_use")]),
    acts("object_pool.close", &[], &[gives("destroyed")]),
    acts("object.get", &[], &[("value", Gives::Bytes)]),
    acts("object.set", &[("value", Form::Name, Use::Must)], &[]),
    acts("object.release", &[], &[]),
    makes("slab.create", Use::No, Use::No, &[number("bytes")]),
    Operation {
        name: "slab.alloc",
        binds: Use::Maybe,
        on: Use::Must,
        inside: Use::No,
        arguments: &[number("size")],
        results: &[gives("class")],
    },
    acts("slab.free", &[], &[]),
    acts("slab.stats", &[], &[("classes", Gives::Classes), gives("fallbacks"), gives("in_use")]),
    acts("slab.close", &[], &[]),
];

pub fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}
