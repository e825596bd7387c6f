//! Ending processes: the agent's group, what left the group, and an agent whose codexctl was killed.
//!
//! A process that the agent started may leave its group and its session, but it takes its environment along: each start of the agent
//! carries a random mark there, and whoever carries it is ended. Codex's sandbox takes its processes along by itself (its own PID
//! namespace, die-with-parent). Where the agent is a user of its own, every process of that user is the agent's, with or without a mark
//! (in a container even root may not read another user's environment), and only root can end it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};

use super::probe::is_agent_number;
use super::{Error, lent};
use crate::rights::as_root;

/// The variable that marks every process of a run.
pub(super) const MARK_VARIABLE: &str = "CODEXCTL_RUN_MARK";

/// Between SIGTERM and SIGKILL (spec 7.3).
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// The same where the whole run is told to end: GitHub's runner waits 7.5 s after Ctrl-C before it grows impatient, and unfinished work
/// has to be saved in that time too.
pub(super) const SHORT_GRACE: Duration = Duration::from_secs(3);

/// How often processes that don't cease are looked at again, and the time between.
const LOOKS: u32 = 400;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A process of the agent, as it can be found again after a restart of codexctl.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Running {
    /// The leader of its group.
    pub(super) pid: u32,
    /// When it started, in clock ticks since the machine's start: a number that is used again has another.
    pub(super) started: Option<u64>,
    /// The run's mark.
    pub(super) mark: String,
    /// The user that only the agent is, where it is another one than codexctl.
    #[serde(default)]
    pub(super) user: Option<u32>,
}

impl Running {
    pub(super) fn new(pid: u32, mark: &str, user: Option<u32>) -> Self {
        Self { pid, started: start_time(pid), mark: mark.to_owned(), user }
    }

    fn is_alive(&self) -> bool {
        self.started.is_some() && start_time(self.pid) == self.started
    }

    fn signal(&self, signal: Signal) {
        let Some(pid) = as_pid(self.pid) else { return };
        // Gone already is what we want.
        match self.user {
            None => drop(rustix::process::kill_process_group(pid, signal)),
            // Root could reach anybody whom a wrong note names.
            Some(user) if user_of(self.pid) == Some(user) => {
                let _ = as_root(|| rustix::process::kill_process_group(pid, signal));
            }
            Some(_) => {}
        }
    }
}

fn as_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Field 22 of `/proc/PID/stat` (proc(5)); none for a process that is gone, is a zombie, or where there is no `/proc`.
fn start_time(pid: u32) -> Option<u64> {
    let (state, _, started) = stat(pid)?;
    (state != 'Z').then_some(started)
}

/// State, parent and start time.
fn stat(pid: u32) -> Option<(char, u32, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold blanks and parentheses itself.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    let started = fields.nth(17)?.parse().ok()?;
    Some((state, parent, started))
}

fn all_pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The real user of a process; none where it is gone or a zombie. Source: `Uid` and `State` in proc_pid_status(5).
fn user_of(pid: u32) -> Option<u32> {
    awake_or_stopped(pid).map(|(user, _)| user)
}

/// The user of a process that is no zombie, and whether it is stopped.
fn awake_or_stopped(pid: u32) -> Option<(u32, bool)> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
    let state = field("State:")?;
    let user = field("Uid:")?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some((user, state == "T"))
}

/// Processes of a user, each with whether it is stopped.
fn of_user(uid: u32) -> Vec<(u32, bool)> {
    let all = all_pids().into_iter();
    all.filter_map(|pid| awake_or_stopped(pid).filter(|(user, _)| *user == uid).map(|(_, stopped)| (pid, stopped)))
        .collect()
}

/// Whether a process of this user is there.
pub(super) fn somebody_is(uid: u32) -> bool {
    !of_user(uid).is_empty()
}

/// Ends every process of the agent's user for good. They are all stopped first: of those that only copy themselves, each one that is
/// killed makes room for another. Gives whether there was one.
pub(super) fn end_user(uid: u32) -> bool {
    if !is_agent_number(uid) || !somebody_is(uid) {
        return false;
    }
    let ended = as_root(|| {
        for _ in 0..LOOKS {
            let awake: Vec<u32> =
                of_user(uid).into_iter().filter(|(_, stopped)| !stopped).map(|(pid, _)| pid).collect();
            if awake.is_empty() {
                break;
            }
            awake.into_iter().for_each(|pid| signal(pid, Signal::STOP));
        }
        for _ in 0..LOOKS {
            let left = of_user(uid);
            if left.is_empty() {
                break;
            }
            left.into_iter().for_each(|(pid, _)| kill(pid));
            std::thread::sleep(BETWEEN_LOOKS);
        }
    });
    ended.is_ok()
}

