//! The REST API: who may ask what, what GitHub refuses and in which words, and what an answer looks like.

use axum::http::request::Parts;
use serde_json::{Value, json};

use super::bodies::{body, comment_body, invalid, optional, reaction, strings, wrong_type};
use super::model::{Issue, Pull, Recorded, State, Token, TokenKind};
use super::rights::{allowed, integration, may, may_push, not_found, permission_of, unlocked};
use super::{Answer, graphql};

/// A request, taken apart.
pub(super) struct Call {
    pub(super) method: String,
    path: String,
    query: Vec<(String, String)>,
    raw_query: String,
    token: Option<String>,
    pub(super) content_type: Option<String>,
    known_agent: bool,
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
            known_agent: parts.headers.contains_key("user-agent"),
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

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.query(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }
}

/// GitHub answers a refusal as it answers anything.
pub(super) type Refused = Answer;

/// Answers one request and changes the state.
pub(super) fn answer(state: &mut State, call: &Call) -> Answer {
    if !call.known_agent {
        return Answer::error(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
        );
    }
    let Some(text) = &call.token else { return Answer::error(401, "Requires authentication") };
    let Some(token) = state.tokens.get_mut(text) else { return Answer::error(401, "Bad credentials") };
    let used_up = token.remaining == 0;
    token.remaining = token.remaining.saturating_sub(1);
    let token = token.clone();
    let answer = if used_up {
        Answer::error(403, "API rate limit exceeded for user ID 1.")
    } else {
        match route(state, call, &token) {
            Ok(answer) | Err(answer) => answer,
        }
    };
    let answer = answer
        .with("x-ratelimit-limit", "5000")
        .with("x-ratelimit-remaining", token.remaining.to_string())
        .with("x-ratelimit-reset", token.reset.to_string());
    let answer = match &token.kind {
        TokenKind::Classic(scopes) => answer.with("x-oauth-scopes", scopes.join(", ")),
        TokenKind::App(_) => answer,
    };
    if call.method != "GET" || answer.status != 200 {
        return answer;
    }
    let etag = format!(
        "W/\"{:x}\"",
        answer.body.to_string().bytes().fold(7u64, |hash, byte| hash.wrapping_mul(31) + u64::from(byte))
    );
    if call.etag.as_ref() == Some(&etag) {
        return Answer { status: 304, body: Value::Null, ..answer };
    }
    answer.with("etag", etag)
}

fn route(state: &mut State, call: &Call, token: &Token) -> Result<Answer, Refused> {
    let pieces: Vec<String> = call.path.split('/').skip(1).map(decode).collect();
    let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
    let (method, body) = (call.method.as_str(), body(call)?);
    if (method, pieces.as_slice()) == ("POST", &["graphql"]) {
        return Ok(graphql::answer(state, token, &body));
    }
    match (method, pieces.as_slice()) {
        ("GET", ["user"]) => match token.kind {
            TokenKind::App(_) => Err(integration("")),
            TokenKind::Classic(_) => Ok(Answer::new(200, state.user_json(&token.login))),
        },
        ("GET", ["users", login]) => match state.user_json(login) {
            Value::Null => Err(not_found()),
            user => Ok(Answer::new(200, user)),
        },
        // The address that GitHub's own links use.
        (_, ["repositories", id, rest @ ..]) => {
            let at = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1)).ok_or_else(not_found)?;
            let repo = state.repos.keys().nth(at).cloned().filter(|repo| may(state, repo, token, "metadata", "read"));
            in_repo(state, call, token, &repo.ok_or_else(not_found)?, rest, &body)
        }
        (_, ["repos", owner, name, rest @ ..]) => {
            let repo = state
                .repo_key(owner, name)
                .filter(|repo| may(state, repo, token, "metadata", "read"))
                .ok_or_else(not_found)?;
            in_repo(state, call, token, &repo, rest, &body)
        }
        _ => Err(not_found()),
    }
}

