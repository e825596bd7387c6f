//! Issues: listed, opened, edited, closed, locked; their labels and reactions. In GitHub's way of counting pull requests are issues too.

use serde_json::{Value, json};

use super::bodies::{invalid, label_names, optional, reaction, text_of, title_of};
use super::model::{Issue, State};
use super::pages::page;
use super::rest::{Ask, Refused, number};
use super::rights::{may_push, not_found};
use super::{Answer, comments};

const WRITE: &str = "issues=write; pull_requests=write";
const READ: &str = "issues=read; pull_requests=read";

pub(super) fn answer(ask: &mut Ask<'_>, rest: &[&str]) -> Result<Answer, Refused> {
    match (ask.call.method.as_str(), rest) {
        (_, ["comments", ..] | [_, "comments"]) => comments::answer(ask, rest),
        ("GET", []) => list(ask),
        ("POST", []) => open(ask),
        ("GET", [n]) => {
            ask.needs(READ)?;
            let n = existing(ask, n)?;
            Ok(Answer::new(200, ask.state.issue_json(ask.repo, n)))
        }
        ("PATCH", [n]) => {
            let n = existing(ask, n)?;
            edit(ask, n)
        }
        ("PUT" | "DELETE", [n, "lock"]) => {
            let n = existing(ask, n)?;
            ask.needs(WRITE)?;
            ask.needs_push()?;
            ask.state.issue_mut(ask.repo, n).locked = ask.call.method == "PUT";
            Ok(Answer::new(204, Value::Null))
        }
        ("POST", [n, "reactions"]) => {
            let n = existing(ask, n)?;
            ask.needs(WRITE)?;
            let content = reaction(ask.body)?;
            let fresh = react(&mut ask.state.issue_mut(ask.repo, n).reactions, &ask.token.login, &content);
            Ok(Answer::new(if fresh { 201 } else { 200 }, ask.state.reaction_json(&ask.token.login, &content)))
        }
        (_, [n, "labels", rest @ ..]) => {
            let n = existing(ask, n)?;
            labels(ask, n, rest)
        }
        _ => Err(not_found()),
    }
}

/// Puts a reaction there; whether it is new.
pub(super) fn react(reactions: &mut Vec<(String, String)>, login: &str, content: &str) -> bool {
    let reaction = (login.to_owned(), content.to_owned());
    let fresh = !reactions.contains(&reaction);
    if fresh {
        reactions.push(reaction);
    }
    fresh
}

pub(super) fn existing(ask: &Ask<'_>, text: &str) -> Result<u64, Refused> {
    let number = number(text)?;
    ask.state.repos[ask.repo].issues.contains_key(&number).then_some(number).ok_or_else(not_found)
}

fn list(ask: &mut Ask<'_>) -> Result<Answer, Refused> {
    ask.needs("issues=read")?;
    let wanted = ask.call.query("state").unwrap_or("open");
    if !["open", "closed", "all"].contains(&wanted) {
        return Err(invalid(&json!({"resource": "Issue", "field": "state", "code": "invalid"})));
    }
    let labels: Vec<&str> =
        ask.call.query("labels").unwrap_or_default().split(',').filter(|label| !label.is_empty()).collect();
    let fits = |issue: &Issue| {
        (wanted == "all" || (wanted == "closed") == issue.closed)
            && labels.iter().all(|label| issue.labels.iter().any(|there| there.eq_ignore_ascii_case(label)))
            && ask.call.query("creator").is_none_or(|login| issue.author.eq_ignore_ascii_case(login))
            && ask.call.query("since").is_none_or(|since| issue.updated_at.as_str() >= since)
    };
    let issues = &ask.state.repos[ask.repo].issues;
    let mut numbers: Vec<u64> = issues.iter().filter(|(_, issue)| fits(issue)).map(|(number, _)| *number).collect();
    if ask.state.late_lists > 0 {
        ask.state.late_lists -= 1;
        numbers.pop();
    }
    if ask.call.query("sort") == Some("updated") {
        numbers.sort_by_key(|number| ask.state.repos[ask.repo].issues[number].updated_at.clone());
    }
    if ask.call.query("direction").unwrap_or("desc") == "desc" {
        numbers.reverse();
    }
    let all = numbers.into_iter().map(|number| ask.state.issue_json(ask.repo, number)).collect();
    Ok(page(ask.state, ask.call, ask.repo, all))
}

