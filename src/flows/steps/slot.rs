//! The slot: gate `duplicate`, record, lease, and services.yaml as it is for this slot.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::facts::{self, Earlier};
use crate::flows::lease::{self, Asked};
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::upkeep::FreeSlot;
use crate::flows::{choices, loading, progress};
use crate::policy::gates;
use crate::policy::labels;
use crate::slots::allocate::{self, Wanted};
use crate::slots::lease::Holder;
use crate::slots::{Error, Lane, Phase, Record, Store};
use crate::stack::RawStack;
use crate::ui::Level;

/// Whoever took longer than this for a slot waited for another run, which may have pushed meanwhile.
const A_WAIT: Duration = Duration::from_secs(1);

/// Keeps a slot after a failure, so that people can look at it.
const KEEP_LABEL: &str = "run:debug";

/// Finds or makes the slot, and holds it.
pub struct TakeSlot;

#[async_trait]
impl Step for TakeSlot {
    fn name(&self) -> &'static str {
        "slot"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let raw = loading::read_stack(run)?;
        raw.project().unwrap_or_default().clone_into(&mut run.found.project);
        let folder = raw.state().dir.map_or_else(|| run.workplace.state.clone(), |dir| run.workplace.base.join(dir));
        let store = (run.hands.store)(folder);
        run.found.store = Some(Arc::clone(&store));

        go_on_with(run, store.as_ref()).await?;
        let left = progress::earlier(run).await?;
        let told = left.as_ref().is_some_and(|state| handled(state, run));
        if told {
            settle(run, store.as_ref()).await?;
        }
        judge_duplicate(run, store.as_ref(), told, None).await?;
        let asked = Instant::now();
        let record = hold(run, &store, &raw).await?;
        if asked.elapsed() >= A_WAIT {
            look_again(run).await?;
        }
        run.found.refused_before = left.as_ref().is_some_and(|state| state.phase.as_deref() == Some(progress::REFUSED));
        let session = left.and_then(|state| state.session).filter(|_| !run.found.refused_before);
        begin(run, &record, session).await?;
        let stack = loading::load(run, &raw, Some(record.slot))?;
        loading::take_in(run, stack);
        run.options = run.options.again(&run.settings).map_err(|error| Stop::Usage(error.to_string()))?;
        choices::choose(run)?;
        let made = if run.found.slot_is_new { "new" } else { "as it was" };
        Ok(Did::Done(format!("{} of {}, {made}", record.slot, run.env)))
    }

    /// Destroys a slot that this run made, unless its agent succeeded, people want to look at it, or its work could not be saved.
    async fn undo(&self, run: &mut Run) {
        let succeeded = run.found.verdict.as_ref().is_some_and(|verdict| verdict.outcome.succeeded());
        let debug = [run.about.issue_labels(), run.about.pull_labels()].iter().any(|set| labels::has(set, KEEP_LABEL));
        let Some(record) = run.found.slot.clone().filter(|_| run.found.slot_is_new && !succeeded) else { return };
        // Whoever raises a limit starts the same event again, and the agent need not be asked anew.
        if debug || run.options.keep_on_failure || run.found.unsaved || run.found.refused {
            if !run.slot_folder().exists() {
                return;
            }
            run.say(Level::Info, format!("slot {} is kept: {}", record.slot, run.slot_folder().display()));
            return;
        }
        // Once the last word is said nobody needs the slot; until then the texts name it.
        run.found.doomed = Some(record);
    }
}

/// What may be otherwise after a wait: the branches, and whether a reviewed pull request is still open. The trusted commit stays the
/// one that the run began with.
async fn look_again(run: &mut Run) -> Result<(), Stop> {
    if let Answer::Known(heads) = run.hands.sources.fetch().await.map_err(Stop::failed)? {
        run.found.heads = Some(heads);
    }
    facts::still_allowed(run).await
}

/// Whether a record is of what the run is about.
pub(in crate::flows) fn is_for(run: &Run, record: &Record) -> bool {
    match run.about.issue_number() {
        Some(issue) => record.issue == Some(issue),
        None => record.pr.is_some() && record.pr == run.about.pull_number(),
    }
}

