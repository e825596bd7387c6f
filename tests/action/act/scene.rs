//! The scene of a workflow: the shop with a remote that asks for a password, GitHub's stand-in, a scripted model, an engine, and act.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Apart;
use crate::codex::program;
use crate::engine::script;
use crate::git_http::GitHttp;
use crate::model::{Model, Script, Turn};
use crate::parts::cached;
use crate::scene::{KEY, REPO, git};
use crate::stand::{Git, Stand};

/// The workflow's own token.
pub(crate) const TOKEN: &str = "ghs_canary00000000000000000000000000000";

/// The token of a user, as people put it into the secret `CODEXCTL_GH_PAT`.
const PAT: &str = "ghp_canary00000000000000000000000000000";

/// Where act finds its Docker: `/run` is the story's own.
const SOCKET: &str = "/run/podman.sock";

/// Where Codex is on a runner of one's own.
const EVERYBODYS: &str = "/run/codex";

/// A user's repository and all that its workflow meets.
pub(crate) struct Scene {
    folder: PathBuf,
    pub(crate) stand: Stand,
    pub(crate) model: Model,
    remote: GitHttp,
    event: (&'static str, PathBuf),
    workflow: &'static str,
    runner: Runner,
    /// The secret that holds the token, and the token.
    token: (&'static str, &'static str),
    podman: Child,
    _runtime: tokio::runtime::Runtime,
}

/// Where jobs run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// In containers, as on GitHub's own runners a job is in a machine.
    Container,
    /// On this machine itself, as on a self-hosted runner.
    Machine,
}

/// What a workflow came to.
pub(crate) struct Ended {
    pub(crate) exit: i32,
    /// What act printed: one line each, with the name of the job before it.
    pub(crate) log: String,
}

/// act on its way.
pub(crate) struct Running {
    act: Child,
    lines: BufReader<ChildStdout>,
    log: String,
}

/// Copies a file or a folder of this repository.
fn copy(name: &str, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    crate::scene::copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), to);
}

impl Scene {
    /// The shop with the caller of `workflows-templates/`, the action under its remote name, and the event of this file in
    /// `examples/shop/events`.
    pub(crate) fn new(apart: &Apart, event: &str, turns: Vec<Turn>) -> Self {
        Self::with_token(apart, event, turns, ("GITHUB_TOKEN", TOKEN))
    }

    /// The same with a user's token. act hands a container's post step the variables of its step and none of its inputs.
    pub(crate) fn with_a_user_s_token(apart: &Apart, event: &str, turns: Vec<Turn>) -> Self {
        Self::with_token(apart, event, turns, ("CODEXCTL_GH_PAT", PAT))
    }

    fn with_token(apart: &Apart, event: &str, turns: Vec<Turn>, token: (&'static str, &'static str)) -> Self {
        let folder = apart.folder.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (shop, remotes, ours) = (folder.join("shop"), folder.join("remotes"), folder.join("codexctl-action"));
        copy("examples/shop", &shop);
        copy("workflows-templates/ai.yml", &shop.join(".github/workflows/codexctl.yml"));
        for name in ["action.yml", ".github/workflows/ai.yml", "setup"] {
            copy(name, &ours.join(name));
        }
        // act 0.2.89 doesn't know how to queue, and has nobody to queue behind.
        let called = ours.join(".github/workflows/ai.yml");
        let text = std::fs::read_to_string(&called).unwrap();
        let text: String =
            text.split_inclusive('\n').filter(|line| !line.trim_start().starts_with("queue: ")).collect();
        std::fs::write(&called, text).unwrap();
        // The image is built already, by the Dockerfile itself: what is left to do is to find it.
        std::fs::write(ours.join("Dockerfile"), format!("FROM {}\n", apart.image)).unwrap();
        git(&ours, &["init", "--quiet", "--initial-branch=main"]);
        git(&ours, &["add", "--all"]);
        git(&ours, &["commit", "--quiet", "--message=The action"]);
        git(&shop, &["init", "--quiet", "--initial-branch=main"]);
        git(&shop, &["add", "--all"]);
        git(&shop, &["commit", "--quiet", "--message=The shop as it is"]);
        let origin = remotes.join(format!("{REPO}.git"));
        git(&folder, &["clone", "--quiet", "--bare", "shop", &origin.display().to_string()]);
        git(&origin, &["config", "http.receivepack", "true"]);
        let remote = runtime.block_on(GitHttp::start(&remotes, token.1));
        git(&shop, &["remote", "add", "origin", &format!("{}/{REPO}", remote.address)]);
        let script = Script { turns, repeat: true, key: Some(KEY.to_owned()), ..Script::default() };
        let model = runtime.block_on(Model::start(script)).unwrap();
        let payload = shop.join(format!("events/{event}.json"));
        let stand = Stand::start();
        let told: Value = serde_json::from_slice(&std::fs::read(&payload).unwrap()).unwrap();
        stand.set(|state| {
            state.add_repo(REPO, Git::at(&origin));
            state.add_user("octocat", "User", "write");
            state.add_user("mallory", "User", "none");
            let permissions = [("contents", "write"), ("issues", "write"), ("pull_requests", "write")];
            state.add_workflow_token(TOKEN, &permissions);
            state.add_user("codex-bot", "User", "write");
            state.add_classic_token(PAT, "codex-bot", &["repo"]);
            let issue = &told["issue"];
            if let Some(number) = issue["number"].as_u64() {
                let labels = issue["labels"].as_array().into_iter().flatten();
                let labels: Vec<&str> = labels.filter_map(|label| label["name"].as_str()).collect();
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                state.add_issue(REPO, number, &text(&issue["title"]), &text(&issue["user"]["login"]), &labels);
            }
        });
        let podman = serve(&folder.join("engine"));
        let event = if event.contains("review") { "pull_request_review" } else { "issues" };
        Self {
            folder,
            stand,
            model,
            remote,
            event: (event, payload),
            workflow: "codexctl.yml",
            runner: Runner::Container,
            token,
            podman,
            _runtime: runtime,
        }
    }

