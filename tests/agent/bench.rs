//! A slot, a tree and a model for one test, all gone when it ends.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use codexctl_action::agent::config::Wanted;
use codexctl_action::agent::place::local::LocalPlace;
use codexctl_action::agent::place::{AgentEnd, AgentRun, Place as _};
use codexctl_action::agent::proxy::Upstream;
use codexctl_action::agent::result::Shape;
use codexctl_action::agent::verdict::{Facts, Verdict, decide};
use codexctl_action::secrets::{Redactor, Secret};
use codexctl_action::ui::{Note, StepEnd, Ui};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::codex::{codex, program};
use crate::model::{Model, Script, Turn};

/// The key that only the model and the proxy know.
pub(crate) const KEY: &str = "sk-test-canary-key-0123456789";

/// Keeps what the run said.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }

    fn add(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Ui for Heard {
    fn step_started(&self, title: &str) {
        self.add(format!("step {title}"));
    }
    fn step_ended(&self, title: &str, _: StepEnd, detail: &str, _: Duration) {
        self.add(format!("end {title} {detail}"));
    }
    fn progress(&self, text: &str) {
        self.add(text.to_owned());
    }
    fn agent_started(&self) {
        self.add("<agent>".to_owned());
    }
    fn agent_line(&self, line: &str) {
        self.add(line.to_owned());
    }
    fn agent_ended(&self) {
        self.add("</agent>".to_owned());
    }
    fn note(&self, note: &Note) {
        self.add(format!("{:?}: {}", note.level, note.text));
    }
    fn mask(&self, _: &Secret) {}
}

/// Everything for one test.
pub(crate) struct Bench {
    _root: tempfile::TempDir,
    pub(crate) model: Model,
    pub(crate) run: AgentRun,
    pub(crate) heard: Heard,
    pub(crate) threads: Arc<Mutex<Vec<String>>>,
    pub(crate) cancel: watch::Sender<bool>,
    pub(crate) place: LocalPlace,
}

impl Bench {
    pub(crate) async fn new(turns: Vec<Turn>) -> Self {
        // Codex wants its home outside the temporary folder, so the build's own folder is used.
        let root = tempfile::Builder::new().prefix("agent-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let slot = root.path().join("slot");
        let tree = slot.join("src");
        std::fs::create_dir_all(&tree).unwrap();
        let git = std::process::Command::new("git").args(["init", "-q"]).current_dir(&tree).status().unwrap();
        assert!(git.success());
        std::fs::write(tree.join("price.txt"), "10\n").unwrap();
        let model = Model::start(Script { key: Some(KEY.to_owned()), turns, ..Script::default() }).await.unwrap();
        let threads = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&threads);
        // A home of its own: Codex starts login shells, and a user's profile may do anything.
        let home = slot.join("home");
        std::fs::create_dir(&home).unwrap();
        let env = [
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", home.display().to_string()),
            ("LANG", "C.UTF-8".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), Secret::new(value)));
        let run = AgentRun {
            shape: Shape::Work,
            tree,
            folder: slot.join("run"),
            home: slot.join("codex-home"),
            prompt: "THE FULL PROMPT".to_owned(),
            resume: None,
            config: Wanted {
                model: Some("mock-model".to_owned()),
                effort: Some("low".to_owned()),
                ..Wanted::default()
            },
            instructions: Some("TRUSTED INSTRUCTIONS".to_owned()),
            env: env.into(),
            writable: Vec::new(),
            passage: Vec::new(),
            hidden: Vec::new(),
            verbose: false,
            upstream: Upstream { base: model.base_url(), key: Some(Secret::new(KEY.to_owned())) },
            budget: None,
            timeout: Duration::from_secs(120),
            redactor: Redactor::default(),
            on_thread: Arc::new(move |thread| noted.lock().unwrap().push(thread.to_owned())),
        };
        Self {
            _root: root,
            model,
            run,
            heard: Heard::default(),
            threads,
            cancel: watch::channel(false).0,
            place: LocalPlace::new(Some(codex()), false),
        }
    }

    pub(crate) async fn go(&self) -> AgentEnd {
        self.place.run(&self.run, &self.heard, self.cancel.subscribe()).await.unwrap().into_known().unwrap()
    }

    pub(crate) fn verdict(&self, end: &AgentEnd, changed: bool) -> Verdict {
        decide(&Facts {
            shape: self.run.shape,
            ended: &end.ended,
            totals: &end.totals,
            result: end.result.as_ref(),
            changed,
            refused: None,
        })
    }

    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.run.tree.join(name)).unwrap()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap()
    }

    /// Puts a shell script before the real binary. `$CODEX` is its path.
    fn wrap(&mut self, script: &str, allow_unsandboxed: bool) {
        let wrapper = self.run.tree.with_file_name("codex-wrapper");
        std::fs::write(&wrapper, format!("#!/bin/sh\nCODEX='{}'\n{script}\n", codex())).unwrap();
        std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
        self.place = LocalPlace::new(Some(wrapper.display().to_string()), allow_unsandboxed);
    }

    /// Codex's own sandbox off, nothing in its place: what codexctl itself must get right. Everything else is the real one.
    pub(crate) fn without_sandbox(&mut self) {
        self.wrap("case $1 in sandbox|--version) exit 1;; esac; exec \"$CODEX\" \"$@\"", true);
    }

    /// The same, and the user has not allowed it.
    pub(crate) fn without_sandbox_or_leave(&mut self) {
        self.wrap("case $1 in sandbox|--version) exit 1;; esac; exec \"$CODEX\" \"$@\"", false);
    }

    /// A sandbox that starts and keeps nothing out, and no leave to go on without one.
    pub(crate) fn with_a_sandbox_that_hides_nothing(&mut self) {
        self.wrap("case $1 in sandbox) shift 2; exec \"$@\";; --version) exit 1;; esac; exec \"$CODEX\" \"$@\"", false);
    }

    /// Codex's own sandbox off, everything else as it is; the folders as open as a runner's.
    pub(crate) fn with_another_user_only(&mut self) {
        let root = self.run.tree.ancestors().nth(2).unwrap();
        std::fs::set_permissions(root, std::fs::Permissions::from_mode(0o755)).unwrap();
        // Set-up may have put Codex below a home that nobody else may enter: here it stands where the other user can.
        let codex = root.join("codex-for-all");
        std::fs::hard_link(program(), &codex).or_else(|_| std::fs::copy(program(), &codex).map(drop)).unwrap();
        self.wrap(&format!("[ \"$1\" = sandbox ] && exit 1; exec '{}' \"$@\"", codex.display()), false);
    }

    /// The sandbox works when it is probed and not when it is needed.
    pub(crate) fn with_a_sandbox_that_breaks(&mut self) {
        let inner = "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$0\" \"$@\"";
        self.wrap(
            &format!(
                "[ \"$1\" = sandbox ] && exec \"$CODEX\" \"$@\"; exec unshare -Ur sh -c '{inner}' \"$CODEX\" \"$@\""
            ),
            false,
        );
    }

    /// In place of Codex something that prints so many bytes without a line's end.
    pub(crate) fn with_a_flood(&mut self, bytes: u64) {
        self.wrap(&format!("[ \"$1\" = exec ] && exec head -c {bytes} /dev/zero; exec \"$CODEX\" \"$@\""), true);
    }

    pub(crate) fn use_command(&mut self, command: &str) {
        self.place = LocalPlace::new(Some(command.to_owned()), false);
    }

    /// Where Codex keeps a thread.
    pub(crate) fn session_file(&self, thread: &str) -> PathBuf {
        let mut open = vec![self.run.home.join("sessions")];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    open.push(entry.path());
                } else if entry.file_name().to_string_lossy().contains(thread) {
                    return entry.path();
                }
            }
        }
        panic!("Codex kept no file of thread {thread}");
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.run.folder.join("agent.jsonl")
    }
}

pub(crate) fn run(command: &str) -> Turn {
    Turn { run: vec![command.to_owned()], yield_ms: Some(30_000), ..Turn::default() }
}

pub(crate) fn result(status: &str, summary: &str) -> Turn {
    let result = json!({
        "status": status, "summary": summary, "title": "Raise the price", "body": null, "verification": null, "questions": [],
    });
    Turn { result: Some(result), ..Turn::default() }
}

pub(crate) fn say(text: &str) -> Turn {
    Turn { say: Some(text.to_owned()), ..Turn::default() }
}

/// All texts of a request that stand in its input.
pub(crate) fn input_of(body: &Value) -> String {
    body["input"].to_string()
}

/// Processes whose command line has this word.
pub(crate) fn processes_with(word: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if std::fs::read(Path::new("/proc").join(entry.file_name()).join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(word))
        {
            found.push(pid);
        }
    }
    found
}

/// Seconds for `sleep` that no other process sleeps: another copy of these tests may run at the same time.
pub(crate) fn unlike_any_other(number: u32) -> String {
    format!("7{:07}{number}", std::process::id())
}
