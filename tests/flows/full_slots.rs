//! All slots are taken, and stay so.

use crate::scene::{REPO, Scene};
use crate::script::discount;

/// A shop of one slot, in which somebody on another machine works for issue 12.
fn crowded() -> Scene {
    let scene = Scene::new(discount()).on_github().env("GITHUB_REPOSITORY", REPO);
    scene.change_stack("maxSlots: 5", "maxSlots: 1");
    let made = scene.command(&["ci", "ensure-slot", "--issue", "12"]).run();
    assert_eq!(made.exit, 0, "{}", made.stderr);
    scene.change_record(1, |record| {
        record["phase"] = "agent".into();
        record["lease"] = serde_json::json!({"holder": "4242-1", "renewed_at": "2999-01-01T00:00:00Z", "flow": "dev"});
    });
    scene
}

#[test]
fn a_run_that_finds_no_slot_in_time_says_who_has_them_and_the_same_run_begins_once_one_is_free() {
    let scene = crowded();
    let before = scene.records();
    let ran = scene.start_with(&["--wait-for-slot", "2s"]).end();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 4
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
      waiting for a slot, <time> more: the only slot is taken (1: issue #12); free one, or raise maxSlots in services.yaml
    ✗ slot            the only slot is taken (1: issue #12); free one, or raise maxSlots in services.yaml (waited <time>, --wait-for-slot)
    error: the only slot is taken (1: issue #12); free one, or raise maxSlots in services.yaml (waited <time>, --wait-for-slot)
    flow: dev
    verdict: timed-out
    env: ai
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    ");
    assert_eq!(scene.records(), before, "another one's slot was touched");
    insta::assert_snapshot!(scene.github(), @r#"
    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"phase":"unfinished","delivery":"<delivery>"} -->
    ### ⏱️ Stopped: the time was over

    > ```text
    > the only slot is taken (1: issue #12); free one, or raise maxSlots in services.yaml (waited <time>, --wait-for-slot)
    > ```

    **Next:** put right what is named above, then set the label `[ai-dev]` again.

    **Cost:** <time> · no tokens

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [ ] **Slot** ❌

    </details>
    "#);
    assert_eq!((scene.asked(), scene.origin().as_str()), (0, "branch main\n"));
    std::fs::remove_file(scene.record_file(1)).unwrap();
    let again = scene.run();
    assert_eq!(again.exit, 0, "{}", again.stderr);
    assert!(scene.comments_on(7).contains("✅ Done: pull request #8"), "{}", scene.comments_on(7));
    assert_eq!(scene.comments_on(7).matches("<!-- codexctl:").count(), 1);
}

#[test]
fn a_run_that_shall_not_wait_ends_at_once() {
    let scene = crowded();
    let ran = scene.start_with(&["--fail-if-busy"]).end();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✗ slot            the only slot is taken (1: issue #12); free one, or raise maxSlots in services.yaml
    error: the only slot is taken (1: issue #12); free one, or raise maxSlots in services.yaml
    ");
}
