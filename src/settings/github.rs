//! As whom codexctl speaks to GitHub: a token, or a GitHub App in its place (spec 3).

use super::{Invalid, Settings};
use crate::secrets::Secret;

/// Where a token is looked for, the first one first.
const TOKENS: [&str; 3] = ["CODEXCTL_GH_PAT", "GH_TOKEN", "GITHUB_TOKEN"];
const APP_ID: &str = "CODEXCTL_GH_APP_ID";
const APP_KEY: &str = "CODEXCTL_GH_APP_PRIVATE_KEY";

/// What was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitHubAccess {
    /// A token.
    Token {
        /// Its variable.
        variable: &'static str,
        /// The token.
        token: Secret,
        /// Whether a GitHub App was given besides, which does not count then.
        app_besides: bool,
    },
    /// A GitHub App.
    App {
        /// App ID or client ID.
        id: String,
        /// The private key as it was given.
        key: Secret,
    },
}

impl Settings {
    /// The GitHub token: `CODEXCTL_GH_PAT`, then `GH_TOKEN`, then `GITHUB_TOKEN` (spec 3).
    pub fn github_token(&self) -> Option<Secret> {
        self.token().map(|(_, token)| token)
    }

    /// A token, else a GitHub App; none where neither was given.
    ///
    /// # Errors
    /// Half of an App and no token.
    pub fn github_access(&self) -> Result<Option<GitHubAccess>, Invalid> {
        let (id, key) = (self.variable(APP_ID), self.variable(APP_KEY));
        if let Some((variable, token)) = self.token() {
            return Ok(Some(GitHubAccess::Token { variable, token, app_besides: id.is_some() || key.is_some() }));
        }
        let half = |has: &str, lacks: &str| Invalid {
            source_name: has.to_owned(),
            problem: format!("a GitHub App needs {lacks} besides"),
        };
        match (id, key) {
            (None, None) => Ok(None),
            (Some(id), Some(key)) => {
                Ok(Some(GitHubAccess::App { id: id.trim().to_owned(), key: Secret::new(key.to_owned()) }))
            }
            (Some(_), None) => Err(half(APP_ID, APP_KEY)),
            (None, Some(_)) => Err(half(APP_KEY, APP_ID)),
        }
    }

    fn token(&self) -> Option<(&'static str, Secret)> {
        let found = TOKENS.iter().find_map(|name| Some((*name, self.variable(name)?)));
        found.map(|(name, value)| (name, Secret::new(value.trim().to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(variables: &[(&str, &str)]) -> Result<Option<GitHubAccess>, Invalid> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::new(Default::default(), variables.collect()).github_access()
    }

    #[test]
    fn a_token_wins_over_an_app_and_half_an_app_names_its_other_half() {
        let app = [(APP_ID, "12"), (APP_KEY, "pem")];
        assert_eq!(access(&[]), Ok(None));
        assert_eq!(access(&app), Ok(Some(GitHubAccess::App { id: "12".into(), key: Secret::new("pem".into()) })));
        let token = Secret::new("second".into());
        let won = GitHubAccess::Token { variable: "GH_TOKEN", token, app_besides: true };
        assert_eq!(access(&[app[0], app[1], ("GH_TOKEN", "second"), ("GITHUB_TOKEN", "third")]), Ok(Some(won)));
        let told = |half| access(&[half]).map_err(|error| error.to_string());
        assert_eq!(
            told(app[0]),
            Err("CODEXCTL_GH_APP_ID: a GitHub App needs CODEXCTL_GH_APP_PRIVATE_KEY besides".into())
        );
        assert_eq!(
            told(app[1]),
            Err("CODEXCTL_GH_APP_PRIVATE_KEY: a GitHub App needs CODEXCTL_GH_APP_ID besides".into())
        );
    }
}
