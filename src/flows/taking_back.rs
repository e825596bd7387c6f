//! What a run that was killed left: its agent ends, its work is saved, people are told, and its slot goes or is given back, just as the
//! run would have done it had it been asked to end.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::cancel::Cancel;
use super::identity::host;
use super::lease::{self, Asked};
use super::run::Run;
use super::steps::agent::RunAgent;
use super::steps::slot::{self, TakeSlot};
use super::steps::{Row, Step, acknowledge, removal};
use super::stop::Stop;
use super::trail::FlowNote;
use super::{end, kept, loading, progress};
use crate::publish::{self, PlacedTree, Pushed, TakenUp};
use crate::slots::lease::{Holder, post_of};
use crate::slots::{self, Lease, Phase, Record, Store};
use crate::ui::Level;

/// Steps before the slot that find out what the run is about.
const FINDING: [&str; 3] = ["issue", "fetch", "root"];

/// The first steps that anybody can see something of: a reaction, a slot, or slots that are taken from others.
const CHANGING: [&str; 3] = [acknowledge::NAME, "slot", removal::STOP];

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenBack {
    /// People are told that it was interrupted.
    Told,
    /// It had said its last word before it was killed.
    WasThrough,
    /// It had not come to anything that anybody could see.
    HadNotBegun,
    /// It cleaned up slots of others: those are given back as they are.
    GivenBack,
    /// Another run goes on with its slot, or has removed it.
    Superseded,
}

/// Takes back what a killed run left; `run` is made from the same event.
///
/// # Errors
/// Something can't be taken back. The next run of the issue finds it.
pub async fn take_back(run: &mut Run, left: &FlowNote) -> Result<TakenBack, Stop> {
    if let Some(folder) = &left.agent {
        run.hands.place.end_orphan(folder).await.map_err(Stop::failed)?;
    }
    run.identity.delivery.clone_from(&left.delivery);
    let elapsed = (run.hands.clock.now() - left.began).to_std().unwrap_or_default();
    run.began = Instant::now().checked_sub(elapsed).unwrap_or_else(Instant::now);
    let steps = super::steps(run.flow).unwrap_or_default();
    run.rows = rows(left, &steps);
    if !run.rows.iter().any(|row| CHANGING.contains(&row.name)) {
        return Ok(TakenBack::HadNotBegun);
    }
    for step in steps.iter().filter(|step| FINDING.contains(&step.name())) {
        if let Err(stop) = step.run(run).await {
            // Without the trusted tree nothing is saved or removed: a rerun goes on in the slot as it is.
            end::tell_failure(run, &Stop::Interrupted).await;
            return Err(stop);
        }
    }
    let raw = loading::read_stack(run)?;
    raw.project().unwrap_or_default().clone_into(&mut run.found.project);
    let folder = raw.state().dir.map_or_else(|| run.workplace.state.clone(), |dir| run.workplace.base.join(dir));
    let store = (run.hands.store)(folder);
    run.found.store = Some(Arc::clone(&store));
    let records = store.list().await.map_err(Stop::failed)?;
    if !steps.iter().any(|step| step.name() == TakeSlot.name()) {
        give_back(run, left, store.as_ref(), &records).await?;
        return Ok(TakenBack::GivenBack);
    }
    if let Some(record) = records.iter().find(|record| is_of(run, left, record)) {
        let holder = Holder { id: post_of(&run.identity.run), flow: left.flow.clone(), host: host() };
        match lease::take(&run.hands, &store, record, holder, false, &Cancel::default()).await? {
            Asked::Held(held) => run.found.lease = Some(held),
            Asked::Busy { holder, .. } => {
                run.say(Level::Info, format!("slot {} is worked on by {holder}: it is left alone", record.slot));
                return Ok(TakenBack::Superseded);
            }
            Asked::Gone => return Ok(TakenBack::Superseded),
        }
        run.found.slot_is_new = is_new(run, left, record);
        run.found.slot = Some(record.clone());
        // Where it can't be loaded no agent has begun.
        if let Ok(stack) = loading::load(run, &raw, Some(record.slot)) {
            loading::take_in(run, stack);
        }
    }
    let told = finish(run).await;
    if let Some(held) = run.found.lease.take() {
        held.release(&run.hands).await;
    }
    told
}

/// A flow without a slot of its own cleans up those of others: it gives back what it held.
async fn give_back(run: &Run, left: &FlowNote, store: &dyn Store, records: &[Record]) -> Result<(), Stop> {
    let held = |record: &&Record| {
        let ours = |lease: &Lease| lease.holder == run.identity.run && lease.flow == left.flow;
        record.repo.eq_ignore_ascii_case(&run.repo()) && record.lease.as_ref().is_some_and(ours)
    };
    for record in records.iter().filter(held) {
        let holder = Holder { id: run.identity.run.clone(), flow: left.flow.clone(), host: host() };
        slots::lease::release(store, record.slot, &holder).await.map_err(Stop::failed)?;
        run.say(Level::Info, format!("slot {} is given back; the next cleanup finds what is left of it", record.slot));
    }
    Ok(())
}

/// The end of the run, with whatever it has of a slot.
async fn finish(run: &mut Run) -> Result<TakenBack, Stop> {
    if let Some(store) = run.found.store.clone()
        && progress::earlier(run).await?.is_some_and(|state| slot::handled(&state, run))
    {
        slot::settle(run, store.as_ref()).await?;
        return Ok(TakenBack::WasThrough);
    }
    if let Some(record) = run.found.slot.clone() {
        work(run, &record);
        RunAgent.undo(run).await;
        // What was pushed had been judged and found good: a rerun opens its pull request.
        if run.found.pushed.is_none() {
            TakeSlot.undo(run).await;
        }
    }
    end::tell_failure(run, &Stop::Interrupted).await;
    if let Some(record) = run.found.doomed.take() {
        end::destroy(run, &record).await;
    }
    Ok(TakenBack::Told)
}

/// What the slot shows of the run's work.
fn work(run: &mut Run, record: &Record) {
    let folder = run.work_folder();
    let lane = run.lane();
    run.found.agent_began = record.phase_of(lane) >= Phase::Ready;
    if record.phase_of(lane) >= Phase::Agent
        && let Some(kept) = kept::read(&folder)
    {
        run.found.agent = Some(kept.end);
    }
    run.found.pushed = record.pushed.clone().map(|commit| Pushed::AlreadyThere { commit });
    run.found.tree = tree(&folder.join("tree"));
}

fn tree(folder: &Path) -> Option<PlacedTree> {
    let (branch, start) = publish::start_of(folder)?;
    Some(PlacedTree { folder: folder.to_owned(), branch, start, kept: true, taken_up: TakenUp::Nothing })
}

/// Whether the killed run held this slot, or had just made it.
fn is_of(run: &Run, left: &FlowNote, record: &Record) -> bool {
    let ours = |lease: &Lease| lease.holder == run.identity.run && lease.flow == left.flow;
    let held = record.lease.as_ref().map_or_else(|| is_new(run, left, record), ours);
    held && record.env == left.env && record.repo.eq_ignore_ascii_case(&run.repo()) && slot::is_for(run, record)
}

/// Whether the killed run made this slot: an earlier step of the same job may have made one, too.
fn is_new(run: &Run, left: &FlowNote, record: &Record) -> bool {
    record.owner == run.identity.run && record.created_at >= left.began
}

/// The steps as they were.
fn rows(left: &FlowNote, steps: &[Box<dyn Step>]) -> Vec<Row> {
    left.steps.iter().filter_map(|note| steps.iter().find_map(|step| note.row(step.name()))).collect()
}
