//! How a run speaks while it works. Results go to standard output elsewhere; everything here goes to standard error.

use std::time::Duration;

use serde::Serialize;

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

/// One message, with its place in a file where it is about one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// How loud it is.
    pub level: Level,
    /// What it says; one line or several.
    pub text: String,
    /// The file it is about, relative to the project root, and the 1-based line.
    pub place: Option<(String, Option<usize>)>,
}

impl Note {
    /// A note of this level about no file.
    pub fn new(level: Level, text: impl Into<String>) -> Self {
        Self { level, text: text.into(), place: None }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepEnd {
    /// It did its work.
    Done,
    /// An earlier run had done it already, or there was nothing to do.
    Skipped,
    /// It failed.
    Failed,
}

/// How a run speaks. Implementations hide known secrets in everything that they print.
pub trait Ui: Send + Sync {
    /// A step of the flow starts.
    fn step_started(&self, title: &str);
    /// The step ended; `detail` is one short line, perhaps empty.
    fn step_ended(&self, title: &str, end: StepEnd, detail: &str, took: Duration);
    /// What the present step is doing right now; may be overwritten by the next.
    fn progress(&self, text: &str);
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
