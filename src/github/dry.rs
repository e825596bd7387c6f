//! A dry hand: asks where it may, writes nothing, and remembers in order what would be written.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;

use super::comments::same_text;
use super::outbox::Outbox;
use super::{
    Answered, Error, GitHub, OwnComment, Permission, PlacedIssue, PlacedPull, Reacted, Review, Standing, Thread,
    ThreadReply, WantedIssue, WantedPull,
};
use crate::answer::Answer;
use crate::event::{Account, Comment, Issue, Pull};

/// Where something would be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// To git: a commit, a branch.
    Git,
    /// To GitHub itself.
    GitHub,
    /// To files of this machine.
    State,
}

/// One thing that would be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Where to.
    pub target: Target,
    /// What would be done, as in `edit the progress comment on issue #7`.
    pub what: String,
    /// The whole text that would be written, where there is one.
    pub detail: Option<String>,
}

/// What would be written, in order. Clones share the list.
#[derive(Debug, Clone, Default)]
pub struct Plan(Arc<Mutex<Vec<Planned>>>);

impl Plan {
    /// Everything so far.
    pub fn all(&self) -> Vec<Planned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what would be written to git.
    pub fn add_git(&self, what: String, detail: Option<&str>) {
        self.push(Target::Git, what, detail);
    }

    /// Remembers what would be done to slots on this machine.
    pub fn add_state(&self, what: String) {
        self.push(Target::State, what, None);
    }

    /// Remembers what would be written to GitHub.
    pub fn add(&self, what: String, detail: Option<&str>) {
        self.push(Target::GitHub, what, detail);
    }

    fn push(&self, target: Target, what: String, detail: Option<&str>) {
        let planned = Planned { target, what, detail: detail.map(str::to_owned) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(planned);
    }
}

/// Reads by another hand, or by none: then every question is unknown.
pub struct Dry {
    reads: Arc<dyn GitHub>,
    asks: bool,
    plan: Plan,
}

impl Dry {
    /// A dry hand that asks by `reads`, or nobody.
    pub fn new(reads: Option<Arc<dyn GitHub>>, plan: Plan) -> Self {
        let asks = reads.is_some();
        // An outbox knows how each question would read; its folder is never looked at, because `own_comment` is answered here.
        let reads = reads.unwrap_or_else(|| Arc::new(Outbox::new("")));
        Self { reads, asks, plan }
    }
}

#[async_trait]
impl GitHub for Dry {
    async fn viewer(&self) -> Result<Answer<Account>, Error> {
        self.reads.viewer().await
    }

    async fn standing(&self) -> Result<Answer<Standing>, Error> {
        self.reads.standing().await
    }

    async fn permission(&self, login: &str) -> Result<Answer<Permission>, Error> {
        self.reads.permission(login).await
    }

    async fn is_bot(&self, login: &str) -> Result<Answer<bool>, Error> {
        self.reads.is_bot(login).await
    }

    async fn issue(&self, number: u64) -> Result<Answer<Issue>, Error> {
        self.reads.issue(number).await
    }

    async fn comments(&self, issue: u64) -> Result<Answer<Vec<Comment>>, Error> {
        self.reads.comments(issue).await
    }

    async fn pulls_of(&self, head: &str) -> Result<Answer<Vec<Pull>>, Error> {
        self.reads.pulls_of(head).await
    }

    async fn pull(&self, number: u64) -> Result<Answer<Pull>, Error> {
        self.reads.pull(number).await
    }

    async fn plan_issues(&self, root: u64) -> Result<Answer<Vec<Issue>>, Error> {
        self.reads.plan_issues(root).await
    }

    async fn review(&self, pull: u64) -> Result<Answer<Review>, Error> {
        self.reads.review(pull).await
    }

    async fn own_comment(&self, thread: &Thread, kind: &str, marker: &str) -> Result<Answer<Option<String>>, Error> {
        if self.asks {
            return self.reads.own_comment(thread, kind, marker).await;
        }
        Ok(Answer::Unknown(format!("would ask GitHub for our {kind} comment on {thread}")))
    }

    async fn react(&self, on: &Reacted) -> Result<(), Error> {
        self.plan.add(format!("put an eyes reaction on {on}"), None);
        Ok(())
    }

