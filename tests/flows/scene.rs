//! The scene of a story: the example shop as a clone with a bare `origin`, a scripted model, and GitHub's stand-in where there is a token.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;

use crate::codex::{codex, native_codex};
use crate::command::{Codexctl, Ran, Running};
use crate::model::{Model, Script, Turn};
use crate::script::{GO, WAITS, script};
use crate::shims::which;
use crate::stand::{Git, Stand};
use crate::yard::{Yard, yard};

pub(crate) const REPO: &str = "codex-k8s/shop";
/// A secret that only the environment of codexctl holds.
pub(crate) const TOKEN: &str = "ghp_canary00000000000000000000000000000";
pub(crate) const KEY: &str = "sk-canary-0123456789abcdef0123456789";

/// A shop, a remote, a model, perhaps a GitHub; gone with the story.
pub(crate) struct Scene {
    root: PathBuf,
    _yard: Arc<Yard>,
    /// The file of the event that starts the story, without its ending.
    event: &'static str,
    sandboxed: bool,
    pub(crate) model: Model,
    pub(crate) stand: Option<Stand>,
    variables: Vec<(String, String)>,
    _serving: Serving,
}

/// A git of the story's own, plain and without the machine's configuration.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    // By its path it starts without a copy of this process.
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| which("git").unwrap());
    let output = Command::new(PROGRAM.as_path())
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
        .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com")])
        .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
        .envs([("GIT_AUTHOR_DATE", "2026-03-01T12:00:00Z"), ("GIT_COMMITTER_DATE", "2026-03-01T12:00:00Z")])
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap(), to.join(entry.as_ref().unwrap().file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The thread that a model is served by; it ends when this is dropped.
struct Serving(Option<oneshot::Sender<()>>, Option<JoinHandle<()>>);

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.take());
        drop(self.1.take().map(JoinHandle::join));
    }
}

fn serve(script: Script) -> (Model, Serving) {
    let (ready, model) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            ready.send(Model::start(script).await.unwrap()).unwrap();
            // Only ever dropped, which says the same.
            let _ = stopped.await;
        });
    });
    (model.recv().unwrap(), Serving(Some(stop), Some(thread)))
}

impl Scene {
    /// Without a token: what GitHub would get goes to the outbox.
    pub(crate) fn new(turns: Vec<Turn>) -> Self {
        Self::with_script(script(turns))
    }

    pub(crate) fn with_script(script: Script) -> Self {
        let yard = yard();
        let root = yard.plot();
        for part in ["shop", "origin.git"] {
            yard.copy(part, &root.join(part));
        }
        git(&root.join("shop"), &["remote", "add", "origin", &root.join("origin.git").display().to_string()]);
        let (model, serving) = serve(Script { key: Some(KEY.to_owned()), ..script });
        let base_url = model.base_url();
        let scene = Self {
            root,
            _yard: yard,
            event: "dev",
            sandboxed: false,
            model,
            stand: None,
            variables: Vec::new(),
            _serving: serving,
        };
        scene
            .env("CODEXCTL_AGENT_COMMAND", &native_codex().display().to_string())
            .env("CODEXCTL_MODEL", "mock-model")
            .env("OPENAI_BASE_URL", &base_url)
            .env("OPENAI_API_KEY", KEY)
            .env("SHOP_MCP", "off")
    }

    /// Another model than at first: its turns need to know the scene.
    pub(crate) fn playing(mut self, turns: Vec<Turn>) -> Self {
        let (model, serving) = serve(Script { key: Some(KEY.to_owned()), ..script(turns) });
        let base_url = model.base_url();
        (self.model, self._serving) = (model, serving);
        self.env("OPENAI_BASE_URL", &base_url)
    }

    /// Another event of the shop than `dev` starts the story.
    pub(crate) fn asked_by(mut self, event: &'static str) -> Self {
        self.event = event;
        self
    }

    /// With GitHub: `octocat`, who sets labels, may write; the token is that of the user `codex-bot`.
    pub(crate) fn on_github(mut self) -> Self {
        let stand = Stand::start();
        let event = self.event();
        stand.set(|state| {
            state.add_repo(REPO, Git::at(&self.path("origin.git")));
            state.add_user("octocat", "User", "write");
            state.add_user("codex-bot", "User", "write");
            state.add_user("Codertocat", "User", "none");
            state.add_classic_token(TOKEN, "codex-bot", &["repo"]);
            let title = event["issue"]["title"].as_str().unwrap();
            let labels: Vec<&str> = event["issue"]["labels"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|label| label["name"].as_str())
                .collect();
            let number = event["issue"]["number"].as_u64().unwrap();
            state.add_issue(REPO, number, title, event["issue"]["user"]["login"].as_str().unwrap(), &labels);
        });
        self = self.env("GITHUB_API_URL", &stand.url()).env("GH_TOKEN", TOKEN);
        self.stand = Some(stand);
        self
    }

    /// The next calls get this variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The agent must be kept apart, and is started as people start it. Other stories do without where a machine has no means: what
    /// their agents do is known and harmless.
    pub(crate) fn sandboxed(mut self) -> Self {
        self.sandboxed = true;
        self.env("CODEXCTL_AGENT_COMMAND", &codex())
    }

    /// A file or folder of the scene.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The state folder of the shop.
    pub(crate) fn state(&self) -> PathBuf {
        self.path("state/codexctl").join(REPO)
    }

    fn event_file(&self) -> PathBuf {
        self.path(&format!("shop/events/{}.json", self.event))
    }

