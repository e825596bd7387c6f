//! Slots: a numbered place for one issue's work, its record, and the lease of the run that works on it (spec 5.3, 5.4).

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub mod allocate; // the slot of an issue, found or made
pub mod dry; // reads records, changes none
mod file; // records as files on this machine
mod lane; // the plan's state beside that of the work
pub mod lease; // who works on a slot right now

pub use file::FileStore;
pub use lane::{Lane, Planning};

#[cfg(test)]
mod testing;

/// The version of the record's shape that this program writes and understands.
pub const SCHEMA: u32 = 1;

/// How far a run came on a slot; a rerun goes on from there. The order is the order of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The slot has a record and nothing else.
    Allocated,
    /// The sources are in the slot.
    Sources,
    /// Images are built.
    Images,
    /// The stack is applied.
    Applied,
    /// The place is ready for the agent.
    Ready,
    /// The agent has ended and its result is kept.
    Agent,
    /// Everything that leaves the run has left.
    Published,
}

impl Phase {
    /// The name, as records and markers have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allocated => "allocated",
            Self::Sources => "sources",
            Self::Images => "images",
            Self::Applied => "applied",
            Self::Ready => "ready",
            Self::Agent => "agent",
            Self::Published => "published",
        }
    }
}

impl Serialize for Phase {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.name())
    }
}

/// Who works on a slot right now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Run id and attempt, as in `1234-2`, or `manual-<host>-<pid>`.
    pub holder: String,
    /// When the holder last said that it is alive.
    pub renewed_at: DateTime<Utc>,
    /// The flow that it runs.
    pub flow: String,
    /// Who asks the holder to end: the slot is to be cleaned up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<String>,
}

/// What is known of a slot. Unknown keys of other versions are kept in `rest`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`]; a newer one is refused.
    pub schema: u32,
    /// The slot's number, from 1.
    pub slot: u32,
    /// The environment: `ai`, `ai-repair`.
    pub env: String,
    /// The namespace by the patterns of services.yaml, kept for the cluster runtime and shown to the agent.
    pub namespace: String,
    /// The run that made it, else `manual`.
    pub owner: String,
    /// The issue, where there is one.
    pub issue: Option<u64>,
    /// The pull request, once there is one.
    pub pr: Option<u64>,
    /// `project` of services.yaml.
    pub project: String,
    /// `owner/name`.
    pub repo: String,
    /// When it was made.
    #[serde(rename = "createdAt")]
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    #[serde(rename = "updatedAt")]
    pub updated_at: DateTime<Utc>,
    /// How far the last run came.
    pub phase: Phase,
    /// The delivery that the phase is about: run id and attempt, or a hash of the payload without one.
    pub delivery: Option<String>,
    /// The branch that the work goes to.
    pub branch: Option<String>,
    /// The agent's thread.
    pub session: Option<String>,
    /// What the branch pointed to when the tree's work was pushed; none once another tree was laid out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<String>,
    /// Where a copy of the tree's work lies that may not leave this machine: the next delivery starts without that work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<String>,
    /// Who works on it.
    pub lease: Option<Lease>,
    /// How far planning came, where the slot's issue was planned: it has a tree and a thread of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Planning>,
    /// Keys that this version doesn't know.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}

/// All slots up to this number, in words, as the subject of a sentence.
fn all_of(max: u32) -> String {
    if max == 1 { "the only slot is".to_owned() } else { format!("all {max} slots are") }
}

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store's file or folder can't be used.
    #[error("can't {action} {path}: {source}")]
    Io {
        /// `read`, `write`, `list`, …
        action: &'static str,
        /// The file.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The record is no record.
    #[error("{path} is not a slot record: {reason}. Move it away if it isn't needed")]
    Unreadable {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The record was written by a newer version.
    #[error("{path} has schema {found}, this codexctl knows {SCHEMA}: upgrade to the version that wrote it")]
    Newer {
        /// The file.
        path: String,
        /// Its schema.
        found: u64,
    },
    /// All numbers are taken.
    #[error("{} taken ({taken}); free one, or raise maxSlots in services.yaml", all_of(*.max))]
    Full {
        /// The maximum.
        max: u32,
        /// Who has them, as a list for people.
        taken: String,
    },
    /// The lease was lost to another run.
    #[error("slot {slot} is now worked on by {holder}: this run stops before it changes anything more")]
    LeaseLost {
        /// The slot.
        slot: u32,
        /// The new holder.
        holder: String,
    },
}

/// Where records are kept. Changes are atomic: of two at once, one happens after the other.
#[async_trait]
pub trait Store: Send + Sync {
    /// All records of the repository, by number.
    async fn list(&self) -> Result<Vec<Record>, Error>;
    /// Makes a record; false when that number is taken.
    async fn create(&self, record: &Record) -> Result<bool, Error>;
    /// Reads, changes and writes one record as one step; `None` when it is gone. The change may refuse by an error.
    async fn change(
        &self,
        slot: u32,
        change: &mut (dyn for<'a> FnMut(&'a mut Record) -> Result<(), Error> + Send),
    ) -> Result<Option<Record>, Error>;
    /// Removes a record; one that is gone already is fine.
    async fn remove(&self, slot: u32) -> Result<(), Error>;
}
