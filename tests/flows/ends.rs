//! Runs that end in another way: nothing to do, a question, a failure, no more time, no more tokens.

use serde_json::json;

use crate::model::Turn;
use crate::scene::Scene;
use crate::script::{CHANGE, done, result, result_with, run, wait_for_go, with_tokens};

const COMMENT: &str = "issue-7.comment-progress.md";

#[test]
fn an_agent_that_changes_nothing_makes_no_pull_request() {
    let scene = Scene::new(vec![run("true"), result("nothing-to-do", "The discount is there already.")]);
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ true
      │ nothing-to-do: The discount is there already.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           no-change
    – commit          nothing to commit
    – push            no commit
    – pull            no commit
    ✓ comment         issue #7
    ");
    insta::assert_snapshot!(scene.outbox_names(), @"
    .gitignore
    issue-7.comment-progress.md
    issue-7.labels.md
    issue-7.reaction.md
    summary.md
    ");
    insta::assert_snapshot!(scene.outbox_file(COMMENT), @r#"
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ➖ Codex changed nothing

    What it says:

    The discount is there already.

    **Next:** if that settles it, close the issue. If not, say what should change in a comment, then set the label `[ai-dev]` again.

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
    - [x] Commit · nothing to do
    - [x] Push · nothing to do
    - [x] Pull request · nothing to do
    - [x] Comments

    </details>
    "#);
    insta::assert_snapshot!(scene.origin(), @"branch main");
}

#[test]
fn a_blocked_agent_asks_its_questions_on_the_issue() {
    let asks = [("questions", json!(["Is the discount per line or per cart?", "Does it round up?"]))];
    let scene = Scene::new(vec![result_with("blocked", "Two things are open.", &asks)]).on_github();
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ blocked: Two things are open.
    ✓ agent           0 commands, 1,020 tokens
    ✓ check           blocked
    – commit          nothing to commit
    – push            no commit
    – pull            no commit
    ✓ comment         issue #7
    ");
    insta::assert_snapshot!(scene.github(), @r#"
    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✋ Codex needs your answer

    1. Is the discount per line or per cart?
    2. Does it round up?

    Two things are open.

    **Next:** answer in a comment, then set the label `[ai-dev]` again.

    **Cost:** <time> · 1,000 tokens in (100 cached), 20 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [x] Publish policy
    - [x] Commit · nothing to do
    - [x] Push · nothing to do
    - [x] Pull request · nothing to do
    - [x] Comments

    </details>
    "#);
    insta::assert_snapshot!(scene.origin(), @"branch main");
}

#[test]
fn a_failed_turn_fails_the_run_and_takes_the_new_slot_away() {
    let refused = Turn { status: Some(400), message: Some("The model does not exist.".into()), ..Turn::default() };
    let scene = Scene::new(vec![refused]).on_github();
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @r"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ error: The model does not exist.
      │ error: The model does not exist.
    ✗ agent           ended badly after 0 commands, 0 tokens
    ✗ check           The model does not exist.
    error: The model does not exist.
    flow: dev
    verdict: failed
    slot: 1
    namespace: shop-dev-1
    env: ai
    branch: codex/issue-7
    session_id: <thread>
    input_tokens: 0
    output_tokens: 0
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7
    ");
    insta::assert_snapshot!(scene.everything(), @r#"
    branch main

    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"<delivery>"} -->
    ### ❌ The run failed

    > ```text
    > The model does not exist.
    > ```

    **Next:** put right what is named above, then set the label `[ai-dev]` again.

    **Cost:** <time> · 0 tokens in, 0 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [ ] **Codex at work** ❌
    - [ ] Publish policy

    </details>
    "#);
}

#[test]
fn an_agent_that_runs_out_of_time_leaves_its_work_for_the_next_run() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]);
    scene.change_stack("exec: 45m", "exec: 10s");
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 4
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js; touch waits.log; until [ -e go.log ]; do sleep 0.1; done; rm waits.log go.log
    ✗ agent           ran out of time after 0 commands, 1,020 tokens
    ✗ check           codex.timeouts.exec was over before the agent had ended
    error: codex.timeouts.exec was over before the agent had ended
    ");
    insta::assert_snapshot!(scene.outbox_names(), @"
    .gitignore
    codex-issue-7-wip.patch
    issue-7.comment-progress.md
    issue-7.labels.md
    issue-7.reaction.md
    summary.md
    ");
    insta::assert_snapshot!(scene.outbox_file(COMMENT), @r#"
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"<delivery>"} -->
    ### ⏱️ Stopped: the time was over (<time>)

    > ```text
    > codex.timeouts.exec was over before the agent had ended
    > ```

    **Nothing is lost:** the work so far is in the patch `.codexctl/outbox/codex-issue-7-wip.patch`; the next run goes on from there.

    **Next:** set the label `[ai-dev]` again to go on. If that keeps happening, split the issue or raise `codex.timeouts.exec` in `services.yaml`.

    **Cost:** <time> · 1,000 tokens in (100 cached), 20 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [ ] **Codex at work** ❌
    - [ ] Publish policy

    </details>
    "#);
    insta::assert_snapshot!(scene.outbox_file("codex-issue-7-wip.patch"), @"
    feat: Cart total ignores the quantity discount (#7)

    Unfinished work of branch codex/issue-7, on top of commit <commit>.
    Take it up with: git apply --3way codex-issue-7-wip.patch

    diff --git a/services/checkout/cart.js b/services/checkout/cart.js
    index <commit>..<commit> 100644
    --- a/services/checkout/cart.js
    +++ b/services/checkout/cart.js
    @@ -20,3 +20,4 @@ export function priceCart(items, products) {
         });
       return { lines, totalCents: lines.reduce((sum, line) => sum + line.totalCents, 0) };
     }
    +// Ten or more cost 10 % less.
    ");
}

#[test]
fn an_agent_that_spends_its_budget_is_ended() {
    let scene = Scene::new(vec![with_tokens(run(CHANGE), 9000), with_tokens(run("true"), 9000), done()]);
    scene.change_stack("tokens: 2000000", "tokens: 10000");
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ error: codexctl: 9020 of 10000 tokens are used; the next request would go over codex.budget.tokens
      │ error: codexctl: 9020 of 10000 tokens are used; the next request would go over codex.budget.tokens
    ✗ agent           ran out of tokens after 1 command, 9,020 tokens
    ✗ check           the next request would have gone over codex.budget.tokens
    error: the next request would have gone over codex.budget.tokens
    ");
    insta::assert_snapshot!(scene.outbox_file(COMMENT), @r#"
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"<delivery>"} -->
    ### 🪙 Stopped: the token budget was used up (10,000)

    > ```text
    > the next request would have gone over codex.budget.tokens
    > ```

    **Nothing is lost:** the work so far is in the patch `.codexctl/outbox/codex-issue-7-wip.patch`; the next run goes on from there.

    **Next:** set the label `[ai-dev]` again to go on with a new budget. If that keeps happening, split the issue or raise `codex.budget.tokens` in `services.yaml`.

    **Cost:** <time> · 9,000 tokens in (100 cached), 20 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [ ] **Codex at work** ❌
    - [ ] Publish policy

    </details>
    "#);
    insta::assert_snapshot!(scene.outbox_names(), @"
    .gitignore
    codex-issue-7-wip.patch
    issue-7.comment-progress.md
    issue-7.labels.md
    issue-7.reaction.md
    summary.md
    ");
}

#[test]
fn a_key_that_the_model_does_not_take_is_told_by_its_variable_and_the_model_s_own_address() {
    let scene = Scene::new(vec![]).env("OPENAI_API_KEY", "sk-wrong-0123456789abcdef");
    let model = scene.model.base_url();
    let plain = |text: &str| text.replace(&model, "https://model.example/v1");
    let ran = scene.run();
    insta::assert_snapshot!(plain(&scene.log(&ran)), @"
    exit 1
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ error: the model's endpoint http://<address>/v1 does not take the key in OPENAI_API_KEY (401): it is wrong, has run out, or is for another endpoint. Set a key that counts there; OPENAI_BASE_URL…
      │ error: the model's endpoint http://<address>/v1 does not take the key in OPENAI_API_KEY (401): it is wrong, has run out, or is for another endpoint. Set a key that counts there; OPENAI_BASE_URL…
    ✗ agent           ended badly after 0 commands, 0 tokens
    ✗ check           the model's endpoint http://<address>/v1 does not take the key in OPENAI_API_KEY (401): it is wrong, has run out, or is for another endpoint. Set a key that counts there; OPENAI_BASE_URL names the endpoint
    error: the model's endpoint http://<address>/v1 does not take the key in OPENAI_API_KEY (401): it is wrong, has run out, or is for another endpoint. Set a key that counts there; OPENAI_BASE_URL names the endpoint
    ");
    let comment = plain(&scene.outbox_file(COMMENT));
    insta::assert_snapshot!(comment.lines().skip(1).take_while(|line| !line.starts_with("**Next")).collect::<Vec<_>>().join("\n"), @"
    ### ❌ The run failed

    > ```text
    > the model's endpoint http://<address>/v1 does not take the key in OPENAI_API_KEY (401): it is wrong, has run out, or is for another endpoint. Set a key that counts there; OPENAI_BASE_URL names the endpoint
    > ```
    ");
    for text in [&ran.stdout, &ran.stderr, &comment] {
        assert!(!plain(text).contains("127.0.0.1"), "{text}");
    }
}
