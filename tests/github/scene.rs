//! The scene of every story: a shop with an issue, people with and without rights, a workflow's token, and ears for what is said.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use codexctl_action::clock::FixedClock;
use codexctl_action::event::Repository;
use codexctl_action::github::live::{Connection, Live, Proxies, Wait};
use codexctl_action::github::markers::{State, marker};
use codexctl_action::github::{OwnComment, Thread, WantedPull};
use codexctl_action::secrets::Secret;
use codexctl_action::ui::{Note, StepEnd, Ui};

use crate::stand::{Git, Stand};

pub(crate) const REPO: &str = "codex-k8s/shop";
pub(crate) const TOKEN: &str = "ghs_canary0000000000000000000000000000";

/// Hears every note, and every wait, which takes no time here.
#[derive(Default)]
pub(crate) struct Ears {
    heard: Mutex<Vec<String>>,
    masked: Mutex<Vec<String>>,
    /// Somebody asks the run to stop while it waits.
    stops: AtomicBool,
    stopped: AtomicBool,
}

impl Ears {
    /// What was to be hidden.
    pub(crate) fn masked(&self) -> Vec<String> {
        self.masked.lock().unwrap().clone()
    }

    /// The next wait is cut short.
    pub(crate) fn stop_at_the_next_wait(&self) {
        self.stops.store(true, Ordering::SeqCst);
    }

    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }
}

impl Ui for Ears {
    fn step_started(&self, _: &str) {}
    fn step_ended(&self, _: &str, _: StepEnd, _: &str, _: Duration) {}
    fn progress(&self, _: &str) {}
    fn agent_started(&self) {}
    fn agent_line(&self, _: &str) {}
    fn agent_ended(&self) {}
    fn note(&self, note: &Note) {
        self.heard.lock().unwrap().push(format!("{:?}: {}", note.level, note.text));
    }
    fn mask(&self, value: &Secret) {
        self.masked.lock().unwrap().push(value.expose().clone());
    }
}

#[async_trait]
impl Wait for Ears {
    async fn wait(&self, time: Duration) {
        if self.stops.swap(false, Ordering::SeqCst) {
            self.stopped.store(true, Ordering::SeqCst);
            return;
        }
        self.heard.lock().unwrap().push(format!("(waits {} s)", time.as_secs()));
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

pub(crate) struct Scene {
    pub(crate) stand: Stand,
    pub(crate) ears: Arc<Ears>,
    /// Holds the git repository; gone with the scene.
    _folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::on(Stand::start())
    }

    pub(crate) fn on(stand: Stand) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(&folder.path().join("shop.git"));
        git.commit("codex/issue-7", "feat: checkout keeps the cart");
        let mut state = stand.state();
        state.add_repo(REPO, git);
        state.add_user("ada", "User", "admin");
        state.add_user("grace", "User", "write");
        state.add_user("mallory", "User", "none");
        state.add_user("dependabot[bot]", "Bot", "none");
        let rights = [("issues", "write"), ("pull_requests", "write"), ("contents", "write")];
        state.add_workflow_token(TOKEN, &rights);
        state.add_issue(REPO, 7, "Checkout loses the cart", "ada", &["bug", "[ai-dev]"]);
        drop(state);
        Self { stand, ears: Arc::default(), _folder: folder }
    }

    pub(crate) fn connection(&self, token: &str) -> Connection {
        Connection {
            api_url: self.stand.url(),
            graphql_url: None,
            token: Secret::new(token.to_owned()),
            proxies: Proxies::default(),
        }
    }

    pub(crate) fn github(&self) -> Live {
        self.github_as(TOKEN)
    }

    pub(crate) fn github_as(&self, token: &str) -> Live {
        self.connect(&self.connection(token)).unwrap()
    }

    pub(crate) fn connect(&self, connection: &Connection) -> Result<Live, codexctl_action::github::Error> {
        // 2026-01-01T00:00:00Z, where the stand-in's clock starts too.
        let clock = FixedClock(chrono::DateTime::from_timestamp(1_767_225_600, 0).unwrap());
        Live::new(connection, &repository(), self.ears.clone(), Arc::new(clock), self.ears.clone())
    }
}

pub(crate) fn repository() -> Repository {
    Repository { owner: "codex-k8s".into(), name: "shop".into(), default_branch: None, url: None }
}

pub(crate) fn progress(phase: &str, text: &str) -> OwnComment {
    own("progress", Thread::Issue(7), phase, text)
}

pub(crate) fn own(kind: &str, thread: Thread, phase: &str, text: &str) -> OwnComment {
    let state = State { phase: Some(phase.into()), ..State::default() };
    let marker = marker(kind, REPO, "shop", 7, &state);
    let body = format!("{marker}\n{text}");
    OwnComment { thread, kind: kind.into(), marker, body }
}

pub(crate) fn wanted_pull() -> WantedPull {
    WantedPull {
        head: "codex/issue-7".into(),
        base: "main".into(),
        title: "Keep the cart at checkout".into(),
        body: "The cart survives.\n\nCloses #7".into(),
        draft: true,
        redraft: false,
        labels: vec!["codex".into()],
        reviewers: vec!["grace".into()],
    }
}
