//! `codexctl ci`: steps for workflows.

use super::call::Call;
use super::slots::{self, Ended, Ground};
use super::{CommandError, Exit, Outcome};
use crate::flows::stop::Stop;
use crate::flows::upkeep::{FreeSlot, Given, slot_name};
use crate::report::outputs::Outputs;
use crate::slots::allocate::{self, Wanted};
use crate::slots::{Error, Record};
use crate::ui::{Level, Note};

/// `ci ensure-slot`: finds or makes the slot of an issue, a pull request or a number.
pub(super) fn ensure_slot(call: &mut Call) -> Result<Outcome, CommandError> {
    slots::run(call, async |call| ensure(call).await)
}

async fn ensure(call: &mut Call) -> Result<(String, Exit), Ended> {
    let ground = Ground::open(call, "ensure-slot").await?;
    if ground.given.is_nothing() {
        let why = "ci ensure-slot has to know whose slot is meant: give --issue, --pr or --slot";
        return Err(CommandError::new(why).into());
    }
    let patience = call.settings.duration("wait-for-slot")?.unwrap_or_default();
    let max = call.settings.number("max")?.map(u32::try_from).transpose();
    let max = max.map_err(|_| CommandError::new(format!("--max: a slot's number is at most {}", u32::MAX)))?;
    let max = max.or(ground.project.raw.max_slots()).unwrap_or(0);
    if let Some(slot) = ground.given.slot.filter(|slot| max > 0 && *slot > max) {
        let why = format!("--slot: {slot} is more than the {max} slots that --max or maxSlots of services.yaml allow");
        return Err(CommandError::new(why).into());
    }
    // Patterns that can't be rendered are told before anything is made.
    ground.namespace(ground.given.slot.unwrap_or(1)).map_err(|error| super::project::told(call, &error))?;
    link(&ground).await?;
    let upkeep = &ground.upkeep;
    let wanted = Wanted {
        repo: upkeep.repo.clone(),
        project: upkeep.project.clone(),
        env: ground.env.clone(),
        issue: ground.given.issue,
        pr: ground.given.pr,
        slot: ground.given.slot,
        max,
        owner: upkeep.holder.id.clone(),
    };
    let namespace = |slot| ground.namespace(slot).unwrap_or_default();
    let mut free = FreeSlot::new(patience);
    let allocated = loop {
        match allocate::allocate(upkeep.store.as_ref(), upkeep.hands.clock.as_ref(), &wanted, &namespace).await {
            Ok(allocated) => break allocated,
            Err(full @ Error::Full { .. }) => free.wait(call.ui.as_ref(), &upkeep.cancel, &full).await?,
            Err(error) => return Err(Stop::failed(error).into()),
        }
    };
    let record = allocated.record;
    if let Some(asked) = ground.given.slot.filter(|asked| *asked != record.slot) {
        let why = if allocated.created { "is taken" } else { "is not the one it has" };
        call.ui.note(&Note::new(Level::Notice, format!("slot {asked} {why}: it is slot {}", record.slot)));
    }
    let made = if allocated.created { "new" } else { "as it was" };
    call.ui.note(&Note::new(Level::Info, format!("slot {} of {}, {made}", record.slot, record.env)));
    slots::result(call, &outputs(&record), None)
}

/// An issue and its pull request have one slot: where only one of the two has, the other is linked to it.
async fn link(ground: &Ground) -> Result<(), Stop> {
    let Given { issue: Some(issue), pr: Some(pr), slot } = ground.given else { return Ok(()) };
    let records = ground.upkeep.records(std::slice::from_ref(&ground.env)).await?;
    if records.iter().any(|record| record.issue == Some(issue) && record.pr == Some(pr)) {
        return Ok(());
    }
    if let Some(taken) =
        records.iter().find(|record| record.pr == Some(pr) && record.issue.is_some_and(|of| of != issue))
    {
        return Err(Stop::failed(format!(
            "pull request #{pr} is worked on in {}: give the issue that it belongs to, or no issue",
            slot_name(taken)
        )));
    }
    let lacks_one = |record: &&Record| match (record.issue, record.pr) {
        (Some(of), None) => of == issue,
        (None, Some(of)) => of == pr,
        _ => false,
    };
    let numbered = |record: &&Record| slot.is_none_or(|slot| record.slot == slot);
    let Some(found) = records.iter().filter(lacks_one).find(numbered) else { return Ok(()) };
    let mut both = |record: &mut Record| {
        if lacks_one(&&*record) {
            (record.issue, record.pr) = (Some(issue), Some(pr));
        }
        Ok(())
    };
    ground.upkeep.store.change(found.slot, &mut both).await.map(drop).map_err(Stop::failed)
}

fn outputs(record: &Record) -> Outputs {
    let mut outputs = Outputs::default();
    outputs.set("slot", record.slot);
    outputs.set("namespace", record.namespace.clone());
    outputs.set("env", record.env.clone());
    outputs
}
