//! How a step fails, and how that is told.

use std::fmt;

use crate::cluster::{self, Cluster};
use crate::stack::yaml::Problem;
use crate::stack::{Diagnostic, HookStep, Loaded};

/// A step that failed. Those behind it have not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookFailure {
    /// What it means for the command.
    pub kind: FailureKind,
    /// What is wrong, at the step's place in services.yaml, and the way out.
    pub told: Diagnostic,
}

/// What a failed step means for the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// A template of the step can't be rendered: wrong configuration.
    Wrong,
    /// It failed.
    Failed,
    /// Its time was over.
    TimedOut,
    /// Everything shall end.
    Interrupted,
}

/// Why a step fails, before it is known which one it was.
#[derive(Debug)]
pub(super) enum Cause {
    Wrong(Box<Diagnostic>),
    Failed(Told),
    TimedOut(Told),
    Interrupted,
}

/// What is wrong, in a sentence without its subject's name, and the way out.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) hint: Option<String>,
}

impl Told {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What a cluster says to a request.
    pub(super) fn of(cluster: &Cluster, error: &cluster::Error) -> Self {
        let told = Self::new(cluster.in_words(error));
        match error {
            cluster::Error::Failed(failure) => Self { hint: failure.hint.clone(), ..told },
            _ => told,
        }
    }
}

impl From<Told> for Cause {
    fn from(told: Told) -> Self {
        Self::Failed(told)
    }
}

impl HookFailure {
    pub(super) fn new(loaded: &Loaded, step: &HookStep, at: &str, cause: Cause) -> Self {
        let name = format!("`{}` ({at})", step.title());
        let (kind, text, hint) = match cause {
            Cause::Wrong(told) => {
                let text = format!("{name} can't be run: {}", told.text);
                return Self { kind: FailureKind::Wrong, told: Diagnostic { text, ..*told } };
            }
            Cause::Failed(told) => (FailureKind::Failed, format!("{name} failed: {}", told.text), told.hint),
            Cause::TimedOut(told) => (FailureKind::TimedOut, format!("{name} timed out: {}", told.text), told.hint),
            Cause::Interrupted => (FailureKind::Interrupted, format!("{name} was interrupted"), None),
        };
        let told = Diagnostic::of(loaded.path(), Problem { hint, ..Problem::here(step.place, text) });
        Self { kind, told }
    }
}

impl fmt::Display for HookFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told.fmt(out)
    }
}

impl std::error::Error for HookFailure {}