/// Everything below `root` in the tree of processes right now, with start times.
pub(super) fn descendants(root: u32) -> Vec<(u32, u64)> {
    let mut children: HashMap<u32, Vec<(u32, u64)>> = HashMap::new();
    for pid in all_pids() {
        if let Some((_, parent, started)) = stat(pid) {
            children.entry(parent).or_default().push((pid, started));
        }
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    let mut seen = HashSet::new();
    while let Some(pid) = open.pop() {
        for child in children.get(&pid).into_iter().flatten() {
            if seen.insert(child.0) {
                open.push(child.0);
                found.push(*child);
            }
        }
    }
    found
}

/// Processes that carry the mark.
fn marked(mark: &str) -> Vec<u32> {
    let wanted = format!("{MARK_VARIABLE}={mark}");
    let own = std::process::id();
    all_pids()
        .into_iter()
        .filter(|pid| *pid != own)
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|pair| pair == wanted.as_bytes()))
        })
        .collect()
}

/// Ends for good what is left of a run: its group, everything marked, and `known` descendants that are still the same processes.
/// Gives whether anything was left beside the group.
pub(super) async fn kill_leftovers(running: &Running, known: &[(u32, u64)]) -> bool {
    if let Some(user) = running.user {
        return end_user(user);
    }
    running.signal(Signal::KILL);
    for (pid, started) in known {
        if start_time(*pid) == Some(*started) {
            kill(*pid);
        }
    }
    let mut found = false;
    // A process that is just being copied can slip through one look.
    for _ in 0..50 {
        let left = marked(&running.mark);
        if left.is_empty() {
            break;
        }
        found = true;
        left.into_iter().for_each(kill);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    found
}

fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = as_pid(pid) {
        // Gone already is what we want.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Asks the group to end.
pub(super) fn ask_to_end(running: &Running) {
    running.signal(Signal::TERM);
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("agent.pid")
}

/// Writes down who runs, so that [`end_orphan`] finds it.
pub(super) fn write_pid_file(folder: &Path, running: &Running) -> io::Result<()> {
    let text = serde_json::to_string(running).map_err(io::Error::other)?;
    let path = pid_file(folder);
    let fresh = folder.join("agent.pid.new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    fs::rename(fresh, path)
}

/// Forgets who ran.
pub(super) fn remove_pid_file(folder: &Path) {
    let _ = fs::remove_file(pid_file(folder));
}

/// Kills the agent of this folder at once and takes back what it was lent: for whoever can't wait.
pub fn kill_now(folder: &Path) {
    let running =
        fs::read_to_string(pid_file(folder)).ok().and_then(|text| serde_json::from_str::<Running>(&text).ok());
    if let Some(running) = running.filter(Running::is_alive) {
        if let Some(user) = running.user {
            end_user(user);
        } else {
            for (pid, _) in descendants(running.pid) {
                kill(pid);
            }
            running.signal(Signal::KILL);
        }
    }
    // Where this fails, the next run does it.
    let _ = lent::take_back(folder);
}

/// Ends the agent that an earlier codexctl started from this folder and, being killed itself, could not end, and takes back what it was
/// lent. Gives whether there was one. A process that only happens to have the same number is left alone.
///
/// # Errors
/// Where the pid file is there and can't be read, or folders don't come back.
pub async fn end_orphan(folder: &Path) -> Result<bool, Error> {
    let found = end_process(folder).await.map_err(Error::io("read the pid file in", folder))?;
    lent::take_back(folder)?;
    Ok(found)
}

async fn end_process(folder: &Path) -> io::Result<bool> {
    let text = match fs::read_to_string(pid_file(folder)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // A file cut by a full disk names nobody.
    let Ok(running) = serde_json::from_str::<Running>(&text) else {
        remove_pid_file(folder);
        return Ok(false);
    };
    let found;
    if running.is_alive() {
        found = true;
        let known = descendants(running.pid);
        ask_to_end(&running);
        let mut left = GRACE;
        let step = Duration::from_millis(20);
        while running.is_alive() && left > Duration::ZERO {
            tokio::time::sleep(step).await;
            left = left.saturating_sub(step);
        }
        kill_leftovers(&running, &known).await;
    } else {
        found = kill_leftovers(&Running { pid: 0, ..running }, &[]).await;
    }
    remove_pid_file(folder);
    Ok(found)
}
