//! Scripts: `bash -lc` and nothing else, in the project root, with all variables, in a group of processes of its own (spec 5.2).

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::failure::{Cause, Told};
use super::limit::Limit;
use crate::group::Group;
use crate::stack::Vars;
use crate::ui::{Level, Note, Ui};

/// Between SIGTERM and SIGKILL where a script's time is over.
const GRACE: Duration = Duration::from_secs(10);

/// The same where everything shall end: GitHub's runner waits 7.5 s after Ctrl-C before it grows impatient.
const SHORT_GRACE: Duration = Duration::from_secs(3);

/// So long its last lines may take; what it leaves running may hold its output open for good.
const DRAIN: Duration = Duration::from_secs(1);

/// Bytes; a line without an end would fill the memory.
const LONGEST_PIECE: u64 = 1 << 20;

/// A script and what it runs with.
pub(super) struct Script<'a> {
    /// Bash.
    pub(super) text: &'a str,
    /// The project root.
    pub(super) root: &'a Path,
    /// The merged variables: its environment.
    pub(super) vars: &'a Vars,
    /// The way to the cluster; none: as every program here finds it.
    pub(super) kubeconfig: Option<&'a Path>,
    /// The step's name.
    pub(super) title: &'a str,
}

impl Script<'_> {
    /// Runs it to its end.
    pub(super) async fn run(&self, ui: &Arc<dyn Ui>, limit: &Limit) -> Result<String, Cause> {
        if self.text.trim().is_empty() {
            return Ok("nothing to run".to_owned());
        }
        let (mut child, output) = start(self.command()).map_err(|error| not_started(&error, self.root))?;
        let group = Group::of(&child);
        let last = LastLine::default();
        let mut lines = tokio::spawn(show(output, Arc::clone(ui), self.title.to_owned(), last.clone()));
        let ended = tokio::select! {
            biased;
            cause = limit.reached() => Err(cause),
            status = child.wait() => Ok(status),
        };
        let status = match ended {
            Ok(status) => {
                // What a script leaves running, such as a port-forward for the next step, is its own choice.
                group.disarm();
                status.map_err(|error| Told::new(format!("bash can't be waited for: {error}")))?
            }
            Err(cause) => {
                end(&mut child, group, &cause).await;
                if timeout(DRAIN, &mut lines).await.is_err() {
                    lines.abort();
                }
                return Err(cause);
            }
        };
        // A task that is not waited for goes on showing what comes.
        let _ = timeout(DRAIN, &mut lines).await;
        let Some(why) = failed(status) else { return Ok(String::new()) };
        let told = Told::new(why);
        Err(match last.get() {
            Some(line) => told.hint(format!("the last line of its output: {line}")).into(),
            None => told.into(),
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new("bash");
        command.args(["-lc", self.text.trim()]).current_dir(self.root).env_clear();
        // The system has no other names and values; a file of variables may.
        let fits = |text: &str| !text.contains('\0');
        command.envs(
            self.vars
                .iter()
                .filter(|(name, value)| fits(value) && fits(name) && !name.contains('=') && !name.is_empty()),
        );
        match self.kubeconfig {
            Some(path) => command.env("KUBECONFIG", path),
            None => command.env_remove("KUBECONFIG"),
        };
        command.stdin(Stdio::null()).process_group(0).kill_on_drop(true);
        command
    }
}

/// Starts it, both of its outputs in one pipe: lines come in the order in which they were written.
fn start(mut command: Command) -> io::Result<(Child, Receiver)> {
    let (output, input) = io::pipe()?;
    command.stdout(Stdio::from(OwnedFd::from(input.try_clone()?))).stderr(Stdio::from(OwnedFd::from(input)));
    let child = command.spawn()?;
    // The command holds the pipe's other end.
    drop(command);
    Ok((child, Receiver::from_owned_fd(OwnedFd::from(output))?))
}

fn not_started(error: &io::Error, root: &Path) -> Told {
    if !root.is_dir() {
        return Told::new(format!("the project root {} is gone", root.display()));
    }
    match error.kind() {
        io::ErrorKind::NotFound => {
            Told::new("there is no bash here, and scripts of hooks run in it").hint("install the package `bash`")
        }
        io::ErrorKind::ArgumentListTooLong => {
            Told::new("the script and the variables are longer than the system takes (128 KiB for one text)")
                .hint("put the script into a file of the project and run it with `bash FILE`")
        }
        _ => Told::new(format!("bash can't be started: {error}")),
    }
}

/// Ends it: it is asked first, and killed if it takes too long.
async fn end(child: &mut Child, group: Group, cause: &Cause) {
    group.ask_to_end();
    let grace = if matches!(cause, Cause::Interrupted) { SHORT_GRACE } else { GRACE };
    let _ = timeout(grace, child.wait()).await;
    // Bash may be gone, and what it started still there.
    drop(group);
    let _ = child.wait().await;
}

/// The last line that was not empty.
#[derive(Clone, Default)]
struct LastLine(Arc<Mutex<Option<String>>>);

impl LastLine {
    fn set(&self, line: &str) {
        if !line.trim().is_empty() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.trim().to_owned());
        }
    }

    fn get(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Shows the output line by line, each with the step's name.
async fn show(output: Receiver, ui: Arc<dyn Ui>, title: String, last: LastLine) {
    let mut output = BufReader::new(output);
    loop {
        let mut line = Vec::new();
        match (&mut output).take(LONGEST_PIECE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\n', '\r']);
        last.set(line);
        ui.note(&Note::new(Level::Info, format!("{title} │ {line}")));
    }
}

/// Why it failed; none where it didn't.
fn failed(status: ExitStatus) -> Option<String> {
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("bash ended with exit code {code}")),
        (None, Some(signal)) => Some(format!("bash was ended by signal {signal}")),
        (None, None) => Some("bash did not end well".to_owned()),
    }
}

#[cfg(test)]
mod tests;