/// Whether a comment's marker says that this very delivery was brought to its end.
pub(in crate::flows) fn handled(state: &crate::github::markers::State, run: &Run) -> bool {
    state.delivery.as_deref() == Some(run.identity.delivery.as_str())
        && state.phase.as_deref() == Some(progress::HANDLED)
}

/// The comment is a run's last word. A run that was killed after it left only its record behind; this brings it up to date.
pub(in crate::flows) async fn settle(run: &Run, store: &dyn Store) -> Result<(), Stop> {
    let lane = run.lane();
    let ours = |record: &Record| is_for(run, record) && record.delivery_of(lane) == Some(&run.identity.delivery);
    for record in store.list().await.map_err(Stop::failed)?.iter().filter(|record| ours(record)) {
        let mut publish = |record: &mut Record| {
            if ours(record) {
                record.set_phase(lane, Phase::Published);
                if lane == Lane::Work {
                    record.pushed = None;
                }
            }
            Ok(())
        };
        store.change(record.slot, &mut publish).await.map_err(Stop::failed)?;
    }
    Ok(())
}

/// A command that is given again by hand is the same delivery as the one before, if that one was not brought to its end.
async fn go_on_with(run: &mut Run, store: &dyn Store) -> Result<(), Stop> {
    if !run.by_hand {
        return Ok(());
    }
    let lane = run.lane();
    let begun = |record: &Record| {
        let delivery = record.delivery_of(lane).filter(|delivery| run.identity.is_same_order(delivery))?;
        let open = is_for(run, record) && record.env == run.env && record.phase_of(lane) < Phase::Published;
        open.then(|| delivery.to_owned())
    };
    if let Some(delivery) = store.list().await.map_err(Stop::failed)?.iter().find_map(begun) {
        run.identity.delivery = delivery;
    }
    Ok(())
}

async fn judge_duplicate(run: &mut Run, store: &dyn Store, told: bool, running: Option<String>) -> Result<(), Stop> {
    let records = store.list().await.map_err(Stop::failed)?;
    // A record of this delivery knows better than the comment: a run that was cut behind its last word still has to finish.
    let lane = run.lane();
    let ours = |record: &&Record| is_for(run, record) && record.delivery_of(lane) == Some(&run.identity.delivery);
    let phases: Vec<Phase> = records.iter().filter(ours).map(|record| record.phase_of(lane)).collect();
    let handled = if phases.is_empty() { told } else { phases.contains(&Phase::Published) };
    let earlier = Earlier { handled: Answer::Known(handled), running: Answer::Known(running) };
    let facts = facts::gather(run, earlier).await?;
    run.found.gates = gates::judge(run.flow, &facts);
    super::gates::pass(run)
}

/// Finds or makes the record, and takes the lease.
async fn hold(run: &mut Run, store: &Arc<dyn Store>, raw: &RawStack) -> Result<Record, Stop> {
    let wanted = Wanted {
        repo: run.repo(),
        project: run.found.project.clone(),
        env: run.env.clone(),
        issue: run.about.issue_number(),
        // A pull request that belongs to no issue has a slot of its own.
        pr: run.about.pull_number().filter(|_| run.about.issue.is_none()),
        slot: run.options.slot,
        max: raw.max_slots().unwrap_or(0),
        owner: run.identity.run.clone(),
    };
    let mut free = FreeSlot::new(run.options.wait_for_slot);
    loop {
        let request = |slot| loading::request(run, raw, Some(slot));
        // A pattern that can't be rendered is told with its place when the file is loaded.
        let namespace = |slot| raw.namespace(&request(slot)).unwrap_or_default();
        let wait = !run.options.fail_if_busy && !run.options.dry_run;
        let allocated = match allocate::allocate(store.as_ref(), run.hands.clock.as_ref(), &wanted, &namespace).await {
            Ok(allocated) => allocated,
            Err(full @ Error::Full { .. }) if wait => {
                free.wait(run.hands.ui.as_ref(), &run.cancel, &full).await?;
                continue;
            }
            Err(error) => return Err(Stop::failed(error)),
        };
        let holder =
            Holder { id: run.identity.run.clone(), flow: run.flow.to_string(), host: crate::flows::identity::host() };
        let cancel = run.cancel.clone();
        match lease::take(&run.hands, store, &allocated.record, holder, wait, &cancel).await? {
            Asked::Held(held) => {
                run.found.lease = Some(held);
                run.found.slot_is_new = allocated.created;
                return Ok(allocated.record);
            }
            Asked::Busy { holder, flow } => {
                let same = flow == run.flow.to_string();
                let busy = if same { holder.clone() } else { format!("{holder} with the flow {flow}") };
                judge_duplicate(run, store.as_ref(), false, Some(busy)).await?;
                return Err(Stop::failed(format!("slot {} is held by {holder}", allocated.record.slot)));
            }
            Asked::Gone => {}
        }
    }
}

