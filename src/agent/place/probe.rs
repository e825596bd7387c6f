//! What keeps the agent from codexctl's secrets on this machine: tried out, not guessed (spec 7.3).
//!
//! A process of the same user reads another's environment through `/proc`, and root reads everybody's. So a helper with a random
//! canary in its environment is started, and the agent's way of running commands is asked to find it.

use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::process::Command;

use super::setup::{self, AgentCommand};
use super::{hidden, process};
use crate::agent::config::permissions_alone;
use crate::rights::{can_be_root, spawn_as};

/// Why the agent can't be another user here.
pub(super) const NOT_ROOT: &str = "only root can start the agent as another user";

/// Longest wait for a probe: a sandbox starts in well under a second, `npx` may have to fetch 300 MB first.
const LIMIT: Duration = Duration::from_secs(300);

/// Says `hidden` where no process with the canary can be seen, `seen` where one can, and which ways out are open. `$1` is the canary.
const LOOK: &str = "if cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -qxF \"CODEXCTL_CANARY=$1\"; \
                    then echo seen; else echo hidden; fi; \
                    for s in /run/docker.sock /var/run/docker.sock; do [ -w $s ] && echo docker && break; done; \
                    { : >> /proc/sys/kernel/core_pattern; } 2>/dev/null && echo kernel; exit 0";

/// Why what hides the canary keeps nothing apart all the same.
const DOCKER: &str = "it runs, but its commands reach Docker's socket, and who reaches it is root on this machine";

/// Codex's sandbox has a `/proc` of its own, in which root is root: the program for core dumps, say, is started outside of it.
const KERNEL: &str = "it runs, but its commands can change the kernel's settings: codexctl is root, and so are they";

/// What keeps the agent apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Codex's own sandbox.
    Sandbox,
    /// The agent is another user, without supplementary groups.
    OtherUser {
        /// Its number, as user and as group.
        uid: u32,
    },
    /// Nothing, and the user said that it is all right (`--allow-unsandboxed`).
    Nothing,
}

impl Isolation {
    /// The user that the agent works as, where it is not codexctl's own.
    pub(super) fn user(self) -> Option<u32> {
        match self {
            Self::OtherUser { uid } => Some(uid),
            Self::Sandbox | Self::Nothing => None,
        }
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sandbox => out.write_str("Codex's own sandbox (workspace-write, network on)"),
            Self::OtherUser { uid } => write!(out, "a user of its own (uid {uid}, no groups)"),
            Self::Nothing => out.write_str("nothing (--allow-unsandboxed)"),
        }
    }
}

/// Nothing keeps the agent apart: exit 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the agent could read codexctl's secrets on this machine.\n  Codex's own sandbox: {sandbox}\n  another user: {other_user}\n\
     Run codexctl as a user that is not root where user namespaces are allowed (Ubuntu: sudo sysctl -w \
     kernel.apparmor_restrict_unprivileged_userns=0), or as root with a Codex that every user can start, as in the container \
     action; or pass --allow-unsandboxed where there is nothing to protect"
)]
pub struct Refused {
    /// Why the sandbox doesn't.
    pub sandbox: String,
    /// Why another user doesn't.
    pub other_user: String,
}

/// Where and how a probe runs.
#[derive(Debug, Clone)]
pub(super) struct Probe<'a> {
    pub(super) command: &'a AgentCommand,
    /// CODEX_HOME for the probe.
    pub(super) home: &'a Path,
    /// The agent's tree.
    pub(super) tree: &'a Path,
    pub(super) path: &'a str,
    /// The user that the agent would be.
    pub(super) uid: u32,
}

