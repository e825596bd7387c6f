//! Runs the agent, and keeps what it leaves until that has been published.

use async_trait::async_trait;

use super::{Did, Step};
use crate::agent::place::{AgentEnd, Isolation};
use crate::agent::verdict::{Ended, Outcome};
use crate::answer::Answer;
use crate::flows::aside::{self, Aside};
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::{kept, memory, task};
use crate::publish::branch::wip_branch;
use crate::publish::{Save, SaveTo, SavedWork};
use crate::report::Lang;
use crate::report::comments::Kept;
use crate::report::words::number;
use crate::slots::{Lane, Phase, Record};
use crate::ui::Level;

/// The step whose failure is the agent's.
pub const NAME: &str = "agent";

/// The agent's work.
pub struct RunAgent;

#[async_trait]
impl Step for RunAgent {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        if task::agent_has_ended(run)
            && let Some(kept) = kept::read(&run.work_folder())
        {
            let said = format!("{}, in the run before", describe(&kept.end));
            run.found.agent = Some(kept.end);
            run.found.threads = kept.threads;
            return Ok(Did::Done(said));
        }
        super::slot::still_ours(run).await?;
        let agent_run = task::agent_run(run, task::record_thread(run)).await?;
        run.cancel.agent_works_in(&agent_run.folder);
        let ready = run.hands.place.prepare(&agent_run).await.map_err(unprepared)?;
        for warning in &ready.warnings {
            run.say(Level::Warning, warning.clone());
        }
        match ready.isolation {
            Some(Isolation::Nothing) => run.say(
                Level::Warning,
                "nothing keeps the agent from reading what codexctl knows on this machine (--allow-unsandboxed)",
            ),
            Some(isolation) => run.hands.ui.progress(&format!("kept apart by {isolation}")),
            None => {}
        }
        run.found.command = ready.command;
        super::slot::reached(run, Phase::Ready).await?;
        if run.lane() == Lane::Plan {
            memory::told(run).await?;
        }
        run.found.agent_began = true;
        let ended =
            run.hands.place.run(&agent_run, run.hands.ui.as_ref(), run.cancel.receiver()).await.map_err(unprepared)?;
        let Answer::Known(end) = ended else {
            return Ok(Did::Skipped(
                match run.reviewed() {
                    Some(_) => "would work on the review",
                    None => "would work on the issue",
                }
                .to_owned(),
            ));
        };
        let (thread, lane) = (end.totals.thread.clone(), run.lane());
        if end.ended == Ended::Cancelled {
            run.found.agent = Some(end);
            super::slot::record(run, |slot| note_thread(slot, lane, thread.as_deref())).await?;
            return Err(Stop::Interrupted);
        }
        let said = describe(&end);
        let well = ended_well(&end);
        let kept = kept::Kept { at: run.hands.clock.now(), end: end.clone(), threads: run.found.threads.clone() };
        // From here on it is known what there is to save, whatever fails.
        run.found.agent = Some(end);
        if well {
            kept::write(&run.work_folder(), &kept).map_err(Stop::failed)?;
        }
        // An end that was no good is judged now and tried again by a rerun: only a good one counts as a phase.
        super::slot::record(run, |slot| {
            note_thread(slot, lane, thread.as_deref());
            if well {
                slot.set_phase(lane, slot.phase_of(lane).max(Phase::Agent));
            }
        })
        .await?;
        Ok(if well { Did::Done(said) } else { Did::Badly(said) })
    }

    /// Keeps unfinished work where it outlives this slot, unless there is none, or it was published.
    async fn undo(&self, run: &mut Run) {
        // What a planning agent did in its tree is nobody's work.
        let worked = run.found.agent_began || run.found.agent.is_some();
        let nothing = run.found.tree.is_none() || !worked || run.lane() == Lane::Plan;
        let unchanged = run.found.verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::NoChange);
        if nothing || unchanged || run.found.kept.is_some() || run.found.pushed.is_some() {
            return;
        }
        let kept = if run.found.refused && run.options.publishes() { set_aside(run).await } else { save(run).await };
        if let Err(stop) = kept {
            let why = stop.why().unwrap_or_else(|| stop.headline());
            run.say(Level::Warning, format!("unfinished work could not be saved: {why}"));
            run.found.unsaved = true;
            run.found.kept = match run.found.slot.as_ref().map(|slot| slot.slot) {
                Some(_) if run.machine_goes() => Some(patch_for_the_job(run).await.unwrap_or(Kept::Gone)),
                slot => slot.map(Kept::Alone),
            };
        }
    }
}

