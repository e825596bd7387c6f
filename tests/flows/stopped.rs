//! Runs that are stopped while the agent works: Ctrl-C, SIGTERM, kill -9. No work is lost, and the next run goes on from it.

use rustix::process::Signal;

use crate::scene::Scene;
use crate::script::{CHANGE, GO, WAITS, done, run, wait_for_go};

/// The first run is stopped in its command; the second goes on and finds the change there.
fn stopped_in_its_command(signal: Signal, on_github: bool) -> (Scene, crate::command::Ran) {
    let scene = Scene::new(vec![wait_for_go(CHANGE), wait_for_go(CHANGE), done()]);
    let scene = if on_github { scene.on_github() } else { scene };
    let running = scene.start_until_the_agent_waits();
    running.signal(signal);
    let ran = running.end();
    (scene, ran)
}

/// Runs again, to the end.
fn goes_on(scene: &Scene) -> String {
    let running = scene.start_until_the_agent_waits();
    scene.let_the_agent_go();
    let ran = running.end();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    log(scene, &ran)
}

/// The log without the agent's commands: whether the one that was cut is heard of depends on the moment.
fn log(scene: &Scene, ran: &crate::command::Ran) -> String {
    scene.log(ran).lines().filter(|line| !line.starts_with("  │ $")).map(|line| format!("{line}\n")).collect()
}

/// Nothing of the agent is left on this machine.
pub(crate) fn assert_no_agent(scene: &Scene) {
    let tree = scene.tree().display().to_string();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(180);
    while std::time::Instant::now() < until {
        let lines = std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        if !lines.into_iter().any(|line| String::from_utf8_lossy(&line).contains(&tree)) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the agent still works in {tree}");
}

#[test]
fn after_ctrl_c_the_work_lies_in_the_outbox_and_the_next_run_goes_on_from_it() {
    let (scene, ran) = stopped_in_its_command(Signal::INT, false);
    assert_no_agent(&scene);
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 130
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
    ✗ agent           interrupted
    warning: interrupted
    ");
    insta::assert_snapshot!(scene.everything(), @r#"
    branch main

    === codex-issue-7-wip.patch
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
    === issue-7.comment-progress.md
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"<delivery>"} -->
    ### ⏹️ The run was stopped before its end

    **Nothing is lost:** the work so far is in the patch `.codexctl/outbox/codex-issue-7-wip.patch`; the next run goes on from there.

    **Next:** set the label `[ai-dev]` again.

    **Cost:** <time> · 1,000 tokens in (100 cached), 20 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [ ] **Codex at work** ❌

    </details>
    === issue-7.labels.md
    - take off: [ai-dev]
    === issue-7.reaction.md
    👀 on issue #7
    === summary.md
    ## ⏹️ interrupted: dev for #7

    Event `issues.labeled`: label \[ai-dev\] was set

    | | |
    | --- | --- |
    | Slot | 1 (`ai`) |
    | Cost | <time> · 1,000 tokens in (100 cached), 20 out · 1 turn · `mock-model` |
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
    | Codex at work | ❌ | <time> | interrupted |

    ### Where to look

    - [Issue](https://github.com/codex-k8s/shop/issues/7)

    ### Changes

    1 file, +1 −0

    | File | + | − |
    | --- | --: | --: |
    | `services/checkout/cart.js` | 1 | 0 |
    "#);
    assert!(!scene.state().join("work/ai-1").exists());
    insta::assert_snapshot!(goes_on(&scene), @"
    exit 0
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new, with the saved work of the run before
    ✓ prompt          dev_issue_en (built in), <n> characters
    note: the agent's thread <thread> is gone: a new one starts with the full prompt
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            .codexctl/outbox/pull-codex-issue-7.md
    ✓ comment         the pull request of codex/issue-7, issue #7
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
    insta::assert_snapshot!(scene.outbox_names(), @"
    .gitignore
    issue-7.comment-progress.md
    issue-7.labels.md
    issue-7.reaction.md
    pull-codex-issue-7.comment-environment.md
    pull-codex-issue-7.md
    summary.md
    ");
}

#[test]
fn after_sigterm_the_work_is_on_a_branch_and_the_next_run_goes_on_from_it() {
    let (scene, ran) = stopped_in_its_command(Signal::TERM, true);
    assert_no_agent(&scene);
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 130
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
    ✗ agent           interrupted
    warning: interrupted
    ");
    insta::assert_snapshot!(scene.everything(), @r#"
    branch codex/issue-7-wip
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main

    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"<delivery>"} -->
    ### ⏹️ The run was stopped before its end

    **Nothing is lost:** the work so far is on branch `codex/issue-7-wip`; the next run goes on from there.

    **Next:** set the label `[ai-dev]` again.

    **Cost:** <time> · 1,000 tokens in (100 cached), 20 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the issue
    - [x] Repository fetched
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [ ] **Codex at work** ❌

    </details>
    "#);
    assert!(!scene.state().join("work/ai-1").exists());
    scene.somebody_labels_again();
    insta::assert_snapshot!(goes_on(&scene), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new, with the saved work of the run before
    ✓ prompt          dev_issue_en (built in), <n> characters
    note: the agent's thread <thread> is gone: a new one starts with the full prompt
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8, issue #7
    ");
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
fn after_kill_9_the_next_run_goes_on_in_the_slot_itself() {
    let (scene, ran) = stopped_in_its_command(Signal::KILL, true);
    assert_eq!(ran.exit, -1);
    std::fs::remove_file(scene.tree().join(WAITS)).unwrap();
    let log = goes_on(&scene);
    assert_no_agent(&scene);
    insta::assert_snapshot!(log, @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    slot 1 was left by <run> (its process is gone): going on with it
    ✓ slot            1 of ai, as it was
    ✓ sources         branch codex/issue-7, new, with the unfinished work of the run before
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8, issue #7
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: Cart total ignores the quantity discount (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
    insta::assert_snapshot!(scene.github(), @r#"
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
    "#);
}

#[test]
fn a_slot_that_was_there_before_is_left_as_it_was_by_a_stopped_run() {
    let scene = Scene::new(vec![run(CHANGE), done(), wait_for_go(CHANGE), done()]).on_github();
    assert_eq!(scene.run().exit, 0);
    scene.somebody_labels_again();
    let running = scene.start_until_the_agent_waits();
    running.signal(Signal::INT);
    let ran = running.end();
    insta::assert_snapshot!(log(&scene, &ran), @"
    exit 130
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, as it was
    ✓ sources         branch codex/issue-7, as it is on origin
    ✓ prompt          dev_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
    ✗ agent           interrupted
    warning: interrupted
    ");
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
      phase: "ready"
      delivery: "<delivery>"
      branch: "codex/issue-7"
      session: "<thread>"
      lease: null
    "#);
    assert!(!scene.tree().join(GO).exists());
    assert!(scene.tree().exists());
}
