//! Why a webhook payload could not be read, in words that name the place and the way out.

use super::LIMIT;

/// Why a payload is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// There is nothing in it.
    #[error("the event payload is empty: give the file that GITHUB_EVENT_PATH names, or --event FILE")]
    Empty,
    /// It is larger than anything that GitHub sends.
    #[error("the event payload has {bytes} bytes, GitHub sends at most {LIMIT} (25 MB): is this the right file?")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// It is no JSON.
    #[error("the event payload is not JSON: {reason} (line {line}, column {column})")]
    NotJson {
        /// The 1-based line.
        line: usize,
        /// The column as the JSON reader counts it, in bytes.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// It is JSON of another shape.
    #[error("the event payload is {found}, expected an object as GitHub sends it")]
    NotObject {
        /// What it is.
        found: String,
    },
    /// No name was given and the shape does not tell one.
    #[error(
        "can't tell which event this payload is (it has {keys}): say it with --event-name, for example --event-name issues"
    )]
    Nameless {
        /// The keys that it has, for people.
        keys: String,
    },
    /// A field that a decision needs is missing or of another type.
    #[error("event `{event}`: `{path}` is {found}, expected {expected}")]
    Field {
        /// The event's name.
        event: String,
        /// Where it is, as in `issue.labels[2].name`.
        path: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}
