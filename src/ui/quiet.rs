//! A voice for dry runs: the plan tells the steps, so only messages for the user are left to say.

use std::sync::Arc;
use std::time::Duration;

use super::{Note, StepEnd, Ui};
use crate::secrets::Secret;

/// Passes notes on and keeps silent about steps, progress and the agent.
pub struct NotesOnly(Arc<dyn Ui>);

impl NotesOnly {
    /// Speaks through another voice.
    pub fn new(voice: Arc<dyn Ui>) -> Self {
        Self(voice)
    }
}

impl Ui for NotesOnly {
    fn step_started(&self, _title: &str) {}

    fn step_ended(&self, _title: &str, _end: StepEnd, _detail: &str, _took: Duration) {}

    fn progress(&self, _text: &str) {}

    fn agent_started(&self) {}

    fn agent_line(&self, _line: &str) {}

    fn agent_ended(&self) {}

    fn note(&self, note: &Note) {
        self.0.note(note);
    }

    fn mask(&self, value: &Secret) {
        self.0.mask(value);
    }
}
