//! Runs that end well.

use crate::scene::Scene;
use crate::script::discount;

#[test]
fn an_issue_becomes_a_commit_and_what_github_would_get_lies_in_the_outbox() {
    let scene = Scene::new(discount());
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @r"
    exit 0
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            .codexctl/outbox/pull-codex-issue-7.md
    ✓ comment         the pull request of codex/issue-7, issue #7
    flow: dev
    verdict: done
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
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main

    === issue-7.comment-progress.md
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ Done: the change is on branch `codex/issue-7`

    Ten or more pieces of one product cost 10 % less.

    **Next:** review the branch. To have something changed, say what in a comment on #7, then set the label `[ai-dev]` again.

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
    - [x] Push
    - [x] Pull request
    - [x] Comments

    </details>
    === issue-7.labels.md
    - take off: [ai-dev]
    === issue-7.reaction.md
    👀 on issue #7
    === pull-codex-issue-7.comment-environment.md
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7"} -->
    ### ⚪ No live environment was deployed

    The run for #7 had no cluster (runtime `local`, environment `ai`, slot 1). To try the change, take the branch:

    ```sh
    git fetch origin codex/issue-7 && git switch codex/issue-7
    ```

    To have something changed, say what in a comment on #7, then set the label `[ai-dev]` again.
    === pull-codex-issue-7.md
    ---
    title: "Give the promised discount"
    head: "codex/issue-7"
    base: "main"
    draft: true
    labels: ["codex"]
    reviewers: ["octocat"]
    ---

    `priceCart` left the discount out.

    ## Verification

    `node --test`: all pass.

    ---
    <sub>Written by Codex for #7, published by codexctl · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`</sub>

    Closes #7
    === summary.md
    ## ✅ done: dev for #7

    Event `issues.labeled`: label \[ai-dev\] was set

    | | |
    | --- | --- |
    | Slot | 1 (`ai`) |
    | Pull request | in the outbox, draft, branch `codex/issue-7` |
    | Commit | `<commit>` |
    | Cost | <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model` |
    | Outbox | `.codexctl/outbox`: no GitHub token, so what would have been written there is in files |

    ### Steps

    | Step | | Time | |
    | --- | --- | --: | --- |
    | Checks before the start | ✅ | <time> | no GitHub token, so whoever sits at this machine is the actor |
    | Reaction on the issue | ✅ | <time> | eyes on issue #·7 |
    | Repository fetched | ✅ | <time> | main at <commit> |
    | Slot | ✅ | <time> | 1 of ai, new |
    | Sources | ✅ | <time> | branch codex/issue-7, new |
    | Prompt | ✅ | <time> | dev\_issue\_en (built in), <n> characters |
    | Codex at work | ✅ | <time> | 1 command, 2,040 tokens |
    | Publish policy | ✅ | <time> | done, 1 file, +1 −0 |
    | Commit | ✅ | <time> | <commit>  feat: Cart total ignores the quantity discount (#·7) |
    | Push | ✅ | <time> | new branch codex/issue-7 |
    | Pull request | ✅ | <time> | .codexctl/outbox/pull-codex-issue-7.md |
    | Comments | ✅ | <time> | the pull request of codex/issue-7, issue #·7 |

    ### Where to look

    - [Issue](https://github.com/codex-k8s/shop/issues/7)

    ### Changes

    1 file, +1 −0

    | File | + | − |
    | --- | --: | --: |
    | `services/checkout/cart.js` | 1 | 0 |

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
      phase: "published"
      delivery: "<delivery>"
      branch: "codex/issue-7"
      session: "<thread>"
      lease: null
    "#);
}

#[test]
fn with_a_token_the_issue_gets_a_draft_pull_request_comments_and_loses_its_label() {
    let scene = Scene::new(discount()).on_github();
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @r"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8, issue #7
    flow: dev
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
    insta::assert_snapshot!(scene.everything(), @r#"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main

    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","pr":8,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ Done: pull request #8 awaits your review

    Ten or more pieces of one product cost 10 % less.

    **Next:** review #8 and mark it as ready. To have something changed, submit a review with **Request changes**: Codex works through every open thread.

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
    - [x] Push
    - [x] Pull request
    - [x] Comments

    </details>
    === #8 "Give the promised discount": draft pull request main ← codex/issue-7, reviewers ["octocat"], labels ["codex"], reactions []
    `priceCart` left the discount out.

    ## Verification

    `node --test`: all pass.

    ---
    <sub>Written by Codex for #7, published by codexctl · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model`</sub>

    Closes #7
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
}

#[test]
fn a_run_takes_less_than_thirty_requests() {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.run().exit, 0);
    let log = scene.stand.as_ref().unwrap().log();
    assert!(log.len() < 30, "{} requests:\n{}", log.len(), log.join("\n"));
    insta::assert_snapshot!(scene.stand.as_ref().unwrap().writes().join("\n"), @"
    POST /repos/codex-k8s/shop/issues/7/reactions → 201
    POST /repos/codex-k8s/shop/issues/7/comments → 201
    POST /repos/codex-k8s/shop/pulls → 201
    POST /repos/codex-k8s/shop/issues/8/labels → 200
    POST /repos/codex-k8s/shop/pulls/8/requested_reviewers → 201
    POST /repos/codex-k8s/shop/issues/8/comments → 201
    DELETE /repos/codex-k8s/shop/issues/7/labels/%5Bai-dev%5D → 200
    PATCH /repos/codex-k8s/shop/issues/comments/101 → 200
    ");
}
