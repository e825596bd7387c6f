//! Bounds on what the agent's processes take of this machine: a fork bomb or a crash among them stays their own trouble.
//!
//! A shell sets them and becomes the agent, which hands them down to all that it starts: a process may always take less for itself,
//! while only root with a capability that containers lack may bound another user's. codexctl itself keeps what it has.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{Resource, geteuid, getrlimit};
use tokio::process::Command;

/// Processes and threads that the agent may have at the same time. A parallel build of a large project has some hundreds; a desktop's
/// whole session has two or three thousand. The kernel does not count those of root.
const PROCESSES: u64 = 4096;

/// `$1` processes; no core dumps; where memory runs out the kernel ends these first (proc(5): from -1000 to 1000). Shells differ in
/// the letter for processes.
const SCRIPT: &str = "ulimit -c 0 && { ulimit -u \"$1\" 2>/dev/null || ulimit -p \"$1\"; } || exit 126; \
                      echo 600 2>/dev/null >/proc/self/oom_score_adj; shift; exec \"$@\"";

/// The command that starts `program` within the bounds, as `user` or as this process's own one.
pub(super) fn bounded(program: &Path, user: Option<u32>) -> Command {
    // The kernel counts all threads of a user, also those that were there before.
    let before = threads_of(user.unwrap_or_else(|| geteuid().as_raw()));
    let most = before.saturating_add(PROCESSES).min(getrlimit(Resource::Nproc).maximum.unwrap_or(u64::MAX));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT, "sh", &most.to_string()]).arg(program);
    command
}

/// Threads of all processes of a user.
fn threads_of(user: u32) -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let own = processes.filter(|entry| entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == user));
    own.filter_map(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // Field 20 of proc_pid_stat(5), counted from behind the name, which may hold blanks and parentheses.
        stat.rsplit_once(')')?.1.split_whitespace().nth(17)?.parse::<u64>().ok()
    })
    .sum()
}
