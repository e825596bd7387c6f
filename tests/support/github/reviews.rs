//! A pull request with its reviews, as GraphQL has it: every field that is asked for, and no other.

use serde_json::{Value, json};

use super::model::{State, Token};

pub(super) fn pull(state: &State, token: &Token, repo: &str, number: u64) -> Value {
    let issue = &state.repos[repo].issues[&number];
    let pull = issue.pull.as_ref().unwrap();
    let url = format!("https://github.com/{repo}/pull/{number}");
    let labels: Vec<Value> = issue.labels.iter().map(|name| json!({"name": name})).collect();
    let texts: Vec<Value> = pull
        .review_texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let id = number * 10_000 + at as u64;
            said(state, token, text, id, &format!("{url}#pullrequestreview-{id}"))
        })
        .collect();
    let threads: Vec<Value> = pull.threads.iter().enumerate().map(|(at, thread)| {
        let comments: Vec<Value> = thread.comments.iter().enumerate().map(|(index, text)| {
            let id = number * 100_000 + at as u64 * 100 + index as u64;
            let mut said = said(state, token, text, id, &format!("{url}#discussion_r{id}"));
            said["isMinimized"] = thread.minimized.contains(&index).into();
            said["diffHunk"] = thread.hunk.clone().into();
            said
        }).collect();
        json!({
            "id": format!("PRRT_{number}_{at}"), "path": thread.path, "line": thread.line, "startLine": thread.start_line,
            "isResolved": thread.resolved, "isOutdated": thread.outdated, "comments": {"nodes": comments},
        })
    }).collect();
    json!({
        "title": issue.title, "body": issue.body, "url": url, "headRefName": pull.head, "baseRefName": pull.base,
        "author": actor(state, &issue.author), "labels": {"nodes": labels}, "reviews": {"nodes": texts},
        "reviewThreads": {"nodes": threads},
    })
}

fn said(state: &State, token: &Token, (author, body): &(String, String), id: u64, url: &str) -> Value {
    let minute = id % 60;
    json!({
        "fullDatabaseId": id.to_string(), "body": body, "url": url, "createdAt": format!("2026-01-01T00:{minute:02}:00Z"),
        "lastEditedAt": null, "viewerDidAuthor": *author == token.login, "author": actor(state, author),
    })
}

/// An App's account has `[bot]` behind its login everywhere but here.
fn actor(state: &State, login: &str) -> Value {
    match state.users.get(login) {
        Some(kind) => json!({"__typename": kind, "login": login.strip_suffix("[bot]").unwrap_or(login)}),
        None => Value::Null,
    }
}
