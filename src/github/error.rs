//! GitHub's refusals in a user's words: what was refused, why, and the way out.

use super::Error;
use super::client::Reply;
use crate::secrets::Redactor;

/// What a request is for: completes "GitHub refuses to …" and "GitHub has no …".
#[derive(Debug, Clone)]
pub(super) struct Intent {
    /// `write a comment on issue #7 of codex-k8s/shop`.
    pub(super) action: String,
    /// `issue #7 in codex-k8s/shop`.
    pub(super) what: String,
    /// The permissions that it takes, in the form of GitHub's header, for answers that don't name them (GraphQL's).
    pub(super) rights: &'static str,
}

impl Intent {
    pub(super) fn new(action: impl Into<String>, what: impl Into<String>) -> Self {
        Self { action: action.into(), what: what.into(), rights: "" }
    }

    pub(super) fn needing(self, rights: &'static str) -> Self {
        Self { rights, ..self }
    }
}

/// The error for an answer that is no success.
pub(super) fn refusal(intent: &Intent, reply: &Reply, redactor: &Redactor) -> Error {
    if matches!(reply.status, 404 | 410) {
        return Error::Missing { what: intent.what.clone() };
    }
    let words = reply.message();
    let reason = if words.is_empty() { format!("it answers {}", reply.status) } else { words };
    Error::Refused {
        action: intent.action.clone(),
        reason: redactor.redact(&reason).into_owned(),
        way_out: way_out(intent, reply, &reason),
    }
}

/// GitHub's words that need more than a permission, and what helps. All compared in lower case.
const KNOWN: [(&str, &str); 8] = [
    (
        "not permitted to create or approve pull requests",
        "In the repository's (or organization's) Settings, Actions, General, Workflow permissions: tick \"Allow GitHub Actions to create \
         and approve pull requests\"; or use another token (CODEXCTL_GH_PAT)",
    ),
    ("issue is locked", "Unlock the conversation, or give the token's account write access"),
    ("archived", "Unarchive the repository"),
    ("no commits between", "The branch holds nothing that its base doesn't have: push the work first"),
    ("head is invalid", "The branch isn't in the repository: push it first"),
    ("base is invalid", "The branch to merge into isn't in the repository: check the default branch"),
    (
        "cannot delete",
        "The branch is protected: delete it by hand, or take the rule off in the repository's Settings, Rules",
    ),
    ("body is too long", "The text is over GitHub's 65,536 characters"),
];

fn way_out(intent: &Intent, reply: &Reply, reason: &str) -> String {
    if reply.status == 401 {
        return "The token is wrong or has expired: make a new one and set it as CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN".into();
    }
    let words = reason.to_lowercase();
    if let Some((_, help)) = KNOWN.iter().find(|(part, _)| words.contains(part)) {
        return (*help).to_owned();
    }
    if reply.header("x-github-sso").is_some() {
        return "The organization wants single sign-on: authorize the token for it (github.com, Settings, Developer settings, Configure SSO)".into();
    }
    if reply.status == 403 {
        if let Some(sets) = reply.header("x-accepted-github-permissions").filter(|sets| !sets.trim().is_empty()) {
            return permissions(sets);
        }
        if let Some(wanted) = reply.header("x-accepted-oauth-scopes").filter(|scopes| !scopes.trim().is_empty()) {
            let has = reply.header("x-oauth-scopes").filter(|scopes| !scopes.trim().is_empty()).unwrap_or("none");
            return format!("The token has the scopes {has}; one of these is needed: {wanted}");
        }
        if !intent.rights.is_empty() {
            return permissions(intent.rights);
        }
        return "Give the token, or the account that it belongs to, write access to the repository".into();
    }
    "Nothing was changed; if the request looks right, please report it to codexctl".into()
}

/// What a workflow's own token has to be given so that every flow works.
pub const IN_A_WORKFLOW: &str = "permissions: { contents: write, issues: write, pull-requests: write }";

