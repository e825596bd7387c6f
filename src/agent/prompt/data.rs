//! The facts that a prompt is made of, as flows hand them in: everything of the project's trusted tree as it is.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::github::{Comment, Issue, OpenPull, Plan, ReviewThread};

/// Everything that a prompt can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptData {
    /// `owner/name`.
    pub repository: String,
    /// `project` of services.yaml.
    pub project: String,
    /// The environment, such as `ai`.
    pub env: String,
    /// The namespace by the patterns of services.yaml.
    pub namespace: String,
    /// The slot.
    pub slot: u32,
    /// Where the agent works.
    pub runtime: Runtime,
    /// The branch that the work goes to.
    pub branch: String,
    /// The branch that the pull request goes into.
    pub base: String,
    /// The commit that the work starts from, where it is known.
    pub base_commit: Option<String>,
    /// What services.yaml says for the agent.
    pub stack: PromptStack,
    /// The issue; a review of a pull request may have none.
    pub issue: Option<Issue>,
    /// The plan: what the plan kinds work on, and for other kinds what their issue is a part of.
    pub plan: Option<Plan>,
    /// The open pull request of the branch.
    pub pull: Option<OpenPull>,
    /// Texts that reviews of the pull request begin with, in any order.
    pub reviews: Vec<Comment>,
    /// Review threads, in any order.
    pub threads: Vec<ReviewThread>,
    /// Comments of the issues and of the pull request, in any order.
    pub comments: Vec<Comment>,
    /// Whole, or only what is new.
    pub mode: Mode,
    /// What GitHub rights the agent has.
    pub access: Access,
    /// What may leave the run.
    pub limits: Limits,
    /// After this time the run is ended; none: no limit.
    pub time: Option<Duration>,
    /// After so many tokens the run is ended; none: no limit.
    pub tokens: Option<u64>,
    /// The stack did not get ready.
    pub infra_unhealthy: bool,
    /// What is not ready and why, a line each, as the cluster says it: raw.
    pub health: Vec<String>,
    /// So many bytes of text from GitHub go into the prompt (`--context-budget`).
    pub context_budget: usize,
    /// The merged variables, without secrets, for templates of the project.
    pub vars: BTreeMap<String, String>,
    /// `versions` of services.yaml, for templates of the project.
    pub versions: BTreeMap<String, String>,
}

/// Where the agent works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// In a clone on this machine; no stack is deployed.
    Local,
    /// In a pod beside the deployed stack.
    Kubernetes,
}

/// What GitHub rights the agent has (`codex.githubAccess`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// None: codexctl publishes.
    #[default]
    None,
    /// A token that reads.
    Read,
    /// Its own login, with which it may push.
    Write,
}

/// What services.yaml says for the agent. It comes from the trusted tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptStack {
    /// `codex.model`, as chosen for this run.
    pub model: Option<String>,
    /// `codex.modelReasoningEffort`, as chosen for this run.
    pub model_reasoning_effort: Option<String>,
    /// `codex.projectContext`.
    pub project_context: String,
    /// `codex.servicesOverview`.
    pub services_overview: String,
    /// `codex.extraTools`.
    pub extra_tools: Vec<String>,
    /// `codex.links`, complete addresses where the stack is deployed.
    pub links: Vec<Link>,
    /// The MCP servers that the agent gets.
    pub mcp_servers: Vec<McpServer>,
}

/// An entry of `codex.links`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it is called.
    pub title: String,
    /// The path at the slot's host.
    pub path: String,
    /// The whole address, where the stack is deployed.
    pub url: Option<String>,
}

/// An MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct McpServer {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its tools, as services.yaml names them.
    pub tools: Vec<Tool>,
}

/// A tool of an MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
}

/// Whether the agent is told everything, or only what is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Everything: the first run on this issue.
    Whole,
    /// Everything, and that work exists which no session remembers (`CODEXCTL_PROMPT_CONTINUATION`, or a session that is gone).
    SessionLost {
        /// What the tree holds.
        tree: TreeState,
    },
    /// Only what is new: the session goes on (`--resume`, `CODEXCTL_PROMPT_MODE=short`).
    New {
        /// The end of the last run; comments written or edited later are new. None: all are.
        since: Option<DateTime<Utc>>,
        /// How the last run ended.
        last: LastRun,
        /// What the tree holds.
        tree: TreeState,
        /// Whether the session has had a prompt of this kind: else it is told the kind's rules and result as well.
        told: bool,
    },
}

/// How the last run ended, as the agent has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastRun {
    /// It ended with a result that was published.
    Done,
    /// It ended without a change.
    NoChange,
    /// It ended with questions.
    Blocked,
    /// It was stopped or broke off: a cancelled workflow, a crash, a lost machine.
    Interrupted,
    /// The time was over.
    TimedOut,
    /// The tokens were over.
    OverBudget,
    /// The publish policy refused what came out.
    Refused,
    /// It failed otherwise.
    Failed,
}

/// What the working tree holds at the start of a run that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TreeState {
    /// It is the tree of the last run, as it was left.
    Kept,
    /// It is a new checkout of the branch, with what was published or saved there.
    Fresh,
}

/// What may leave a run (`publish` of services.yaml).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// At most so many files may change.
    pub max_files: u64,
    /// At most so many bytes may change.
    pub max_bytes: u64,
    /// Patterns of paths that a person must look at.
    pub protected_paths: Vec<String>,
    /// Whether a change to those is refused (else the pull request says so and stays a draft).
    pub protected_refused: bool,
    /// Patterns of paths that are not published.
    pub skip: Vec<String>,
    /// Whether the pull request is a draft.
    pub draft: bool,
}
