//! What a question to the outside gave: an answer, or the reason why nobody was asked.

use serde::Serialize;

/// The answer to a question that a dry run, or a run without a token, may not be able to ask.
///
/// A flow goes on past [`Answer::Unknown`] as if the answer had been the good one, and shows it as such.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer<T> {
    /// The outside was asked and said this.
    Known(T),
    /// Nobody was asked; the text completes "unknown (…)", for example `would ask GitHub who may write`.
    Unknown(String),
}

impl<T> Answer<T> {
    /// The known value, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Takes the known value, if there is one.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// Changes the value where it is known.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Self::Known(value) => Answer::Known(change(value)),
            Self::Unknown(why) => Answer::Unknown(why),
        }
    }
}
