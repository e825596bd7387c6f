//! Which slots an issue, a pull request or a number has, and which of them something else still needs.

use super::{Upkeep, slot_name};
use crate::event::Pull;
use crate::flows::stop::Stop;
use crate::slots::Record;

/// What somebody named; all of it must match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// The issue.
    pub issue: Option<u64>,
    /// The pull request.
    pub pr: Option<u64>,
    /// The slot.
    pub slot: Option<u32>,
}

impl Given {
    /// Whether nothing was named.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    fn matches(&self, record: &Record) -> bool {
        self.issue.is_none_or(|issue| record.issue == Some(issue))
            && self.pr.is_none_or(|pr| record.pr == Some(pr))
            && self.slot.is_none_or(|slot| record.slot == slot)
    }
}

/// A pull request, as far as its slots are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullSeen {
    /// Its number.
    pub number: u64,
    /// Its branch; none where nobody could be asked for it.
    pub head: Option<String>,
}

impl From<&Pull> for PullSeen {
    fn from(pull: &Pull) -> Self {
        Self { number: pull.number, head: Some(pull.head_branch.clone()) }
    }
}

/// The slots of an issue or a pull request.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that nothing else needs.
    pub going: Vec<Record>,
    /// Those that stay, and why, as a sentence without a full stop.
    pub kept: Vec<(Record, String)>,
}

/// The records in these environments that match everything that was named.
///
/// # Errors
/// They can't be read.
pub async fn given(upkeep: &Upkeep, envs: &[String], given: &Given) -> Result<Vec<Record>, Stop> {
    Ok(upkeep.records(envs).await?.into_iter().filter(|record| given.matches(record)).collect())
}

/// The slots of an issue or a pull request in these environments: those of its number, and for a pull request also those of the issue
/// that its branch is named after. One that another, open pull request or work without one needs is kept.
///
/// # Errors
/// The records can't be read, or GitHub does not answer.
pub async fn of(upkeep: &Upkeep, envs: &[String], issue: Option<u64>, pull: Option<&PullSeen>) -> Result<Found, Stop> {
    let mut found = Found::default();
    for record in upkeep.records(envs).await? {
        let by_pull = pull.is_some_and(|pull| record.pr == Some(pull.number));
        let by_issue = issue.is_some() && record.issue == issue;
        if !by_pull && !by_issue {
            continue;
        }
        match needed(upkeep, &record, pull).await? {
            Some(why) => {
                let why = format!("{} stays: {why}", slot_name(&record));
                found.kept.push((record, why));
            }
            None => found.going.push(record),
        }
    }
    Ok(found)
}

/// What else needs a slot.
pub(super) async fn needed(upkeep: &Upkeep, record: &Record, pull: Option<&PullSeen>) -> Result<Option<String>, Stop> {
    let github = upkeep.hands.github.as_ref();
    let still_open = |number: u64| format!("pull request #{number} is open, and the slot goes when that is closed");
    let Some(branch) = &record.branch else {
        // Nobody has worked there yet, but somebody may have linked it.
        let Some(linked) = record.pr.filter(|linked| pull.is_none_or(|pull| pull.number != *linked)) else {
            return Ok(None);
        };
        let open = github.pull(linked).await.map_err(Stop::failed)?.into_known().is_some_and(|pull| pull.open);
        return Ok(open.then(|| still_open(linked)));
    };
    if pull.is_some_and(|pull| pull.head.as_ref() == Some(branch)) {
        return Ok(None);
    }
    // A pull request that is closed says nothing about other work for its issue.
    let other_work = pull.is_some_and(|pull| pull.head.is_some() || record.pr != Some(pull.number));
    let goes_on = || format!("work on branch {branch} goes on there");
    match github.pulls_of(branch).await.map_err(Stop::failed)?.into_known() {
        Some(pulls) => {
            let open = pulls.iter().find(|open| open.open && pull.is_none_or(|pull| pull.number != open.number));
            Ok(match open {
                Some(open) => Some(still_open(open.number)),
                None if pulls.is_empty() && other_work => Some(goes_on()),
                None => None,
            })
        }
        None => Ok(other_work.then(goes_on)),
    }
}
