//! A cleanup while somebody works, after a kill, with a token that may too little.

use crate::scene::{REPO, Scene};
use crate::script::{CHANGE, discount, done, wait_for_go};
use crate::stand::Fault;

#[test]
fn an_agent_that_still_works_there_is_ended_and_its_work_saved() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let working = scene.start_until_the_agent_waits();
    scene.issue_is_closed();
    let ran = scene.run_event("cleanup-issue.json");
    let ended = working.end();
    assert_eq!((ran.exit, ended.exit), (0, 130), "{}\n{}", ran.stderr, ended.stderr);
    assert!(ended.stderr.contains("is being cleaned up"), "{}", ended.stderr);
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7-wip
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
    insta::assert_snapshot!(scene.log(&ran).lines().filter(|line| !line.contains("waiting")).collect::<Vec<_>>().join("\n"), @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    slot 1 (ai, issue #7) is gone already
    – stop            no slot is held
    – destroy         no slot to remove
    note: branch codex/issue-7-wip stays: it keeps unfinished work that no pull request has
    – branches        nothing to delete
    – close           no pull request was closed
    – comment         no comment about an environment
    – records         no slot was removed
    ");
}

#[test]
fn an_agent_whose_codexctl_was_killed_is_ended_and_its_work_saved() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let working = scene.start_until_the_agent_waits();
    working.signal(rustix::process::Signal::KILL);
    working.end();
    scene.issue_is_closed();
    let ran = scene.run_event("cleanup-issue.json");
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    slot 1 (ai, issue #7) was left by <run> (its process is gone)
    note: unfinished work of slot 1 (ai, issue #7) is saved: branch codex/issue-7-wip
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    note: branch codex/issue-7-wip stays: it keeps unfinished work that no pull request has
    – branches        nothing to delete
    – close           no pull request was closed
    – comment         no comment about an environment
    slot 1 (ai, issue #7): removed
    ✓ records         1 slot removed
    ");
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7-wip
        codex-bot <codex-bot@codex-k8s.local>
          feat: unfinished work (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
}

#[test]
fn a_token_that_may_delete_nothing_frees_the_slot_and_says_what_it_lacks() {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.run().exit, 0);
    scene.pull_is_closed(true);
    let stand = scene.stand.as_ref().unwrap();
    stand.fail_next("DELETE /repos/*/git/refs/heads/*", Fault::Status(403, "Resource not accessible by integration"));
    let ran = scene.run_event("cleanup-pr.json");
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    ✗ branches        1 could not be deleted
    ✓ close           #7 is closed
    ✓ comment         1 comment
    slot 1 (ai, issue #7): removed
    ✗ records         GitHub refuses to delete branch codex/issue-7 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    error: GitHub refuses to delete branch codex/issue-7 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    ");
    assert_eq!((ran.exit, scene.records()), (1, String::new()));
    assert!(!scene.issue_is_open());
    // With the right the same event does what is left.
    let ran = scene.run_event("cleanup-pr.json");
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(!scene.origin().contains("codex/"));
}

#[test]
fn a_cut_answer_doubles_nothing_and_loses_nothing() {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.run().exit, 0);
    scene.pull_is_closed(true);
    let stand = scene.stand.as_ref().unwrap();
    stand.fail_next("DELETE /repos/*/git/refs/heads/*", Fault::CutAfter);
    stand.fail_next("PATCH /repos/*/issues/7", Fault::CutAfter);
    let ran = scene.run_event("cleanup-pr.json");
    assert_eq!((ran.exit, scene.issue_is_open(), scene.records()), (0, false, String::new()), "{}", ran.stderr);
    assert!(!scene.origin().contains("codex/"));
}

#[test]
fn a_cleanup_that_is_killed_anywhere_ends_the_same_way_the_next_time() {
    // Before the first of these nothing is written, after the last everything is.
    const STEPS: [&str; 5] = ["stop", "destroy", "branches", "close", "comment"];
    let scene = || {
        let scene = Scene::new(discount()).on_github();
        assert_eq!(scene.run().exit, 0);
        scene.pull_is_closed(true);
        scene
    };
    let undisturbed = scene();
    assert_eq!(undisturbed.run_event("cleanup-pr.json").exit, 0);
    let wanted = (undisturbed.end_state(), undisturbed.slot_folders(), undisturbed.issue_is_open());
    let one = |step: &str| {
        let scene = scene();
        scene.dies_with(&["run", "--event", "events/cleanup-pr.json"], &format!("after {step}"));
        let ran = scene.run_event("cleanup-pr.json");
        let ended = (scene.end_state(), scene.slot_folders(), scene.issue_is_open());
        assert_eq!((ran.exit, &ended), (0, &wanted), "killed after {step}: {}", ran.stderr);
    };
    std::thread::scope(|scope| {
        let (some, others) = STEPS.split_at(3);
        for part in [some, others] {
            scope.spawn(|| part.iter().for_each(|step| one(step)));
        }
    });
}

/// What the cleanup of a merged pull request says, and what the next one does, where GitHub refuses its last comment like this.
fn refused_the_last_word(message: &'static str) -> (String, String) {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.run().exit, 0);
    scene.pull_is_closed(true);
    let stand = scene.stand.as_ref().unwrap();
    stand.fail_always("PATCH /repos/*/issues/comments/*", &Fault::Status(403, message));
    let ran = scene.run_event("cleanup-pr.json");
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()), "a comment keeps no slot");
    assert!(!scene.comments_on(8).contains("is gone"), "{}", scene.comments_on(8));
    // Later and not for this pull request: whatever sweeps mends it.
    stand.heal();
    let call = scene.command(&["run", "--event", "events/schedule.json", "--event-name", "schedule"]);
    let later = call.env("GITHUB_REPOSITORY", REPO).run();
    assert!(scene.comments_on(8).contains("The pull request was merged, so slot 1"), "{}", scene.comments_on(8));
    assert_eq!(std::fs::read_dir(scene.state().join("untold")).unwrap().count(), 0);
    (scene.log(&ran), scene.log(&later))
}

#[test]
fn a_last_comment_that_is_refused_names_its_pull_request_and_is_put_right_by_a_later_run() {
    let (refused, later) = refused_the_last_word("Resource not accessible by integration");
    insta::assert_snapshot!(refused, @"
    exit 1
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    ✓ branches        deleted codex/issue-7
    ✓ close           #7 is closed
    warning: the comment on pull request #8 may still tell of slot 1, which is gone: GitHub refuses to write a comment on pull request #8 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository. Every later cleanup or gc on this machine tries again
    ✗ comment         1 comment could not be written
    slot 1 (ai, issue #7): removed
    ✗ records         the comment on pull request #8 is out of date: GitHub refuses to write a comment on pull request #8 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    error: the comment on pull request #8 is out of date: GitHub refuses to write a comment on pull request #8 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    ");
    insta::assert_snapshot!(later, @"
    exit 0
    ✓ gates           a schedule comes from the repository itself
    ✓ fetch           main at <commit>
    – slots           there is none
    – stop            no slot to remove
    – destroy         no slot to remove
    ✓ comment         1 comment
    – records         no slot was removed
    ");
}

#[test]
fn a_locked_conversation_fails_no_cleanup_and_gets_its_last_comment_later() {
    let (locked, later) = refused_the_last_word("Unable to update comment because issue is locked.");
    insta::assert_snapshot!(locked, @"
    exit 0
    ✓ gates           a cleanup may be started by anybody who can close the issue or pull request
    ✓ fetch           main at <commit>
    ✓ slots           1 to remove
    ✓ stop            1 slot held
    ✓ destroy         slot 1 (ai, issue #7)
    ✓ branches        deleted codex/issue-7
    ✓ close           #7 is closed
    warning: the comment on pull request #8 may still tell of slot 1, which is gone: pull request #8 is locked, and this token may not write there: unlock the conversation, or give a token with write access. Every later cleanup or gc on this machine tries again
    ✗ comment         1 comment could not be written
    slot 1 (ai, issue #7): removed
    ✓ records         1 slot removed
    ");
    assert!(later.contains("✓ comment         1 comment"), "{later}");
}

#[test]
fn a_last_comment_that_is_too_late_is_not_written_over_that_of_a_new_slot() {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.run().exit, 0);
    let stand = scene.stand.as_ref().unwrap();
    stand
        .fail_always("PATCH /repos/*/issues/comments/*", &Fault::Status(403, "Resource not accessible by integration"));
    assert_eq!(
        scene.command(&["manage-env", "cleanup", "--slot", "1", "--with-configmap", "--repo", REPO]).run().exit,
        1
    );
    stand.heal();
    scene.somebody_labels_again();
    assert_eq!(scene.run().exit, 0);
    let before = scene.comments_on(8);
    assert_eq!(scene.command(&["manage-env", "gc", "--yes", "--repo", REPO]).run().exit, 0);
    assert_eq!(scene.comments_on(8), before);
    assert_eq!(std::fs::read_dir(scene.state().join("untold")).unwrap().count(), 0);
}
