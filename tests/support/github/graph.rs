//! Issues, pull requests, reviews and threads as GraphQL has them: every field that is asked for, and no other.

use serde_json::{Map, Value, json};

use super::model::{Issue, State, Token};
use super::shapes::or_start;

/// A list that is asked for by page; which part of it is given is decided when it is asked.
fn connection(kind: &str, nodes: &[Value]) -> Value {
    json!({"__typename": kind, "totalCount": nodes.len(), "nodes": nodes})
}

/// An issue or a pull request.
pub(super) fn thread(state: &State, token: &Token, repo: &str, number: u64) -> Value {
    let issue = &state.repos[repo].issues[&number];
    let comments = state.repos[repo].comments.iter().filter(|(_, comment)| comment.issue == number);
    let comments: Vec<Value> = comments.map(|(id, _)| comment(state, token, repo, *id)).collect();
    let (kind, page, node) =
        if issue.pull.is_some() { ("PullRequest", "pull", "PR") } else { ("Issue", "issues", "I") };
    let names: Vec<Value> = issue
        .labels
        .iter()
        .map(|name| json!({"__typename": "Label", "id": format!("LA_{name}"), "name": name}))
        .collect();
    let closed_at = issue.closed_at.as_deref().unwrap_or(&issue.updated_at);
    let mut json = json!({
        "__typename": kind, "id": format!("{node}_{}_{number}", state.position(repo)), "number": number, "title": issue.title,
        "body": issue.body, "url": format!("https://github.com/{repo}/{page}/{number}"), "state": state_of(issue),
        "closed": issue.closed, "locked": issue.locked, "createdAt": or_start(&issue.created_at),
        "updatedAt": or_start(&issue.updated_at), "closedAt": issue.closed.then(|| or_start(closed_at)), "lastEditedAt": null,
        "viewerDidAuthor": issue.author == token.login, "author": actor(state, &issue.author),
        "labels": connection("LabelConnection", &names), "comments": connection("IssueCommentConnection", &comments),
    });
    if issue.pull.is_some() {
        json.as_object_mut().unwrap().extend(pull(state, token, repo, number));
    } else {
        let reason = issue.state_reason.as_deref().or(issue.closed.then_some("completed")).map(str::to_uppercase);
        json["stateReason"] = reason.into();
    }
    json
}

fn state_of(issue: &Issue) -> &'static str {
    match &issue.pull {
        Some(pull) if pull.merged => "MERGED",
        _ if issue.closed => "CLOSED",
        _ => "OPEN",
    }
}

/// What only a pull request has.
fn pull(state: &State, token: &Token, repo: &str, number: u64) -> Map<String, Value> {
    let issue = &state.repos[repo].issues[&number];
    let pull = issue.pull.as_ref().unwrap();
    let head = state.repos.get(&pull.head_repo);
    let sha = head.and_then(|of| of.git.sha(&pull.head)).unwrap_or_else(|| "0".repeat(40));
    let head_repo = head.map(|_| json!({"__typename": "Repository", "nameWithOwner": pull.head_repo}));
    let reviews: Vec<Value> = (0..pull.review_texts.len()).map(|at| review(state, token, repo, number, at)).collect();
    let threads: Vec<Value> = (0..pull.threads.len()).map(|at| review_thread(state, token, repo, number, at)).collect();
    let Value::Object(map) = json!({
        "headRefName": pull.head, "baseRefName": pull.base, "headRefOid": sha, "headRepository": head_repo, "isDraft": pull.draft,
        "isCrossRepository": pull.head_repo != repo, "merged": pull.merged,
        "mergedAt": pull.merged.then(|| or_start(&issue.updated_at)),
        "reviews": connection("PullRequestReviewConnection", &reviews),
        "reviewThreads": connection("PullRequestReviewThreadConnection", &threads),
    }) else {
        unreachable!("an object was just made")
    };
    map
}