impl Probe<'_> {
    /// Whether Codex's sandbox keeps a command from seeing the canary.
    pub(super) async fn sandbox(&self) -> Result<Isolation, String> {
        let mut command = Command::new(&self.command.program);
        command.args(&self.command.args).args(["sandbox", "--"]);
        // What counts here of the configuration that a run would have.
        let config = permissions_alone(self.tree, &hidden::sockets());
        setup::write_private(&self.home.join("config.toml"), &config).map_err(|error| error.to_string())?;
        self.look(command, None).await?;
        Ok(Isolation::Sandbox)
    }

    /// What the agent says of itself, as this user.
    pub(super) async fn version(&self) -> Result<String, String> {
        self.says_version(Command::new(&self.command.program), None).await
    }

    async fn says_version(&self, mut command: Command, user: Option<u32>) -> Result<String, String> {
        command.args(&self.command.args).arg("--version");
        let said = self.output(command, user).await?;
        let line = first_line(&said);
        if said.trim_start().starts_with("codex") { Ok(line) } else { Err(line) }
    }

    /// Whether a user of its own can work in the tree, run the agent, and not see the canary. Only root can try.
    pub(super) async fn other_user(&self) -> Result<Isolation, String> {
        if !can_be_root() {
            return Err(NOT_ROOT.to_owned());
        }
        let user = Some(self.uid);
        self.says_version(Command::new(&self.command.program), user)
            .await
            .map_err(|why| format!("the agent does not start as uid {}: {why}", self.uid))?;
        let mut writes = Command::new("/bin/sh");
        writes.args(["-c", "[ -r . ] && [ -w . ] && echo writes"]);
        if self.output(writes, user).await?.trim() != "writes" {
            return Err(format!("uid {} can't write to {}", self.uid, self.tree.display()));
        }
        self.look(Command::new("/usr/bin/env"), user).await?;
        Ok(Isolation::OtherUser { uid: self.uid })
    }

    /// Runs the look behind `prefix`; an error where the canary is seen, Docker is reached, or nothing ran.
    async fn look(&self, mut prefix: Command, user: Option<u32>) -> Result<(), String> {
        let canary = crate::secrets::random_word();
        let mut holder = Command::new("/bin/cat")
            .env_clear()
            .env("CODEXCTL_CANARY", &canary)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the canary can't be set out: {error}"))?;
        prefix.args(["/bin/sh", "-c", LOOK, "sh", &canary]);
        let said = self.output(prefix, user).await;
        // Ends with its input; waited for so that it leaves no zombie.
        drop(holder.stdin.take());
        let _ = holder.wait().await;
        let said = said?;
        match said.lines().next().map(str::trim) {
            Some("hidden") => {
                let ways_out = [("docker", DOCKER), ("kernel", KERNEL)];
                let open = ways_out.into_iter().find(|(word, _)| said.lines().any(|line| line.trim() == *word));
                open.map_or(Ok(()), |(_, told)| Err(told.to_owned()))
            }
            Some("seen") => Err("it runs, but its commands read other processes' environments".to_owned()),
            _ => Err(format!("it does not start here: {}", first_line(&said))),
        }
    }

    /// Why a command did not start; most often a folder that the agent's user can't enter.
    fn refusal(&self, error: &std::io::Error) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let closed =
            |folder: &&Path| std::fs::metadata(folder).is_ok_and(|found| found.permissions().mode() & 0o001 == 0);
        match self.tree.ancestors().skip(1).filter(closed).last() {
            Some(folder) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                format!(
                    "uid {} can't enter {}: set XDG_STATE_HOME to a folder that others may enter",
                    self.uid,
                    folder.display()
                )
            }
            _ => error.to_string(),
        }
    }

    /// Standard output, or standard error where there is none; as this user, or as the one that the agent would be.
    async fn output(&self, mut command: Command, user: Option<u32>) -> Result<String, String> {
        command
            .env_clear()
            .env("PATH", self.path)
            .env("HOME", self.home)
            .env("CODEX_HOME", self.home)
            .current_dir(self.tree)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let started = match user {
            Some(uid) => spawn_as(&mut command, uid),
            None => command.spawn(),
        };
        let child = started.map_err(|error| self.refusal(&error))?;
        let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await;
        if let (Err(_), Some(uid)) = (&output, user) {
            process::end_user(uid);
        }
        let output = output
            .map_err(|_| format!("no answer within {} s", LIMIT.as_secs()))?
            .map_err(|error| self.refusal(&error))?;
        let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        Ok(String::from_utf8_lossy(&said).into_owned())
    }
}

/// Longest piece of a program's own words in a message that people read, in characters.
const LONGEST: usize = 80;

/// The first line of a program's words: a program that is no agent may say anything, and comments quote it.
fn first_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("WARNING"));
    let mut silent = true;
    for line in lines {
        silent = false;
        let shown = crate::agent::events::one_line(line);
        // What was no text stands as U+FFFD; terminal sequences are text's companions, other control characters are not.
        if shown.is_empty()
            || line.contains(|c: char| c == char::REPLACEMENT_CHARACTER || c.is_control() && !"\t\u{1b}".contains(c))
        {
            continue;
        }
        if shown.chars().count() > LONGEST {
            return shown.chars().take(LONGEST - 1).chain(['…']).collect();
        }
        return shown;
    }
    if silent { "it said nothing".to_owned() } else { "what it said is no text".to_owned() }
}

/// Numbers that systemd sets aside for users made on the fly. Source: <https://systemd.io/UIDS-GIDS/>.
const NUMBERS: std::ops::RangeInclusive<u32> = 61_184..=65_519;

/// Whether an agent may have this number; files that name another one are not ours.
pub(super) fn is_agent_number(uid: u32) -> bool {
    NUMBERS.contains(&uid)
}

/// The user number for a slot's agent: mostly the same for a folder, and one that nobody works as now, so that two agents can't reach
/// each other and all of an agent's processes can be ended.
pub(super) fn free_uid(folder: &Path) -> u32 {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let (first, last) = (*NUMBERS.start(), *NUMBERS.end());
    let wanted = first + number % (last - first + 1);
    let mut numbers = (wanted..=last).chain(first..wanted);
    numbers.find(|uid| !process::somebody_is(*uid)).unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_program_says_a_short_line_of_text_is_quoted_and_no_garbage() {
        let garbage = String::from_utf8_lossy(b"\x7fELF\x02\x01\xff\xfe\x00 more").into_owned();
        assert_eq!(first_line(&garbage), "what it said is no text");
        assert_eq!(first_line(&format!("{garbage}\nexec format error")), "exec format error");
        assert_eq!(first_line(" \n"), "it said nothing");
        assert_eq!(first_line("WARNING: old\nerror: no namespaces\nmore"), "error: no namespaces");
        let long = first_line(&"é".repeat(300));
        assert_eq!((long.chars().count(), long.ends_with('…')), (80, true));
    }
}
