//! Errors of templates, worded as Go words them.

use std::fmt;

use super::map::Place;
use super::quote::quote;

/// When an error came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The template's text isn't a template.
    Parse,
    /// An action could not be carried out.
    Exec,
    /// A limit of [`super::Limits`] was reached.
    Limit,
    /// A value was put together wrongly, before any template was involved.
    Data,
}

/// What is wrong with a template or its data, and where. `Display` is Go's message:
/// `template: NAME:LINE: …` from parsing, `template: NAME:LINE:COLUMN: executing "NAME" at <CONTEXT>: …` from
/// rendering (Go counts these columns in bytes, from 0; [`Error::place`] doesn't).
#[derive(Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Error(Box<Details>);

#[derive(Debug, Clone, PartialEq)]
struct Details {
    kind: ErrorKind,
    template: String,
    location: Location,
    message: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Location {
    Nowhere,
    Parsing { place: Place },
    Executing { place: Place, column: usize, running: String, context: String },
}

impl Error {
    pub(super) fn data(message: String) -> Error {
        let template = String::new();
        Error(Box::new(Details { kind: ErrorKind::Data, template, location: Location::Nowhere, message }))
    }

    pub(super) fn parse(template: &str, place: Place, message: String) -> Error {
        let location = Location::Parsing { place };
        Error(Box::new(Details { kind: ErrorKind::Parse, template: template.to_owned(), location, message }))
    }

    /// An error from rendering: `column` counts bytes from 0, `running` is the quoted name of the running template.
    pub(super) fn exec(kind: ErrorKind, template: &str, at: ExecPlace, message: String) -> Error {
        let ExecPlace { place, column, running, context } = at;
        let location = Location::Executing { place, column, running: quote(&running), context };
        Error(Box::new(Details { kind, template: template.to_owned(), location, message }))
    }

    /// Where in the template's text; `None` when no text was involved.
    pub fn place(&self) -> Option<Place> {
        match &self.0.location {
            Location::Nowhere => None,
            Location::Parsing { place } | Location::Executing { place, .. } => Some(*place),
        }
    }

    /// What is wrong, without name and place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The name of the template whose text the place is in.
    pub fn template(&self) -> &str {
        &self.0.template
    }

    /// The part of the template that could not be carried out, as Go writes it between `<` and `>`.
    pub fn context(&self) -> Option<&str> {
        match &self.0.location {
            Location::Executing { context, .. } => Some(context),
            _ => None,
        }
    }

    /// When the error came up.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

/// Where rendering stopped.
#[derive(Debug)]
pub(super) struct ExecPlace {
    pub(super) place: Place,
    pub(super) column: usize,
    pub(super) running: Vec<u8>,
    pub(super) context: String,
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { template, message, .. } = self;
        match &self.location {
            Location::Nowhere => f.write_str(message),
            Location::Parsing { place } => write!(f, "template: {template}:{}: {message}", place.line),
            Location::Executing { place, column, running, context } => {
                write!(f, "template: {template}:{}:{column}: executing {running} at <{context}>: {message}", place.line)
            }
        }
    }
}
