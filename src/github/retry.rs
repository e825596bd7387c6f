//! Whether a request is sent again, when, and what the user is told meanwhile.
//!
//! Rules: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately>.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::watch;

use super::client::Reply;

/// How often one request is sent at most: with waits of 1, 2, 4 and 8 s a hiccup of GitHub's is over, and an outage is told soon.
pub(super) const ATTEMPTS: u32 = 5;

/// The longest single wait for a limit. The hourly one can be an hour away: a job that sleeps that long costs more than a rerun.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// GitHub asks for at least this after a secondary limit without `retry-after`.
const SECONDARY: Duration = Duration::from_secs(60);

/// The longest that a run waits in all: several limits one after another would else add up to hours of a paid machine.
const IN_ALL: Duration = Duration::from_secs(30 * 60);

/// What may still be waited for once somebody asked the run to stop: its last words should get through a hiccup of the network, and
/// runners kill after 7.5 s.
const AFTER_STOP: Duration = Duration::from_secs(1);

/// Waits; handed in so that a test need not.
#[async_trait]
pub trait Wait: Send + Sync {
    /// Comes back after this time, or at once when somebody asks the run to stop.
    async fn wait(&self, time: Duration);

    /// Whether somebody asked the run to stop.
    fn stopped(&self) -> bool {
        false
    }
}

/// Waits on the runtime's own timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealWait;

#[async_trait]
impl Wait for RealWait {
    async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// The same, cut short once the value turns true; a sender that is gone never cuts.
#[derive(Debug, Clone)]
pub struct UntilStopped(pub watch::Receiver<bool>);

#[async_trait]
impl Wait for UntilStopped {
    async fn wait(&self, time: Duration) {
        let mut receiver = self.0.clone();
        if self.stopped() {
            return tokio::time::sleep(time).await;
        }
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            Ok(_) = receiver.wait_for(|stopped| *stopped) => {}
        }
    }

    fn stopped(&self) -> bool {
        *self.0.borrow()
    }
}

/// What an answer, or its absence, means for the request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It was done, or refused for good.
    Final,
    /// It was not done because of a limit; it may be sent again after this time.
    Limited {
        /// How long to wait.
        wait: Duration,
        /// Which limit, for the user.
        why: &'static str,
    },
    /// Nobody knows whether it was done.
    Unsure(String),
}

