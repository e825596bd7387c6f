//! What the thread of a planning agent knows already, kept in the slot's record: a run that goes on in it is told only what is new.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::run::Run;
use super::stop::Stop;
use super::told::{self, Told};
use crate::agent::prompt::{LastRun, Mode, TreeState};
use crate::agent::verdict::Outcome;
use crate::event;
use crate::policy::triggers::Kind;

/// How much the agent is told: in full, and in the thread that goes on, where one does.
#[derive(Debug)]
pub(super) struct Modes {
    pub(super) full: Mode,
    pub(super) short: Option<Mode>,
}

/// Decides it for a plan. One that is asked for again by its label is made anew, with the present one before the agent's eyes.
pub(super) fn modes(run: &Run) -> Modes {
    let kind = run.prompt_kind();
    let planning = run.found.slot.as_ref().and_then(|slot| slot.plan.as_ref());
    let Some(planning) = planning.filter(|planning| planning.session.is_some()) else {
        return Modes { full: Mode::Whole, short: None };
    };
    if kind == Kind::PlanIssue && !run.found.interrupted {
        return Modes { full: Mode::Whole, short: None };
    }
    let tree = TreeState::Fresh;
    let last = if run.found.interrupted { LastRun::Interrupted } else { last(planning.last.as_deref()) };
    let told = planning.kinds.iter().any(|known| known == kind.name());
    Modes { full: Mode::SessionLost { tree }, short: Some(Mode::New { since: planning.until, last, tree, told }) }
}

fn last(word: Option<&str>) -> LastRun {
    match word {
        Some("no-change") => LastRun::NoChange,
        Some("blocked") => LastRun::Blocked,
        _ => LastRun::Done,
    }
}

/// Marks what of the plan has changed since the thread saw it; gives whether the issue itself has.
pub(super) fn mark_changes(run: &Run, told: &mut Told) -> bool {
    let nothing = BTreeMap::new();
    let planning = run.found.slot.as_ref().and_then(|slot| slot.plan.as_ref());
    let seen = planning.map_or(&nothing, |planning| &planning.seen);
    let differs = |name: &str, text: &str| seen.get(name) != Some(&hash(text));
    told.plan.changed = differs(PLAN, told.plan.text.as_deref().unwrap_or_default());
    for issue in &mut told.plan.issues {
        issue.changed = differs(&name(issue.number), &words(&issue.title, &issue.body));
    }
    run.about.issue.as_ref().is_some_and(|issue| differs(&name(issue.number), &words(&issue.title, &issue.body)))
}

/// The thread has been told a prompt of this kind.
///
/// # Errors
/// The record can't be written.
pub(super) async fn told(run: &mut Run) -> Result<(), Stop> {
    let kind = run.prompt_kind();
    super::steps::slot::record(run, |slot| {
        let kinds = &mut slot.planning().kinds;
        if kinds.iter().all(|known| known != kind.name()) {
            kinds.push(kind.name().to_owned());
        }
    })
    .await
}

/// What was published the thread knows.
///
/// # Errors
/// GitHub does not answer, or the record can't be written.
pub(super) async fn remember(run: &mut Run) -> Result<(), Stop> {
    let Some(root) = run.about.issue.clone() else { return Ok(()) };
    let repository = run.repo();
    let project = run.found.project.clone();
    let plans = told::Plans { github: run.hands.github.as_ref(), repository: &repository, project: &project };
    let text = plans.text(root.number).await.map_err(Stop::failed)?.into_known().flatten();
    let issues = plans.issues(root.number).await.map_err(Stop::failed)?.into_known().unwrap_or_default();
    let mut seen = BTreeMap::from([(PLAN.to_owned(), hash(&text.unwrap_or_default()))]);
    let asked_on = run.found.focus.iter();
    for event::Issue { number, title, body, .. } in asked_on.chain([&root]).chain(&issues) {
        seen.insert(name(*number), hash(&words(title, body)));
    }
    let until = told::asked_at(run);
    let last = run.found.verdict.as_ref().map_or(Outcome::Done, |verdict| verdict.outcome).to_string();
    super::steps::slot::record(run, |slot| {
        let planning = slot.planning();
        (planning.until, planning.last, planning.seen) = (until, Some(last.clone()), seen.clone());
    })
    .await
}

const PLAN: &str = "plan";

fn name(issue: u64) -> String {
    format!("#{issue}")
}

fn words(title: &str, body: &str) -> String {
    format!("{title}\n\n{body}")
}

/// Line ends and the blanks around a text are not what people change in it.
fn hash(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    let mut hash = String::new();
    for byte in Sha256::digest(lines.join("\n")).iter().take(8) {
        // Writing to a String can't fail.
        write!(hash, "{byte:02x}").ok();
    }
    hash
}