    /// The same with a workflow of this repository itself, which says `uses: ./`.
    pub(crate) fn in_our_own_repository(mut self, workflow: &str) -> Self {
        let (ours, shop) = (self.folder.join("codexctl-action"), self.folder.join("shop"));
        for name in ["action.yml", "Dockerfile"] {
            std::fs::copy(ours.join(name), shop.join(name)).unwrap();
        }
        std::fs::write(shop.join(".github/workflows/own.yml"), workflow).unwrap();
        self.workflow = "own.yml";
        self
    }

    /// Jobs run on this machine itself, which gets codexctl from the release that the action belongs to.
    pub(crate) fn on_a_runner_of_one_s_own(mut self) -> Self {
        let caller = self.folder.join("shop/.github/workflows/codexctl.yml");
        let text = std::fs::read_to_string(&caller).unwrap();
        let own = text.replace("    # with:\n    #   runs-on:", "    with:\n      runs-on:");
        assert_ne!(own, text, "the caller shows how");
        std::fs::write(&caller, own).unwrap();
        let name = format!("v1.2.3/codexctl-{}-unknown-linux-musl", std::env::consts::ARCH);
        let binary = self.folder.join("remotes/releases").join(&name);
        std::fs::create_dir_all(binary.parent().unwrap()).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_codexctl"), &binary).unwrap();
        let sum = Command::new("sha256sum").arg(&binary).output().unwrap().stdout;
        let sum = String::from_utf8(sum[..64].to_vec()).unwrap();
        std::fs::write(self.folder.join("codexctl-action/setup/release.sha256"), format!("{sum}  {name}\n")).unwrap();
        // Codexctl is root there, so the agent becomes another user, who can start what lies in everybody's reach.
        std::fs::create_dir(EVERYBODYS).unwrap();
        let codex = program();
        let codex = codex.ancestors().nth(2).unwrap();
        let bound = Command::new("mount").arg("--bind").args([codex, Path::new(EVERYBODYS)]).status().unwrap();
        assert!(bound.success());
        self.runner = Runner::Machine;
        self
    }

    /// Changes the event.
    pub(crate) fn event(self, change: impl FnOnce(&mut Value)) -> Self {
        let mut event: Value = serde_json::from_slice(&std::fs::read(&self.event.1).unwrap()).unwrap();
        change(&mut event);
        std::fs::write(&self.event.1, event.to_string()).unwrap();
        self
    }

    /// How often the model was asked.
    pub(crate) fn asked(&self) -> usize {
        self.model.seen().iter().filter(|seen| seen.path == "/v1/responses").count()
    }

    /// git in the remote repository.
    pub(crate) fn origin(&self, arguments: &[&str]) -> String {
        git(&self.folder.join(format!("remotes/{REPO}.git")), arguments)
    }

    /// All comments on GitHub, each with its author.
    pub(crate) fn comments(&self) -> Vec<(String, String)> {
        self.stand.state().comments_of(REPO)
    }

