//! The comment that follows a run on its issue: one per issue, edited in place, at most every ten seconds.

use std::time::{Duration, Instant};

use super::run::Run;
use super::steps::acknowledge;
use super::stop::Stop;
use super::texts;
use crate::github::{Error, OwnComment, markers};
use crate::publish::scan;
use crate::report::comments::progress as render;
use crate::report::comments::{Ending, Kept};
use crate::slots::{Lane, Phase};
use crate::ui::Level;

/// GitHub's secondary limits are meant for people's pace; spec 4.5 sets this one.
const AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// What the marker says of a delivery that was brought to a good end: it is not handled again. Any other run may be repeated.
pub(super) const HANDLED: &str = Phase::Published.name();

/// What it says after a change that may not be published: no machine goes on with it, or with what was saved of it before.
pub(super) const REFUSED: &str = "refused";

/// What is known of the comment.
#[derive(Debug, Default)]
pub(super) struct State {
    written: Option<Instant>,
    warned: bool,
}

/// Brings the comment to the present state of the run. Before the slot is known there is none; too soon after the last edit
/// nothing happens, unless it is the end. A comment that can't be written is a warning, not the end of the work.
pub(super) async fn update(run: &mut Run, ending: bool) {
    let soon = run.found.progress.written.is_some_and(|at| at.elapsed() < AT_MOST_EVERY);
    // Without the reaction nobody has been told that anything began.
    let shown = run.found.slot.is_some() && run.rows.iter().any(|row| row.name == acknowledge::NAME);
    if !shown || (soon && !ending) {
        return;
    }
    if let Err(stop) = write(run, None).await
        && !run.found.progress.warned
    {
        run.found.progress.warned = true;
        run.say(Level::Warning, format!("the progress comment can't be written: {}", stop.headline()));
    }
}

/// Writes the comment with this ending; false where the conversation is locked.
///
/// # Errors
/// GitHub, or the outbox, does not take it, or the text holds a secret.
pub(super) async fn write(run: &mut Run, ending: Option<(Ending, Option<String>)>) -> Result<bool, Stop> {
    let comment = comment(run, ending)?;
    run.found.progress.written = Some(Instant::now());
    put(run, &comment).await
}

/// Writes a comment; false where the conversation is locked: the work is done all the same, and the log says so once.
///
/// # Errors
/// GitHub, or the outbox, does not take it.
pub(super) async fn put(run: &mut Run, comment: &OwnComment) -> Result<bool, Stop> {
    match run.hands.github.put_comment(comment).await {
        Ok(_) => Ok(true),
        Err(locked @ Error::Locked { .. }) => {
            if !run.found.progress.warned {
                run.found.progress.warned = true;
                run.say(Level::Warning, format!("nobody is told how the run goes: {locked}"));
            }
            Ok(false)
        }
        Err(error) => Err(Stop::failed(error)),
    }
}

fn comment(run: &Run, ending: Option<(Ending, Option<String>)>) -> Result<OwnComment, Stop> {
    let handled = matches!(ending, Some((Ending::Verdict(outcome), _)) if outcome.succeeded());
    let marker = marker(run, if handled { HANDLED } else { "unfinished" });
    let mut facts = texts::progress(run, marker.clone(), ending);
    let body = render(&facts, run.lang()).map_err(Stop::failed)?;
    let mut body = run.hands.redactor.redact(&body).into_owned();
    if !scan::text("comment", &body, &run.hands.redactor).is_empty() {
        // What the agent or its provider said holds something like a token: the comment goes without their words.
        facts.said = None;
        facts.plan = None;
        facts.left.clear();
        (facts.asides.protected, facts.asides.left_out) = (Vec::new(), Vec::new());
        facts.questions.clear();
        facts.reason = facts.reason.map(|_| "a text of the agent looked like a secret and was left out".to_owned());
        body = render(&facts, run.lang()).map_err(Stop::failed)?;
    }
    Ok(OwnComment { thread: run.about.thread.clone(), kind: kind(run).to_owned(), marker, body })
}

/// An issue that is planned and then worked on has a comment for each: what one says of its thread means nothing to the other.
fn kind(run: &Run) -> &'static str {
    match run.lane() {
        Lane::Work => "progress",
        Lane::Plan => "plan-progress",
    }
}

/// The hidden line: what must outlive this machine.
fn marker(run: &Run, phase: &str) -> String {
    let slot = run.found.slot.as_ref().filter(|_| run.lane() == Lane::Work);
    let state = markers::State {
        branch: slot.and_then(|slot| slot.branch.clone()),
        pr: slot.and_then(|slot| slot.pr),
        session: run.session().map(str::to_owned),
        phase: Some(if phase != HANDLED && refused(run) { REFUSED } else { phase }.to_owned()),
        delivery: Some(run.identity.delivery.clone()),
        run: run.identity.run_url.clone(),
    };
    markers::marker(kind(run), &run.repo(), &run.found.project, run.about.number(), &state)
}

/// Whether what there is of work may not be published.
fn refused(run: &Run) -> bool {
    let saved = matches!(run.found.kept, Some(Kept::Branch(_) | Kept::Patch(_)));
    run.lane() == Lane::Work && (run.found.refused || (run.found.refused_before && !saved))
}

/// What an earlier run left in the comment, for a machine that has no record of it.
///
/// # Errors
/// GitHub does not answer, or the comment was written by a newer version.
pub(super) async fn earlier(run: &Run) -> Result<Option<markers::State>, Stop> {
    let marker = marker(run, "unfinished");
    let text = run.hands.github.own_comment(&run.about.thread, kind(run), &marker).await.map_err(Stop::failed)?;
    Ok(match text.into_known().flatten().as_deref().map(markers::parse) {
        Some(markers::Found::Marker(marker)) => Some(marker.state),
        _ => None,
    })
}