/// Writes into the record which delivery is at work. An unfinished run of the same delivery is gone on with where it stopped; of
/// another one the tree and the thread are kept, and the agent is asked anew.
async fn begin(run: &mut Run, record: &Record, session: Option<String>) -> Result<(), Stop> {
    run.found.slot = Some(record.clone());
    let (delivery, lane) = (run.identity.delivery.clone(), run.lane());
    run.found.published_at = (record.phase_of(lane) == Phase::Published).then_some(record.updated_at);
    run.found.interrupted = record.delivery_of(lane).is_some() && record.phase_of(lane) < Phase::Published;
    let refused = record.aside.clone().filter(|_| lane == Lane::Work && record.delivery.as_ref() != Some(&delivery));
    if let Some(aside) = &refused {
        run.say(
            Level::Notice,
            format!("this run begins afresh: what the run before changed may not be published and lies in {aside}"),
        );
    }
    self::record(run, |slot| {
        let phase = slot.phase_of(lane);
        if refused.is_some() {
            slot.set_phase(lane, Phase::Allocated);
            // The agent would say that it has done all this already.
            slot.forget_session(lane);
            slot.aside = None;
        } else if phase == Phase::Published {
            slot.set_phase(lane, Phase::Allocated);
        } else if slot.delivery_of(lane) != Some(&delivery) {
            // A plan is made for the code as it is: only work has a tree that another run goes on with.
            slot.set_phase(lane, phase.min(if lane == Lane::Work { Phase::Sources } else { Phase::Allocated }));
        }
        slot.set_delivery(lane, &delivery);
        if let Some(session) = session.as_deref().filter(|_| slot.session_of(lane).is_none()) {
            slot.set_session(lane, session);
        }
    })
    .await
}

/// Changes the slot's record, in the store and here.
pub(in crate::flows) async fn record(run: &mut Run, change: impl Fn(&mut Record) + Send + Sync) -> Result<(), Stop> {
    let (Some(store), Some(slot)) = (run.found.store.clone(), run.found.slot.as_ref().map(|slot| slot.slot)) else {
        return Ok(());
    };
    let now = run.hands.clock.now();
    let mut apply = |record: &mut Record| {
        change(record);
        record.updated_at = now;
        Ok(())
    };
    match store.change(slot, &mut apply).await.map_err(Stop::failed)? {
        Some(record) => run.found.slot = Some(record),
        None => {
            return Err(Stop::failed(format!("the record of slot {slot} is gone: another command destroyed the slot")));
        }
    }
    Ok(())
}

/// The run has come this far; a rerun goes on from here.
pub(super) async fn reached(run: &mut Run, phase: Phase) -> Result<(), Stop> {
    let lane = run.lane();
    record(run, |slot| {
        slot.set_phase(lane, slot.phase_of(lane).max(phase));
        if lane == Lane::Work && phase == Phase::Published {
            // Nothing of this tree is asked for any more.
            slot.pushed = None;
        }
    })
    .await
}

/// Whether the slot is still ours; asked before anything leaves the run.
pub(super) async fn still_ours(run: &Run) -> Result<(), Stop> {
    match &run.found.lease {
        Some(held) => held.check().await,
        None => Ok(()),
    }
}
