//! Process 1 of a container. The kernel gives it duties that no other has: a signal that it doesn't handle does nothing to it, and every
//! process that lost its parent is its child, which it has to wait for (pid_namespaces(7)). So it is nothing else: codexctl itself runs
//! as its child, and this one hands on signals and exit code.

use std::io;
use std::io::IsTerminal as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, wait};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

/// So long a run that is told to end has for an end in good order, and then for a hasty one; `docker stop` kills 10 s after its signal,
/// and so does GitHub's runner, with a second signal after 7.5 s.
const IN_ORDER: Duration = Duration::from_millis(7_500);
const IN_HASTE: Duration = Duration::from_millis(2_500);

/// Runs codexctl once more as a child, where this process is the first of its container. `None` where it is not.
///
/// # Errors
/// The child can't be started or watched.
pub fn run() -> Option<io::Result<ExitCode>> {
    if !getpid().is_init() {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Some(runtime.and_then(|runtime| runtime.block_on(watch_over_child())))
}

/// What asks for an end.
struct Words {
    interrupt: Signals,
    terminate: Signals,
    hang_up: Signals,
    quit: Signals,
}

impl Words {
    fn hear() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// The next word, as codexctl understands it: Ctrl-C, or any other.
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::TERM,
            _ = self.quit.recv() => Signal::TERM,
        }
    }
}

/// How urgent the end is.
#[derive(Clone, Copy)]
enum Urgency {
    None,
    InOrder(Instant),
    InHaste(Instant),
}

async fn watch_over_child() -> io::Result<ExitCode> {
    let mut words = Words::hear()?;
    let mut ended = signal(SignalKind::child())?;
    let child = start()?;
    // At a terminal Ctrl-C reaches the child by itself; told twice it would end in haste.
    let at_terminal = io::stdin().is_terminal();
    let mut urgency = Urgency::None;
    loop {
        if let Some(status) = reap(child) {
            return Ok(exit_code(status));
        }
        let until = match urgency {
            Urgency::InOrder(until) | Urgency::InHaste(until) => Some(until),
            Urgency::None => None,
        };
        let word = tokio::select! {
            _ = ended.recv() => continue,
            word = words.next() => Some(word),
            () = at(until) => None,
        };
        match (urgency, word) {
            (Urgency::InHaste(_), None) => tell(child, Signal::KILL),
            (_, Some(Signal::INT)) if at_terminal => {}
            (_, word) => tell(child, word.unwrap_or(Signal::TERM)),
        }
        urgency = match (urgency, word) {
            (Urgency::None, _) => Urgency::InOrder(Instant::now() + IN_ORDER),
            (hasty @ Urgency::InHaste(_), Some(_)) => hasty,
            (Urgency::InOrder(_), _) | (Urgency::InHaste(_), None) => Urgency::InHaste(Instant::now() + IN_HASTE),
        };
    }
}

/// The child: this program with the same arguments, the name by which it was called included.
fn start() -> io::Result<Pid> {
    let mut arguments = std::env::args_os();
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // Waited for with all others.
    Ok(Pid::from_child(&command.args(arguments).spawn()?))
}

/// Waits for all that have ended; gives the child's end where it is among them.
fn reap(child: Pid) -> Option<WaitStatus> {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if pid == child {
            return Some(status);
        }
    }
    None
}

/// As a shell tells it: 128 and the number of the signal that ended it.
fn exit_code(status: WaitStatus) -> ExitCode {
    let code = status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn tell(child: Pid, signal: Signal) {
    // Gone already is what we want.
    let _ = kill_process(child, signal);
}

async fn at(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}
