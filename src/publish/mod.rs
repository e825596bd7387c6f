//! Sources in, work out: trees for codexctl and for the agent, and the way of the agent's work to a pushed commit (spec 7.3–7.5).
//!
//! The agent's tree and the repository that holds a token never share a git directory: only file content passes from one to the
//! other. [`Sources`] has two hands: [`live::LiveSources`] and [`dry::DrySources`].

pub mod branch;
mod collect;
mod commit;
pub mod dry;
mod error;
mod files;
pub mod hints;
pub mod live;
mod lock;
mod names;
mod push;
mod save;
pub mod scan;
mod sources;
mod tree;
mod walk;
mod whole;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Serialize;

pub use self::error::Error;
pub use self::files::{make_private, remove};
pub use self::tree::start_of;
use crate::answer::Answer;

/// The branches of the remote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heads {
    /// The default branch.
    pub default: String,
    /// Every branch with the commit that it points to.
    pub branches: BTreeMap<String, String>,
}

impl Heads {
    /// The commit that the default branch points to.
    pub fn default_commit(&self) -> Option<&str> {
        self.branches.get(&self.default).map(String::as_str)
    }
}

/// A name and an address for a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} <{}>", self.name, self.email)
    }
}

/// A tree that the agent shall work in.
#[derive(Debug, Clone)]
pub struct AgentTree {
    /// Where it shall stand; `<folder>.start.json` and `<folder>.lock` beside it are ours. A parent that is made here is open to
    /// us alone: make it before, where the agent is another user.
    pub folder: PathBuf,
    /// The branch that it shall be on.
    pub branch: String,
    /// The commit that it starts from; it must have been fetched.
    pub start: String,
    /// The default branch and its commit, for the agent to compare with.
    pub base: Option<(String, String)>,
    /// Work of an earlier run to put on top, uncommitted.
    pub saved: Option<SavedWork>,
    /// Whether a finished tree of the same branch stays as it is, with what an agent did in it.
    pub keep: bool,
    /// Who the agent commits as.
    pub identity: Identity,
}

/// What became of saved work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenUp {
    /// There was none.
    Nothing,
    /// It lies in the tree, uncommitted.
    Whole,
    /// It does not fit on the start any more and was left out; the text says where it still is.
    LeftOut(String),
}

/// A tree that stands ready for the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlacedTree {
    /// Where it stands.
    pub folder: PathBuf,
    /// The branch that it is on.
    pub branch: String,
    /// The commit that it started from; work is what differs from this. For a kept tree perhaps not the one asked for.
    pub start: String,
    /// Whether it was there before and was kept.
    pub kept: bool,
    /// What became of saved work.
    pub taken_up: TakenUp,
}

/// How much may leave a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Changed files, deleted ones included.
    pub files: u64,
    /// Bytes of all changed files as they are now.
    pub bytes: u64,
}

/// The agent's work, to be taken into codexctl's own clone.
#[derive(Debug, Clone)]
pub struct Collect {
    /// A name for the clone, one per slot, such as `ai-3`: letters, digits, `-`.
    pub slot: String,
    /// The agent's tree.
    pub tree: PathBuf,
    /// The commit that the tree started from.
    pub start: String,
    /// Globs of what stays behind (`publish.skip`).
    pub skip: Vec<String>,
    /// Where collecting stops.
    pub limits: Limits,
}

/// What happened to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is new.
    Added,
    /// Its content, its executable bit or its type changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its path from the root of the tree, `/` between parts; bytes that are no UTF-8 stand as U+FFFD.
    pub path: String,
    /// What happened to it.
    pub kind: Kind,
    /// Its size now in bytes; 0 when it is gone.
    pub bytes: u64,
    /// Lines added and removed; none for a binary file.
    pub lines: Option<(u64, u64)>,
}

/// Why something in the agent's tree needs a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A `.git`, or a name that some system takes for it, below the root.
    GitName,
    /// A symbolic link with an absolute target.
    AbsoluteLink,
    /// A symbolic link that leads out of the tree, or could.
    LinkOut,
    /// A symbolic link into a `.git`.
    LinkIntoGit,
    /// A named pipe, socket or device.
    Special,
    /// A file with a setuid or setgid bit.
    Setuid,
    /// A file with a second hard link: its content may be that of a file outside the tree.
    HardLink,
    /// Something that can't be read.
    Unreadable,
    /// A path that is too deep or too long.
    TooDeep,
    /// A name with control characters.
    ControlName,
    /// Content at the place of a submodule.
    Submodule,
    /// A new path that differs from another one only in case. It is taken all the same.
    CaseCollision,
}

/// Something in the agent's tree that was left as it was at the start, or was taken with a warning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Notice {
    /// The path, fit to be shown.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

impl Reason {
    /// Why it was left out, in words; none for what was taken all the same.
    pub fn left_out(self) -> Option<&'static str> {
        Some(match self {
            Self::GitName => "a name that git or a file system takes for `.git`",
            Self::AbsoluteLink => "a symbolic link with an absolute target",
            Self::LinkOut => "a symbolic link that leads out of the tree",
            Self::LinkIntoGit => "a symbolic link into a `.git`",
            Self::Special => "a named pipe, a socket or a device",
            Self::Setuid => "a file with a setuid or setgid bit",
            Self::HardLink => "a file with more than one hard link, it may come from outside the tree",
            Self::Unreadable => "it can't be read",
            Self::TooDeep => "the path is too deep or too long",
            Self::ControlName => "the name has control characters",
            Self::Submodule => "files at the place of a submodule",
            Self::CaseCollision => return None,
        })
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason.left_out() {
            Some(why) => write!(out, "{}: left out: {why}", self.path),
            None => write!(
                out,
                "{}: differs only in case from another path: macOS and Windows keep one of the two",
                self.path
            ),
        }
    }
}

