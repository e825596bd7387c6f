//! GitHub, as far as a flow needs it: questions, and the few things that codexctl writes there.
//!
//! Three hands: `live` (the API, by octocrab), `outbox` (no token: one readable file for each thing that would be written) and
//! `dry` (asks where it may, writes nothing, remembers in order what would be written).

mod app; // a GitHub App's key, and what it signs
mod bearer; // what stands in `Authorization`
mod closing; // issues are closed, branches deleted
mod client; // one request after another: counted, bounded in time, repeated only where that doubles nothing
mod comments; // our own comments: found by marker, edited in place
mod count; // how many requests, for what, and how long it was waited
pub mod dry;
pub mod error; // GitHub's refusals in a user's words
mod etag; // answers that were read before
pub mod installation; // tokens of a GitHub App for one repository
pub mod issues; // issues of a plan: found by marker, made once, edited
pub mod live;
pub mod look; // what `doctor` asks about token and repository
pub mod markers; // the hidden first line of our own comments
pub mod outbox;
mod pulls; // pull requests: found by head, opened or brought to what is wanted
mod retry; // whether, when and why a request is sent again
mod reviews; // a pull request with its review threads
mod threads; // reactions to reviews, answers in threads
mod transport; // addresses, proxies, certificates
mod wire; // GitHub's shapes, as little of them as we need
mod writes; // writes that end the same however often their answers are lost

pub use markers::marker;

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::event::{Account, Comment, Issue, Pull};

/// What somebody may do in the repository. Source: "Get repository permissions for a user", where `maintain` is told as `write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Nothing.
    None,
    /// May read.
    Read,
    /// May write.
    Write,
    /// May do everything.
    Admin,
}

/// Where a comment or a label belongs: in GitHub's way of counting pull requests are issues too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Thread {
    /// An issue by number.
    Issue(u64),
    /// A pull request by number.
    Pull(u64),
    /// The pull request of this branch, while it has no number (outbox, dry run).
    PullOf(String),
}

impl fmt::Display for Thread {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issue(number) => write!(out, "issue #{number}"),
            Self::Pull(number) => write!(out, "pull request #{number}"),
            Self::PullOf(branch) => write!(out, "the pull request of {branch}"),
        }
    }
}

/// What an eyes reaction is put on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reacted {
    /// An issue.
    Issue(u64),
    /// A comment on an issue.
    Comment(u64),
    /// A review of a pull request.
    Review {
        /// The pull request.
        pull: u64,
        /// The review's number.
        review: u64,
    },
}

impl fmt::Display for Reacted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issue(number) => write!(out, "issue #{number}"),
            Self::Comment(id) => write!(out, "comment {id}"),
            Self::Review { pull, .. } => write!(out, "the review of pull request #{pull}"),
        }
    }
}

/// An issue that codexctl makes, and edits later. Its marker's `number` is that of the plan's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WantedIssue {
    /// The issue, where it is there and shall be edited; none: it is found by its marker, or made.
    pub number: Option<u64>,
    /// The hidden first line that finds it again after a write whose answer was cut; it is part of `body` too.
    pub marker: String,
    /// The title.
    pub title: String,
    /// The whole text.
    pub body: String,
    /// Labels that it gets when it is made.
    pub labels: Vec<String>,
}

/// An issue that is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlacedIssue {
    /// The number; none in the outbox.
    pub number: Option<u64>,
    /// Its page, or the outbox file.
    pub url: String,
    /// Whether it was there before.
    pub existed: bool,
}

/// An answer in a review thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadReply {
    /// The pull request.
    pub pull: u64,
    /// The thread, by GitHub's id.
    pub thread: String,
    /// The hidden first line that tells our answer of this run; it is part of `body` too.
    pub marker: String,
    /// The whole text; none: nothing is written.
    pub body: Option<String>,
    /// Whether the thread shall be resolved.
    pub resolve: bool,
}

/// What became of an answer in a review thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Answered {
    /// It stands there, and the thread is resolved where that was wanted.
    Done,
    /// Somebody resolved the thread before: nothing was written.
    ResolvedByOthers,
}

/// A comment of ours that is made once and edited later: `kind` tells its file in the outbox, and its hidden marker on GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnComment {
    /// Where it stands.
    pub thread: Thread,
    /// `progress`, `environment`, `plan`, …
    pub kind: String,
    /// The hidden first line that finds it again, complete (`<!-- codexctl:… -->`); it is part of `body` too.
    pub marker: String,
    /// The whole text.
    pub body: String,
}

