//! Number constants: read as Go reads them, each kept as every type that can hold it.

use super::quote::{quote, unquote_char};

/// A number constant under all the types that represent it exactly.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub(super) text: Box<str>,
    pub(super) int: Option<i64>,
    pub(super) uint: Option<u64>,
    pub(super) float: Option<f64>,
}

impl Number {
    /// A character constant with its quotes.
    pub(super) fn from_char(text: &str) -> Result<Number, String> {
        let (unit, tail) = unquote_char(&text[1..], '\'').ok_or("invalid syntax")?;
        if tail != "'" {
            return Err(format!("malformed character constant: {text}"));
        }
        let code = unit.code();
        Ok(Number {
            text: Box::from(text),
            int: Some(i64::from(code)),
            uint: Some(u64::from(code)),
            float: Some(f64::from(code)),
        })
    }

    /// A number as the lexer found it; a sign, a base prefix, `_` between digits, a fraction, an exponent.
    pub(super) fn parse(text: &str) -> Result<Number, String> {
        if text.ends_with('i') && parse_float(&text[..text.len() - 1]).is_some() {
            return Err(complex(text));
        }
        let mut number = Number { text: Box::from(text), int: parse_int(text), uint: parse_uint(text), float: None };
        if number.int == Some(0) {
            number.uint = Some(0);
        }
        if let Some(int) = number.int {
            number.float = Some(int as f64);
        } else if let Some(uint) = number.uint {
            number.float = Some(uint as f64);
        } else if let Some(float) = parse_float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", quote(text.as_bytes())));
            }
            number.float = Some(float);
            number.int =
                whole(float, -9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0).then_some(float as i64);
            number.uint = whole(float, 0.0, 18_446_744_073_709_551_616.0).then_some(float as u64);
        } else {
            return Err(format!("illegal number syntax: {}", quote(text.as_bytes())));
        }
        Ok(number)
    }

    /// Whether the constant's spelling makes it a float where no type is asked for.
    pub(super) fn looks_like_float(&self) -> bool {
        let text = &*self.text;
        let hex_int =
            text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X")) && !text.contains(['p', 'P']);
        !hex_int && !text.starts_with('\'') && text.contains(['.', 'e', 'E', 'p', 'P'])
    }
}

/// The refusal of an imaginary or complex constant, which Go would accept.
pub(super) fn complex(text: &str) -> String {
    format!("complex constants are not supported: {}", quote(text.as_bytes()))
}

fn whole(float: f64, from: f64, below: f64) -> bool {
    float.trunc() == float && float >= from && float < below
}

/// `strconv.ParseUint(text, 0, 64)`
fn parse_uint(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'b', _, ..] => (2, &lower[2..]),
        [b'0', b'o', _, ..] => (8, &lower[2..]),
        [b'0', b'x', _, ..] => (16, &lower[2..]),
        [b'0', ..] => (8, &lower[1..]),
        [] => return None,
        _ => (10, &lower[..]),
    };
    let mut value: u64 = 0;
    for c in digits.chars().filter(|c| *c != '_') {
        value = value.checked_mul(u64::from(base))?.checked_add(u64::from(c.to_digit(base)?))?;
    }
    underscores_ok(&lower).then_some(value)
}

/// `strconv.ParseInt(text, 0, 64)`
fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = parse_uint(digits)?;
    if negative { 0_i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

/// Underscores may only stand between digits, or between a base prefix and a digit.
fn underscores_ok(text: &str) -> bool {
    if !text.contains('_') {
        return true;
    }
    let text = text.strip_prefix(['+', '-']).unwrap_or(text).to_ascii_lowercase();
    let prefixed = ["0b", "0o", "0x"].iter().any(|prefix| text.starts_with(prefix));
    let (hex, body) = if prefixed { (text.starts_with("0x"), &text[2..]) } else { (false, &text[..]) };
    // What stood before: a base prefix counts as a digit.
    let mut after_digit = prefixed;
    let mut after_underscore = false;
    for c in body.chars() {
        if c.is_ascii_digit() || (hex && c.is_ascii_hexdigit()) {
            (after_digit, after_underscore) = (true, false);
        } else if c == '_' {
            if !after_digit {
                return false;
            }
            (after_digit, after_underscore) = (false, true);
        } else {
            if after_underscore {
                return false;
            }
            after_digit = false;
        }
    }
    !after_underscore
}

/// `strconv.ParseFloat(text, 64)` for what the lexer lets through; `None` also where the number is too large.
fn parse_float(text: &str) -> Option<f64> {
    if !underscores_ok(text) {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => parse_hex_float(hex)?,
        None if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => digits.parse().ok()?,
        None => return None,
    };
    let value: f64 = value;
    value.is_finite().then_some(if negative { -value } else { value })
}

/// The part of a hexadecimal float behind `0x`; its exponent is required.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Exponents beyond this are infinite or zero for any mantissa that fits in memory.
    let magnitude = unsigned.parse::<i64>().unwrap_or(i64::MAX).min(1 << 40);
    let mut exponent = if exponent.starts_with('-') { -magnitude } else { magnitude };
    let mut bits: u64 = 0;
    let mut rest = false;
    for (index, c) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(c.to_digit(16)?);
        let in_fraction = index >= whole.len();
        if bits >> 58 == 0 {
            bits = bits << 4 | digit;
            exponent -= if in_fraction { 4 } else { 0 };
        } else {
            rest |= digit != 0;
            exponent += if in_fraction { 0 } else { 4 };
        }
    }
    Some(scale(bits, rest, exponent))
}

/// `bits × 2^exponent`, rounded once, to even; `rest` says that digits were cut off behind `bits`.
fn scale(mut bits: u64, mut rest: bool, mut exponent: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let shift = bits.leading_zeros();
    bits <<= shift;
    exponent -= i64::from(shift);
    // The value is bits × 2^exponent with the top bit set: 1.xxx × 2^(exponent + 63).
    let top = exponent + 63;
    if top > 1023 {
        return f64::INFINITY;
    }
    let kept = if top >= -1022 { 53 } else { 53 - (-1022 - top) };
    if kept < 0 {
        return 0.0;
    }
    let dropped = (64 - kept) as u32;
    let (mut mantissa, half) = if dropped == 64 { (0, bits) } else { (bits >> dropped, bits << (64 - dropped)) };
    rest |= half << 1 != 0;
    if half >> 63 == 1 && (rest || mantissa & 1 == 1) {
        mantissa += 1;
    }
    // Both steps are exact: the mantissa has at most 54 bits, and the result was rounded to what a float can hold.
    let exponent = exponent + i64::from(dropped);
    let half_way = exponent / 2;
    mantissa as f64 * power_of_two(half_way) * power_of_two(exponent - half_way)
}

fn power_of_two(exponent: i64) -> f64 {
    2.0_f64.powi(exponent as i32)
}
