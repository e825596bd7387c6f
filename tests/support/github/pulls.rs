//! Pull requests: listed, opened, edited, closed, reviewed; who is asked for a review.

use serde_json::json;

use super::Answer;
use super::bodies::{invalid, optional, strings, text_of, title_of, wrong_type};
use super::model::{Issue, Pull};
use super::pages::page;
use super::rest::{Ask, Refused, number};
use super::rights::{not_found, unlocked};

const READ: &str = "pull_requests=read";
const WRITE: &str = "pull_requests=write";

pub(super) fn answer(ask: &mut Ask<'_>, rest: &[&str]) -> Result<Answer, Refused> {
    match (ask.call.method.as_str(), rest) {
        ("GET", []) => list(ask),
        ("POST", []) => open(ask),
        ("GET", [n]) => {
            let n = existing(ask, n)?;
            ask.needs(READ)?;
            Ok(Answer::new(200, ask.state.pull_json(ask.repo, n)))
        }
        ("PATCH", [n]) => {
            let n = existing(ask, n)?;
            edit(ask, n)
        }
        ("GET", [n, "reviews"]) => {
            let n = existing(ask, n)?;
            ask.needs(READ)?;
            let pull = pull(ask, n);
            let silent = pull.reviews.iter().map(|login| (login.as_str(), ""));
            let told = pull.review_texts.iter().map(|(login, text)| (login.as_str(), text.as_str()));
            let all = told.chain(silent).enumerate().map(|(at, (login, text))| {
                ask.state.review_json(ask.repo, n, n * 10_000 + at as u64, login, "COMMENTED", text)
            });
            Ok(page(ask.state, ask.call, ask.repo, all.collect()))
        }
        ("POST", [n, "reviews"]) => {
            let n = existing(ask, n)?;
            review(ask, n)
        }
        ("POST", [n, "requested_reviewers"]) => {
            let n = existing(ask, n)?;
            ask_for_reviews(ask, n)
        }
        _ => Err(not_found()),
    }
}

fn existing(ask: &Ask<'_>, text: &str) -> Result<u64, Refused> {
    let number = number(text)?;
    let issue = ask.state.repos[ask.repo].issues.get(&number).ok_or_else(not_found)?;
    issue.pull.is_some().then_some(number).ok_or_else(not_found)
}

fn pull<'a>(ask: &'a Ask<'_>, n: u64) -> &'a Pull {
    ask.state.repos[ask.repo].issues[&n].pull.as_ref().unwrap()
}

fn list(ask: &mut Ask<'_>) -> Result<Answer, Refused> {
    ask.needs(READ)?;
    let (wanted, base) = (ask.call.query("state").unwrap_or("open"), ask.call.query("base"));
    // GitHub ignores a head without an owner.
    let head = ask.call.query("head").and_then(|head| head.split_once(':'));
    let issues = ask.state.repos[ask.repo].issues.iter();
    let mut numbers: Vec<u64> = issues
        .filter(|(_, issue)| wanted == "all" || (wanted == "closed") == issue.closed)
        .filter_map(|(number, issue)| issue.pull.as_ref().map(|pull| (number, pull)))
        .filter(|(_, pull)| base.is_none_or(|base| pull.base == base))
        .filter(|(_, pull)| {
            head.is_none_or(|(owner, branch)| {
                pull.head == branch && pull.head_repo.split('/').next().is_some_and(|of| of.eq_ignore_ascii_case(owner))
            })
        })
        .map(|(number, _)| *number)
        .collect();
    if ask.state.late_lists > 0 {
        ask.state.late_lists -= 1;
        numbers.pop();
    }
    if ask.call.query("direction").unwrap_or("desc") == "desc" {
        numbers.reverse();
    }
    let all = numbers.into_iter().map(|number| ask.state.short_pull_json(ask.repo, number)).collect();
    Ok(page(ask.state, ask.call, ask.repo, all))
}

fn custom(message: &str) -> Refused {
    invalid(&json!({"resource": "PullRequest", "code": "custom", "message": message}))
}

fn open(ask: &mut Ask<'_>) -> Result<Answer, Refused> {
    ask.needs(WRITE)?;
    let (repo, body, here) = (ask.repo, ask.body, &ask.state.repos[ask.repo]);
    if ask.token.login == "github-actions[bot]" && !here.actions_may_open_pulls {
        return Err(Answer::error(403, "GitHub Actions is not permitted to create or approve pull requests."));
    }
    let missing = |name: &str| invalid(&json!({"resource": "PullRequest", "field": name, "code": "missing_field"}));
    let field = |name: &str| optional(body, name)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(name));
    let title = title_of(body, "PullRequest")?.ok_or_else(|| missing("title"))?;
    let (head, base) = (field("head")?, field("base")?);
    let text = text_of(body, "PullRequest")?.unwrap_or_default();
    let draft = body["draft"].as_bool().unwrap_or(false);
    if !body["draft"].is_null() && !body["draft"].is_boolean() {
        return Err(wrong_type("draft", &body["draft"], "a boolean"));
    }
    let bad = |name: &str| invalid(&json!({"resource": "PullRequest", "field": name, "code": "invalid"}));
    here.git.sha(&head).ok_or_else(|| bad("head"))?;
    here.git.sha(&base).ok_or_else(|| bad("base"))?;
    let pulls = here.issues.values().filter(|issue| !issue.closed).filter_map(|issue| issue.pull.as_ref());
    if pulls.into_iter().any(|pull| pull.head == head && pull.base == base && pull.head_repo == repo) {
        let owner = repo.split('/').next().unwrap();
        return Err(custom(&format!("A pull request already exists for {owner}:{head}.")));
    }
    if !here.git.ahead(&base, &head) {
        return Err(custom(&format!("No commits between {base} and {head}")));
    }
    if draft && !here.drafts {
        return Err(Answer::error(422, "Draft pull requests are not supported in this repository."));
    }
    let (number, created_at) = (ask.state.next_number(repo), ask.state.now());
    let pull = Pull { head, head_repo: repo.to_owned(), base, draft, ..Pull::default() };
    let author = ask.token.login.clone();
    let (updated_at, pull) = (created_at.clone(), Some(pull));
    let issue = Issue { title, body: text, author, created_at, updated_at, pull, ..Issue::default() };
    ask.state.repos.get_mut(repo).unwrap().issues.insert(number, issue);
    Ok(Answer::new(201, ask.state.pull_json(repo, number)))
}

