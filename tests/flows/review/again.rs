//! Reviews that are run again, are in each other's way, or meet people who act at the same time.

use serde_json::json;

use super::scene::{BRANCH, FIRST, NAMES, PULL, SECOND, answered, answers, worked_in};
use crate::scene::{REPO, Scene, git};
use crate::script::{done, run, wait_for_go};
use crate::stand::Fault;

#[test]
fn a_branch_that_moves_while_the_agent_works_is_merged() {
    let scene = Scene::with_review(vec![wait_for_go(NAMES), answered()]);
    let running = scene.start_until_the_agent_waits();
    scene.somebody_pushes(BRANCH, "README.md", "Discounts are granted.\n");
    scene.let_the_agent_go();
    let ran = running.end();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          Merge branch 'codex/issue-7' as it is on the remote
        Ada <ada@example.com>
          Somebody else's work
       README.md | 1 +
       1 file changed, 1 insertion(+)
        codex-bot <codex-bot@codex-k8s.local>
          feat: apply Codex review changes for PR #8
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
        Ada <ada@example.com>
          Somebody else's work
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
}

#[test]
fn a_merge_with_conflicts_keeps_the_work_beside_the_branch_and_resolves_nothing() {
    let scene = Scene::with_review_of(vec![wait_for_go(NAMES), answered()], "names");
    let running = scene.start_until_the_agent_waits();
    scene.somebody_pushes("names", "services/checkout/cart.js", "const TEN = 10;\n");
    scene.let_the_agent_go();
    let ran = running.end();
    assert_eq!(ran.exit, 1);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on the review of pull request #8
    – issue           names is named after no issue
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch names, as it is on origin
    ✓ prompt          dev_review_en (built in), <n> characters, 1 comment, 2 review threads
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q MANY services/checkout/cart.js || echo 'const MANY = 10;' >> services/checkout/cart.js; touch waits.log; until [ -e go.log ]; do sleep 0.1; done; rm waits.log go.log
      │ done: The numbers of the offer have names now.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: apply Codex review changes for PR #8
    ✗ push            branch names moved while the agent worked, and both changed services/checkout/cart.js. The work is on codex/names-conflict: merge it by hand, or delete that branch and start again
    error: branch names moved while the agent worked, and both changed services/checkout/cart.js. The work is on codex/names-conflict: merge it by hand, or delete that branch and start again
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/names-conflict
        codex-bot <codex-bot@codex-k8s.local>
          feat: apply Codex review changes for PR #8
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
        Ada <ada@example.com>
          Somebody else's work
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    branch names
        Ada <ada@example.com>
          Somebody else's work
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
        Ada <ada@example.com>
          Somebody else's work
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    ");
    assert!(!scene.threads().contains("codex-bot"));
}

