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
];

pub fn operation(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}
