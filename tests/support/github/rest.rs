//! The REST API's front: who asks, whether the limits allow it, and which room answers.

use axum::http::request::Parts;
use serde_json::{Value, json};

use super::bodies::body;
use super::model::{Recorded, State, Token, TokenKind};
use super::rights::{allowed, integration, may, may_push, not_found, permission_of, pushes};
use super::{Answer, Exchange, apps, graphql, issues, pulls, refs, search};

/// A request, taken apart.
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    raw_query: String,
    pub(super) token: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) accept: Option<String>,
    /// Who says to be asking.
    pub(super) agent: Option<String>,
    etag: Option<String>,
    pub(super) text: String,
}

impl Call {
    pub(super) fn new(parts: &Parts, path: &str, body: &[u8]) -> Self {
        let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        Self {
            method: parts.method.to_string(),
            path: path.to_owned(),
            query: url::form_urlencoded::parse(raw_query.as_bytes()).into_owned().collect(),
            raw_query,
            token: header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
            content_type: header("content-type"),
            accept: header("accept"),
            agent: header("user-agent"),
            etag: header("if-none-match"),
            text: String::from_utf8_lossy(body).into_owned(),
        }
    }

    pub(super) fn record(&self, status: Option<u16>) -> Recorded {
        Recorded {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.raw_query.clone(),
            body: serde_json::from_str(&self.text).unwrap_or(Value::Null),
            with_token: self.token.is_some(),
            status,
        }
    }

    /// For the check against GitHub's own descriptions; `told` is whether the model gave the answer, not a fault.
    pub(super) fn exchange(&self, answer: &Answer, told: bool) -> Exchange {
        Exchange {
            ours: self.agent.as_deref().is_some_and(|agent| agent != "test"),
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            content_type: self.content_type.clone(),
            accept: self.accept.clone(),
            request: self.text.clone(),
            status: answer.status,
            answer: told.then(|| answer.body.clone()),
        }
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str, default: usize) -> usize {
        self.query(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }
}

/// GitHub answers a refusal as it answers anything.
pub(super) type Refused = Answer;

/// A question within a repository that the token may see.
pub(super) struct Ask<'a> {
    pub(super) state: &'a mut State,
    pub(super) call: &'a Call,
    pub(super) token: &'a Token,
    pub(super) repo: &'a str,
    pub(super) body: &'a Value,
}

impl Ask<'_> {
    /// One of the sets of permissions must be there: `issues=write; pull_requests=write`.
    pub(super) fn needs(&self, sets: &str) -> Result<(), Refused> {
        allowed(self.state, self.repo, self.token, sets)
    }

    /// The account itself must be allowed to write in the repository, not only to take part.
    pub(super) fn needs_push(&self) -> Result<(), Refused> {
        pushes(self.state, self.repo, self.token)
    }
}

pub(super) fn number(text: &str) -> Result<u64, Refused> {
    text.parse().map_err(|_| not_found())
}

/// Answers one request and changes the state.
pub(super) fn answer(state: &mut State, call: &Call) -> Answer {
    if call.agent.is_none() {
        return Answer::error(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
        );
    }
    let Some(text) = &call.token else { return Answer::error(401, "Requires authentication") };
    if apps::is_theirs(call) {
        return apps::answer(state, call, text).unwrap_or_else(|refused| refused);
    }
    let Some(token) = state.token_mut(text) else { return Answer::error(401, "Bad credentials") };
    // Searches are counted by the minute, everything else by the hour.
    let searching = call.path.starts_with("/search/");
    // To ask for the limits costs nothing.
    let free = searching || call.path == "/rate_limit";
    let used_up = !free && token.remaining == 0;
    if !free {
        token.remaining = token.remaining.saturating_sub(1);
    }
    let token = token.clone();
    let limits = if searching { search::limits(state, text) } else { (5000, token.remaining, token.reset) };
    let answer = if used_up || (searching && limits.1 == 0) {
        Answer::error(403, "API rate limit exceeded for user ID 1.")
    } else {
        match route(state, call, &token) {
            Ok(answer) | Err(answer) => answer,
        }
    };
    let (etag, known) = match (call.method.as_str(), answer.status) {
        ("GET", 200) => {
            let bytes = answer.body.to_string();
            let etag =
                format!("W/\"{:x}\"", bytes.bytes().fold(7u64, |hash, byte| hash.wrapping_mul(31) + u64::from(byte)));
            let known = call.etag.as_ref() == Some(&etag);
            (Some(etag), known)
        }
        _ => (None, false),
    };
    let remaining = if known && !searching {
        // What hasn't changed costs nothing.
        let token = state.tokens.get_mut(text).unwrap();
        token.remaining += 1;
        token.remaining
    } else {
        limits.1
    };
    let answer = answer
        .with("x-ratelimit-limit", limits.0.to_string())
        .with("x-ratelimit-remaining", remaining.to_string())
        .with("x-ratelimit-reset", limits.2.to_string())
        .with(
            "x-ratelimit-resource",
            if searching {
                "search"
            } else if call.path == "/graphql" {
                "graphql"
            } else {
                "core"
            },
        );
    let answer = match &token.kind {
        TokenKind::Classic(scopes) => answer.with("x-oauth-scopes", scopes.join(", ")),
        TokenKind::App(_) => answer,
    };
    let answer = etag.into_iter().fold(answer, |answer, etag| answer.with("etag", etag));
    if known { Answer { status: 304, body: Value::Null, ..answer } } else { answer }
}

