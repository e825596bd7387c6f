//! Answers the comments on a plan: each that the agent was told and answered gets one comment of ours, found again by its marker.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{Did, Step};
use crate::agent::prompt::Comment;
use crate::flows::comments::REPLY;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::told;
use crate::github::{OwnComment, Thread, markers};
use crate::policy::plans;
use crate::report::comments::{CommentReply, comment_reply, left};

/// The answers.
pub struct ReplyToComments;

#[async_trait]
impl Step for ReplyToComments {
    fn name(&self) -> &'static str {
        "answers"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        super::slot::still_ours(run).await?;
        let told = run.found.prompts.as_ref().and_then(|prompts| prompts.told.clone()).unwrap_or_default();
        let ids: BTreeSet<u64> = told.comments.iter().map(|comment| comment.id).collect();
        let answered = told.comments.iter().filter(|comment| comment.answered).map(|comment| comment.id).collect();
        let asked = wanted(run);
        let asked: Vec<(u64, &str)> = asked.iter().map(|(comment, body)| (*comment, body.as_str())).collect();
        let (replies, not) = plans::replies(&asked, &ids, &answered);
        for one in &not {
            let line = left(one, run.lang()).map_err(Stop::failed)?;
            run.found.left.push(line);
        }
        let mut comments = Vec::new();
        for (id, body) in replies {
            if let Some(answered) = told.comments.iter().find(|comment| comment.id == id) {
                comments.push(answer(run, answered, body)?);
            }
        }
        let texts: Vec<(&str, &str)> =
            comments.iter().map(|comment| ("answer to a comment", comment.body.as_str())).collect();
        super::check::scan_texts(run, &texts)?;
        for comment in &comments {
            run.hands.github.put_comment(comment).await.map_err(Stop::failed)?;
        }
        if let Some(planned) = &mut run.found.planned {
            planned.replies = comments.len();
        }
        Ok(match comments.len() {
            0 => Did::Skipped("nobody to answer".to_owned()),
            1 => Did::Done("1 comment answered".to_owned()),
            count => Did::Done(format!("{count} comments answered")),
        })
    }
}

/// What the agent answers. Where its result can't be read, its last message answers the comment that asked.
fn wanted(run: &Run) -> Vec<(u64, String)> {
    let asked = told::asked_in(run).map(|(_, comment)| comment.id);
    let Some(agent) = &run.found.agent else {
        // A dry run: nobody has worked.
        return asked.map(|id| (id, "(the agent's answer)".to_owned())).into_iter().collect();
    };
    match &agent.result {
        Some(result) => result.replies.iter().map(|reply| (reply.comment, reply.body.clone())).collect(),
        None => asked.zip(agent.totals.last_message.clone()).into_iter().collect(),
    }
}

fn answer(run: &Run, to: &Comment, body: String) -> Result<OwnComment, Stop> {
    let kind = format!("{REPLY}{}", to.id);
    let state = markers::State {
        delivery: Some(run.identity.delivery.clone()),
        run: run.identity.run_url.clone(),
        ..markers::State::default()
    };
    let marker = markers::marker(&kind, &run.repo(), &run.found.project, to.issue, &state);
    let of = CommentReply {
        marker: marker.clone(),
        issue: to.issue,
        author: to.author.clone(),
        url: to.url.clone(),
        said: to.body.clone(),
        body,
        run_url: run.identity.run_url.clone(),
    };
    let body = comment_reply(&of, run.lang()).map_err(Stop::failed)?;
    Ok(OwnComment { thread: Thread::Issue(to.issue), kind, marker, body })
}
