//! What the stand-in knows: repositories with issues, comments and pull requests, accounts, tokens, and every request.

use std::collections::BTreeMap;

use globset::GlobMatcher;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Fault, Git};

/// Everything.
pub(crate) struct State {
    pub(crate) url: String,
    /// By `owner/name`.
    pub(crate) repos: BTreeMap<String, Repo>,
    /// Type (`User`, `Bot`) by login.
    pub(crate) users: BTreeMap<String, &'static str>,
    /// By the token's text.
    pub(crate) tokens: BTreeMap<String, Token>,
    pub(crate) requests: Vec<Recorded>,
    /// Called after each write, before it is answered, with the number of writes so far.
    pub(crate) after_write: Option<Box<dyn Fn(usize) + Send>>,
    pub(super) faults: Vec<(GlobMatcher, Fault)>,
    /// GitHub's clock: a second for each write.
    seconds: u32,
    last_id: u64,
    /// How many lists of pull requests still come from before the newest one: GitHub's lists are behind at times.
    pub(crate) late_lists: u32,
    /// Items on a page at most; GitHub's own maximum is 100.
    pub(crate) page: usize,
}

/// One token.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// Whose it is.
    pub(crate) login: String,
    pub(crate) kind: TokenKind,
    /// Requests left in this hour.
    pub(crate) remaining: u32,
    /// When the hour ends, in seconds since 1970.
    pub(crate) reset: i64,
}

/// What a token may do.
#[derive(Debug, Clone)]
pub(crate) enum TokenKind {
    /// A classic personal token with scopes.
    Classic(Vec<&'static str>),
    /// `GITHUB_TOKEN` or another App's installation, with permissions such as `issues: write`.
    App(BTreeMap<&'static str, &'static str>),
}

pub(crate) struct Repo {
    pub(crate) private: bool,
    pub(crate) archived: bool,
    /// Whether the plan has draft pull requests.
    pub(crate) drafts: bool,
    /// "Allow GitHub Actions to create and approve pull requests".
    pub(crate) actions_may_open_pulls: bool,
    pub(crate) git: Git,
    /// `read`, `write`, `admin` by login.
    pub(crate) collaborators: BTreeMap<String, &'static str>,
    /// Issues and pull requests.
    pub(crate) issues: BTreeMap<u64, Issue>,
    pub(crate) comments: BTreeMap<u64, Comment>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Issue {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) labels: Vec<String>,
    pub(crate) closed: bool,
    pub(crate) author: String,
    pub(crate) locked: bool,
    pub(crate) updated_at: String,
    /// Login and content.
    pub(crate) reactions: Vec<(String, String)>,
    pub(crate) pull: Option<Pull>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Pull {
    pub(crate) head: String,
    /// `owner/name` of the head's repository.
    pub(crate) head_repo: String,
    pub(crate) base: String,
    pub(crate) draft: bool,
    pub(crate) merged: bool,
    pub(crate) requested_reviewers: Vec<String>,
    /// Who has reviewed.
    pub(crate) reviews: Vec<String>,
    /// Author and text of reviews that say something.
    pub(crate) review_texts: Vec<(String, String)>,
    pub(crate) threads: Vec<ReviewThread>,
}

/// A thread of a review.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct ReviewThread {
    pub(crate) path: String,
    pub(crate) line: Option<u64>,
    pub(crate) start_line: Option<u64>,
    pub(crate) resolved: bool,
    pub(crate) outdated: bool,
    pub(crate) hunk: String,
    /// Author and text, oldest first.
    pub(crate) comments: Vec<(String, String)>,
    /// Which of them, by index, are hidden.
    pub(crate) minimized: Vec<usize>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Comment {
    pub(crate) issue: u64,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) minimized: bool,
    pub(crate) created_at: String,
    pub(crate) edited_at: Option<String>,
    pub(crate) reactions: Vec<(String, String)>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// Without the API's prefix.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Value,
    /// Whether a token came with it.
    pub(crate) with_token: bool,
    /// None where the connection was cut.
    pub(crate) status: Option<u16>,
}

impl Recorded {
    /// Whether it would write; GraphQL is only asked.
    pub(crate) fn writes(&self) -> bool {
        self.method != "GET" && self.path != "/graphql"
    }

