//! Who may what, and how GitHub refuses the others.

use super::Answer;
use super::model::{State, Token, TokenKind};
use super::rest::Refused;

pub(super) fn permission_of(state: &State, repo: &str, login: &str) -> &'static str {
    let here = &state.repos[repo];
    let found = here.collaborators.iter().find(|(known, _)| known.eq_ignore_ascii_case(login)).map(|(_, found)| *found);
    found.unwrap_or(if here.private { "none" } else { "read" })
}

/// What GraphQL says of the token's user; of an App's account it says nothing.
pub(super) fn viewer_permission(state: &State, repo: &str, token: &Token) -> Option<String> {
    match &token.kind {
        TokenKind::App(_) => None,
        TokenKind::Classic(_) => {
            Some(permission_of(state, repo, &token.login).to_uppercase()).filter(|may| may != "NONE")
        }
    }
}

pub(super) fn may_push(state: &State, repo: &str, token: &Token) -> bool {
    match &token.kind {
        TokenKind::App(_) => true,
        TokenKind::Classic(_) => matches!(permission_of(state, repo, &token.login), "write" | "admin"),
    }
}

pub(super) fn may(state: &State, repo: &str, token: &Token, area: &str, level: &str) -> bool {
    if token.repos.as_ref().is_some_and(|repos| !repos.iter().any(|there| there == repo)) {
        return level == "read" && !state.repos[repo].private;
    }
    match &token.kind {
        TokenKind::App(permissions) => permissions.get(area).is_some_and(|has| *has == "write" || *has == level),
        TokenKind::Classic(scopes) => {
            let reads = !state.repos[repo].private
                || (scopes.contains(&"repo") && permission_of(state, repo, &token.login) != "none");
            let scope = scopes.contains(&"repo") || (scopes.contains(&"public_repo") && !state.repos[repo].private);
            if level == "read" { reads } else { reads && scope }
        }
    }
}

/// What only those may do who may write in the repository.
pub(super) fn pushes(state: &State, repo: &str, token: &Token) -> Result<(), Refused> {
    if may_push(state, repo, token) { Ok(()) } else { Err(Answer::error(403, "Must have admin rights to Repository.")) }
}

/// One of the sets of permissions (`a=write,b=read; c=write`) must be there.
pub(super) fn allowed(state: &State, repo: &str, token: &Token, sets: &str) -> Result<(), Refused> {
    let one = |one: &str| one.trim().split_once('=').is_some_and(|(area, level)| may(state, repo, token, area, level));
    let writes = sets.contains("write");
    if !sets.split(';').any(|set| set.split(',').all(one)) {
        return Err(match &token.kind {
            TokenKind::App(_) => integration(sets),
            TokenKind::Classic(_) => Answer::error(403, "Must have admin rights to Repository.")
                .with("x-accepted-oauth-scopes", "public_repo, repo"),
        });
    }
    if writes && state.repos[repo].archived {
        return Err(Answer::error(403, "Repository was archived so is read-only."));
    }
    Ok(())
}

pub(super) fn unlocked(state: &State, repo: &str, number: u64, token: &Token) -> Result<(), Refused> {
    let locked = state.repos[repo].issues[&number].locked && !may_push(state, repo, token);
    if locked { Err(Answer::error(403, "Unable to create comment because issue is locked.")) } else { Ok(()) }
}

pub(super) fn integration(sets: &str) -> Refused {
    let answer = Answer::error(403, "Resource not accessible by integration");
    if sets.is_empty() { answer } else { answer.with("x-accepted-github-permissions", sets) }
}

pub(super) fn not_found() -> Refused {
    Answer::error(404, "Not Found")
}
