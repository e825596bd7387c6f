//! Groups of processes: what a program of ours starts goes with it.

use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;

/// The groups at work: a process that has to end at once has no time to ask who holds them.
static AT_WORK: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// The group of a child that was started with `process_group(0)`. It is killed when this is dropped, unless its leader ended by itself.
pub(crate) struct Group(Option<Pid>);

impl Group {
    pub(crate) fn of(child: &Child) -> Self {
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        at_work(|groups| groups.extend(group));
        Self(group)
    }

    /// Asks all of it to end.
    pub(crate) fn ask_to_end(&self) {
        if let Some(group) = self.0 {
            // A group that is gone already is what we want.
            let _ = kill_process_group(group, Signal::TERM);
        }
    }

    /// Lets go of it: the leader has ended, and what it left behind may stay.
    pub(crate) fn disarm(mut self) {
        self.forget();
    }

    fn forget(&mut self) -> Option<Pid> {
        let group = self.0.take()?;
        at_work(|groups| groups.retain(|one| *one != group));
        Some(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.forget() {
            kill(group);
        }
    }
}

/// Kills every group at work: for a process that ends without a word.
pub(crate) fn kill_all() {
    at_work(|groups| groups.drain(..).for_each(kill));
}

fn kill(group: Pid) {
    // As above.
    let _ = kill_process_group(group, Signal::KILL);
}

fn at_work<T>(with: impl FnOnce(&mut Vec<Pid>) -> T) -> T {
    with(&mut AT_WORK.lock().unwrap_or_else(PoisonError::into_inner))
}