    /// The event that starts the story.
    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.event_file()).unwrap()).unwrap()
    }

    /// The same event changed: another delivery.
    pub(crate) fn change_event(&self, change: impl FnOnce(&mut Value)) {
        let mut event = self.event();
        change(&mut event);
        std::fs::write(self.event_file(), serde_json::to_vec_pretty(&event).unwrap()).unwrap();
    }

    /// Changes services.yaml on the default branch, here and on `origin`.
    pub(crate) fn change_stack(&self, from: &str, to: &str) {
        let path = self.path("shop/services.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "services.yaml has no {from:?}");
        std::fs::write(path, text.replace(from, to)).unwrap();
        let shop = self.path("shop");
        git(&shop, &["commit", "--quiet", "--all", "--message=Other settings"]);
        git(&shop, &["push", "--quiet", "origin", "main"]);
    }

    /// Somebody else's commit on a branch of `origin`, which is made from `main` where it isn't there.
    pub(crate) fn somebody_pushes(&self, branch: &str, path: &str, text: &str) {
        let clone = tempfile::tempdir_in(&self.root).unwrap();
        git(clone.path(), &["clone", "--quiet", &self.path("origin.git").display().to_string(), "work"]);
        let work = clone.path().join("work");
        let there = !git(&work, &["branch", "--remotes", "--list", &format!("origin/{branch}")]).is_empty();
        git(&work, &["switch", "--quiet", if there { "--guess" } else { "--create" }, branch]);
        let path = work.join(path);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, before + text).unwrap();
        git(&work, &["add", "--all"]);
        git(&work, &["commit", "--quiet", "--message=Somebody else's work"]);
        git(&work, &["push", "--quiet", "origin", branch]);
    }

    /// GitHub merges the pull request into `main`.
    pub(crate) fn somebody_merges(&self, number: u64) {
        let origin = self.path("origin.git");
        let head = self.stand.as_ref().unwrap().set(|state| {
            let issue = state.repos.get_mut(REPO).unwrap().issues.get_mut(&number).unwrap();
            issue.closed = true;
            let pull = issue.pull.as_mut().unwrap();
            (pull.merged, pull.draft) = (true, false);
            pull.head.clone()
        });
        git(&origin, &["update-ref", "refs/heads/main", &format!("refs/heads/{head}")]);
    }

    /// The label is set once more, later: another delivery.
    pub(crate) fn somebody_labels_again(&self) {
        self.change_event(|event| event["issue"]["updated_at"] = "2026-03-03T09:00:00Z".into());
        if let Some(stand) = &self.stand {
            let add = |labels: &mut Vec<String>| {
                labels.retain(|label| label != "[ai-dev]");
                labels.push("[ai-dev]".to_owned());
            };
            stand.set(|state| add(&mut state.repos.get_mut(REPO).unwrap().issues.get_mut(&7).unwrap().labels));
        }
    }

    /// Every variable that a call gets beside PATH.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let own = [("HOME", self.path("home")), ("XDG_STATE_HOME", self.path("state"))];
        std::fs::create_dir_all(self.path("home")).unwrap();
        let own = own.map(|(name, path)| (name.to_owned(), path.display().to_string()));
        own.into_iter().chain(self.variables.iter().cloned()).collect()
    }

    /// The arguments of a call.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["run".to_owned(), "--event".to_owned(), format!("events/{}.json", self.event)];
        if !self.sandboxed {
            arguments.push("--allow-unsandboxed".to_owned());
        }
        arguments
    }

    fn call(&self, more: &[&str]) -> Codexctl {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.call_of(&arguments)
    }

    /// Any command in the shop, with the story's variables.
    pub(crate) fn call_of(&self, arguments: &[&str]) -> Codexctl {
        let call = Codexctl::new(arguments).folder(&self.path("shop"));
        self.variables().iter().fold(call, |call, (name, value)| call.env(name, value))
    }

    /// `codexctl prompt run` for issue 7 with more arguments.
    pub(crate) fn prompt_run(&self, arguments: &[&str]) -> Codexctl {
        let apart = if self.sandboxed { "--allow-unsandboxed=false" } else { "--allow-unsandboxed" };
        self.call_of(&[&["prompt", "run", "--repo", REPO, apart], arguments].concat())
    }

    /// `codexctl run` to its end.
    pub(crate) fn run(&self) -> Ran {
        self.call(&[]).run()
    }

    /// `codexctl run` on its way.
    pub(crate) fn start(&self) -> Running {
        self.call(&[]).start()
    }

    /// The same with more arguments.
    pub(crate) fn start_with(&self, more: &[&str]) -> Running {
        self.call(more).start()
    }

    /// The agent's tree.
    pub(crate) fn tree(&self) -> PathBuf {
        // A plan has a tree of its own beside that of the work.
        let plan = if self.event.starts_with("plan") { "plan/" } else { "" };
        self.state().join(format!("work/ai-1/{plan}tree"))
    }

    /// `codexctl run` on its way, and its agent in the middle of a command that [`crate::script::wait_for_go`] made.
    pub(crate) fn start_until_the_agent_waits(&self) -> Running {
        let running = self.start();
        self.until_the_agent_waits();
        running
    }

    /// Returns once the agent has begun its waiting command.
    pub(crate) fn until_the_agent_waits(&self) {
        self.until_the_agent_waits_in(&self.tree());
    }

    /// The same for an agent in this tree.
    pub(crate) fn until_the_agent_waits_in(&self, tree: &Path) {
        let until = Instant::now() + Duration::from_secs(180);
        while !tree.join(WAITS).exists() {
            assert!(Instant::now() < until, "the agent never came to its command");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Lets the waiting agent go on.
    pub(crate) fn let_the_agent_go(&self) {
        std::fs::write(self.tree().join(GO), "").unwrap();
    }

    /// How often the model was asked.
    pub(crate) fn asked(&self) -> usize {
        self.model.seen().iter().filter(|seen| seen.path == "/v1/responses").count()
    }
}
