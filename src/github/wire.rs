//! GitHub's shapes, as little of them as we need: what an answer may leave out is optional here.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::client::Reply;
use crate::event::{Comment, Issue, Pull};

/// What an error says. Source: <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Value,
}

impl Refusal {
    /// The message and every single error, as one sentence without a point.
    pub(super) fn text(&self) -> String {
        let single = self.errors.as_array().into_iter().flatten().filter_map(|error| match error {
            Value::String(text) => Some(text.clone()),
            Value::Object(error) => {
                let part = |name: &str| error.get(name).and_then(Value::as_str);
                part("message").map(str::to_owned).or_else(|| Some(format!("{} is {}", part("field")?, part("code")?)))
            }
            _ => None,
        });
        let message = self.message.trim_end_matches('.');
        let all: Vec<String> = single.map(|text| text.trim_end_matches('.').to_owned()).collect();
        match (message, all.is_empty()) {
            (message, true) => message.to_owned(),
            ("" | "Validation Failed", false) => all.join("; "),
            (message, false) => format!("{message}: {}", all.join("; ")),
        }
    }
}

/// GraphQL answers 200 to nearly everything; this gives its errors the status that REST would give them.
pub(super) fn graphql_status(mut reply: Reply) -> Reply {
    #[derive(Deserialize)]
    struct Errors {
        #[serde(default)]
        errors: Vec<Value>,
    }
    let errors = serde_json::from_str::<Errors>(&reply.body).map(|body| body.errors).unwrap_or_default();
    let (200, Some(first)) = (reply.status, errors.first()) else { return reply };
    reply.status = match first["type"].as_str() {
        Some("RATE_LIMITED") => 429,
        Some("NOT_FOUND") => 404,
        Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => 403,
        Some(_) => 422,
        // A fault of the question carries a code, one of GitHub's own nothing.
        None if first["extensions"]["code"].is_string() => 422,
        None => 502,
    };
    reply.body = serde_json::json!({"message": first["message"]}).to_string();
    reply
}

/// What GraphQL gives.
#[derive(Deserialize)]
pub(super) struct Data<T> {
    pub(super) data: T,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) login: String,
    #[serde(default, rename = "type")]
    kind: String,
}

impl User {
    pub(super) fn is_bot(&self) -> bool {
        self.kind == "Bot"
    }
}

/// GitHub shows deleted accounts as this one.
const GHOST: &str = "ghost";

fn login(user: Option<User>) -> String {
    user.map_or_else(|| GHOST.to_owned(), |user| user.login)
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

fn names(labels: Vec<Label>) -> Vec<String> {
    labels.into_iter().map(|label| label.name).collect()
}

#[derive(Deserialize)]
pub(super) struct PermissionOf {
    pub(super) permission: super::Permission,
}

#[derive(Deserialize)]
pub(super) struct WireIssue {
    number: u64,
    title: String,
    body: Option<String>,
    #[serde(default)]
    labels: Vec<Label>,
    state: String,
    user: Option<User>,
    html_url: String,
    updated_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pull_request: Option<Value>,
}

impl WireIssue {
    /// Whether it is a pull request: in GitHub's way of counting those are issues too.
    pub(super) fn is_pull(&self) -> bool {
        self.pull_request.is_some()
    }

    /// Whether this account wrote it.
    pub(super) fn is_by(&self, login: &str) -> bool {
        self.user.as_ref().is_some_and(|user| user.login.eq_ignore_ascii_case(login))
    }
}

impl From<WireIssue> for Issue {
    fn from(issue: WireIssue) -> Self {
        Self {
            number: issue.number,
            title: issue.title,
            body: issue.body.unwrap_or_default(),
            labels: names(issue.labels),
            open: issue.state == "open",
            author: login(issue.user),
            url: issue.html_url,
            updated_at: issue.updated_at,
        }
    }
}

#[derive(Deserialize)]
struct Branch {
    #[serde(rename = "ref")]
    name: String,
    sha: String,
    repo: Option<Repo>,
}

#[derive(Deserialize)]
struct Repo {
    full_name: String,
}

#[derive(Deserialize)]
pub(super) struct WirePull {
    node_id: String,
    number: u64,
    title: String,
    body: Option<String>,
    #[serde(default)]
    labels: Vec<Label>,
    state: String,
    merged_at: Option<DateTime<Utc>>,
    #[serde(default)]
    draft: bool,
    head: Branch,
    base: Branch,
    html_url: String,
    user: Option<User>,
    #[serde(default)]
    requested_reviewers: Vec<User>,
}

impl WirePull {
    /// Whether the head is this branch of this repository.
    pub(super) fn is_of(&self, owner: &str, name: &str, branch: &str) -> bool {
        let full = format!("{owner}/{name}");
        self.head.name == branch
            && self.head.repo.as_ref().is_some_and(|repo| repo.full_name.eq_ignore_ascii_case(&full))
    }

    pub(super) fn author(&self) -> &str {
        self.user.as_ref().map_or(GHOST, |user| &user.login)
    }

    /// The id that GraphQL knows it by.
    pub(super) fn node(&self) -> &str {
        &self.node_id
    }

    pub(super) fn asked_for_review(&self) -> impl Iterator<Item = &str> {
        self.requested_reviewers.iter().map(|user| user.login.as_str())
    }
}

impl From<WirePull> for Pull {
    fn from(pull: WirePull) -> Self {
        Self {
            number: pull.number,
            title: pull.title,
            body: pull.body.unwrap_or_default(),
            labels: names(pull.labels),
            open: pull.state == "open",
            merged: pull.merged_at.is_some(),
            draft: pull.draft,
            head_branch: pull.head.name,
            head_sha: pull.head.sha,
            head_repository: pull.head.repo.map(|repo| repo.full_name),
            base_branch: pull.base.name,
            url: pull.html_url,
        }
    }
}

/// What a name in git points to.
#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) object: Object,
}

