//! Which event is which flow: the table of spec 4.1 as data, used to decide and to be printed.

mod table;
mod words;

use serde::Serialize;

use super::labels;
use super::markdown::said_lines;
use crate::event::{Event, Pull, Subject};

pub use table::{ROUTES, Route, When, table};
pub use words::{Flow, Kind, Unknown};

/// What an event sets going.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A flow.
    Flow {
        /// Which one.
        flow: Flow,
        /// The environment that it works in; the first one where [`Flow::envs`] has two.
        env: &'static str,
        /// The prompt that the agent gets, where an agent works.
        kind: Option<Kind>,
        /// The issue that it is about.
        issue: Option<u64>,
        /// The pull request that it is about.
        pr: Option<u64>,
    },
    /// Nothing to do; an ordinary end.
    Nothing {
        /// Why, as a sentence without a full stop.
        why: String,
    },
    /// Somebody asked for a flow by name in a way that can't be followed: wrong use, not an ordinary end.
    Wrong {
        /// What is wrong and what to write instead.
        why: String,
    },
}

/// What a decision needs beside the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The default branch, for payloads that don't name it.
    pub default_branch: Option<String>,
    /// The issue that was named besides the event; it counts before the event's own.
    pub issue: Option<u64>,
    /// The pull request likewise.
    pub pr: Option<u64>,
    /// Whether services.yaml is an older one, where `staging` stands in for `ai-staging` (spec 2.1).
    pub older_staging: bool,
}

/// Decides what an event sets going.
pub fn route(event: &Event, known: &Known) -> Decision {
    let mut why = None;
    for route in ROUTES.iter().filter(|route| route.is_about(event)) {
        match holds(route.when, event, known) {
            Ok(()) => {
                return match (route.flow, &event.subject) {
                    (Some(flow), _) => decide(flow, event, known),
                    (None, Subject::Dispatch { flow: Some(name), .. }) => match name.parse() {
                        Ok(flow) => decide(flow, event, known),
                        Err(error) => Decision::Wrong { why: format!("{}: {error}", event.name) },
                    },
                    (None, _) => Decision::Nothing { why: format!("{} names no flow", said(event)) },
                };
            }
            Err(reason) => {
                why.get_or_insert(reason);
            }
        }
    }
    Decision::Nothing { why: why.unwrap_or_else(|| format!("`{}` starts no flow", said(event))) }
}

/// The flow that `--flow` names, whatever the event would set going; issue and pull request are the event's.
pub fn force(flow: Flow, event: &Event, known: &Known) -> Decision {
    decide(flow, event, known)
}

