//! What GitHub's runner does around a step that is a container action: its folders, variables and files of commands, the very call of
//! `docker run`, and afterwards the post step. Source: actions/runner, ContainerActionHandler.cs and DockerCommandManager.cs.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use codexctl_action::settings::inputs::inputs;

use crate::engine::{Engine, engine, image, random};

/// The runner's user on GitHub's own machines.
pub(crate) const RUNNER: u32 = 1001;

/// Docker's own profile blocks new user namespaces, and with them Codex's sandbox; podman's doesn't everywhere. Source: moby,
/// profiles/seccomp/default.json, for a container without CAP_SYS_ADMIN.
const LIKE_DOCKER: &str = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["unshare", "setns", "mount", "umount2", "pivot_root"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
    {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
    {"names": ["clone"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
     "args": [{"index": 0, "value": 268435456, "valueTwo": 268435456, "op": "SCMP_CMP_MASKED_EQ"}]}]}"#;

/// A job on a runner: the folders that its steps share.
pub(crate) struct Runner {
    pub(crate) engine: Arc<Engine>,
    folder: PathBuf,
    variables: BTreeMap<String, String>,
    /// What somebody who gets hold of it would reach Docker by.
    _docker: UnixListener,
}

/// A step, as the workflow has it.
#[derive(Clone, Default)]
pub(crate) struct Step {
    with: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    state: Vec<(String, String)>,
}

/// A step on its way.
pub(crate) struct Running {
    engine: Arc<Engine>,
    name: String,
    child: Option<Child>,
    files: Files,
}

/// The files that a step hands things back by.
#[derive(Clone)]
struct Files {
    output: PathBuf,
    state: PathBuf,
    summary: PathBuf,
    /// Standard output and standard error. In which order lines of both come is Docker's and podman's chance.
    log: [PathBuf; 2],
}

/// How a step ended.
pub(crate) struct Ended {
    /// The container's name.
    pub(crate) name: String,
    pub(crate) exit: i32,
    /// All that it said: standard error, then standard output.
    pub(crate) log: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) state: Vec<(String, String)>,
    pub(crate) summary: String,
}

impl Step {
    /// `with: {name: value}`.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.with.insert(name.to_owned(), value.to_owned());
        self
    }

    /// `env: {NAME: value}`.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }
}

