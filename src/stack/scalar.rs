//! What a plain YAML scalar means, by the rules of Go's yaml.v3 (`resolve.go` there): YAML 1.2 with 1.1's octals.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::yaml::Scalar;

/// The meaning of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// Nothing: empty, `~` or `null`.
    Null,
    /// `true` or `false`; `yes`, `no`, `on` and `off` are text.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number over the range of [`Resolved::Int`].
    Uint(u64),
    /// A number with a fraction, an infinity or not a number.
    Float(f64),
    /// A date or a time, as Go prints it (RFC 3339 in UTC where no zone is given).
    Timestamp(Arc<str>),
    /// Text.
    Str,
}

impl Resolved {
    /// What it is, in the words of YAML's users.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Uint(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Timestamp(_) => "a date",
            Self::Str => "text",
        }
    }
}

/// The prefix of YAML's own tags.
const CORE: &str = "tag:yaml.org,2002:";

/// Makes a scalar of its text. `tag` is the resolved one.
///
/// # Errors
/// Says why the text is not what its tag claims.
pub(super) fn make(text: Cow<'_, str>, quoted: bool, tag: Option<&str>) -> Result<Scalar, String> {
    // `!` alone says that a plain text is to be resolved as if it had no tag.
    let (text, resolved) = match tag.filter(|tag| *tag != "!") {
        None if quoted => (text, Resolved::Str),
        None => {
            let resolved = plain(&text);
            (text, resolved)
        }
        Some(tag) => tagged(text, tag)?,
    };
    Ok(Scalar { text: Arc::from(text), resolved, quoted })
}

fn tagged<'a>(text: Cow<'a, str>, tag: &str) -> Result<(Cow<'a, str>, Resolved), String> {
    let Some(name) = tag.strip_prefix(CORE) else { return Ok((text, Resolved::Str)) };
    let found = plain(&text);
    let resolved = match (name, found) {
        ("str", _) => Resolved::Str,
        ("binary", _) => {
            let compact: String = text.split_whitespace().collect();
            let bytes =
                STANDARD.decode(compact).map_err(|_| "the text is not base64, as `!!binary` says".to_owned())?;
            let decoded = String::from_utf8(bytes).map_err(|_| "the `!!binary` value is not text".to_owned())?;
            return Ok((Cow::Owned(decoded), Resolved::Str));
        }
        ("null", found @ Resolved::Null)
        | ("bool", found @ Resolved::Bool(_))
        | ("int", found @ (Resolved::Int(_) | Resolved::Uint(_)))
        | ("float", found @ Resolved::Float(_))
        | ("timestamp", found @ Resolved::Timestamp(_)) => found,
        #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
        ("float", Resolved::Int(number)) => Resolved::Float(number as f64),
        #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
        ("float", Resolved::Uint(number)) => Resolved::Float(number as f64),
        ("null" | "bool" | "int" | "float" | "timestamp", _) => {
            return Err(format!("`{text}` is not what its tag `!!{name}` says"));
        }
        (_, _) => Resolved::Str,
    };
    Ok((text, resolved))
}

/// What an unquoted text without a tag means.
pub(super) fn plain(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Bool(true),
        "false" | "False" | "FALSE" => return Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.as_bytes()[0] {
        // `_` may stand between digits, not before the first one.
        b'.' if !text.starts_with("._") => number(text),
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Resolved::Str,
    }
}

fn number(text: &str) -> Resolved {
    if let Some(time) = timestamp(text) {
        return Resolved::Timestamp(Arc::from(time));
    }
    let compact: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    if let Some(found) = integer(&compact) {
        return found;
    }
    if is_float(&compact) { float(&compact) } else { Resolved::Str }
}

/// A float; one that is out of range stays text, as Go's `ParseFloat` refuses it.
fn float(text: &str) -> Resolved {
    text.parse().ok().filter(|number: &f64| number.is_finite()).map_or(Resolved::Str, Resolved::Float)
}

/// Whole numbers as Go's `strconv` reads them with base 0: `0x`, `0o`, `0b`, a leading 0 is octal.
fn integer(text: &str) -> Option<Resolved> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (base, digits) = match lower.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` would take a second sign.
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let size = u64::from_str_radix(digits, base).ok()?;
    match (negative, i64::try_from(size)) {
        (false, Ok(number)) => Some(Resolved::Int(number)),
        (false, Err(_)) => Some(Resolved::Uint(size)),
        (true, Ok(number)) => Some(Resolved::Int(-number)),
        (true, Err(_)) => (size == i64::MIN.unsigned_abs()).then_some(Resolved::Int(i64::MIN)),
    }
}

/// yaml.v3's form of a float: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn is_float(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (body, None),
    };
    let right = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    right && exponent.is_none_or(digits)
}

/// Dates and times in the four forms that yaml.v3 knows, printed as Go's `time.RFC3339Nano`.
fn timestamp(text: &str) -> Option<String> {
    // Cheap test first: four digits and a dash.
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes[..4].iter().all(u8::is_ascii_digit) || bytes[4] != b'-' {
        return None;
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(format!("{date}T00:00:00Z"));
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f") {
        return Some(go_time(&time.and_utc()) + "Z");
    }
    let (rest, zone) = match text.strip_suffix('Z') {
        Some(rest) => (rest, "+00:00"),
        // Go wants the colon, chrono does not.
        None => text.split_at_checked(text.len().checked_sub(6)?).filter(|(_, zone)| zone.as_bytes()[3] == b':')?,
    };
    let whole = format!("{}{zone}", rest.replacen('t', "T", 1));
    let time = DateTime::parse_from_str(&whole, "%Y-%m-%dT%H:%M:%S%.f%:z").ok()?;
    if time.offset().local_minus_utc() == 0 {
        return Some(go_time(&time.with_timezone(&Utc)) + "Z");
    }
    Some(go_time(&time) + &time.format("%:z").to_string())
}

fn go_time<Z: chrono::TimeZone>(time: &DateTime<Z>) -> String
where
    Z::Offset: std::fmt::Display,
{
    let fraction = time.format("%.9f").to_string();
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{}{fraction}", time.format("%Y-%m-%dT%H:%M:%S"))
}

/// The text of a scalar as a key of a JSON object.
pub(super) fn key(scalar: &Scalar) -> Cow<'_, str> {
    match &scalar.resolved {
        Resolved::Int(number) => Cow::Owned(number.to_string()),
        Resolved::Uint(number) => Cow::Owned(number.to_string()),
        Resolved::Bool(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
        Resolved::Null => Cow::Borrowed("null"),
        Resolved::Timestamp(time) => Cow::Borrowed(time),
        Resolved::Float(_) | Resolved::Str => Cow::Borrowed(&scalar.text),
    }
}
