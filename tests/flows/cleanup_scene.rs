//! The scene of stories about the end of slots: other events, commands, records that are older.

use std::path::PathBuf;

use serde_json::Value;

use crate::command::{Codexctl, Ran};
use crate::scene::{REPO, Scene, git};

impl Scene {
    /// A command in the shop's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Codexctl {
        let call = Codexctl::new(arguments).folder(&self.path("shop"));
        self.variables().iter().fold(call, |call, (name, value)| call.env(name, value))
    }

    /// `codexctl run` of another event to its end.
    pub(crate) fn run_event(&self, name: &str) -> Ran {
        self.command(&["run", "--event", &format!("events/{name}")]).run()
    }

    /// Changes another event.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let path = self.path("shop/events").join(name);
        let mut event: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut event);
        std::fs::write(path, serde_json::to_vec_pretty(&event).unwrap()).unwrap();
    }

    /// GitHub's event about the closed pull request #8 as it is now.
    pub(crate) fn pull_is_closed(&self, merged: bool) {
        if merged {
            self.somebody_merges(8);
        } else {
            let stand = self.stand.as_ref().unwrap();
            stand.set(|state| state.repos.get_mut(REPO).unwrap().issues.get_mut(&8).unwrap().closed = true);
        }
        self.pull_event(merged);
    }

    /// That event alone.
    pub(crate) fn pull_event(&self, merged: bool) {
        let head = git(&self.path("origin.git"), &["rev-parse", "codex/issue-7"]);
        self.change("cleanup-pr.json", |event| {
            event["pull_request"]["head"]["sha"] = head.into();
            event["pull_request"]["merged"] = merged.into();
            if !merged {
                event["pull_request"]["merged_at"] = Value::Null;
            }
        });
    }

    /// GitHub's issue #7 is closed.
    pub(crate) fn issue_is_closed(&self) {
        let stand = self.stand.as_ref().unwrap();
        stand.set(|state| state.repos.get_mut(REPO).unwrap().issues.get_mut(&7).unwrap().closed = true);
    }

    /// The record of a slot.
    pub(crate) fn record_file(&self, slot: u32) -> PathBuf {
        self.state().join(format!("slots/{slot}.json"))
    }

    /// Changes the record of a slot by hand.
    pub(crate) fn change_record(&self, slot: u32, change: impl FnOnce(&mut Value)) {
        let path = self.record_file(slot);
        let mut record: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut record);
        std::fs::write(path, serde_json::to_vec_pretty(&record).unwrap()).unwrap();
    }

    /// What of slots is on this machine: folders of work and clones.
    pub(crate) fn slot_folders(&self) -> Vec<String> {
        let mut names = Vec::new();
        for room in ["work", "publish"] {
            for entry in std::fs::read_dir(self.state().join(room)).into_iter().flatten() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    names.push(format!("{room}/{}", entry.file_name().to_string_lossy()));
                }
            }
        }
        names.sort();
        names
    }

    /// Whether GitHub's issue #7 is open.
    pub(crate) fn issue_is_open(&self) -> bool {
        !self.stand.as_ref().unwrap().state().repos[REPO].issues[&7].closed
    }

    /// The comments of a thread, the newest last.
    pub(crate) fn comments_on(&self, number: u64) -> String {
        let state = self.stand.as_ref().unwrap().state();
        let all = state.repos[REPO].comments.values().filter(|comment| comment.issue == number);
        let texts: Vec<String> = all.map(|comment| comment.body.trim_end().to_owned()).collect();
        drop(state);
        self.plain(&texts.join("\n---\n"))
    }
}
