// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads a scenario and its steps, refusing everything that does not have the form that ../README.md gives.
use crate::canonical::{json_text, Got};
use crate::operations::{operation, Form, Gives, Operation, Use};
use crate::values::{bytes, float, integer, list, object, substitute, text, Malformed};
use drystone::ErrorKind;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, Malformed>;

pub struct Scenario {
    pub name: String,
    pub steps: Vec<Value>,
}

/// A step or a repeat, after its `$i` was replaced.
pub enum Item {
    Step(Step),
    Repeat(u64, Vec<Value>),
}

pub struct Step {
    pub operation: &'static Operation,
    pub binds: Option<String>,
    pub on: Option<String>,
    pub inside: Option<String>,
    pub arguments: Arguments,
    pub expected: Expected,
}

#[derive(Default)]
pub struct Arguments(BTreeMap<&'static str, Argument>);

enum Argument {
    Integer(i128),
    Bytes(Vec<u8>),
    ManyBytes(Vec<Vec<u8>>),
    Text(String),
    YesOrNo(bool),
}

#[derive(Default)]
pub struct Expected {
    fields: Vec<(String, Want)>,
    text: Option<String>,
}

enum Want {
    Error(String),
    Integer(i128),
    Near(f64, f64),
    Exactly(Got),
    NoOffset,
    Indices(Vec<i128>),
    Classes(Vec<(i128, i128)>),
}

pub fn parse(file: &[u8]) -> Result<Scenario> {
    let whole: Value = serde_json::from_slice(file).map_err(|error| format!("no JSON: {error}"))?;
    let top = object(&whole)?;
    only_keys(top, &["name", "about", "steps"])?;
    let name = text(top.get("name").ok_or("\"name\" is missing")?)?;
    if name.is_empty() {
        return Err("\"name\" is empty".into());
    }
    if let Some(about) = top.get("about") {
        text(about)?;
    }
    let steps = list(top.get("steps").ok_or("\"steps\" is missing")?)?.clone();
    let scenario = Scenario { name, steps };
    check(&scenario.steps, None, &mut 0)?;
    Ok(scenario)
}

/// Walks everything once, each repeat as its round 0.
fn check(steps: &[Value], round: Option<u64>, number: &mut u64) -> Result<()> {
    for step in steps {
        match item(step, round).map_err(|cause| format!("step {}: {cause}", *number + 1))? {
            Item::Step(_) => *number += 1,
            Item::Repeat(_, steps) => check(&steps, Some(0), number)?,
        }
    }
    Ok(())
}

pub fn item(value: &Value, round: Option<u64>) -> Result<Item> {
    let map = object(value)?;
    if map.contains_key("repeat") || map.contains_key("steps") {
        return repeat(map, round);
    }
    only_keys(map, &["do", "as", "on", "in", "with", "expect"])?;
    let name = text(map.get("do").ok_or("\"do\" is missing")?)?;
    let operation = operation(&name).ok_or_else(|| format!("unknown operation \"{name}\""))?;
    let filled = |key: &str| map.get(key).map(|value| substitute(value, round));
    let step = Step {
        operation,
        binds: reference("as", filled("as"), operation.binds)?,
        on: reference("on", filled("on"), operation.on)?,
        inside: reference("in", filled("in"), operation.inside)?,
        arguments: arguments(operation, filled("with"))?,
        expected: expected(operation, filled("expect"))?,
    };
    go_together(&step)?;
    Ok(Item::Step(step))
}

fn repeat(map: &Map<String, Value>, round: Option<u64>) -> Result<Item> {
    only_keys(map, &["repeat", "steps"])?;
    let count = integer(&substitute(map.get("repeat").ok_or("\"repeat\" is missing")?, round))?;
    let count = u64::try_from(count).map_err(|_| "\"repeat\" is negative")?;
    let steps = list(map.get("steps").ok_or("\"steps\" is missing")?)?;
    Ok(Item::Repeat(count, steps.clone()))
}

fn only_keys(map: &Map<String, Value>, known: &[&str]) -> Result<()> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key \"{key}\"")),
        None => Ok(()),
    }
}

