//! One word from outside: stop. Steps look at it between their parts, the agent's watch waits for it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::watch;

use crate::github::installation::Installation;

/// So long a process that was told twice to end may still take.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Tells every holder of a clone that the run shall end.
#[derive(Debug, Clone)]
pub struct Cancel {
    sender: Arc<watch::Sender<bool>>,
    agent: Arc<OnceLock<PathBuf>>,
    app: Arc<OnceLock<Installation>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self { sender: Arc::new(watch::Sender::new(false)), agent: Arc::default(), app: Arc::default() }
    }
}

impl Cancel {
    /// Asks the run to end.
    pub fn cancel(&self) {
        self.sender.send_replace(true);
    }

    /// From now on there may be an agent that has to go with the run; the folder is the one of its notes.
    pub fn agent_works_in(&self, folder: &Path) {
        // A second agent of the same run works in the same folder.
        let _ = self.agent.set(folder.to_path_buf());
    }

    /// From now on this App has tokens that should go with the run.
    pub fn app_speaks(&self, app: &Installation) {
        // A process works as one App.
        let _ = self.app.set(app.clone());
    }

    /// Ends what must not outlive this process: the agent, scripts and programs at once, and an App's tokens as far as GitHub answers soon; what is left of
    /// them ends within the hour.
    pub async fn end_now(&self) {
        crate::group::kill_all();
        if let Some(folder) = self.agent.get() {
            crate::agent::place::kill_now(folder);
        }
        if let Some(app) = self.app.get() {
            // Whoever asks twice wants no more words, and gets them no later than this.
            let _ = tokio::time::timeout(LAST_WORDS, app.close()).await;
        }
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        *self.sender.borrow()
    }

    /// For those who wait by themselves: turns true.
    pub fn receiver(&self) -> watch::Receiver<bool> {
        self.sender.subscribe()
    }

    /// Returns once somebody asks.
    pub async fn cancelled(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as `self`, so waiting ends only when the word is said.
        let _ = receiver.wait_for(|cancelled| *cancelled).await;
    }
}
