//! Slots that nobody needs any more: unused for long, or of an issue and a pull request that are closed.

use std::time::Duration;

use super::find::needed;
use super::{Because, Candidate, Patience, Upkeep, age};
use crate::answer::Answer;
use crate::flows::stop::Stop;
use crate::github::Error;
use crate::slots::Record;

/// A slot that may go.
#[derive(Debug, Clone)]
pub struct Old {
    /// Its record.
    pub record: Record,
    /// Why.
    pub because: Because,
    /// Why, in words for a log: `unused for 26h`.
    pub why: String,
}

impl From<Old> for Candidate {
    fn from(old: Old) -> Self {
        // One that was used lately is not watched: whoever works there is alive.
        let patience = if matches!(old.because, Because::Idle(_)) { Patience::Watch } else { Patience::None };
        Self { record: old.record, because: old.because, patience }
    }
}

/// The slots of these environments that may go, by number. Whether somebody works there is not asked here.
///
/// # Errors
/// The records can't be read, or GitHub does not answer.
pub async fn old(upkeep: &Upkeep, envs: &[String], ttl: Duration) -> Result<Vec<Old>, Stop> {
    let now = upkeep.hands.clock.now();
    let mut all = Vec::new();
    for record in upkeep.records(envs).await? {
        let idle = (now - record.updated_at).to_std().unwrap_or_default();
        if idle > ttl {
            let why = format!("unused for {}", age(idle));
            all.push(Old { record, because: Because::Idle(idle), why });
        } else if let Some(why) = closed(upkeep, &record).await? {
            all.push(Old { record, because: Because::Closed, why });
        }
    }
    Ok(all)
}

/// Whether GitHub says that everything that the slot is for is closed, in words.
async fn closed(upkeep: &Upkeep, record: &Record) -> Result<Option<String>, Stop> {
    let github = upkeep.hands.github.as_ref();
    let mut names = Vec::new();
    if let Some(number) = record.issue {
        if open(github.issue(number).await.map(|answer| answer.map(|issue| issue.open)))? {
            return Ok(None);
        }
        names.push(format!("issue #{number}"));
    }
    if let Some(number) = record.pr {
        if open(github.pull(number).await.map(|answer| answer.map(|pull| pull.open)))? {
            return Ok(None);
        }
        names.push(format!("pull request #{number}"));
    }
    // A pull request that somebody opened by hand is in no record.
    if names.is_empty() || needed(upkeep, record, None).await?.is_some() {
        return Ok(None);
    }
    let are = if names.len() > 1 { "are" } else { "is" };
    Ok(Some(format!("{} {are} closed", names.join(" and "))))
}

/// What can't be seen may well be open.
fn open(asked: Result<Answer<bool>, Error>) -> Result<bool, Stop> {
    match asked {
        Ok(answer) => Ok(answer.into_known().unwrap_or(true)),
        Err(Error::Missing { .. }) => Ok(true),
        Err(error) => Err(Stop::failed(error)),
    }
}