impl Runner {
    /// In `folder/workspace` lies what was checked out.
    pub(crate) fn new(folder: &Path, repository: &str, event_name: &str, event: &[u8]) -> Self {
        let temp = folder.join("_temp");
        for name in ["_github_home", "_github_workflow", "_runner_file_commands"] {
            std::fs::create_dir_all(temp.join(name)).unwrap();
        }
        std::fs::write(temp.join("_github_workflow/event.json"), event).unwrap();
        std::fs::write(folder.join("seccomp.json"), LIKE_DOCKER).unwrap();
        let socket = folder.join("docker.sock");
        let docker = UnixListener::bind(&socket).unwrap();
        std::fs::set_permissions(&socket, Permissions::from_mode(0o660)).unwrap();
        give(&temp, RUNNER);
        give(&folder.join("workspace"), RUNNER);
        let variables = [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_ACTION", "codexctl"),
            ("GITHUB_ACTOR", "octocat"),
            ("GITHUB_EVENT_NAME", event_name),
            ("GITHUB_EVENT_PATH", "/github/workflow/event.json"),
            ("GITHUB_JOB", "ai"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_REPOSITORY", repository),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_RUN_ID", "4242"),
            ("GITHUB_WORKFLOW", "AI"),
            ("GITHUB_WORKSPACE", "/github/workspace"),
            ("HOME", "/github/home"),
            ("RUNNER_ARCH", "X64"),
            ("RUNNER_ENVIRONMENT", "github-hosted"),
            ("RUNNER_NAME", "a-runner"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_TEMP", "/github/runner_temp"),
            ("RUNNER_WORKSPACE", "/github"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { engine: engine(), folder: folder.to_owned(), variables, _docker: docker }
    }

    /// A file or folder below the runner's temporary one.
    pub(crate) fn temp(&self, name: &str) -> PathBuf {
        self.folder.join("_temp").join(name)
    }

    /// The step to its end.
    pub(crate) fn run(&self, step: &Step) -> Ended {
        self.start(step).end()
    }

    /// The step on its way.
    pub(crate) fn start(&self, step: &Step) -> Running {
        self.start_entrypoint("/usr/local/bin/codexctl-action", step)
    }

    /// The step's post step to its end, with what its main step saved.
    pub(crate) fn run_post(&self, step: &Step, main: &Ended) -> Ended {
        let step = Step { state: main.state.clone(), ..step.clone() };
        self.start_entrypoint("/usr/local/bin/codexctl-post", &step).end()
    }

    fn start_entrypoint(&self, entrypoint: &str, step: &Step) -> Running {
        let id = random(16);
        let mut variables = self.variables.clone();
        let commands = ["output", "state", "summary", "env", "path"];
        let [output, state, summary, ..] = commands.map(|command| {
            let name = match command {
                "output" => format!("set_output_{id}"),
                "state" => format!("save_state_{id}"),
                "summary" => format!("step_summary_{id}"),
                "env" => format!("set_env_{id}"),
                _ => format!("add_path_{id}"),
            };
            let path = self.temp("_runner_file_commands").join(&name);
            File::create(&path).unwrap();
            chown(&path, Some(RUNNER), Some(RUNNER)).unwrap();
            let variable = if command == "summary" {
                "GITHUB_STEP_SUMMARY".to_owned()
            } else {
                format!("GITHUB_{}", command.to_uppercase())
            };
            variables.insert(variable, format!("/github/file_commands/{name}"));
            path
        });
        let files = Files {
            output,
            state,
            summary,
            log: ["out", "err"].map(|end| self.folder.join(format!("log-{id}.{end}"))),
        };
        for input in inputs() {
            let value = step.with.get(input.name).cloned().unwrap_or_default();
            variables.insert(format!("INPUT_{}", input.name.to_uppercase()), value);
        }
        for name in step.with.keys() {
            assert!(
                variables.contains_key(&format!("INPUT_{}", name.to_uppercase())),
                "the action has no input {name}"
            );
        }
        variables.extend(step.env.clone());
        variables.extend(step.state.iter().map(|(name, value)| (format!("STATE_{name}"), value.clone())));

        let name = format!("localhostcodexctltest_{id}");
        let mut podman = self.engine.podman();
        podman.args(["run", "--name", &name, "--label", "a4b2c0", "--workdir", "/github/workspace", "--rm"]);
        for name in variables.keys() {
            podman.args(["-e", name]);
        }
        podman.args(["-e", "GITHUB_ACTIONS=true", "--entrypoint", entrypoint]);
        podman.args(["--security-opt", &format!("seccomp={}", self.folder.join("seccomp.json").display())]);
        for (from, to) in [
            ("docker.sock", "/var/run/docker.sock"),
            ("_temp", "/github/runner_temp"),
            ("_temp/_github_home", "/github/home"),
            ("_temp/_github_workflow", "/github/workflow"),
            ("_temp/_runner_file_commands", "/github/file_commands"),
            ("workspace", "/github/workspace"),
        ] {
            podman.args(["-v", &format!("{}:{to}", self.folder.join(from).display())]);
        }
        podman.arg(image("agent")).env_clear().envs(self.engine.variables()).envs(&variables);
        podman.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let [stdout, stderr] = files.log.each_ref().map(|path| File::create(path).unwrap());
        podman.stdout(stdout).stderr(stderr);
        Running { engine: Arc::clone(&self.engine), name, child: Some(podman.spawn().unwrap()), files }
    }

    /// Every file of the job that doesn't belong to the runner's user: it could not clean up after itself.
    pub(crate) fn not_the_runners(&self) -> Vec<String> {
        let mut others = Vec::new();
        for folder in ["_temp", "workspace"] {
            let mut find = Command::new("find");
            find.arg(self.folder.join(folder)).args(["!", "-uid", &RUNNER.to_string(), "-printf", "%P %U\n"]);
            let found = find.output().unwrap();
            others.extend(String::from_utf8_lossy(&found.stdout).lines().map(str::to_owned));
        }
        others
    }
}

impl Running {
    /// `podman stop`, as `docker stop`: SIGTERM, and SIGKILL where that does not help. Docker waits for ten seconds; here a machine that
    /// has much else to do makes no difference.
    pub(crate) fn stop(&self) {
        self.engine.ask(&["stop", "--time=120", &self.name]);
    }

    /// What the runner does first where somebody cancels the job: SIGINT to its `docker run`, which hands it on. That it sends
    /// SIGTERM 7.5 s later, and soon an end, is left out: on a busy machine the load would decide how the story goes.
    /// Source: actions/runner, ProcessInvoker.cs.
    pub(crate) fn cancel(&mut self) {
        let child = self.child.as_mut().unwrap();
        rustix::process::kill_process(Pid::from_child(child), Signal::INT).unwrap();
        let until = Instant::now() + Duration::from_secs(120);
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the step goes on after it was cancelled");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The end of a container whose machine breaks down.
    pub(crate) fn kill(&self) {
        self.engine.ask(&["kill", "--signal=KILL", &self.name]);
    }

    /// All that it said so far: standard error, then standard output.
    pub(crate) fn log(&self) -> String {
        let [stdout, stderr] = self.files.log.each_ref().map(|path| std::fs::read(path).unwrap());
        String::from_utf8_lossy(&[stderr, stdout].concat()).into_owned()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some())
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let status = self.child.take().unwrap().wait().unwrap();
        let text = |path: &Path| std::fs::read_to_string(path).unwrap();
        Ended {
            name: self.name.clone(),
            exit: status.code().unwrap_or(-1),
            log: self.log(),
            outputs: pairs(&text(&self.files.output)).into_iter().collect(),
            state: pairs(&text(&self.files.state)),
            summary: text(&self.files.summary),
        }
    }
}

impl Drop for Running {
    /// A story that stops early says what it saw, and leaves nothing behind.
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        let _ = self.engine.podman().args(["rm", "--force", "--time=0", &self.name]).stdout(Stdio::null()).output();
        let _ = child.kill().and_then(|()| child.wait());
        if std::thread::panicking() {
            eprintln!("the container said:\n{}", self.log());
        }
    }
}

/// Name and value as a file of commands has them, as `name=value` or between delimiters.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<").filter(|(name, _)| !name.contains('=')) {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            pairs.push((name.to_owned(), value.join("\n")));
        } else if let Some((name, value)) = line.split_once('=') {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    }
    pairs
}

/// A folder with all that is in it becomes somebody's.
pub(crate) fn give(folder: &Path, to: u32) {
    let changed = Command::new("chown").args(["-hR", &format!("{to}:{to}")]).arg(folder).status().unwrap();
    assert!(changed.success());
}
