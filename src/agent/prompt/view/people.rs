//! What people said, as templates see it: comments, reviews and threads.

use std::cmp::Ordering;
use std::ops::Deref;

use serde::Serialize;

use super::names::{login, one_line, thread_id, time, url};
use crate::agent::prompt::budget::Talk;
use crate::agent::prompt::fence::Fence;
use crate::agent::prompt::github::{Comment, ReviewThread};
use crate::report::Lang;
use crate::report::untrusted::clean;

/// The most lines of a diff that a thread shows, the commented one last. The file itself is in the agent's tree.
const HUNK_LINES: usize = 20;

/// A comment. `body` is a block between delimiters; the other texts have only characters that can't say anything.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::agent::prompt) struct ViewComment {
    pub(in crate::agent::prompt) issue_number: u64,
    pub(in crate::agent::prompt) id: u64,
    pub(in crate::agent::prompt) author: String,
    pub(in crate::agent::prompt) url: String,
    pub(in crate::agent::prompt) body: String,
    pub(in crate::agent::prompt) created_at: Option<String>,
    edited: bool,
    may_write: bool,
    answered: bool,
    /// Whether the agent said it in an earlier run.
    ours: bool,
    /// Its number where the result may reply to it by that.
    reply_to: Option<u64>,
    /// The issue where it is another one than the task's.
    on_issue: Option<u64>,
}

/// How comments of this run are shown.
#[derive(Clone, Copy)]
pub(super) struct Manner<'a> {
    pub(super) fence: &'a Fence,
    pub(super) lang: Lang,
    /// Whether the result may reply to comments by their numbers.
    pub(super) replies: bool,
    /// The issue or pull request that a comment needn't name.
    pub(super) main: Option<u64>,
}

impl Manner<'_> {
    /// A comment whose text is clean and fitted already.
    pub(super) fn comment(self, comment: &Comment, body: &str) -> ViewComment {
        ViewComment {
            issue_number: comment.issue,
            id: comment.id,
            author: login(&comment.author),
            url: url(&comment.url).to_owned(),
            body: self.fence.block_of_clean(body),
            created_at: comment.created_at.map(time),
            edited: comment.updated_at > comment.created_at,
            may_write: comment.may_write,
            answered: comment.answered,
            ours: false,
            reply_to: self.replies.then_some(comment.id),
            on_issue: Some(comment.issue).filter(|issue| self.main.is_some_and(|main| main != *issue)),
        }
    }

    /// Comments with their fitted texts, of which there may be fewer: the oldest were left out.
    pub(super) fn comments(self, comments: &[&Comment], bodies: &[String]) -> Vec<ViewComment> {
        let kept = &comments[comments.len() - bodies.len()..];
        kept.iter().zip(bodies).map(|(comment, body)| self.comment(comment, body)).collect()
    }

    /// A thread that is fitted already.
    pub(super) fn thread(self, thread: &Thread<'_>, fitted: &Talk) -> ViewThread {
        // The question is always there; what was left out stood behind it.
        let (asked, replies) = thread.comments.split_at(thread.comments.len().min(1));
        let (question, told) = fitted.said.split_at(fitted.said.len().min(1));
        let mut comments = self.comments(asked, question);
        comments.extend(self.comments(replies, told));
        for comment in &mut comments {
            comment.ours = std::mem::take(&mut comment.answered);
        }
        ViewThread {
            id: thread_id(&thread.id),
            place: self.fence.block_of_clean(&place(thread, &fitted.hunk, self.lang)),
            outdated: thread.outdated,
            comments_left_out: fitted.left_out,
            comments,
        }
    }
}

/// A thread. `place` is a block: file, lines and the part of the diff.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::agent::prompt) struct ViewThread {
    pub(in crate::agent::prompt) id: String,
    place: String,
    outdated: bool,
    comments_left_out: usize,
    pub(in crate::agent::prompt) comments: Vec<ViewComment>,
}

/// A thread with the comments that are shown.
pub(super) struct Thread<'a> {
    thread: &'a ReviewThread,
    comments: Vec<&'a Comment>,
}

impl Deref for Thread<'_> {
    type Target = ReviewThread;

    fn deref(&self) -> &ReviewThread {
        self.thread
    }
}

impl<'a> Thread<'a> {
    /// The thread, if there is something to tell of it.
    pub(super) fn open(thread: &'a ReviewThread) -> Option<Self> {
        let mut comments: Vec<&Comment> = thread.comments.iter().filter(|comment| !comment.minimized).collect();
        comments.sort_by(|a, b| oldest_first(a, b));
        (!thread.resolved && !comments.is_empty()).then_some(Self { thread, comments })
    }

    /// The same with only its first and newest comments, in a talk to be fitted.
    pub(super) fn talk(&self) -> Talk {
        let hunk = clean(self.thread.hunk.as_deref().unwrap_or_default());
        let lines: Vec<&str> = hunk.lines().collect();
        Talk {
            hunk: lines[lines.len().saturating_sub(HUNK_LINES)..].join("\n"),
            said: self.comments.iter().map(|comment| clean(&comment.body)).collect(),
            left_out: 0,
        }
    }

    /// Whether somebody wrote in it after a time, or waits for codexctl's word.
    pub(super) fn is_newer(&self, since: Option<chrono::DateTime<chrono::Utc>>) -> bool {
        let waits = self.comments.last().is_some_and(|comment| !comment.answered);
        waits || self.comments.iter().any(|comment| comment.is_newer(since))
    }

    /// The order in which threads are kept: those last written to come last.
    pub(super) fn by_time(&self, other: &Self) -> Ordering {
        let last = |thread: &Self| thread.comments.iter().filter_map(|comment| comment.touched_at()).max();
        last(self).cmp(&last(other)).then_with(|| self.thread.id.cmp(&other.thread.id))
    }

    /// The order in which threads are told: as a reader goes through the diff.
    pub(super) fn by_place(&self, other: &Self) -> Ordering {
        let place = |thread: &Self| (thread.thread.path.clone(), thread.thread.start_line.or(thread.thread.line));
        place(self).cmp(&place(other)).then_with(|| oldest_first(self.comments[0], other.comments[0]))
    }
}

/// Comments without a time come first: they can only be from payloads older than the rest.
pub(super) fn oldest_first(a: &Comment, b: &Comment) -> Ordering {
    a.created_at.cmp(&b.created_at).then(a.id.cmp(&b.id))
}

/// Where a thread stands, as one text.
fn place(thread: &ReviewThread, hunk: &str, lang: Lang) -> String {
    let (file, line, lines) = match lang {
        Lang::En => ("File", "Line", "Lines"),
        Lang::Ru => ("Файл", "Строка", "Строки"),
    };
    let mut out = format!("{file}: {}", one_line(&thread.path, 500));
    match (thread.start_line.filter(|start| Some(*start) != thread.line), thread.line) {
        (Some(start), Some(end)) => out.push_str(&format!("\n{lines}: {start}–{end}")),
        (Some(only), None) | (None, Some(only)) => out.push_str(&format!("\n{line}: {only}")),
        (None, None) => {}
    }
    if !hunk.trim().is_empty() {
        out.push_str("\n\n");
        out.push_str(hunk.trim_end());
    }
    out
}
