//! Requests that are sent again: what may go better the next time, when that is, and when it is given up.
//!
//! All that is sent here may be sent twice: an apply, a patch that says on which state it is founded, a deletion of one object.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use kube::core::Status;
use tokio::time::{Instant, sleep, timeout};

use super::connect::Cluster;
use super::failure::Failure;
use super::kinds::Resource;

/// The wait before the second attempt; it doubles with each further one.
const FIRST: Duration = Duration::from_millis(100);

/// The longest wait between two attempts: a server that comes back is found soon.
const LONGEST: Duration = Duration::from_secs(5);

/// A wait from which on people are told why nothing moves.
const TOLD: Duration = Duration::from_secs(2);

/// How persistently a cluster is asked.
#[derive(Clone)]
pub struct Persistence {
    /// When everything is given up that has not gone well by then.
    pub until: Instant,
    /// How long one answer may take (`--request-timeout`).
    pub request: Duration,
    /// Is told, once a trouble, why nothing moves.
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Why a request has not gone well.
#[derive(Debug, Clone)]
pub enum Error {
    /// The server refuses it.
    Refused(Box<Status>),
    /// The server serves no such kind.
    NoKind {
        /// `example.com/v1`.
        api_version: String,
        /// `Widget`.
        kind: String,
    },
    /// There is no answer, or none that can be understood.
    Failed(Failure),
}

impl Error {
    /// The code of the server's refusal.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Refused(status) => Some(status.code),
            Self::NoKind { .. } | Self::Failed(_) => None,
        }
    }

    /// Whether the user lacks a right.
    pub fn is_forbidden(&self) -> bool {
        self.code() == Some(403)
    }
}

impl Cluster {
    /// Until when, and how, requests are sent again from here on.
    pub fn persistent(mut self, persistence: Persistence) -> Self {
        self.persistence = Some(persistence);
        self
    }

    /// Whether the time is over in which something may still go better.
    pub fn is_over(&self) -> bool {
        self.persistence.as_ref().is_none_or(|persistence| Instant::now() > persistence.until)
    }

    /// Sends a request again and again, until it goes well, can't go well, or the time is over.
    pub(super) async fn ask<T, F>(&self, send: impl Fn() -> F) -> Result<T, Error>
    where
        F: Future<Output = kube::Result<T>>,
    {
        let mut told = false;
        for attempt in 0.. {
            let patience = self.persistence.as_ref().map_or(self.patience().answer, |persistence| persistence.request);
            let (error, again) = match timeout(patience, send()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => {
                    let again = again(&error, attempt);
                    (self.error(error), again)
                }
                Err(_) => (Error::Failed(Failure::slow(self.server(), patience)), Some(backoff(attempt))),
            };
            let (Some(wait), Some(persistence)) = (again, &self.persistence) else { return Err(error) };
            if Instant::now() + wait > persistence.until {
                return Err(error);
            }
            if !told && wait >= TOLD {
                (persistence.tell)(&format!("{}; trying again", self.in_words(&error)));
                told = true;
            }
            sleep(wait).await;
        }
        unreachable!("attempts have no end")
    }

    /// Waits for a kind that something in the cluster is still installing; how it is served.
    ///
    /// # Errors
    /// Nothing is known to install it, or it is not served in time.
    pub async fn until_served(&self, api_version: &str, kind: &str) -> Result<Resource, Error> {
        for attempt in 0.. {
            self.refresh_kinds().await?;
            if let Some(served) = self.kinds().resource(api_version, kind) {
                return Ok(served.clone());
            }
            let wait = backoff(attempt);
            let until = self.persistence.as_ref().map(|persistence| persistence.until);
            if !self.expects(api_version, kind) || until.is_none_or(|until| Instant::now() + wait > until) {
                break;
            }
            sleep(wait).await;
        }
        Err(Error::NoKind { api_version: api_version.to_owned(), kind: kind.to_owned() })
    }

    fn error(&self, error: kube::Error) -> Error {
        match error {
            kube::Error::Api(status) => Error::Refused(status),
            error => Error::Failed(Failure::of(self.server(), self.user(), &error)),
        }
    }

    /// An error in a sentence.
    pub fn in_words(&self, error: &Error) -> String {
        match error {
            Error::Refused(status) => {
                let text = status.message.trim_end_matches('.');
                if text.is_empty() { format!("{} answers {}", self.server(), status.code) } else { text.to_owned() }
            }
            Error::NoKind { api_version, kind } => format!("{} has no kind `{kind}` in `{api_version}`", self.server()),
            Error::Failed(failure) => failure.text.clone(),
        }
    }
}

/// How long to wait before a request is sent again; none where that wouldn't help.
fn again(error: &kube::Error, attempt: u32) -> Option<Duration> {
    match error {
        kube::Error::Api(status) => {
            let asked = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
            let asked = Duration::from_secs(asked.into());
            match status.code {
                429 | 502..=504 => Some(backoff(attempt).max(asked)),
                // A broken store, a webhook that is not up yet; what a webhook or the server can't digest fails each time alike.
                500 if is_passing(&status.message) => Some(backoff(attempt).max(asked)),
                500 if attempt < 4 => Some(backoff(attempt).max(asked)),
                _ => None,
            }
        }
        // No connection, or one that broke.
        kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::ReadEvents(_) => Some(backoff(attempt)),
        _ => None,
    }
}

/// Whether a server's own failure passes when something in the cluster has come up.
/// Source: apiserver's webhook errors ("failed calling webhook"), etcd's client ("etcdserver: …").
fn is_passing(message: &str) -> bool {
    ["failed calling webhook", "etcdserver:", "connection refused", "no endpoints available", "context deadline"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// Doubles with each attempt, up to a limit; between half of it and the whole, so that many don't come back at once.
fn backoff(attempt: u32) -> Duration {
    let whole = FIRST.saturating_mul(1_u32 << attempt.min(10)).min(LONGEST);
    let share = RandomState::new().build_hasher().finish() % 1000;
    whole / 2 + whole.mul_f64(share as f64 / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: u16, message: &str, after: u32) -> kube::Error {
        let details = serde_json::from_value(serde_json::json!({"retryAfterSeconds": after})).unwrap();
        let status = Status { code, message: message.to_owned(), details: Some(details), ..Status::success() };
        kube::Error::Api(Box::new(status))
    }

    #[test]
    fn only_what_may_go_better_is_sent_again() {
        for (code, message, often, so) in [
            (429, "", 100, true),
            (503, "", 100, true),
            (500, "Internal error occurred: failed calling webhook \"a\": connection refused", 100, true),
            (500, "etcdserver: leader changed", 100, true),
            (500, "some bug", 0, true),
            (500, "some bug", 4, false),
            (400, "", 0, false),
            (403, "", 0, false),
            (409, "", 0, false),
            (422, "", 0, false),
        ] {
            assert_eq!(again(&refusal(code, message, 0), often).is_some(), so, "{code} {message}");
        }
    }

    #[test]
    fn a_server_that_says_when_is_obeyed() {
        assert!(again(&refusal(429, "", 7), 0) >= Some(Duration::from_secs(7)));
    }

    #[test]
    fn waits_grow_up_to_a_limit() {
        assert!(backoff(0) <= FIRST && backoff(0) >= FIRST / 2);
        assert!(backoff(40) <= LONGEST && backoff(40) >= LONGEST / 2);
    }
}