    async fn put_comment(&self, comment: &OwnComment) -> Result<Answer<String>, Error> {
        let there = self.own_comment(&comment.thread, &comment.kind, &comment.marker).await?.into_known().flatten();
        let verb = match there {
            Some(text) if same_text(&text, &comment.body) => {
                return Ok(Answer::Unknown(format!("would leave the {} comment as it is", comment.kind)));
            }
            Some(_) => "edit",
            None => "write",
        };
        let what = format!("{verb} the {} comment on {}", comment.kind, comment.thread);
        self.plan.add(what.clone(), Some(&comment.body));
        Ok(Answer::Unknown(format!("would {what}")))
    }

    async fn put_pull(&self, pull: &WantedPull) -> Result<Answer<PlacedPull>, Error> {
        let open = self.pulls_of(&pull.head).await?.into_known().into_iter().flatten().find(|there| there.open);
        let kind = if pull.draft { "draft pull request" } else { "pull request" };
        let opening = format!("open the {kind} {} ← {}: {}", pull.base, pull.head, pull.title);
        let mut labels = pull.labels.clone();
        match &open {
            None => self.plan.add(opening.clone(), Some(&pull.body)),
            Some(there) => {
                if pull.redraft && !there.draft {
                    self.plan.add(format!("make pull request #{} a draft again", there.number), None);
                }
                labels.retain(|label| !there.labels.contains(label));
                if there.title != pull.title || !same_text(&there.body, &pull.body) {
                    self.plan.add(format!("edit pull request #{}: {}", there.number, pull.title), Some(&pull.body));
                }
            }
        }
        if !labels.is_empty() {
            self.plan.add(format!("add labels to it: {}", labels.join(", ")), None);
        }
        if !pull.reviewers.is_empty() {
            let who = if open.is_some() { "whoever wasn't asked yet of " } else { "" };
            self.plan.add(format!("ask for reviews: {who}{}", pull.reviewers.join(", ")), None);
        }
        Ok(match open {
            None => Answer::Unknown(format!("would {opening}")),
            Some(there) => Answer::Known(PlacedPull {
                number: Some(there.number),
                url: there.url,
                existed: true,
                draft: there.draft || pull.redraft,
            }),
        })
    }

    async fn put_notice(&self, pull: u64, notice: &str) -> Result<Answer<()>, Error> {
        let what = format!("put a notice at the top of pull request #{pull}");
        self.plan.add(what.clone(), Some(notice));
        Ok(Answer::Unknown(format!("would {what}")))
    }

    async fn remove_label(&self, thread: &Thread, label: &str) -> Result<(), Error> {
        self.plan.add(format!("take the label {label} off {thread}"), None);
        Ok(())
    }

    async fn put_issue(&self, issue: &WantedIssue) -> Result<Answer<PlacedIssue>, Error> {
        let what = match issue.number {
            Some(number) => format!("edit issue #{number}: {}", issue.title),
            None => format!("open an issue: {}", issue.title),
        };
        self.plan.add(what.clone(), Some(&issue.body));
        Ok(Answer::Unknown(format!("would {what}")))
    }

    async fn answer_thread(&self, reply: &ThreadReply) -> Result<Answer<Answered>, Error> {
        if let Some(body) = &reply.body {
            self.plan.add(format!("answer a review thread of pull request #{}", reply.pull), Some(body));
        }
        if reply.resolve {
            self.plan.add(format!("resolve a review thread of pull request #{}", reply.pull), None);
        }
        Ok(Answer::Unknown("would answer the thread".to_owned()))
    }

    async fn close_issue(&self, number: u64) -> Result<Answer<()>, Error> {
        self.plan.add(format!("close issue #{number} as completed"), None);
        Ok(Answer::Unknown(format!("would close issue #{number}")))
    }

    async fn delete_branch(&self, branch: &str, _commit: &str) -> Result<Answer<()>, Error> {
        self.plan.add(format!("delete the branch {branch}"), None);
        Ok(Answer::Unknown(format!("would delete the branch {branch}")))
    }

    fn requests(&self) -> u64 {
        self.reads.requests()
    }

    fn unchanged(&self) -> u64 {
        self.reads.unchanged()
    }
}
