//! Branches of the real git repository: looked up and deleted.

use serde_json::{Value, json};

use super::Answer;
use super::pages::page;
use super::rest::{Ask, Refused};
use super::rights::{may_push, not_found};

pub(super) fn answer(ask: &mut Ask<'_>, rest: &[&str]) -> Result<Answer, Refused> {
    let here = &ask.state.repos[ask.repo];
    let empty = here.git.branches().is_empty();
    match (ask.call.method.as_str(), rest) {
        (_, ["git", ..]) if empty => Err(Answer::error(409, "Git Repository is empty.")),
        ("GET", ["git", "ref", "heads", branch @ ..]) => {
            ask.needs("contents=read")?;
            let branch = branch.join("/");
            let sha = here.git.sha(&branch).ok_or_else(not_found)?;
            Ok(Answer::new(200, ask.state.ref_json(ask.repo, &branch, &sha)))
        }
        ("GET", ["git", "matching-refs", "heads", front @ ..]) => {
            ask.needs("contents=read")?;
            let front = front.join("/");
            let found = here.git.branches().into_iter().filter(|(name, _)| name.starts_with(&front));
            let all = found.map(|(name, sha)| ask.state.ref_json(ask.repo, &name, &sha)).collect();
            Ok(page(ask.state, ask.call, ask.repo, all))
        }
        ("GET", ["branches"]) => {
            ask.needs("contents=read")?;
            let all = here.git.branches().into_iter().map(|(name, sha)| {
                let url = format!("{}/repos/{}/commits/{sha}", ask.state.url, ask.repo);
                json!({"name": name, "commit": {"sha": sha, "url": url}, "protected": here.protected.contains(&name)})
            });
            Ok(page(ask.state, ask.call, ask.repo, all.collect()))
        }
        ("DELETE", ["git", "refs", "heads", branch @ ..]) => {
            ask.needs("contents=write")?;
            if !may_push(ask.state, ask.repo, ask.token) {
                // Who may not push isn't told what is there.
                return Err(not_found());
            }
            let branch = branch.join("/");
            if here.protected.contains(&branch) {
                return Err(Answer::error(422, "Cannot delete this branch"));
            }
            if !here.git.delete(&branch) {
                return Err(Answer::error(422, "Reference does not exist"));
            }
            Ok(Answer::new(204, Value::Null))
        }
        // A branch without `heads/` in front names no reference.
        ("DELETE", ["git", "refs", ..]) => Err(Answer::error(422, "Reference does not exist")),
        _ => Err(not_found()),
    }
}
