//! Why sources did not come or work did not leave.

use std::path::Path;

use super::scan::Hit;
use crate::blocked::explained;
use crate::git;

/// Why sources did not come or work did not leave.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// A file or folder of ours, or the agent's tree, can't be used.
    #[error("can't {action} {path}: {source}")]
    Io {
        /// `read`, `write`, `make`, …
        action: &'static str,
        /// The file or folder.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// Another run holds a folder of ours for too long.
    #[error("{path} has been held by another run for {minutes} minutes: wait for it, or end it")]
    Busy {
        /// The lock's file.
        path: String,
        /// How long we waited.
        minutes: u64,
    },
    /// The remote has no commit.
    #[error("{remote} has no commits: push a first commit to its default branch, then run again")]
    Empty {
        /// The remote.
        remote: String,
    },
    /// The commit isn't in the mirror.
    #[error("commit {commit} is not in {mirror}: it is on no branch of the remote, or was not fetched yet")]
    NoCommit {
        /// The commit.
        commit: String,
        /// The mirror.
        mirror: String,
    },
    /// A name that is no branch, no commit or no slot.
    #[error("{name:?} is no name for a {what}")]
    Name {
        /// The name.
        name: String,
        /// `branch`, `commit` or `slot`.
        what: &'static str,
    },
    /// A glob of `publish.skip` can't be read.
    #[error("publish.skip: {glob:?} is no glob: {reason}")]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More changed than may leave a run.
    #[error("{}", limit_text(.what, *.limit))]
    Limit {
        /// What was counted.
        what: Counted,
        /// The limit.
        limit: u64,
    },
    /// A changed file is kept in LFS, and git-lfs is not installed.
    #[error(
        "{path} is kept in Git LFS and git-lfs is not installed: install it where codexctl runs, or keep such files out of the change"
    )]
    Lfs {
        /// The file.
        path: String,
    },
    /// The work or the message holds secrets.
    #[error("{}", secrets_text(.0))]
    Secrets(Vec<Hit>),
    /// There is nothing collected under this name.
    #[error("nothing has been collected for {slot}: collect first")]
    NotCollected {
        /// The slot.
        slot: String,
    },
    /// The branch moved again and again while we merged.
    #[error("{branch} moved {tries} times while its merge was pushed: run again when it is quiet")]
    Restless {
        /// The branch.
        branch: String,
        /// How often it was tried.
        tries: usize,
    },
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Changed files.
    Files,
    /// Bytes of changed files.
    Bytes,
    /// Everything that was looked at.
    Entries,
}

impl Error {
    /// An error of the system about a path.
    pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io { action, path: path.display().to_string(), source: explained(path, source) }
    }
}

fn limit_text(what: &Counted, limit: u64) -> String {
    match what {
        Counted::Files => format!(
            "more than {limit} files changed: raise publish.maxFiles, add what is generated to .gitignore or publish.skip"
        ),
        Counted::Bytes => format!(
            "the changed files have more than {limit} bytes: raise publish.maxBytes, add what is generated to .gitignore or publish.skip"
        ),
        Counted::Entries => format!(
            "the agent's tree has more than {limit} entries that git does not ignore: add what is generated to .gitignore"
        ),
    }
}

fn secrets_text(hits: &[Hit]) -> String {
    let places: Vec<_> = hits.iter().map(|hit| format!("\n  {hit}")).collect();
    format!(
        "secrets would leave the run:{}\nTake them out of the change and rotate those that are real",
        places.concat()
    )
}
