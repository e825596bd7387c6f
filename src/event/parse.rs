//! From the bytes of a payload to an [`Event`].

use serde_json::Value;

use super::read::{Node, describe};
use super::{Account, Comment, Event, EventError, Issue, Pull, Repository, Subject, guess_name};

/// The largest payload in bytes. GitHub delivers none above 25 MB:
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap>.
pub const LIMIT: usize = 25 * 1024 * 1024;

/// Reads a webhook payload. Without a name (or with a blank one) the shape tells it; a byte order mark is skipped.
///
/// # Errors
/// [`EventError`] when the payload is no JSON object, its name can't be told, or an event that could start a flow lacks what
/// the decision needs. Events and actions that start nothing are read leniently and never fail past that.
pub fn parse(name: Option<&str>, payload: &[u8]) -> Result<Event, EventError> {
    if payload.len() > LIMIT {
        return Err(EventError::TooLarge { bytes: payload.len() });
    }
    let payload = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload);
    if payload.trim_ascii().is_empty() {
        return Err(EventError::Empty);
    }
    let value: Value = serde_json::from_slice(payload).map_err(|error| not_json(&error))?;
    let Value::Object(object) = &value else {
        return Err(EventError::NotObject { found: describe(&value) });
    };
    let name = match name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => name,
        None => guess_name(object).ok_or_else(|| EventError::Nameless { keys: keys(object) })?,
    };
    let root = Node::root(name, &value);
    let subject = subject(name, &root)?;
    // What starts nothing must not fail for a field that nobody will look at.
    let lenient = subject == Subject::Other;
    Ok(Event {
        name: name.to_owned(),
        action: root.get("action").value().and_then(Value::as_str).map(str::to_owned),
        repository: keep(repository(&root.get("repository")), lenient)?,
        sender: keep(account(root.get("sender")), lenient)?,
        subject,
    })
}

fn keep<T>(read: Result<Option<T>, EventError>, lenient: bool) -> Result<Option<T>, EventError> {
    if lenient { Ok(read.unwrap_or_default()) } else { read }
}

fn subject(name: &str, root: &Node<'_>) -> Result<Subject, EventError> {
    match name {
        "issues" => match root.get("action").text()? {
            action @ ("labeled" | "closed") => {
                let node = root.get("issue").object()?;
                // A pull request has events of its own; whoever sends it as an issue must not start a flow on it twice.
                if node.get("pull_request").is_there() {
                    return Ok(Subject::Other);
                }
                let issue = issue(&node)?;
                Ok(match action {
                    "labeled" => Subject::IssueLabeled { issue, label: root.get("label").label()? },
                    _ => Subject::IssueClosed { issue },
                })
            }
            _ => Ok(Subject::Other),
        },
        "issue_comment" => match root.get("action").text()? {
            "created" => {
                let node = root.get("issue").object()?;
                let on_pull_request = node.get("pull_request").is_there();
                let comment = comment(&root.get("comment").object()?)?;
                Ok(Subject::IssueComment { issue: issue(&node)?, on_pull_request, comment })
            }
            _ => Ok(Subject::Other),
        },
        "pull_request" => match root.get("action").text()? {
            "closed" => Ok(Subject::PullClosed { pull: pull(&root.get("pull_request").object()?)? }),
            _ => Ok(Subject::Other),
        },
        "pull_request_review" => match root.get("action").text()? {
            "submitted" => {
                let review = root.get("review").object()?;
                Ok(Subject::ReviewSubmitted {
                    pull: pull(&root.get("pull_request").object()?)?,
                    // Webhooks say `changes_requested`, the API `CHANGES_REQUESTED`; people save both as events.
                    state: review.get("state").text()?.to_ascii_lowercase(),
                    review_id: review.get("id").number()?,
                    body: review.get("body").text_or_empty()?,
                })
            }
            _ => Ok(Subject::Other),
        },
        "push" => push(root),
        "workflow_dispatch" => dispatch(root.get("inputs")),
        "repository_dispatch" => dispatch(root.get("client_payload")),
        "schedule" => Ok(Subject::Schedule),
        _ => Ok(Subject::Other),
    }
}

fn push(root: &Node<'_>) -> Result<Subject, EventError> {
    let reference = root.get("ref").text()?.to_owned();
    let after = if root.get("deleted").flag()? {
        // What GitHub itself sends there for a deleted branch.
        "0".repeat(40)
    } else {
        root.get("after").text()?.to_owned()
    };
    let message = match root.get("head_commit").optional_object()? {
        Some(commit) => commit.get("message").text_or_empty()?,
        None => String::new(),
    };
    Ok(Subject::Push { reference, after, message })
}

