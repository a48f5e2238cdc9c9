// SPDX-License-Identifier: MIT OR Apache-2.0
//! Results, and their one way to be written.
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a call gave for one key of its result.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    Integer(u64),
    Found(bool),
    Bytes(Vec<u8>),
    Keys(Vec<Vec<u8>>),
    Values(Vec<Option<Vec<u8>>>),
    Parts(Vec<(String, String)>),
    Offset(Option<u64>),
    Indices(Vec<u64>),
    /// Size and objects in use of each.
    Classes(Vec<(u64, u64)>),
}

/// A whole result: outputs by name, or the code of the error.
pub type Outputs = BTreeMap<&'static str, Got>;
pub type CallResult = Result<Outputs, &'static str>;

/// The largest integer that is written as a number.
const NUMBER_MAX: u64 = 1 << 53;

pub fn result_text(result: &CallResult) -> String {
    let outputs = match result {
        Ok(outputs) => outputs,
        Err(code) => return format!("{{\"error\":\"{code}\"}}"),
    };
    let fields: Vec<_> = outputs.iter().map(|(key, got)| format!("\"{key}\":{}", got_text(got))).collect();
    format!("{{{}}}", fields.join(","))
}

fn got_text(got: &Got) -> String {
    match got {
        Got::Integer(number) | Got::Offset(Some(number)) => number_text(*number),
        Got::Offset(None) => "null".into(),
        Got::Indices(indices) => list_text(indices.iter().map(|index| number_text(*index))),
        Got::Classes(classes) => list_text(
            classes
                .iter()
                .map(|(size, used)| format!("{{\"in_use\":{},\"size\":{}}}", number_text(*used), number_text(*size))),
        ),
        Got::Found(found) => found.to_string(),
        Got::Bytes(bytes) => bytes_text(bytes),
        Got::Keys(keys) => list_text(keys.iter().map(|key| bytes_text(key))),
        Got::Values(values) => list_text(values.iter().map(|value| value.as_deref().map_or("null".into(), bytes_text))),
        Got::Parts(parts) => list_text(
            parts
                .iter()
                .map(|(name, kind)| format!("{{\"kind\":{},\"name\":{}}}", quoted(kind), bytes_text(name.as_bytes()))),
        ),
    }
}

fn number_text(number: u64) -> String {
    match number > NUMBER_MAX {
        true => format!("\"{number}\""),
        false => number.to_string(),
    }
}

fn list_text(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn bytes_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => quoted(text),
        _ => {
            let mut text = "{\"hex\":\"".to_owned();
            for byte in bytes {
                let _ = write!(text, "{byte:02x}");
            }
            text + "\"}"
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Any JSON, keys sorted (as serde_json's map keeps them) and without spaces.
pub fn json_text(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(list) => list_text(list.iter().map(json_text)),
        Value::Object(map) => {
            let fields: Vec<_> =
                map.iter().map(|(key, value)| format!("{}:{}", quoted(key), json_text(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_where_they_can_be() {
        assert_eq!(bytes_text(b""), "\"\"");
        assert_eq!(bytes_text("ü\"\\".as_bytes()), "\"ü\\\"\\\\\"");
        assert_eq!(bytes_text(b"\x00\xff"), "{\"hex\":\"00ff\"}");
        assert_eq!(bytes_text("\u{7f}".as_bytes()), "{\"hex\":\"7f\"}");
        assert_eq!(bytes_text("\u{85}".as_bytes()), "{\"hex\":\"c285\"}");
        assert_eq!(bytes_text("\u{a0}".as_bytes()), "\"\u{a0}\"");
    }

    #[test]
    fn integers_above_two_to_the_53_are_strings() {
        assert_eq!(got_text(&Got::Integer(9_007_199_254_740_992)), "9007199254740992");
        assert_eq!(got_text(&Got::Integer(9_007_199_254_740_993)), "\"9007199254740993\"");
    }

    #[test]
    fn offsets_and_lists_of_numbers() {
        assert_eq!(got_text(&Got::Offset(None)), "null");
        assert_eq!(got_text(&Got::Offset(Some(7))), "7");
        assert_eq!(got_text(&Got::Indices(vec![0, 9_007_199_254_740_993])), "[0,\"9007199254740993\"]");
        assert_eq!(
            got_text(&Got::Classes(vec![(8, 1), (16, 0)])),
            "[{\"in_use\":1,\"size\":8},{\"in_use\":0,\"size\":16}]"
        );
    }

    #[test]
    fn keys_are_sorted() {
        let outputs = [("version", Got::Integer(1)), ("value", Got::Bytes(vec![b'a']))].into();
        assert_eq!(result_text(&Ok(outputs)), "{\"value\":\"a\",\"version\":1}");
        let value: Value = serde_json::from_str("{\"b\": [1, null], \"a\": {\"y\": 1, \"x\": true}}").unwrap();
        assert_eq!(json_text(&value), "{\"a\":{\"x\":true,\"y\":1},\"b\":[1,null]}");
    }
}
