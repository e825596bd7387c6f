//! What a dry run says: everything that the event would do, in order, as a tree for people and as JSON for programs.

mod tree;

use serde::Serialize;

use crate::answer::Answer;

/// Everything that an event would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What happened.
    pub event: PlanEvent,
    /// What it sets going, or why nothing.
    pub decision: Decision,
    /// The gates that were asked, in order, up to the one that stops the run.
    pub gates: Vec<Gate>,
    /// The slot that the run would work in.
    pub slot: Option<PlanSlot>,
    /// What the agent would get and how it would be started.
    pub agent: Option<PlanAgent>,
    /// What would be written outside this machine, in order.
    pub writes: Vec<Write>,
    /// What the user should know besides: warnings, fallbacks.
    pub notes: Vec<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanEvent {
    /// Name and action, such as `issues.labeled`.
    pub name: String,
    /// `owner/name`, where the event names one.
    pub repository: Option<String>,
    /// What it is about, in a few words: `issue #7 "Cart total is wrong"`.
    pub subject: Option<String>,
    /// Who caused it.
    pub sender: Option<String>,
}

/// What the event sets going.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Decision {
    /// Nothing.
    Nothing {
        /// Why.
        reason: String,
    },
    /// A flow that this version does not have yet.
    NotAvailable {
        /// Its name.
        flow: String,
        /// Why this flow.
        reason: String,
    },
    /// A flow.
    Flow {
        /// Its name, such as `dev`.
        flow: String,
        /// The environment, such as `ai`.
        env: String,
        /// The kind of prompt, for flows with an agent.
        kind: Option<String>,
        /// `local` or `kubernetes`.
        runtime: String,
        /// Why this flow.
        reason: String,
    },
}

/// One gate's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// Its name: `actor`, `state`, `fork`, `duplicate`.
    pub name: String,
    /// Whether it lets the run pass; unknown ones count as passed.
    pub passed: Answer<bool>,
    /// What it found.
    pub detail: String,
}

/// The slot that a run would work in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanSlot {
    /// Its number.
    pub number: u32,
    /// Whether it is there already.
    pub existed: bool,
    /// The namespace by the patterns of services.yaml.
    pub namespace: String,
    /// Where its record is or would be.
    pub record: String,
    /// The branch that the work goes to.
    pub branch: Answer<String>,
}

/// What the agent would get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanAgent {
    /// The command, word by word.
    pub command: Vec<String>,
    /// The folder that it would work in.
    pub folder: String,
    /// The model, where one was chosen, with where the choice comes from.
    pub model: Option<Chosen>,
    /// The effort, where one was chosen, with where the choice comes from.
    pub effort: Option<Chosen>,
    /// The template that the prompt was made of.
    pub template: String,
    /// The prompt, whole. It goes to standard input.
    pub prompt: String,
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// The value.
    pub value: String,
    /// Where it comes from, such as `label on the issue`.
    pub from: String,
}

/// Where a write would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// Commits and branches.
    Git,
    /// Comments, pull requests, labels, reactions.
    GitHub,
    /// The slot's record and other files that stay on this machine.
    State,
}

/// One thing that would be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Write {
    /// Where to.
    pub target: Target,
    /// What, in a few words: `open a draft pull request codex/issue-7 → main`.
    pub action: String,
    /// When it would not always happen: `if anything changed`.
    pub condition: Option<String>,
    /// The text that would be written, as far as it is known before the run.
    pub text: Option<String>,
}

impl Plan {
    /// The plan as a tree of plain text, ending in a newline. The prompt and all texts stand in it whole.
    ///
    /// Words of others can't forge lines of the tree: each line of theirs stands behind a bar, and control characters are shown.
    pub fn tree(&self) -> String {
        tree::render(self)
    }
}

#[cfg(test)]
mod tests;
