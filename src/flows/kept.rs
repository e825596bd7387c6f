//! What the agent's end leaves on this machine until it is published: a rerun goes on from it without asking the agent again.

use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::agent::place::AgentEnd;
use crate::blocked::explained;

/// The file in the slot's folder.
const FILE: &str = "agent-end.json";

/// What is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// When the agent ended: the date of the commit, so that a second try makes the same one.
    pub(super) at: DateTime<Utc>,
    /// How it ended, and what it handed in.
    pub(super) end: AgentEnd,
    /// The review threads that it was told of: only those may it answer.
    #[serde(default)]
    pub(super) threads: Vec<String>,
}

/// Keeps the end; all of it or nothing.
///
/// # Errors
/// The system's, with the path.
pub(super) fn write(folder: &Path, kept: &Kept) -> io::Result<()> {
    let text = serde_json::to_vec(kept)?;
    let (file, new) = (folder.join(FILE), folder.join(format!("{FILE}.new")));
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, &file))
        .map_err(|error| explained(&file, error))
        .map_err(|error| io::Error::new(error.kind(), format!("can't write {}: {error}", file.display())))
}

/// The end that was kept; none where there is none or it can't be read, then the agent works again.
pub(super) fn read(folder: &Path) -> Option<Kept> {
    serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()
}

/// When the kept end was.
pub(super) fn date(folder: &Path) -> Option<DateTime<Utc>> {
    read(folder).map(|kept| kept.at)
}
