//! Which run this is: of which repository, started by which delivery, to be seen where.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::event::Repository;
use crate::settings::Settings;

/// What tells this run from others.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Run id and attempt on GitHub, else `manual-<host>-<pid>`: the holder of leases.
    pub run: String,
    /// What was delivered: run id and attempt, or a hash of the payload where nobody counts runs.
    pub delivery: String,
    /// The run's page, where it has one.
    pub run_url: Option<String>,
    /// `owner/name` and more, as far as known.
    pub repository: Repository,
    /// The web address of the GitHub that it is on, without a slash at the end.
    pub server: String,
}

impl Identity {
    /// Puts together what the environment and the event's bytes tell.
    pub fn new(settings: &Settings, payload: &[u8], repository: Repository) -> Self {
        let server = settings.server().to_owned();
        let number = settings.variable("GITHUB_RUN_ID");
        let run = run_id(settings);
        let delivery = if number.is_some() { run.clone() } else { format!("event-{}", short_hash(payload)) };
        let run_url = number.map(|id| format!("{server}/{}/actions/runs/{id}", repository.full_name()));
        Self { run, delivery, run_url, repository, server }
    }

    /// The same for `prompt run`: one workflow may call it several times, each with its own order. By hand each call is a delivery of
    /// its own, told from others by `now`.
    #[must_use]
    pub fn with_order(mut self, order: &str, by_hand: Option<DateTime<Utc>>) -> Self {
        let order = format!("prompt-{}", short_hash(order.as_bytes()));
        self.delivery = match by_hand {
            Some(now) => format!("{order}-{}-{}", now.timestamp_millis(), std::process::id()),
            None => format!("{}-{order}", self.delivery),
        };
        self
    }

    /// Whether another delivery by hand had the same order.
    pub fn is_same_order(&self, delivery: &str) -> bool {
        let order = |delivery: &str| delivery.splitn(3, '-').take(2).collect::<Vec<_>>().join("-");
        delivery.starts_with("prompt-") && order(delivery) == order(&self.delivery)
    }
}

/// The name of this run, for leases and logs.
pub fn run_id(settings: &Settings) -> String {
    match settings.variable("GITHUB_RUN_ID") {
        Some(id) => format!("{id}-{}", settings.variable("GITHUB_RUN_ATTEMPT").unwrap_or("1")),
        None => format!("manual-{}-{}", host(), std::process::id()),
    }
}

/// The name of this machine.
pub fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // The parts of a holder's name are told apart by dashes at its ends; a host's own dashes are fine in the middle.
    if name.is_empty() { "localhost".to_owned() } else { name }
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        Settings::new(Default::default(), variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    fn shop() -> Repository {
        Repository { owner: "codex-k8s".into(), name: "shop".into(), default_branch: None, url: None }
    }

    #[test]
    fn on_github_the_delivery_is_run_id_and_attempt() {
        let on_github = settings(&[
            ("GITHUB_RUN_ID", "42"),
            ("GITHUB_RUN_ATTEMPT", "3"),
            ("GITHUB_SERVER_URL", "https://ghe.example/"),
        ]);
        let identity = Identity::new(&on_github, b"{}", shop());
        assert_eq!((identity.run.as_str(), identity.delivery.as_str()), ("42-3", "42-3"));
        assert_eq!(identity.run_url.as_deref(), Some("https://ghe.example/codex-k8s/shop/actions/runs/42"));
    }

    #[test]
    fn on_a_laptop_the_same_payload_is_the_same_delivery() {
        let laptop = settings(&[]);
        let first = Identity::new(&laptop, b"one", shop());
        assert_eq!(first.delivery, Identity::new(&laptop, b"one", shop()).delivery);
        assert_ne!(first.delivery, Identity::new(&laptop, b"two", shop()).delivery);
        assert!(first.run.starts_with("manual-"), "{}", first.run);
    }
}
