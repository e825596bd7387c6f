//! How many requests a run sends, for what, and how long it has waited: GitHub counts too, and a run that asks without end should
//! be seen before GitHub stops it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// From here on a run is told what it asks so much: a run is meant to take fewer than 300 requests, and one of `GITHUB_TOKEN` shares
/// 1,000 an hour with all others of its repository.
/// Source: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
const MANY: u64 = 250;

/// So many kinds of requests are named in that warning.
const NAMED: usize = 3;

/// What was sent and waited for, by all connections of a run together.
#[derive(Debug, Default)]
pub(super) struct Count {
    sent: AtomicU64,
    unchanged: AtomicU64,
    waited: AtomicU64,
    by_action: Mutex<BTreeMap<String, u64>>,
}

impl Count {
    /// A request goes out; `action` says what for. The text is a warning, once.
    pub(super) fn send(&self, action: &str) -> Option<String> {
        let mut actions = self.by_action.lock().unwrap_or_else(PoisonError::into_inner);
        *actions.entry(action.to_owned()).or_default() += 1;
        let sent = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        (sent == MANY).then(|| {
            let mut most: Vec<_> = actions.iter().collect();
            most.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
            let named = most.iter().take(NAMED).map(|(action, times)| format!("{times} to {action}"));
            format!(
                "{sent} GitHub requests in this run so far, most of them: {}; GitHub lets a workflow's token send 1,000 an hour",
                named.collect::<Vec<_>>().join(", ")
            )
        })
    }

    /// An answer was "not changed": it cost nothing of the hourly limit.
    pub(super) fn unchanged(&self) {
        self.unchanged.fetch_add(1, Ordering::Relaxed);
    }

    /// A wait begins.
    pub(super) fn wait(&self, time: Duration) {
        self.waited.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// How long the run has waited in all.
    pub(super) fn waited(&self) -> Duration {
        Duration::from_secs(self.waited.load(Ordering::Relaxed))
    }

    /// How many requests were sent; redirects that were followed count once.
    pub(super) fn all_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many of them were answered "not changed".
    pub(super) fn all_unchanged(&self) -> u64 {
        self.unchanged.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_asks_much_is_told_once_what_it_asks() {
        let count = Count::default();
        let mut told = Vec::new();
        for at in 0..300 {
            let action = match at % 10 {
                0 => "list pull requests",
                1 | 2 => "read issue #7",
                3 => "put a reaction on issue #7",
                _ => "read the comments of issue #7",
            };
            told.extend(count.send(action));
        }
        insta::assert_snapshot!(told.join("\n"), @"250 GitHub requests in this run so far, most of them: 150 to read the comments of issue #7, 50 to read issue #7, 25 to list pull requests; GitHub lets a workflow's token send 1,000 an hour");
        assert_eq!(count.all_sent(), 300);
    }
}
