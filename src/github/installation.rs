//! What a GitHub App may do in one repository: tokens for nothing else, made when they are needed, renewed well before their end, and
//! revoked when the run is over.
//!
//! Source: <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation>.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use super::Error;
pub use super::app::AppKey;
use super::app::Jwt;
use super::bearer::{Bearer, Fixed};
use super::client::{Api, Around, Reply, Request};
use super::error::Intent;
use super::live::{Connection, Wait, pieces};
use crate::clock::Clock;
use crate::event::{Account, Repository};
use crate::secrets::{Redactor, Secret};
use crate::ui::{Level, Note, Ui};

/// A token is renewed this long before its end (they live an hour): a push that starts now can still end with it.
const MARGIN: Duration = Duration::minutes(15);
/// A token is used at least this long, whatever the clocks say.
const LEAST: Duration = Duration::minutes(10);

/// What the tokens are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A look, a dry run.
    Read,
    /// A run that publishes.
    Write,
}

impl Need {
    /// The permissions that it takes: no token gets more, whatever the App may do besides.
    pub fn permissions(self) -> [(&'static str, &'static str); 4] {
        let level = if self == Self::Write { "write" } else { "read" };
        [("contents", level), ("issues", level), ("pull_requests", level), ("metadata", "read")]
    }
}

/// The App in its repository. Clones share their tokens.
#[derive(Clone)]
pub struct Installation(Arc<Inner>);

impl fmt::Debug for Installation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Installation").field(&self.0.id).finish()
    }
}

struct Inner {
    /// The API as the App itself.
    api: Api,
    connection: Connection,
    id: String,
    owner: String,
    name: String,
    need: Need,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    found: Option<Found>,
    held: Option<Held>,
    /// Tokens that were given out and may still live, with their ends.
    alive: Vec<(Secret, DateTime<Utc>)>,
}

#[derive(Debug, Clone, Deserialize)]
struct Found {
    id: u64,
    app_slug: String,
    #[serde(default)]
    html_url: String,
    #[serde(default)]
    permissions: BTreeMap<String, String>,
    #[serde(default)]
    suspended_at: Option<String>,
}

#[derive(Clone)]
struct Held {
    token: Secret,
    /// When the next one is made.
    until: DateTime<Utc>,
}

struct New {
    token: Secret,
    ends: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Made {
    token: String,
    expires_at: DateTime<Utc>,
}

/// What an App is asked about itself when something is wrong.
#[derive(Deserialize)]
struct Myself {
    slug: String,
    #[serde(default)]
    html_url: String,
}

/// With what an installation speaks and waits.
pub struct Means {
    /// How it speaks.
    pub ui: Arc<dyn Ui>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How it waits.
    pub wait: Arc<dyn Wait>,
    /// Learns every token before its first use.
    pub redactor: Redactor,
}

impl Installation {
    /// Asks nobody yet.
    ///
    /// # Errors
    /// [`Error::Setup`] as for any connection; its token is not looked at.
    pub fn new(
        app: &AppKey,
        connection: &Connection,
        repository: &Repository,
        need: Need,
        with: Means,
    ) -> Result<Self, Error> {
        let (owner, name) = pieces(repository)?;
        with.redactor.add(app.pem());
        with.ui.mask(app.pem());
        let Means { ui, clock, wait, redactor } = with;
        let around = Around { ui, clock: Arc::clone(&clock), wait, redactor, count: Arc::default() };
        let api = Api::new(connection, Arc::new(Jwt::new(app.clone(), clock)), around)?;
        let (connection, id, state) = (connection.clone(), app.id().to_owned(), Mutex::default());
        Ok(Self(Arc::new(Inner { api, connection, id, owner, name, need, state })))
    }

    pub(super) fn around(&self) -> &Around {
        self.0.api.around()
    }

