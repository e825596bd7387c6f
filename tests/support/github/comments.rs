//! Comments on issues and pull requests: written, edited, deleted, listed, and reactions to them.

use serde_json::Value;

use super::Answer;
use super::bodies::{comment_body, reaction};
use super::issues::{existing, react};
use super::pages::page;
use super::rest::{Ask, Refused, number};
use super::rights::{not_found, unlocked};

const WRITE: &str = "issues=write; pull_requests=write";
const READ: &str = "issues=read; pull_requests=read";

pub(super) fn answer(ask: &mut Ask<'_>, rest: &[&str]) -> Result<Answer, Refused> {
    match (ask.call.method.as_str(), rest) {
        ("GET", [n, "comments"]) => {
            ask.needs(READ)?;
            let n = existing(ask, n)?;
            let comments = ask.state.repos[ask.repo].comments.iter().filter(|(_, comment)| comment.issue == n);
            let all = comments.map(|(id, _)| ask.state.comment_json(ask.repo, *id)).collect();
            Ok(page(ask.state, ask.call, ask.repo, all))
        }
        ("POST", [n, "comments"]) => {
            let n = existing(ask, n)?;
            ask.needs(WRITE)?;
            unlocked(ask.state, ask.repo, n, ask.token)?;
            let text = comment_body(ask.body)?;
            let id = ask.state.add_comment(ask.repo, n, &ask.token.login, &text);
            Ok(Answer::new(201, ask.state.comment_json(ask.repo, id)))
        }
        (_, ["comments", id, rest @ ..]) => {
            let id = number(id)?;
            ask.state.repos[ask.repo].comments.get(&id).ok_or_else(not_found)?;
            one(ask, id, rest)
        }
        _ => Err(not_found()),
    }
}

fn one(ask: &mut Ask<'_>, id: u64, rest: &[&str]) -> Result<Answer, Refused> {
    match (ask.call.method.as_str(), rest) {
        ("GET", []) => ask.needs(READ)?,
        ("PATCH", []) => {
            ask.needs(WRITE)?;
            own_or_pushes(ask, id)?;
            let (text, now) = (comment_body(ask.body)?, ask.state.now());
            let comment = ask.state.comment_mut(ask.repo, id);
            (comment.body, comment.edited_at) = (text, Some(now));
        }
        ("DELETE", []) => {
            ask.needs(WRITE)?;
            own_or_pushes(ask, id)?;
            ask.state.repos.get_mut(ask.repo).unwrap().comments.remove(&id);
            return Ok(Answer::new(204, Value::Null));
        }
        ("POST", ["reactions"]) => {
            ask.needs(WRITE)?;
            let content = reaction(ask.body)?;
            let fresh = react(&mut ask.state.comment_mut(ask.repo, id).reactions, &ask.token.login, &content);
            let body = ask.state.reaction_json(&ask.token.login, &content);
            return Ok(Answer::new(if fresh { 201 } else { 200 }, body));
        }
        _ => return Err(not_found()),
    }
    Ok(Answer::new(200, ask.state.comment_json(ask.repo, id)))
}

/// Somebody else's comment may be changed by those who may push.
fn own_or_pushes(ask: &Ask<'_>, id: u64) -> Result<(), Refused> {
    if ask.state.repos[ask.repo].comments[&id].author == ask.token.login { Ok(()) } else { ask.needs_push() }
}
