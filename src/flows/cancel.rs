//! One word from outside: stop. Steps look at it between their parts, the agent's watch waits for it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

/// Tells every holder of a clone that the run shall end.
#[derive(Debug, Clone)]
pub struct Cancel {
    sender: Arc<watch::Sender<bool>>,
    agent: Arc<OnceLock<PathBuf>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self { sender: Arc::new(watch::Sender::new(false)), agent: Arc::default() }
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

    /// Ends what must not outlive this process, at once.
    pub fn kill_agent(&self) {
        if let Some(folder) = self.agent.get() {
            crate::agent::place::kill_now(folder);
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
