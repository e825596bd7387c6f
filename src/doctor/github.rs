//! GitHub: whose the token is, what it may against what flows need, whether the repository is in reach, and whether the clocks agree.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Finding, Patient, State, remote};
use crate::event::Repository;
use crate::flows::access::{Access, Voice};
use crate::git::Git;
use crate::github::error::IN_A_WORKFLOW;
use crate::github::installation::Need;
use crate::github::live::{Live, Wait};
use crate::github::look::{Sight, TokenFacts};
use crate::github::{Error, GitHub as _};
use crate::secrets::Secret;
use crate::settings::GitHubAccess;
use crate::ui::{Note, StepEnd, Ui};

/// Who signs for the wrong minute is refused as an App; smaller differences only make limits look wrong.
const SKEW: i64 = 60;
/// A token that ends sooner is worth a word.
const SOON: chrono::Duration = chrono::Duration::days(7);

/// Masks what is found, and says nothing: findings tell it all.
struct Masks(Arc<dyn Ui>);

impl Ui for Masks {
    fn step_started(&self, _: &str) {}
    fn step_ended(&self, _: &str, _: StepEnd, _: &str, _: Duration) {}
    fn progress(&self, _: &str) {}
    fn agent_started(&self) {}
    fn agent_line(&self, _: &str) {}
    fn agent_ended(&self) {}
    fn note(&self, _: &Note) {}
    fn mask(&self, value: &Secret) {
        self.0.mask(value);
    }
}

/// A look waits for nothing but a hiccup.
struct Brisk;

#[async_trait]
impl Wait for Brisk {
    async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn stopped(&self) -> bool {
        true
    }
}

/// Looks at all of it.
pub(super) async fn look(
    patient: &Patient<'_>,
    repository: &Repository,
    git: Option<&Git>,
    findings: &mut Vec<Finding>,
) {
    let (ui, redactor) = (Arc::new(Masks(Arc::clone(&patient.ui))), patient.redactor.clone());
    let voice = Voice { ui, clock: Arc::clone(&patient.clock), wait: Arc::new(Brisk), redactor };
    let opened = match Access::of(patient.settings, repository, Need::Write, &voice) {
        Ok(access) => open(patient, repository, access, &voice, findings).await,
        Err(why) => {
            findings.push(failed(
                "GitHub",
                &why,
                "Set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN, or both variables of a GitHub App",
            ));
            None
        }
    };
    let token = match &opened {
        Some(access) => access.token().await.ok().flatten(),
        None => None,
    };
    if let Some(git) = git {
        findings.push(remote::look(patient, repository, token, git).await);
    }
    if let Some(access) = opened {
        access.close().await;
    }
}

/// What can be said before there is a repository.
pub(super) fn without_repository(patient: &Patient<'_>) -> Finding {
    match patient.settings.github_access() {
        Ok(None) => no_token(),
        _ => Finding::skipped("GitHub", "not asked: it takes a repository"),
    }
}

fn no_token() -> Finding {
    Finding::warning(
        "GitHub",
        "no token: comments and pull requests go to .codexctl/outbox, and whoever runs this is the actor",
        "Set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN, or CODEXCTL_GH_APP_ID with CODEXCTL_GH_APP_PRIVATE_KEY",
    )
}

/// Looks with what was given; gives it back where it works.
async fn open(
    patient: &Patient<'_>,
    repository: &Repository,
    access: Access,
    voice: &Voice,
    findings: &mut Vec<Finding>,
) -> Option<Access> {
    let live = match access.token().await {
        Err(error) => Err(error),
        Ok(None) => {
            findings.push(no_token());
            return Some(access);
        }
        Ok(Some(_)) => access.hand(patient.settings, repository, voice),
    };
    let asked = match live {
        Ok(Some(live)) => ask(patient, &live, access.app().is_some(), findings).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => Some(access),
        Err(error) => {
            findings.push(from_error("GitHub", &error));
            None
        }
    }
}

