//! How a run speaks while it works. Results go to standard output elsewhere; everything here goes to standard error.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::report::Lang;
use crate::report::words::duration;
use crate::stack::{Diagnostic, Severity};

pub mod json;
pub mod plain;
pub mod quiet;
pub mod terminal;
pub mod trace;

/// How loud a note is. GitHub's annotations know the first three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What failed.
    Error,
    /// What a user should change, though the run goes on.
    Warning,
    /// What a user should know, such as a gate that stopped the run.
    Notice,
    /// Ordinary news.
    Info,
    /// For those who look for a mistake.
    Debug,
}

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// The file, relative to the root of the repository.
    pub file: String,
    /// The 1-based line; none where the whole file is meant.
    pub line: Option<usize>,
    /// The 1-based column in characters.
    pub column: Option<usize>,
}

impl std::fmt::Display for Spot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(out, ":{number}")?;
        }
        Ok(())
    }
}

/// One message, with its place in a file where it is about one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// How loud it is.
    pub level: Level,
    /// What it says; one line or several.
    pub text: String,
    /// The place it is about.
    pub place: Option<Spot>,
    /// The same message drawn with its source lines, for logs that people read; it stands in the text's place there.
    #[serde(skip)]
    pub picture: Option<String>,
}

impl Note {
    /// A note of this level about no file.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self { level, text: text.into(), place: None, picture: None }
    }

    /// What is to be said about a file of the stack, with the picture of its place.
    pub fn about(one: &Diagnostic, picture: String) -> Self {
        let hint = one.hint.as_ref().map_or(String::new(), |hint| format!("\n{hint}"));
        Self {
            level: if one.severity == Severity::Error { Level::Error } else { Level::Warning },
            text: format!("{}{hint}", one.text),
            place: one.file.as_ref().map(|file| Spot {
                file: file.display().to_string(),
                line: Some(one.line).filter(|line| *line > 0),
                column: Some(one.column).filter(|column| *column > 0),
            }),
            picture: Some(picture),
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepEnd {
    /// It did its work.
    Done,
    /// An earlier run had done it already, or there was nothing to do.
    Skipped,
    /// It failed.
    Failed,
}

/// A line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How what it is about ended; none while it goes on.
    pub mark: Option<StepEnd>,
    /// What it says.
    pub text: String,
}

/// How a run speaks. Implementations hide known secrets in everything that they print.
pub trait Ui: Send + Sync {
    /// A step of the flow starts.
    fn step_started(&self, title: &str);
    /// The step ended; `detail` is one short line, perhaps empty.
    fn step_ended(&self, title: &str, end: StepEnd, detail: &str, took: Duration);
    /// What the present step is doing right now; may be overwritten by the next.
    fn progress(&self, text: &str);
    /// Shows a table in place of the one before; an empty one takes it away. Whether there is a place for it: else it is to be told line
    /// by line.
    fn table(&self, _lines: &[Line]) -> bool {
        false
    }
    /// The agent starts to speak: from here to [`Ui::agent_ended`] its lines are data, never commands to a log reader.
    fn agent_started(&self);
    /// One line of what the agent does or says.
    fn agent_line(&self, line: &str);
    /// The agent stopped speaking.
    fn agent_ended(&self);
    /// A message for the user.
    fn note(&self, note: &Note);
    /// Asks whoever keeps this log to hide the value from now on.
    fn mask(&self, value: &crate::secrets::Secret);
}

/// Colours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use ANSI colours.
    pub color: bool,
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Less important than the rest.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// The mark in front of a step that ended.
    pub fn mark(self, end: StepEnd) -> String {
        match end {
            StepEnd::Done => self.paint("32", "✓"),
            StepEnd::Skipped => self.paint("2", "–"),
            StepEnd::Failed => self.paint("31", "✗"),
        }
    }

    /// The word in front of a note.
    pub fn label(self, level: Level) -> String {
        match level {
            Level::Error => self.paint("1;31", "error: "),
            Level::Warning => self.paint("33", "warning: "),
            Level::Notice => self.paint("36", "note: "),
            Level::Info => String::new(),
            Level::Debug => self.dim("debug: "),
        }
    }
}

/// A duration as people say it; nothing for what nobody would notice.
pub(crate) fn took(time: Duration) -> String {
    if time < Duration::from_millis(100) { String::new() } else { duration(time, Lang::En) }
}
