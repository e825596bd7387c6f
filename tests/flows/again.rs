//! Issues that are worked on more than once, and branches that others work on, too.

use crate::scene::Scene;
use crate::script::{CHANGE, MORE, done, run, wait_for_go};

#[test]
fn a_label_that_is_set_again_goes_on_with_branch_and_pull_request() {
    let scene = Scene::new(vec![run(MORE), done()]).on_github();
    assert_eq!(scene.run().exit, 0);
    scene.somebody_labels_again();
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, as it was
    ✓ sources         branch codex/issue-7, as it is on origin
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ echo '// More and more.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            branch codex/issue-7
    ✓ pull            https://github.com/codex-k8s/shop/pull/8, updated
    ✓ comment         pull request #8, issue #7
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
    let state = scene.stand.as_ref().unwrap().state();
    let repo = &state.repos[crate::scene::REPO];
    assert_eq!(repo.issues.keys().collect::<Vec<_>>(), [&7, &8]);
    assert_eq!((repo.comments.len(), &repo.issues[&7].labels), (2, &vec!["bug".to_owned()]));
}

#[test]
fn after_a_merge_the_work_starts_anew_on_a_branch_of_its_own() {
    let scene = Scene::new(vec![run(MORE), done()]).on_github();
    assert_eq!(scene.run().exit, 0);
    scene.somebody_merges(8);
    scene.somebody_labels_again();
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, as it was
    ✓ sources         branch codex/issue-7-2, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ echo '// More and more.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7-2
    ✓ pull            https://github.com/codex-k8s/shop/pull/9
    ✓ comment         pull request #9, issue #7
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
    branch codex/issue-7-2
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
    let state = scene.stand.as_ref().unwrap().state();
    let pull = state.repos[crate::scene::REPO].issues[&9].pull.as_ref().unwrap();
    assert_eq!((pull.head.as_str(), pull.base.as_str()), ("codex/issue-7-2", "main"));
}

#[test]
fn a_branch_that_moved_meanwhile_is_merged() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let running = scene.start_until_the_agent_waits();
    scene.somebody_pushes("codex/issue-7", "README.md", "Discounts are granted.\n");
    scene.let_the_agent_go();
    let ran = running.end();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js; touch waits.log; until [ -e go.log ]; do sleep 0.1; done; rm waits.log go.log
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            branch codex/issue-7 had moved: merged with <commit>
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8, issue #7
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          Merge branch 'codex/issue-7' as it is on the remote
        Ada <ada@example.com>
          Somebody else's work
       README.md | 1 +
       1 file changed, 1 insertion(+)
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
}

#[test]
fn work_that_conflicts_with_a_branch_that_moved_is_kept_beside_it() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let running = scene.start_until_the_agent_waits();
    scene.somebody_pushes("codex/issue-7", "services/checkout/cart.js", "// Discounts are not granted.\n");
    scene.let_the_agent_go();
    let ran = running.end();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js; touch waits.log; until [ -e go.log ]; do sleep 0.1; done; rm waits.log go.log
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✗ push            branch codex/issue-7 moved while the agent worked, and both changed services/checkout/cart.js. The work is on codex/issue-7-conflict: merge it by hand, or delete that branch and start again
    error: branch codex/issue-7 moved while the agent worked, and both changed services/checkout/cart.js. The work is on codex/issue-7-conflict: merge it by hand, or delete that branch and start again
    flow: dev
    verdict: failed
    slot: 1
    namespace: shop-dev-1
    env: ai
    branch: codex/issue-7
    commit: <commit>
    session_id: <thread>
    input_tokens: 2000
    output_tokens: 40
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7
    ");
    insta::assert_snapshot!(scene.everything(), @r#"
    branch codex/issue-7
        Ada <ada@example.com>
          Somebody else's work
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch codex/issue-7-conflict
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main

    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"<delivery>"} -->
    ### ❌ The run failed

    > ```text
    > branch codex/issue-7 moved while the agent worked, and both changed services/checkout/cart.js. The work is on codex/issue-7-conflict: merge it by hand, or delete that branch and start again
    > ```

    <details><summary>What Codex said last</summary>

    Ten or more pieces of one product cost 10 % less.

    </details>

    **Nothing is lost:** the branch moved while Codex worked, and merging conflicts. The work is on branch `codex/issue-7-conflict`.

    **Next:** merge that branch by hand, or delete it and set the label `[ai-dev]` again.

    **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [x] Publish policy
    - [x] Commit
    - [ ] **Push** ❌

    </details>

    record 1.json
      schema: 1
      slot: 1
      env: "ai"
      namespace: "shop-dev-1"
      owner: "<run>"
      issue: 7
      pr: null
      project: "shop"
      repo: "codex-k8s/shop"
      phase: "agent"
      delivery: "<delivery>"
      branch: "codex/issue-7"
      session: "<thread>"
      lease: null
    "#);
}

#[test]
fn the_default_branch_may_move_while_the_agent_works() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let running = scene.start_until_the_agent_waits();
    scene.somebody_pushes("main", "README.md", "Discounts are granted.\n");
    scene.let_the_agent_go();
    let ran = running.end();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
}

#[test]
fn the_second_run_starts_from_what_the_first_one_pushed() {
    let scene = Scene::new(vec![run(&format!("{MORE}; grep -c More services/checkout/cart.js > count.txt")), done()]);
    assert_eq!(scene.run().exit, 0);
    scene.somebody_labels_again();
    assert_eq!(scene.run().exit, 0);
    let count = crate::scene::git(&scene.path("origin.git"), &["show", "codex/issue-7:count.txt"]);
    assert_eq!(count, "2");
}
