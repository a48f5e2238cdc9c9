// SPDX-License-Identifier: MIT OR Apache-2.0
//! The forms of values that a scenario can give; everything else is malformed.
use serde_json::{Map, Value};

pub type Malformed = String;

/// From -2^63 to 2^64 - 1.
pub fn integer(value: &Value) -> Result<i128, Malformed> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return Err(format!("{value} is no integer")),
    };
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain { text.parse().ok() } else { None };
    number
        .filter(|number| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(number))
        .ok_or_else(|| format!("{value} is no integer of 64 bits"))
}

pub fn bytes(value: &Value) -> Result<Vec<u8>, Malformed> {
    match value {
        Value::String(text) => Ok(text.clone().into_bytes()),
        Value::Object(map) => hex(map),
        _ => Err(format!("{value} is neither a string nor {{\"hex\": ...}}")),
    }
}

fn hex(map: &Map<String, Value>) -> Result<Vec<u8>, Malformed> {
    let digits = match map.get("hex") {
        Some(Value::String(digits)) if map.len() == 1 => digits.as_bytes(),
        _ => return Err("bytes are a string or {\"hex\": \"00ff\"}".into()),
    };
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?);
    digits.chunks(2).map(pair).collect::<Option<_>>().ok_or_else(|| "hex wants an even number of hex digits".into())
}

pub fn text(value: &Value) -> Result<String, Malformed> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no string"))
}

pub fn list(value: &Value) -> Result<&Vec<Value>, Malformed> {
    value.as_array().ok_or_else(|| format!("{value} is no array"))
}

pub fn object(value: &Value) -> Result<&Map<String, Value>, Malformed> {
    value.as_object().ok_or_else(|| format!("{value} is no object"))
}

pub fn float(value: &Value) -> Result<f64, Malformed> {
    match value {
        Value::Number(number) => number.as_f64().ok_or_else(|| format!("{value} is no number")),
        _ => Err(format!("{value} is no number")),
    }
}

/// Replaces `$i` in every string of the value, but not in the names of keys.
pub fn substitute(value: &Value, round: Option<u64>) -> Value {
    let Some(number) = round else { return value.clone() };
    match value {
        Value::String(text) => Value::String(text.replace("$i", &number.to_string())),
        Value::Array(list) => list.iter().map(|value| substitute(value, round)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), substitute(value, round))).collect(),
        other => other.clone(),
    }
}
