//! Keeps unfinished work of a slot before the slot goes: what a run left that was killed.

use super::{Upkeep, slot_name};
use crate::flows::aside::{self, Aside};
use crate::flows::authors::{author, co_author};
use crate::flows::kept;
use crate::flows::stop::Stop;
use crate::publish::branch::wip_branch;
use crate::publish::{self, Collect, Commit, Limits, Save, SaveTo, SavedWork};
use crate::settings::Settings;
use crate::slots::{Phase, Record};
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
    let not_saved = |why: String| {
        Stop::failed(format!("{name} stays: its unfinished work in {} could not be saved: {why}", tree.display()))
    };
    let failed = |error: publish::Error| not_saved(error.to_string());
    let sources = upkeep.hands.sources.as_ref();
    sources.fetch().await.map_err(failed)?;
    let skip = upkeep.publish.skip.clone();
    let slot = format!("{}-{}", record.env, record.slot);
    let wanted = Collect {
        slot: slot.clone(),
        tree: tree.clone(),
        start: start.clone(),
        skip: skip.clone(),
        // Whoever takes it up may still make it less.
        limits: Limits { files: u64::MAX, bytes: upkeep.publish.max_bytes.bytes() },
    };
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
    let saved = match sources.collect(&wanted).await {
        Ok(_) => sources.save(&Save { commit: commit.clone(), to }).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(saved) => {
            let saved = saved.into_known().flatten();
            if let Some(saved) = &saved {
                upkeep.say(Level::Notice, format!("unfinished work of {name} is saved: {saved}"));
            }
            Ok(saved)
        }
        Err(error @ (publish::Error::Limit { .. } | publish::Error::Secrets(_) | publish::Error::Lfs { .. })) => {
            let aside = Aside { tree: tree.clone(), start, skip, commit };
            let path =
                aside::set(sources, &upkeep.workplace, aside).await.map_err(|stop| not_saved(stop.headline()))?;
            if let Some(path) = path {
                let why = why(&error);
                let path = path.display();
                upkeep.say(
                    Level::Notice,
                    format!("unfinished work of {name} may not leave this machine ({why}): it is set aside in {path}"),
                );
            }
            Ok(None)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Why, without the ways out, which are for a run.
fn why(error: &publish::Error) -> String {
    match error {
        publish::Error::Secrets(hits) => match hits.as_slice() {
            [hit] => format!("a secret in {hit}"),
            hits => format!("secrets in {} places", hits.len()),
        },
        other => other.to_string().split_once(": ").map_or_else(|| other.to_string(), |(what, _)| what.to_owned()),
    }
}

/// Whether a run stopped in the middle of its work there, and no copy of that lies elsewhere.
fn is_unfinished(record: &Record) -> bool {
    let open = record.phase >= Phase::Sources && record.phase < Phase::Published;
    open && record.pushed.is_none() && record.aside.is_none()
}
