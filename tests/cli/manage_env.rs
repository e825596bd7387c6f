//! `manage-env` on this machine alone: no token, no remote.

use std::path::PathBuf;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::Ran;
use crate::ensure_slot::REPO;
use crate::scene::Scene;

impl Scene {
    fn manage(&self, arguments: &[&str]) -> Ran {
        self.in_shop(&[&["manage-env"], arguments].concat()).run()
    }

    fn state(&self) -> PathBuf {
        self.home().join("state/codexctl").join(REPO)
    }

    /// A record of a slot, and a folder with something in it.
    fn slot(&self, number: u32, fields: &Value) {
        let env = fields["env"].as_str().unwrap_or("ai");
        let mut record = json!({
            "schema": 1, "slot": number, "env": env, "namespace": format!("shop-dev-{number}"), "owner": "1-1", "issue": null,
            "pr": null, "project": "shop", "repo": REPO, "createdAt": "2026-01-30T12:00:00Z",
            "updatedAt": "2026-01-31T12:00:00Z", "phase": "published", "delivery": null, "branch": null, "session": null,
            "lease": null,
        });
        for (name, value) in fields.as_object().unwrap() {
            record[name] = value.clone();
        }
        let folder = self.state().join("slots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{number}.json")), record.to_string()).unwrap();
        let work = self.work_of(env, number).join("codex-home");
        std::fs::create_dir_all(&work).unwrap();
        std::fs::write(work.join("config.toml"), "model = \"m\"\n").unwrap();
    }

    fn work_of(&self, env: &str, number: u32) -> PathBuf {
        self.state().join(format!("work/{env}-{number}"))
    }

    /// The numbers of slots that have a record, and of those that have a folder.
    pub(crate) fn there(&self) -> (Vec<u64>, Vec<String>) {
        let folders = std::fs::read_dir(self.state().join("work")).into_iter().flatten();
        let mut folders: Vec<_> =
            folders.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        folders.sort();
        (self.slots().into_iter().map(|(slot, ..)| slot).collect(), folders)
    }

    /// Snapshots without ages.
    pub(crate) fn aged(&self, assertions: impl FnOnce()) {
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r"\b\d+d\b", "[age]");
        settings.add_filter(r#"_seconds(=|: |": )\d+"#, "_seconds$1[n]");
        settings.add_filter(r"manual-[A-Za-z0-9.-]+-\d+", "[run]");
        settings.bind(|| self.bind(assertions));
    }
}

/// Three slots: an issue with its pull request, a repair, one that somebody works on.
pub(crate) fn three() -> Scene {
    let scene = Scene::shop();
    scene.slot(1, &json!({"issue": 7, "pr": 8, "branch": "codex/issue-7"}));
    scene.slot(2, &json!({"issue": 9, "env": "ai-repair", "phase": "agent"}));
    let lease = json!({"holder": "4242-1", "renewed_at": "2026-01-31T12:00:00Z", "flow": "dev"});
    scene.slot(4, &json!({"issue": 12, "phase": "ready", "lease": lease, "updatedAt": "2999-01-31T12:00:00Z"}));
    scene
}

