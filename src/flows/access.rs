//! As whom a run speaks to GitHub: by a token, as a GitHub App, or not at all.

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::event::Repository;
use crate::git::Tokens;
use crate::github::GitHub;
use crate::github::installation::{AppKey, Installation, Means, Need};
use crate::github::live::{Connection, Live, Proxies, Wait};
use crate::secrets::{Redactor, Secret};
use crate::settings::{GitHubAccess, Settings};
use crate::ui::{Level, Note, Ui};

/// What opens GitHub's doors for a run.
pub enum Access {
    /// Nothing was given.
    None,
    /// A token.
    Token(Secret),
    /// A GitHub App, with the tokens of its installation.
    App(Installation),
}

/// With what an access speaks and waits.
#[derive(Clone)]
pub struct Voice {
    /// How it speaks.
    pub ui: Arc<dyn Ui>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How it waits.
    pub wait: Arc<dyn Wait>,
    /// Learns new secrets.
    pub redactor: Redactor,
}

impl Access {
    /// Takes what the settings give. Nobody is asked yet.
    ///
    /// # Errors
    /// Half an App, an App whose key can't be read, or an address or a proxy that can't be used.
    pub fn of(settings: &Settings, repository: &Repository, need: Need, voice: &Voice) -> Result<Self, String> {
        match settings.github_access().map_err(|error| error.to_string())? {
            None => Ok(Self::None),
            Some(GitHubAccess::Token { variable, token, app_besides }) => {
                if app_besides {
                    let text = format!("{variable} is set, so the GitHub App of CODEXCTL_GH_APP_ID is not used");
                    voice.ui.note(&Note::new(Level::Notice, text));
                }
                Ok(Self::Token(token))
            }
            Some(GitHubAccess::App { id, key }) => {
                let Voice { ui, clock, wait, redactor } = voice.clone();
                let means = Means { ui, clock, wait, redactor };
                let app = AppKey::read(&id, &key).map_err(|error| error.to_string())?;
                let connection = connection(settings, Secret::new(String::new()));
                let app = Installation::new(&app, &connection, repository, need, means);
                app.map(Self::App).map_err(|error| error.to_string())
            }
        }
    }

    /// GitHub itself; none where nothing was given.
    ///
    /// # Errors
    /// An address, the token or a proxy can't be used.
    pub fn live(
        &self,
        settings: &Settings,
        repository: &Repository,
        voice: &Voice,
    ) -> Result<Option<Arc<dyn GitHub>>, crate::github::Error> {
        Ok(self.hand(settings, repository, voice)?.map(|live| -> Arc<dyn GitHub> { Arc::new(live) }))
    }

    /// The same, for those who ask more than a flow does.
    ///
    /// # Errors
    /// As [`Access::live`].
    pub fn hand(
        &self,
        settings: &Settings,
        repository: &Repository,
        voice: &Voice,
    ) -> Result<Option<Live>, crate::github::Error> {
        let live = match self {
            Self::None => return Ok(None),
            Self::Token(token) => {
                let Voice { ui, clock, wait, .. } = voice.clone();
                Live::new(&connection(settings, token.clone()), repository, ui, clock, wait)?
            }
            Self::App(app) => Live::of_app(&connection(settings, Secret::new(String::new())), repository, app)?,
        };
        Ok(Some(live))
    }

    /// The token of this moment: an App's first one is made here, before anything else is asked.
    ///
    /// # Errors
    /// The App can't be used.
    pub async fn token(&self) -> Result<Option<Secret>, crate::github::Error> {
        match self {
            Self::None => Ok(None),
            Self::Token(token) => Ok(Some(token.clone())),
            Self::App(app) => app.token().await.map(Some),
        }
    }

    /// The App, where it is one: git asks it for a fresh token before each of its calls.
    pub fn app(&self) -> Option<&Installation> {
        match self {
            Self::App(app) => Some(app),
            Self::None | Self::Token(_) => None,
        }
    }

    /// Takes back what was made for the run.
    pub async fn close(&self) {
        if let Self::App(app) = self {
            app.close().await;
        }
    }
}

#[async_trait]
impl Tokens for Installation {
    async fn token(&self) -> Result<Secret, String> {
        Self::token(self).await.map_err(|error| error.to_string())
    }

    async fn refused(&self, token: &Secret) {
        self.drop_token(token).await;
    }
}

/// How GitHub is reached.
pub fn connection(settings: &Settings, token: Secret) -> Connection {
    let variable = |name: &str| settings.variable(name).or_else(|| settings.variable(&name.to_lowercase()));
    let secret = |name: &str| variable(name).map(|value| Secret::new(value.to_owned()));
    Connection {
        api_url: variable("GITHUB_API_URL").unwrap_or("https://api.github.com").to_owned(),
        graphql_url: variable("GITHUB_GRAPHQL_URL").map(str::to_owned),
        token,
        proxies: Proxies {
            http: secret("HTTP_PROXY"),
            https: secret("HTTPS_PROXY"),
            none: variable("NO_PROXY").map(str::to_owned),
        },
    }
}
