//! A scalar as YAML that readers of YAML 1.1 and of 1.2 take for the same value.
//!
//! What an unquoted text is differs between readers: `no`, `0o17`, `1:30`, `1e3`, `2026-01-02` are text for some and booleans,
//! numbers or dates for others. So only a text that none of them can take for anything else stands without quotes.

use std::fmt::Write as _;

use crate::stack::Resolved;
use crate::stack::yaml::Scalar;

use super::json::whole;

/// Longer keys are written with `?`: readers look only 1,024 characters ahead for the `:`.
const LONGEST_KEY: usize = 128;

/// Writes a value. `column` is where the lines of a block of text start.
pub(super) fn value(out: &mut String, scalar: &Scalar, column: usize) {
    match &scalar.resolved {
        Resolved::Null => out.push_str("null"),
        Resolved::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Resolved::Int(number) => write(out, format_args!("{number}")),
        Resolved::Uint(number) => write(out, format_args!("{number}")),
        Resolved::Float(number) => float(out, *number),
        Resolved::Timestamp(time) => text(out, time, Some(column)),
        Resolved::Str => text(out, &scalar.text, Some(column)),
    }
}

/// Writes a key; all keys of JSON are text. Whether it needs `? ` before it.
pub(super) fn key(out: &mut String, name: &str) -> bool {
    let start = out.len();
    text(out, name, None);
    let long = out.len() - start > LONGEST_KEY;
    if long {
        out.insert_str(start, "? ");
    }
    long
}

/// Writing into a String can't fail.
fn write(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(arguments);
}

/// A float: with a point and a sign in the exponent, without which readers of YAML 1.1 take it for text.
fn float(out: &mut String, number: f64) {
    if let Some(number) = whole(number) {
        write(out, format_args!("{number}"));
        return;
    }
    if number.is_nan() {
        out.push_str(".nan");
        return;
    }
    if number.is_infinite() {
        out.push_str(if number > 0.0 { ".inf" } else { "-.inf" });
        return;
    }
    let shortest = format!("{number:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let plain = format!("{number}");
    // The exponent where it makes the number easier to read.
    if plain.len() <= 20 {
        out.push_str(&plain);
        if !plain.contains('.') {
            out.push_str(".0");
        }
        return;
    }
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('e');
    if !exponent.starts_with('-') {
        out.push('+');
    }
    out.push_str(exponent);
}

/// Writes a text: plain where it is safe, as a block where it has lines, else in quotes. Without a column it stays on one line.
fn text(out: &mut String, text: &str, column: Option<usize>) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    if let Some(column) = column
        && is_block(text)
    {
        block(out, text, column);
        return;
    }
    if text.chars().any(|char| !is_printable(char) || char == '\n' || char == '\t') {
        escaped(out, text);
    } else if text.contains(['"', '\\']) {
        out.push('\'');
        for (index, part) in text.split('\'').enumerate() {
            if index > 0 {
                out.push_str("''");
            }
            out.push_str(part);
        }
        out.push('\'');
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

/// Whether every reader takes the text, unquoted, for this text.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if *last == b' ' || *last == b':' {
        return false;
    }
    let starts = match first {
        b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'_' | b'$' | b'(' | b'<' | b'0'..=b'9' | b'+' | b'.' => true,
        // An option of a program.
        b'-' => {
            bytes[1..].iter().find(|next| **next != b'-').is_some_and(u8::is_ascii_alphabetic)
                && !text.starts_with("---")
        }
        _ => !first.is_ascii(),
    };
    if !starts {
        return false;
    }
    // Nearly every text is a word, for which its bytes tell enough.
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_');
    if bytes.iter().all(word) {
        return !looks_special(text);
    }
    let mut before = ' ';
    for char in text.chars() {
        let fits = match char {
            'a'..='z' | 'A'..='Z' | '0'..='9' => true,
            ' ' => before != ':',
            '#' => before != ' ',
            '!'..='~' => true,
            _ => !char.is_ascii() && char.is_alphanumeric() && is_printable(char),
        };
        if !fits {
            return false;
        }
        before = char;
    }
    !looks_special(text)
}

/// Words that some reader takes for a boolean or null, in any case: YAML 1.1's, those of 1.2, and of the readers of other languages.
const WORDS: [&str; 14] =
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", "none", "nil"];

/// Whether some reader takes the text for a number, a boolean, a date or the like. Says yes more often than needed.
fn looks_special(text: &str) -> bool {
    let first = text.as_bytes()[0];
    let is_word = |text: &str| text.len() <= 8 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    match first {
        b'a'..=b'z' | b'A'..=b'Z' => is_word(text),
        // A letter follows, as `is_plain` wants it: a number it can't be.
        b'-' => is_word(&text[1..]),
        b'0'..=b'9' | b'+' | b'.' | b'_' => {
            let digits = text.trim_start_matches(['+', '-', '.', '_']);
            // Hexadecimal digits are those of every base; `:` is of base 60, `_` and `,` stand between digits, and other languages
            // have sizes: `10L`.
            let number = |byte: u8| byte.is_ascii_hexdigit() || b"+-.:_,xXoObB".contains(&byte);
            let year = digits.len() >= 8 && digits.as_bytes()[..4].iter().all(u8::is_ascii_digit);
            text.starts_with("...")
                || (year && digits.as_bytes()[4] == b'-')
                || digits.trim_end_matches(['l', 'L', 'u', 'U']).bytes().all(number)
                || is_word(digits)
        }
        b'<' => text.starts_with("<<"),
        _ => false,
    }
}

/// What every reader takes as it stands: YAML's printable characters without line breaks of other than Unix, marks that can't be
/// seen, and those that turn the direction of text.
pub(super) fn is_printable(char: char) -> bool {
    !matches!(char,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
        && (char as u32) & 0xfffe != 0xfffe
}

/// Whether the text can be written as a block and come back the same.
fn is_block(text: &str) -> bool {
    let Some(last) = text.trim_end_matches('\n').rsplit('\n').next() else { return false };
    text.contains('\n') && !last.trim_matches([' ', '\t']).is_empty() && text.chars().all(is_printable)
}

/// `|` with the sign that says what becomes of the last line breaks.
fn block(out: &mut String, text: &str, column: usize) {
    out.push('|');
    // Blanks before the first word would be taken for the block's indentation.
    if text.starts_with([' ', '\t', '\n']) {
        out.push('2');
    }
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => out.push('-'),
        1 => {}
        _ => out.push('+'),
    }
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            blanks(out, column);
            out.push_str(line);
        }
    }
    // The caller ends the line.
    for _ in 1..text.len() - body.len() {
        out.push('\n');
    }
}

/// Double quotes with escapes, all of which YAML 1.1 has too.
fn escaped(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if is_printable(char) => out.push(char),
            _ => {
                let code = char as u32;
                match code {
                    0..=0xff => write(out, format_args!("\\x{code:02x}")),
                    0x100..=0xffff => write(out, format_args!("\\u{code:04x}")),
                    _ => write(out, format_args!("\\U{code:08x}")),
                }
            }
        }
    }
    out.push('"');
}

/// Blanks at the start of a line.
pub(super) fn blanks(out: &mut String, count: usize) {
    const BLANKS: &str = "                                                                ";
    let mut left = count;
    while left > 0 {
        let some = left.min(BLANKS.len());
        out.push_str(&BLANKS[..some]);
        left -= some;
    }
}

#[cfg(test)]
mod tests;
