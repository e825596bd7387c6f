//! The comment on the issue, one per run: steps as they go, then how it ended, what it cost and what to do next.

use serde::Serialize;

use super::{Again, Asides, AsidesView, Cost, Ending, Kept, LONGEST_TEXT, PlanRef, PullRef, Step, cut_note};
use crate::report::phrases::said;
use crate::report::template::{Escape, Texts, texts};
use crate::report::{Lang, TextError, untrusted};

/// Everything that the comment tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The hidden first line that finds the comment again, complete.
    pub marker: String,
    /// The issue.
    pub issue: u64,
    /// How people ask for such a run again.
    pub again: Again,
    /// The run's page, where there is one.
    pub run_url: Option<String>,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// How it ended; none while it goes on.
    pub ending: Option<Ending>,
    /// Why it did not end well: what failed, and where.
    pub reason: Option<String>,
    /// Whether it is refused for what looks like a secret.
    pub secret: bool,
    /// The agent's own summary, or its last message where it gave no result.
    pub said: Option<String>,
    /// What the agent wants to know.
    pub questions: Vec<String>,
    /// What the agent will do once it has answers.
    pub plan: Option<String>,
    /// The pull request.
    pub pull: Option<PullRef>,
    /// Where unpublished work is.
    pub kept: Option<Kept>,
    /// The limit that was reached: seconds for [`crate::agent::verdict::Outcome::TimedOut`], tokens for `OverBudget`.
    pub limit: Option<u64>,
    /// The plan that the run worked on.
    pub planned: Option<PlanRef>,
    /// What of the agent's result the flow does not carry out, one line each.
    pub left: Vec<String>,
    /// The pull request that was open when the work began.
    pub open_pull: Option<u64>,
    /// What else a reader has to know.
    pub asides: Asides,
    /// What it cost so far.
    pub cost: Cost,
    /// Whether a review with "Request changes" starts a run in this repository.
    pub review_starts_run: bool,
}

static TEXTS: Texts = texts!(
    "comments",
    "progress",
    Escape::Markdown,
    ["steps", "step_title", "cost", "kept", "ask_for_changes", "again", "protected_files", "left_out", "label_stays"]
);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    marker: &'a str,
    issue: u64,
    again: &'a Again,
    run_url: Option<&'a str>,
    steps: Vec<Step>,
    ending: Option<Ending>,
    reason: Option<String>,
    secret: bool,
    said: Option<String>,
    questions: Vec<String>,
    plan: Option<String>,
    pull: Option<&'a PullRef>,
    kept: Option<&'a Kept>,
    conflict: bool,
    limit_ms: u64,
    limit: u64,
    planned: Option<&'a PlanRef>,
    left: Vec<&'a str>,
    open_pull: Option<u64>,
    #[serde(flatten)]
    asides: AsidesView,
    cost: &'a Cost,
    review_starts_run: bool,
}

/// The comment's text; its first line is the marker.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn progress(of: &Progress, lang: Lang) -> Result<String, TextError> {
    let note = cut_note(lang, of.run_url.as_deref());
    let block = |text: &String| {
        Some(untrusted::markdown(text, Some(of.issue), LONGEST_TEXT, &note)).filter(|block| !block.is_empty())
    };
    let quoted = |text: &String| {
        let (head, cut) = untrusted::cut(text.trim(), LONGEST_TEXT / 4);
        let quote = untrusted::quote(head);
        (!head.is_empty()).then(|| if cut { format!("{quote}\n\n{note}") } else { quote })
    };
    let view = View {
        marker: &of.marker,
        issue: of.issue,
        again: &of.again,
        run_url: of.run_url.as_deref(),
        steps: of.steps.iter().map(short).collect(),
        ending: of.ending,
        reason: of.reason.as_ref().and_then(|reason| quoted(&said(reason.trim(), lang))),
        secret: of.secret,
        said: of.said.as_ref().and_then(block),
        questions: super::numbered(&of.questions, of.issue, &note),
        plan: of.plan.as_ref().and_then(block),
        pull: of.pull.as_ref(),
        kept: of.kept.as_ref(),
        conflict: matches!(of.kept, Some(Kept::Conflict(_))),
        limit_ms: of.limit.unwrap_or_default().saturating_mul(1000),
        limit: of.limit.unwrap_or_default(),
        planned: of.planned.as_ref(),
        left: of.left.iter().take(10).map(|line| untrusted::cut(line, 160).0).collect(),
        open_pull: of.open_pull,
        asides: AsidesView::new(&of.asides, lang),
        cost: &of.cost,
        review_starts_run: of.review_starts_run,
    };
    TEXTS.render(lang, &view)
}

/// The step with no more detail than a line can show.
fn short(step: &Step) -> Step {
    let line = |text: &str| untrusted::cut(text, 120).0.to_owned();
    Step { title: line(&step.title), detail: line(&step.detail), ..step.clone() }
}

#[cfg(test)]
mod tests;
