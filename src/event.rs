//! Webhook payloads become one [`Event`]. An event that we have no use for is fine; one that can't be read is an error.
//!
//! Shapes: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>. GitHub's own samples leave out fields that
//! it sends today, so only what a decision needs is required.

use chrono::{DateTime, Utc};
use serde::Serialize;

mod error;
mod guess;
mod parse;
mod read;

pub use error::EventError;
pub use guess::guess_name;
pub use parse::{LIMIT, parse};

/// One event as GitHub delivered it, reduced to what decisions need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The event's name, as in `GITHUB_EVENT_NAME`: `issues`, `push`, …
    pub name: String,
    /// The payload's `action`: `labeled`, `created`, …
    pub action: Option<String>,
    /// The repository that it happened in; `schedule` names none.
    pub repository: Option<Repository>,
    /// Who caused it.
    pub sender: Option<Account>,
    /// What happened.
    pub subject: Subject,
}

/// What happened, for the events that can start a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// A label was set on an issue.
    IssueLabeled {
        /// The issue with all its labels.
        issue: Issue,
        /// The label that was set.
        label: String,
    },
    /// An issue was closed.
    IssueClosed {
        /// The issue.
        issue: Issue,
    },
    /// Somebody wrote a comment on an issue or on a pull request's conversation.
    IssueComment {
        /// The issue or, in GitHub's way of counting, the pull request.
        issue: Issue,
        /// Whether the issue is a pull request.
        on_pull_request: bool,
        /// The comment.
        comment: Comment,
    },
    /// Somebody submitted a review.
    ReviewSubmitted {
        /// The pull request.
        pull: Pull,
        /// `approved`, `changes_requested` or `commented`, in lower case.
        state: String,
        /// The review's number.
        review_id: u64,
        /// The review's own text.
        body: String,
    },
    /// A pull request was closed.
    PullClosed {
        /// The pull request.
        pull: Pull,
    },
    /// Commits were pushed to a branch or a tag was set.
    Push {
        /// The full name, such as `refs/heads/main`.
        reference: String,
        /// The commit that it points to now; all zeros when it was deleted.
        after: String,
        /// The head commit's message.
        message: String,
    },
    /// Somebody started a workflow by hand or by API, naming a flow.
    Dispatch {
        /// The flow asked for.
        flow: Option<String>,
        /// The issue asked for.
        issue: Option<u64>,
        /// The pull request asked for.
        pr: Option<u64>,
    },
    /// The clock started it.
    Schedule,
    /// Any other event; it starts nothing.
    Other,
}

impl Issue {
    /// What stands for an issue that nobody could be asked for.
    pub fn placeholder(number: u64) -> Self {
        Self {
            number,
            title: format!("(title of issue {number})"),
            body: format!("(text of issue {number})"),
            labels: Vec::new(),
            open: true,
            author: "(its author)".to_owned(),
            url: String::new(),
            updated_at: None,
        }
    }
}

impl Pull {
    /// What stands for a pull request that nobody could be asked for.
    pub fn placeholder(number: u64) -> Self {
        Self {
            number,
            title: format!("(title of pull request {number})"),
            body: format!("(text of pull request {number})"),
            labels: Vec::new(),
            open: true,
            merged: false,
            draft: false,
            head_branch: "(its branch)".to_owned(),
            head_sha: String::new(),
            head_repository: None,
            base_branch: "main".to_owned(),
            url: String::new(),
        }
    }
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repository {
    /// The owner's login.
    pub owner: String,
    /// The name without owner.
    pub name: String,
    /// The default branch, where the payload names it.
    pub default_branch: Option<String>,
    /// The page on GitHub.
    pub url: Option<String>,
}

impl Repository {
    /// The repository that `owner/name` names.
    ///
    /// # Errors
    /// A sentence: the text is no `owner/name`.
    pub fn named(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned(), default_branch: None, url: None })
            }
            _ => Err(format!("`{text}` is not owner/name")),
        }
    }

    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

/// An account: a person, an organization or an App's bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The login, such as `octocat` or `dependabot[bot]`.
    pub login: String,
    /// Whether GitHub says that it is a bot (`type: Bot`); never judged by the name's ending.
    pub bot: bool,
}

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text, perhaps empty.
    pub body: String,
    /// Names of all its labels.
    pub labels: Vec<String>,
    /// Whether it is open.
    pub open: bool,
    /// Who wrote it.
    pub author: String,
    /// Its page on GitHub.
    pub url: String,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// A comment on an issue or on a pull request's conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// Who wrote it.
    pub author: String,
    /// What it says.
    pub body: String,
    /// Its page on GitHub.
    pub url: String,
    /// When it was written.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last edited.
    pub updated_at: Option<DateTime<Utc>>,
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pull {
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text, perhaps empty.
    pub body: String,
    /// Names of all its labels.
    pub labels: Vec<String>,
    /// Whether it is open.
    pub open: bool,
    /// Whether it was merged.
    pub merged: bool,
    /// Whether it is a draft.
    pub draft: bool,
    /// The head's branch.
    pub head_branch: String,
    /// The head's commit.
    pub head_sha: String,
    /// `owner/name` of the head's repository; none when that fork is gone.
    pub head_repository: Option<String>,
    /// The branch it goes into.
    pub base_branch: String,
    /// Its page on GitHub.
    pub url: String,
}
