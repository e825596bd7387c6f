//! What reviewers wrote, as the agent is told it: the pull request, texts of reviews, threads, and the conversation beside them.

use super::comments::Telling;
use super::run::Run;
use crate::agent::prompt::{Comment, OpenPull, ReviewThread};
use crate::answer::Answer;
use crate::event::Subject;
use crate::github::{Error, GitHub};

/// A pull request and what was said about it. Resolved and hidden things are in it, too: the prompt leaves them out.
#[derive(Default)]
pub(super) struct Reviewed {
    /// The pull request.
    pub pull: OpenPull,
    /// Its labels.
    pub labels: Vec<String>,
    /// Texts that reviews begin with.
    pub reviews: Vec<Comment>,
    /// The threads.
    pub threads: Vec<ReviewThread>,
    /// What was said on the pull request, and on its issue.
    pub comments: Vec<Comment>,
    /// The branch with the work.
    pub head: String,
    /// The branch that it goes into.
    pub base: String,
}

/// Asks GitHub for it. `issue`: whose comments belong to it; `telling`: who is told.
///
/// # Errors
/// GitHub does not answer.
pub(super) async fn read(
    github: &dyn GitHub,
    number: u64,
    issue: Option<u64>,
    mut telling: Telling<'_>,
) -> Result<Answer<Reviewed>, Error> {
    let review = match github.review(number).await? {
        Answer::Known(review) => review,
        Answer::Unknown(would) => return Ok(Answer::Unknown(would)),
    };
    let reviews = telling.reviews(&review).await?;
    let threads = telling.threads(&review).await?;
    let mut comments = telling.thread(number).await?.into_known().unwrap_or_default();
    if let Some(issue) = issue {
        comments.extend(telling.thread(issue).await?.into_known().unwrap_or_default());
    }
    Ok(Answer::Known(Reviewed {
        pull: OpenPull {
            number,
            url: review.url,
            title: review.title,
            body: review.body,
            author: review.author,
            ..OpenPull::default()
        },
        labels: review.labels,
        reviews,
        threads,
        comments,
        head: review.head,
        base: review.base,
    }))
}

/// As much of it as the event carries: the pull request, and the text of the review that was submitted.
pub(super) fn of_event(run: &Run) -> Reviewed {
    let Some(pull) = run.reviewed() else { return Reviewed::default() };
    let mut reviews = Vec::new();
    if let (Subject::ReviewSubmitted { review_id, body, .. }, Some(sender)) = (&run.event.subject, &run.event.sender)
        && !body.trim().is_empty()
    {
        reviews.push(Comment {
            id: *review_id,
            issue: pull.number,
            author: sender.login.clone(),
            body: body.clone(),
            may_write: true,
            ..Comment::default()
        });
    }
    Reviewed {
        pull: OpenPull {
            number: pull.number,
            url: pull.url.clone(),
            title: pull.title.clone(),
            body: pull.body.clone(),
            ..OpenPull::default()
        },
        labels: pull.labels.clone(),
        reviews,
        head: pull.head_branch.clone(),
        base: pull.base_branch.clone(),
        ..Reviewed::default()
    }
}
