//! Reviews that start nothing: from strangers, of forks, of what is closed, by codexctl itself; and those that do.

use super::scene::{BRANCH, NAMES, PULL, answered, worked_in};
use crate::command::Ran;
use crate::scene::{REPO, Scene, git};
use crate::script::wait_for_go;

/// What a stopped run leaves beyond its log: nothing.
fn assert_untouched(scene: &Scene, ran: &Ran) {
    assert_eq!(ran.exit, 3, "{}", ran.stderr);
    assert_eq!(scene.asked(), 0);
    assert_eq!(scene.stand.as_ref().unwrap().writes(), Vec::<String>::new());
    assert_eq!(scene.records(), "");
}

#[test]
fn a_review_by_somebody_without_write_access_starts_nothing() {
    let scene = Scene::with_review(worked_in());
    scene.change_event(|event| event["sender"]["login"] = "Codertocat".into());
    let ran = scene.run();
    assert_untouched(&scene, &ran);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✗ gates           gate actor: Codertocat has no write permission on codex-k8s/shop (read)
    note: stopped by the gate actor: Codertocat has no write permission on codex-k8s/shop (read)
    ");
}

#[test]
fn a_review_by_codexctl_itself_starts_nothing() {
    let scene = Scene::with_review(worked_in());
    scene.stand.as_ref().unwrap().set(|state| state.users.insert("codex-bot".into(), "Bot"));
    scene.change_event(|event| {
        event["sender"]["login"] = "codex-bot".into();
        event["sender"]["type"] = "Bot".into();
    });
    let ran = scene.run();
    assert_untouched(&scene, &ran);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✗ gates           gate actor: codex-bot is codexctl's own account: a run must not start the next one
    note: stopped by the gate actor: codex-bot is codexctl's own account: a run must not start the next one
    ");
}

#[test]
fn a_review_by_a_bot_that_is_named_is_worked_in_and_one_that_is_not_starts_nothing() {
    let of_bot = || {
        let scene = Scene::with_review(worked_in());
        scene.stand.as_ref().unwrap().set(|state| state.add_user("reviewer[bot]", "Bot", "none"));
        scene.set_pull(|pull| pull.threads[0].comments[0] = ("reviewer[bot]".to_owned(), "Name the 10.".to_owned()));
        scene.change_event(|event| {
            event["sender"]["login"] = "reviewer[bot]".into();
            event["sender"]["type"] = "Bot".into();
        });
        scene
    };
    let unnamed = of_bot();
    let ran = unnamed.run();
    assert_untouched(&unnamed, &ran);
    insta::assert_snapshot!(unnamed.log(&ran), @"
    exit 3
    ✗ gates           gate actor: reviewer[bot] is a bot, and bots start runs only if CODEXCTL_ALLOWED_USERS names them
    note: stopped by the gate actor: reviewer[bot] is a bot, and bots start runs only if CODEXCTL_ALLOWED_USERS names them
    ");
    let named = of_bot().env("CODEXCTL_ALLOWED_USERS", "reviewer[bot]");
    let ran = named.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(named.prompt().contains("Name the 10."), "whoever passed the gate is heard");
}

#[test]
fn a_pull_request_of_a_fork_starts_nothing_whatever_the_event_says() {
    let scene = Scene::with_review(worked_in());
    scene.set_pull(|pull| pull.head_repo = "mallory/shop".to_owned());
    let ran = scene.run();
    assert_untouched(&scene, &ran);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✗ gates           gate fork: pull request #8 comes from a fork that is gone
    note: stopped by the gate fork: pull request #8 comes from a fork that is gone
    ");
}

#[test]
fn a_pull_request_that_was_closed_since_the_review_starts_nothing() {
    let scene = Scene::with_review(worked_in());
    scene.stand.as_ref().unwrap().set(|state| state.issue_mut(REPO, PULL).closed = true);
    let ran = scene.run();
    assert_untouched(&scene, &ran);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✗ gates           gate state: pull request #8 is closed
    note: stopped by the gate state: pull request #8 is closed
    ");
}

#[test]
fn a_pull_request_that_was_opened_again_since_the_review_is_worked_on() {
    let scene = Scene::with_review(worked_in());
    scene.change_event(|event| event["pull_request"]["state"] = "closed".into());
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
}

#[test]
fn a_pull_request_that_is_merged_while_the_agent_works_gets_no_commit_and_the_work_is_kept() {
    let scene = Scene::with_review(vec![wait_for_go(NAMES), answered()]);
    let running = scene.start_until_the_agent_waits();
    scene.somebody_merges(PULL);
    git(&scene.path("origin.git"), &["branch", "-D", BRANCH]);
    scene.let_the_agent_go();
    let ran = running.end();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on the review of pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, as it is on origin
    ✓ prompt          dev_review_en (built in), <n> characters, 1 comment, 2 review threads
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q MANY services/checkout/cart.js || echo 'const MANY = 10;' >> services/checkout/cart.js; touch waits.log; until [ -e go.log ]; do sleep 0.1; done; rm waits.log go.log
      │ done: The numbers of the offer have names now.
    ✓ agent           1 command, 2,040 tokens
    ✗ check           gate state: pull request #8 is closed, which was open when the agent began
    note: stopped by the gate state: pull request #8 is closed, which was open when the agent began
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7-wip
        codex-bot <codex-bot@codex-k8s.local>
          feat: apply Codex review changes for PR #8
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
    insta::assert_snapshot!(scene.threads(), @"
    services/checkout/cart.js:3 open
      octocat: Can the 10 have a name?
    services/checkout/cart.js:9 open
      octocat: Is a float the right type for money?
    ");
}

#[test]
fn a_review_is_worked_in_once() {
    let scene = Scene::with_review(worked_in());
    assert_eq!(scene.run().exit, 0);
    let before = scene.everything();
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 3
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on the review of pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✗ slot            gate duplicate: this delivery (<delivery>) has been handled: submit another review to start anew
    note: stopped by the gate duplicate: this delivery (<delivery>) has been handled: submit another review to start anew
    ");
    assert_eq!(scene.everything(), before);
}

#[test]
fn a_branch_that_is_gone_is_said_before_the_agent_is_asked() {
    let scene = Scene::with_review(worked_in());
    git(&scene.path("origin.git"), &["branch", "-D", BRANCH]);
    let ran = scene.run();
    assert_eq!(scene.asked(), 0);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on the review of pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✗ sources         branch codex/issue-7 of pull request #8 is not on the remote any more: restore it, then submit the review again
    error: branch codex/issue-7 of pull request #8 is not on the remote any more: restore it, then submit the review again
    ");
}

#[test]
fn a_pull_request_from_the_default_branch_is_not_pushed_to() {
    let scene = Scene::with_review(worked_in());
    scene.somebody_pushes("release", "README.md", "Released.\n");
    scene.set_pull(|pull| (pull.head, pull.base) = ("main".to_owned(), "release".to_owned()));
    let ran = scene.run();
    assert_eq!(scene.asked(), 0);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on the review of pull request #8
    – issue           main is named after no issue
    ✓ fetch           release at <commit>
    ✓ slot            1 of ai, new
    ✗ sources         pull request #8 comes from the default branch main, and codexctl never pushes to that: open it from another branch
    error: pull request #8 comes from the default branch main, and codexctl never pushes to that: open it from another branch
    ");
}
