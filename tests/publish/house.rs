//! A house for a test: a bare remote with a shop in it, a state folder, and hands that work on them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, TimeZone as _, Utc};
use codexctl_action::git::{Credentials, Git, RemoteUrl};
use codexctl_action::publish::live::LiveSources;
use codexctl_action::publish::{
    AgentTree, Collect, Collected, Commit, Error, Heads, Identity, Limits, PlacedTree, Push, Pushed, Sources as _,
};
use codexctl_action::secrets::{Redactor, Secret};
use tempfile::TempDir;

pub(crate) const BRANCH: &str = "codex/issue-12";
pub(crate) const SLOT: &str = "ai-1";
/// A secret that the run knows.
pub(crate) const CANARY: &str = "run-secret-canary-4711";

pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) redactor: Redactor,
    pub(crate) vars: BTreeMap<String, String>,
}

/// A git of the test's own, plain and without the machine's configuration.
pub(crate) fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com")])
        .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub(crate) fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub(crate) fn bot() -> Identity {
    Identity { name: "codex-bot".into(), email: "codex-bot@codex-k8s.local".into() }
}

pub(crate) fn date() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

impl House {
    /// A remote whose default branch `main` has two commits.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("seed")).unwrap();
        let seed = root.join("seed");
        git(&seed, &["init", "-q", "-b", "main"]);
        write(&seed, "README.md", "# shop\n");
        write(&seed, "services.yaml", "project: shop\n");
        write(&seed, "web/app.js", "one\ntwo\nthree\n");
        write(&seed, "old.txt", "old\n");
        write(&seed, ".gitignore", "node_modules/\n*.log\n!keep.log\n");
        write(&seed, "built.log", "tracked although ignored\n");
        git(&seed, &["add", "-A", "-f"]);
        git(&seed, &["commit", "-q", "-m", "first"]);
        write(&seed, "README.md", "# shop\n\nA shop.\n");
        git(&seed, &["commit", "-q", "-a", "-m", "second"]);
        git(root, &["clone", "-q", "--bare", "seed", "origin.git"]);
        git(&seed, &["remote", "add", "origin", "../origin.git"]);
        let redactor = Redactor::default();
        redactor.add(&Secret::new(CANARY.into()));
        let vars = ["PATH", "HOME"].into_iter().map(|name| (name.to_owned(), std::env::var(name).unwrap())).collect();
        Self { folder, redactor, vars }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn origin(&self) -> PathBuf {
        self.path("origin.git")
    }

    /// The commit of a branch of the remote, empty where there is none.
    pub(crate) fn remote_branch(&self, name: &str) -> String {
        git(&self.origin(), &["for-each-ref", "--format=%(objectname)", &format!("refs/heads/{name}")])
    }

    pub(crate) fn live(&self) -> LiveSources {
        let url = self.origin().display().to_string();
        self.live_at(&url, None)
    }

    pub(crate) fn live_at(&self, url: &str, credentials: Option<Credentials>) -> LiveSources {
        let git = Git::new(&self.vars, &self.path("private"), credentials, &self.redactor);
        let remote = RemoteUrl::parse(url, self.folder.path()).unwrap();
        LiveSources::new(&git, &self.path("state"), &remote)
    }

    pub(crate) async fn fetch(&self, live: &LiveSources) -> Heads {
        live.fetch().await.unwrap().into_known().unwrap()
    }

    pub(crate) fn wanted_tree(&self, start: &str) -> AgentTree {
        AgentTree {
            folder: self.path("work/src"),
            branch: BRANCH.into(),
            start: start.into(),
            base: Some(("main".into(), self.remote_branch("main"))),
            saved: None,
            keep: true,
            identity: bot(),
        }
    }

    /// Fetches and makes the agent's tree on top of the default branch.
    pub(crate) async fn tree(&self, live: &LiveSources) -> PlacedTree {
        std::fs::create_dir_all(self.path("work")).unwrap();
        let heads = self.fetch(live).await;
        let wanted = self.wanted_tree(heads.default_commit().unwrap());
        live.agent_tree(&wanted).await.unwrap().into_known().unwrap()
    }

    pub(crate) fn wanted_collect(&self, tree: &PlacedTree) -> Collect {
        Collect {
            slot: SLOT.into(),
            tree: tree.folder.clone(),
            start: tree.start.clone(),
            skip: vec![".codexctl/**".into(), ".bin/**".into()],
            limits: Limits { files: 100, bytes: 4 << 20 },
        }
    }

    pub(crate) async fn collect(&self, live: &LiveSources, tree: &PlacedTree) -> Result<Collected, Error> {
        Ok(live.collect(&self.wanted_collect(tree)).await?.into_known().unwrap())
    }

    pub(crate) fn wanted_commit(&self) -> Commit {
        Commit {
            slot: SLOT.into(),
            branch: BRANCH.into(),
            message: "feat: sell hats (#12)".into(),
            author: bot(),
            co_author: Some(Identity { name: "Codex".into(), email: "noreply@openai.com".into() }),
            date: date(),
        }
    }

    pub(crate) async fn commit(&self, live: &LiveSources) -> Option<String> {
        live.commit(&self.wanted_commit()).await.unwrap().into_known().unwrap()
    }

    pub(crate) async fn push(&self, live: &LiveSources, commit: &str) -> Result<Pushed, Error> {
        let wanted =
            Push { slot: SLOT.into(), branch: BRANCH.into(), commit: commit.into(), author: bot(), date: date() };
        Ok(live.push(&wanted).await?.into_known().unwrap())
    }

    /// Somebody else's commit on a branch of the remote.
    pub(crate) fn somebody_pushes(&self, branch: &str, path: &str, text: &str) -> String {
        let other = tempfile::tempdir_in(self.folder.path()).unwrap();
        git(other.path(), &["clone", "-q", &self.origin().display().to_string(), "x"]);
        let clone = other.path().join("x");
        let there = !self.remote_branch(branch).is_empty();
        git(
            &clone,
            &["checkout", "-q", "-B", branch, &if there { format!("origin/{branch}") } else { "origin/main".into() }],
        );
        write(&clone, path, text);
        git(&clone, &["add", "-A"]);
        git(&clone, &["commit", "-q", "-m", "somebody else"]);
        git(&clone, &["push", "-q", "origin", branch]);
        self.remote_branch(branch)
    }
}

/// What changed and what was left, a line each.
pub(crate) fn told(collected: &Collected) -> String {
    let files = collected.files.iter().map(|file| format!("{:?} {} {}", file.kind, file.path, file.bytes));
    let notices = collected.notices.iter().map(ToString::to_string);
    files.chain(notices).collect::<Vec<_>>().join("\n")
}