    /// A token that is good for at least ten minutes.
    ///
    /// # Errors
    /// [`Error::App`] where key, id, installation or permissions are wrong; else as for any request.
    pub async fn token(&self) -> Result<Secret, Error> {
        let mut state = self.0.state.lock().await;
        if let Some(held) = &state.held
            && self.around().clock.now() < held.until
        {
            return Ok(held.token.clone());
        }
        let made = self.make(&mut state, self.0.need).await?;
        let until = (made.ends - MARGIN).max(self.around().clock.now() + LEAST);
        state.held = Some(Held { token: made.token.clone(), until });
        Ok(made.token)
    }

    /// A new token for somebody else: it can do no more than what is needed, is not renewed, and goes with the others.
    ///
    /// # Errors
    /// As for [`Installation::token`].
    pub async fn token_for(&self, need: Need) -> Result<Secret, Error> {
        let mut state = self.0.state.lock().await;
        Ok(self.make(&mut state, need).await?.token)
    }

    /// From now on this token is not given out any more: somebody refused it.
    pub async fn drop_token(&self, token: &Secret) {
        let mut state = self.0.state.lock().await;
        if state.held.as_ref().is_some_and(|held| held.token == *token) {
            state.held = None;
        }
    }

    /// The account that writes: `slug[bot]`.
    ///
    /// # Errors
    /// As for [`Installation::token`].
    pub async fn account(&self) -> Result<Account, Error> {
        let mut state = self.0.state.lock().await;
        let found = self.find(&mut state).await?;
        Ok(Account { login: format!("{}[bot]", found.app_slug), bot: true })
    }

    /// Revokes every token that may still live. One that can't be is a warning: it ends by itself.
    pub async fn close(&self) {
        let mut state = self.0.state.lock().await;
        state.held = None;
        let (around, now) = (self.around(), self.around().clock.now());
        for (token, end) in state.alive.drain(..).filter(|(_, end)| *end > now) {
            if let Err(error) = self.revoke(&token).await {
                let end = end.to_rfc3339_opts(SecondsFormat::Secs, true);
                let why = match error {
                    // What else it says is about runs that have to be started again.
                    Error::Unreachable { reason, .. } => reason.split(';').next().unwrap_or_default().to_owned(),
                    error => error.to_string(),
                };
                let text = format!("a token of the GitHub App was not revoked, it ends by itself at {end}: {why}");
                let text = around.redactor.redact(&text).into_owned();
                around.ui.note(&Note::new(Level::Warning, text));
            }
        }
    }

    async fn revoke(&self, token: &Secret) -> Result<(), Error> {
        let intent = Intent::new("revoke the App's token", "token");
        let api = Api::new(&self.0.connection, Arc::new(Fixed::new(token)?), self.around().clone())?;
        match api.settle(&intent, &Request::Delete("/installation/token".into())).await? {
            // 401: GitHub doesn't know it any more, perhaps because an answer to the same was lost.
            reply if reply.status < 300 || reply.status == 401 => Ok(()),
            reply => Err(api.refusal(&intent, &reply)),
        }
    }

    async fn make(&self, state: &mut State, need: Need) -> Result<New, Error> {
        let found = self.find(state).await?;
        let intent = Intent::new(format!("make a token of the App {}", found.app_slug), "installation of the App");
        let permissions: BTreeMap<_, _> = need.permissions().into();
        let body = json!({"repositories": [self.0.name], "permissions": permissions});
        let path = format!("/app/installations/{}/access_tokens", found.id);
        // Made twice is no harm: the one that nobody saw ends within the hour.
        let reply = self.0.api.settle(&intent, &Request::Post(path, body)).await?;
        if reply.status >= 300 {
            return Err(self.refusal(&intent, &reply, &found));
        }
        let made: Made = self.0.api.read(&intent, &reply.body)?;
        let token = Secret::new(made.token);
        let around = self.around();
        around.redactor.add(&token);
        around.ui.mask(&token);
        let now = around.clock.now();
        state.alive.retain(|(_, end)| *end > now);
        state.alive.push((token.clone(), made.expires_at));
        Ok(New { token, ends: made.expires_at })
    }