fn reference(key: &str, value: Option<Value>, usage: Use) -> Result<Option<String>> {
    match (value, usage) {
        (None, Use::Must) => Err(format!("\"{key}\" is missing")),
        (None, _) => Ok(None),
        (Some(_), Use::No) => Err(format!("\"{key}\" does not go with this operation")),
        (Some(value), _) => match text(&value)? {
            name if name.is_empty() => Err(format!("\"{key}\" is empty")),
            name => Ok(Some(name)),
        },
    }
}

fn arguments(operation: &Operation, given: Option<Value>) -> Result<Arguments> {
    let given = given.unwrap_or_else(|| Value::Object(Map::new()));
    let given = object(&given)?;
    let known: Vec<_> = operation.arguments.iter().map(|(name, ..)| *name).collect();
    only_keys(given, &known).map_err(|cause| format!("\"with\": {cause}"))?;
    let mut found = Arguments::default();
    for (name, form, usage) in operation.arguments {
        match given.get(*name) {
            Some(value) => {
                let argument = argument(value, *form).map_err(|cause| format!("\"{name}\": {cause}"))?;
                found.0.insert(name, argument);
            }
            None if *usage == Use::Must => return Err(format!("\"with\": \"{name}\" is missing")),
            None => {}
        }
    }
    Ok(found)
}

fn argument(value: &Value, form: Form) -> Result<Argument> {
    Ok(match form {
        Form::Integer => Argument::Integer(integer(value)?),
        Form::Bytes => Argument::Bytes(bytes(value)?),
        Form::ManyBytes => Argument::ManyBytes(list(value)?.iter().map(bytes).collect::<Result<_>>()?),
        Form::Name => Argument::Text(text(value)?),
        Form::YesOrNo => Argument::YesOrNo(yes_or_no(value)?),
        Form::Choice(choices) => match text(value)? {
            choice if choices.contains(&choice.as_str()) => Argument::Text(choice),
            other => return Err(format!("\"{other}\" is none of {}", choices.join(", "))),
        },
    })
}

/// What the table cannot say.
fn go_together(step: &Step) -> Result<()> {
    let arguments = &step.arguments;
    match step.operation.name {
        "kv.create" | "pool.create" | "shared_pool.create" | "index_map.create"
            if step.inside.is_some() != arguments.text("part").is_some() =>
        {
            Err("\"in\" and \"part\" go together".into())
        }
        "region.damage" | "region.truncate" => {
            let ways = [step.on.is_some(), arguments.text("file").is_some(), arguments.text("name").is_some()];
            match ways.into_iter().filter(|given| *given).count() {
                1 => Ok(()),
                _ => Err("exactly one of \"file\", \"name\" and \"on\" says which file".into()),
            }
        }
        _ => Ok(()),
    }
}

impl Arguments {
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Argument::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn bytes(&self, name: &str) -> &[u8] {
        match self.0.get(name) {
            Some(Argument::Bytes(bytes)) => bytes,
            _ => panic!("the table says that {name} is given"),
        }
    }

    pub fn many_bytes(&self, name: &str) -> &[Vec<u8>] {
        match self.0.get(name) {
            Some(Argument::ManyBytes(list)) => list,
            _ => panic!("the table says that {name} is given"),
        }
    }

    /// `None` where it is not given. Negative ones never get here: see `has_negative`.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Argument::Integer(number)) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Whether it is given as `true`.
    pub fn yes(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Argument::YesOrNo(true)))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn has_negative(&self) -> bool {
        self.0.values().any(|argument| matches!(argument, Argument::Integer(number) if *number < 0))
    }
}

fn expected(operation: &Operation, given: Option<Value>) -> Result<Expected> {
    let Some(given) = given else { return Ok(Expected::default()) };
    let mut fields = Vec::new();
    for (key, value) in object(&given)? {
        let gives = operation.results.iter().find(|(name, _)| name == key).map(|(_, gives)| *gives);
        let want = match gives {
            Some(gives) => want(value, gives),
            None if key == "error" => code(value),
            None => Err(format!("{} gives no \"{key}\"", operation.name)),
        };
        fields.push((key.clone(), want.map_err(|cause| format!("\"expect\": {cause}"))?));
    }
    Ok(Expected { fields, text: Some(json_text(&given)) })
}

