//! The scene of a story: the example shop checked out on a runner, a remote that asks for the token, a scripted model, GitHub's stand-in.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::git_http::GitHttp;
use crate::model::{Model, Script, Turn};
use crate::runner::{Runner, Running, Step};
use crate::script::{WAITS, script};
use crate::stand::{Git, Stand};
use crate::yard::{Yard, yard};

pub(crate) const REPO: &str = "codex-k8s/shop";
/// Secrets that only codexctl is given.
pub(crate) const TOKEN: &str = "ghp_canary00000000000000000000000000000";
pub(crate) const KEY: &str = "sk-canary-0123456789abcdef0123456789";

/// A shop on a runner, with all that its step needs; gone with the story.
pub(crate) struct Scene {
    pub(crate) runner: Runner,
    pub(crate) model: Model,
    pub(crate) stand: Option<Stand>,
    server: GitHttp,
    root: PathBuf,
    _yard: Arc<Yard>,
    _runtime: Runtime,
}

/// A git of the story's own, plain and without the machine's configuration.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
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

/// A copy of a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").args(["-a", "-T"]).arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

impl Scene {
    /// The label that asks for work was just set on issue 7.
    pub(crate) fn new(turns: Vec<Turn>) -> Self {
        let event = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop/events/dev.json");
        Self::of("issues", &serde_json::from_slice(&std::fs::read(event).unwrap()).unwrap(), turns)
    }

    /// Some event.
    pub(crate) fn of(event_name: &str, event: &Value, turns: Vec<Turn>) -> Self {
        let yard = yard();
        let root = yard.plot();
        yard.copy("shop", &root.join("workspace"));
        yard.copy("origin.git", &root.join("origin.git"));
        let remotes = root.join("remotes");
        std::fs::create_dir_all(remotes.join("codex-k8s")).unwrap();
        symlink(root.join("origin.git"), remotes.join(format!("{REPO}.git"))).unwrap();

        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(GitHttp::start(&remotes, TOKEN));
        let script = Script { key: Some(KEY.to_owned()), ..script(turns) };
        let model = runtime.block_on(Model::start(script)).unwrap();
        let origin = format!("{}/{REPO}.git", server.address);
        git(&root.join("workspace"), &["remote", "add", "origin", &origin]);

        let stand = Stand::start();
        stand.set(|state| {
            state.add_repo(REPO, Git::at(&root.join("origin.git")));
            state.add_user("octocat", "User", "write");
            state.add_user("codex-bot", "User", "write");
            state.add_user("Codertocat", "User", "none");
            state.add_classic_token(TOKEN, "codex-bot", &["repo"]);
            if let Some(title) = event["issue"]["title"].as_str() {
                let labels = event["issue"]["labels"].as_array().into_iter().flatten();
                let labels: Vec<&str> = labels.filter_map(|label| label["name"].as_str()).collect();
                let author = event["issue"]["user"]["login"].as_str().unwrap();
                state.add_issue(REPO, event["issue"]["number"].as_u64().unwrap(), title, author, &labels);
            }
        });
        let runner = Runner::new(&root, REPO, event_name, &serde_json::to_vec_pretty(event).unwrap());
        Self { runner, model, stand: Some(stand), server, root, _yard: yard, _runtime: runtime }
    }

    /// The step of a workflow that takes its keys from secrets.
    pub(crate) fn step(&self) -> Step {
        Step::default()
            .with("github-token", TOKEN)
            .with("openai-api-key", KEY)
            .env("CODEXCTL_MODEL", "mock-model")
            .env("OPENAI_BASE_URL", &self.model.base_url())
            .env("SHOP_MCP", "off")
            .env("GITHUB_API_URL", &self.stand.as_ref().unwrap().url())
            .env("GITHUB_GRAPHQL_URL", &format!("{}/graphql", self.stand.as_ref().unwrap().url()))
            .env("GITHUB_SERVER_URL", &self.server.address)
    }

    /// A file or folder of the scene.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The state folder of the shop, as this machine sees it.
    pub(crate) fn state(&self) -> PathBuf {
        self.runner.temp("_github_home/.local/state/codexctl").join(REPO)
    }

    /// The agent's tree, as this machine sees it.
    pub(crate) fn tree(&self) -> PathBuf {
        self.state().join("work/ai-1/tree")
    }

    /// Returns once the agent has begun its waiting command.
    pub(crate) fn until_the_agent_waits(&self, running: &mut Running) {
        let until = Instant::now() + Duration::from_secs(180);
        while !self.tree().join(WAITS).exists() {
            assert!(!running.has_ended() && Instant::now() < until, "the agent never came to its command");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the agent's commands gave, as the model was told, without Codex's own words about it.
    pub(crate) fn agent_saw(&self) -> String {
        let seen = self.model.seen();
        let items = seen.last().and_then(|seen| seen.body["input"].as_array()).unwrap();
        let outputs = items.iter().filter(|item| item["type"] == "function_call_output");
        let outputs = outputs.map(|item| item["output"].as_str().unwrap());
        outputs.filter_map(|text| text.split_once("Output:\n")).map(|(_, said)| said).collect()
    }
}
