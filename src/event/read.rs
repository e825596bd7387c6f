//! A JSON value that knows its path, so that an error can say where it is.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::EventError;

/// Longer strings are cut in messages: a payload may hold anything.
const SHOWN: usize = 40;

/// A value in a payload, or the place where one is missing.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    event: &'a str,
    path: String,
    value: Option<&'a Value>,
}

impl<'a> Node<'a> {
    /// The payload itself.
    pub(super) fn root(event: &'a str, value: &'a Value) -> Self {
        Self { event, path: String::new(), value: Some(value) }
    }

    /// The value under a key. GitHub's `null` means the same as a missing key, so both are "missing" here.
    pub(super) fn get(&self, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        let value = self.value.and_then(|value| value.get(key)).filter(|value| !value.is_null());
        Self { event: self.event, path, value }
    }

    /// The value, where there is one.
    pub(super) fn value(&self) -> Option<&'a Value> {
        self.value
    }

    /// Whether there is a value.
    pub(super) fn is_there(&self) -> bool {
        self.value.is_some()
    }

    /// The error for this place.
    pub(super) fn wrong(&self, expected: &'static str) -> EventError {
        EventError::Field {
            event: shorten(self.event),
            path: self.path.clone(),
            expected,
            found: self.value.map_or_else(|| "missing".to_owned(), describe),
        }
    }

    /// This place as an object; missing is fine, another type is not.
    pub(super) fn optional_object(self) -> Result<Option<Self>, EventError> {
        match self.value {
            None => Ok(None),
            Some(Value::Object(_)) => Ok(Some(self)),
            Some(_) => Err(self.wrong("an object")),
        }
    }

    /// This place as an object.
    pub(super) fn object(self) -> Result<Self, EventError> {
        match self.value {
            Some(Value::Object(_)) => Ok(self),
            _ => Err(self.wrong("an object")),
        }
    }

    /// This place as a string; missing is fine, another type is not.
    pub(super) fn optional_text(&self) -> Result<Option<&'a str>, EventError> {
        match self.value {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong("a string")),
        }
    }

    /// This place as a string that may be missing or empty.
    pub(super) fn text_or_empty(&self) -> Result<String, EventError> {
        Ok(self.optional_text()?.unwrap_or_default().to_owned())
    }

    /// This place as a string that isn't empty.
    pub(super) fn text(&self) -> Result<&'a str, EventError> {
        match self.optional_text()? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.wrong("a string that isn't empty")),
        }
    }

    /// This place as true or false; missing is false.
    pub(super) fn flag(&self) -> Result<bool, EventError> {
        match self.value {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong("true or false")),
        }
    }

    /// This place as a number from 1.
    pub(super) fn number(&self) -> Result<u64, EventError> {
        self.value
            .and_then(Value::as_u64)
            .filter(|number| *number > 0)
            .ok_or_else(|| self.wrong("a whole number from 1"))
    }

    /// A number that people or scripts filled in: a number or digits in a string; missing and blank are fine.
    pub(super) fn filled_in_number(&self) -> Result<Option<u64>, EventError> {
        const EXPECTED: &str = "the number of an issue or pull request, such as 7";
        let number = match self.value {
            None => return Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            // `parse` alone would take "+7" too.
            Some(Value::String(text)) if text.trim().bytes().all(|byte| byte.is_ascii_digit()) => {
                text.trim().parse().ok()
            }
            Some(value) => value.as_u64(),
        };
        number.filter(|number| *number > 0).map(Some).ok_or_else(|| self.wrong(EXPECTED))
    }

    /// This place as a time; missing is fine.
    pub(super) fn time(&self) -> Result<Option<DateTime<Utc>>, EventError> {
        let Some(text) = self.optional_text()? else { return Ok(None) };
        DateTime::parse_from_rfc3339(text)
            .map(|time| Some(time.with_timezone(&Utc)))
            .map_err(|_| self.wrong("a time such as 2026-01-31T12:00:00Z"))
    }

    /// The names in a list of labels; older payloads have plain strings in place of objects.
    pub(super) fn labels(&self) -> Result<Vec<String>, EventError> {
        match self.value {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let path = format!("{}[{index}]", self.path);
                    Node { event: self.event, path, value: Some(item) }.label()
                })
                .collect(),
            Some(_) => Err(self.wrong("a list of labels")),
        }
    }

    /// The name of one label.
    pub(super) fn label(&self) -> Result<String, EventError> {
        match self.value {
            Some(Value::String(name)) => Ok(name.clone()),
            Some(Value::Object(_)) => Ok(self.get("name").text()?.to_owned()),
            _ => Err(self.wrong("a label")),
        }
    }
}

/// A value in words for a message; long strings are cut, lists and objects only named.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {}", shorten(&number.to_string())),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) => format!("the string {:?}", shorten(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