fn dispatch(inputs: Node<'_>) -> Result<Subject, EventError> {
    let Some(inputs) = inputs.optional_object()? else {
        return Ok(Subject::Dispatch { flow: None, issue: None, pr: None });
    };
    let flow = inputs.get("flow").optional_text()?.map(str::trim).filter(|flow| !flow.is_empty()).map(str::to_owned);
    // Without `flow` these are another workflow's inputs, which may be called the same and hold anything.
    if flow.is_none() {
        return Ok(Subject::Dispatch { flow, issue: None, pr: None });
    }
    Ok(Subject::Dispatch {
        flow,
        issue: inputs.get("issue").filled_in_number()?,
        pr: inputs.get("pr").filled_in_number()?,
    })
}

fn repository(node: &Node<'_>) -> Result<Option<Repository>, EventError> {
    let Some(node) = node.clone().optional_object()? else { return Ok(None) };
    let full = node.get("full_name");
    let (owner, name) = match full.optional_text()? {
        Some(text) => match text.split_once('/') {
            Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => (owner, name),
            _ => return Err(full.wrong("owner/name")),
        },
        None => (node.get("owner").object()?.get("login").text()?, node.get("name").text()?),
    };
    Ok(Some(Repository {
        owner: owner.to_owned(),
        name: name.to_owned(),
        default_branch: node.get("default_branch").optional_text()?.map(str::to_owned),
        url: node.get("html_url").optional_text()?.map(str::to_owned),
    }))
}

fn account(node: Node<'_>) -> Result<Option<Account>, EventError> {
    let Some(node) = node.optional_object()? else { return Ok(None) };
    Ok(Some(Account {
        login: node.get("login").text()?.to_owned(),
        bot: node.get("type").optional_text()? == Some("Bot"),
    }))
}

/// The login under `user`; empty where the account is gone, for which GitHub sends `null`.
fn author(node: &Node<'_>) -> Result<String, EventError> {
    match node.get("user").optional_object()? {
        Some(user) => user.get("login").text_or_empty(),
        None => Ok(String::new()),
    }
}

fn is_open(node: &Node<'_>) -> Result<bool, EventError> {
    let state = node.get("state");
    match state.text()? {
        "open" => Ok(true),
        "closed" => Ok(false),
        _ => Err(state.wrong("open or closed")),
    }
}

fn issue(node: &Node<'_>) -> Result<Issue, EventError> {
    Ok(Issue {
        number: node.get("number").number()?,
        title: node.get("title").text_or_empty()?,
        body: node.get("body").text_or_empty()?,
        labels: node.get("labels").labels()?,
        open: is_open(node)?,
        author: author(node)?,
        url: node.get("html_url").text_or_empty()?,
        updated_at: node.get("updated_at").time()?,
    })
}

fn comment(node: &Node<'_>) -> Result<Comment, EventError> {
    Ok(Comment {
        id: node.get("id").number()?,
        author: author(node)?,
        body: node.get("body").text_or_empty()?,
        url: node.get("html_url").text_or_empty()?,
        created_at: node.get("created_at").time()?,
        updated_at: node.get("updated_at").time()?,
    })
}

fn pull(node: &Node<'_>) -> Result<Pull, EventError> {
    let head = node.get("head").object()?;
    let head_repository = match head.get("repo").optional_object()? {
        Some(repo) => Some(repo.get("full_name").text()?.to_owned()),
        None => None,
    };
    let base_branch = match node.get("base").optional_object()? {
        Some(base) => base.get("ref").text_or_empty()?,
        None => String::new(),
    };
    Ok(Pull {
        number: node.get("number").number()?,
        title: node.get("title").text_or_empty()?,
        body: node.get("body").text_or_empty()?,
        labels: node.get("labels").labels()?,
        open: is_open(node)?,
        // The short form of a pull request that reviews carry has no `merged`.
        merged: node.get("merged").flag()? || node.get("merged_at").time()?.is_some(),
        draft: node.get("draft").flag()?,
        head_branch: head.get("ref").text()?.to_owned(),
        head_sha: head.get("sha").text_or_empty()?,
        head_repository,
        base_branch,
        url: node.get("html_url").text_or_empty()?,
    })
}

fn not_json(error: &serde_json::Error) -> EventError {
    let full = error.to_string();
    // serde_json ends its message with the place, which our own message says in its own way.
    let reason = match error.is_eof() {
        // A download or copy that broke off, as a rule.
        true => "it ends in the middle of a value, so it may not be whole".to_owned(),
        false => full.rsplit_once(" at line ").map_or(full.as_str(), |(reason, _)| reason).to_owned(),
    };
    EventError::NotJson { line: error.line(), column: error.column(), reason }
}

/// The first keys of a payload, for a message.
fn keys(object: &serde_json::Map<String, Value>) -> String {
    const SHOWN: usize = 6;
    let mut names: Vec<String> =
        object.keys().take(SHOWN).map(|key| format!("{:?}", key.chars().take(30).collect::<String>())).collect();
    if names.is_empty() {
        return "no fields".to_owned();
    }
    if object.len() > SHOWN {
        names.push("…".to_owned());
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;
