//! What a slot has beyond its record: folders here; a namespace, where a cluster runs it.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::agent::place::Place;
use crate::flows::stop::Stop;
use crate::flows::workplace::Workplace;
use crate::publish;
use crate::slots::Record;

/// What slots have beyond their records on one runtime. Each method may be cut and called again.
#[async_trait]
pub trait Remains: Send + Sync {
    /// Everything there is, a few words each, for a dry run.
    fn list(&self, record: &Record) -> Vec<String>;

    /// Ends an agent that still works there, though nobody waits for it any more.
    ///
    /// # Errors
    /// It can't be found out whether there is one.
    async fn end_work(&self, record: &Record) -> Result<(), Stop>;

    /// Removes everything; what is gone already is fine.
    ///
    /// # Errors
    /// Something can't be removed.
    async fn remove(&self, record: &Record) -> Result<(), Stop>;
}

/// The runtime `local`: folders of this machine.
pub struct OnThisMachine<'a> {
    /// Where they are.
    pub workplace: &'a Workplace,
    /// Where agents work.
    pub place: &'a dyn Place,
}

impl OnThisMachine<'_> {
    /// The agent's work, and codexctl's own clone for it.
    fn folders(&self, record: &Record) -> [PathBuf; 2] {
        let clone = format!("{}-{}", record.env, record.slot);
        [self.workplace.slot(&record.env, record.slot), self.workplace.state.join("publish").join(clone)]
    }
}

#[async_trait]
impl Remains for OnThisMachine<'_> {
    fn list(&self, record: &Record) -> Vec<String> {
        let there = self.folders(record).into_iter().filter(|folder| folder.exists());
        there.map(|folder| folder.display().to_string()).collect()
    }

    async fn end_work(&self, record: &Record) -> Result<(), Stop> {
        let run = self.workplace.slot(&record.env, record.slot).join("run");
        self.place.end_orphan(&run).await.map_err(Stop::failed)
    }

    async fn remove(&self, record: &Record) -> Result<(), Stop> {
        self.folders(record).iter().try_for_each(|folder| publish::remove(folder).map_err(Stop::failed))
    }
}
