//! What the stand-in knows: repositories with issues, comments and pull requests, accounts, tokens, Apps, and every request.

use std::collections::BTreeMap;

use globset::GlobMatcher;
use serde::Serialize;
use serde_json::Value;

use super::apps::App;
use super::{Exchange, Fault, Git};

/// Where the clock starts if nobody sets it: 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600;
/// Requests that a token has in an hour.
const HOURLY: u32 = 5000;

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
    /// What was asked and answered, for the check against GitHub's own descriptions.
    pub(crate) exchanges: Vec<Exchange>,
    /// GitHub's clock, in seconds since 1970: a second for each write.
    time: i64,
    last_id: u64,
    /// How many lists of issues or pull requests still come from before the newest one: GitHub's lists are behind at times.
    pub(crate) late_lists: u32,
    /// How many searches still don't find the newest issue: GitHub's index is behind by seconds, at times by minutes.
    pub(crate) late_searches: u32,
    /// The minute of the last search by each token, and how many there were in it.
    pub(super) searches: BTreeMap<String, (i64, u32)>,
    /// GitHub Apps by id.
    pub(crate) apps: BTreeMap<u64, App>,
    /// Repositories that were renamed: the new `owner/name` by the old one.
    pub(crate) moved: BTreeMap<String, String>,
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
    /// When the token itself ends, in seconds since 1970; an App's after an hour.
    pub(crate) expires: Option<i64>,
    /// The repositories that it is limited to, as `owner/name`.
    pub(crate) repos: Option<Vec<String>>,
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
    /// Whether the repository has issues.
    pub(crate) has_issues: bool,
    /// Whether the plan has draft pull requests.
    pub(crate) drafts: bool,
    /// "Allow GitHub Actions to create and approve pull requests".
    pub(crate) actions_may_open_pulls: bool,
    pub(crate) git: Git,
    /// Branches that nobody may delete.
    pub(crate) protected: Vec<String>,
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
    /// `completed`, `not_planned`, `duplicate` or `reopened`.
    pub(crate) state_reason: Option<String>,
    pub(crate) author: String,
    pub(crate) locked: bool,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    pub(crate) closed_at: Option<String>,
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
    /// Login and content, by the id of a review or of a comment in a thread: only GraphQL puts them there.
    pub(crate) reactions: BTreeMap<String, Vec<(String, String)>>,
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
    /// Whether it would write.
    pub(crate) fn writes(&self) -> bool {
        self.method != "GET" && (self.path != "/graphql" || self.mutation().is_some())
    }

    /// The name of what GraphQL is told to do; none where it is only asked.
    pub(crate) fn mutation(&self) -> Option<&str> {
        let text = self.body["query"].as_str().filter(|_| self.path == "/graphql")?.trim_start();
        let set = text.strip_prefix("mutation")?.split_once('{')?.1.trim_start();
        set.split(|c: char| !c.is_ascii_alphanumeric()).next()
    }

    pub(crate) fn line(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let status = self.status.map_or_else(|| "cut".to_owned(), |status| status.to_string());
        let mutation = self.mutation().map(|name| format!(" {name}")).unwrap_or_default();
        format!("{} {}{query}{mutation} → {status}", self.method, self.path)
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
            exchanges: Vec::new(),
            time: START,
            last_id: 100,
            late_lists: 0,
            late_searches: 0,
            searches: BTreeMap::new(),
            apps: BTreeMap::new(),
            moved: BTreeMap::new(),
            page: 100,
        }
    }

    pub(crate) fn add_repo(&mut self, name: &str, git: Git) -> &mut Repo {
        let repo = Repo {
            private: false,
            archived: false,
            has_issues: true,
            drafts: true,
            actions_may_open_pulls: true,
            git,
            protected: vec!["main".to_owned()],
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

    pub(super) fn add_token(&mut self, token: &str, login: &str, kind: TokenKind) -> &mut Token {
        let reset = self.time + 3600;
        let made = Token { login: login.to_owned(), kind, remaining: HOURLY, reset, expires: None, repos: None };
        self.tokens.insert(token.to_owned(), made);
        self.tokens.get_mut(token).unwrap()
    }

    /// The token of this text, while it is good, with its hour begun anew where the last one is over.
    pub(super) fn token_mut(&mut self, text: &str) -> Option<&mut Token> {
        let time = self.time;
        let token = self.tokens.get_mut(text).filter(|token| token.expires.is_none_or(|end| time < end))?;
        if time >= token.reset {
            (token.remaining, token.reset) = (HOURLY, time + 3600);
        }
        Some(token)
    }

    pub(crate) fn add_issue(&mut self, repo: &str, number: u64, title: &str, author: &str, labels: &[&str]) {
        let updated_at = self.now();
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        let issue = Issue {
            title: title.to_owned(),
            author: author.to_owned(),
            labels,
            created_at: updated_at.clone(),
            updated_at,
            ..Issue::default()
        };
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

    /// A new moment, as GitHub writes it.
    pub(super) fn now(&mut self) -> String {
        self.time += 1;
        moment(self.time)
    }

    /// GitHub's clock, in seconds since 1970.
    pub(crate) fn time(&self) -> i64 {
        self.time
    }

    /// Time goes by.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.time += seconds;
    }

    /// Sets the clock, to that of a real process for example. Limits and tokens that are there already keep their ends.
    pub(crate) fn clock_at(&mut self, time: i64) {
        self.time = time;
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

    /// Where a repository stands in GitHub's own links, from 1.
    pub(super) fn position(&self, repo: &str) -> usize {
        self.repos.keys().position(|key| key == repo).unwrap() + 1
    }

    /// The next number of an issue or pull request.
    pub(super) fn next_number(&self, repo: &str) -> u64 {
        self.repos[repo].issues.keys().next_back().map_or(1, |last| last + 1)
    }

    /// An issue or pull request, to change.
    pub(crate) fn issue_mut(&mut self, repo: &str, number: u64) -> &mut Issue {
        self.repos.get_mut(repo).unwrap().issues.get_mut(&number).unwrap()
    }

    /// A comment, to change.
    pub(crate) fn comment_mut(&mut self, repo: &str, id: u64) -> &mut Comment {
        self.repos.get_mut(repo).unwrap().comments.get_mut(&id).unwrap()
    }
}

/// A moment as GitHub writes it.
pub(super) fn moment(time: i64) -> String {
    chrono::DateTime::from_timestamp(time, 0).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