    pub(crate) fn line(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let status = self.status.map_or_else(|| "cut".to_owned(), |status| status.to_string());
        format!("{} {}{query} → {status}", self.method, self.path)
    }
}

impl State {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            repos: BTreeMap::new(),
            users: BTreeMap::from([("github-actions[bot]".to_owned(), "Bot")]),
            tokens: BTreeMap::new(),
            requests: Vec::new(),
            after_write: None,
            faults: Vec::new(),
            seconds: 0,
            last_id: 100,
            late_lists: 0,
            page: 100,
        }
    }

    pub(crate) fn add_repo(&mut self, name: &str, git: Git) -> &mut Repo {
        let repo = Repo {
            private: false,
            archived: false,
            drafts: true,
            actions_may_open_pulls: true,
            git,
            collaborators: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: BTreeMap::new(),
        };
        self.repos.entry(name.to_owned()).or_insert(repo)
    }

    /// An account with a permission (`none`, `read`, `write`, `admin`) in every repository that is there.
    pub(crate) fn add_user(&mut self, login: &str, kind: &'static str, permission: &'static str) {
        self.users.insert(login.to_owned(), kind);
        if permission != "none" {
            for repo in self.repos.values_mut() {
                repo.collaborators.insert(login.to_owned(), permission);
            }
        }
    }

    /// A personal token of a user.
    pub(crate) fn add_classic_token(&mut self, token: &str, login: &str, scopes: &[&'static str]) {
        self.add_token(token, login, TokenKind::Classic(scopes.to_vec()));
    }

    /// A workflow's own token with these permissions.
    pub(crate) fn add_workflow_token(&mut self, token: &str, permissions: &[(&'static str, &'static str)]) {
        let permissions = permissions.iter().copied().chain([("metadata", "read")]).collect();
        self.add_token(token, "github-actions[bot]", TokenKind::App(permissions));
    }

    fn add_token(&mut self, token: &str, login: &str, kind: TokenKind) {
        let token_of = Token { login: login.to_owned(), kind, remaining: 5000, reset: 1_767_229_200 };
        self.tokens.insert(token.to_owned(), token_of);
    }

    pub(crate) fn add_issue(&mut self, repo: &str, number: u64, title: &str, author: &str, labels: &[&str]) {
        let updated_at = self.now();
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let issue =
            Issue { title: title.to_owned(), author: author.to_owned(), labels, updated_at, ..Issue::default() };
        self.repos.get_mut(repo).unwrap().issues.insert(number, issue);
    }

    pub(crate) fn add_comment(&mut self, repo: &str, issue: u64, author: &str, body: &str) -> u64 {
        let (created_at, id) = (self.now(), self.id());
        let comment =
            Comment { issue, author: author.to_owned(), body: body.to_owned(), created_at, ..Comment::default() };
        self.repos.get_mut(repo).unwrap().comments.insert(id, comment);
        id
    }

    /// All comments of a repository, oldest first: author and text.
    pub(crate) fn comments_of(&self, repo: &str) -> Vec<(String, String)> {
        self.repos[repo].comments.values().map(|comment| (comment.author.clone(), comment.body.clone())).collect()
    }

    /// A new moment.
    pub(super) fn now(&mut self) -> String {
        self.seconds += 1;
        format!("2026-01-01T{:02}:{:02}:{:02}Z", self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60)
    }

    pub(super) fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The key of a repository, whatever case it is asked in.
    pub(super) fn repo_key(&self, owner: &str, name: &str) -> Option<String> {
        let wanted = format!("{owner}/{name}");
        self.repos.keys().find(|key| key.eq_ignore_ascii_case(&wanted)).cloned()
    }

    pub(super) fn user_json(&self, login: &str) -> Value {
        match self.users.iter().find(|(known, _)| known.eq_ignore_ascii_case(login)) {
            Some((login, kind)) => json!({"login": login, "id": login.len(), "type": kind, "site_admin": false}),
            None => Value::Null,
        }
    }

    pub(super) fn issue_json(&self, repo: &str, number: u64) -> Value {
        let issue = &self.repos[repo].issues[&number];
        let kind = if issue.pull.is_some() { "pull" } else { "issues" };
        let mut json = json!({
            "number": number, "title": issue.title, "body": (!issue.body.is_empty()).then_some(&issue.body),
            "labels": labels(&issue.labels), "state": state(issue), "user": self.user_json(&issue.author), "locked": issue.locked,
            "html_url": format!("https://github.com/{repo}/{kind}/{number}"), "repository_url": format!("{}/repos/{repo}", self.url),
            "updated_at": issue.updated_at,
        });
        if issue.pull.is_some() {
            json["pull_request"] = json!({"url": format!("{}/repos/{repo}/pulls/{number}", self.url)});
        }
        json
    }

    pub(super) fn pull_json(&self, repo: &str, number: u64) -> Value {
        let issue = &self.repos[repo].issues[&number];
        let pull = issue.pull.as_ref().unwrap();
        let side = |of: &str, branch: &str| {
            let sha = self.repos.get(of).and_then(|repo| repo.git.sha(branch)).unwrap_or_else(|| "0".repeat(40));
            let there = self.repos.contains_key(of).then(|| json!({"full_name": of}));
            json!({"ref": branch, "sha": sha, "repo": there, "label": format!("{}:{branch}", of.split('/').next().unwrap())})
        };
        let reviewers: Vec<Value> = pull.requested_reviewers.iter().map(|login| self.user_json(login)).collect();
        json!({
            "number": number, "title": issue.title, "body": (!issue.body.is_empty()).then_some(&issue.body),
            "labels": labels(&issue.labels), "state": state(issue), "user": self.user_json(&issue.author), "draft": pull.draft,
            "merged_at": pull.merged.then_some(&issue.updated_at), "head": side(&pull.head_repo, &pull.head),
            "base": side(repo, &pull.base), "requested_reviewers": reviewers,
            "html_url": format!("https://github.com/{repo}/pull/{number}"),
        })
    }

    pub(super) fn comment_url(&self, repo: &str, id: u64) -> String {
        let number = self.repos[repo].comments[&id].issue;
        let kind = if self.repos[repo].issues.get(&number).is_some_and(|issue| issue.pull.is_some()) {
            "pull"
        } else {
            "issues"
        };
        format!("https://github.com/{repo}/{kind}/{number}#issuecomment-{id}")
    }

    pub(super) fn comment_json(&self, repo: &str, id: u64) -> Value {
        let comment = &self.repos[repo].comments[&id];
        json!({
            "id": id, "body": comment.body, "user": self.user_json(&comment.author), "html_url": self.comment_url(repo, id),
            "created_at": comment.created_at, "updated_at": comment.edited_at.as_ref().unwrap_or(&comment.created_at),
        })
    }
}

fn state(issue: &Issue) -> &'static str {
    if issue.closed { "closed" } else { "open" }
}

fn labels(names: &[String]) -> Vec<Value> {
    names.iter().map(|name| json!({"name": name, "color": "ededed"})).collect()
}