fn in_repo(
    state: &mut State,
    call: &Call,
    token: &Token,
    repo: &str,
    rest: &[&str],
    body: &Value,
) -> Result<Answer, Refused> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| not_found());
    let needs = |state: &State, sets: &str| allowed(state, repo, token, sets);
    match (call.method.as_str(), rest) {
        ("GET", ["collaborators", login, "permission"]) => {
            needs(state, "metadata=read")?;
            if state.users.iter().all(|(known, kind)| !known.eq_ignore_ascii_case(login) || *kind == "Bot") {
                return Err(Answer::error(404, &format!("{login} is not a user")));
            }
            let found = permission_of(state, repo, login);
            Ok(Answer::new(200, json!({"permission": found, "role_name": found, "user": state.user_json(login)})))
        }
        ("GET", ["issues", n]) => {
            needs(state, "issues=read; pull_requests=read")?;
            let n = existing(state, repo, number(n)?)?;
            Ok(Answer::new(200, state.issue_json(repo, n)))
        }
        ("POST", ["issues", n, "comments"]) => {
            let n = existing(state, repo, number(n)?)?;
            needs(state, "issues=write; pull_requests=write")?;
            unlocked(state, repo, n, token)?;
            let text = comment_body(body)?;
            let id = state.add_comment(repo, n, &token.login, &text);
            Ok(Answer::new(201, state.comment_json(repo, id)))
        }
        ("PATCH", ["issues", "comments", id]) => {
            let id = number(id)?;
            let comment = state.repos[repo].comments.get(&id).ok_or_else(not_found)?;
            let own = comment.author == token.login;
            needs(state, "issues=write; pull_requests=write")?;
            if !own && !may_push(state, repo, token) {
                return Err(Answer::error(403, "Must have admin rights to Repository."));
            }
            let (text, now) = (comment_body(body)?, state.now());
            let comment = state.repos.get_mut(repo).unwrap().comments.get_mut(&id).unwrap();
            (comment.body, comment.edited_at) = (text, Some(now));
            Ok(Answer::new(200, state.comment_json(repo, id)))
        }
        ("POST", ["issues", "comments", id, "reactions"]) => {
            let id = number(id)?;
            state.repos[repo].comments.get(&id).ok_or_else(not_found)?;
            needs(state, "issues=write; pull_requests=write")?;
            let content = reaction(body)?;
            let reactions = &mut state.repos.get_mut(repo).unwrap().comments.get_mut(&id).unwrap().reactions;
            Ok(react(reactions, token, content))
        }
        ("POST", ["issues", n, "reactions"]) => {
            let n = existing(state, repo, number(n)?)?;
            needs(state, "issues=write; pull_requests=write")?;
            let content = reaction(body)?;
            Ok(react(&mut issue_mut(state, repo, n).reactions, token, content))
        }
        ("POST", ["issues", n, "labels"]) => {
            let n = existing(state, repo, number(n)?)?;
            needs(state, "issues=write; pull_requests=write")?;
            let wanted = strings(body, "labels")?;
            let issue = issue_mut(state, repo, n);
            for label in wanted {
                if !issue.labels.iter().any(|there| there.eq_ignore_ascii_case(&label)) {
                    issue.labels.push(label);
                }
            }
            Ok(Answer::new(200, state.issue_json(repo, n)["labels"].clone()))
        }
        // All of them: where an empty name of one label leads.
        ("DELETE", ["issues", n, "labels"] | ["issues", n, "labels", ""]) => {
            let n = existing(state, repo, number(n)?)?;
            needs(state, "issues=write; pull_requests=write")?;
            issue_mut(state, repo, n).labels.clear();
            Ok(Answer::new(204, Value::Null))
        }
        ("DELETE", ["issues", n, "labels", label]) => {
            let n = existing(state, repo, number(n)?)?;
            needs(state, "issues=write; pull_requests=write")?;
            let issue = issue_mut(state, repo, n);
            let at = issue.labels.iter().position(|there| there.eq_ignore_ascii_case(label));
            issue.labels.remove(at.ok_or_else(|| Answer::error(404, "Label does not exist"))?);
            Ok(Answer::new(200, state.issue_json(repo, n)["labels"].clone()))
        }
        ("GET", ["pulls"]) => {
            needs(state, "pull_requests=read")?;
            list_pulls(state, call, repo)
        }
        ("POST", ["pulls"]) => {
            needs(state, "pull_requests=write")?;
            open_pull(state, token, repo, body)
        }
        ("PATCH", ["pulls", n]) => {
            let n = existing_pull(state, repo, number(n)?)?;
            needs(state, "pull_requests=write")?;
            let (title, text) = (optional(body, "title")?, optional(body, "body")?);
            if title.as_deref() == Some("") {
                return Err(invalid(&json!({"resource": "PullRequest", "field": "title", "code": "missing_field"})));
            }
            let now = state.now();
            let issue = issue_mut(state, repo, n);
            issue.updated_at = now;
            issue.title = title.unwrap_or(issue.title.clone());
            issue.body = text.unwrap_or(issue.body.clone());
            Ok(Answer::new(200, state.pull_json(repo, n)))
        }
        ("GET", ["pulls", n, "reviews"]) => {
            let n = existing_pull(state, repo, number(n)?)?;
            needs(state, "pull_requests=read")?;
            let reviews = &state.repos[repo].issues[&n].pull.as_ref().unwrap().reviews;
            let all =
                reviews.iter().map(|login| json!({"user": state.user_json(login), "state": "COMMENTED"})).collect();
            Ok(page(state, call, repo, all))
        }
        ("POST", ["pulls", n, "requested_reviewers"]) => {
            let n = existing_pull(state, repo, number(n)?)?;
            needs(state, "pull_requests=write")?;
            let wanted = strings(body, "reviewers")?;
            if wanted.contains(&state.repos[repo].issues[&n].author) {
                return Err(Answer::error(422, "Review cannot be requested from pull request author."));
            }
            if wanted.iter().any(|login| !state.repos[repo].collaborators.contains_key(login)) {
                let words = "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the";
                return Err(Answer::error(422, &format!("{words} {repo} repository.")));
            }
            let pull = issue_mut(state, repo, n).pull.as_mut().unwrap();
            pull.requested_reviewers.extend(wanted);
            Ok(Answer::new(201, state.pull_json(repo, n)))
        }
        _ => Err(not_found()),
    }
}

