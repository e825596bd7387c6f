//! A dry hand for records: reads those that are there, keeps every change to itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::{Error, Record, Store};

/// Reads by another store; what is made, changed or removed is seen by this one alone.
pub struct DryStore {
    reads: Arc<dyn Store>,
    /// Changed records by number; none: removed.
    changed: Mutex<BTreeMap<u32, Option<Record>>>,
}

impl DryStore {
    /// A dry store in front of this one.
    pub fn new(reads: Arc<dyn Store>) -> Self {
        Self { reads, changed: Mutex::default() }
    }
}

#[async_trait]
impl Store for DryStore {
    async fn list(&self) -> Result<Vec<Record>, Error> {
        let changed = self.changed.lock().await;
        let there = self.reads.list().await?.into_iter().filter(|record| !changed.contains_key(&record.slot));
        let mut all: Vec<Record> = there.chain(changed.values().flatten().cloned()).collect();
        all.sort_by_key(|record| record.slot);
        Ok(all)
    }

    async fn create(&self, record: &Record) -> Result<bool, Error> {
        if self.list().await?.iter().any(|other| other.slot == record.slot) {
            return Ok(false);
        }
        self.changed.lock().await.insert(record.slot, Some(record.clone()));
        Ok(true)
    }

    async fn change(
        &self,
        slot: u32,
        change: &mut (dyn for<'a> FnMut(&'a mut Record) -> Result<(), Error> + Send),
    ) -> Result<Option<Record>, Error> {
        let Some(mut record) = self.list().await?.into_iter().find(|record| record.slot == slot) else {
            return Ok(None);
        };
        change(&mut record)?;
        self.changed.lock().await.insert(slot, Some(record.clone()));
        Ok(Some(record))
    }

    async fn remove(&self, slot: u32) -> Result<(), Error> {
        self.changed.lock().await.insert(slot, None);
        Ok(())
    }
}
