//! Gates on the command line: who stops a run, with which words and which exit code.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::command::Ran;
use crate::scene::{Scene, event};

/// The example event with some of its values changed.
fn changed(changes: &[(&str, Value)]) -> Vec<u8> {
    let mut payload: Value = serde_json::from_slice(&fs::read(event("dev.json")).expect("the event")).expect("JSON");
    for (path, value) in changes {
        *payload.pointer_mut(path).expect("the event has that") = value.clone();
    }
    serde_json::to_vec(&payload).expect("JSON")
}

/// The part of a plan that shows the gates.
fn gates(ran: &Ran) -> String {
    let lines = ran.stdout.lines().skip_while(|line| !line.contains("─ gates"));
    let mut shown: Vec<&str> = lines.take(5).collect();
    let exit = format!("exit {}", ran.exit);
    shown.push(&exit);
    shown.push(ran.stderr.trim_end());
    shown.join("\n")
}

#[test]
fn a_closed_issue_stops_the_run() {
    let scene = Scene::shop();
    let closed =
        scene.call(&["run", "--dry-run", "--event", "-"]).stdin(changed(&[("/issue/state", json!("closed"))])).run();
    assert_snapshot!(gates(&closed), @"
    ├─ gates: `state` stops the run
    │  ├─ actor: pass · no GitHub token, so ann at this machine is the actor
    │  ├─ state: STOP · issue #7 is closed
    │  ├─ fork: pass · not asked: no pull request is involved
    │  └─ duplicate: unknown (would look into the slot records)
    exit 3
    note: stopped by the gate state: issue #7 is closed
    ");
    assert!(!closed.stdout.contains("would write"), "{}", closed.stdout);
}

#[test]
fn on_a_laptop_whoever_sits_there_is_the_actor() {
    let scene = Scene::shop();
    assert_snapshot!(gates(&scene.dry("dev.json").run()), @"
    ├─ gates: pass
    │  ├─ actor: pass · no GitHub token, so ann at this machine is the actor
    │  ├─ state: pass · issue #7 is open
    │  ├─ fork: pass · not asked: no pull request is involved
    │  └─ duplicate: pass · no other run does dev for issue #7
    exit 0
    note: no cluster here: the agent goes without the MCP servers slot_catalog
    ");
    let nameless = scene.dry("dev.json").without("USER").run();
    assert!(
        nameless.stdout.contains("no GitHub token, so whoever sits at this machine is the actor"),
        "{}",
        nameless.stdout
    );
}

#[test]
fn in_a_workflow_without_a_token_only_the_list_lets_somebody_in() {
    let scene = Scene::shop();
    let workflow =
        |users: &str| scene.dry("dev.json").env("GITHUB_ACTIONS", "true").env("CODEXCTL_ALLOWED_USERS", users).run();
    assert_snapshot!(gates(&workflow("")), @"
    ├─ gates: `actor` stops the run
    │  ├─ actor: STOP · without a GitHub token nobody can say whether octocat may start a run: give one, or name them in CODEXCTL_ALLOWED_USERS
    │  ├─ state: pass · issue #7 is open
    │  ├─ fork: pass · not asked: no pull request is involved
    │  └─ duplicate: unknown (would look into the slot records)
    exit 3
    ::notice::stopped by the gate actor: without a GitHub token nobody can say whether octocat may start a run: give one, or name them in CODEXCTL_ALLOWED_USERS
    ");
    assert_snapshot!(gates(&workflow("ann")), @"
    ├─ gates: `actor` stops the run
    │  ├─ actor: STOP · octocat is not in CODEXCTL_ALLOWED_USERS
    │  ├─ state: pass · issue #7 is open
    │  ├─ fork: pass · not asked: no pull request is involved
    │  └─ duplicate: unknown (would look into the slot records)
    exit 3
    ::notice::stopped by the gate actor: octocat is not in CODEXCTL_ALLOWED_USERS
    ");
    assert_snapshot!(gates(&workflow("ann, OctoCat")), @"
    ├─ gates: pass
    │  ├─ actor: pass · octocat is named in CODEXCTL_ALLOWED_USERS
    │  ├─ state: pass · issue #7 is open
    │  ├─ fork: pass · not asked: no pull request is involved
    │  └─ duplicate: pass · no other run does dev for issue #7
    exit 0
    ::notice::no cluster here: the agent goes without the MCP servers slot_catalog
    ");
}

#[test]
fn a_gate_stops_a_real_run_before_anything_is_written() {
    let scene = Scene::shop();
    let before = scene.files();
    let outputs = scene.home().join("outputs");
    let ran = scene
        .call(&["run", "--event", &event("dev.json")])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_STEP_SUMMARY", scene.home().join("summary"))
        .env("NO_COLOR", "1")
        .run();
    assert_snapshot!(ran.stderr, @"
    ✗ gates           gate actor: without a GitHub token nobody can say whether octocat may start a run: give one, or name them in CODEXCTL_ALLOWED_USERS
    ::notice::stopped by the gate actor: without a GitHub token nobody can say whether octocat may start a run: give one, or name them in CODEXCTL_ALLOWED_USERS
    ");
    assert_eq!(ran.exit, 3);
    let written = fs::read_to_string(&outputs).expect("outputs");
    assert!(written.contains("flow=dev\ngate=actor\nverdict=\n"), "{written}");
    let summary = fs::read_to_string(scene.home().join("summary")).expect("a summary");
    scene.bind(|| assert_snapshot!(summary, @r"
    ## 🚧 stopped by the gate `actor`

    Event `issues.labeled`: label \[ai-dev\] was set

    without a GitHub token nobody can say whether octocat may start a run: give one, or name them in CODEXCTL\_ALLOWED\_USERS

    ### Steps

    | Step | | Time | |
    | --- | --- | --: | --- |
    | Checks before the start | ❌ | 0s | gate actor: without a GitHub token nobody can say whether octocat may start a run: give one, or name them in CODEXCTL\_ALLOWED\_USERS |

    ### Where to look

    - [Issue](https://github.com/codex-k8s/shop/issues/7)
    "));
    let state = scene.home().join("state");
    let new: Vec<_> =
        scene.files().into_iter().filter(|file| !before.contains(file) && !file.starts_with(&state)).collect();
    assert_eq!(new, [outputs, scene.home().join("summary")]);
}
