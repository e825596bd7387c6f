//! What GraphQL is told to do: replies in threads of a review, threads resolved, reactions where REST has none, comments hidden, drafts.

use serde_json::{Value, json};

use super::graph;
use super::graphql::{Fail, forbidden, refused, typed};
use super::issues::react;
use super::model::{State, Token, TokenKind};
use super::rights::{may, may_push};

/// Contents of a reaction by their names here.
const CONTENTS: [(&str, &str); 8] = [
    ("THUMBS_UP", "+1"),
    ("THUMBS_DOWN", "-1"),
    ("LAUGH", "laugh"),
    ("CONFUSED", "confused"),
    ("HEART", "heart"),
    ("HOORAY", "hooray"),
    ("ROCKET", "rocket"),
    ("EYES", "eyes"),
];

/// Something that has an id.
#[derive(Debug)]
enum Thing {
    /// An issue or pull request.
    Issue(u64),
    /// A comment on one.
    Comment(u64),
    /// A review of a pull request, by its place.
    Review(u64, usize),
    /// A thread of a review.
    Thread(u64, usize),
    /// A comment in a thread.
    ThreadComment(u64, usize, usize),
}

pub(super) fn carry_out(state: &mut State, token: &Token, name: &str, input: &Value) -> Result<Value, Fail> {
    let done = match name {
        "addPullRequestReviewThreadReply" => reply(state, token, input)?,
        "resolveReviewThread" | "unresolveReviewThread" => resolve(state, token, input, name == "resolveReviewThread")?,
        "addReaction" => add_reaction(state, token, input)?,
        "minimizeComment" => minimize(state, token, input)?,
        "convertPullRequestToDraft" | "markPullRequestReadyForReview" => {
            draft(state, token, input, name == "convertPullRequestToDraft")?
        }
        _ => return Err(refused(&format!("Field '{name}' doesn't exist on type 'Mutation'"), "undefinedField")),
    };
    let (field, value) = done;
    let payload = format!("{}{}Payload", name[..1].to_uppercase(), &name[1..]);
    let mut out = json!({"__typename": payload, "clientMutationId": input.get("clientMutationId")});
    out[field] = value;
    if name == "addReaction" {
        out["reaction"] = json!({"__typename": "Reaction", "id": "REA_1", "content": input["content"]});
    }
    Ok(out)
}

fn text<'a>(input: &'a Value, name: &str, kind: &str) -> Result<&'a str, Fail> {
    let wrong = || {
        refused(
            &format!("Argument '{name}' on InputObject '{kind}' is required. Expected type {kind}!"),
            "missingRequiredInputObjectAttribute",
        )
    };
    input[name].as_str().ok_or_else(wrong)
}

/// What an id names, in which repository, if the token may see it.
fn find(state: &State, token: &Token, id: &str) -> Result<(String, Thing), Fail> {
    let missing = || typed(&format!("Could not resolve to a node with the global id of '{id}'"), "NOT_FOUND");
    let (kind, rest) = id.split_once('_').ok_or_else(missing)?;
    let numbers: Vec<u64> = rest.split('_').map(str::parse).collect::<Result<_, _>>().map_err(|_| missing())?;
    let place = |number: u64| usize::try_from(number).unwrap();
    let all = || state.repos.iter().filter(|(repo, _)| may(state, repo, token, "metadata", "read"));
    let with_pull = |number: u64, fits: &dyn Fn(&super::model::Pull) -> bool| {
        all().find(|(_, repo)| repo.issues.get(&number).and_then(|issue| issue.pull.as_ref()).is_some_and(fits))
    };
    let found = match (kind, numbers.as_slice()) {
        ("I" | "PR", [at, number]) => all()
            .find(|(name, repo)| state.position(name) == place(*at) && repo.issues.contains_key(number))
            .map(|(name, _)| (name, Thing::Issue(*number))),
        ("IC", [id]) => {
            all().find(|(_, repo)| repo.comments.contains_key(id)).map(|(name, _)| (name, Thing::Comment(*id)))
        }
        ("PRR", [id]) => {
            let (number, at) = (id / 10_000, place(id % 10_000));
            with_pull(number, &|pull| at < pull.review_texts.len()).map(|(name, _)| (name, Thing::Review(number, at)))
        }
        ("PRRT", [number, at]) => {
            let at = place(*at);
            with_pull(*number, &|pull| at < pull.threads.len()).map(|(name, _)| (name, Thing::Thread(*number, at)))
        }
        ("PRRC", [id]) => {
            let (number, at, index) = (id / 100_000, place(id % 100_000 / 100), place(id % 100));
            let there =
                |pull: &super::model::Pull| pull.threads.get(at).is_some_and(|thread| index < thread.comments.len());
            with_pull(number, &there).map(|(name, _)| (name, Thing::ThreadComment(number, at, index)))
        }
        _ => None,
    };
    found.map(|(name, thing)| (name.clone(), thing)).ok_or_else(missing)
}

