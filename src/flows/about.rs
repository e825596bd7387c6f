//! What a run is about: the issue and the pull request that it works for, and where people asked for it.

use crate::event::{Event, Issue, Pull, Subject};
use crate::github::{Reacted, Thread};

/// What a run is about. A step may find out more: the root of a plan, the issue of a pull request's branch.
#[derive(Debug, Clone)]
pub struct About {
    /// The issue that work and slot belong to: the event's; for a plan review the root of the plan, once it is known; for a review
    /// the issue that the branch is named after, where it is named so.
    pub issue: Option<Issue>,
    /// The pull request of a review or a cleanup.
    pub pull: Option<Pull>,
    /// Where people asked, and are told how it goes.
    pub thread: Thread,
    /// The comment that asked, in `thread`.
    pub comment: Option<u64>,
    /// The review that asked.
    pub review: Option<u64>,
    /// Set in a dry run that could ask nobody for the issue or pull request: what it would ask. Texts are placeholders then.
    pub unread: Option<String>,
}

impl About {
    /// What an event carries itself, and no more.
    pub fn of_event(event: &Event) -> Option<Self> {
        let none = Self::nothing();
        match &event.subject {
            Subject::IssueLabeled { issue, .. } | Subject::IssueClosed { issue } => {
                Some(Self { issue: Some(issue.clone()), thread: Thread::Issue(issue.number), ..none })
            }
            Subject::IssueComment { issue, on_pull_request: false, comment } => Some(Self {
                issue: Some(issue.clone()),
                thread: Thread::Issue(issue.number),
                comment: Some(comment.id),
                ..none
            }),
            Subject::ReviewSubmitted { pull, review_id, .. } => Some(Self {
                pull: Some(pull.clone()),
                thread: Thread::Pull(pull.number),
                review: Some(*review_id),
                ..none
            }),
            Subject::PullClosed { pull } => {
                Some(Self { pull: Some(pull.clone()), thread: Thread::Pull(pull.number), ..none })
            }
            Subject::IssueComment { .. }
            | Subject::Push { .. }
            | Subject::Dispatch { .. }
            | Subject::Schedule
            | Subject::Other => None,
        }
    }

    /// An issue that was named or asked for.
    pub fn of_issue(issue: Issue, unread: Option<String>) -> Self {
        let thread = Thread::Issue(issue.number);
        Self { issue: Some(issue), thread, unread, ..Self::nothing() }
    }

    /// A pull request that was named or asked for.
    pub fn of_pull(pull: Pull, unread: Option<String>) -> Self {
        let thread = Thread::Pull(pull.number);
        Self { pull: Some(pull), thread, unread, ..Self::nothing() }
    }

    /// Nothing of GitHub: a schedule.
    pub fn nothing() -> Self {
        Self { issue: None, pull: None, thread: Thread::Issue(0), comment: None, review: None, unread: None }
    }

    /// The issue's number.
    pub fn issue_number(&self) -> Option<u64> {
        self.issue.as_ref().map(|issue| issue.number)
    }

    /// The pull request's number.
    pub fn pull_number(&self) -> Option<u64> {
        self.pull.as_ref().map(|pull| pull.number)
    }

    /// The number of the thread in which people asked.
    pub fn number(&self) -> u64 {
        match &self.thread {
            Thread::Issue(number) | Thread::Pull(number) => *number,
            Thread::PullOf(_) => self.issue_number().unwrap_or_default(),
        }
    }

    /// The title of what the work is for.
    pub fn title(&self) -> &str {
        let of_pull = || self.pull.as_ref().map(|pull| pull.title.as_str());
        self.issue.as_ref().map(|issue| issue.title.as_str()).or_else(of_pull).unwrap_or_default()
    }

    /// Labels of the issue.
    pub fn issue_labels(&self) -> &[String] {
        self.issue.as_ref().map_or(&[], |issue| &issue.labels)
    }

    /// Labels of the pull request.
    pub fn pull_labels(&self) -> &[String] {
        self.pull.as_ref().map_or(&[], |pull| &pull.labels)
    }

    /// The page of the thread in which people asked.
    pub fn url(&self) -> Option<&str> {
        let page = match &self.thread {
            Thread::Pull(_) => self.pull.as_ref().map(|pull| pull.url.as_str()),
            Thread::Issue(_) | Thread::PullOf(_) => self.issue.as_ref().map(|issue| issue.url.as_str()),
        };
        page.filter(|page| !page.is_empty())
    }

    /// What the eyes are put on.
    pub fn reacted(&self) -> Reacted {
        match (self.review, self.comment) {
            (Some(review), _) => Reacted::Review { pull: self.number(), review },
            (None, Some(comment)) => Reacted::Comment(comment),
            // In GitHub's way of counting pull requests are issues too.
            (None, None) => Reacted::Issue(self.number()),
        }
    }
}