async fn ask(patient: &Patient<'_>, live: &Live, app: bool, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let facts = live.token_facts().await?;
    let account = live.viewer().await?.into_known();
    let login = account.map(|account| account.login).unwrap_or_default();
    findings.push(whose(patient, &facts, &login));
    findings.push(clock(patient, &facts, app));
    match live.sight().await {
        Ok(sight) => {
            findings.push(seen(live, &sight));
            findings.push(permissions(live, &facts, &sight, &login, app).await);
        }
        Err(error) => findings.push(from_error("repository", &error)),
    }
    findings.push(actions(live, &login).await?);
    Ok(())
}

fn whose(patient: &Patient<'_>, facts: &TokenFacts, login: &str) -> Finding {
    const CHECK: &str = "GitHub";
    let by = match patient.settings.github_access() {
        Ok(Some(GitHubAccess::Token { variable, app_besides: true, .. })) => {
            format!("{variable}; the GitHub App that is given too does not count")
        }
        Ok(Some(GitHubAccess::Token { variable, .. })) => variable.to_owned(),
        _ => "GitHub App".to_owned(),
    };
    let left = facts
        .left
        .map_or_else(|| "no limit".to_owned(), |(left, of)| format!("{left} of {of} requests left this hour"));
    let text = format!("codexctl is {login} ({by}), {left}");
    if facts.left.is_some_and(|(left, _)| left < 300) {
        return Finding::warning(
            CHECK,
            text,
            "A run takes up to 300 requests: wait for the next hour, or use another token",
        );
    }
    match facts.expires {
        Some(end) if end - patient.clock.now() < SOON => {
            let text = format!("{text}, until {}", end.format("%Y-%m-%d"));
            Finding::warning(CHECK, text, "Make a new token before it ends")
        }
        _ => Finding::ok(CHECK, text),
    }
}

fn clock(patient: &Patient<'_>, facts: &TokenFacts, app: bool) -> Finding {
    const CHECK: &str = "clock";
    let Some(theirs) = facts.now else { return Finding::skipped(CHECK, "GitHub's answer has no date") };
    let behind = (theirs - patient.clock.now()).num_seconds();
    if behind.abs() <= SKEW {
        return Finding::ok(CHECK, "agrees with GitHub's");
    }
    let text = format!("{} s {} GitHub's", behind.abs(), if behind > 0 { "behind" } else { "ahead of" });
    let text = if app { format!("{text}; the App signs by GitHub's clock instead") } else { text };
    Finding::warning(CHECK, text, "Set this machine's clock by NTP (timedatectl set-ntp true)")
}

fn seen(live: &Live, sight: &Sight) -> Finding {
    const CHECK: &str = "repository";
    let name = live.full_name();
    if sight.archived {
        return Finding::failed(
            CHECK,
            format!("{name} is archived: nothing can be written"),
            "Unarchive it in its Settings",
        );
    }
    if sight.has_issues == Some(false) {
        return Finding::failed(
            CHECK,
            format!("{name} has no issues: nothing can be asked for"),
            "Tick Issues in its Settings, General",
        );
    }
    Finding::ok(CHECK, format!("{name}, {}", if sight.private { "private" } else { "public" }))
}

