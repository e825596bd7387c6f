//! Finding the slot of an issue or pull request, or making one (spec 5.3).

use std::collections::BTreeMap;

use super::{Error, Phase, Record, SCHEMA, Store};
use crate::clock::Clock;

/// What the slot is for. All of issue, pull request and number that are given have to match a record that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `owner/name`.
    pub repo: String,
    /// `project` of services.yaml.
    pub project: String,
    /// The environment: a repair of an issue has another slot than the work on it.
    pub env: String,
    /// The issue.
    pub issue: Option<u64>,
    /// The pull request.
    pub pr: Option<u64>,
    /// The number that is asked for; a new slot gets it if it is free.
    pub slot: Option<u32>,
    /// The highest number; 0 is no limit.
    pub max: u32,
    /// The run that asks, else `manual`.
    pub owner: String,
}

impl Wanted {
    fn matches(&self, record: &Record) -> bool {
        record.repo.eq_ignore_ascii_case(&self.repo)
            && record.env == self.env
            && (self.issue.is_none() || record.issue == self.issue)
            && (self.pr.is_none() || record.pr == self.pr)
    }

    fn allows(&self, slot: u32) -> bool {
        slot > 0 && (self.max == 0 || slot <= self.max)
    }
}

/// The slot that was found or made.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocated {
    /// Its record.
    pub record: Record,
    /// Whether this call made it.
    pub created: bool,
}

/// The record that matches, if there is one. Of several (a run was killed before it could yield) the same one for everybody.
///
/// # Errors
/// Those of [`Store::list`].
pub async fn find(store: &dyn Store, wanted: &Wanted) -> Result<Option<Record>, Error> {
    let numbered = |record: &Record| wanted.slot.is_none_or(|slot| record.slot == slot);
    Ok(elder(store.list().await?.into_iter().filter(|record| wanted.matches(record) && numbered(record))))
}

/// Finds the slot or makes one, with a namespace as the patterns give it for a number. Two calls at once for one issue end with one
/// slot: whoever made the later one takes it back.
///
/// # Errors
/// [`Error::Full`] when no number is free, else those of the store.
pub async fn allocate(
    store: &dyn Store,
    clock: &dyn Clock,
    wanted: &Wanted,
    namespace: &(dyn Fn(u32) -> String + Sync),
) -> Result<Allocated, Error> {
    loop {
        if let Some(record) = find(store, wanted).await?
            && let Some(record) = with_namespace(store, record, namespace).await?
        {
            return Ok(Allocated { record, created: false });
        }
        let slot = create(store, clock, wanted, namespace).await?;
        // The store's own order of creation decides, so its word is read back.
        let mine = |record: &Record| record.slot == slot && record.owner == wanted.owner;
        let records = store.list().await?;
        let Some(record) = records.iter().find(|record| mine(record)).cloned() else { continue };
        // Without issue and pull request there is nothing that two runs could share.
        let rivals = records
            .into_iter()
            .filter(|record| wanted.matches(record) && (wanted.issue.is_some() || wanted.pr.is_some()));
        match elder(rivals) {
            Some(first) if first.slot != slot => {
                store.remove(slot).await?;
                // Unless that one is gone by now, this is where the other run works.
                if let Some(record) = with_namespace(store, first, namespace).await? {
                    return Ok(Allocated { record, created: false });
                }
            }
            _ => return Ok(Allocated { record, created: true }),
        }
    }
}

/// The record that was made first, by the store's clock, then by number.
fn elder(records: impl Iterator<Item = Record>) -> Option<Record> {
    records.min_by_key(|record| (record.created_at, record.slot))
}

/// Corrects the namespace where patterns changed; `None` when the record is gone.
async fn with_namespace(
    store: &dyn Store,
    record: Record,
    namespace: &(dyn Fn(u32) -> String + Sync),
) -> Result<Option<Record>, Error> {
    let right = namespace(record.slot);
    if record.namespace == right {
        return Ok(Some(record));
    }
    let mut change = |record: &mut Record| {
        record.namespace.clone_from(&right);
        Ok(())
    };
    store.change(record.slot, &mut change).await
}

/// Makes a record at the number that is asked for, else at the lowest free one.
async fn create(
    store: &dyn Store,
    clock: &dyn Clock,
    wanted: &Wanted,
    namespace: &(dyn Fn(u32) -> String + Sync),
) -> Result<u32, Error> {
    let mut taken: BTreeMap<u32, String> =
        store.list().await?.iter().map(|record| (record.slot, holder(record))).collect();
    let mut asked = wanted.slot.filter(|slot| wanted.allows(*slot));
    loop {
        let free = || (1..=u32::MAX).take_while(|slot| wanted.allows(*slot)).find(|slot| !taken.contains_key(slot));
        let Some(slot) = asked.take().filter(|slot| !taken.contains_key(slot)).or_else(free) else {
            let taken = taken.into_iter().take_while(|(slot, _)| wanted.allows(*slot));
            let taken: Vec<String> = taken.map(|(slot, who)| format!("{slot}: {who}")).collect();
            return Err(Error::Full { max: wanted.max, taken: taken.join(", ") });
        };
        let now = clock.now();
        let record = Record {
            schema: SCHEMA,
            slot,
            env: wanted.env.clone(),
            namespace: namespace(slot),
            owner: wanted.owner.clone(),
            issue: wanted.issue,
            pr: wanted.pr,
            project: wanted.project.clone(),
            repo: wanted.repo.clone(),
            created_at: now,
            updated_at: now,
            phase: Phase::Allocated,
            delivery: None,
            branch: None,
            session: None,
            pushed: None,
            aside: None,
            lease: None,
            plan: None,
            rest: serde_json::Map::new(),
        };
        if store.create(&record).await? {
            return Ok(slot);
        }
        // Somebody was faster, or the number belongs to another repository: the next one.
        taken.insert(slot, "another run".to_owned());
    }
}

/// Who has a slot, for people.
fn holder(record: &Record) -> String {
    match (record.issue, record.pr) {
        (Some(issue), _) => format!("issue #{issue}"),
        (None, Some(pr)) => format!("pull request #{pr}"),
        (None, None) => record.owner.clone(),
    }
}

#[cfg(test)]
mod tests;