/// Judges one answer; `attempt` counts from 1.
pub(super) fn judge(outcome: &Result<Reply, String>, attempt: u32, now: DateTime<Utc>) -> Judgement {
    let reply = match outcome {
        Ok(reply) => reply,
        // No later attempt makes a certificate right, and nothing was sent to a host that has a wrong one.
        Err(reason) if reason.contains("invalid peer certificate") => return Judgement::Final,
        Err(reason) => return Judgement::Unsure(format!("no answer from GitHub ({reason})")),
    };
    if reply.status >= 500 {
        return Judgement::Unsure(format!("GitHub answered {}", reply.status));
    }
    if reply.status != 429 && reply.status != 403 {
        return Judgement::Final;
    }
    let after = reply.header("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
    if reply.header("x-ratelimit-remaining") == Some("0") {
        let until = reply.header("x-ratelimit-reset").and_then(|text| text.parse::<i64>().ok());
        // A second more, because the clocks of two machines differ.
        let reset = until.map(|at| Duration::from_secs((at - now.timestamp()).max(0).unsigned_abs() + 1));
        let wait = after.or(reset).unwrap_or(SECONDARY);
        return Judgement::Limited { wait, why: "the token's hourly limit is used up" };
    }
    // Secondary limits come as 403 or 429; only their words or `retry-after` tell the 403 from a refusal.
    if reply.status == 429 || after.is_some() || reply.message().to_lowercase().contains("secondary rate limit") {
        let wait = after.unwrap_or(SECONDARY * 2u32.pow(attempt.clamp(1, 5) - 1));
        return Judgement::Limited { wait, why: "GitHub asks to slow down (secondary rate limit)" };
    }
    Judgement::Final
}

/// The wait before attempt `attempt + 1` after an answer that failed.
pub(super) fn backoff(attempt: u32) -> Duration {
    Duration::from_secs(2u64.pow(attempt.clamp(1, 5) - 1))
}

/// Whether a limit is too far away to wait for; then what the user reads.
pub(super) fn too_long(wait: Duration, why: &str, now: DateTime<Utc>) -> Option<String> {
    (wait > LONGEST).then(|| {
        let minutes = wait.as_secs().div_ceil(60);
        format!(
            "{why} until {}, in {minutes} min; start the run again after that, or use another token",
            until(now, wait)
        )
    })
}

/// Whether a wait would make the run wait too long in all; then what the user reads.
pub(super) fn too_much(wait: Duration, waited: Duration, why: &str) -> Option<String> {
    (waited + wait > IN_ALL).then(|| {
        format!(
            "{why}, and this run has waited {} min for GitHub already ({} min are the most); start it again later, or use another token",
            waited.as_secs().div_ceil(60),
            IN_ALL.as_secs() / 60
        )
    })
}

/// Whether a wait is short enough for a run that was asked to stop.
pub(super) fn after_stop(wait: Duration) -> bool {
    wait <= AFTER_STOP
}

/// The moment when the wait is over, as RFC 3339.
pub(super) fn until(now: DateTime<Utc>, wait: Duration) -> String {
    (now + wait).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600, 0).expect("a time in range")
    }

    fn reply(status: u16, headers: &[(&str, &str)], message: &str) -> Result<Reply, String> {
        Ok(Reply::for_tests(status, headers, &format!("{{\"message\":\"{message}\"}}")))
    }

    #[test]
    fn the_hourly_limit_is_waited_for_until_its_reset() {
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767225641")];
        let judged = judge(&reply(403, &headers, "API rate limit exceeded"), 1, now());
        assert_eq!(
            judged,
            Judgement::Limited { wait: Duration::from_secs(42), why: "the token's hourly limit is used up" }
        );
    }

    #[test]
    fn a_reset_in_the_past_is_waited_for_a_second() {
        let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1767225000")];
        assert!(
            matches!(judge(&reply(429, &headers, ""), 1, now()), Judgement::Limited { wait, .. } if wait.as_secs() == 1)
        );
    }

    #[test]
    fn a_secondary_limit_is_waited_for_as_long_as_github_says_else_a_minute_and_then_twice_as_long() {
        let said = reply(403, &[("retry-after", "30")], "You have exceeded a secondary rate limit");
        assert!(matches!(judge(&said, 1, now()), Judgement::Limited { wait, .. } if wait.as_secs() == 30));
        let unsaid = reply(403, &[], "You have exceeded a secondary rate limit");
        for (attempt, seconds) in [(1, 60), (2, 120), (3, 240)] {
            assert!(
                matches!(judge(&unsaid, attempt, now()), Judgement::Limited { wait, .. } if wait.as_secs() == seconds)
            );
        }
    }

    #[test]
    fn a_403_without_any_sign_of_a_limit_is_final() {
        let headers = [("x-ratelimit-remaining", "4999")];
        let refused = reply(403, &headers, "Resource not accessible by integration");
        assert_eq!(judge(&refused, 1, now()), Judgement::Final);
    }

    #[test]
    fn nobody_knows_what_a_failed_or_missing_answer_means() {
        assert_eq!(judge(&reply(502, &[], ""), 1, now()), Judgement::Unsure("GitHub answered 502".into()));
        assert_eq!(
            judge(&Err("connection closed".into()), 1, now()),
            Judgement::Unsure("no answer from GitHub (connection closed)".into())
        );
        assert_eq!(judge(&Err("invalid peer certificate: UnknownIssuer".into()), 1, now()), Judgement::Final);
    }

    #[test]
    fn a_limit_that_is_too_far_away_is_told_instead_of_waited_for() {
        let text = too_long(Duration::from_secs(2400), "the token's hourly limit is used up", now());
        insta::assert_snapshot!(text.unwrap_or_default(), @"the token's hourly limit is used up until 2026-01-01T00:40:00Z, in 40 min; start the run again after that, or use another token");
        assert_eq!(too_long(LONGEST, "", now()), None);
    }

    #[test]
    fn waits_of_a_run_have_an_end_in_all() {
        assert_eq!(too_much(LONGEST, LONGEST, ""), None);
        let text = too_much(Duration::from_secs(1), IN_ALL, "GitHub asks to slow down (secondary rate limit)");
        insta::assert_snapshot!(text.unwrap_or_default(), @"GitHub asks to slow down (secondary rate limit), and this run has waited 30 min for GitHub already (30 min are the most); start it again later, or use another token");
    }

    #[tokio::test]
    async fn a_wait_ends_at_once_when_the_run_shall_stop() {
        let (stop, receiver) = watch::channel(false);
        let wait = UntilStopped(receiver);
        // An hour that nobody waits: without the word this test would not end.
        tokio::join!(wait.wait(Duration::from_secs(3600)), async { stop.send_replace(true) });
        assert!(wait.stopped());
    }
}
