//! The gates of spec 4.2: may this event start a run? Every answer is a sentence that a log reader understands.

mod actor;
mod answers;

use std::fmt;

use serde::Serialize;

use super::triggers::Flow;
use crate::answer::Answer;
use crate::event::Account;
use crate::github::Permission;

pub use actor::{AllowedUsersError, parse_allowed_users};

/// What the gates look at. Flows fetch it; nothing here asks anybody.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The event's name: `push` and `schedule` have no actor to ask about.
    pub event: String,
    /// `owner/name`.
    pub repository: String,
    /// Who sent the event.
    pub sender: Option<Account>,
    /// Logins of `CODEXCTL_ALLOWED_USERS`, read by [`parse_allowed_users`].
    pub allowed: Vec<String>,
    /// Whether there is a GitHub token.
    pub token: bool,
    /// Who sits at this machine; without a token they are the actor. None in a workflow, where whoever sent the event is
    /// elsewhere, so that a forgotten token doesn't let everybody in.
    pub local_user: Option<String>,
    /// Nobody sent an event: whoever has the token gave the command at this machine.
    pub by_hand: bool,
    /// What the sender may do in the repository, by GitHub's word.
    pub permission: Answer<Permission>,
    /// The account that codexctl itself writes as.
    pub viewer: Answer<Account>,
    /// Whether GitHub says that the sender is a bot.
    pub is_bot: Answer<bool>,
    /// The issue that the flow is about.
    pub issue: Option<IssueFacts>,
    /// The pull request that the flow is about.
    pub pull: Option<PullFacts>,
    /// The delivery in words, such as `run 1234, attempt 2`.
    pub delivery: String,
    /// Whether this delivery has been handled before.
    pub handled: Answer<bool>,
    /// Who runs the same flow for the same issue right now.
    pub running: Answer<Option<String>>,
}

/// What the gates look at in an issue.
#[derive(Debug, Clone)]
pub struct IssueFacts {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub open: Answer<bool>,
}

/// What the gates look at in a pull request.
#[derive(Debug, Clone)]
pub struct PullFacts {
    /// Its number.
    pub number: u64,
    /// Whether it is open.
    pub open: Answer<bool>,
    /// `owner/name` of its head's repository; none when that is gone.
    pub head_repository: Answer<Option<String>>,
}

/// One gate, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// May whoever sent this start a run?
    Actor,
    /// Is the issue or pull request open?
    State,
    /// Is the pull request's head in this repository?
    Fork,
    /// Has somebody done this, or is at it?
    Duplicate,
}

impl fmt::Display for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Actor => "actor",
            Self::State => "state",
            Self::Fork => "fork",
            Self::Duplicate => "duplicate",
        })
    }
}

/// What a gate says. The sentences have no full stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The run may go on.
    Pass {
        /// Because of this.
        why: String,
    },
    /// The run stops; nobody's fault.
    Stop {
        /// Because of this.
        why: String,
    },
    /// Nobody could be asked; the run goes on as if it had passed, and says so.
    Unknown {
        /// What would be asked: completes "unknown (…)".
        would: String,
    },
    /// This gate has nothing to ask for this flow.
    NotAsked {
        /// Because of this.
        why: String,
    },
}

impl Verdict {
    fn pass(why: impl Into<String>) -> Self {
        Self::Pass { why: why.into() }
    }

    fn stop(why: impl Into<String>) -> Self {
        Self::Stop { why: why.into() }
    }

    fn not_asked(why: impl Into<String>) -> Self {
        Self::NotAsked { why: why.into() }
    }

    fn unknown(would: &str) -> Self {
        Self::Unknown { would: would.to_owned() }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass { why } => write!(out, "pass: {why}"),
            Self::Stop { why } => write!(out, "stop: {why}"),
            Self::Unknown { would } => write!(out, "unknown ({would})"),
            Self::NotAsked { why } => write!(out, "not asked: {why}"),
        }
    }
}

/// A gate and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GateAnswer {
    /// The gate.
    pub gate: Gate,
    /// What it says.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Asks all gates in order. Those behind a stop are answered as well, so that a dry run shows everything that stands in the way.
pub fn judge(flow: Flow, facts: &Facts) -> Vec<GateAnswer> {
    vec![
        GateAnswer { gate: Gate::Actor, verdict: actor::judge(flow, facts) },
        GateAnswer { gate: Gate::State, verdict: answers::state(flow, facts) },
        GateAnswer { gate: Gate::Fork, verdict: answers::fork(facts) },
        GateAnswer { gate: Gate::Duplicate, verdict: answers::duplicate(flow, facts) },
    ]
}

/// The first gate that stops the run, and why.
pub fn first_stop(answers: &[GateAnswer]) -> Option<(Gate, &str)> {
    answers.iter().find_map(|answer| match &answer.verdict {
        Verdict::Stop { why } => Some((answer.gate, why.as_str())),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
