//! One start of Codex: prompt in on standard input, lines out, an end in any case.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::log::RawLog;
use super::process::{self, Running};
use super::{AgentRun, Cancel, Error};
use crate::agent::events::{Event, Totals, one_line};
use crate::agent::proxy::Proxy;
use crate::agent::verdict::Ended;
use crate::rights::spawn_as;
use crate::ui::Ui;

/// After Codex has ended, lines that are still on their way are waited for this long.
const DRAIN: Duration = Duration::from_secs(2);

/// Longest piece of a line that is kept in memory, in bytes. Codex cuts what commands print long before.
const LONGEST_PIECE: u64 = 8 << 20;

/// Lines on their way from the agent to whoever reads them.
const LINES: usize = 16;

/// How one start came to its end.
pub(super) struct SessionEnd {
    pub(super) ended: Ended,
    pub(super) totals: Totals,
    /// The last line on standard error, for a start that gave no events.
    pub(super) last_words: Option<String>,
    /// Whether another thread answered than was asked for; it was ended at once.
    pub(super) wrong_thread: bool,
}

/// What a start needs beside the run.
pub(super) struct Session<'a> {
    pub(super) run: &'a AgentRun,
    pub(super) command: Command,
    /// The user that the agent is, where it is another one than codexctl.
    pub(super) user: Option<u32>,
    pub(super) prompt: String,
    /// The thread that must answer.
    pub(super) thread: Option<&'a str>,
    pub(super) mark: &'a str,
    pub(super) log: PathBuf,
    pub(super) deadline: Instant,
    pub(super) proxy: &'a Proxy,
}

enum Line {
    Out(Vec<u8>),
    Err(Vec<u8>),
}

/// Why a process is asked to end.
enum Reason {
    Deadline,
    Cancelled,
    OverBudget,
    WrongThread,
}

