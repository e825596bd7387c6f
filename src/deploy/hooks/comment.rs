//! `github.comment`: our own comment on an issue or a pull request, edited in place when the hook runs again.

use std::sync::Arc;

use async_trait::async_trait;

use super::failure::Told;
use super::{Around, Step};
use crate::answer::Answer;
use crate::github::{GitHub, OwnComment, Thread, markers};
use crate::policy::texts::BODY_LIMIT;
use crate::publish::scan;
use crate::report::untrusted::cut;
use crate::stack::CommentTarget;

/// A comment of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookComment {
    /// Where it goes.
    pub thread: Thread,
    /// What tells it from other comments of ours there: environment, hook and step.
    pub kind: String,
    /// The text, without the hidden first line.
    pub body: String,
}

/// Where a comment is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its page, or the file in the outbox.
    pub url: String,
    /// Whether it went to the outbox, as there is no token.
    pub in_outbox: bool,
}

/// Where comments of hooks go. Whoever implements it may find out about repository and token when the first comment comes.
#[async_trait]
pub trait Comments: Send + Sync {
    /// Puts a comment there, or brings the one that is there to this text.
    ///
    /// # Errors
    /// Why it can't be written, in a sentence.
    async fn put(&self, comment: &HookComment) -> Result<Placed, String>;
}

/// Comments on the GitHub of a run, or into its outbox.
pub struct Written {
    /// Who writes.
    pub github: Arc<dyn GitHub>,
    /// `owner/name`; may be empty in the outbox.
    pub repo: String,
    /// `project` of services.yaml.
    pub project: String,
    /// Whether there is a token: else `github` is the outbox.
    pub has_token: bool,
}

#[async_trait]
impl Comments for Written {
    async fn put(&self, comment: &HookComment) -> Result<Placed, String> {
        let number = match comment.thread {
            Thread::Issue(number) | Thread::Pull(number) => number,
            Thread::PullOf(_) => 0,
        };
        let marker = markers::marker(&comment.kind, &self.repo, &self.project, number, &markers::State::default());
        let body = format!("{marker}\n{}", comment.body);
        let (thread, kind) = (comment.thread.clone(), comment.kind.clone());
        let placed = self.github.put_comment(&OwnComment { thread, kind, marker, body }).await;
        match placed.map_err(|error| error.to_string())? {
            Answer::Known(url) | Answer::Unknown(url) => Ok(Placed { url, in_outbox: !self.has_token }),
        }
    }
}

/// Room in a comment for the hidden first line, which may be long: environment, hook and step are in it.
const MARKER_ROOM: usize = 2048;

/// What stands at the end of a text that was cut.
const CUT: &str = "\n\n_Cut here: the text is too long for GitHub._";

/// Writes the comment.
pub(super) async fn comment(
    around: &Around<'_>,
    step: &Step<'_>,
    on: CommentTarget,
    number: &str,
    body: &str,
) -> Result<String, Told> {
    let number = read_number(on, number)?;
    let body = body.trim();
    if body.is_empty() {
        return Err(Told::new("`with.body` is empty when rendered"));
    }
    if let Some(hit) = scan::text("the comment", body, around.redactor).first() {
        let line = hit.line.unwrap_or(1);
        return Err(Told::new(format!("line {line} of the comment holds {}: it was not written", hit.rule)));
    }
    let (head, was_cut) = cut(body, BODY_LIMIT - MARKER_ROOM - CUT.len());
    let body = if was_cut { format!("{head}{CUT}") } else { body.to_owned() };
    let thread = match on {
        CommentTarget::Issue => Thread::Issue(number),
        CommentTarget::Pr => Thread::Pull(number),
    };
    let comment = HookComment { thread, kind: kind(around, step), body };
    let placed = around.comments.put(&comment).await.map_err(Told::new)?;
    let why = if placed.in_outbox { " (there is no GitHub token)" } else { "" };
    Ok(format!("{}{why}", placed.url))
}

/// The number of an issue or a pull request, however it was written.
fn read_number(on: CommentTarget, text: &str) -> Result<u64, Told> {
    let field = match on {
        CommentTarget::Issue => ("issue", "CODEXCTL_ISSUE_NUMBER (--issue)"),
        CommentTarget::Pr => ("pr", "CODEXCTL_PR_NUMBER (--pr)"),
    };
    match text.trim().trim_start_matches('#') {
        "" => Err(Told::new(format!("`with.{}` is empty when rendered", field.0))
            .hint(format!("set {}, or let the step's `when` leave it out without one", field.1))),
        text => match text.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(Told::new(format!("`with.{}` is `{text}`, which is no number of {}", field.0, on_words(on)))),
        },
    }
}

fn on_words(on: CommentTarget) -> &'static str {
    match on {
        CommentTarget::Issue => "an issue",
        CommentTarget::Pr => "a pull request",
    }
}

/// Tells a step's comment from others: a step without a name is told by its place.
fn kind(around: &Around<'_>, step: &Step<'_>) -> String {
    let name = step.step.name.clone().unwrap_or_else(|| (step.index + 1).to_string());
    format!("hook {} {} {name}", around.loaded.env.name, step.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_be_written_as_people_write_it_and_an_empty_one_says_the_way_out() {
        let read = |text: &str| read_number(CommentTarget::Pr, text).map_err(|told| told.text);
        assert_eq!(read("7"), Ok(7));
        assert_eq!(read(" #12\n"), Ok(12));
        for wrong in ["", "0", "seven", "-1", "<no value>"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let hint = read_number(CommentTarget::Issue, " ").map_err(|told| told.hint);
        assert_eq!(
            hint,
            Err(Some(
                "set CODEXCTL_ISSUE_NUMBER (--issue), or let the step's `when` leave it out without one".to_owned()
            ))
        );
    }
}
