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

use super::setup::AgentCommand;

/// Longest wait for a probe: a sandbox starts in well under a second, `npx` may have to fetch 300 MB first.
const LIMIT: Duration = Duration::from_secs(300);

/// Says `hidden` where no process with the canary can be seen, `seen` where one can. `$1` is the canary.
const LOOK: &str = "if cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -qxF \"CODEXCTL_CANARY=$1\"; \
                    then echo seen; else echo hidden; fi; \
                    for s in /run/docker.sock /var/run/docker.sock; do [ -w $s ] && echo docker && break; done; exit 0";

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
     Allow user namespaces (Ubuntu: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0), run codexctl as root in a \
     container, or pass --allow-unsandboxed where there is nothing to protect"
)]
pub struct Refused {
    /// Why the sandbox doesn't.
    pub sandbox: String,
    /// Why another user doesn't.
    pub other_user: String,
}

/// What a probe gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) isolation: Isolation,
    /// Whether the agent reaches a Docker socket from there.
    pub(super) docker: bool,
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
    pub(super) async fn sandbox(&self) -> Result<Found, String> {
        let mut command = Command::new(&self.command.program);
        command.args(&self.command.args).args([
            "sandbox",
            "-c",
            "sandbox_mode=\"workspace-write\"",
            "-c",
            "sandbox_workspace_write.network_access=true",
            "--",
        ]);
        let docker = self.look(command, self.home).await?;
        Ok(Found { isolation: Isolation::Sandbox, docker })
    }

    /// What the agent says of itself, as this user.
    pub(super) async fn version(&self) -> Result<String, String> {
        self.says_version(Command::new(&self.command.program)).await
    }

    async fn says_version(&self, mut command: Command) -> Result<String, String> {
        command.args(&self.command.args).arg("--version");
        let said = self.output(command, self.home).await?;
        let line = first_line(&said);
        if said.trim_start().starts_with("codex") { Ok(line) } else { Err(line) }
    }

    /// Whether a user of its own can work in the tree, run the agent, and not see the canary. Only root can try.
    pub(super) async fn other_user(&self) -> Result<Found, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("only root can start the agent as another user".to_owned());
        }
        let as_user = |program: &Path| {
            let mut command = Command::new(program);
            // Without any other word std drops all supplementary groups when root changes the user.
            command.uid(self.uid).gid(self.uid);
            command
        };
        self.says_version(as_user(&self.command.program))
            .await
            .map_err(|why| format!("the agent does not start as uid {}: {why}", self.uid))?;
        let mut writes = as_user(Path::new("/bin/sh"));
        writes.args(["-c", "[ -r . ] && [ -w . ] && echo writes"]);
        if self.output(writes, self.home).await?.trim() != "writes" {
            return Err(format!("uid {} can't write to {}", self.uid, self.tree.display()));
        }
        let docker = self.look(as_user(Path::new("/usr/bin/env")), self.home).await?;
        Ok(Found { isolation: Isolation::OtherUser { uid: self.uid }, docker })
    }

    /// Runs the look behind `prefix`; an error where the canary is seen or nothing ran.
    async fn look(&self, mut prefix: Command, home: &Path) -> Result<bool, String> {
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
        let said = self.output(prefix, home).await;
        // Ends with its input; waited for so that it leaves no zombie.
        drop(holder.stdin.take());
        let _ = holder.wait().await;
        let said = said?;
        match said.lines().next().map(str::trim) {
            Some("hidden") => Ok(said.lines().any(|line| line.trim() == "docker")),
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

    /// Standard output, or standard error where there is none.
    async fn output(&self, mut command: Command, home: &Path) -> Result<String, String> {
        command
            .env_clear()
            .env("PATH", self.path)
            .env("HOME", home)
            .env("CODEX_HOME", home)
            .current_dir(self.tree)
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, command.output())
            .await
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

/// The user number for a slot's agent, in the range that systemd sets aside for users made on the fly (61184 to 65519).
/// Source: <https://systemd.io/UIDS-GIDS/>. Different folders mostly get different users, so that two agents can't reach each other.
pub(super) fn uid_for(folder: &Path) -> u32 {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    61_184 + number % (65_520 - 61_184)
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