/// The issue that a branch of ours works for: `codex/issue-7`, `codex/issue-7-2` and `codex/ai-repair-7` are for 7.
pub fn issue_of_branch(branch: &str) -> Option<u64> {
    let rest = branch.strip_prefix("codex/issue-").or_else(|| branch.strip_prefix(REPAIR_HEAD))?;
    let (number, again) = rest.split_once('-').unwrap_or((rest, "1"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(number) || !digits(again) {
        return None;
    }
    number.parse().ok().filter(|number| *number > 0)
}

const REPAIR_HEAD: &str = "codex/ai-repair-";

fn decide(flow: Flow, event: &Event, known: &Known) -> Decision {
    let (issue, pr) = numbers(event);
    let (issue, pr) = (known.issue.or(issue), known.pr.or(pr));
    let missing = match flow {
        Flow::Plan | Flow::PlanReview | Flow::Dev | Flow::Repair if issue.is_none() => {
            "an issue: give --issue, or the input `issue`"
        }
        Flow::Review | Flow::RepairReview if pr.is_none() => "a pull request: give --pr, or the input `pr`",
        Flow::Cleanup if issue.is_none() && pr.is_none() => {
            "an issue or a pull request: give --issue or --pr, or the inputs `issue` or `pr`"
        }
        _ => {
            let env = if flow == Flow::Deploy && known.older_staging { "staging" } else { flow.envs()[0] };
            return Decision::Flow { flow, env, kind: flow.kind(), issue, pr };
        }
    };
    Decision::Wrong { why: format!("the flow {flow} needs {missing}") }
}

/// The issue and the pull request that an event is about.
pub fn numbers(event: &Event) -> (Option<u64>, Option<u64>) {
    match &event.subject {
        Subject::IssueLabeled { issue, .. } | Subject::IssueClosed { issue } => (Some(issue.number), None),
        Subject::IssueComment { issue, on_pull_request: false, .. } => (Some(issue.number), None),
        Subject::IssueComment { issue, on_pull_request: true, .. } => (None, Some(issue.number)),
        Subject::ReviewSubmitted { pull, .. } | Subject::PullClosed { pull } => {
            (issue_of(event, pull), Some(pull.number))
        }
        Subject::Dispatch { issue, pr, .. } => (*issue, *pr),
        Subject::Push { .. } | Subject::Schedule | Subject::Other => (None, None),
    }
}

/// The issue of a pull request's branch, where that branch is ours: a fork may call its branches as it likes.
fn issue_of(event: &Event, pull: &Pull) -> Option<u64> {
    let here = event.repository.as_ref()?.full_name();
    let head = pull.head_repository.as_ref()?;
    head.eq_ignore_ascii_case(&here).then(|| issue_of_branch(&pull.head_branch)).flatten()
}

/// Whether a row's condition holds; if not, why, as a sentence.
fn holds(when: When, event: &Event, known: &Known) -> Result<(), String> {
    match (when, &event.subject) {
        (When::Label(wanted), Subject::IssueLabeled { label, .. }) => {
            if labels::same(wanted, label) {
                Ok(())
            } else {
                Err(format!("label `{label}` starts no flow"))
            }
        }
        (When::CommentLine(_), Subject::IssueComment { on_pull_request: true, .. }) => {
            Err("a comment on a pull request starts no flow".to_owned())
        }
        (When::CommentLine(wanted), Subject::IssueComment { comment, .. }) => {
            if said_lines(&comment.body).iter().any(|line| line.eq_ignore_ascii_case(wanted)) {
                Ok(())
            } else if comment.body.to_ascii_lowercase().contains(wanted) {
                Err(format!(
                    "`{wanted}` counts on a line of its own, outside quotes and code; this comment has it elsewhere"
                ))
            } else {
                Err(format!("the comment has no line `{wanted}`"))
            }
        }
        (When::ChangesRequested { repair }, Subject::ReviewSubmitted { pull, state, .. }) => {
            if state != "changes_requested" {
                Err(format!("a review that says `{state}` starts no flow, only `changes_requested` does"))
            } else if pull.head_branch.starts_with(REPAIR_HEAD) == repair {
                Ok(())
            } else {
                Err(format!("branch {} is for another review flow", pull.head_branch))
            }
        }
        (When::DefaultBranch, Subject::Push { reference, after, message }) => {
            pushed(event, known, reference, after, message)
        }
        (When::Always, Subject::IssueClosed { .. } | Subject::PullClosed { .. } | Subject::Schedule) => Ok(()),
        (When::Named, Subject::Dispatch { .. }) => Ok(()),
        // An `issues` event about a pull request is read as one that starts nothing.
        _ => Err(format!("`{}` of a pull request starts no flow", said(event))),
    }
}

fn pushed(event: &Event, known: &Known, reference: &str, after: &str, message: &str) -> Result<(), String> {
    let named = event.repository.as_ref().and_then(|repository| repository.default_branch.as_deref());
    let Some(default) = named.or(known.default_branch.as_deref()) else {
        return Err("the payload doesn't name the default branch, and only a push to it is deployed".to_owned());
    };
    let Some(branch) = reference.strip_prefix("refs/heads/") else {
        return Err(format!("a push to {reference} starts no flow, only one to the default branch {default} does"));
    };
    if branch != default {
        return Err(format!("a push to branch {branch} starts no flow, only one to the default branch {default} does"));
    }
    if after.bytes().all(|byte| byte == b'0') {
        return Err(format!("branch {branch} was deleted"));
    }
    match super::texts::skip_mark(message) {
        Some(mark) => Err(format!("the head commit's message says `{mark}`")),
        None => Ok(()),
    }
}

/// An event as people write it: `issues.labeled`.
fn said(event: &Event) -> String {
    match &event.action {
        Some(action) if event.name != "repository_dispatch" => format!("{}.{action}", event.name),
        _ => event.name.clone(),
    }
}

#[cfg(test)]
mod tests;