/// What the agent's work consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// The changed files by path.
    pub files: Vec<Changed>,
    /// Added lines of text files.
    pub insertions: u64,
    /// Removed lines of text files.
    pub deletions: u64,
    /// The change as `git diff --stat` shows it; empty without a change.
    pub diffstat: String,
    /// What was left behind or needs a warning, by path.
    pub notices: Vec<Notice>,
}

/// A commit of what was collected.
#[derive(Debug, Clone)]
pub struct Commit {
    /// As in [`Collect::slot`].
    pub slot: String,
    /// The branch that it belongs to.
    pub branch: String,
    /// The message without trailers.
    pub message: String,
    /// Who wrote and committed it.
    pub author: Identity,
    /// Who stands in the trailer `Co-authored-by`.
    pub co_author: Option<Identity>,
    /// Its date: with the same work and date a second try gives the same commit.
    pub date: DateTime<Utc>,
}

/// A push of a commit.
#[derive(Debug, Clone)]
pub struct Push {
    /// As in [`Collect::slot`].
    pub slot: String,
    /// The branch.
    pub branch: String,
    /// The commit that [`Sources::commit`] made.
    pub commit: String,
    /// Who makes a merge commit, if one is needed.
    pub author: Identity,
    /// Its date.
    pub date: DateTime<Utc>,
}

/// A branch, and the one that it left.
#[derive(Debug, Clone)]
pub struct Branched {
    /// As in [`Collect::slot`].
    pub slot: String,
    /// The head of the branch that it left; it must have been fetched.
    pub from: String,
    /// Its own head, as it was pushed.
    pub head: String,
}

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "pushed", rename_all = "snake_case")]
pub enum Pushed {
    /// The branch points to the commit.
    Done {
        /// The commit.
        commit: String,
        /// Whether the branch is new.
        created: bool,
    },
    /// An earlier run had pushed it.
    AlreadyThere {
        /// What the branch points to: the commit, or a later one that holds it.
        commit: String,
    },
    /// The branch had moved; it points to a merge of both now.
    Merged {
        /// The merge.
        commit: String,
        /// What the branch pointed to before.
        with: String,
    },
    /// The branch had moved and both changed the same lines; the work is kept on a branch of its own.
    Conflict {
        /// That branch.
        branch: String,
        /// The commit there.
        commit: String,
        /// The files with conflicts.
        files: Vec<String>,
    },
}

/// Where unfinished work goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveTo {
    /// To this branch of the remote.
    Branch(String),
    /// To a patch in this folder, named by [`branch::patch_name`].
    Patch(PathBuf),
    /// To a patch in this folder of ours that we alone can read, named by branch and content. It is not scanned: it is for what may
    /// not leave this machine.
    Aside(PathBuf),
}

/// Unfinished work to be kept.
#[derive(Debug, Clone)]
pub struct Save {
    /// What is committed, as for a finished run; `branch` is the branch of the issue.
    pub commit: Commit,
    /// Where it goes.
    pub to: SaveTo,
}

/// Unfinished work that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedWork {
    /// On a branch of the remote.
    Branch {
        /// The branch.
        name: String,
        /// Its commit.
        commit: String,
    },
    /// As a patch.
    Patch(PathBuf),
}

impl fmt::Display for SavedWork {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch { name, .. } => write!(out, "branch {name}"),
            Self::Patch(path) => write!(out, "{}", path.display()),
        }
    }
}

/// Everything that a flow asks of git. Each method may be killed at any point and called again.
#[async_trait]
pub trait Sources: Send + Sync {
    /// The branches of the remote, asked now.
    async fn remote_heads(&self) -> Result<Answer<Heads>, Error>;
    /// Brings the mirror to the remote's state and gives the branches as fetched.
    async fn fetch(&self) -> Result<Answer<Heads>, Error>;
    /// Whether a fetched commit is `of` or comes before it; one that was never fetched does not.
    async fn is_before(&self, commit: &str, of: &str) -> Result<Answer<bool>, Error>;
    /// A folder with the files of a fetched commit, without a git directory.
    async fn trusted_tree(&self, commit: &str) -> Result<Answer<PathBuf>, Error>;
    /// A clone for the agent: whole history, no remote, no credentials, nothing shared with ours.
    async fn agent_tree(&self, wanted: &AgentTree) -> Result<Answer<PlacedTree>, Error>;
    /// Takes the content of the agent's tree into a fresh clone of ours and tells what changed.
    async fn collect(&self, wanted: &Collect) -> Result<Answer<Collected>, Error>;
    /// Scans what was collected and the message for secrets, and commits; none where nothing changed.
    async fn commit(&self, wanted: &Commit) -> Result<Answer<Option<String>>, Error>;
    /// Pushes a commit, never by force.
    async fn push(&self, wanted: &Push) -> Result<Answer<Pushed>, Error>;
    /// Every file that a pushed branch has changed since it left another one, with the work of earlier runs and of people.
    async fn whole_change(&self, of: &Branched) -> Result<Answer<Vec<(String, Kind)>>, Error>;
    /// Keeps what was collected for a later run; none where nothing changed.
    async fn save(&self, wanted: &Save) -> Result<Answer<Option<SavedWork>>, Error>;
    /// Removes saved work that has become part of something better; what is gone already is fine.
    async fn drop_saved(&self, work: &SavedWork) -> Result<Answer<()>, Error>;
}