/// Puts a copy of a change that may not be published where only this machine's user can read it: the next delivery starts without it.
async fn set_aside(run: &mut Run) -> Result<(), Stop> {
    if run.machine_goes() {
        run.found.kept = Some(Kept::Gone);
        return Ok(());
    }
    let Some(tree) = run.found.tree.clone() else { return Ok(()) };
    let aside = Aside {
        tree: tree.folder,
        start: tree.start,
        skip: run.found.stack.as_ref().map(|stack| stack.stack.publish.skip.clone()).unwrap_or_default(),
        commit: super::commit::wanted(run),
    };
    let Some(path) = aside::set(run.hands.sources.as_ref(), &run.workplace, aside).await? else { return Ok(()) };
    let shown = path.display().to_string();
    run.say(Level::Notice, format!("the change that may not be published is set aside: {shown}"));
    run.found.kept = Some(Kept::Aside(path.strip_prefix(&run.workplace.state).unwrap_or(&path).display().to_string()));
    super::slot::record(run, |slot| slot.aside = Some(shown.clone())).await
}

/// The last resort on a runner that goes with its job: a later step of the job can keep the patch.
async fn patch_for_the_job(run: &mut Run) -> Option<Kept> {
    let save = Save { commit: super::commit::wanted(run), to: SaveTo::Patch(run.workplace.outbox.clone()) };
    match run.hands.sources.save(&save).await.ok()?.into_known().flatten()? {
        SavedWork::Patch(path) => Some(Kept::Runner(run.workplace.shown(&path))),
        SavedWork::Branch { .. } => None,
    }
}

fn note_thread(slot: &mut Record, lane: Lane, thread: Option<&str>) {
    if let Some(thread) = thread {
        slot.set_session(lane, thread);
    }
}

fn ended_well(end: &AgentEnd) -> bool {
    end.ended == Ended::Exited(Some(0)) && !end.totals.turn_failed
}

fn describe(end: &AgentEnd) -> String {
    let commands = match end.totals.commands {
        1 => "1 command".to_owned(),
        count => format!("{count} commands"),
    };
    let tokens = number(end.usage.total(), Lang::En);
    match &end.ended {
        Ended::Exited(_) if ended_well(end) => format!("{commands}, {tokens} tokens"),
        Ended::Unavailable(_) => "could not start".to_owned(),
        Ended::TimedOut => format!("ran out of time after {commands}, {tokens} tokens"),
        Ended::OverBudget => format!("ran out of tokens after {commands}, {tokens} tokens"),
        Ended::Exited(_) | Ended::Cancelled => format!("ended badly after {commands}, {tokens} tokens"),
    }
}

/// Saves the agent's change: as a branch of the remote, without a token as a patch in the outbox.
pub(super) async fn save(run: &mut Run) -> Result<(), Stop> {
    if !run.options.publishes() {
        run.found.unsaved = true;
        run.found.kept = run.found.slot.as_ref().map(|slot| Kept::Slot(slot.slot));
        return Ok(());
    }
    if run.found.collected.is_none() {
        run.found.collected = super::check::collect_all(run).await?;
    }
    let commit = super::commit::wanted(run);
    let to = match run.hands.has_token {
        true => SaveTo::Branch(wip_branch(&commit.branch)),
        false => SaveTo::Patch(run.workplace.outbox.clone()),
    };
    let saved = run.hands.sources.save(&Save { commit, to }).await.map_err(super::check::refused_or_failed)?;
    run.found.kept = match saved.into_known().flatten() {
        Some(SavedWork::Branch { name, .. }) => Some(Kept::Branch(name)),
        Some(SavedWork::Patch(path)) => {
            let shown = run.workplace.shown(&path);
            Some(if run.machine_goes() { Kept::Runner(shown) } else { Kept::Patch(shown) })
        }
        None => None,
    };
    Ok(())
}

/// Configuration and isolation are the user's to mend; anything else is a failure.
fn unprepared(error: crate::agent::place::Error) -> Stop {
    use crate::agent::place::Error;
    match error {
        Error::Config(_) | Error::Unsafe(_) => Stop::Usage(error.to_string()),
        other => Stop::failed(other),
    }
}
