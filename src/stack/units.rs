//! Durations as Go writes them and sizes as Kubernetes writes them, kept with the text they were written in.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::schema;

/// A duration with the text it was written in: templates get the text, codexctl the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoDuration {
    text: String,
    value: Duration,
}

impl GoDuration {
    /// Reads Go's form (`time.ParseDuration`): numbers with units `h m s ms us µs ns`, fractions allowed, or `0`.
    ///
    /// # Errors
    /// None for a text that isn't one, or for a negative duration.
    pub fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let value = parse_duration(trimmed)?;
        Some(Self { text: trimmed.to_owned(), value })
    }

    /// A whole number of seconds.
    pub fn seconds(count: u32) -> Self {
        Self { text: format!("{count}s"), value: Duration::from_secs(count.into()) }
    }

    /// The time.
    pub fn value(&self) -> Duration {
        self.value
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// The form that [`GoDuration::parse`] takes.
impl JsonSchema for GoDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": schema::DURATION})
    }
}

/// The form that [`Size::parse`] takes.
impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": schema::SIZE})
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let number = rest.find(|found: char| !found.is_ascii_digit() && found != '.').unwrap_or(rest.len());
        let (amount, after) = rest.split_at(number);
        let unit = after.find(|found: char| found.is_ascii_digit() || found == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let factor: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        nanos = nanos.checked_add(scaled(amount, factor)?)?;
        rest = after;
    }
    // Go's durations are 64 bits of nanoseconds with a sign.
    let nanos = i64::try_from(nanos).ok()?;
    Some(Duration::from_nanos(nanos.unsigned_abs()))
}

/// A decimal number times a whole one, without rounding errors.
fn scaled(amount: &str, factor: u128) -> Option<u128> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || whole.len() > 20 {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = &fraction[..fraction.len().min(15)];
    let part = match fraction {
        "" => 0,
        digits => digits.parse::<u128>().ok()?.checked_mul(factor)? / 10_u128.pow(u32::try_from(digits.len()).ok()?),
    };
    whole.checked_mul(factor)?.checked_add(part)
}

/// An amount of bytes with the text it was written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    text: String,
    bytes: u64,
}

impl Size {
    /// Reads a Kubernetes quantity of bytes: `4Mi`, `1.5Gi`, `500k`, `1048576`.
    ///
    /// Suffixes: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
    pub fn parse(text: &str) -> Option<Self> {
        let trimmed = text.trim();
        let unit = trimmed.find(|found: char| !found.is_ascii_digit() && found != '.').unwrap_or(trimmed.len());
        let (amount, unit) = trimmed.split_at(unit);
        let factor: u128 = match unit {
            "" => 1,
            "k" => 1_000,
            "M" => 1_000_000,
            "G" => 1_000_000_000,
            "T" => 1_000_000_000_000,
            "Ki" => 1 << 10,
            "Mi" => 1 << 20,
            "Gi" => 1 << 30,
            "Ti" => 1 << 40,
            _ => return None,
        };
        let bytes = u64::try_from(scaled(amount, factor)?).ok()?;
        Some(Self { text: trimmed.to_owned(), bytes })
    }

    /// A whole number of mebibytes.
    pub fn mebibytes(count: u32) -> Self {
        Self { text: format!("{count}Mi"), bytes: u64::from(count) << 20 }
    }

    /// The amount in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let seconds = |text: &str| GoDuration::parse(text).map(|found| found.value().as_secs_f64());
        assert_eq!(seconds("90s"), Some(90.0));
        assert_eq!(seconds("1h30m"), Some(5400.0));
        assert_eq!(seconds("1.5h"), Some(5400.0));
        assert_eq!(seconds("250ms"), Some(0.25));
        assert_eq!(seconds(".5s"), Some(0.5));
        assert_eq!(seconds("0"), Some(0.0));
        for wrong in ["", "90", "soon", "1d", "-5s", "1h30", "s", "1..5s", "99999999999999999999h"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_are_read_as_kubernetes_reads_them() {
        let bytes = |text: &str| Size::parse(text).map(|found| found.bytes());
        assert_eq!(bytes("4Mi"), Some(4 << 20));
        assert_eq!(bytes("1.5Gi"), Some(3 << 29));
        assert_eq!(bytes("500k"), Some(500_000));
        assert_eq!(bytes("1048576"), Some(1 << 20));
        for wrong in ["", "Mi", "4MB", "4 Mi", "-1", "1e3", "9999999999999Ti"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }
}
