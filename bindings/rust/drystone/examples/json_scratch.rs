// SPDX-License-Identifier: MIT OR Apache-2.0
//! A small JSON parser whose tree lies in the thread's scratch: no allocation for each node, and all of it is given back at
//! once when the answer is known.
//!
//! Numbers are whole, and of escapes it knows `\"`, `\\` and `\n`: enough to show how a tree is built in an arena.
use drystone::{scratch, Error, ScratchScope};

#[derive(Debug)]
#[allow(dead_code)] // some are only shown
pub(crate) enum Json<'s> {
    Null,
    Bool(bool),
    Number(i64),
    Text(&'s str),
    List(&'s [Json<'s>]),
    Object(&'s [(&'s str, Json<'s>)]),
}

#[derive(Debug)]
#[allow(dead_code)] // what was expected is only shown
pub(crate) enum Failure {
    /// What was expected, and where in the text.
    Syntax(&'static str, usize),
    Memory(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Memory(error)
    }
}

type Result<T> = std::result::Result<T, Failure>;

/// Items come one by one and their number is known last, so they are chained until then.
struct Chain<'s, T> {
    value: T,
    older: Option<&'s Chain<'s, T>>,
}

struct Parser<'t, 's, 'a> {
    text: &'t [u8],
    at: usize,
    scope: &'a ScratchScope<'s>,
}

impl<'s> Parser<'_, 's, '_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, what: &'static str) -> Result<()> {
        self.peek();
        if !self.text[self.at..].starts_with(what.as_bytes()) {
            return Err(Failure::Syntax(what, self.at));
        }
        self.at += what.len();
        Ok(())
    }

    fn value(&mut self) -> Result<Json<'s>> {
        match self.peek() {
            Some(b'n') => self.expect("null").map(|()| Json::Null),
            Some(b't') => self.expect("true").map(|()| Json::Bool(true)),
            Some(b'f') => self.expect("false").map(|()| Json::Bool(false)),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'[') => self.items("[", "]", Self::value).map(Json::List),
            Some(b'{') => self.items("{", "}", Self::member).map(Json::Object),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(Failure::Syntax("a value", self.at)),
        }
    }

    fn member(&mut self) -> Result<(&'s str, Json<'s>)> {
        let name = self.string()?;
        self.expect(":")?;
        Ok((name, self.value()?))
    }

    fn items<T: Copy>(
        &mut self,
        open: &'static str,
        close: &'static str,
        item: impl Fn(&mut Self) -> Result<T>,
    ) -> Result<&'s [T]> {
        self.expect(open)?;
        let (mut newest, mut count) = (None, 0);
        while count > 0 || self.peek() != Some(close.as_bytes()[0]) {
            if count > 0 && self.expect(",").is_err() {
                break;
            }
            let value = item(self)?;
            newest = Some(&*self.scope.alloc(Chain { value, older: newest })?);
            count += 1;
        }
        self.expect(close)?;
        let Some(last) = newest else { return Ok(&[]) };
        let items = self.scope.alloc_slice_with(count, |_| last.value)?;
        let mut link = newest;
        for place in items.iter_mut().rev() {
            let chain = link.expect("there are so many");
            *place = chain.value;
            link = chain.older;
        }
        Ok(items)
    }

    fn string(&mut self) -> Result<&'s str> {
        self.expect("\"")?;
        let start = self.at;
        while self.text.get(self.at).is_some_and(|byte| *byte != b'"') {
            self.at += if self.text[self.at] == b'\\' { 2 } else { 1 };
        }
        let raw = self.text.get(start..self.at).ok_or(Failure::Syntax("a whole string", start))?;
        self.expect("\"")?;
        let bytes = self.scope.alloc_slice(raw)?;
        let (mut length, mut from) = (0, 0);
        while from < raw.len() {
            bytes[length] = match (raw[from], raw.get(from + 1)) {
                (b'\\', Some(b'n')) => b'\n',
                (b'\\', Some(escaped @ (b'"' | b'\\'))) => *escaped,
                (b'\\', _) => return Err(Failure::Syntax("an escape", start + from)),
                (byte, _) => byte,
            };
            from += if raw[from] == b'\\' { 2 } else { 1 };
            length += 1;
        }
        std::str::from_utf8(&bytes[..length]).map_err(|_| Failure::Syntax("UTF-8", start))
    }

    fn number(&mut self) -> Result<Json<'s>> {
        let start = self.at;
        self.at += 1;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.text[start..self.at]).expect("digits");
        digits.parse().map(Json::Number).map_err(|_| Failure::Syntax("a number", start))
    }
}

// A tree is shared references and numbers, so it may be copied, as slices in an arena want it.
impl Clone for Json<'_> {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Json<'_> {}

pub(crate) fn parse<'s>(text: &str, scope: &ScratchScope<'s>) -> Result<Json<'s>> {
    let mut parser = Parser { text: text.as_bytes(), at: 0, scope };
    let value = parser.value()?;
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(Failure::Syntax("the end", parser.at)),
    }
}

/// The sum of all numbers in a tree.
pub(crate) fn sum(json: &Json<'_>) -> i64 {
    match json {
        Json::Number(number) => *number,
        Json::List(items) => items.iter().map(sum).sum(),
        Json::Object(members) => members.iter().map(|(_, value)| sum(value)).sum(),
        _ => 0,
    }
}

/// The sum of all numbers in a text; nothing of its tree is left afterwards.
pub(crate) fn run(text: &str) -> Result<i64> {
    scratch::with(|scope| Ok(sum(&parse(text, scope)?)))?
}

#[allow(dead_code)] // a test calls `run`
fn main() -> Result<()> {
    let text =
        r#"{"name": "wall \"A\"", "stones": [{"weight": 3}, {"weight": 4, "of": [1, 2]}], "dry": true, "roof": null}"#;
    println!("{}", scratch::with(|scope| parse(text, scope).map(|json| format!("{json:?}")))??);
    println!("sum {}", run(text)?);
    Ok(())
}
