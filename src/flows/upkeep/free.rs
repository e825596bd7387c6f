//! Waits until a slot is free, and says so once a minute.

use std::time::{Duration, Instant};

use crate::agent::verdict::Outcome;
use crate::cli::Exit;
use crate::flows::cancel::Cancel;
use crate::flows::stop::Stop;
use crate::report::Lang;
use crate::report::words::duration;
use crate::slots::Error;
use crate::ui::Ui;

/// How often it is looked whether one was freed; a list of files is cheap to read.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How often whoever waits hears of it.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// A wait for a free slot.
pub struct FreeSlot {
    began: Instant,
    patience: Duration,
    said: Option<Instant>,
}

impl FreeSlot {
    /// That lasts so long at most (`--wait-for-slot`).
    pub fn new(patience: Duration) -> Self {
        Self { began: Instant::now(), patience, said: None }
    }

    /// Waits a little; `full` says that no slot is free.
    ///
    /// # Errors
    /// It lasted too long, or whoever waits was interrupted.
    pub async fn wait(&mut self, ui: &dyn Ui, cancel: &Cancel, full: &Error) -> Result<(), Stop> {
        let left = self.patience.saturating_sub(self.began.elapsed());
        if left.is_zero() {
            let waited = duration(self.patience, Lang::En);
            let why = format!("{full} (waited {waited}, --wait-for-slot)");
            return Err(Stop::Failed { verdict: Outcome::TimedOut, why, exit: Exit::TimedOut, secret: false });
        }
        if self.said.is_none_or(|said| said.elapsed() >= SAY_AGAIN) {
            self.said = Some(Instant::now());
            let left =
                duration(Duration::from_secs(left.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)), Lang::En);
            ui.progress(&format!("waiting for a slot, {left} more: {full}"));
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN.min(left)) => Ok(()),
            () = cancel.cancelled() => Err(Stop::Interrupted),
        }
    }
}
