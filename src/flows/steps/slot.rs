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
use crate::flows::{choices, loading, progress};
use crate::policy::gates;
use crate::policy::labels;
use crate::secrets::{Secret, is_secret_name};
use crate::slots::allocate::{self, Wanted};
use crate::slots::lease::Holder;
use crate::slots::{Error, Phase, Record, Store};
use crate::stack::RawStack;
use crate::ui::{Level, Note};

/// How long a run waits for a free slot (spec 3, `--wait-for-slot`).
const WAIT_FOR_SLOT: Duration = Duration::from_secs(30 * 60);

/// How often it looks whether one was freed; a list of files is cheap to read.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

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

        let left = progress::earlier(run).await?;
        let told = left.as_ref().is_some_and(|state| handled(state, run));
        if told {
            settle(run, store.as_ref()).await?;
        }
        judge_duplicate(run, store.as_ref(), told, None).await?;
        let record = hold(run, &store, &raw).await?;
        begin(run, &record, left.and_then(|state| state.session)).await?;
        let stack = loading::load(run, &raw, Some(record.slot))?;
        for warning in &stack.warnings {
            run.hands.ui.note(&Note::about(warning, stack.picture(warning)));
        }
        for (_, value) in stack.vars.iter().filter(|(name, _)| is_secret_name(name)) {
            run.hands.ui.mask(&Secret::new(value.to_owned()));
        }
        run.settings.merge(stack.vars.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        run.found.stack = Some(stack);
        run.options =
            crate::flows::options::Options::read(&run.settings).map_err(|error| Stop::Usage(error.to_string()))?;
        choices::choose(run)?;
        let made = if run.found.slot_is_new { "new" } else { "as it was" };
        Ok(Did::Done(format!("{} of {}, {made}", record.slot, run.env)))
    }

    /// Destroys a slot that this run made, unless its agent succeeded, people want to look at it, or its work could not be saved.
    async fn undo(&self, run: &mut Run) {
        let succeeded = run.found.verdict.as_ref().is_some_and(|verdict| verdict.outcome.succeeded());
        let debug = run.issue.labels.iter().any(|label| labels::same(label, KEEP_LABEL));
        let Some(record) = run.found.slot.clone().filter(|_| run.found.slot_is_new && !succeeded) else { return };
        if debug || run.options.keep_on_failure || run.found.unsaved {
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

/// Whether a comment's marker says that this very delivery was brought to its end.
fn handled(state: &crate::github::markers::State, run: &Run) -> bool {
    state.delivery.as_deref() == Some(run.identity.delivery.as_str())
        && state.phase.as_deref() == Some(progress::HANDLED)
}

/// The comment is a run's last word. A run that was killed after it left only its record behind; this brings it up to date.
async fn settle(run: &Run, store: &dyn Store) -> Result<(), Stop> {
    let ours = |record: &Record| {
        record.issue == Some(run.issue.number) && record.delivery.as_deref() == Some(&run.identity.delivery)
    };
    for record in store.list().await.map_err(Stop::failed)?.iter().filter(|record| ours(record)) {
        let mut publish = |record: &mut Record| {
            if ours(record) {
                record.phase = Phase::Published;
            }
            Ok(())
        };
        store.change(record.slot, &mut publish).await.map_err(Stop::failed)?;
    }
    Ok(())
}

async fn judge_duplicate(run: &mut Run, store: &dyn Store, told: bool, running: Option<String>) -> Result<(), Stop> {
    let records = store.list().await.map_err(Stop::failed)?;
    // A record of this delivery knows better than the comment: a run that was cut behind its last word still has to finish.
    let ours = |record: &&Record| {
        record.issue == Some(run.issue.number) && record.delivery.as_deref() == Some(&run.identity.delivery)
    };
    let phases: Vec<Phase> = records.iter().filter(ours).map(|record| record.phase).collect();
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
        issue: Some(run.issue.number),
        pr: None,
        slot: run.options.slot,
        max: raw.max_slots().unwrap_or(0),
        owner: run.identity.run.clone(),
    };
    let asked = Instant::now();
    loop {
        let request = |slot| loading::request(run, raw, Some(slot));
        // A pattern that can't be rendered is told with its place when the file is loaded.
        let namespace = |slot| raw.namespace(&request(slot)).unwrap_or_default();
        let wait = !run.options.fail_if_busy && !run.options.dry_run;
        let allocated = match allocate::allocate(store.as_ref(), run.hands.clock.as_ref(), &wanted, &namespace).await {
            Ok(allocated) => allocated,
            Err(full @ Error::Full { .. }) if wait && asked.elapsed() < WAIT_FOR_SLOT => {
                wait_for_slot(run, &full).await?;
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

/// Waits a little for a slot to be freed, and says so.
async fn wait_for_slot(run: &Run, full: &Error) -> Result<(), Stop> {
    run.hands.ui.progress(&format!("waiting for a slot: {full}"));
    tokio::select! {
        () = tokio::time::sleep(LOOK_AGAIN) => Ok(()),
        () = run.cancel.cancelled() => Err(Stop::Interrupted),
    }
}

/// Writes into the record which delivery is at work. An unfinished run of the same delivery is gone on with where it stopped; of
/// another one the tree and the thread are kept, and the agent is asked anew.
async fn begin(run: &mut Run, record: &Record, session: Option<String>) -> Result<(), Stop> {
    run.found.slot = Some(record.clone());
    let delivery = run.identity.delivery.clone();
    self::record(run, |slot| {
        if slot.phase == Phase::Published {
            slot.phase = Phase::Allocated;
        } else if slot.delivery.as_deref() != Some(&delivery) {
            slot.phase = slot.phase.min(Phase::Sources);
        }
        slot.delivery = Some(delivery.clone());
        slot.session = slot.session.take().or_else(|| session.clone());
    })
    .await
}

/// Changes the slot's record, in the store and here.
pub(super) async fn record(run: &mut Run, change: impl Fn(&mut Record) + Send + Sync) -> Result<(), Stop> {
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
    record(run, |slot| slot.phase = slot.phase.max(phase)).await
}

/// Whether the slot is still ours; asked before anything leaves the run.
pub(super) async fn still_ours(run: &Run) -> Result<(), Stop> {
    match &run.found.lease {
        Some(held) => held.check().await,
        None => Ok(()),
    }
}