fn list_pulls(state: &mut State, call: &Call, repo: &str) -> Result<Answer, Refused> {
    let wanted = call.query("state").unwrap_or("open");
    // GitHub ignores a head without an owner.
    let head = call.query("head").and_then(|head| head.split_once(':'));
    let issues = state.repos[repo].issues.iter();
    let mut numbers: Vec<u64> = issues
        .filter(|(_, issue)| wanted == "all" || (wanted == "closed") == issue.closed)
        .filter_map(|(number, issue)| issue.pull.as_ref().map(|pull| (number, pull)))
        .filter(|(_, pull)| {
            head.is_none_or(|(owner, branch)| {
                pull.head == branch && pull.head_repo.split('/').next().is_some_and(|of| of.eq_ignore_ascii_case(owner))
            })
        })
        .map(|(number, _)| *number)
        .collect();
    if state.late_lists > 0 {
        state.late_lists -= 1;
        numbers.pop();
    }
    if call.query("direction").unwrap_or("desc") == "desc" {
        numbers.reverse();
    }
    let all = numbers.into_iter().map(|number| state.pull_json(repo, number)).collect();
    Ok(page(state, call, repo, all))
}

fn open_pull(state: &mut State, token: &Token, repo: &str, body: &Value) -> Result<Answer, Refused> {
    let here = &state.repos[repo];
    if matches!(token.kind, TokenKind::App(_)) && !here.actions_may_open_pulls {
        return Err(Answer::error(403, "GitHub Actions is not permitted to create or approve pull requests."));
    }
    let field = |name: &str| {
        optional(body, name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| invalid(&json!({"resource": "PullRequest", "field": name, "code": "missing_field"})))
    };
    let (title, head, base) = (field("title")?, field("head")?, field("base")?);
    let text = optional(body, "body")?.unwrap_or_default();
    if text.chars().count() > 65_536 {
        return Err(invalid(
            &json!({"resource": "PullRequest", "field": "body", "code": "custom", "message": "body is too long (maximum is 65536 characters)"}),
        ));
    }
    let draft = body["draft"].as_bool().unwrap_or(false);
    if !body["draft"].is_null() && !body["draft"].is_boolean() {
        return Err(wrong_type("draft", &body["draft"], "a boolean"));
    }
    let bad = |name: &str| invalid(&json!({"resource": "PullRequest", "field": name, "code": "invalid"}));
    here.git.sha(&head).ok_or_else(|| bad("head"))?;
    here.git.sha(&base).ok_or_else(|| bad("base"))?;
    let custom = |message: String| invalid(&json!({"resource": "PullRequest", "code": "custom", "message": message}));
    let pulls = here.issues.values().filter(|issue| !issue.closed).filter_map(|issue| issue.pull.as_ref());
    if pulls.into_iter().any(|pull| pull.head == head && pull.base == base && pull.head_repo == repo) {
        let owner = repo.split('/').next().unwrap();
        return Err(custom(format!("A pull request already exists for {owner}:{head}.")));
    }
    if !here.git.ahead(&base, &head) {
        return Err(custom(format!("No commits between {base} and {head}")));
    }
    if draft && !here.drafts {
        return Err(Answer::error(422, "Draft pull requests are not supported in this repository."));
    }
    let number = here.issues.keys().next_back().map_or(1, |last| last + 1);
    let pull = Pull { head, head_repo: repo.to_owned(), base, draft, ..Pull::default() };
    let updated_at = state.now();
    let issue =
        Issue { title, body: text, author: token.login.clone(), updated_at, pull: Some(pull), ..Issue::default() };
    state.repos.get_mut(repo).unwrap().issues.insert(number, issue);
    Ok(Answer::new(201, state.pull_json(repo, number)))
}