/// A pull request as it shall be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WantedPull {
    /// The branch with the work.
    pub head: String,
    /// The branch that it goes into.
    pub base: String,
    /// The title.
    pub title: String,
    /// The text.
    pub body: String,
    /// Whether it shall be a draft when it is opened.
    pub draft: bool,
    /// Whether one that is ready for review becomes a draft again.
    pub redraft: bool,
    /// Labels to add.
    pub labels: Vec<String>,
    /// Logins to ask for a review.
    pub reviewers: Vec<String>,
}

/// A pull request that is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlacedPull {
    /// The number; none in the outbox.
    pub number: Option<u64>,
    /// Its page, or the outbox file.
    pub url: String,
    /// Whether it was there before.
    pub existed: bool,
    /// Whether it is a draft.
    pub draft: bool,
}

/// A pull request with what reviewers wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its number.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Its page.
    pub url: String,
    /// Who opened it.
    pub author: String,
    /// The branch with the work.
    pub head: String,
    /// The branch that it goes into.
    pub base: String,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Texts that reviews begin with; those without one are left out.
    pub texts: Vec<ThreadComment>,
    /// All threads, resolved ones too.
    pub threads: Vec<ReviewThread>,
}

/// A thread of a review, at a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewThread {
    /// GitHub's id, by which it is answered.
    pub id: String,
    /// The file.
    pub path: String,
    /// The line in the file as it is now; none where it is gone, or the whole file is meant.
    pub line: Option<u64>,
    /// The first line, where it is about several.
    pub start_line: Option<u64>,
    /// Whether somebody resolved it.
    pub resolved: bool,
    /// Whether the code has changed since.
    pub outdated: bool,
    /// The part of the diff that it was written on.
    pub hunk: Option<String>,
    /// Its comments, oldest first.
    pub comments: Vec<ThreadComment>,
}

/// What somebody wrote in a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadComment {
    /// The comment.
    pub comment: Comment,
    /// Whether GitHub hides it.
    pub minimized: bool,
    /// Whether codexctl wrote it: the token's own account, with a marker.
    pub ours: bool,
}

/// Why GitHub did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token may not do this; the text names the missing permission.
    #[error("GitHub refuses to {action}: {reason}. {way_out}")]
    Refused {
        /// What was tried, such as `open a pull request in codex-k8s/shop`.
        action: String,
        /// GitHub's own words.
        reason: String,
        /// What the user can do.
        way_out: String,
    },
    /// The thing isn't there, or the token may not see it.
    #[error("GitHub has no {what}: it is missing, or the token has no access to it")]
    Missing {
        /// What was looked for.
        what: String,
    },
    /// Nobody without write access may write there.
    #[error(
        "{place} is locked, and this token may not write there: unlock the conversation, or give a token with write access"
    )]
    Locked {
        /// The issue or pull request.
        place: String,
    },
    /// No answer, or none that can be read, after all retries.
    #[error("can't {action}: {reason}")]
    Unreachable {
        /// What was tried.
        action: String,
        /// The last error.
        reason: String,
    },
    /// The GitHub App that was given can't be used here.
    #[error("the GitHub App can't be used: {reason}. {way_out}")]
    App {
        /// What is wrong; never the key.
        reason: String,
        /// What the user can do.
        way_out: String,
    },
    /// Somebody asked the run to stop while it waited.
    #[error("interrupted while waiting to {action} ({why})")]
    Interrupted {
        /// What was to be done.
        action: String,
        /// Why it had to wait.
        why: String,
    },
    /// The connection itself can't be set up: an address, the token, a proxy or the machine's certificates.
    #[error("can't reach GitHub: {reason}. {way_out}")]
    Setup {
        /// What is wrong; never the token.
        reason: String,
        /// What the user can do.
        way_out: String,
    },
    /// Our own comment carries a marker of a version to come; it is left alone.
    #[error(
        "{place} has a codexctl comment of schema {found}, this codexctl knows {known}: upgrade to the version that wrote it",
        known = markers::SCHEMA
    )]
    Newer {
        /// Where the comment is.
        place: String,
        /// Its schema.
        found: u64,
    },
    /// A branch was to be deleted as it was seen, and is another by now.
    #[error("branch {branch} moved from {was} to {is} meanwhile: it stays. Start the command again to look at it anew", was = &was[..was.len().min(7)], is = &is[..is.len().min(7)])]
    Moved {
        /// The branch.
        branch: String,
        /// The commit that it was seen at.
        was: String,
        /// The commit that it is at.
        is: String,
    },
    /// The outbox could not be written.
    #[error("can't write {path}: {source}")]
    Outbox {
        /// The file.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
}