/// What the token may, as far as it can be told without writing.
async fn permissions(live: &Live, facts: &TokenFacts, sight: &Sight, login: &str, app: bool) -> Finding {
    const CHECK: &str = "permissions";
    const EVERY: &str = "every flow needs them";
    if app {
        let all = Need::Write.permissions().map(|(name, level)| format!("{name}: {level}")).join(", ");
        return Finding::ok(CHECK, format!("{all}: what flows need and no more"));
    }
    if let Some(scopes) = &facts.scopes {
        let has = if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") };
        let enough = |scope: &String| scope == "repo" || scope == "public_repo" && !sight.private;
        if !scopes.iter().any(enough) {
            let wanted = if sight.private { "repo" } else { "public_repo or repo" };
            let text = format!("the token has the scopes {has}; {wanted} is missing: {EVERY}");
            return Finding::failed(
                CHECK,
                text,
                "Edit the token's scopes (Settings, Developer settings, Tokens (classic))",
            );
        }
        if sight.may_push() == Some(false) {
            return no_push(login);
        }
        return Finding::ok(CHECK, format!("scopes {has}"));
    }
    for (list, flows) in
        [("issues", "every flow reads and comments on them"), ("pulls", "dev, review and repair open and read them")]
    {
        if let Err(error) = live.reads(list).await {
            let Finding { found, way_out, .. } = from_error(CHECK, &error);
            return Finding { way_out, ..Finding::new(CHECK, State::Failed, format!("{found}: {flows}")) };
        }
    }
    if sight.may_push() == Some(false) {
        return no_push(login);
    }
    let text = "it reads issues and pull requests; what it may write can't be asked of this kind of token";
    let way_out = format!(
        "Flows need contents: write (dev, review and repair push), issues: write (every flow comments), pull_requests: write (dev, review, \
         repair); in a workflow: `{IN_A_WORKFLOW}`"
    );
    Finding::warning(CHECK, text, way_out)
}

fn no_push(login: &str) -> Finding {
    let text =
        format!("{login} may not push: dev, review and repair can't publish, and no flow can save unfinished work");
    Finding::failed("permissions", text, "Give the account write access to the repository, or use another token")
}

async fn actions(live: &Live, login: &str) -> Result<Finding, Error> {
    const CHECK: &str = "Actions";
    const SETTING: &str = "Settings, Actions, General, Workflow permissions: \"Allow GitHub Actions to create and approve pull requests\"";
    let own = login == "github-actions[bot]";
    Ok(match live.workflows_open_pulls().await? {
        Some(true) => Finding::ok(CHECK, "workflows may open pull requests"),
        Some(false) if own => Finding::failed(
            CHECK,
            "GITHUB_TOKEN may not open pull requests: dev and repair fail at the end",
            format!("Tick it in {SETTING}"),
        ),
        Some(false) => Finding::warning(
            CHECK,
            "GITHUB_TOKEN may not open pull requests; this token may",
            format!("For workflows that use GITHUB_TOKEN tick it in {SETTING}"),
        ),
        None if own => {
            let text = "whether GITHUB_TOKEN may open pull requests can't be asked with it";
            Finding::warning(CHECK, text, format!("Look that it is ticked: {SETTING}"))
        }
        None => Finding::ok(CHECK, "not needed: this token opens pull requests itself"),
    })
}

fn failed(check: &'static str, text: &str, way_out: &str) -> Finding {
    // Sentences of errors end in their own way out.
    match text.split_once(". ") {
        Some((found, own)) => Finding::failed(check, found, own),
        None => Finding::failed(check, text, way_out),
    }
}

fn from_error(check: &'static str, error: &Error) -> Finding {
    match error {
        Error::Refused { action, reason, way_out } => {
            Finding::failed(check, format!("GitHub refuses to {action}: {reason}"), way_out.clone())
        }
        Error::Setup { reason, way_out } => Finding::failed(check, reason.clone(), way_out.clone()),
        Error::App { reason, way_out } => {
            Finding::failed(check, format!("the GitHub App can't be used: {reason}"), way_out.clone())
        }
        Error::Missing { what } => {
            let way_out = "Look at --repo and at the remote `origin`, and that the token's account is a member";
            Finding::failed(check, format!("there is no {what}, or the token has no access to it"), way_out)
        }
        Error::Interrupted { why, .. } => Finding::failed(
            check,
            why.clone(),
            "Look at the network, GITHUB_API_URL, HTTPS_PROXY and https://www.githubstatus.com",
        ),
        error => Finding::failed(check, error.to_string(), "Look at the network and at GITHUB_API_URL"),
    }
}
