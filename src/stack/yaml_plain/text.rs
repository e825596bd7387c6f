//! Texts of that YAML: plain, in quotes, and `|` blocks.

use std::borrow::Cow;

use super::super::scalar;
use super::super::yaml::{Node, Place, Value};
use super::Reading;

impl<'a> Reading<'a> {
    /// A text on one line, plain or in quotes.
    pub(super) fn token(&mut self, flow: bool) -> Option<Node> {
        let place = self.place();
        let (text, quoted) = match self.byte()? {
            b'"' => (self.double()?, true),
            b'\'' => (self.single()?, true),
            _ => (Cow::Borrowed(self.plain(flow)?), false),
        };
        self.count()?;
        node(text, quoted, place, self.at)
    }

    /// An unquoted text.
    fn plain(&mut self, flow: bool) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let (from, mut at) = (self.at, self.at);
        match bytes[from] {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'/' | b'.' | b'$' | b'(' | b'<' | b'+' | b'~' | b'=' => {}
            b'-' if bytes.get(from + 1).is_some_and(|next| next.is_ascii_alphanumeric() || b"-./".contains(next)) => {}
            0x80.. => {}
            _ => return None,
        }
        if bytes[from..].starts_with(b"...") || bytes[from..].starts_with(b"---") {
            return None;
        }
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\n' => break,
                b':' if self.is_gap(at + 1) => break,
                b'#' if bytes[at - 1] == b' ' => break,
                b',' | b'[' | b']' | b'{' | b'}' if flow => break,
                b':' | b'#' if flow => return None,
                _ => at += 1,
            }
        }
        let text = self.text[from..at].trim_end_matches(' ');
        self.at = from + text.len();
        Some(text)
    }

    fn single(&mut self) -> Option<Cow<'a, str>> {
        let bytes = self.text.as_bytes();
        let from = self.at + 1;
        let mut at = from;
        let mut doubled = false;
        loop {
            match bytes.get(at)? {
                b'\n' => return None,
                b'\'' if bytes.get(at + 1) == Some(&b'\'') => {
                    doubled = true;
                    at += 2;
                }
                b'\'' => break,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        let text = &self.text[from..at];
        Some(if doubled { text.replace("''", "'").into() } else { text.into() })
    }

    fn double(&mut self) -> Option<Cow<'a, str>> {
        let bytes = self.text.as_bytes();
        let from = self.at + 1;
        let (mut at, mut done) = (from, from);
        let mut out = String::new();
        loop {
            match bytes.get(at)? {
                b'\n' => return None,
                b'"' => break,
                b'\\' => {
                    out.push_str(&self.text[done..at]);
                    out.push(match bytes.get(at + 1)? {
                        b'n' => '\n',
                        b't' => '\t',
                        b'"' => '"',
                        b'\\' => '\\',
                        _ => return None,
                    });
                    at += 2;
                    done = at;
                }
                _ => at += 1,
            }
        }
        self.at = at + 1;
        let rest = &self.text[done..at];
        Some(if out.is_empty() { rest.into() } else { (out + rest).into() })
    }

    /// A `|` block below a key or dash in this column.
    pub(super) fn literal(&mut self, column: usize) -> Option<Node> {
        self.count()?;
        let bytes = self.text.as_bytes();
        self.at += 1;
        let strip = self.byte() == Some(b'-');
        self.at += usize::from(strip);
        self.blanks();
        (self.byte()? == b'\n').then_some(())?;
        self.at += 1;
        self.line += 1;
        self.start = self.at;
        self.blanks();
        let (indent, place) = (self.at - self.start, self.place());
        if indent <= column || self.byte()? == b'\n' {
            return None;
        }
        let mut out = String::new();
        loop {
            self.at = self.start;
            self.blanks();
            match self.byte() {
                None if self.at == self.start => break,
                // A file that ends inside the block.
                None => return None,
                Some(b'\n') => self.at = self.at.min(self.start + indent),
                Some(_) if self.at - self.start < indent => break,
                Some(_) => self.at = self.start + indent,
            }
            let length = bytes[self.at..].iter().position(|byte| *byte == b'\n')? + 1;
            out.push_str(&self.text[self.at..self.at + length]);
            self.start = self.at + length;
            self.line += 1;
        }
        let end = self.at;
        out.truncate(out.trim_end_matches('\n').len() + usize::from(!strip));
        self.settle();
        node(out.into(), true, place, end)
    }
}

/// A scalar without a tag.
pub(super) fn node(text: Cow<'_, str>, quoted: bool, place: Place, end: usize) -> Option<Node> {
    Some(Node { value: Value::Scalar(scalar::make(text, quoted, None).ok()?), place, end, tag: None })
}
