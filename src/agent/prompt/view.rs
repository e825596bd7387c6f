//! What templates see: the facts in lower camel case, with every text from GitHub cleaned, fitted and fenced.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use super::budget::{Fitted, fit};
use super::data::{Access, Comment, LastRun, Limits, Link, McpServer, Mode, OpenPull, PromptData, Runtime, TreeState};
use super::fence::Fence;
use crate::report::untrusted::{clean, cut};
use crate::report::{Lang, words};

/// Labels that say what an issue asks for (spec 4.6).
const SEMANTIC: [&str; 6] = ["feature", "bug", "doc", "debt", "idea", "epic"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct View<'a> {
    repository: &'a str,
    project: &'a str,
    env: &'a str,
    namespace: &'a str,
    slot: u32,
    runtime: Runtime,
    cluster: bool,
    branch: &'a str,
    base: &'a str,
    base_commit: Option<&'a str>,
    codex: Codex<'a>,
    issue: ViewIssue,
    issue_comments: Vec<ViewComment>,
    comments_left_out: usize,
    pull: Option<&'a OpenPull>,
    short: bool,
    session_lost: bool,
    since: Option<String>,
    last_run: Option<LastRun>,
    tree: Option<TreeState>,
    github_access: Access,
    limits: &'a Limits,
    time_ms: Option<u64>,
    tokens: Option<u64>,
    infra_unhealthy: bool,
    fence: ViewFence,
    vars: &'a BTreeMap<String, String>,
    versions: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Codex<'a> {
    model: Option<&'a str>,
    model_reasoning_effort: Option<&'a str>,
    project_context: &'a str,
    services_overview: &'a str,
    extra_tools: &'a [String],
    links: &'a [Link],
    mcp: Mcp<'a>,
}

#[derive(Serialize)]
struct Mcp<'a> {
    servers: &'a [McpServer],
}

#[derive(Serialize)]
struct ViewFence {
    open: String,
    close: String,
}

/// The task. `title`, `body` and `text` (all of it) are blocks between delimiters.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ViewIssue {
    number: u64,
    title: String,
    body: String,
    text: String,
    semantic_labels: Vec<&'static str>,
    changed: bool,
}

/// A comment. `body` is a block between delimiters; the other texts have only characters that can't say anything.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ViewComment {
    issue_number: u64,
    id: u64,
    author: String,
    body: String,
    created_at: Option<String>,
    edited: bool,
    may_write: bool,
}

impl<'a> View<'a> {
    pub(super) fn new(data: &'a PromptData, fence: &Fence, lang: Lang) -> (Self, Fitted) {
        let (since, last_run, tree) = match &data.mode {
            Mode::Whole => (None, None, None),
            Mode::SessionLost { tree } => (None, None, Some(*tree)),
            Mode::New { since, last, tree } => (*since, Some(*last), Some(*tree)),
        };
        let mut comments: Vec<&Comment> = data
            .comments
            .iter()
            .filter(|comment| {
                let touched = comment.updated_at.max(comment.created_at);
                since.is_none_or(|since| touched.is_none_or(|touched| touched > since))
            })
            .collect();
        comments.sort_by(|a, b| oldest_first(a, b));
        let bodies: Vec<String> = comments.iter().map(|comment| clean(&comment.body)).collect();
        let fitted = fit(&clean(&data.issue.body), &bodies, data.context_budget, |bytes| cut_note(bytes as u64, lang));
        let kept = &comments[fitted.left_out..];
        let title = one_line(&data.issue.title, 500);
        let view = Self {
            repository: &data.repository,
            project: &data.project,
            env: &data.env,
            namespace: &data.namespace,
            slot: data.slot,
            runtime: data.runtime,
            cluster: data.runtime == Runtime::Kubernetes,
            branch: &data.branch,
            base: &data.base,
            base_commit: data.base_commit.as_deref(),
            codex: Codex {
                model: data.stack.model.as_deref(),
                model_reasoning_effort: data.stack.model_reasoning_effort.as_deref(),
                project_context: data.stack.project_context.trim(),
                services_overview: data.stack.services_overview.trim(),
                extra_tools: &data.stack.extra_tools,
                links: &data.stack.links,
                mcp: Mcp { servers: &data.stack.mcp_servers },
            },
            issue: ViewIssue {
                number: data.issue.number,
                text: fence.block_of_clean(&task(data, &title, &fitted.task, lang)),
                title: fence.block_of_clean(&title),
                body: fence.block_of_clean(&fitted.task),
                semantic_labels: semantic(&data.issue.labels),
                changed: data.issue.changed,
            },
            issue_comments: kept
                .iter()
                .zip(&fitted.comments)
                .map(|(comment, body)| ViewComment {
                    issue_number: comment.issue,
                    id: comment.id,
                    author: login(&comment.author),
                    body: fence.block_of_clean(body),
                    created_at: comment.created_at.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
                    edited: comment.updated_at > comment.created_at,
                    may_write: comment.may_write,
                })
                .collect(),
            comments_left_out: fitted.left_out,
            pull: data.pull.as_ref(),
            short: matches!(data.mode, Mode::New { .. }),
            session_lost: matches!(data.mode, Mode::SessionLost { .. }),
            since: since.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            last_run,
            tree,
            github_access: data.access,
            limits: &data.limits,
            time_ms: data.time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            tokens: data.tokens,
            infra_unhealthy: data.infra_unhealthy,
            fence: ViewFence { open: fence.open(), close: fence.close() },
            vars: &data.vars,
            versions: &data.versions,
        };
        (view, fitted)
    }
}