/// The token must have each of these permissions, and its account the right to push or be the author.
fn allow(state: &State, token: &Token, repo: &str, areas: &[&str], own: bool) -> Result<(), Fail> {
    if state.repos[repo].archived {
        return Err(typed("Repository was archived so is read-only.", "UNPROCESSABLE"));
    }
    let all = areas.iter().all(|area| may(state, repo, token, area, "write"));
    match &token.kind {
        TokenKind::App(_) if !all => Err(forbidden()),
        TokenKind::Classic(scopes) if !all => {
            let words = format!(
                "Your token has not been granted the required scopes to execute this query. It needs one of: ['repo'], but your token has only been granted the: {scopes:?} scopes."
            );
            Err(typed(&words, "INSUFFICIENT_SCOPES"))
        }
        _ if !own && !may_push(state, repo, token) => {
            Err(typed(&format!("{} does not have the correct permissions to execute this", token.login), "FORBIDDEN"))
        }
        _ => Ok(()),
    }
}

fn thread_of(state: &State, token: &Token, id: &str) -> Result<(String, u64, usize), Fail> {
    match find(state, token, id)? {
        (repo, Thing::Thread(number, at)) => Ok((repo, number, at)),
        _ => Err(typed(
            &format!("Could not resolve to PullRequestReviewThread node with the global id of '{id}'."),
            "NOT_FOUND",
        )),
    }
}

fn reply(state: &mut State, token: &Token, input: &Value) -> Result<(&'static str, Value), Fail> {
    let kind = "AddPullRequestReviewThreadReplyInput";
    let (id, body) = (text(input, "pullRequestReviewThreadId", kind)?, text(input, "body", kind)?);
    let (repo, number, at) = thread_of(state, token, id)?;
    allow(state, token, &repo, &["pull_requests"], true)?;
    if state.repos[&repo].issues[&number].locked && !may_push(state, &repo, token) {
        return Err(typed("Unable to create comment because issue is locked.", "FORBIDDEN"));
    }
    if body.trim().is_empty() {
        return Err(typed("Body can't be blank", "UNPROCESSABLE"));
    }
    if body.chars().count() > 65_536 {
        return Err(typed("Body is too long (maximum is 65536 characters)", "UNPROCESSABLE"));
    }
    let updated_at = state.now();
    let issue = state.issue_mut(&repo, number);
    issue.updated_at = updated_at;
    let comments = &mut issue.pull.as_mut().unwrap().threads[at].comments;
    comments.push((token.login.clone(), body.to_owned()));
    let index = comments.len() - 1;
    Ok(("comment", graph::thread_comment(state, token, &repo, number, at, index)))
}

fn resolve(state: &mut State, token: &Token, input: &Value, resolved: bool) -> Result<(&'static str, Value), Fail> {
    let kind = if resolved { "ResolveReviewThreadInput" } else { "UnresolveReviewThreadInput" };
    let (repo, number, at) = thread_of(state, token, text(input, "threadId", kind)?)?;
    let own = state.repos[&repo].issues[&number].author == token.login;
    // An App needs the right to write contents too, which its documentation doesn't say.
    allow(state, token, &repo, &["pull_requests", "contents"], own)?;
    state.issue_mut(&repo, number).pull.as_mut().unwrap().threads[at].resolved = resolved;
    Ok(("thread", graph::review_thread(state, token, &repo, number, at)))
}