#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) sha: String,
}

#[derive(Deserialize)]
pub(super) struct Review {
    pub(super) user: Option<User>,
}

/// A comment that was just written, as REST gives it.
#[derive(Deserialize)]
pub(super) struct Written {
    pub(super) id: u64,
    pub(super) html_url: String,
}

#[derive(Deserialize)]
pub(super) struct Viewer {
    pub(super) viewer: User,
}

/// The account and the repository in one answer.
#[derive(Deserialize)]
pub(super) struct Standing {
    pub(super) viewer: User,
    pub(super) repository: StandingOf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StandingOf {
    pub(super) is_archived: bool,
    /// None for Apps.
    pub(super) viewer_permission: Option<String>,
}

/// A page of comments, as GraphQL gives it.
#[derive(Deserialize)]
pub(super) struct CommentPage {
    pub(super) repository: Option<CommentRepository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentRepository {
    pub(super) issue_or_pull_request: Option<CommentThread>,
}

#[derive(Deserialize)]
pub(super) struct CommentThread {
    pub(super) comments: CommentList,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentList {
    pub(super) nodes: Vec<CommentNode>,
    pub(super) page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub(super) has_next_page: bool,
    pub(super) end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentNode {
    full_database_id: String,
    pub(super) body: String,
    pub(super) url: String,
    created_at: DateTime<Utc>,
    last_edited_at: Option<DateTime<Utc>>,
    pub(super) is_minimized: bool,
    pub(super) viewer_did_author: bool,
    author: Option<Actor>,
}

/// Who wrote something; none where the account is gone.
#[derive(Deserialize)]
pub(super) struct Actor {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
}

impl CommentNode {
    pub(super) fn id(&self) -> u64 {
        // GraphQL writes 64 bits as text; comments have passed 32 bits. GitHub never gives anything but digits.
        self.full_database_id.parse().unwrap_or_default()
    }
}

/// The login as everybody knows it.
pub(super) fn author(of: Option<Actor>) -> String {
    match of {
        // GraphQL names an App's account by its slug; everywhere else it has `[bot]` behind.
        Some(author) if author.kind == "Bot" && !author.login.ends_with("[bot]") => format!("{}[bot]", author.login),
        Some(author) => author.login,
        None => GHOST.to_owned(),
    }
}

impl From<CommentNode> for Comment {
    fn from(node: CommentNode) -> Self {
        let id = node.id();
        Self {
            id,
            author: author(node.author),
            body: node.body,
            url: node.url,
            created_at: Some(node.created_at),
            updated_at: node.last_edited_at.or(Some(node.created_at)),
        }
    }
}
