//! A review is worked in: commit, push, answers, comments.

use serde_json::json;

use super::scene::{FIRST, PULL, answers, worked_in};
use crate::scene::{REPO, Scene};
use crate::script::run;

#[test]
fn a_review_becomes_a_commit_on_the_branch_and_an_answer_in_every_thread() {
    let scene = Scene::with_review(worked_in());
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
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
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: apply Codex review changes for PR #8
    ✓ push            branch codex/issue-7
    – notice          no protected file was changed
    ✓ threads         2 answered, 1 resolved
    ✓ comment         pull request #8
    flow: review
    verdict: done
    slot: 1
    namespace: shop-dev-1
    env: ai
    branch: codex/issue-7
    pr_number: 8
    pr_url: https://github.com/codex-k8s/shop/pull/8
    commit: <commit>
    session_id: <thread>
    input_tokens: 2000
    output_tokens: 40
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7 --pr 8
    ");
    insta::assert_snapshot!(scene.threads(), @r#"
    services/checkout/cart.js:3 resolved
      octocat: Can the 10 have a name?
      codex-bot: <!-- codexctl:{"kind":"reply","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"delivery":"review-80000"} -->
    The 10 has a name now: `MANY`.
    services/checkout/cart.js:9 open
      octocat: Is a float the right type for money?
      codex-bot: <!-- codexctl:{"kind":"reply","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"delivery":"review-80000"} -->
    Why not: the price list is in cents. Shall I change that too, @·octocat?
    "#);
    insta::assert_snapshot!(scene.everything(), @r#"
    branch codex/issue-7
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

    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions []
    === #8 "Give the promised discount": draft pull request main ← codex/issue-7, reviewers [], labels [], reactions []
    `priceCart` left the discount out.

    Closes #7
    --- resolved thread at services/checkout/cart.js:3
        octocat: Can the 10 have a name?
        codex-bot: <!-- codexctl:{"kind":"reply","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"delivery":"review-80000"} -->
    The 10 has a name now: `MANY`.
    --- open thread at services/checkout/cart.js:9
        octocat: Is a float the right type for money?
        codex-bot: <!-- codexctl:{"kind":"reply","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"delivery":"review-80000"} -->
    Why not: the price list is in cents. Shall I change that too, @·octocat?
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ Done: the review is worked in

    The numbers of the offer have names now.

    **Next:** look at the answers in the threads and at the new commit. To have something changed, submit a review with **Request changes**: Codex works through every open thread.

    **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the review
    - [x] Issue of the branch
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [x] Publish policy
    - [x] Commit
    - [x] Push
    - [x] Notice about protected files · nothing to do
    - [x] Answers in the threads
    - [x] Comments

    </details>
    --- codex-bot:
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### ⚪ No live environment was deployed

    The run for #7 had no cluster (runtime `local`, environment `ai`, slot 1). To try the change, take the branch:

    ```sh
    git fetch origin codex/issue-7 && git switch codex/issue-7
    ```

    To have something changed, submit a review with **Request changes**: Codex works through every open thread.

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
      phase: "published"
      delivery: "<delivery>"
      branch: "codex/issue-7"
      session: "<thread>"
      lease: null
    "#);
    // How often the comment is edited on the way depends on how long the run takes.
    let mut writes = scene.stand.as_ref().unwrap().writes();
    writes.retain(|write| !write.starts_with("PATCH"));
    insta::assert_snapshot!(writes.join("\n"), @"
    POST /graphql addReaction → 200
    POST /repos/codex-k8s/shop/issues/8/comments → 201
    POST /graphql addPullRequestReviewThreadReply → 200
    POST /graphql resolveReviewThread → 200
    POST /graphql addPullRequestReviewThreadReply → 200
    POST /repos/codex-k8s/shop/issues/8/comments → 201
    ");
}

#[test]
fn a_pull_request_of_any_branch_has_a_slot_of_its_own() {
    let scene = Scene::with_review_of(worked_in(), "names");
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on the review of pull request #8
    – issue           names is named after no issue
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch names, as it is on origin
    ✓ prompt          dev_review_en (built in), <n> characters, 1 comment, 2 review threads
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q MANY services/checkout/cart.js || echo 'const MANY = 10;' >> services/checkout/cart.js
      │ done: The numbers of the offer have names now.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: apply Codex review changes for PR #8
    ✓ push            branch names
    – notice          no protected file was changed
    ✓ threads         2 answered, 1 resolved
    ✓ comment         pull request #8
    ");
    insta::assert_snapshot!(scene.records(), @r#"
    record 1.json
      schema: 1
      slot: 1
      env: "ai"
      namespace: "shop-dev-1"
      owner: "<run>"
      issue: null
      pr: 8
      project: "shop"
      repo: "codex-k8s/shop"
      phase: "published"
      delivery: "<delivery>"
      branch: "names"
      session: "<thread>"
      lease: null
    "#);
}

#[test]
fn without_a_change_the_threads_are_answered_and_stay_open() {
    let threads = json!([{"id": FIRST, "reply": "It has a name: see line 3.", "resolved": true}]);
    let scene = Scene::with_review(vec![run("true"), answers("nothing-to-do", &threads)]);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(scene.threads(), @r#"
    services/checkout/cart.js:3 open
      octocat: Can the 10 have a name?
      codex-bot: <!-- codexctl:{"kind":"reply","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"delivery":"review-80000"} -->
    It has a name: see line 3.
    services/checkout/cart.js:9 open
      octocat: Is a float the right type for money?
    "#);
    insta::assert_snapshot!(scene.github(), @r#"
    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions []
    === #8 "Give the promised discount": draft pull request main ← codex/issue-7, reviewers [], labels [], reactions []
    `priceCart` left the discount out.

    Closes #7
    --- open thread at services/checkout/cart.js:3
        octocat: Can the 10 have a name?
        codex-bot: <!-- codexctl:{"kind":"reply","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"delivery":"review-80000"} -->
    It has a name: see line 3.
    --- open thread at services/checkout/cart.js:9
        octocat: Is a float the right type for money?
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ➖ Codex changed nothing

    What it says:

    The numbers of the offer have names now.

    **Next:** if that settles it, resolve the threads and approve. If not, say there what should change, then submit a review with **Request changes**.

    **Not carried out of the result:**
    - 1 review thread got no answer from Codex

    **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the review
    - [x] Issue of the branch
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [x] Publish policy
    - [x] Commit · nothing to do
    - [x] Push · nothing to do
    - [x] Notice about protected files · nothing to do
    - [x] Answers in the threads
    - [x] Comments

    </details>
    "#);
}

#[test]
fn a_dry_run_shows_every_write_and_touches_nothing() {
    let scene = Scene::with_review(worked_in()).env("CODEXCTL_DRY_RUN", "true");
    let before = (scene.github(), scene.origin());
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let shown = scene.plain(&ran.stdout);
    let numbered = |line: &&str| {
        line.chars().any(|c| c.is_ascii_digit()) && (line.contains(". GitHub: ") || line.contains(". git: "))
    };
    insta::assert_snapshot!(shown.lines().filter(numbered).collect::<Vec<_>>().join("\n"), @"
    │  ├─ 1. GitHub: put an eyes reaction on the review of pull request #8
    │  ├─ 2. GitHub: write the progress comment on pull request #8
    │  ├─ 3. git: clone codex/issue-7 at <commit> for the agent, without remotes and credentials
    │  ├─ 4. git: commit `feat: apply Codex review changes for PR #8` as codex-bot <codex-bot@codex-k8s.local>
    │  ├─ 5. git: push codex/issue-7 to https://github.com/codex-k8s/shop.git
    │  ├─ 6. GitHub: answer 2 review threads of pull request #8, and resolve those that the agent calls done
    │  ├─ 7. GitHub: write the environment comment on pull request #8
    │  └─ 8. GitHub: write the progress comment on pull request #8
    ");
    assert_eq!((scene.github(), scene.origin()), before);
    assert_eq!(scene.records(), "");
    assert_eq!(scene.asked(), 0);
}

#[test]
fn without_a_token_the_text_of_the_review_is_worked_in_and_what_people_get_lies_in_the_outbox() {
    let scene = Scene::with_review(worked_in()).env("GH_TOKEN", "");
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on the review of pull request #8
    – issue           issue #7 can't be read without a token: the pull request stands alone
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, as it is on origin
    warning: the review's threads can't be read without a token: the agent is told its text alone
    ✓ prompt          dev_review_en (built in), <n> characters, 1 comment
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q MANY services/checkout/cart.js || echo 'const MANY = 10;' >> services/checkout/cart.js
      │ done: The numbers of the offer have names now.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: apply Codex review changes for PR #8
    ✓ push            branch codex/issue-7
    – notice          no protected file was changed
    ✓ threads         0 answered, 0 resolved
    ✓ comment         pull request #8
    ");
    insta::assert_snapshot!(scene.outbox_names(), @"
    .gitignore
    pull-8.comment-environment.md
    pull-8.comment-progress.md
    pull-8.review-80000.reaction.md
    summary.md
    ");
    assert!(scene.prompt().contains("Please give the numbers names."));
    assert!(scene.outbox_file("pull-8.comment-progress.md").contains("### ✅ Done: the review is worked in"));
}

#[test]
fn without_a_token_a_review_that_says_nothing_itself_is_not_guessed_at() {
    let scene = Scene::with_review(worked_in()).env("GH_TOKEN", "");
    scene.change_event(|event| event["review"]["body"] = serde_json::Value::Null);
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (2, 0));
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 2
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on the review of pull request #8
    – issue           issue #7 can't be read without a token: the pull request stands alone
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, as it is on origin
    ✗ prompt          the review says nothing by itself, and its threads can't be read without a token: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN
    error: the review says nothing by itself, and its threads can't be read without a token: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN
    ");
}

#[test]
fn labels_of_the_pull_request_choose_the_model_where_the_issue_has_none() {
    let scene = Scene::with_review(worked_in()).env("CODEXCTL_MODEL", "");
    scene
        .stand
        .as_ref()
        .unwrap()
        .set(|state| state.issue_mut(REPO, PULL).labels.push("[ai-model-mock-model]".to_owned()));
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let seen = scene.model.seen();
    let asked = seen.iter().rfind(|seen| seen.path == "/v1/responses").unwrap();
    assert_eq!(asked.body["model"], "mock-model");
}