fn review(state: &State, token: &Token, repo: &str, number: u64, at: usize) -> Value {
    let id = number * 10_000 + at as u64;
    let url = format!("https://github.com/{repo}/pull/{number}#pullrequestreview-{id}");
    let text = &state.repos[repo].issues[&number].pull.as_ref().unwrap().review_texts[at];
    let mut json = said(state, token, text, id, &url);
    json["__typename"] = "PullRequestReview".into();
    json["id"] = format!("PRR_{id}").into();
    json["state"] = "COMMENTED".into();
    json["isMinimized"] = false.into();
    json["submittedAt"] = json["createdAt"].clone();
    json
}

/// A thread of a review by where it stands among those of its pull request.
pub(super) fn review_thread(state: &State, token: &Token, repo: &str, number: u64, at: usize) -> Value {
    let thread = &state.repos[repo].issues[&number].pull.as_ref().unwrap().threads[at];
    let comments: Vec<Value> =
        (0..thread.comments.len()).map(|index| thread_comment(state, token, repo, number, at, index)).collect();
    json!({
        "__typename": "PullRequestReviewThread", "id": format!("PRRT_{number}_{at}"), "path": thread.path, "line": thread.line,
        "startLine": thread.start_line, "isResolved": thread.resolved, "isOutdated": thread.outdated, "isCollapsed": thread.resolved,
        "originalLine": thread.line, "originalStartLine": thread.start_line,
        "subjectType": if thread.line.is_none() && !thread.outdated { "FILE" } else { "LINE" },
        "comments": connection("PullRequestReviewCommentConnection", &comments),
    })
}

/// One comment of a thread.
pub(super) fn thread_comment(state: &State, token: &Token, repo: &str, number: u64, at: usize, index: usize) -> Value {
    let thread = &state.repos[repo].issues[&number].pull.as_ref().unwrap().threads[at];
    let id = number * 100_000 + at as u64 * 100 + index as u64;
    let url = format!("https://github.com/{repo}/pull/{number}#discussion_r{id}");
    let mut json = said(state, token, &thread.comments[index], id, &url);
    json["__typename"] = "PullRequestReviewComment".into();
    json["id"] = format!("PRRC_{id}").into();
    json["isMinimized"] = thread.minimized.contains(&index).into();
    json["diffHunk"] = thread.hunk.clone().into();
    json["path"] = thread.path.clone().into();
    json
}

/// A comment on an issue or a pull request.
pub(super) fn comment(state: &State, token: &Token, repo: &str, id: u64) -> Value {
    let comment = &state.repos[repo].comments[&id];
    json!({
        "__typename": "IssueComment", "id": format!("IC_{id}"), "databaseId": id, "fullDatabaseId": id.to_string(),
        "body": comment.body, "url": state.comment_url(repo, id), "createdAt": comment.created_at,
        "updatedAt": comment.edited_at.as_ref().unwrap_or(&comment.created_at), "lastEditedAt": comment.edited_at,
        "isMinimized": comment.minimized, "viewerDidAuthor": comment.author == token.login, "author": actor(state, &comment.author),
    })
}

fn said(state: &State, token: &Token, (author, body): &(String, String), id: u64, url: &str) -> Value {
    let minute = id % 60;
    json!({
        "databaseId": id, "fullDatabaseId": id.to_string(), "body": body, "url": url,
        "createdAt": format!("2026-01-01T00:{minute:02}:00Z"), "lastEditedAt": null, "viewerDidAuthor": *author == token.login,
        "author": actor(state, author),
    })
}

/// Who wrote something. An App's account has `[bot]` behind its login as a viewer and in REST, but not here.
fn actor(state: &State, login: &str) -> Value {
    match state.users.get(login) {
        Some(kind) => {
            let login = login.strip_suffix("[bot]").unwrap_or(login);
            json!({"__typename": kind, "login": login, "url": format!("https://github.com/{login}")})
        }
        None => Value::Null,
    }
}
