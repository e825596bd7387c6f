//! Quoted text: Go's `strconv.Quote` and `strconv.Unquote`, on bytes, since a Go string may hold any.

use super::unicode::is_print;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// One step of decoding UTF-8 as Go does it: a character and its length, or `None` for a bad byte.
pub(super) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first.is_ascii() {
        return Some((char::from(first), 1));
    }
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    text.chars().next().map(|c| (c, length))
}

/// The number of characters, each bad byte counting as one.
pub(super) fn count_chars(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().count(),
        Err(_) => bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum(),
    }
}

/// Text of bytes, each bad one replaced by U+FFFD.
pub(super) fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// `strconv.Quote`
pub(super) fn quote(bytes: &[u8]) -> String {
    quote_with(bytes, false)
}

/// `strconv.Quote`, or `strconv.QuoteToASCII`
pub(super) fn quote_with(bytes: &[u8], ascii_only: bool) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape(&mut out, c, '"', ascii_only);
        }
        for byte in chunk.invalid() {
            out.push_str("\\x");
            push_hex(&mut out, u32::from(*byte), 2);
        }
    }
    out.push('"');
    out
}

/// `strconv.QuoteRune`, or `strconv.QuoteRuneToASCII`
pub(super) fn quote_char(c: char, ascii_only: bool) -> String {
    let mut out = String::from("'");
    escape(&mut out, c, '\'', ascii_only);
    out.push('\'');
    out
}

fn escape(out: &mut String, c: char, quote: char, ascii_only: bool) {
    if c == quote || c == '\\' {
        out.push('\\');
        out.push(c);
        return;
    }
    if is_print(c) && (c.is_ascii() || !ascii_only) {
        out.push(c);
        return;
    }
    let code = u32::from(c);
    match c {
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        _ if code < 0x20 || code == 0x7f => {
            out.push_str("\\x");
            push_hex(out, code, 2);
        }
        _ if code < 0x10000 => {
            out.push_str("\\u");
            push_hex(out, code, 4);
        }
        _ => {
            out.push_str("\\U");
            push_hex(out, code, 8);
        }
    }
}

fn push_hex(out: &mut String, value: u32, digits: u32) {
    for digit in (0..digits).rev() {
        out.push(char::from(HEX[(value >> (4 * digit)) as usize & 0xf]));
    }
}

/// `strconv.CanBackquote`: whether the text can stand between backquotes unchanged.
pub(super) fn can_backquote(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.chars().any(|c| (c < ' ' && c != '\t') || matches!(c, '`' | '\x7f' | '\u{feff}')))
}

/// The text between the quotes of a Go string literal; `None` when an escape in it is wrong.
pub(super) fn unquote(literal: &str) -> Option<Vec<u8>> {
    let quote = *literal.as_bytes().first()?;
    let inner = literal.get(1..literal.len().checked_sub(1)?)?;
    if quote == b'`' {
        // Go drops carriage returns from raw strings.
        return Some(inner.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (unit, tail) = unquote_char(rest, '"')?;
        match unit {
            Unit::Byte(byte) => out.push(byte),
            Unit::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = tail;
    }
    Some(out)
}

/// What one unit of a literal stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    /// `\xff` or `\377`: a byte that need not be UTF-8.
    Byte(u8),
    /// Anything else.
    Char(char),
}

impl Unit {
    /// The number a character constant stands for.
    pub(super) fn code(self) -> u32 {
        match self {
            Unit::Byte(byte) => u32::from(byte),
            Unit::Char(c) => u32::from(c),
        }
    }
}

/// `strconv.UnquoteChar`: the first unit of a literal's inside and what follows it.
pub(super) fn unquote_char(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Char(first), chars.as_str()));
    }
    let escape = chars.next()?;
    let rest = chars.as_str();
    let simple = |c| Some((Unit::Char(c), rest));
    match escape {
        'a' => simple('\x07'),
        'b' => simple('\x08'),
        'f' => simple('\x0c'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\x0b'),
        '\\' => simple('\\'),
        '\'' | '"' if escape == quote => simple(escape),
        'x' => {
            let value = digits(rest, 2, 16)?;
            Some((Unit::Byte(u8::try_from(value).ok()?), &rest[2..]))
        }
        'u' => Some((Unit::Char(char::from_u32(digits(rest, 4, 16)?)?), &rest[4..])),
        'U' => Some((Unit::Char(char::from_u32(digits(rest, 8, 16)?)?), &rest[8..])),
        '0'..='7' => {
            let value = digits(&text[1..], 3, 8)?;
            Some((Unit::Byte(u8::try_from(value).ok()?), &text[4..]))
        }
        _ => None,
    }
}

fn digits(text: &str, count: usize, radix: u32) -> Option<u32> {
    let digits = text.get(..count)?;
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}