#[test]
fn all_slots_are_listed_with_age_issue_pull_request_and_phase() {
    let scene = three();
    scene.aged(|| {
        assert_snapshot!(scene.manage(&["list"]).shown(), @"
        exit 0
        ── stdout
        SLOT  ENV        ISSUE  PR  PHASE      AGE   UNUSED  BRANCH         AT WORK
        1     ai         #7     #8  published  [age]  [age]    codex/issue-7  -
        2     ai-repair  #9     -   agent      [age]  [age]    -              -
        4     ai         #12    -   ready      [age]  0s      -              4242-1 (dev)
        ");
        assert_snapshot!(scene.manage(&["list", "--env", "ai-repair"]).stdout, @"
        SLOT  ENV        ISSUE  PR  PHASE  AGE   UNUSED  BRANCH  AT WORK
        2     ai-repair  #9     -   agent  [age]  [age]    -       -
        ");
        assert_snapshot!(scene.manage(&["list", "--env", "ai-repair", "-o", "json"]).stdout, @r#"
        {
          "slots": [
            {
              "slot": 2,
              "env": "ai-repair",
              "namespace": "shop-dev-2",
              "issue": 9,
              "pr": null,
              "phase": "agent",
              "branch": null,
              "created_at": "2026-01-30T12:00:00Z",
              "updated_at": "2026-01-31T12:00:00Z",
              "age_seconds": [n],
              "unused_seconds": [n],
              "holder": null,
              "flow": null
            }
          ]
        }
        "#);
        assert_snapshot!(scene.manage(&["list", "--env", "ai-repair", "-o", "kv"]).stdout, @"
        slots=2
        slot_2_env=ai-repair
        slot_2_namespace=shop-dev-2
        slot_2_issue=9
        slot_2_pr=
        slot_2_phase=agent
        slot_2_branch=
        slot_2_created_at=2026-01-30T12:00:00Z
        slot_2_updated_at=2026-01-31T12:00:00Z
        slot_2_age_seconds=[n]
        slot_2_unused_seconds=[n]
        slot_2_holder=
        slot_2_flow=
        ");
    });
    assert_eq!(Scene::shop().manage(&["list"]).stdout, "no slots\n");
}

#[test]
fn a_slot_is_linked_to_issue_and_pull_request() {
    let scene = three();
    assert_snapshot!(scene.manage(&["set", "--slot", "4", "--pr", "13", "-o", "kv"]).stdout, @"
    slot=4
    namespace=shop-dev-4
    env=ai
    issue=12
    pr=13
    ");
    assert_eq!(scene.manage(&["set", "--issue", "12", "--pr", "14"]).exit, 0);
    assert_eq!(scene.slots()[2], (4, Some(12), Some(14)));
}

#[test]
fn what_can_not_be_linked_is_said() {
    let scene = three();
    let said = |arguments: &[&str]| {
        let ran = scene.manage(arguments);
        format!("{}: {}", ran.exit, ran.stderr)
    };
    assert_snapshot!(said(&["set", "--slot", "4"]), @"2: error: manage-env set links a slot to something: give --issue, --pr or both");
    assert_snapshot!(said(&["set", "--slot", "3", "--pr", "9"]), @"1: error: slot 3 is no slot of ai here: codexctl ci ensure-slot makes one, codexctl manage-env list shows all");
    assert_snapshot!(said(&["set", "--issue", "99", "--pr", "9"]), @"1: error: issue #99 has no slot of ai here: codexctl ci ensure-slot makes one, codexctl manage-env list shows all");
    assert_snapshot!(said(&["set", "--slot", "4", "--issue", "7"]), @"1: error: issue #7 has slot 1 of ai already, and two slots for one would be worked on by turns: remove that one first (codexctl manage-env cleanup --slot 1 --with-configmap)");
}

#[test]
fn a_cleanup_takes_what_matches_everything_that_is_given() {
    let scene = three();
    for (arguments, left) in [
        (&["--issue", "7", "--pr", "9"][..], vec![1, 2, 4]),
        (&["--issue", "9"], vec![1, 2, 4]),
        (&["--issue", "7", "--pr", "8"], vec![2, 4]),
        (&["--issue", "9", "--env", "ai-repair"], vec![4]),
    ] {
        let ran = scene.manage(&[&["cleanup", "--with-configmap"], arguments].concat());
        assert_eq!((ran.exit, scene.there().0), (0, left), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(scene.there().1, ["ai-4"]);
    assert_snapshot!(scene.manage(&["cleanup"]).refused(), @"error: manage-env cleanup has to know which slots: give --issue, --pr, --slot, or --all");
}

#[test]
fn without_with_configmap_the_record_stays_as_that_of_an_empty_slot() {
    let scene = three();
    scene.bind(|| {
        assert_snapshot!(scene.manage(&["cleanup", "--slot", "1", "-o", "kv"]).shown(), @"
    exit 0
    ── stdout
    slots=1
    branches=
    closed_issue=
    ── stderr
    slot 1 (ai, issue #7): removed, its record stays (--with-configmap removes it, too)
    ");
    });
    assert_eq!(scene.there(), (vec![1, 2, 4], vec!["ai-4".to_owned(), "ai-repair-2".to_owned()]));
    let record = std::fs::read_to_string(scene.state().join("slots/1.json")).unwrap();
    assert!(record.contains("\"phase\": \"allocated\"") && record.contains("\"issue\": 7"), "{record}");
}

#[test]
fn all_means_all_of_the_environment() {
    let scene = Scene::shop();
    for slot in 1..4 {
        scene.slot(slot, &json!({"issue": slot, "env": if slot == 2 { "ai-repair" } else { "ai" }}));
    }
    scene.bind(|| {
        assert_snapshot!(scene.manage(&["cleanup", "--all", "--dry-run"]).shown(), @"
    exit 0
    ── stdout
    would
      remove [folder]/home/state/codexctl/codex-k8s/shop/work/ai-1
      remove [folder]/home/state/codexctl/codex-k8s/shop/work/ai-3
      keep the record of slot 1 (ai, issue #1)
      keep the record of slot 3 (ai, issue #3)
    ");
    });
    assert_eq!(scene.there().0, [1, 2, 3]);
    assert_eq!(scene.manage(&["cleanup", "--all", "--with-configmap"]).exit, 0);
    assert_eq!(scene.there(), (vec![2], vec!["ai-repair-2".to_owned()]));
}

#[test]
fn a_repair_s_slot_goes_where_the_branch_or_the_flag_says_so() {
    for (arguments, left) in [
        (&["--issue", "7"][..], vec![2]),
        (&["--issue", "7", "--include-ai-repair"], vec![]),
        (&["--issue", "7", "--branch", "codex/ai-repair-7"], vec![]),
    ] {
        let scene = Scene::shop();
        scene.slot(1, &json!({"issue": 7}));
        scene.slot(2, &json!({"issue": 7, "env": "ai-repair"}));
        let ran = scene.manage(&[&["cleanup-issue", "--with-configmap"], arguments].concat());
        assert_eq!((ran.exit, scene.there().0), (0, left), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn without_a_token_branches_and_issue_are_left_with_a_warning() {
    let scene = three();
    let arguments = ["cleanup-pr", "--pr", "8", "--branch", "codex/issue-7", "--delete-branch", "--close-issue"];
    scene.bind(|| {
        assert_snapshot!(scene.manage(&arguments).shown(), @"
    exit 0
    ── stdout
    slots: 1
    ── stderr
    slot 1 (ai, issue #7): removed, its record stays (--with-configmap removes it, too)
    warning: no GitHub token (CODEXCTL_GH_PAT, GH_TOKEN, GITHUB_TOKEN): branches and issue are left as they are
    ");
    });
    let said = |arguments: &[&str]| {
        let ran = scene.manage(arguments);
        format!("{}: {}", ran.exit, ran.stderr)
    };
    assert_snapshot!(said(&["delete-branch", "--branch", "codex/issue-7"]), @"0: warning: no GitHub token (CODEXCTL_GH_PAT, GH_TOKEN, GITHUB_TOKEN): branches and issue are left as they are");
    assert_snapshot!(said(&["close-linked-issue", "--branch", "codex/issue-7", "--close-issue"]), @"0: warning: no GitHub token (CODEXCTL_GH_PAT, GH_TOKEN, GITHUB_TOKEN): branches and issue are left as they are");
    assert_snapshot!(said(&["delete-branch"]), @"2: error: manage-env delete-branch has to know the branch: give --branch");
    assert_snapshot!(said(&["cleanup-pr"]), @"2: error: manage-env cleanup-pr has to know the pull request: give --pr");
    assert_snapshot!(said(&["cleanup-issue"]), @"2: error: manage-env cleanup-issue has to know the issue: give --issue");
}

#[test]
fn gc_asks_before_it_removes_and_where_nobody_can_be_asked_it_refuses() {
    let scene = three();
    scene.aged(|| {
        assert_snapshot!(scene.manage(&["gc"]).shown(), @"
        exit 2
        ── stderr
        slot 1 (ai, issue #7): unused for [age]
        slot 2 (ai-repair, issue #9): unused for [age]
        error: manage-env gc destroys slots and nobody can be asked here: give --yes, or --dry-run to look first
        ");
        assert_snapshot!(scene.manage(&["gc", "--dry-run"]).shown(), @"
        exit 0
        ── stdout
        would
          remove [folder]/home/state/codexctl/codex-k8s/shop/work/ai-1
          remove [folder]/home/state/codexctl/codex-k8s/shop/work/ai-repair-2
          remove the record of slot 1 (ai, issue #7)
          remove the record of slot 2 (ai-repair, issue #9)
        ── stderr
        slot 1 (ai, issue #7): unused for [age]
        slot 2 (ai-repair, issue #9): unused for [age]
        ");
    });
    assert_eq!(scene.there().0, [1, 2, 4]);
    let ran = scene.manage(&["gc", "--yes"]);
    assert_eq!((ran.exit, scene.there()), (0, (vec![4], vec!["ai-4".to_owned()])), "{}", ran.stderr);
    assert_eq!(scene.manage(&["gc"]).stdout, "nothing to remove\n");
}

#[test]
fn a_slot_that_was_used_within_the_ttl_stays() {
    let scene = three();
    assert_eq!(scene.manage(&["gc", "--yes", "--ttl", "1000000h"]).exit, 0);
    assert_eq!(scene.there().0, [1, 2, 4]);
    assert_snapshot!(scene.manage(&["gc", "--ttl", "soon"]).refused(), @"error: --ttl: `soon` is no time: write one like 30m or 1h30m");
}

#[test]
fn the_comment_names_what_it_lacks() {
    let scene = three();
    let said = |arguments: &[&str]| {
        let ran = scene.manage(arguments);
        format!("{}: {}", ran.exit, ran.stderr)
    };
    assert_snapshot!(said(&["comment"]), @"2: error: manage-env comment has to know the slot: give --slot, --issue or --pr");
    assert_snapshot!(said(&["comment", "--slot", "3"]), @"1: error: no slot of ai matches: codexctl manage-env list shows all");
    assert_snapshot!(said(&["comment", "--slot", "4"]), @"2: error: slot 4 is linked to no pull request: give --pr, or link it with codexctl manage-env set");
    let links = scene.manage(&["comment", "--slot", "3", "--pr", "8", "--runtime", "kubernetes"]);
    assert_snapshot!(links.stdout, @r#"
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-8","pr":8} -->
    ### 🟢 This pull request runs at <https://dev-3.ai.shop.example.com>

    - Products: [dev-3.ai.shop.example.com/products](https://dev-3.ai.shop.example.com/products)
    - A cart: [dev-3.ai.shop.example.com/carts/demo](https://dev-3.ai.shop.example.com/carts/demo)

    Environment `ai`, slot 3, namespace `shop-dev-3`. It shows what Codex left there and goes away when this pull request is closed.

    To have something changed, submit a review with **Request changes**: Codex works through every open thread.
    "#);
}
