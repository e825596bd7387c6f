//! What people wrote on GitHub, as flows hand it in: all texts raw. The view cleans, fits and fences them.

use chrono::{DateTime, Utc};

/// The issue that a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Names of all its labels.
    pub labels: Vec<String>,
    /// Who wrote it.
    pub author: String,
    /// Its page.
    pub url: String,
    /// Whether title or text changed since the last run; asked only where [`super::Mode::New`] is wanted.
    pub changed: bool,
}

/// A comment of an issue, of a pull request or of a review thread, or the text of a review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// The issue or pull request that it stands on.
    pub issue: u64,
    /// Who wrote it.
    pub author: String,
    /// What it says.
    pub body: String,
    /// Its page.
    pub url: String,
    /// When it was written.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last edited.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether the author has write access; others are there with `--all-comments` only, and marked.
    pub may_write: bool,
    /// Whether GitHub hides it (spam, outdated, resolved): such a one is never told.
    pub minimized: bool,
    /// Whether codexctl has had its word: on an issue, whether it has replied to this comment; in a thread, where replies stand
    /// below, whether this is such a reply of its own.
    pub answered: bool,
}

impl Comment {
    /// When it was last written to.
    pub(super) fn touched_at(&self) -> Option<DateTime<Utc>> {
        self.updated_at.max(self.created_at)
    }

    /// Whether it was written or edited after a time; one without times may have been.
    pub(super) fn is_newer(&self, since: Option<DateTime<Utc>>) -> bool {
        since.is_none_or(|since| self.touched_at().is_none_or(|touched| touched > since))
    }
}

/// The open pull request of the branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenPull {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Who opened it.
    pub author: String,
    /// The commit that its branch left the base at, where it is known: the diff from there is what reviewers see.
    pub merge_base: Option<String>,
    /// Names of its checks that failed.
    pub failed_checks: Vec<String>,
}

/// A thread of a review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewThread {
    /// GitHub's id of the thread, with which the result answers it.
    pub id: String,
    /// The file that it is about.
    pub path: String,
    /// The line in the file as it is now; none where the thread is about the whole file, or the line is gone.
    pub line: Option<u64>,
    /// The first line, where the thread is about several.
    pub start_line: Option<u64>,
    /// Whether the code has changed since, so that the line may be another one.
    pub outdated: bool,
    /// The part of the diff that the thread was written on.
    pub hunk: Option<String>,
    /// Whether it is resolved: such a one is never told.
    pub resolved: bool,
    /// Its comments in any order; the oldest is what was asked. One whose newest is codexctl's own waits for nothing.
    pub comments: Vec<Comment>,
}

/// The plan that a run works on, or that its issue belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The planning issue: the root.
    pub issue: u64,
    /// The plan as it stands in codexctl's comment; none: there is no plan yet.
    pub text: Option<String>,
    /// Whether it was changed since the last run by somebody else; asked only where [`super::Mode::New`] is wanted.
    pub changed: bool,
    /// Issues that name the root in `AI-PLAN-PARENT`.
    pub issues: Vec<LinkedIssue>,
    /// What started a plan review.
    pub focus: Option<Focus>,
}

/// An issue below a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkedIssue {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Whether it is open.
    pub open: bool,
    /// Whether codexctl made it: then the result may change its text.
    pub ours: bool,
    /// Whether its text changed since the last run; asked only where [`super::Mode::New`] is wanted.
    pub changed: bool,
}

/// The comment that started a plan review.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Focus {
    /// The issue that it stands on: the root, or one below it.
    pub issue: u64,
    /// Its number; none where the review was started by name.
    pub comment: Option<u64>,
}