/// One page of a list, with links to its neighbours as GitHub writes them.
fn page(state: &State, call: &Call, repo: &str, all: Vec<Value>) -> Answer {
    let (size, at) = (call.number("per_page", 30).clamp(1, state.page), call.number("page", 1).max(1));
    let last = all.len().div_ceil(size).max(1);
    let mut rest = url::form_urlencoded::Serializer::new(String::new());
    rest.extend_pairs(call.query.iter().filter(|(key, _)| key != "page"));
    let rest = rest.finish();
    // GitHub's links name the repository by id, not by name.
    let skipped = if call.path.starts_with("/repositories/") { 3 } else { 4 };
    let path = call.path.splitn(skipped + 1, '/').nth(skipped).unwrap();
    let position = state.repos.keys().position(|key| key == repo).unwrap() + 1;
    let link = |page: usize, rel: &str| {
        format!("<{}/repositories/{position}/{path}?{rest}&page={page}>; rel=\"{rel}\"", state.url)
    };
    let items = all.into_iter().skip((at - 1) * size).take(size).collect();
    let answer = Answer::new(200, Value::Array(items));
    if at < last { answer.with("link", format!("{}, {}", link(at + 1, "next"), link(last, "last"))) } else { answer }
}

fn existing(state: &State, repo: &str, number: u64) -> Result<u64, Refused> {
    state.repos[repo].issues.contains_key(&number).then_some(number).ok_or_else(not_found)
}

fn existing_pull(state: &State, repo: &str, number: u64) -> Result<u64, Refused> {
    let issue = state.repos[repo].issues.get(&number).ok_or_else(not_found)?;
    issue.pull.is_some().then_some(number).ok_or_else(not_found)
}

fn issue_mut<'a>(state: &'a mut State, repo: &str, number: u64) -> &'a mut Issue {
    state.repos.get_mut(repo).unwrap().issues.get_mut(&number).unwrap()
}

fn react(reactions: &mut Vec<(String, String)>, token: &Token, content: String) -> Answer {
    let reaction = (token.login.clone(), content);
    let body = json!({"id": 1, "content": reaction.1});
    if reactions.contains(&reaction) {
        return Answer::new(200, body);
    }
    reactions.push(reaction);
    Answer::new(201, body)
}

fn decode(piece: &str) -> String {
    // `+` is itself in a path.
    let piece = format!("x={}", piece.replace('+', "%2B"));
    url::form_urlencoded::parse(piece.as_bytes()).next().unwrap().1.into_owned()
}
