//! What goes wrong for a user, and how it is put right again.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::scene::{REPO, Scene, git};
use crate::stand::Fault;

/// What goes wrong until somebody mends it.
pub(super) enum Breaks {
    /// GitHub answers requests like this with a refusal.
    GitHub(&'static str, u16, &'static str),
    /// The same after so many requests that went well.
    Later(usize, &'static str, u16, &'static str),
    /// GitHub refuses to change our own comment of this kind.
    Comment(&'static str),
    /// The remote is not there.
    Remote,
    /// The remote refuses pushes with these words.
    Push(&'static str),
    /// This branch is not on the remote.
    Branch(&'static str),
    /// services.yaml has this text instead of that one.
    Stack(&'static str, &'static str),
    /// This file is committed to the default branch.
    File(&'static str, &'static str),
    /// This file is taken off the default branch.
    Gone(&'static str),
    /// A file stands where codexctl's state has this folder.
    State(&'static str),
    /// The record of slot 1 has this text.
    Record(&'static str),
    /// The record of slot 1 can't be removed, once GitHub has got its first write.
    RecordStays,
    /// The disk is full when git is asked for this.
    Disk(&'static str),
    /// A variable has this value.
    Variable(&'static str, &'static str),
    /// In place of Codex runs a program that says this and fails.
    Agent(&'static str),
    /// The pull request of the event comes from a fork.
    Fork,
    /// The agent does what it shouldn't; the script of the story says what.
    Script,
}

/// What mending needs to know.
pub(super) struct Broken {
    variables: Vec<(String, String)>,
    main: String,
    aside: Option<(PathBuf, PathBuf)>,
    text: Option<(PathBuf, String)>,
    branch: Option<(String, String)>,
}

const MAIN: &str = "refs/heads/main";

impl Breaks {
    /// Breaks it.
    pub(super) fn apply(&self, scene: Scene) -> (Scene, Broken) {
        let origin = scene.path("origin.git");
        let mut broken = Broken {
            variables: scene.variables(),
            main: git(&origin, &["rev-parse", MAIN]),
            aside: None,
            text: None,
            branch: None,
        };
        let stand = scene.stand.as_ref().unwrap();
        let fails = |pattern: &str, status, words| stand.fail_always(pattern, &Fault::Status(status, words));
        match *self {
            Self::GitHub(pattern, status, words) => fails(pattern, status, words),
            Self::Later(times, pattern, status, words) => {
                (0..times).for_each(|_| stand.fail_next(pattern, Fault::Nothing));
                fails(pattern, status, words);
            }
            Self::Comment(kind) => {
                let id = {
                    let state = stand.state();
                    let ours = |body: &str| body.contains(&format!("\"kind\":\"{kind}\""));
                    let found = state.repos[REPO].comments.iter().find(|(_, comment)| ours(&comment.body));
                    *found.expect("a comment of this kind").0
                };
                fails(&format!("PATCH /repos/*/issues/comments/{id}"), 403, "Resource not accessible by integration");
            }
            Self::Remote => broken.aside = Some(put_aside(origin)),
            Self::Push(words) => {
                let hook = origin.join("hooks/pre-receive");
                std::fs::create_dir_all(origin.join("hooks")).unwrap();
                script(&hook, &format!("echo '{words}' >&2; exit 1"));
                broken.text = Some((hook, String::new()));
            }
            Self::Branch(name) => {
                let reference = format!("refs/heads/{name}");
                broken.branch = Some((reference.clone(), git(&origin, &["rev-parse", &reference])));
                git(&origin, &["update-ref", "-d", &reference]);
            }
            Self::Stack(from, to) => scene.change_stack(from, to),
            Self::File(path, text) => scene.somebody_pushes("main", path, text),
            Self::Gone(path) => {
                let clone = scene.path("gone");
                git(&scene.path(""), &["clone", "--quiet", "origin.git", "gone"]);
                git(&clone, &["rm", "--quiet", path]);
                git(&clone, &["commit", "--quiet", "--message=Take it out"]);
                git(&clone, &["push", "--quiet", "origin", "main"]);
                std::fs::remove_dir_all(clone).unwrap();
            }
            Self::State(name) => {
                let folder = scene.state().join(name);
                std::fs::create_dir_all(&folder).unwrap();
                let aside = put_aside(folder);
                std::fs::write(&aside.0, "").unwrap();
                broken.aside = Some(aside);
            }
            Self::Record(text) => {
                let path = scene.record_file(1);
                broken.text = Some((path.clone(), std::fs::read_to_string(&path).unwrap()));
                std::fs::write(path, text).unwrap();
            }
            Self::RecordStays => {
                let path = scene.record_file(1);
                let aside = path.with_extension("aside");
                broken.aside = Some((path.clone(), aside.clone()));
                stand.set(|state| {
                    state.after_write = Some(Box::new(move |_| {
                        if path.is_file() {
                            std::fs::rename(&path, &aside).unwrap();
                            std::fs::create_dir(&path).unwrap();
                        }
                    }));
                });
            }
            Self::Disk(word) => {
                let shim = scene.path("shim");
                std::fs::create_dir_all(&shim).unwrap();
                let path = std::env::var("PATH").unwrap();
                let full = "echo 'fatal: unable to write: No space left on device' >&2; exit 128";
                let text = format!(
                    "for word in \"$@\"; do if [ \"$word\" = {word} ]; then {full}; fi; done; PATH='{path}' exec git \"$@\""
                );
                script(&shim.join("git"), &text);
                let with_shim = format!("{}:{path}", shim.display());
                return (scene.env("PATH", &with_shim), broken);
            }
            Self::Variable(name, value) => return (scene.env(name, value), broken),
            Self::Agent(words) => {
                let agent = scene.path("agent-that-fails");
                script(&agent, &format!("echo '{words}' >&2; exit 1"));
                return (scene.env("CODEXCTL_AGENT_COMMAND", &agent.display().to_string()), broken);
            }
            Self::Fork => {
                let path = scene.path("shop/events/cleanup-pr.json");
                broken.text = Some((path.clone(), std::fs::read_to_string(path).unwrap()));
                scene.change("cleanup-pr.json", |event| {
                    event["pull_request"]["head"]["repo"]["full_name"] = "somebody/shop".into();
                });
            }
            Self::Script => {}
        }
        (scene, broken)
    }
}

impl Broken {
    /// Puts everything right again.
    pub(super) fn mend(self, scene: Scene) -> Scene {
        let stand = scene.stand.as_ref().unwrap();
        stand.heal();
        stand.set(|state| state.after_write = None);
        if let Some((place, aside)) = &self.aside {
            match std::fs::symlink_metadata(place) {
                Ok(found) if found.is_dir() => std::fs::remove_dir(place).unwrap(),
                Ok(_) => std::fs::remove_file(place).unwrap(),
                Err(_) => {}
            }
            std::fs::rename(aside, place).unwrap();
        }
        match &self.text {
            Some((path, text)) if text.is_empty() => std::fs::remove_file(path).unwrap(),
            Some((path, text)) => std::fs::write(path, text).unwrap(),
            None => {}
        }
        let origin = scene.path("origin.git");
        git(&origin, &["update-ref", MAIN, &self.main]);
        if let Some((name, commit)) = &self.branch {
            git(&origin, &["update-ref", name, commit]);
        }
        // The machine's own path where the story had none.
        let path = std::env::var("PATH").unwrap();
        let scene = scene.env("PATH", &path);
        self.variables.iter().fold(scene, |scene, (name, value)| scene.env(name, value))
    }
}

fn put_aside(place: PathBuf) -> (PathBuf, PathBuf) {
    let aside = place.with_extension("aside");
    std::fs::rename(&place, &aside).unwrap();
    (place, aside)
}

fn script(path: &std::path::Path, text: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
