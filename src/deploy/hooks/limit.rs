//! How long a step may go on: until its time is over, or everything shall end.

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::failure::{Cause, Told};
use crate::stack::GoDuration;

/// The end of a step that does not end by itself.
#[derive(Clone)]
pub(super) struct Limit {
    /// When, and the time as it was written.
    until: Option<(Instant, GoDuration)>,
    cancel: watch::Receiver<bool>,
}

impl Limit {
    /// Without a time.
    pub(super) fn new(cancel: watch::Receiver<bool>) -> Self {
        Self { until: None, cancel }
    }

    /// Not longer than so long from now on.
    pub(super) fn at_most(mut self, time: Option<&GoDuration>) -> Self {
        if let Some(time) = time {
            // What lies beyond the clock's end is no limit.
            let until = Instant::now().checked_add(time.value());
            let sooner = until.filter(|until| self.until.as_ref().is_none_or(|(at, _)| until < at));
            self.until = sooner.map(|until| (until, time.clone())).or(self.until);
        }
        self
    }

    /// The time as it was written.
    pub(super) fn time(&self) -> &str {
        self.until.as_ref().map_or("", |(_, time)| time.as_str())
    }

    pub(super) fn is_cancelled(&self) -> bool {
        *self.cancel.borrow()
    }

    /// Returns when the step shall end; never, if nothing ends it.
    pub(super) async fn reached(&self) -> Cause {
        let mut cancel = self.cancel.clone();
        let cancelled = async {
            if cancel.wait_for(|cancelled| *cancelled).await.is_err() {
                // A sender that is gone will never say it.
                std::future::pending::<()>().await;
            }
        };
        let over = async {
            match &self.until {
                Some((until, _)) => sleep_until(*until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => Cause::Interrupted,
            () = over => Cause::TimedOut(Told::new(format!("it has not ended within {}", self.time()))),
        }
    }

    /// Work that is dropped when the step shall end.
    pub(super) async fn bound<T>(&self, work: impl Future<Output = T>) -> Result<T, Cause> {
        tokio::select! {
            biased;
            cause = self.reached() => Err(cause),
            done = work => Ok(done),
        }
    }
}