/// How a repository stands to the token's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account: Account,
    /// Whether the repository is read-only for everybody.
    pub archived: bool,
    /// Whether the account may push; unknown for Apps and for `GITHUB_TOKEN`.
    pub may_push: Option<bool>,
}

/// Everything that a flow asks GitHub or writes there.
#[async_trait]
pub trait GitHub: Send + Sync {
    /// The account that the token belongs to.
    async fn viewer(&self) -> Result<Answer<Account>, Error>;
    /// How the repository stands to the token's account. The answer comes with that to [`GitHub::viewer`].
    async fn standing(&self) -> Result<Answer<Standing>, Error> {
        Ok(Answer::Unknown("would ask GitHub what the token may do".to_owned()))
    }
    /// What an account may do in the repository.
    async fn permission(&self, login: &str) -> Result<Answer<Permission>, Error>;
    /// Whether GitHub says that an account is a bot.
    async fn is_bot(&self, login: &str) -> Result<Answer<bool>, Error>;
    /// An issue as it is now.
    async fn issue(&self, number: u64) -> Result<Answer<Issue>, Error>;
    /// All comments of an issue, oldest first, minimised ones left out.
    async fn comments(&self, issue: u64) -> Result<Answer<Vec<Comment>>, Error>;
    /// Pull requests whose head is this branch of this repository, newest first, in any state.
    async fn pulls_of(&self, head: &str) -> Result<Answer<Vec<Pull>>, Error>;
    /// A pull request as it is now.
    async fn pull(&self, number: u64) -> Result<Answer<Pull>, Error>;
    /// Issues that codexctl made for the plan of this root (their marker says so, and they are the token's own account's), oldest first.
    async fn plan_issues(&self, root: u64) -> Result<Answer<Vec<Issue>>, Error>;
    /// A pull request with its reviews and their threads.
    async fn review(&self, pull: u64) -> Result<Answer<Review>, Error>;
    /// The text of our own comment with this marker, if it is there. Only texts of the token's own account count.
    async fn own_comment(&self, thread: &Thread, kind: &str, marker: &str) -> Result<Answer<Option<String>>, Error>;

    /// Puts an eyes reaction on something; doing it twice changes nothing.
    async fn react(&self, on: &Reacted) -> Result<(), Error>;
    /// Writes a comment or, where its marker is found in a text of our own, edits it. Gives its address.
    async fn put_comment(&self, comment: &OwnComment) -> Result<Answer<String>, Error>;
    /// Opens the pull request, or brings the open one of that branch to what is wanted.
    async fn put_pull(&self, pull: &WantedPull) -> Result<Answer<PlacedPull>, Error>;
    /// Puts a notice at the top of a pull request's text, unless the text has it already; the rest stays as people left it.
    async fn put_notice(&self, pull: u64, notice: &str) -> Result<Answer<()>, Error>;
    /// Takes a label off; one that isn't there is fine.
    async fn remove_label(&self, thread: &Thread, label: &str) -> Result<(), Error>;
    /// Makes an issue, or edits the one that is there. One that codexctl did not make is never edited.
    async fn put_issue(&self, issue: &WantedIssue) -> Result<Answer<PlacedIssue>, Error>;
    /// Answers a review thread once, and resolves it.
    async fn answer_thread(&self, reply: &ThreadReply) -> Result<Answer<Answered>, Error>;
    /// Closes an issue as completed; one that is closed is fine.
    async fn close_issue(&self, number: u64) -> Result<Answer<()>, Error>;
    /// Deletes a branch that points to this commit; one that is gone is fine, one that moved stays and is an error.
    async fn delete_branch(&self, branch: &str, commit: &str) -> Result<Answer<()>, Error>;
    /// How many requests were sent so far.
    fn requests(&self) -> u64;
    /// How many of them were answered "not changed", which costs nothing of the hourly limit.
    fn unchanged(&self) -> u64 {
        0
    }
}
