//! What the tests of this room share: a clock that is moved by hand, and a plain wish.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};

use super::Record;
use super::allocate::Wanted;
use crate::clock::Clock;

/// A clock that moves only when told.
pub(super) struct HandClock(Mutex<DateTime<Utc>>);

impl HandClock {
    pub(super) fn new() -> Self {
        Self(Mutex::new("2026-01-31T12:00:00Z".parse().unwrap()))
    }

    pub(super) fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A slot for this issue of o/shop, of at most three.
pub(super) fn wanted(issue: Option<u64>) -> Wanted {
    Wanted {
        repo: "o/shop".to_owned(),
        project: "shop".to_owned(),
        env: "ai".to_owned(),
        issue,
        pr: None,
        slot: None,
        max: 3,
        owner: "1234-1".to_owned(),
    }
}

pub(super) fn namespace(slot: u32) -> String {
    format!("shop-dev-{slot}")
}

/// A record as JSON that an ordinary run would have written.
pub(super) fn record(slot: u32) -> Record {
    serde_json::from_value(serde_json::json!({
        "schema": 1, "slot": slot, "env": "ai", "namespace": namespace(slot), "owner": "1234-1", "issue": 7, "pr": null,
        "project": "shop", "repo": "o/shop", "createdAt": "2026-01-31T12:00:00Z", "updatedAt": "2026-01-31T12:00:00Z",
        "phase": "allocated"
    }))
    .unwrap()
}
