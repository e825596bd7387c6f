//! Keeps unfinished work of a slot before the slot goes: what a run left that was killed.

use super::{Upkeep, slot_name};
use crate::flows::authors::{author, co_author};
use crate::flows::kept;
use crate::flows::stop::Stop;
use crate::publish::branch::wip_branch;
use crate::publish::{self, Collect, Commit, Limits, Save, SaveTo, SavedWork};
use crate::settings::Settings;
use crate::slots::{Phase, Record};
use crate::stack::Publish;
use crate::ui::Level;

/// Saves what an agent changed in the slot and nobody published: on a branch beside its own, without a token as a patch in the
/// outbox. Nothing where there is no such work.
///
/// # Errors
/// There is, and it can't be saved: then the slot must stay.
pub async fn unfinished(upkeep: &Upkeep, settings: &Settings, record: &Record) -> Result<Option<SavedWork>, Stop> {
    let folder = upkeep.workplace.slot(&record.env, record.slot);
    let tree = folder.join("tree");
    let Some((branch, start)) = publish::start_of(&tree).filter(|_| is_unfinished(record)) else { return Ok(None) };
    let name = slot_name(record);
    if upkeep.dry {
        upkeep.hands.plan.add_git(format!("save unfinished work of {name} on branch {}", wip_branch(&branch)), None);
        return Ok(None);
    }
    let failed = |error: publish::Error| {
        Stop::failed(format!("{name} stays: its unfinished work in {} could not be saved: {error}", tree.display()))
    };
    let sources = upkeep.hands.sources.as_ref();
    sources.fetch().await.map_err(failed)?;
    let usual = Publish::default();
    let slot = format!("{}-{}", record.env, record.slot);
    let wanted = Collect {
        slot: slot.clone(),
        tree: tree.clone(),
        start,
        skip: usual.skip.clone(),
        limits: Limits { files: usual.max_files, bytes: usual.max_bytes.bytes() },
    };
    sources.collect(&wanted).await.map_err(failed)?;
    let number = record.issue.or(record.pr).map_or(String::new(), |number| format!(" (#{number})"));
    let commit = Commit {
        slot,
        branch: branch.clone(),
        message: format!("feat: unfinished work{number}"),
        author: author(settings),
        co_author: Some(co_author()),
        date: kept::date(&folder).unwrap_or(record.updated_at),
    };
    let to = match upkeep.hands.has_token {
        true => SaveTo::Branch(wip_branch(&branch)),
        false => SaveTo::Patch(upkeep.workplace.outbox.clone()),
    };
    let saved = sources.save(&Save { commit, to }).await.map_err(failed)?.into_known().flatten();
    if let Some(saved) = &saved {
        upkeep.say(Level::Notice, format!("unfinished work of {name} is saved: {saved}"));
    }
    Ok(saved)
}

/// Whether a run stopped in the middle of its work there.
fn is_unfinished(record: &Record) -> bool {
    record.phase >= Phase::Sources && record.phase < Phase::Published
}
