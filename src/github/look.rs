//! What `doctor` asks about token and repository. Nothing here writes, and nothing is found out by trying to write.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;

use super::Error;
use super::client::{Reply, Request};
use super::error::Intent;
use super::live::Live;

/// What GitHub says about a token beside every answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// Scopes of a classic token; other kinds have none to tell.
    pub scopes: Option<Vec<String>>,
    /// Requests left in this hour, and how many an hour has; none where GitHub does not count (Enterprise).
    pub left: Option<(u64, u64)>,
    /// When it ends, where it does.
    pub expires: Option<DateTime<Utc>>,
    /// GitHub's clock.
    pub now: Option<DateTime<Utc>>,
}

/// What the token sees of the repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Sight {
    /// Whether only members see it.
    #[serde(default)]
    pub private: bool,
    /// Whether it is read-only.
    #[serde(default)]
    pub archived: bool,
    /// Whether it has issues; GitHub leaves it out for nobody.
    pub has_issues: Option<bool>,
    /// What the token's user may do; absent for Apps.
    #[serde(default)]
    permissions: Option<Rights>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Rights {
    #[serde(default)]
    push: bool,
}

impl Sight {
    /// Whether the token's user may push; unknown for Apps.
    pub fn may_push(&self) -> Option<bool> {
        self.permissions.map(|rights| rights.push)
    }
}

#[derive(Deserialize)]
struct Rate {
    resources: Resources,
}

#[derive(Deserialize)]
struct Resources {
    core: Core,
}

#[derive(Deserialize)]
struct Core {
    limit: u64,
    remaining: u64,
}

/// Source: "Get default workflow permissions for a repository".
#[derive(Deserialize)]
struct Workflows {
    #[serde(default)]
    can_approve_pull_request_reviews: bool,
}

impl Live {
    /// What GitHub says about the token. The question is free: it is not counted.
    ///
    /// # Errors
    /// The token is wrong, or GitHub can't be reached.
    pub async fn token_facts(&self) -> Result<TokenFacts, Error> {
        let intent = Intent::new("look at the token", "token");
        let reply = self.api.settle(&intent, &Request::Get("/rate_limit".into())).await?;
        // Enterprise without limits answers 404; what stands beside the answer is there all the same.
        let left = match reply.status {
            200 => self.api.read::<Rate>(&intent, &reply.body).map(|rate| {
                let Core { limit, remaining } = rate.resources.core;
                Some((remaining, limit))
            })?,
            404 => None,
            _ => return Err(self.api.refusal(&intent, &reply)),
        };
        let scopes = reply.header("x-oauth-scopes").map(|scopes| {
            scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
        });
        let now = reply.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        Ok(TokenFacts { scopes, left, expires: expiration(&reply), now: now.map(|now| now.with_timezone(&Utc)) })
    }

    /// The repository as the token sees it.
    ///
    /// # Errors
    /// It isn't there, the token does not see it, or GitHub can't be reached.
    pub async fn sight(&self) -> Result<Sight, Error> {
        let repo = format!("{}/{}", self.owner, self.name);
        self.api.get(&Intent::new(format!("read {repo}"), format!("repository {repo}")), &self.path("")).await
    }

    /// Whether the token reads a list of the repository: `issues` or `pulls`.
    ///
    /// # Errors
    /// It does not: the error names the permission.
    pub async fn reads(&self, list: &str) -> Result<(), Error> {
        let intent = self.intent("read", list);
        self.api.ask(&intent, &Request::Get(self.path(&format!("/{list}?per_page=1")))).await.map(drop)
    }

    /// Whether `GITHUB_TOKEN` may open pull requests here; none where this token may not ask.
    ///
    /// # Errors
    /// GitHub can't be reached.
    pub async fn workflows_open_pulls(&self) -> Result<Option<bool>, Error> {
        let intent = self.intent("read", "workflow permissions");
        let reply = self.api.settle(&intent, &Request::Get(self.path("/actions/permissions/workflow"))).await?;
        if reply.status != 200 {
            return Ok(None);
        }
        let found: Workflows = self.api.read(&intent, &reply.body)?;
        Ok(Some(found.can_approve_pull_request_reviews))
    }
}

/// Personal tokens tell their end as `2026-12-01 10:00:00 UTC`.
/// Source: <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/token-expiration-and-revocation>.
fn expiration(reply: &Reply) -> Option<DateTime<Utc>> {
    let text = reply.header("github-authentication-token-expiration")?;
    let plain = text.trim_end_matches("UTC").trim_end_matches("+0000").trim();
    NaiveDateTime::parse_from_str(plain, "%Y-%m-%d %H:%M:%S").ok().map(|end| end.and_utc())
}
