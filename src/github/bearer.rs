//! What stands in `Authorization`: asked for before every request, because a GitHub App's word for itself changes on the way.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use reqwest::header::HeaderValue;

use super::Error;
use super::client::Reply;
use super::transport::setup;
use crate::secrets::Secret;

/// Who asks.
#[async_trait]
pub(super) trait Bearer: Send + Sync {
    /// What is good for the next request.
    async fn token(&self) -> Result<Secret, Error>;

    /// GitHub answered 401 to this one: whether another one may help. A 401 did nothing, so the request may be sent again.
    async fn refused(&self, _token: &Secret, _reply: &Reply) -> bool {
        false
    }
}

/// A token that somebody gave: there is no other.
pub(super) struct Fixed(Secret);

impl Fixed {
    /// Takes a token as it stands in a variable.
    pub(super) fn new(token: &Secret) -> Result<Self, Error> {
        let token = token.expose().trim();
        if token.is_empty() || HeaderValue::from_str(token).is_err() {
            return Err(setup(
                "the token is empty or has characters that no token has",
                "Set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN again, without quotes or line breaks",
            ));
        }
        Ok(Self(Secret::new(token.to_owned())))
    }
}

#[async_trait]
impl Bearer for Fixed {
    async fn token(&self) -> Result<Secret, Error> {
        Ok(self.0.clone())
    }
}

/// The last thing that was made from a token, so that it is made once for each.
pub(super) struct PerToken<T>(Mutex<Option<(Secret, T)>>);

impl<T> Default for PerToken<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> PerToken<T> {
    pub(super) fn get(&self, token: &Secret, make: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, made)) = &*last
            && of == token
        {
            return Ok(made.clone());
        }
        let made = make()?;
        *last = Some((token.clone(), made.clone()));
        Ok(made)
    }
}