#[test]
fn a_thread_that_somebody_resolves_meanwhile_stays_as_it_is() {
    let scene = Scene::with_review(vec![wait_for_go(NAMES), answered()]);
    let running = scene.start_until_the_agent_waits();
    scene.set_pull(|pull| pull.threads[0].resolved = true);
    scene.let_the_agent_go();
    let ran = running.end();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(scene.threads(), @r#"
    services/checkout/cart.js:3 resolved
      octocat: Can the 10 have a name?
    services/checkout/cart.js:9 open
      octocat: Is a float the right type for money?
      codex-bot: <!-- codexctl:{"kind":"reply","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"delivery":"review-80000"} -->
    Why not: the price list is in cents. Shall I change that too, @·octocat?
    "#);
}

#[test]
fn answers_to_threads_that_the_agent_was_not_told_of_go_nowhere_and_are_counted() {
    let threads = json!([
        {"id": FIRST, "reply": "Done.", "resolved": true},
        {"id": "PRRT_8_2", "reply": "I was never asked.", "resolved": true},
        {"id": "PRRT_9_0", "reply": "Nor here.", "resolved": true},
    ]);
    let scene = Scene::with_review(vec![run(NAMES), answers("done", &threads)]);
    scene.set_pull(|pull| pull.threads.push(super::scene::thread(20, "hidden")));
    scene.set_pull(|pull| pull.threads[2].minimized = vec![0]);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(scene.threads(), @r#"
    services/checkout/cart.js:3 resolved
      octocat: Can the 10 have a name?
      codex-bot: <!-- codexctl:{"kind":"reply","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"delivery":"review-80000"} -->
    Done.
    services/checkout/cart.js:9 open
      octocat: Is a float the right type for money?
    services/checkout/cart.js:20 open
      octocat: hidden
    "#);
    let github = scene.github();
    let left = github.split("**Not carried out").nth(1).unwrap().split("**Cost").next().unwrap().to_owned();
    insta::assert_snapshot!(left, @"
     of the result:**
    - 1 review thread got no answer from Codex
    - 2 answers name no open thread of this pull request
    ");
}

#[test]
fn an_answer_whose_answer_is_cut_is_not_written_twice() {
    for fault in [Fault::CutAfter, Fault::CutBefore, Fault::StatusAfter(502)] {
        let scene = Scene::with_review(worked_in());
        scene.stand.as_ref().unwrap().fail_next("POST /graphql addPullRequestReviewThreadReply", fault.clone());
        let ran = scene.run();
        assert_eq!(ran.exit, 0, "{fault:?}: {}", ran.stderr);
        assert_eq!(scene.threads().matches("codex-bot:").count(), 2, "{fault:?}: {}", scene.threads());
    }
}

#[test]
fn a_review_waits_for_the_run_that_works_on_the_slot() {
    let change = "echo '// More and more.' >> services/checkout/cart.js";
    let scene = Scene::with_review(vec![wait_for_go(change), done(), run(NAMES), answers("done", &json!([]))]);
    scene.write_label();
    let dev = scene.start_until_the_agent_waits();
    scene.write_review(BRANCH);
    let review = scene.start();
    scene.until_asked("addReaction", 1);
    scene.let_the_agent_go();
    assert_eq!(dev.end().exit, 0);
    let ran = review.end();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let commits = git(&scene.path("origin.git"), &["log", "--format=%s", "main..codex/issue-7"]);
    insta::assert_snapshot!(commits, @"
    feat: apply Codex review changes for PR #8
    feat: Cart total ignores the quantity discount (#7)
    Somebody else's work
    ");
}

#[test]
fn protected_files_are_named_on_top_of_a_pull_request_that_is_ready_and_stays_so() {
    let change = "mkdir -p .github && echo 'on: push' > .github/ci.yml";
    let scene = Scene::with_review(vec![run(change), answered()]);
    scene.set_pull(|pull| pull.draft = false);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let state = scene.stand.as_ref().unwrap().state();
    let issue = &state.repos[REPO].issues[&PULL];
    assert!(!issue.pull.as_ref().unwrap().draft);
    insta::assert_snapshot!(issue.body, @"
    > [!WARNING]
    > **A run for a review changed protected files here:** `.github/ci.yml`. Read them line by line before you merge: this pull request was ready for review, and stays so.

    `priceCart` left the discount out.

    Closes #7
    ");
}

#[test]
fn a_secret_in_an_answer_stops_everything() {
    let threads = json!([{"id": SECOND, "reply": concat!("Use ghp", "_x7Kd93mQp0ZtVb81RwLnYc5HsE2uGa4JfT6o."), "resolved": true}]);
    let scene = Scene::with_review(vec![run(NAMES), answers("done", &threads)]);
    let ran = scene.run();
    assert_eq!(ran.exit, 1);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on the review of pull request #8
    ✓ issue           #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, as it is on origin
    ✓ prompt          dev_review_en (built in), <n> characters, 1 comment, 2 review threads
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q MANY services/checkout/cart.js || echo 'const MANY = 10;' >> services/checkout/cart.js
      │ done: The numbers of the offer have names now.
    ✓ agent           1 command, 2,040 tokens
    ✗ check           secrets would leave the run:
    error: secrets would leave the run:
      an answer of the agent in a review thread:1: GitHub token
    ");
    assert!(!scene.threads().contains("codex-bot"));
    assert!(!scene.github().contains("ghp_"));
}