impl Session<'_> {
    /// Runs to the end. Nothing of it is left when this returns.
    pub(super) async fn run(mut self, ui: &dyn Ui, mut cancel: Cancel) -> Result<SessionEnd, Error> {
        let mut log = RawLog::open(&self.log).map_err(Error::io("write", &self.log))?;
        let mut end =
            SessionEnd { ended: Ended::Cancelled, totals: Totals::default(), last_words: None, wrong_thread: false };
        if *cancel.borrow() {
            return Ok(end);
        }
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let started = match self.user {
            Some(uid) => spawn_as(&mut self.command, uid),
            None => self.command.spawn(),
        };
        let mut child = match started {
            Ok(child) => child,
            Err(error) => {
                let program = self.command.as_std().get_program().display();
                end.ended = Ended::Unavailable(format!("the agent's command {program} can't be started: {error}"));
                return Ok(end);
            }
        };
        let running = Running::new(child.id().unwrap_or_default(), self.mark, self.user);
        process::write_pid_file(&self.run.folder, &running).map_err(Error::io("write", &self.run.folder))?;
        let mut lines = self.pipes(&mut child);

        let mut over_budget = self.proxy.over_budget();
        let mut over_at = None;
        let mut exited: Option<ExitStatus> = None;
        let mut reason = None;
        while exited.is_none() && reason.is_none() {
            let stop_at = over_at.map_or(self.deadline, |at: Instant| at.min(self.deadline));
            tokio::select! {
                biased;
                () = until_true(&mut cancel) => reason = Some(Reason::Cancelled),
                () = sleep_until(stop_at) => {
                    reason = Some(if over_at == Some(stop_at) { Reason::OverBudget } else { Reason::Deadline });
                }
                () = until_true(&mut over_budget), if over_at.is_none() => over_at = Some(Instant::now() + process::GRACE),
                Some(line) = lines.recv() => {
                    self.take(&line, &mut log, &mut end, ui);
                    if end.wrong_thread {
                        reason = Some(Reason::WrongThread);
                    }
                }
                status = child.wait() => exited = Some(status.map_err(Error::io("wait for", &self.run.folder))?),
            }
        }

        let known = running_descendants(&running, exited.is_some());
        if exited.is_none() {
            process::ask_to_end(&running);
            let hurried = matches!(reason, Some(Reason::Cancelled));
            let grace = if hurried { process::SHORT_GRACE } else { process::GRACE };
            exited = timeout(grace, child.wait()).await.ok().and_then(Result::ok);
        }
        process::kill_leftovers(&running, &known).await;
        if exited.is_none() {
            exited = child.wait().await.ok();
        }
        process::remove_pid_file(&self.run.folder);
        let drained = async {
            while let Some(line) = lines.recv().await {
                self.take(&line, &mut log, &mut end, ui);
            }
        };
        let _ = timeout(DRAIN, drained).await;

        end.ended = match reason {
            Some(Reason::Cancelled) => Ended::Cancelled,
            Some(Reason::Deadline) => Ended::TimedOut,
            Some(Reason::OverBudget) => Ended::OverBudget,
            Some(Reason::WrongThread) | None if *over_budget.borrow() => Ended::OverBudget,
            Some(Reason::WrongThread) | None => Ended::Exited(exited.and_then(|status| status.code())),
        };
        Ok(end)
    }

    /// Sends the prompt and gathers the lines of both outputs.
    fn pipes(&mut self, child: &mut Child) -> mpsc::Receiver<Line> {
        let (sender, lines) = mpsc::channel(LINES);
        if let Some(mut stdin) = child.stdin.take() {
            let prompt = std::mem::take(&mut self.prompt);
            tokio::spawn(async move {
                // An agent that ends without having read its prompt says why itself.
                let _ = stdin.write_all(prompt.as_bytes()).await;
            });
        }
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(read_lines(stdout, sender.clone(), Line::Out));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(read_lines(stderr, sender, Line::Err));
        }
        lines
    }

    /// One line: into the log, and where it is an event, into the totals and before people's eyes.
    fn take(&self, line: &Line, log: &mut RawLog, end: &mut SessionEnd, ui: &dyn Ui) {
        let (Line::Out(bytes) | Line::Err(bytes)) = line;
        let text = String::from_utf8_lossy(bytes);
        let text = self.run.redactor.redact(text.trim_end_matches(['\n', '\r']));
        log.add(&text);
        if matches!(line, Line::Err(_)) {
            let words = one_line(&self.proxy.with_model_address(&text));
            if !words.is_empty() && !words.starts_with("WARNING") {
                end.last_words = Some(words);
            }
            return;
        }
        let text = self.proxy.with_model_address(&text);
        let Some(event) = Event::parse(&text) else { return };
        end.totals.add(&event);
        if self.run.verbose {
            ui.agent_line(&text);
        }
        if let Event::ThreadStarted { thread } = &event {
            if self.thread.is_some_and(|wanted| wanted != thread) {
                end.wrong_thread = true;
                return;
            }
            (self.run.on_thread)(thread);
        }
        if !end.wrong_thread
            && !self.run.verbose
            && let Some(line) = event.progress()
        {
            ui.agent_line(&line);
        }
    }
}

/// A process that has ended has no descendants any more: they were given to another parent.
fn running_descendants(running: &Running, ended: bool) -> Vec<(u32, u64)> {
    if ended { Vec::new() } else { process::descendants(running.pid) }
}

/// Waits for true; a sender that is gone will never say it.
async fn until_true(receiver: &mut watch::Receiver<bool>) {
    if receiver.wait_for(|value| *value).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn read_lines(from: impl AsyncRead + Unpin, to: mpsc::Sender<Line>, wrap: fn(Vec<u8>) -> Line) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        // A line without an end would fill the memory; a piece of one is no event, and stands in the log.
        match (&mut from).take(LONGEST_PIECE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                if to.send(wrap(line)).await.is_err() {
                    return;
                }
            }
        }
    }
}
