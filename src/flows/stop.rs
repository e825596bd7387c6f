//! Why a run ended before its last step.

use crate::agent::verdict::Outcome;
use crate::cli::Exit;
use crate::policy::gates::Gate;

/// What stopped a run.
#[derive(Debug)]
pub enum Stop {
    /// A gate: nobody's fault.
    Gate {
        /// Which one.
        gate: Gate,
        /// Why, as a sentence.
        why: String,
    },
    /// Wrong use or configuration: nothing was tried.
    Usage(String),
    /// services.yaml can't be used. Each mistake has been told at its place already.
    Config {
        /// The file, as the user knows it.
        file: String,
        /// The mistakes, a line each, with their places.
        mistakes: Vec<String>,
    },
    /// Something failed.
    Failed {
        /// The word for outputs and comments.
        verdict: Outcome,
        /// What failed, where, and what to do next; one line or several.
        why: String,
        /// The shell's word for it.
        exit: Exit,
        /// Whether something looks like a secret, which no setting allows to leave.
        secret: bool,
    },
    /// Somebody asked the run to stop.
    Interrupted,
}

impl Stop {
    /// A plain failure.
    #[expect(clippy::needless_pass_by_value, reason = "so that it can stand as it is in map_err")]
    pub fn failed(why: impl ToString) -> Self {
        Self::Failed { verdict: Outcome::Failed, why: why.to_string(), exit: Exit::Failed, secret: false }
    }

    /// The first line for a log.
    pub fn headline(&self) -> String {
        let text = match self {
            Self::Gate { gate, why } => format!("gate {gate}: {why}"),
            Self::Usage(why) | Self::Failed { why, .. } => why.clone(),
            Self::Config { mistakes, .. } if mistakes.len() == 1 => mistakes[0].clone(),
            Self::Config { file, mistakes } => format!("{file} has {} mistakes", mistakes.len()),
            Self::Interrupted => "interrupted".to_owned(),
        };
        text.lines().next().unwrap_or_default().to_owned()
    }

    /// Everything there is to say about it, for texts that people read later; none where the word alone says it.
    pub fn why(&self) -> Option<String> {
        match self {
            Self::Gate { why, .. } | Self::Usage(why) | Self::Failed { why, .. } => Some(why.clone()),
            Self::Config { mistakes, .. } => Some(mistakes.join("\n")),
            Self::Interrupted => None,
        }
    }

    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Gate { .. } => Exit::Gate,
            Self::Usage(_) | Self::Config { .. } => Exit::Usage,
            Self::Failed { exit, .. } => *exit,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}