fn code(value: &Value) -> Result<Want> {
    let code = text(value)?;
    match ErrorKind::ALL.iter().any(|kind| kind.name() == code) {
        true => Ok(Want::Error(code)),
        false => Err(format!("\"{code}\" is no error code")),
    }
}

fn yes_or_no(value: &Value) -> Result<bool> {
    value.as_bool().ok_or_else(|| format!("{value} is neither true nor false"))
}

fn want(value: &Value, gives: Gives) -> Result<Want> {
    Ok(Want::Exactly(match gives {
        Gives::Integer => return integer_want(value),
        Gives::Offset if value.is_null() => return Ok(Want::NoOffset),
        Gives::Offset => return integer_want(value),
        Gives::Indices => return Ok(Want::Indices(list(value)?.iter().map(integer).collect::<Result<_>>()?)),
        Gives::Classes => return Ok(Want::Classes(list(value)?.iter().map(class).collect::<Result<_>>()?)),
        Gives::Found => Got::Found(yes_or_no(value)?),
        Gives::Bytes => Got::Bytes(bytes(value)?),
        Gives::Keys => Got::Keys(list(value)?.iter().map(bytes).collect::<Result<_>>()?),
        Gives::Values => Got::Values(list(value)?.iter().map(value_or_null).collect::<Result<_>>()?),
        Gives::Parts => Got::Parts(list(value)?.iter().map(part).collect::<Result<_>>()?),
    }))
}

fn integer_want(value: &Value) -> Result<Want> {
    let Value::Object(near) = value else { return integer(value).map(Want::Integer) };
    only_keys(near, &["approx", "tolerance"])?;
    let approx = float(near.get("approx").ok_or("\"approx\" is missing")?)?;
    let tolerance = float(near.get("tolerance").ok_or("\"tolerance\" is missing")?)?;
    if tolerance < 0.0 {
        return Err("\"tolerance\" is negative".into());
    }
    Ok(Want::Near(approx, tolerance))
}

fn value_or_null(value: &Value) -> Result<Option<Vec<u8>>> {
    match value {
        Value::Null => Ok(None),
        value => bytes(value).map(Some),
    }
}

fn part(value: &Value) -> Result<(String, String)> {
    let map = object(value)?;
    only_keys(map, &["name", "kind"])?;
    let field = |key: &str| text(map.get(key).ok_or_else(|| format!("\"{key}\" of a part is missing"))?);
    Ok((field("name")?, field("kind")?))
}

fn class(value: &Value) -> Result<(i128, i128)> {
    let map = object(value)?;
    only_keys(map, &["size", "in_use"])?;
    let field = |key: &str| integer(map.get(key).ok_or_else(|| format!("\"{key}\" of a class is missing"))?);
    Ok((field("size")?, field("in_use")?))
}

impl Expected {
    pub fn holds(&self, result: &crate::canonical::CallResult) -> bool {
        let wants_error = self.fields.iter().any(|(key, _)| key == "error");
        if result.is_err() && !wants_error {
            return false;
        }
        self.fields.iter().all(|(key, want)| match (want, result) {
            (Want::Error(code), Err(got)) => code == got,
            (_, Err(_)) | (Want::Error(_), Ok(_)) => false,
            (want, Ok(outputs)) => outputs.get(key.as_str()).is_some_and(|got| want.holds(got)),
        })
    }

    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or("{}")
    }
}

impl Want {
    fn holds(&self, got: &Got) -> bool {
        match (self, got) {
            (Want::Integer(want), Got::Integer(got) | Got::Offset(Some(got))) => *want == i128::from(*got),
            (Want::Near(want, tolerance), Got::Integer(got) | Got::Offset(Some(got))) => {
                (*want - *got as f64).abs() <= *tolerance
            }
            (Want::NoOffset, Got::Offset(got)) => got.is_none(),
            (Want::Indices(want), Got::Indices(got)) => got.iter().copied().map(i128::from).eq(want.iter().copied()),
            (Want::Classes(want), Got::Classes(got)) => {
                got.iter().map(|(size, used)| (i128::from(*size), i128::from(*used))).eq(want.iter().copied())
            }
            (Want::Exactly(want), got) => want == got,
            _ => false,
        }
    }
}
