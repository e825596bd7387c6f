//! What happens to slots, branches and issues once an issue or a pull request is closed.

use crate::scene::{REPO, Scene};
use crate::script::discount;
use crate::stand::{Issue, Pull};

/// A shop whose issue #7 became pull request #8.
fn worked_on() -> Scene {
    let scene = Scene::new(discount()).on_github();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    scene
}

#[test]
fn after_a_merge_slot_branch_and_issue_are_gone_and_the_pull_request_is_told() {
    let scene = worked_on();
    assert_eq!(scene.slot_folders(), ["publish/ai-1", "work/ai-1"]);
    scene.pull_is_closed(true);
    let ran = scene.run_event("cleanup-pr.json");
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    ✓ branches        deleted codex/issue-7
    ✓ close           #7 is closed
    ✓ comment         1 comment
    slot 1 (ai, issue #7): removed
    ✓ records         1 slot removed
    flow: cleanup
    env: ai
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    ");
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    insta::assert_snapshot!(scene.origin(), @"branch main");
    assert!(!scene.issue_is_open());
    insta::assert_snapshot!(scene.comments_on(8), @r#"
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### ⚫ The environment of this pull request is gone

    The pull request was merged, so slot 1 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.
    "#);
    insta::assert_snapshot!(scene.outbox_file("summary.md"), @r"
    ## ✅ done: cleanup for #8

    Event `pull_request.closed`: the event pull\_request.closed asks for it

    | | |
    | --- | --- |
    | Cost | <time> · no tokens |
    | GitHub requests | <n> |

    ### Steps

    | Step | | Time | |
    | --- | --- | --: | --- |
    | Checks before the start | ✅ | <time> | a cleanup may be started by anybody who can close the issue or pull request |
    | Repository fetched | ✅ | <time> | main at <commit> |
    | Slots looked up | ✅ | <time> | 1 to remove |
    | Work there ended | ✅ | <time> | 1 slot held |
    | Slots removed | ✅ | <time> | slot 1 (ai, issue #·7) |
    | Branches | ✅ | <time> | deleted codex/issue-7 |
    | Linked issue | ✅ | <time> | \#7 is closed |
    | Comments | ✅ | <time> | 1 comment |
    | Records | ✅ | <time> | 1 slot removed |
    ");
}

#[test]
fn the_same_event_again_finds_nothing_to_do() {
    let scene = worked_on();
    scene.pull_is_closed(true);
    assert_eq!(scene.run_event("cleanup-pr.json").exit, 0);
    let before = scene.everything();
    let ran = scene.run_event("cleanup-pr.json");
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    – slots           there is none
    – stop            no slot to remove
    – destroy         no slot to remove
    – branches        nothing to delete
    ✓ close           #7 is closed
    – comment         no comment about an environment
    – records         no slot was removed
    ");
    assert_eq!(scene.everything(), before);
}

#[test]
fn a_pull_request_that_is_closed_without_a_merge_leaves_its_issue_open() {
    let scene = worked_on();
    scene.pull_is_closed(false);
    let ran = scene.run_event("cleanup-pr.json");
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    ✓ branches        deleted codex/issue-7
    – close           pull request #8 was not merged
    ✓ comment         1 comment
    slot 1 (ai, issue #7): removed
    ✓ records         1 slot removed
    ");
    assert!(scene.issue_is_open());
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    insta::assert_snapshot!(scene.origin(), @"branch main");
    insta::assert_snapshot!(scene.comments_on(8), @r#"
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### ⚫ The environment of this pull request is gone

    The pull request was closed, so slot 1 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.

    **Next:** nothing, unless you want more on #7: then set the label `[ai-dev]` again, and the next run makes a new one.
    "#);
}

#[test]
fn an_issue_that_is_closed_keeps_what_its_open_pull_request_needs() {
    let scene = worked_on();
    scene.issue_is_closed();
    let before = scene.everything();
    let ran = scene.run_event("cleanup-issue.json");
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    note: slot 1 (ai, issue #7) stays: pull request #8 is open, and the slot goes when that is closed
    – slots           1 stay
    – stop            no slot to remove
    – destroy         no slot to remove
    note: branch codex/issue-7 stays: pull request #8 is open
    – branches        nothing to delete
    – close           no pull request was closed
    – comment         no comment about an environment
    – records         no slot was removed
    ");
    assert_eq!(scene.everything(), before);
    assert_eq!(scene.slot_folders(), ["publish/ai-1", "work/ai-1"]);
}

#[test]
fn an_issue_that_is_closed_before_there_is_a_pull_request_loses_its_slot_alone() {
    let scene = Scene::new(discount()).on_github();
    scene.stand.as_ref().unwrap().fail_next("POST /repos/*/pulls", crate::stand::Fault::Status(403, "No."));
    assert_eq!(
        scene.command(&["run", "--event", "events/dev.json", "--keep-on-failure", "--allow-unsandboxed"]).run().exit,
        1
    );
    scene.issue_is_closed();
    let ran = scene.run_event("cleanup-issue.json");
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    note: branch codex/issue-7 stays: it holds work that is not merged and has no pull request
    – branches        nothing to delete
    – close           no pull request was closed
    – comment         no comment about an environment
    slot 1 (ai, issue #7): removed
    ✓ records         1 slot removed
    ");
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    assert!(scene.origin().contains("codex/issue-7"));
}

#[test]
fn a_slot_where_the_next_work_of_the_issue_goes_on_stays() {
    let scene = worked_on();
    scene.pull_is_closed(true);
    scene.change_record(1, |record| record["branch"] = "codex/issue-7-2".into());
    let ran = scene.run_event("cleanup-pr.json");
    assert!(ran.stderr.contains("stays: work on branch codex/issue-7-2 goes on there"), "{}", ran.stderr);
    scene.somebody_pushes("codex/issue-7-2", "README.md", "The next thing.\n");
    scene.stand.as_ref().unwrap().set(|state| {
        let pull =
            Pull { head: "codex/issue-7-2".into(), head_repo: REPO.into(), base: "main".into(), ..Pull::default() };
        let issue =
            Issue { title: "The next thing".into(), author: "ada".into(), pull: Some(pull), ..Issue::default() };
        state.repos.get_mut(REPO).unwrap().issues.insert(9, issue);
    });
    for event in ["cleanup-pr.json", "cleanup-issue.json"] {
        let ran = scene.run_event(event);
        assert!(ran.stderr.contains("stays: pull request #9 is open"), "{event}: {}", ran.stderr);
        assert_eq!((ran.exit, scene.slot_folders().len()), (0, 2));
    }
    assert!(scene.origin().contains("codex/issue-7-2"));
}

#[test]
fn commits_that_came_after_the_merge_keep_their_branch() {
    let scene = worked_on();
    scene.pull_is_closed(true);
    scene.somebody_pushes("codex/issue-7", "README.md", "One more thing.\n");
    let ran = scene.run_event("cleanup-pr.json");
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(scene.origin().contains("codex/issue-7"));
    assert!(scene.log(&ran).contains("branch codex/issue-7 stays"), "{}", ran.stderr);
    assert_eq!(scene.records(), "");
}

#[test]
fn a_pull_request_from_a_fork_touches_nothing_of_ours() {
    let scene = worked_on();
    scene.pull_is_closed(false);
    scene.change("cleanup-pr.json", |event| event["pull_request"]["head"]["repo"]["full_name"] = "mallory/shop".into());
    let before = scene.everything();
    let ran = scene.run_event("cleanup-pr.json");
    assert_eq!((ran.exit, scene.everything()), (3, before));
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✗ gates           gate fork: pull request #8 comes from mallory/shop, and codexctl works only on branches of codex-k8s/shop
    note: stopped by the gate fork: pull request #8 comes from mallory/shop, and codexctl works only on branches of codex-k8s/shop
    ");
}

#[test]
fn a_cleanup_can_be_dispatched_for_an_issue_by_number_or_text() {
    for issue in [serde_json::json!("7"), serde_json::json!(7)] {
        let scene = worked_on();
        scene.pull_is_closed(true);
        scene.issue_is_closed();
        scene.change("dispatch.json", |event| event["inputs"] = serde_json::json!({"flow": "cleanup", "issue": issue}));
        let ran = scene.run_event("dispatch.json");
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
        assert!(!scene.origin().contains("codex/"));
    }
}

#[test]
fn a_dispatched_flow_asks_github_for_its_issue_and_the_gates_hold() {
    let scene = Scene::new(discount()).on_github();
    scene.change("dispatch.json", |event| event["inputs"] = serde_json::json!({"flow": "dev", "issue": "7"}));
    scene.change("dispatch.json", |event| event["sender"]["login"] = "Codertocat".into());
    let stopped = scene.run_event("dispatch.json");
    assert_eq!(stopped.exit, 3, "{}", stopped.stderr);
    scene.change("dispatch.json", |event| event["sender"]["login"] = "octocat".into());
    let ran = scene.command(&["run", "--event", "events/dispatch.json", "--allow-unsandboxed"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(scene.origin().contains("codex/issue-7"));
    scene.change("dispatch.json", |event| event["inputs"] = serde_json::json!({"flow": "dev", "issue": "99"}));
    let missing = scene.run_event("dispatch.json");
    insta::assert_snapshot!(scene.log(&missing), @"
    exit 2
    error: GitHub has no issue #99 in codex-k8s/shop: it is missing, or the token has no access to it
    ");
}

#[test]
fn a_dry_run_shows_everything_that_would_go_and_touches_nothing() {
    let scene = worked_on();
    scene.pull_is_closed(true);
    let before = (scene.everything(), scene.slot_folders());
    let ran = scene.command(&["run", "--dry-run", "--event", "events/cleanup-pr.json"]).run();
    insta::assert_snapshot!(scene.told(&ran), @r#"
    exit 0
    dry run: nothing is started, nothing is written
    ├─ event pull_request.closed · codex-k8s/shop · pull request #8 from codex/issue-7 · by octocat
    ├─ flow cleanup
    │  ├─ because the event pull_request.closed asks for it
    │  └─ environment ai, runtime local
    ├─ gates: pass
    │  ├─ actor: pass · not asked: a cleanup may be started by anybody who can close the issue or pull request
    │  ├─ state: pass · not asked: a cleanup is for what is closed
    │  ├─ fork: pass · the head of pull request #8 is in codex-k8s/shop
    │  └─ duplicate: pass · not asked: a cleanup takes the slot from whoever works there
    └─ would write, in this order
       ├─ 1. state: remove <scene>/state/codexctl/codex-k8s/shop/work/ai-1
       ├─ 2. state: remove <scene>/state/codexctl/codex-k8s/shop/publish/ai-1
       ├─ 3. GitHub: delete the branch codex/issue-7
       ├─ 4. git: delete other branches of issue #7 that are merged or whose pull request is closed: would ask the remote
       ├─ 5. GitHub: close issue #7 as completed
       ├─ 6. GitHub: edit the environment comment on pull request #8
       │  ┊ <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
       │  ┊ ### ⚫ The environment of this pull request is gone
       │  ┊
       │  ┊ The pull request was merged, so slot 1 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.
       └─ 7. state: remove the record of slot 1 (ai, issue #7)
    "#);
    assert_eq!((scene.everything(), scene.slot_folders()), before);
}

#[test]
fn without_a_token_what_would_go_on_github_stands_in_the_outbox() {
    let scene = Scene::new(discount());
    assert_eq!(scene.run().exit, 0);
    scene.pull_event(true);
    let ran = scene.run_event("cleanup-pr.json");
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    ✓ branches        would be deleted with a token: codex/issue-7
    ✓ close           would be closed with a token: #7
    – comment         no comment about an environment
    slot 1 (ai, issue #7): removed
    ✓ records         1 slot removed
    ");
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    insta::assert_snapshot!(scene.outbox_names(), @"
    .gitignore
    branch-codex-issue-7.delete.md
    issue-7.close.md
    issue-7.comment-progress.md
    issue-7.labels.md
    issue-7.reaction.md
    pull-codex-issue-7.comment-environment.md
    pull-codex-issue-7.md
    summary.md
    ");
    insta::assert_snapshot!(scene.outbox_file("branch-codex-issue-7.delete.md"), @"delete the branch codex/issue-7 at <commit>");
}
