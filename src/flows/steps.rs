//! What a step is, and how a list of them is run: in order, each shown, each able to be undone, none cut in the middle of a write.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::run::Run;
use super::stop::Stop;
use crate::agent::verdict::Outcome;
use crate::ui::StepEnd;

pub mod acknowledge;
pub mod agent;
pub mod answers;
pub mod check;
pub mod commit;
pub mod fetch;
pub mod gates;
pub mod leave;
pub mod linked;
pub mod look;
pub mod notice;
pub mod plan;
pub mod prompt;
pub mod pull;
pub mod push;
pub(super) mod removal;
pub mod report;
pub mod root;
pub mod slot;
pub mod sources;
pub mod taken;
pub mod threads;

/// How a step ended, as far as the next ones go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// It worked; one short line says what came of it.
    Done(String),
    /// There was nothing to do; the line says why.
    Skipped(String),
    /// It went wrong, and a later step judges it; the line says how.
    Badly(String),
}

/// One step of a flow. Each can be run again after it was cut at any point, and then ends in the same state.
#[async_trait]
pub trait Step: Send + Sync {
    /// What people call it: one or two words, in English; comments have their own words for it.
    fn name(&self) -> &'static str;

    /// Whether it may be dropped half done when the run is interrupted: it only reads, or works on files of its own.
    fn droppable(&self) -> bool {
        false
    }

    /// Does the work.
    async fn run(&self, run: &mut Run) -> Result<Did, Stop>;

    /// Takes back what must not stay after a run that failed. Called for steps that ended well and for the one that failed.
    async fn undo(&self, _run: &mut Run) {}
}

/// A step that ended, for the summary and the progress comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// [`Step::name`].
    pub name: &'static str,
    /// How it ended; none while it is at work.
    pub end: Option<StepEnd>,
    /// One line.
    pub detail: String,
    /// How long it took.
    pub took: Duration,
    /// When it started.
    pub started: DateTime<Utc>,
}

/// Runs the steps in order. After a failure the steps so far are undone, the last one first.
///
/// # Errors
/// What stopped the run.
pub async fn run_all(steps: &[Box<dyn Step>], run: &mut Run) -> Result<(), Stop> {
    for (at, step) in steps.iter().enumerate() {
        let ended = match run.cancel.is_cancelled() {
            true => Err(Stop::Interrupted),
            false => run_one(step.as_ref(), run).await,
        };
        if let Err(stop) = ended {
            // Before the slot nothing stands that could be undone; a slot that another run took over is that run's.
            if run.found.slot.is_some() && run.is_ours().await {
                for step in steps[..=at].iter().rev() {
                    step.undo(run).await;
                }
            }
            return Err(stop);
        }
    }
    Ok(())
}

async fn run_one(step: &dyn Step, run: &mut Run) -> Result<Did, Stop> {
    let started = Instant::now();
    run.rows.push(Row {
        name: step.name(),
        end: None,
        detail: String::new(),
        took: Duration::ZERO,
        started: run.hands.clock.now(),
    });
    run.note();
    run.hands.ui.step_started(step.name());
    let cancel = run.cancel.clone();
    let ended = if step.droppable() {
        tokio::select! {
            ended = step.run(run) => ended,
            () = cancel.cancelled() => Err(Stop::Interrupted),
        }
    } else {
        step.run(run).await
    };
    let (end, detail) = match &ended {
        Ok(Did::Done(detail)) => (StepEnd::Done, detail.clone()),
        Ok(Did::Skipped(why)) => (StepEnd::Skipped, why.clone()),
        Ok(Did::Badly(how)) => (StepEnd::Failed, how.clone()),
        Err(stop) => (StepEnd::Failed, stop.headline()),
    };
    let took = started.elapsed();
    if let Some(row) = run.rows.last_mut() {
        (row.end, row.detail, row.took) = (Some(end), detail.clone(), took);
    }
    run.note();
    run.hands.ui.step_ended(step.name(), end, &detail, took);
    if ended.is_ok() {
        super::progress::update(run, false).await;
    }
    match ended {
        // Whatever a step could not finish once it was told to stop, the word for the run is that somebody stopped it.
        Err(Stop::Failed { verdict: Outcome::Failed, .. }) if cancel.is_cancelled() => Err(Stop::Interrupted),
        ended => ended,
    }
}
