//! `ci ensure-slot`: one slot for an issue, a pull request or a number, however often and by how many it is asked for.

use std::time::Instant;

use insta::assert_snapshot;

use crate::command::{Codexctl, Ran};
use crate::prompt::OnGitHub;
use crate::scene::Scene;

pub(crate) const REPO: &str = "codex-k8s/shop";

impl Scene {
    /// A command in a workflow of the shop's repository.
    pub(crate) fn in_shop(&self, arguments: &[&str]) -> Codexctl {
        self.call(arguments).env("GITHUB_REPOSITORY", REPO)
    }

    fn ensure(&self, arguments: &[&str]) -> Ran {
        self.in_shop(&[&["ci", "ensure-slot"], arguments].concat()).run()
    }

    /// The slot records by number: issue and pull request of each.
    pub(crate) fn slots(&self) -> Vec<(u64, Option<u64>, Option<u64>)> {
        let folder = self.home().join("state/codexctl").join(REPO).join("slots");
        let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = entries
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .map(|path| {
                let record: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
                (record["slot"].as_u64().unwrap(), record["issue"].as_u64(), record["pr"].as_u64())
            })
            .collect();
        all.sort_unstable();
        all
    }
}

#[test]
fn the_slot_of_an_issue_is_made_once_and_found_again() {
    let scene = Scene::shop();
    let first = scene.ensure(&["--issue", "7"]);
    scene.bind(|| {
        assert_snapshot!(first.shown(), @"
        exit 0
        ── stdout
        slot: 1
        namespace: shop-dev-1
        env: ai
        ── stderr
        slot 1 of ai, new
        ");
        assert_snapshot!(scene.ensure(&["--issue", "7", "-o", "kv"]).shown(), @"
        exit 0
        ── stdout
        slot=1
        namespace=shop-dev-1
        env=ai
        ── stderr
        slot 1 of ai, as it was
        ");
        assert_snapshot!(scene.ensure(&["--issue", "8", "-o", "json"]).shown(), @r#"
        exit 0
        ── stdout
        {
          "slot": 2,
          "namespace": "shop-dev-2",
          "env": "ai"
        }
        ── stderr
        slot 2 of ai, new
        "#);
    });
    assert_eq!(scene.slots(), [(1, Some(7), None), (2, Some(8), None)]);
}

#[test]
fn later_steps_of_a_workflow_read_slot_namespace_and_environment() {
    let scene = Scene::shop();
    let file = scene.work().join("outputs");
    let ran = scene.in_shop(&["ci", "ensure-slot", "--pr", "9"]).env("GITHUB_OUTPUT", &file).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_snapshot!(std::fs::read_to_string(file).unwrap(), @"
    slot=1
    namespace=shop-dev-1
    env=ai
    ");
}

#[test]
fn something_has_to_be_named() {
    let scene = Scene::shop();
    assert_snapshot!(scene.ensure(&[]).refused(), @"error: ci ensure-slot has to know whose slot is meant: give --issue, --pr or --slot");
    assert_snapshot!(scene.ensure(&["--issue", "7", "--env", "aj"]).refused(), @"error: --env: services.yaml has no environment `aj`, it has dev, ai-staging, ai, ai-repair, preview");
    assert_snapshot!(scene.ensure(&["--issue", "7", "--wait-for-slot", "soon"]).refused(), @"error: --wait-for-slot: `soon` is no time: write one like 30m or 1h30m");
    assert_snapshot!(scene.call(&["ci", "ensure-slot", "--issue", "7"]).run().refused(), @"error: nothing names the repository, and there is no remote `origin` here: give --repo owner/name");
    assert!(scene.slots().is_empty());
}

#[test]
fn a_number_is_preferred_while_it_is_free() {
    let scene = Scene::shop();
    assert_eq!(scene.ensure(&["--issue", "7", "--slot", "3"]).exit, 0);
    assert_eq!(scene.ensure(&["--issue", "8", "--slot", "3"]).exit, 0);
    assert_eq!(scene.slots(), [(1, Some(8), None), (3, Some(7), None)]);
    let other = scene.ensure(&["--issue", "7", "--slot", "2"]);
    assert_snapshot!(other.stderr, @"
    note: slot 2 is not the one it has: it is slot 3
    slot 3 of ai, as it was
    ");
    assert_eq!(scene.slots().len(), 2);
    let alone = scene.ensure(&["--slot", "3", "-o", "kv"]);
    assert_eq!(alone.stdout, "slot=3\nnamespace=shop-dev-3\nenv=ai\n");
}

#[test]
fn an_issue_and_its_pull_request_have_one_slot() {
    let scene = Scene::shop();
    assert_eq!(scene.ensure(&["--issue", "7"]).exit, 0);
    assert_eq!(scene.ensure(&["--issue", "7", "--pr", "9"]).exit, 0);
    assert_eq!(scene.ensure(&["--pr", "9"]).exit, 0);
    assert_eq!(scene.slots(), [(1, Some(7), Some(9))]);
    assert_eq!(scene.ensure(&["--issue", "7", "--env", "ai-repair"]).exit, 0);
    assert_eq!(scene.slots().len(), 2, "a repair has a slot of its own");
}

#[test]
fn when_all_are_taken_it_waits_and_then_says_who_has_them() {
    let scene = Scene::shop();
    for issue in ["7", "8"] {
        assert_eq!(scene.ensure(&["--issue", issue, "--max", "2"]).exit, 0);
    }
    let full = scene.ensure(&["--issue", "9", "--max", "2", "--wait-for-slot", "1s"]);
    assert_snapshot!(full.shown(), @"
    exit 4
    ── stderr
      waiting for a slot, 1s more: all 2 slots are taken (1: issue #7, 2: issue #8); free one, or raise maxSlots in services.yaml
    error: all 2 slots are taken (1: issue #7, 2: issue #8); free one, or raise maxSlots in services.yaml (waited 1s, --wait-for-slot)
    ");
    let waiting = scene.in_shop(&["ci", "ensure-slot", "--issue", "9", "--max", "2", "-o", "kv"]).start();
    let freed = scene.in_shop(&["manage-env", "cleanup", "--slot", "2", "--with-configmap"]).run();
    assert_eq!(freed.exit, 0, "{}", freed.stderr);
    let ran = waiting.end();
    assert_eq!(ran.stdout, "slot=2\nnamespace=shop-dev-2\nenv=ai\n", "{}", ran.stderr);
}

#[test]
fn the_most_slots_are_those_of_the_flag_its_variable_or_the_file() {
    let scene = Scene::shop();
    assert_eq!(scene.ensure(&["--issue", "7"]).exit, 0);
    let full = scene.in_shop(&["ci", "ensure-slot", "--issue", "8", "--wait-for-slot", "1ms"]);
    let ran = full.env("DEV_SLOTS_MAX", "1").run();
    assert_eq!(ran.exit, 4);
    assert_snapshot!(ran.stderr.lines().next().unwrap(), @"warning: variable DEV_SLOTS_MAX is an older name: use CODEXCTL_DEV_SLOTS_MAX");
    for issue in ["8", "9", "10", "11"] {
        assert_eq!(scene.ensure(&["--issue", issue]).exit, 0);
    }
    let over = scene.ensure(&["--issue", "12", "--wait-for-slot", "1ms"]);
    assert!(over.stderr.contains("all 5 slots are taken"), "{}", over.stderr);
    assert_eq!(scene.ensure(&["--issue", "12", "--max", "6"]).exit, 0);
}

#[test]
fn many_at_once_for_one_issue_get_one_slot() {
    let scene = Scene::shop();
    let began = Instant::now();
    let all: Vec<_> =
        (0..6).map(|_| scene.in_shop(&["ci", "ensure-slot", "--issue", "7", "-o", "kv"]).start()).collect();
    let said: Vec<Ran> = all.into_iter().map(crate::command::Running::end).collect();
    for ran in &said {
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
    }
    let slots = scene.slots();
    assert_eq!(slots.len(), 1, "{slots:?} after {:?}", began.elapsed());
    for ran in &said {
        assert!(ran.stdout.starts_with(&format!("slot={}\n", slots[0].0)), "{} instead of {slots:?}", ran.stdout);
    }
}

#[test]
fn many_at_once_for_as_many_issues_get_as_many_slots() {
    let scene = Scene::shop();
    let issues = ["11", "12", "13", "14"];
    let all: Vec<_> = issues
        .iter()
        .map(|issue| scene.in_shop(&["ci", "ensure-slot", "--max", "4", "--issue", issue]).start())
        .collect();
    for ran in all {
        let ran = ran.end();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
    }
    let mut of: Vec<_> = scene.slots().into_iter().map(|(_, issue, _)| issue).collect();
    of.sort_unstable();
    assert_eq!(of, [Some(11), Some(12), Some(13), Some(14)]);
}

#[test]
fn a_number_beyond_the_limit_and_another_issue_s_pull_request_are_refused() {
    let scene = Scene::shop();
    assert_snapshot!(scene.ensure(&["--slot", "999"]).refused(), @"error: --slot: 999 is more than the 5 slots that --max or maxSlots of services.yaml allow");
    assert_eq!(scene.ensure(&["--issue", "7"]).exit, 0);
    assert_eq!(scene.ensure(&["--issue", "7", "--pr", "8"]).exit, 0);
    assert_eq!(scene.ensure(&["--issue", "3"]).exit, 0);
    let other = scene.ensure(&["--issue", "3", "--pr", "8"]);
    assert_eq!(other.exit, 1);
    assert_snapshot!(other.stderr, @"error: pull request #8 is worked on in slot 1 (ai, issue #7): give the issue that it belongs to, or no issue");
    assert_eq!(scene.slots(), [(1, Some(7), Some(8)), (2, Some(3), None)]);
}

#[test]
fn a_slot_is_linked_only_to_what_github_has() {
    let github = OnGitHub::new();
    let on = |arguments: &[&str]| github.call(arguments).env("GITHUB_REPOSITORY", REPO).run();
    assert_eq!(on(&["ci", "ensure-slot", "--issue", "7"]).exit, 0);
    let linked = on(&["manage-env", "set", "--issue", "7", "--pr", "77"]);
    assert_eq!(linked.exit, 1);
    assert_snapshot!(linked.stderr, @"error: GitHub has no pull request #77 in codex-k8s/shop: it is missing, or the token has no access to it");
    assert_eq!(github.scene.slots(), [(1, Some(7), None)]);
}