    /// The names of all containers that are there.
    pub(crate) fn containers(&self) -> String {
        let engine = self.folder.join("engine");
        let output = podman(&engine).args(["ps", "--all", "--format", "{{.Names}}"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The workflow to its end.
    pub(crate) fn run(&self) -> Ended {
        self.start().end()
    }

    /// The workflow on its way.
    pub(crate) fn start(&self) -> Running {
        let shop = self.folder.join("shop");
        // What the agent works with must be in its reach, too.
        let home = match self.runner {
            Runner::Container => self.folder.join("home"),
            Runner::Machine => PathBuf::from("/run/home"),
        };
        std::fs::create_dir_all(&home).unwrap();
        let variables_of_the_project = match self.runner {
            Runner::Container => "SHOP_MCP=off".to_owned(),
            Runner::Machine => format!("SHOP_MCP=off\nCODEXCTL_AGENT_COMMAND={EVERYBODYS}/bin/codex"),
        };
        let mut act = Command::new(cached("bin/act", "containers"));
        act.current_dir(&shop)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("DOCKER_HOST", format!("unix://{SOCKET}"))
            .args([self.event.0, "--eventpath"])
            .arg(&self.event.1)
            .args(["--workflows", &format!(".github/workflows/{}", self.workflow)])
            .args(["--rm", "--pull=false", "--no-cache-server", "--artifact-server-addr", "127.0.0.1"])
            .args(["--defaultbranch", "main"])
            .arg(format!(
                "--local-repository=codex-k8s/codexctl-action@main={}/codexctl-action",
                self.folder.display()
            ));
        match self.runner {
            Runner::Container => act.arg(format!("--platform=ubuntu-24.04={}", script(&["base"]))),
            Runner::Machine => act.arg("--platform=self-hosted=-self-hosted"),
        };
        let variables = [
            ("GITHUB_REPOSITORY", REPO.to_owned()),
            ("GITHUB_API_URL", self.stand.url()),
            ("GITHUB_SERVER_URL", self.remote.address.clone()),
            ("GITHUB_GRAPHQL_URL", format!("{}/graphql", self.stand.url())),
        ];
        for (name, value) in variables {
            act.arg(format!("--env={name}={value}"));
        }
        if self.runner == Runner::Container {
            // On GitHub the home of a step outlives it; here this folder does.
            act.arg("--env=HOME=/run/act/home");
        }
        let project = ("CODEXCTL_ENV_FILE", variables_of_the_project.as_str());
        for (name, value) in [self.token, ("OPENAI_API_KEY", KEY), project] {
            act.arg(format!("--secret={name}={value}"));
        }
        for (name, value) in [("OPENAI_BASE_URL", self.model.base_url()), ("CODEXCTL_MODEL", "mock-model".to_owned())] {
            act.arg(format!("--var={name}={value}"));
        }
        let mut act = act.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = BufReader::new(act.stdout.take().unwrap());
        Running { act, lines, log: String::new() }
    }
}

fn podman(engine: &Path) -> Command {
    let mut podman = Command::new("podman");
    podman
        .stdin(Stdio::null())
        .env("CONTAINERS_CONF", engine.join("containers.conf"))
        .env("CONTAINERS_STORAGE_CONF", engine.join("storage.conf"));
    podman
}

/// Podman as a Docker, behind [`SOCKET`].
fn serve(engine: &Path) -> Child {
    let child = podman(engine)
        // What builds in a container needs.
        .env("BUILDAH_ISOLATION", "chroot")
        .args(["system", "service", "--time=0", &format!("unix://{SOCKET}")])
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(engine.join("podman.log")).unwrap())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(180);
    while UnixStream::connect(SOCKET).is_err() {
        assert!(Instant::now() < until, "podman never listened");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = podman(&self.folder.join("engine")).args(["rm", "--all", "--force", "--time=0"]).output();
        let _ = self.podman.kill().and_then(|()| self.podman.wait());
    }
}

impl Running {
    /// Returns once a line with this was printed.
    pub(crate) fn until(&mut self, text: &str) {
        while self.next().is_some_and(|line| !line.contains(text)) {}
        assert!(self.log.contains(text), "it never said {text}:\n{}", self.log);
    }

    fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line).unwrap();
        self.log.push_str(&line);
        (length > 0).then_some(line)
    }

    /// Somebody cancels the workflow.
    pub(crate) fn cancel(&self) {
        kill_process(Pid::from_child(&self.act), Signal::INT).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        while self.next().is_some() {}
        let ended = self.act.wait().unwrap();
        println!("{}", self.log);
        for secret in [TOKEN, PAT, KEY] {
            assert!(!self.log.contains(secret), "a secret is in the log");
        }
        Ended { exit: ended.code().unwrap_or(-1), log: self.log }
    }
}

impl Ended {
    /// The jobs that were given a runner.
    pub(crate) fn jobs(&self) -> Vec<&str> {
        let mut jobs: Vec<&str> = self
            .log
            .lines()
            .filter_map(|line| line.strip_prefix('[')?.split_once("] ⭐ Run"))
            .map(|(job, _)| job.trim())
            .collect();
        jobs.dedup();
        jobs
    }
}