/// What [`IN_A_WORKFLOW`] covers, as GitHub's header spells it.
const COVERED: [&str; 3] = ["contents", "issues", "pull_requests"];

/// Commas stand for "and", semicolons for "or":
/// <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible>.
fn permissions(sets: &str) -> String {
    let sets: Vec<Vec<(String, String)>> = sets
        .split(';')
        .map(|set| {
            let pairs = set.split(',').filter_map(|one| one.trim().split_once('='));
            pairs.map(|(name, level)| (name.to_owned(), level.to_owned())).collect()
        })
        .filter(|set: &Vec<_>| !set.is_empty())
        .collect();
    let list = |set: &Vec<(String, String)>| {
        set.iter().map(|(name, level)| format!("{name}: {level}")).collect::<Vec<_>>().join(" and ")
    };
    // Any of the sets would do. GitHub names what a set holds, not what of it is missing.
    let first = sets.into_iter().next().unwrap_or_default();
    let lacks = match first.len() {
        1 => format!("The token lacks the permission {}", list(&first)),
        _ => format!("The token lacks a permission: this takes {}", list(&first)),
    };
    // Whoever names one permission in a workflow takes all others away: the whole set is what can be pasted.
    if first.iter().all(|(name, _)| COVERED.contains(&name.as_str())) {
        format!("{lacks}. In a workflow codexctl needs all of `{IN_A_WORKFLOW}`")
    } else {
        lacks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(status: u16, headers: &[(&str, &str)], body: &str) -> String {
        let intent = Intent::new("open a pull request in codex-k8s/shop", "repository codex-k8s/shop");
        refusal(&intent, &Reply::for_tests(status, headers, body), &Redactor::default()).to_string()
    }

    #[test]
    fn a_missing_permission_is_named_as_the_token_page_and_as_the_workflow_spell_it() {
        let headers = [("x-accepted-github-permissions", "pull_requests=write,contents=read; issues=write")];
        insta::assert_snapshot!(text(403, &headers, r#"{"message":"Resource not accessible by integration"}"#), @"GitHub refuses to open a pull request in codex-k8s/shop: Resource not accessible by integration. The token lacks a permission: this takes pull_requests: write and contents: read. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`");
    }

    #[test]
    fn a_missing_scope_of_a_classic_token_is_named() {
        let headers = [("x-oauth-scopes", "read:org"), ("x-accepted-oauth-scopes", "public_repo, repo")];
        insta::assert_snapshot!(text(403, &headers, r#"{"message":"Must have admin rights to Repository."}"#), @"GitHub refuses to open a pull request in codex-k8s/shop: Must have admin rights to Repository. The token has the scopes read:org; one of these is needed: public_repo, repo");
    }

    #[test]
    fn single_sign_on_a_bad_token_and_an_unknown_refusal_each_have_a_way_out() {
        insta::assert_snapshot!(text(403, &[("x-github-sso", "required; url=https://github.com/orgs/x/sso?authorization_request=abc")], r#"{"message":"Resource protected by organization SAML enforcement."}"#), @"GitHub refuses to open a pull request in codex-k8s/shop: Resource protected by organization SAML enforcement. The organization wants single sign-on: authorize the token for it (github.com, Settings, Developer settings, Configure SSO)");
        insta::assert_snapshot!(text(401, &[], r#"{"message":"Bad credentials"}"#), @"GitHub refuses to open a pull request in codex-k8s/shop: Bad credentials. The token is wrong or has expired: make a new one and set it as CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN");
        insta::assert_snapshot!(text(422, &[], r#"{"message":"Validation Failed","errors":[{"field":"title","code":"missing_field"},"and more."]}"#), @"GitHub refuses to open a pull request in codex-k8s/shop: title is missing_field; and more. Nothing was changed; if the request looks right, please report it to codexctl");
        insta::assert_snapshot!(text(418, &[], "tea"), @"GitHub refuses to open a pull request in codex-k8s/shop: it answers 418. Nothing was changed; if the request looks right, please report it to codexctl");
    }
}
