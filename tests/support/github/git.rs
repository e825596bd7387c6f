//! A real bare git repository: whether a branch is there and what it adds is asked of git itself.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A bare repository.
#[derive(Debug, Clone)]
pub(crate) struct Git(PathBuf);

impl Git {
    /// A repository that is there already, such as the one that a test pushes to.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// A new one with one commit on `main`.
    pub(crate) fn new(path: &Path) -> Self {
        let git = Self(path.to_owned());
        std::fs::create_dir_all(path).unwrap();
        git.run(&["init", "--quiet", "--bare", "--initial-branch=main"]).unwrap();
        git.commit("main", "first");
        git
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Puts an empty commit on a branch; a new branch starts at `main`.
    pub(crate) fn commit(&self, branch: &str, message: &str) -> String {
        let tree = self.run(&["hash-object", "-t", "tree", "-w", "/dev/null"]).unwrap();
        let parent = self.sha(branch).or_else(|| self.sha("main"));
        let mut args = vec!["commit-tree", tree.as_str(), "-m", message];
        args.extend(parent.iter().flat_map(|parent| ["-p", parent.as_str()]));
        let commit = self.run(&args).unwrap();
        self.run(&["update-ref", &format!("refs/heads/{branch}"), &commit]).unwrap();
        commit
    }

    pub(crate) fn branch(&self, name: &str, at: &str) {
        let commit = self.sha(at).unwrap();
        self.run(&["update-ref", &format!("refs/heads/{name}"), &commit]).unwrap();
    }

    /// The commit of a branch, if it is there.
    pub(crate) fn sha(&self, branch: &str) -> Option<String> {
        self.run(&["rev-parse", "--quiet", "--verify", "--end-of-options", &format!("refs/heads/{branch}^{{commit}}")])
    }

    /// All branches with their commits.
    pub(crate) fn branches(&self) -> Vec<(String, String)> {
        let all =
            self.run(&["for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads"]).unwrap_or_default();
        all.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, sha)| (name.to_owned(), sha.to_owned()))
            .collect()
    }

    /// Takes a branch away; whether it was there.
    pub(crate) fn delete(&self, branch: &str) -> bool {
        self.sha(branch).is_some() && self.run(&["update-ref", "-d", &format!("refs/heads/{branch}")]).is_some()
    }

    /// Whether the head has commits that the base doesn't have.
    pub(crate) fn ahead(&self, base: &str, head: &str) -> bool {
        let range = format!("refs/heads/{base}..refs/heads/{head}");
        self.run(&["rev-list", "--count", &range]).is_some_and(|count| count != "0")
    }

    fn run(&self, args: &[&str]) -> Option<String> {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(&self.0).args(args).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "test").env(format!("GIT_{who}_EMAIL"), "test@example.invalid");
            command.env(format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z");
        }
        let output = command.output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }
}
