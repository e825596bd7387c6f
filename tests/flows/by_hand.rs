//! `manage-env` by hand and in older workflows, where GitHub is asked.

use crate::command::Ran;
use crate::scene::{REPO, Scene};
use crate::script::discount;

fn worked_on() -> Scene {
    let scene = Scene::new(discount()).on_github().env("GITHUB_REPOSITORY", REPO);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    scene
}

fn manage(scene: &Scene, arguments: &[&str]) -> Ran {
    scene.command(&[&["manage-env"], arguments].concat()).run()
}

#[test]
fn a_pull_request_s_slot_branch_and_issue_go_as_far_as_they_are_asked_for() {
    let scene = worked_on();
    scene.pull_is_closed(true);
    let ran = manage(&scene, &["cleanup-pr", "--pr", "8", "--delete-branch", "--close-issue", "--with-configmap"]);
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    slot 1 (ai, issue #7): removed
    slots: 1
    branches: codex/issue-7
    closed_issue: 7
    ");
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    assert!(!scene.issue_is_open() && !scene.origin().contains("codex/"));
    let again = manage(&scene, &["cleanup-pr", "--pr", "8", "--delete-branch", "--close-issue", "--with-configmap"]);
    insta::assert_snapshot!(scene.told(&again), @"
    exit 0
    closed_issue: 7
    ");
}

#[test]
fn without_the_flags_branch_issue_and_record_stay() {
    let scene = worked_on();
    scene.pull_is_closed(true);
    let ran = manage(&scene, &["cleanup-pr", "--pr", "8"]);
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    slot 1 (ai, issue #7): removed, its record stays (--with-configmap removes it, too)
    slots: 1
    ");
    assert!(scene.issue_is_open() && scene.origin().contains("codex/issue-7") && scene.slot_folders().is_empty());
    insta::assert_snapshot!(scene.records(), @r#"
    record 1.json
      schema: 1
      slot: 1
      env: "ai"
      namespace: "shop-dev-1"
      owner: "<run>"
      issue: 7
      pr: 8
      project: "shop"
      repo: "codex-k8s/shop"
      phase: "allocated"
      delivery: null
      branch: "codex/issue-7"
      session: null
      lease: null
    "#);
    // The number stays the issue's.
    let ran = scene.command(&["ci", "ensure-slot", "--issue", "7", "-o", "kv"]).run();
    assert_eq!(ran.stdout, "slot=1\nnamespace=shop-dev-1\nenv=ai\n", "{}", ran.stderr);
}

#[test]
fn an_issue_s_cleanup_keeps_what_is_open_and_says_so() {
    let scene = worked_on();
    let before = scene.everything();
    let ran = manage(&scene, &["cleanup-issue", "--issue", "7", "--delete-branch", "--with-configmap"]);
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    note: slot 1 (ai, issue #7) stays: pull request #8 is open, and the slot goes when that is closed
    note: branch codex/issue-7 stays: pull request #8 is open
    nothing to remove
    ");
    assert_eq!(scene.everything(), before);
}

#[test]
fn a_slot_that_is_named_goes_whatever_is_open() {
    let scene = worked_on();
    let dry = manage(&scene, &["cleanup", "--slot", "1", "--issue", "7", "--with-configmap", "--dry-run"]);
    insta::assert_snapshot!(scene.told(&dry), @"
    exit 0
    would
      remove <scene>/state/codexctl/codex-k8s/shop/work/ai-1
      remove <scene>/state/codexctl/codex-k8s/shop/publish/ai-1
      edit the environment comment on pull request #8
      remove the record of slot 1 (ai, issue #7)
    ");
    assert_eq!(scene.slot_folders(), ["publish/ai-1", "work/ai-1"]);
    let other = manage(&scene, &["cleanup", "--slot", "1", "--issue", "8", "--with-configmap"]);
    assert_eq!((other.exit, other.stdout.as_str()), (0, "nothing to remove\n"));
    let ran = manage(&scene, &["cleanup", "--slot", "1", "--issue", "7", "--with-configmap"]);
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!((scene.slot_folders(), scene.records()), (Vec::new(), String::new()));
    assert!(scene.comments_on(8).contains("Somebody removed it by hand"), "{}", scene.comments_on(8));
}

#[test]
fn branch_and_issue_are_told_by_the_branch_s_name() {
    let scene = worked_on();
    scene.pull_is_closed(true);
    let told = |arguments: &[&str]| scene.told(&manage(&scene, arguments));
    insta::assert_snapshot!(told(&["close-linked-issue", "--branch", "codex/issue-7"]), @"
    exit 0
    note: issue #7 is left as it is: --close-issue closes it
    ");
    insta::assert_snapshot!(told(&["close-linked-issue", "--branch", "main", "--close-issue"]), @"
    exit 0
    note: branch main is not one of codexctl's (codex/issue-N, codex/ai-repair-N): it is left alone
    ");
    assert!(scene.issue_is_open());
    insta::assert_snapshot!(told(&["close-linked-issue", "--branch", "codex/issue-7", "--close-issue"]), @"
    exit 0
    issue #7 is closed
    closed_issue: 7
    ");
    assert!(!scene.issue_is_open());
    insta::assert_snapshot!(told(&["delete-branch", "--branch", "feature/cart"]), @"
    exit 0
    note: branch feature/cart is not one of codexctl's (codex/issue-N, codex/ai-repair-N): it is left alone
    nothing to remove
    ");
    insta::assert_snapshot!(told(&["delete-branch", "--branch", "codex/issue-7"]), @"
    exit 0
    branches: codex/issue-7
    ");
    insta::assert_snapshot!(told(&["delete-branch", "--branch", "codex/issue-7"]), @"
    exit 0
    there is no branch codex/issue-7
    nothing to remove
    ");
    assert!(!scene.origin().contains("codex/"));
}

#[test]
fn the_comment_with_the_links_is_printed_posted_and_edited() {
    let scene = worked_on();
    insta::assert_snapshot!(scene.told(&manage(&scene, &["comment", "--slot", "1"])), @r#"
    exit 0
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### ⚪ No live environment was deployed

    The run for #7 had no cluster (runtime `local`, environment `ai`, slot 1). To try the change, take the branch:

    ```sh
    git fetch origin codex/issue-7 && git switch codex/issue-7
    ```

    To have something changed, submit a review with **Request changes**: Codex works through every open thread.
    "#);
    let comments = || scene.comments_on(8).matches("<!-- codexctl:").count();
    assert_eq!(comments(), 1);
    let posted = manage(&scene, &["comment-pr", "--issue", "7", "--runtime", "kubernetes", "--lang", "ru"]);
    insta::assert_snapshot!(scene.told(&posted), @"
    exit 0
    slot: 1
    namespace: shop-dev-1
    env: ai
    pr: 8
    host: dev-1.ai.shop.example.com
    url: https://github.com/codex-k8s/shop/pull/8#issuecomment-102
    ");
    assert_eq!(comments(), 1);
    insta::assert_snapshot!(scene.comments_on(8), @r#"
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### 🟢 Этот PR развёрнут: <https://dev-1.ai.shop.example.com>

    - Products: [dev-1.ai.shop.example.com/products](https://dev-1.ai.shop.example.com/products)
    - A cart: [dev-1.ai.shop.example.com/carts/demo](https://dev-1.ai.shop.example.com/carts/demo)

    Окружение `ai`, слот 1, namespace `shop-dev-1`. Здесь то, что оставил Codex; когда PR закроют, окружение будет удалено.

    Нужны правки — отправьте ревью с **Request changes**: Codex разберёт каждое открытое обсуждение.
    "#);
}