/// Comments without a time come first: they can only be from payloads older than the rest.
fn oldest_first(a: &Comment, b: &Comment) -> Ordering {
    a.created_at.cmp(&b.created_at).then(a.id.cmp(&b.id))
}

/// The task as one block: title, author and labels first, as a reader of the issue sees them.
fn task(data: &PromptData, title: &str, body: &str, lang: Lang) -> String {
    let labels: Vec<String> = data.issue.labels.iter().take(50).map(|label| one_line(label, 100)).collect();
    let (title_word, author_word, labels_word) = match lang {
        Lang::En => ("Title", "Author", "Labels"),
        Lang::Ru => ("Заголовок", "Автор", "Метки"),
    };
    let mut out = format!("{title_word}: {title}\n{author_word}: {}\n", login(&data.issue.author));
    if !labels.is_empty() {
        out.push_str(&format!("{labels_word}: {}\n", labels.join(", ")));
    }
    let body = body.trim_matches('\n');
    if !body.trim().is_empty() {
        out.push('\n');
        out.push_str(body);
    }
    out
}

fn one_line(text: &str, longest: usize) -> String {
    let head = cut(text, longest.saturating_mul(4)).0;
    let clean = clean(head);
    let words: Vec<&str> = clean.split_whitespace().collect();
    cut(&words.join(" "), longest).0.to_owned()
}

/// The login with only the characters that GitHub allows in one, so that it can stand outside the delimiters.
fn login(author: &str) -> String {
    author
        .chars()
        .filter(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '[' | ']'))
        .take(60)
        .collect()
}

/// Semantic labels in their own order, brackets optional, in any case.
fn semantic(labels: &[String]) -> Vec<&'static str> {
    let bare = |label: &String| label.trim().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let there: Vec<String> = labels.iter().map(bare).collect();
    SEMANTIC.into_iter().filter(|name| there.iter().any(|label| label == name)).collect()
}

fn cut_note(bytes: u64, lang: Lang) -> String {
    match lang {
        Lang::En => format!("[… codexctl left out {} here …]", words::bytes(bytes, lang)),
        Lang::Ru => format!("[… здесь codexctl пропустил {} …]", words::bytes(bytes, lang)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semantic_labels_are_known_with_and_without_brackets() {
        let labels = ["[ai-dev]", "Bug", "[epic]", "debugging", "feature request"].map(str::to_owned);
        assert_eq!(semantic(&labels), ["bug", "epic"]);
    }

    #[test]
    fn a_login_says_nothing_but_its_name() {
        assert_eq!(login("dependabot[bot]"), "dependabot[bot]");
        assert_eq!(login("x\n# Rules: `rm`"), "xRulesrm");
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(one_line(" Cart\n total\u{202e} <!-- x -->wrong ", 500), "Cart total wrong");
        assert_eq!(one_line(&"ab ".repeat(1_000_000), 5), "ab ab");
    }
}
