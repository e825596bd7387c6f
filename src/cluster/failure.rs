//! Why a cluster can't be asked, in a user's words.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use kube::client::AuthError;
use kube::config::KubeconfigError;

/// Why a cluster can't be asked, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong.
    pub text: String,
    /// The way out.
    pub hint: Option<String>,
    /// Whether the user named the thing that is wrong on the command line or in its variable: it is to be obeyed or refused.
    pub explicit: bool,
}

impl Failure {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hint: None, explicit: false }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What a request of `user` to `server` came to.
    pub(super) fn of(server: &str, user: &str, error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 401 => {
                Self::new(format!("{server} refuses the credentials of {user} (401): they are wrong or have expired"))
                    .hint("log in again, or choose another context with --context")
            }
            kube::Error::Api(status) if status.code == 403 => {
                let message = one_line(&status.message);
                Self::new(format!("{server} shows {user} nothing of its API (403): {message}"))
                    .hint("give the account the ClusterRole system:discovery, or choose another context with --context")
            }
            kube::Error::Api(status) => {
                Self::new(format!("{server} answers {}: {}", status.code, one_line(&status.message)))
            }
            kube::Error::Auth(error) => Self::credentials(user, error),
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => {
                Self::new(format!("{server} does not answer as a Kubernetes API server"))
                    .hint("is the address in the kubeconfig right?")
            }
            kube::Error::Service(error) => match cause::<AuthError>(&**error) {
                Some(error) => Self::credentials(user, error),
                None => {
                    let cause = root(&**error);
                    let failure = Self::new(format!("{server} can't be reached: {cause}"));
                    if cause.contains("certificate") {
                        failure.hint("the kubeconfig's certificate-authority must be the one that signed the server's certificate")
                    } else {
                        failure
                    }
                }
            },
            // The address of a proxy may hold a password.
            kube::Error::ProxyProtocolUnsupported { .. } | kube::Error::ProxyProtocolDisabled { .. } => {
                Self::new(format!("{server} can't be reached through the proxy that is set"))
                    .hint("proxies are of the form http://host:port or https://host:port")
            }
            error => Self::new(format!("{server} can't be reached: {}", root(error))),
        }
    }

    /// A credential plugin, or another source of credentials, that failed.
    fn credentials(user: &str, error: &AuthError) -> Self {
        match error {
            AuthError::AuthExecStart(error) => {
                Self::new(format!("the credential plugin of {user} can't be started: {}", in_words(error)))
                    .hint("install the program that the kubeconfig names under `exec`, or choose another context")
            }
            AuthError::AuthExecRun { out, .. } => {
                // Its own words are the best there are; the last line says what it came to.
                let words = String::from_utf8_lossy(&out.stderr);
                let last = words.lines().rev().map(str::trim).find(|line| !line.is_empty());
                let end = last.map_or_else(|| format!("it ended with {}", out.status), str::to_owned);
                Self::new(format!("the credential plugin of {user} failed: {end}"))
            }
            // Its output holds credentials.
            AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
                Self::new(format!("the credential plugin of {user} printed no credential"))
            }
            error => Self::new(format!("the credentials of {user} can't be used: {error}")),
        }
    }

    pub(super) fn slow(server: &str, patience: Duration) -> Self {
        Self::new(format!("{server} has not answered within {} s", patience.as_secs_f32()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// The first line, without the full stop of a sentence.
fn one_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches('.')
}

/// The innermost reason: the outer ones only say that sending failed.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.downcast_ref::<io::Error>().map_or_else(|| cause.to_string(), in_words)
}

/// The first cause of a type.
fn cause<'e, E: std::error::Error + 'static>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// An input or output error without the system's number.
pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => {
            let text = error.to_string();
            match text.split_once(" (os error") {
                Some((text, _)) => text.to_lowercase(),
                None => text,
            }
        }
    }
}

/// Whether a kubeconfig could not be read because it isn't there.
pub(super) fn is_missing(error: &KubeconfigError) -> bool {
    let error = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    error.is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}
