//! A project's prompt template in Go's syntax: the stack's context, with what people wrote on GitHub as fenced blocks.

use std::path::Path;

use super::PromptError;
use super::data::{Mode, PromptData};
use super::project::ProjectTemplate;
use super::view::{View, ViewComment, ViewThread};
use crate::report::Lang;
use crate::stack::{Extras, IssueComment, Loaded, ReviewComment};

/// The text of the template.
///
/// # Errors
/// [`PromptError::Go`] at its place in the file.
pub(super) fn render(
    template: &ProjectTemplate,
    stack: &Loaded,
    view: &View<'_>,
    data: &PromptData,
    lang: Lang,
) -> Result<String, PromptError> {
    let extras = Extras {
        model: data.stack.model.clone(),
        effort: data.stack.model_reasoning_effort.as_ref().and_then(|effort| effort.parse().ok()),
        lang: Some(lang.code().to_owned()),
        issue_comments: view.issue_comments.iter().chain(&view.focus).map(issue_comment).collect(),
        review_comments: view.threads.iter().flat_map(review_comments).collect(),
    };
    stack
        .render_prompt(Path::new(&template.path), &template.source, matches!(data.mode, Mode::New { .. }), &extras)
        .map(|rendered| rendered.text)
        .map_err(|error| PromptError::Go(Box::new(error)))
}

fn issue_comment(comment: &ViewComment) -> IssueComment {
    IssueComment {
        issue_number: comment.issue_number,
        id: comment.id,
        author: comment.author.clone(),
        url: comment.url.clone(),
        body: comment.body.clone(),
        created_at: comment.created_at.clone().unwrap_or_default(),
    }
}

fn review_comments(thread: &ViewThread) -> impl Iterator<Item = ReviewComment> {
    thread.comments.iter().map(|comment| ReviewComment {
        pr_number: comment.issue_number,
        id: comment.id,
        author: comment.author.clone(),
        url: comment.url.clone(),
        body: comment.body.clone(),
        thread_id: thread.id.clone(),
        created_at: comment.created_at.clone().unwrap_or_default(),
    })
}
