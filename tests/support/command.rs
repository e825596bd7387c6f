//! Runs the real binary in a folder of its own with nothing of this machine's environment but PATH.

#![allow(dead_code, reason = "each test crate uses a part of it")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
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
        if arguments.first() == Some(&"action") {
            // Without it root would not know as whom to work.
            command.env("GITHUB_WORKSPACE", home.path());
        }
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

    /// Lets it, and what it starts, write no file beyond so many blocks of 512 bytes, as on a disk that is full; without a number
    /// from [`Running::fill_the_disk`] on.
    pub(crate) fn on_a_small_disk(mut self, blocks: Option<u32>) -> Self {
        let limit = blocks.map_or(String::new(), |blocks| format!("ulimit -S -f {blocks}; "));
        let mut shell = Command::new("sh");
        // A disk that is full sends no signal.
        shell.args(["-c", &format!("trap '' XFSZ; {limit}exec \"$0\" \"$@\"")]);
        shell.arg(self.command.get_program()).args(self.command.get_args()).env_clear();
        shell.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = self.command.get_current_dir() {
            shell.current_dir(folder);
        }
        self.command = shell;
        self
    }

    /// Makes it the first process of a container's kind: with a table of processes of its own.
    pub(crate) fn first_in_a_container(self) -> Self {
        self.first_in_a_container_after("true")
    }

    /// The same after a command of a shell; what that mounts is seen in there alone.
    pub(crate) fn first_in_a_container_after(mut self, before: &str) -> Self {
        let mut unshare = Command::new("unshare");
        unshare.args(["--fork", "--pid", "--mount-proc", "--kill-child"]);
        // Root of a container has groups.
        unshare.args(["setpriv", "--groups", "4711", "sh", "-c", &format!("{before} && exec \"$0\" \"$@\"")]);
        unshare.arg(self.command.get_program()).args(self.command.get_args()).env_clear();
        unshare.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if let Some(folder) = self.command.get_current_dir() {
            unshare.current_dir(folder);
        }
        self.command = unshare;
        self
    }

    /// Runs it on a terminal of its own, at which somebody types this once that stands there. What it says is all one there.
    pub(crate) fn on_terminal(self, asked: &str, typed: &[u8]) -> Ran {
        let words: Vec<_> = std::iter::once(self.command.get_program()).chain(self.command.get_args()).collect();
        let line = words.iter().map(|word| format!("'{}'", word.to_string_lossy())).collect::<Vec<_>>().join(" ");
        // `script` of util-linux makes the terminal. A program that hangs is ended, so that its test fails.
        let mut script = Command::new("timeout");
        script.args(["--foreground", "60", "script", "-qefc", &line, "/dev/null"]).env_clear();
        script.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.env("TERM", "dumb").env("SHELL", "/bin/sh");
        if let Some(folder) = self.command.get_current_dir() {
            script.current_dir(folder);
        }
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = script.spawn().expect("script of util-linux starts");
        let (mut input, mut output) = (child.stdin.take(), child.stdout.take().expect("its output"));
        let (mut shown, mut some, mut has_typed) = (Vec::new(), [0; 4096], false);
        while let Ok(count @ 1..) = output.read(&mut some) {
            shown.extend_from_slice(&some[..count]);
            if !has_typed && String::from_utf8_lossy(&shown).contains(asked) {
                has_typed = true;
                input.as_mut().expect("its input").write_all(typed).expect("somebody types");
            }
        }
        let ended = child.wait().expect("its end");
        let shown = String::from_utf8_lossy(&shown).replace('\r', "");
        Ran { exit: ended.code().unwrap_or(-1), stdout: shown, stderr: String::new() }
    }

    /// Starts it and comes back at once.
    pub(crate) fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command.stdin(Stdio::null());
        Running { child: Some(self.command.spawn().expect("codexctl starts")), said: None, _home: self._home }
    }
}

/// A call on its way.
pub(crate) struct Running {
    child: Option<Child>,
    said: Option<std::sync::mpsc::Receiver<String>>,
    _home: TempDir,
}

impl Running {
    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(self.child.as_ref().expect("it runs"))
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).expect("it takes signals");
    }

    /// The only child of a process. One that was just started may have none yet.
    pub(crate) fn child_of(pid: rustix::process::Pid) -> rustix::process::Pid {
        let path = format!("/proc/{pid}/task/{pid}/children", pid = pid.as_raw_nonzero());
        let until = std::time::Instant::now() + std::time::Duration::from_secs(180);
        loop {
            let children = std::fs::read_to_string(&path).unwrap_or_default();
            if let Some(child) = children.split_whitespace().next() {
                return rustix::process::Pid::from_raw(child.parse().expect("a number")).expect("a process");
            }
            assert!(std::time::Instant::now() < until, "no child of {pid:?}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// From now on nothing can be written by it and by what it starts; what it started before is not touched.
    pub(crate) fn fill_the_disk(&self) {
        let full = rustix::process::Rlimit { current: Some(0), maximum: None };
        rustix::process::prlimit(Some(self.pid()), rustix::process::Resource::Fsize, full).expect("a limit");
    }

    /// Comes back once it has said this on standard error. What it says there is no part of its end any more.
    pub(crate) fn until(&mut self, part: &str) {
        let said = self.said.get_or_insert_with(|| {
            let stderr = self.child.as_mut().and_then(|child| child.stderr.take()).expect("its standard error");
            let (sender, said) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let lines = BufReader::new(stderr).lines();
                lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
            said
        });
        let mut before = Vec::new();
        loop {
            match said.recv_timeout(std::time::Duration::from_secs(120)) {
                Ok(line) if line.contains(part) => return,
                Ok(line) => before.push(line),
                Err(error) => panic!("`{part}` was never said ({error}), but {before:#?}"),
            }
        }
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