fn open(ask: &mut Ask<'_>) -> Result<Answer, Refused> {
    if !ask.state.repos[ask.repo].has_issues {
        return Err(Answer::error(410, "Issues has been disabled in this repository."));
    }
    ask.needs("issues=write")?;
    let title = title_of(ask.body, "Issue")?.ok_or_else(|| missing_title("Issue"))?;
    let body = text_of(ask.body, "Issue")?.unwrap_or_default();
    let mut labels = if ask.body["labels"].is_null() { Vec::new() } else { label_names(ask.body)? };
    if !may_push(ask.state, ask.repo, ask.token) {
        // GitHub drops silently what this account may not set.
        labels.clear();
    }
    let (number, created_at) = (ask.state.next_number(ask.repo), ask.state.now());
    let author = ask.token.login.clone();
    let issue = Issue { title, body, labels, author, updated_at: created_at.clone(), created_at, ..Issue::default() };
    ask.state.repos.get_mut(ask.repo).unwrap().issues.insert(number, issue);
    Ok(Answer::new(201, ask.state.issue_json(ask.repo, number)))
}

pub(super) fn missing_title(resource: &str) -> Refused {
    invalid(&json!({"resource": resource, "field": "title", "code": "missing_field"}))
}

fn edit(ask: &mut Ask<'_>, n: u64) -> Result<Answer, Refused> {
    ask.needs(WRITE)?;
    let own = ask.state.repos[ask.repo].issues[&n].author == ask.token.login;
    if !own {
        ask.needs_push()?;
    }
    let (title, body) = (title_of(ask.body, "Issue")?, text_of(ask.body, "Issue")?);
    let labels = if ask.body["labels"].is_null() { None } else { Some(label_names(ask.body)?) };
    let (state, reason) = (optional(ask.body, "state")?, optional(ask.body, "state_reason")?);
    let not_one_of = |name: &str, of: &str| {
        Answer::error(
            422,
            &format!("Invalid request.\n\nFor 'properties/{name}', {} is not one of {of}.", ask.body[name]),
        )
    };
    if state.as_deref().is_some_and(|state| !["open", "closed"].contains(&state)) {
        return Err(not_one_of("state", "[\"open\", \"closed\"]"));
    }
    let reasons = ["completed", "not_planned", "duplicate", "reopened"];
    if reason.as_deref().is_some_and(|reason| !reasons.contains(&reason)) {
        return Err(not_one_of("state_reason", "[\"completed\", \"not_planned\", \"duplicate\", \"reopened\", null]"));
    }
    let (now, pushes) = (ask.state.now(), may_push(ask.state, ask.repo, ask.token));
    let issue = ask.state.issue_mut(ask.repo, n);
    issue.updated_at.clone_from(&now);
    issue.title = title.unwrap_or(issue.title.clone());
    issue.body = body.unwrap_or(issue.body.clone());
    if let Some(labels) = labels.filter(|_| pushes) {
        issue.labels = labels;
    }
    if let Some(state) = state {
        set_state(issue, state == "closed", reason, &now);
    }
    Ok(Answer::new(200, ask.state.issue_json(ask.repo, n)))
}

fn set_state(issue: &mut Issue, closed: bool, reason: Option<String>, now: &str) {
    if closed == issue.closed {
        // A reason alone changes the reason of what is closed already.
        issue.state_reason = reason.or(issue.state_reason.take());
        return;
    }
    issue.closed = closed;
    issue.closed_at = closed.then(|| now.to_owned());
    let usual = if closed { "completed" } else { "reopened" };
    issue.state_reason = Some(reason.unwrap_or_else(|| usual.to_owned())).filter(|_| issue.pull.is_none());
}

fn labels(ask: &mut Ask<'_>, n: u64, rest: &[&str]) -> Result<Answer, Refused> {
    let method = ask.call.method.clone();
    if method == "GET" && rest.is_empty() {
        ask.needs(READ)?;
        let all = labels_of(ask.state, ask.repo, n);
        return Ok(page(ask.state, ask.call, ask.repo, all.as_array().unwrap().clone()));
    }
    ask.needs(WRITE)?;
    ask.needs_push()?;
    let repo = ask.repo;
    match (method.as_str(), rest) {
        ("POST" | "PUT", []) => {
            let wanted = label_names(ask.body)?;
            let issue = ask.state.issue_mut(repo, n);
            if method == "PUT" {
                issue.labels.clear();
            }
            for label in wanted {
                if !issue.labels.iter().any(|there| there.eq_ignore_ascii_case(&label)) {
                    issue.labels.push(label);
                }
            }
        }
        // All of them: where an empty name of one label leads.
        ("DELETE", [] | [""]) => {
            ask.state.issue_mut(repo, n).labels.clear();
            return Ok(Answer::new(204, Value::Null));
        }
        ("DELETE", [label]) => {
            let issue = ask.state.issue_mut(repo, n);
            let at = issue.labels.iter().position(|there| there.eq_ignore_ascii_case(label));
            issue.labels.remove(at.ok_or_else(|| Answer::error(404, "Label does not exist"))?);
        }
        _ => return Err(not_found()),
    }
    Ok(Answer::new(200, labels_of(ask.state, repo, n)))
}

fn labels_of(state: &State, repo: &str, n: u64) -> Value {
    state.labels_json(repo, &state.repos[repo].issues[&n].labels)
}