fn add_reaction(state: &mut State, token: &Token, input: &Value) -> Result<(&'static str, Value), Fail> {
    let kind = "AddReactionInput";
    let (id, content) = (text(input, "subjectId", kind)?, text(input, "content", kind)?);
    let known = CONTENTS.iter().find(|(name, _)| *name == content).map(|(_, content)| *content);
    let content = known.ok_or_else(|| {
        let words = format!("Argument 'content' on InputObject '{kind}' has an invalid value ({content}). Expected type 'ReactionContent!'.");
        refused(&words, "argumentLiteralsIncompatible")
    })?;
    let (repo, thing) = find(state, token, id)?;
    let pull_only = matches!(thing, Thing::Review(..) | Thing::ThreadComment(..));
    let area = if pull_only || may(state, &repo, token, "pull_requests", "write") { "pull_requests" } else { "issues" };
    allow(state, token, &repo, &[area], true)?;
    let login = &token.login;
    let subject = match thing {
        Thing::Issue(number) => {
            react(&mut state.issue_mut(&repo, number).reactions, login, content);
            graph::thread(state, token, &repo, number)
        }
        Thing::Comment(comment) => {
            react(&mut state.comment_mut(&repo, comment).reactions, login, content);
            graph::comment(state, token, &repo, comment)
        }
        Thing::Review(number, _) | Thing::ThreadComment(number, ..) => {
            let reactions = &mut state.issue_mut(&repo, number).pull.as_mut().unwrap().reactions;
            react(reactions.entry(id.to_owned()).or_default(), login, content);
            let kind = if id.starts_with("PRRC") { "PullRequestReviewComment" } else { "PullRequestReview" };
            json!({"__typename": kind, "id": id})
        }
        Thing::Thread(..) => {
            return Err(typed(
                &format!("Could not resolve to a Reactable node with the global id of '{id}'."),
                "NOT_FOUND",
            ));
        }
    };
    Ok(("subject", subject))
}

fn minimize(state: &mut State, token: &Token, input: &Value) -> Result<(&'static str, Value), Fail> {
    let kind = "MinimizeCommentInput";
    let (id, _) = (text(input, "subjectId", kind)?, text(input, "classifier", kind)?);
    let (repo, thing) = find(state, token, id)?;
    allow(state, token, &repo, &["issues"], false)?;
    let kind = match thing {
        Thing::Comment(comment) => {
            state.comment_mut(&repo, comment).minimized = true;
            "IssueComment"
        }
        Thing::ThreadComment(number, at, index) => {
            state.issue_mut(&repo, number).pull.as_mut().unwrap().threads[at].minimized.push(index);
            "PullRequestReviewComment"
        }
        _ => {
            return Err(typed(
                &format!("Could not resolve to a Minimizable node with the global id of '{id}'."),
                "NOT_FOUND",
            ));
        }
    };
    Ok(("minimizedComment", json!({"__typename": kind, "id": id, "isMinimized": true})))
}

fn draft(state: &mut State, token: &Token, input: &Value, draft: bool) -> Result<(&'static str, Value), Fail> {
    let id = text(input, "pullRequestId", "PullRequestInput")?;
    let (repo, thing) = find(state, token, id)?;
    let wrong = || typed(&format!("Could not resolve to PullRequest node with the global id of '{id}'."), "NOT_FOUND");
    let Thing::Issue(number) = thing else { return Err(wrong()) };
    let own = state.repos[&repo].issues[&number].author == token.login;
    allow(state, token, &repo, &["pull_requests"], own)?;
    if draft && !state.repos[&repo].drafts {
        return Err(typed("Draft pull requests are not supported in this repository.", "UNPROCESSABLE"));
    }
    state.issue_mut(&repo, number).pull.as_mut().ok_or_else(wrong)?.draft = draft;
    Ok(("pullRequest", graph::thread(state, token, &repo, number)))
}
