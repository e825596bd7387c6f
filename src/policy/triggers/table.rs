//! The routing table itself.

use std::fmt::Write as _;

use super::Flow;
use crate::event::Event;
use crate::policy::labels;

/// One row: an event, its condition, and the flow that it sets going.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The event's name.
    pub event: &'static str,
    /// The payload's action; none where the event has no action, or any will do.
    pub action: Option<&'static str>,
    /// What must hold beside it.
    pub when: When,
    /// The condition in words; empty where there is none.
    pub condition: &'static str,
    /// The flow; none where the event names it.
    pub flow: Option<Flow>,
}

/// What must hold beside event and action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing.
    Always,
    /// This label was set.
    Label(&'static str),
    /// The comment is on an issue and has this on a line of its own.
    CommentLine(&'static str),
    /// The review requests changes, and its head is a repair's branch or another one.
    ChangesRequested {
        /// Whether it has to be a repair's.
        repair: bool,
    },
    /// The push went to the default branch and wants to be deployed.
    DefaultBranch,
    /// Inputs name the flow.
    Named,
}

impl Route {
    /// Whether a row is about this event, its condition aside.
    pub fn is_about(&self, event: &Event) -> bool {
        self.event == event.name && self.action.is_none_or(|action| event.action.as_deref() == Some(action))
    }
}

const fn row(
    event: &'static str,
    action: Option<&'static str>,
    when: When,
    condition: &'static str,
    flow: Option<Flow>,
) -> Route {
    Route { event, action, when, condition, flow }
}

/// Every event that sets something going (spec 4.1). Whatever is not here is nothing to do.
pub static ROUTES: &[Route] = &[
    row("issues", Some("labeled"), When::Label(labels::PLAN), "label [ai-plan]", Some(Flow::Plan)),
    row("issues", Some("labeled"), When::Label(labels::DEV), "label [ai-dev]", Some(Flow::Dev)),
    row("issues", Some("labeled"), When::Label(labels::REPAIR), "label [ai-repair]", Some(Flow::Repair)),
    row(
        "issue_comment",
        Some("created"),
        When::CommentLine(labels::PLAN),
        "on an issue, a line [ai-plan]",
        Some(Flow::PlanReview),
    ),
    row(
        "pull_request_review",
        Some("submitted"),
        When::ChangesRequested { repair: true },
        "changes requested, codex/ai-repair-*",
        Some(Flow::RepairReview),
    ),
    row(
        "pull_request_review",
        Some("submitted"),
        When::ChangesRequested { repair: false },
        "changes requested, any other branch",
        Some(Flow::Review),
    ),
    row("issues", Some("closed"), When::Always, "", Some(Flow::Cleanup)),
    row("pull_request", Some("closed"), When::Always, "", Some(Flow::Cleanup)),
    row("push", None, When::DefaultBranch, "to the default branch, no [skip ci]", Some(Flow::Deploy)),
    row("workflow_dispatch", None, When::Named, "inputs flow, issue, pr", None),
    row("repository_dispatch", None, When::Named, "payload flow, issue, pr", None),
    row("schedule", None, When::Always, "", Some(Flow::Gc)),
];

/// The table for people, as `codexctl run --help` prints it: each event with its conditions below it, at most 90 columns, no
/// trailing blanks, a newline at the end.
pub fn table() -> String {
    let head = ["event: condition", "flow", "environment", "prompt"].map(str::to_owned);
    let mut rows: Vec<[String; 4]> = vec![head];
    let mut above = String::new();
    for route in ROUTES {
        let event = route.action.map_or_else(|| route.event.to_owned(), |action| format!("{}.{action}", route.event));
        let (flow, envs, kind) = match route.flow {
            Some(flow) => (flow.name(), flow.envs().join(", "), flow.kind().map_or("", |kind| kind.name())),
            None => ("as named", String::new(), ""),
        };
        let of_flow = |first: String| [first, flow.to_owned(), envs.clone(), kind.to_owned()];
        if route.condition.is_empty() {
            rows.push(of_flow(event.clone()));
        } else {
            if event != above {
                rows.push([event.clone(), String::new(), String::new(), String::new()]);
            }
            rows.push(of_flow(format!("  {}", route.condition)));
        }
        above = event;
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut out = String::new();
    for [event, flow, env, kind] in &rows {
        let [a, b, c] = widths;
        let line = format!("{event:a$}  {flow:b$}  {env:c$}  {kind}");
        // Writing to a String can't fail.
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
