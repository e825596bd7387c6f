//! Runs the real binary in a folder of its own with nothing of this machine's environment but PATH.

#![allow(dead_code, reason = "each test crate uses a part of it")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// One call of `codexctl`, built up and then run.
pub(crate) struct Codexctl {
    command: Command,
    input: Option<Vec<u8>>,
    _home: TempDir,
}

/// What a call gave.
pub(crate) struct Ran {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Codexctl {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let home = TempDir::new().expect("a temporary home");
        let mut command = Command::new(env!("CARGO_BIN_EXE_codexctl"));
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("XDG_STATE_HOME", home.path().join("state"))
            .current_dir(home.path());
        Self { command, input: None, _home: home }
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    pub(crate) fn run(mut self) -> Ran {
        let stdin = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("codexctl starts");
        let input = self.input.take();
        let writing = child.stdin.take().map(|mut stdin| {
            // A program that has read enough closes its end, which is no failure of the test.
            std::thread::spawn(move || drop(stdin.write_all(&input.unwrap_or_default())))
        });
        let output = child.wait_with_output().expect("codexctl ends");
        drop(writing.map(std::thread::JoinHandle::join));
        Ran::of(output)
    }

    /// Runs it with its standard output in a file.
    pub(crate) fn run_into(mut self, file: &Path) {
        let file = std::fs::File::create(file).expect("a file");
        let ended = self.command.stdin(Stdio::null()).stdout(file).stderr(Stdio::null()).status();
        assert!(ended.expect("codexctl starts").success());
    }

    /// Starts it and comes back at once.
    pub(crate) fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command.stdin(Stdio::null());
        Running { child: Some(self.command.spawn().expect("codexctl starts")), _home: self._home }
    }
}

/// A call on its way.
pub(crate) struct Running {
    child: Option<Child>,
    _home: TempDir,
}

impl Running {
    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(self.child.as_ref().expect("it runs"))
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).expect("it takes signals");
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        let child = self.child.take().expect("it runs");
        Ran::of(child.wait_with_output().expect("its end"))
    }
}

impl Drop for Running {
    /// A story that stops early leaves nothing behind.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            // What a signal ended has no exit code of its own.
            exit: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }
}
