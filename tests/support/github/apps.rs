//! GitHub Apps: who proves by a signed text to be one gets tokens of an hour for where it is installed.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use octocrab::jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use super::Answer;
use super::bodies::{body, strings};
use super::model::{State, TokenKind, moment};
use super::rest::{Call, Refused};
use super::rights::not_found;

/// A text of proof may be good for ten minutes at most:
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>.
const LONGEST: i64 = 600;
/// Clocks that go a little fast are forgiven.
const DRIFT: i64 = 60;

/// A GitHub App, installed once.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) slug: String,
    /// What it was granted, such as `issues: write`.
    pub(crate) permissions: BTreeMap<&'static str, &'static str>,
    pub(crate) installation: u64,
    /// The repositories that it is installed in.
    pub(crate) repos: Vec<String>,
    pub(crate) suspended: bool,
    /// How many tokens it has had.
    pub(crate) made: u32,
}

/// One key for all Apps of a test: making one takes longer than most stories.
fn key() -> &'static KeyPair {
    static KEY: OnceLock<KeyPair> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn pem(key: &KeyPair) -> String {
    let der: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let text = BASE64_STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// A private key that belongs to no App.
pub(crate) fn other_key() -> String {
    pem(&KeyPair::generate(KeySize::Rsa2048).unwrap())
}

impl State {
    /// An App that is installed in these repositories with these permissions; gives its private key. Its account is `SLUG[bot]`.
    pub(crate) fn add_app(
        &mut self,
        id: u64,
        slug: &str,
        repos: &[&str],
        permissions: &[(&'static str, &'static str)],
    ) -> String {
        self.users.insert(format!("{slug}[bot]"), "Bot");
        let permissions = permissions.iter().copied().chain([("metadata", "read")]).collect();
        let repos = repos.iter().map(|repo| (*repo).to_owned()).collect();
        let app = App { slug: slug.to_owned(), permissions, installation: id * 10, repos, suspended: false, made: 0 };
        self.apps.insert(id, app);
        pem(key())
    }

    fn app_json(&self, id: u64) -> Value {
        let app = &self.apps[&id];
        let page = format!("https://github.com/apps/{}", app.slug);
        json!({
            "id": id, "slug": app.slug, "client_id": format!("Iv23{id:016}"), "node_id": format!("A_{id}"), "name": app.slug,
            "owner": self.user_json("github-actions[bot]"), "description": null, "external_url": page, "html_url": page,
            "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z", "permissions": app.permissions, "events": [],
        })
    }

    fn installation_json(&self, id: u64) -> Value {
        let app = &self.apps[&id];
        let url = format!("{}/app/installations/{}", self.url, app.installation);
        json!({
            "id": app.installation, "app_id": id, "app_slug": app.slug, "target_id": 1, "target_type": "Organization",
            "account": self.user_json("github-actions[bot]"), "repository_selection": "selected", "permissions": app.permissions,
            "access_tokens_url": format!("{url}/access_tokens"), "repositories_url": format!("{}/installation/repositories", self.url),
            "html_url": format!("https://github.com/settings/installations/{}", app.installation), "events": [],
            "single_file_name": null, "has_multiple_single_files": false, "single_file_paths": [],
            "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
            "suspended_by": null, "suspended_at": app.suspended.then_some("2026-01-01T00:00:00Z"),
        })
    }
}

/// Whether a request is one that only an App itself may send.
pub(super) fn is_theirs(call: &Call) -> bool {
    let pieces: Vec<&str> = call.path.split('/').skip(1).collect();
    matches!(pieces.as_slice(), ["app", ..] | ["repos", _, _, "installation"])
}

pub(super) fn answer(state: &mut State, call: &Call, text: &str) -> Result<Answer, Refused> {
    let id = prove(state, text)?;
    let pieces: Vec<&str> = call.path.split('/').skip(1).collect();
    match (call.method.as_str(), pieces.as_slice()) {
        ("GET", ["app"]) => Ok(Answer::new(200, state.app_json(id))),
        ("GET", ["repos", owner, name, "installation"]) => {
            let repo = state.repo_key(owner, name).filter(|repo| state.apps[&id].repos.contains(repo));
            repo.map(|_| Answer::new(200, state.installation_json(id))).ok_or_else(not_found)
        }
        ("POST", ["app", "installations", number, "access_tokens"]) => {
            if number.parse() != Ok(state.apps[&id].installation) {
                return Err(not_found());
            }
            make_token(state, call, id)
        }
        _ => Err(not_found()),
    }
}

/// Which App signed the text.
fn prove(state: &State, text: &str) -> Result<u64, Refused> {
    let refused = |message: &str| Answer::error(401, message);
    // When it is good is looked at below, by the stand-in's own clock.
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.required_spec_claims = HashSet::new();
    let public = DecodingKey::from_rsa_der(key().public_key().as_ref());
    let proof = decode::<Value>(text, &public, &validation);
    let claims = proof.map_err(|_| refused("A JSON web token could not be decoded"))?.claims;
    let id = claims["iss"].as_u64().or_else(|| claims["iss"].as_str()?.parse().ok());
    let id = id.filter(|id| state.apps.contains_key(id)).ok_or_else(|| Answer::error(404, "Integration not found"))?;
    let now = state.time();
    if claims["iat"].as_i64().is_none_or(|from| from > now + DRIFT) {
        return Err(refused(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    }
    match claims["exp"].as_i64() {
        Some(end) if end > now + LONGEST => Err(refused("'Expiration time' claim ('exp') is too far in the future")),
        Some(end) if end > now => Ok(id),
        _ => Err(refused(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        )),
    }
}

fn make_token(state: &mut State, call: &Call, id: u64) -> Result<Answer, Refused> {
    let body = body(call)?;
    let app = state.apps.get_mut(&id).unwrap();
    if app.suspended {
        return Err(Answer::error(403, "This installation has been suspended"));
    }
    let mut repos = app.repos.clone();
    if !body["repositories"].is_null() {
        let names = strings(&body, "repositories")?;
        repos.retain(|repo| names.iter().any(|name| repo.split('/').nth(1) == Some(name)));
        if repos.len() != names.len() {
            return Err(Answer::error(
                422,
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            ));
        }
    }
    let mut permissions = app.permissions.clone();
    if let Some(wanted) = body["permissions"].as_object() {
        let granted =
            |area: &str, level: &Value| app.permissions.get(area).is_some_and(|has| *has == "write" || level == has);
        if wanted.iter().any(|(area, level)| !granted(area, level)) {
            return Err(Answer::error(422, "The permissions requested are not granted to this installation."));
        }
        permissions.retain(|area, _| *area == "metadata" || wanted.contains_key(*area));
        for (area, level) in &mut permissions {
            if wanted.get(*area).is_some_and(|wanted| wanted == "read") {
                *level = "read";
            }
        }
    }
    app.made += 1;
    let (token, login) = (format!("ghs_{id:016}{:020}", app.made), format!("{}[bot]", app.slug));
    let expires = state.time() + 3600;
    let made = state.add_token(&token, &login, TokenKind::App(permissions.clone()));
    (made.expires, made.repos) = (Some(expires), Some(repos));
    let selection = if body["repositories"].is_null() { "all" } else { "selected" };
    let json = json!({
        "token": token, "expires_at": moment(expires), "permissions": permissions, "repository_selection": selection,
    });
    Ok(Answer::new(201, json))
}
