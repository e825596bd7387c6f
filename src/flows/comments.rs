//! Which of the things that people wrote the agent is told: those of people with write access, of everybody with `--all-comments`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::agent::prompt::{self, Comment};
use crate::answer::Answer;
use crate::event;
use crate::github::markers::{self, Found};
use crate::github::{Error, GitHub, Permission, Review, ReviewThread, ThreadComment};

/// Asks who may write, once for each account.
pub(super) struct Telling<'a> {
    github: &'a dyn GitHub,
    of_all: bool,
    authors: BTreeMap<String, bool>,
    delivery: Option<&'a str>,
}

/// Kinds of markers of our answers to comments begin so; behind it stands the comment's number.
pub(super) const REPLY: &str = "reply-";

impl<'a> Telling<'a> {
    /// `of_all`: people without write access are told too, and marked.
    pub(super) fn new(github: &'a dyn GitHub, of_all: bool) -> Self {
        Self { github, of_all, authors: BTreeMap::new(), delivery: None }
    }

    /// Answers that this delivery gave don't count: a run that was cut goes through the same comments again.
    pub(super) fn of_delivery(self, delivery: &'a str) -> Self {
        Self { delivery: Some(delivery), ..self }
    }

    /// What this account wrote counts, whatever it may do: it asked for the run and was let in by the gate.
    pub(super) fn trusting(mut self, login: Option<&str>) -> Self {
        self.authors.extend(login.map(|login| (login.to_owned(), true)));
        self
    }

    /// The comments of an issue that were last edited before the event. Our own are left out.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub(super) async fn issue(&mut self, issue: &event::Issue) -> Result<Answer<Vec<Comment>>, Error> {
        self.before(issue.number, issue.updated_at).await
    }

    /// The comments of an issue that were last edited before a moment, all where none is known. Our own are left out.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub(super) async fn before(
        &mut self,
        number: u64,
        moment: Option<DateTime<Utc>>,
    ) -> Result<Answer<Vec<Comment>>, Error> {
        self.comments(number, |edited| edited <= moment.or(edited)).await
    }

    /// All comments of an issue or of a pull request's conversation. Our own are left out.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub(super) async fn thread(&mut self, number: u64) -> Result<Answer<Vec<Comment>>, Error> {
        self.comments(number, |_| true).await
    }

    async fn comments(
        &mut self,
        number: u64,
        counts: impl Fn(Option<DateTime<Utc>>) -> bool,
    ) -> Result<Answer<Vec<Comment>>, Error> {
        let all = match self.github.comments(number).await? {
            Answer::Known(all) => all,
            Answer::Unknown(would) => return Ok(Answer::Unknown(would)),
        };
        let own = self.github.viewer().await?.into_known().map(|account| account.login);
        let answered: BTreeSet<u64> = all
            .iter()
            .filter(|comment| own.as_deref() == Some(comment.author.as_str()))
            .filter_map(|comment| self.answers(comment))
            .collect();
        let mut told = Vec::new();
        for comment in all {
            let ours = own.as_deref() == Some(comment.author.as_str()) && markers::is_marked(&comment.body);
            if ours || !counts(comment.updated_at.or(comment.created_at)) {
                continue;
            }
            let may_write = self.may_write(&comment.author).await?;
            if may_write || self.of_all {
                let answered = answered.contains(&comment.id);
                told.push(Comment { answered, ..shown(comment, number, may_write) });
            }
        }
        Ok(Answer::Known(told))
    }

    /// The texts that reviews begin with. Our own are left out.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub(super) async fn reviews(&mut self, review: &Review) -> Result<Vec<Comment>, Error> {
        let theirs = review.texts.iter().filter(|text| !text.ours).cloned().collect();
        self.texts(theirs, review.number).await
    }

    /// The threads. In them our own answers stay, as what they answer would read strangely without; a thread whose first word is not
    /// told is not told at all.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub(super) async fn threads(&mut self, review: &Review) -> Result<Vec<prompt::ReviewThread>, Error> {
        let mut told = Vec::new();
        for thread in &review.threads {
            let Some(first) = thread.comments.first().map(|first| first.comment.id) else { continue };
            let comments = self.texts(thread.comments.clone(), review.number).await?;
            if comments.first().is_some_and(|comment| comment.id == first) {
                told.push(of_thread(thread, comments));
            }
        }
        Ok(told)
    }

    async fn texts(&mut self, texts: Vec<ThreadComment>, number: u64) -> Result<Vec<Comment>, Error> {
        let mut told = Vec::new();
        for ThreadComment { comment, minimized, ours } in texts {
            let may_write = ours || self.may_write(&comment.author).await?;
            if may_write || self.of_all {
                told.push(Comment { minimized, answered: ours, ..shown(comment, number, may_write) });
            }
        }
        Ok(told)
    }

    /// The comment that a comment of our own answers.
    fn answers(&self, comment: &event::Comment) -> Option<u64> {
        let Found::Marker(marker) = markers::parse(&comment.body) else { return None };
        let this_delivery = self.delivery.is_some() && marker.state.delivery.as_deref() == self.delivery;
        marker.kind.strip_prefix(REPLY)?.parse().ok().filter(|_| !this_delivery)
    }

    async fn may_write(&mut self, login: &str) -> Result<bool, Error> {
        if let Some(known) = self.authors.get(login) {
            return Ok(*known);
        }
        let permission = self.github.permission(login).await?;
        let may_write = permission.known().is_some_and(|permission| *permission >= Permission::Write);
        self.authors.insert(login.to_owned(), may_write);
        Ok(may_write)
    }
}

pub(super) fn shown(comment: event::Comment, issue: u64, may_write: bool) -> Comment {
    Comment {
        id: comment.id,
        issue,
        author: comment.author,
        body: comment.body,
        url: comment.url,
        created_at: comment.created_at,
        updated_at: comment.updated_at,
        may_write,
        minimized: false,
        answered: false,
    }
}

fn of_thread(thread: &ReviewThread, comments: Vec<Comment>) -> prompt::ReviewThread {
    prompt::ReviewThread {
        id: thread.id.clone(),
        path: thread.path.clone(),
        line: thread.line,
        start_line: thread.start_line,
        outdated: thread.outdated,
        hunk: thread.hunk.clone(),
        resolved: thread.resolved,
        comments,
    }
}