/// What is left of each limit.
fn rate_limit(token: &Token, (limit, left, until): (u32, u32, i64)) -> Answer {
    let one = |limit: u32, left: u32, reset: i64| json!({"limit": limit, "used": limit - left, "remaining": left, "reset": reset});
    let core = one(5000, token.remaining, token.reset);
    let resources = json!({"core": core, "graphql": core, "search": one(limit, left, until)});
    Answer::new(200, json!({"resources": resources, "rate": core}))
}

fn route(state: &mut State, call: &Call, token: &Token) -> Result<Answer, Refused> {
    let pieces: Vec<String> = call.path.split('/').skip(1).map(decode).collect();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let (method, body) = (call.method.as_str(), body(call)?);
    match (method, pieces.as_slice()) {
        ("POST", ["graphql"]) => Ok(graphql::answer(state, token, &body)),
        ("GET", ["user"]) => match token.kind {
            TokenKind::App(_) => Err(integration("")),
            TokenKind::Classic(_) => Ok(Answer::new(200, state.profile_json(&token.login))),
        },
        ("GET", ["users", login]) => match state.profile_json(login) {
            Value::Null => Err(not_found()),
            user => Ok(Answer::new(200, user)),
        },
        ("GET", ["rate_limit"]) => Ok(rate_limit(token, state.searched(call.token.as_ref().unwrap()))),
        ("GET", ["search", "issues"]) => search::issues(state, call, token),
        ("DELETE", ["installation", "token"]) => {
            if !matches!(token.kind, TokenKind::App(_)) {
                return Err(Answer::error(
                    403,
                    "You must authenticate with an installation access token in order to revoke it.",
                ));
            }
            state.tokens.remove(call.token.as_ref().unwrap());
            Ok(Answer::new(204, Value::Null))
        }
        // The address that GitHub's own links use.
        (_, ["repositories", id, rest @ ..]) => {
            let at = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1)).ok_or_else(not_found)?;
            let repo = state.repos.keys().nth(at).cloned().filter(|repo| may(state, repo, token, "metadata", "read"));
            let repo = repo.ok_or_else(not_found)?;
            in_repo(&mut Ask { state, call, token, repo: &repo, body: &body }, rest)
        }
        (_, ["repos", owner, name, rest @ ..]) => {
            if let Some(to) = state.moved.get(&format!("{owner}/{name}")).and_then(|to| state.repos.get_key_value(to)) {
                let rest: String = rest.iter().map(|piece| format!("/{piece}")).collect();
                let to = format!("{}/repositories/{}{rest}", state.url, state.position(to.0));
                let status = if method == "GET" { 301 } else { 307 };
                let mut answer =
                    Answer::error(status, if status == 301 { "Moved Permanently" } else { "Temporary Redirect" });
                answer.body["url"] = to.clone().into();
                return Err(answer.with("location", to));
            }
            let repo = state
                .repo_key(owner, name)
                .filter(|repo| may(state, repo, token, "metadata", "read"))
                .ok_or_else(not_found)?;
            in_repo(&mut Ask { state, call, token, repo: &repo, body: &body }, rest)
        }
        _ => Err(not_found()),
    }
}

fn in_repo(ask: &mut Ask<'_>, rest: &[&str]) -> Result<Answer, Refused> {
    let (state, repo) = (&ask.state, ask.repo);
    match (ask.call.method.as_str(), rest) {
        ("GET", []) => {
            let admin = permission_of(state, repo, &ask.token.login) == "admin";
            Ok(Answer::new(200, state.whole_repo_json(repo, may_push(state, repo, ask.token), admin)))
        }
        ("GET", ["collaborators", login, "permission"]) => {
            ask.needs("metadata=read")?;
            if state.users.iter().all(|(known, kind)| !known.eq_ignore_ascii_case(login) || *kind == "Bot") {
                return Err(Answer::error(404, &format!("{login} is not a user")));
            }
            let found = permission_of(state, repo, login);
            let mut user = state.user_json(login);
            user["role_name"] = found.into();
            Ok(Answer::new(200, json!({"permission": found, "role_name": found, "user": user})))
        }
        ("GET", ["actions", "permissions", "workflow"]) => {
            ask.needs("administration=read")?;
            if !matches!(ask.token.kind, TokenKind::App(_)) && permission_of(state, repo, &ask.token.login) != "admin" {
                return Err(Answer::error(403, "Must have admin rights to Repository."));
            }
            let may = state.repos[repo].actions_may_open_pulls;
            let body = json!({"default_workflow_permissions": "read", "can_approve_pull_request_reviews": may});
            Ok(Answer::new(200, body))
        }
        (_, ["issues", rest @ ..]) => issues::answer(ask, rest),
        (_, ["pulls", rest @ ..]) => pulls::answer(ask, rest),
        (_, ["git", ..] | ["branches", ..]) => refs::answer(ask, rest),
        _ => Err(not_found()),
    }
}

fn decode(piece: &str) -> String {
    // `+` is itself in a path.
    let piece = format!("x={}", piece.replace('+', "%2B"));
    url::form_urlencoded::parse(piece.as_bytes()).next().unwrap().1.into_owned()
}