fn edit(ask: &mut Ask<'_>, n: u64) -> Result<Answer, Refused> {
    ask.needs(WRITE)?;
    if ask.state.repos[ask.repo].issues[&n].author != ask.token.login {
        ask.needs_push()?;
    }
    let (title, text) = (title_of(ask.body, "PullRequest")?, text_of(ask.body, "PullRequest")?);
    let (state, base) = (optional(ask.body, "state")?, optional(ask.body, "base")?);
    let bad = |name: &str| invalid(&json!({"resource": "PullRequest", "field": name, "code": "invalid"}));
    let here = &ask.state.repos[ask.repo];
    let (closed, pull) = (here.issues[&n].closed, here.issues[&n].pull.as_ref().unwrap());
    match state.as_deref() {
        None | Some("closed") => {}
        Some("open") if pull.merged => {
            return Err(custom("state cannot be changed. The pull request cannot be reopened."));
        }
        Some("open") if closed && here.git.sha(&pull.head).is_none() => {
            return Err(custom(&format!("state cannot be changed. The {} branch has been deleted.", pull.head)));
        }
        Some("open") => {}
        Some(_) => return Err(bad("state")),
    }
    if let Some(base) = &base
        && here.git.sha(base).is_none()
    {
        return Err(bad("base"));
    }
    let now = ask.state.now();
    let issue = ask.state.issue_mut(ask.repo, n);
    issue.updated_at.clone_from(&now);
    issue.title = title.unwrap_or(issue.title.clone());
    issue.body = text.unwrap_or(issue.body.clone());
    let pull = issue.pull.as_mut().unwrap();
    pull.base = base.unwrap_or(pull.base.clone());
    if let Some(state) = state {
        issue.closed = state == "closed";
        issue.closed_at = issue.closed.then_some(now);
    }
    Ok(Answer::new(200, ask.state.pull_json(ask.repo, n)))
}

fn review(ask: &mut Ask<'_>, n: u64) -> Result<Answer, Refused> {
    ask.needs(WRITE)?;
    unlocked(ask.state, ask.repo, n, ask.token)?;
    let (event, body) =
        (optional(ask.body, "event")?.unwrap_or_default(), optional(ask.body, "body")?.unwrap_or_default());
    let single = |words: &str| {
        let mut answer = Answer::error(422, "Unprocessable Entity");
        answer.body["errors"] = json!([words]);
        answer
    };
    let (own, by_workflow) =
        (ask.state.repos[ask.repo].issues[&n].author == ask.token.login, ask.token.login == "github-actions[bot]");
    let state = match event.as_str() {
        "APPROVE" if own => return Err(single("Review Can not approve your own pull request")),
        "REQUEST_CHANGES" if own => return Err(single("Review Can not request changes on your own pull request")),
        "APPROVE" if by_workflow && !ask.state.repos[ask.repo].actions_may_open_pulls => {
            return Err(single("GitHub Actions is not permitted to approve pull requests."));
        }
        "COMMENT" | "REQUEST_CHANGES" if body.trim().is_empty() => return Err(single("Review Body can't be blank")),
        "APPROVE" => "APPROVED",
        "REQUEST_CHANGES" => "CHANGES_REQUESTED",
        "COMMENT" => "COMMENTED",
        _ => return Err(single("Variable $event of type PullRequestReviewEvent was provided invalid value")),
    };
    let login = ask.token.login.clone();
    let pull = ask.state.issue_mut(ask.repo, n).pull.as_mut().unwrap();
    pull.requested_reviewers.retain(|asked| *asked != login);
    let id = n * 10_000 + (pull.review_texts.len() + pull.reviews.len()) as u64;
    if body.is_empty() {
        pull.reviews.push(login.clone());
    } else {
        pull.review_texts.push((login.clone(), body.clone()));
    }
    Ok(Answer::new(200, ask.state.review_json(ask.repo, n, id, &login, state, &body)))
}

fn ask_for_reviews(ask: &mut Ask<'_>, n: u64) -> Result<Answer, Refused> {
    ask.needs(WRITE)?;
    ask.needs_push()?;
    let (wanted, repo) = (strings(ask.body, "reviewers")?, ask.repo);
    let here = &ask.state.repos[repo];
    if wanted.contains(&here.issues[&n].author) {
        return Err(Answer::error(422, "Review cannot be requested from pull request author."));
    }
    if wanted.iter().any(|login| !here.collaborators.contains_key(login)) {
        let words = "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the";
        return Err(Answer::error(422, &format!("{words} {repo} repository.")));
    }
    let pull = ask.state.issue_mut(repo, n).pull.as_mut().unwrap();
    for login in wanted {
        if !pull.requested_reviewers.contains(&login) {
            pull.requested_reviewers.push(login);
        }
    }
    Ok(Answer::new(201, ask.state.short_pull_json(repo, n)))
}