    /// The installation, asked for once.
    async fn find(&self, state: &mut State) -> Result<Found, Error> {
        if let Some(found) = &state.found {
            return Ok(found.clone());
        }
        let repo = self.repo();
        let intent = Intent::new(format!("find the App's installation on {repo}"), format!("installation on {repo}"));
        let path = format!("/repos/{}/{}/installation", self.0.owner, self.0.name);
        let reply = self.0.api.settle(&intent, &Request::Get(path)).await?;
        if reply.status >= 300 {
            return Err(self.not_found(&intent, &reply).await);
        }
        let found: Found = self.0.api.read(&intent, &reply.body)?;
        if found.suspended_at.is_some() {
            return Err(Error::App {
                reason: format!("the installation of {} on {repo} is suspended", found.app_slug),
                way_out: format!("Unsuspend it: {}", found.html_url),
            });
        }
        if let Some(missing) = missing(self.0.need, &found.permissions) {
            return Err(self.lacks(&found, &missing));
        }
        state.found = Some(found.clone());
        Ok(found)
    }

    fn repo(&self) -> String {
        format!("{}/{}", self.0.owner, self.0.name)
    }

    fn lacks(&self, found: &Found, missing: &str) -> Error {
        Error::App {
            reason: format!("{} lacks {missing} on {}", found.app_slug, self.repo()),
            way_out: format!(
                "Add it on the App's page (Permissions & events), then accept it here: {}",
                found.html_url
            ),
        }
    }

    fn refusal(&self, intent: &Intent, reply: &Reply, found: &Found) -> Error {
        let words = reply.message();
        if reply.status == 422 && words.to_lowercase().contains("permissions") {
            let all = self.0.need.permissions().map(|(name, level)| format!("{name}: {level}")).join(", ");
            return self.lacks(found, &format!("{all} ({words})"));
        }
        if matches!(reply.status, 401 | 404) {
            return self.unknown(&words);
        }
        self.0.api.refusal(intent, reply)
    }

    /// Why there is no installation: the App itself is asked who it is, for that tells a wrong key from a missing installation.
    async fn not_found(&self, intent: &Intent, reply: &Reply) -> Error {
        match reply.status {
            401 => return self.unknown(&reply.message()),
            404 => {}
            _ => return self.0.api.refusal(intent, reply),
        }
        let asked = Intent::new("tell which App this is", "App");
        match self.0.api.settle(&asked, &Request::Get("/app".into())).await {
            Ok(reply) if reply.status == 200 => match self.0.api.read::<Myself>(&asked, &reply.body) {
                Ok(app) => Error::App {
                    reason: format!("{} is not installed on {}, or there is no such repository", app.slug, self.repo()),
                    way_out: format!("Install it there: {}/installations/new", app.html_url),
                },
                Err(error) => error,
            },
            Ok(reply) => self.unknown(&reply.message()),
            Err(error) => error,
        }
    }

    fn unknown(&self, words: &str) -> Error {
        Error::App {
            reason: format!("GitHub does not know App {} by this key ({words})", self.0.id),
            way_out: "CODEXCTL_GH_APP_ID and CODEXCTL_GH_APP_PRIVATE_KEY must be of one App, on the GitHub of GITHUB_API_URL: compare \
                      the id with the App's page, and make a new private key there if in doubt"
                .into(),
        }
    }
}

/// Which permissions were not granted, as GitHub's pages spell them.
fn missing(need: Need, granted: &BTreeMap<String, String>) -> Option<String> {
    let enough = |name: &str, level: &str| {
        granted
            .get(name)
            .is_some_and(|has| has == level || level == "read" && matches!(has.as_str(), "write" | "admin"))
    };
    let missing = need.permissions().into_iter().filter(|(name, level)| *name != "metadata" && !enough(name, level));
    let missing: Vec<_> = missing.map(|(name, level)| format!("{name}: {level}")).collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

#[async_trait]
impl Bearer for Installation {
    async fn token(&self) -> Result<Secret, Error> {
        Self::token(self).await
    }

    async fn refused(&self, token: &Secret, _reply: &Reply) -> bool {
        self.drop_token(token).await;
        true
    }
}
