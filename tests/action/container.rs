//! The container action on a runner, from `docker run` to the end of its post step.

use regex::Regex;
use serde_json::json;

use crate::model::Turn;
use crate::runner::{Ended, RUNNER};
use crate::scene::{KEY, Scene, TOKEN};
use crate::script::{CHANGE, WAITS, discount, done, run, wait_for_go};

/// What a step said, with its exit code.
fn said(scene: &Scene, ended: &Ended) -> String {
    plain(scene, &format!("exit {}\n{}", ended.exit, ended.log))
}

/// Names instead of what is different in every run, those of the runner's files too.
fn plain(scene: &Scene, text: &str) -> String {
    let id = Regex::new("(step_summary_)[0-9a-f]{32}").unwrap();
    let seconds = Regex::new(r"duration_seconds=\d+").unwrap();
    let text = scene.plain(text);
    seconds.replace_all(&id.replace_all(&text, "$1<id>"), "duration_seconds=<time>").into_owned()
}

/// The same without the agent's commands: whether one that was cut is heard of depends on the moment.
fn said_in_short(scene: &Scene, ended: &Ended) -> String {
    said(scene, ended).lines().filter(|line| !line.starts_with("  │ $")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn an_issue_becomes_a_pull_request_and_nothing_on_the_runner_changes_its_owner() {
    let scene = Scene::new(discount());
    let step = scene.step();
    let ended = scene.runner.run(&step);
    insta::assert_snapshot!(said(&scene, &ended), @"
    exit 0
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    codexctl 0.1.0: run, event issues of codex-k8s/shop
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      kept apart by a user of its own (uid 64055, no groups)
    ::group::The agent's work
    ::stop-commands::<word>
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ::<word>::
    ::endgroup::
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
    summary_file: /github/file_commands/step_summary_<id>
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7 --pr 8
    ");
    assert!(ended.log.contains("kept apart by a user of its own"), "{}", ended.log);
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
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","pr":8,"session":"<thread>","phase":"published","delivery":"4242-1","run":"http://<address>/codex-k8s/shop/actions/runs/4242"} -->
    ### ✅ Done: pull request #8 awaits your review

    Ten or more pieces of one product cost 10 % less.

    **Next:** review #8 and mark it as ready. To have something changed, submit a review with **Request changes**: Codex works through every open thread.

    **Cost:** <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model` · [run](http://<address>/codex-k8s/shop/actions/runs/4242)

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
    <sub>Written by Codex for #7, published by codexctl · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model` · [run](http://<address>/codex-k8s/shop/actions/runs/4242)</sub>

    Closes #7
    --- codex-bot:
    <!-- codexctl:{"kind":"environment","repo":"codex-k8s/shop","project":"shop","number":8,"schema":1,"branch":"codex/issue-7","pr":8} -->
    ### ⚪ No live environment was deployed

    The run for #7 had no cluster (runtime `local`, environment `ai`, slot 1). To try the change, take the branch:

    ```sh
    git fetch origin codex/issue-7 && git switch codex/issue-7
    ```

    To have something changed, submit a review with **Request changes**: Codex works through every open thread. · [run](http://<address>/codex-k8s/shop/actions/runs/4242)
    "#);
    let outputs = ended.outputs.iter().map(|(name, value)| format!("{name}={value}\n")).collect::<String>();
    insta::assert_snapshot!(plain(&scene, &outputs), @"
    branch=codex/issue-7
    codexctl_env_ready=
    codexctl_new_env=true
    codexctl_run_args=--env ai --slot 1 --namespace shop-dev-1 --issue 7 --pr 8
    commit=<commit>
    created=true
    duration_seconds=<time>
    env=ai
    flow=dev
    gate=
    infra_ready=
    infra_unhealthy=
    input_tokens=2000
    namespace=shop-dev-1
    output_tokens=40
    pr_number=8
    pr_url=https://github.com/codex-k8s/shop/pull/8
    recreated=false
    session_id=<thread>
    slot=1
    summary_file=/github/file_commands/step_summary_<id>
    verdict=done
    ");
    insta::assert_snapshot!(plain(&scene, &ended.summary), @r"
    ## ✅ done: dev for #7 → #8

    Event `issues.labeled`: label \[ai-dev\] was set

    | | |
    | --- | --- |
    | Slot | 1 (`ai`) |
    | Pull request | #8, draft, branch `codex/issue-7` |
    | Commit | `<commit>` |
    | Cost | <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model` |
    | GitHub requests | <n> |

    ### Steps

    | Step | | Time | |
    | --- | --- | --: | --- |
    | Checks before the start | ✅ | <time> | octocat may write to codex-k8s/shop (write) |
    | Reaction on the issue | ✅ | <time> | eyes on issue #·7 |
    | Repository fetched | ✅ | <time> | main at <commit> |
    | Slot | ✅ | <time> | 1 of ai, new |
    | Sources | ✅ | <time> | branch codex/issue-7, new |
    | Prompt | ✅ | <time> | dev\_issue\_en (built in), <n> characters |
    | Codex at work | ✅ | <time> | 1 command, 2,040 tokens |
    | Publish policy | ✅ | <time> | done, 1 file, +1 −0 |
    | Commit | ✅ | <time> | <commit>  feat: Cart total ignores the quantity discount (#·7) |
    | Push | ✅ | <time> | new branch codex/issue-7 |
    | Pull request | ✅ | <time> | https://github.com/codex-k8s/shop/pull/8 |
    | Comments | ✅ | <time> | pull request #·8, issue #·7 |

    ### Where to look

    - [Issue](https://github.com/codex-k8s/shop/issues/7)
    - [Pull request](https://github.com/codex-k8s/shop/pull/8)
    - [Run](http://<address>/codex-k8s/shop/actions/runs/4242)

    ### Changes

    1 file, +1 −0

    | File | + | − |
    | --- | --: | --: |
    | `services/checkout/cart.js` | 1 | 0 |
    ");
    let post = scene.runner.run_post(&step, &ended);
    insta::assert_snapshot!(said(&scene, &post), @"
    exit 0
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    codexctl 0.1.0: post step, event issues of codex-k8s/shop
    nothing to take back: the step ended by itself
    ");
    assert_eq!(scene.runner.not_the_runners(), Vec::<String>::new());
}

#[test]
fn the_agent_is_a_third_user_who_reaches_neither_docker_nor_what_the_runner_left_lying_about() {
    let knock = "perl -MIO::Socket::UNIX -e 'print IO::Socket::UNIX->new(Peer => \"/var/run/docker.sock\") ? \"open\" : \"$!\"'";
    let look = [
        "echo \"user $(id -u) group $(id -g) groups $(id -G) rights $(grep -E 'CapEff|NoNewPrivs' /proc/self/status | xargs)\"",
        &format!("echo \"docker: $({knock})\""),
        "cat /github/workspace/.git/config /github/runner_temp/git-credentials.config /github/file_commands/* 2>&1 | grep -ai canary",
        "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a canary",
        "echo mine > /github/workspace/left; echo mine > /github/file_commands/left; ls /github/home/.local/state/codexctl; echo looked",
    ];
    let scene = Scene::new(vec![run(&look.join("; ")), run(CHANGE), done()]);
    // As actions/checkout leaves them where nobody said `persist-credentials: false`; its v6 beside the workspace.
    let header = "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic canary-of-checkout\n";
    for path in ["workspace/.git/config", "_temp/git-credentials.config"] {
        let before = std::fs::read_to_string(scene.path(path)).unwrap_or_default();
        std::fs::write(scene.path(path), before + header).unwrap();
        std::os::unix::fs::chown(scene.path(path), Some(RUNNER), Some(RUNNER)).unwrap();
    }
    let ended = scene.runner.run(&scene.step());
    assert_eq!(ended.exit, 0, "{}", ended.log);
    insta::assert_snapshot!(scene.agent_saw(), @"
    user 64055 group 64055 groups 64055 rights CapEff: 0000000000000000 NoNewPrivs: 1
    docker: Permission denied
    /usr/bin/bash: line 1: /github/workspace/left: Permission denied
    /usr/bin/bash: line 1: /github/file_commands/left: Permission denied
    ls: cannot open directory '/github/home/.local/state/codexctl': Permission denied
    looked
    ");
    assert!(!scene.agent_saw().contains("canary"));
    assert_eq!(scene.runner.not_the_runners(), Vec::<String>::new());
}

#[test]
fn what_the_agent_leaves_running_does_not_keep_the_step() {
    let daemons = "setsid sleep 1000 & (setsid sh -c 'trap \"\" TERM HUP; sleep 1000; sleep 1000' &)";
    let scene = Scene::new(vec![run(&format!("{CHANGE}; {daemons}")), done()]);
    let ended = scene.runner.run(&scene.step());
    assert_eq!(ended.exit, 0, "{}", ended.log);
    assert_eq!(scene.runner.engine.ask(&["ps", "--all", "--quiet", "--filter", &format!("name={}", ended.name)]), "");
}

#[test]
fn a_cancelled_job_says_so_on_the_issue_and_its_post_step_has_nothing_left_to_do() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]);
    let step = scene.step();
    let mut running = scene.runner.start(&step);
    scene.until_the_agent_waits(&mut running);
    running.cancel();
    let ended = running.end();
    insta::assert_snapshot!(said_in_short(&scene, &ended), @"
    exit 130
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    codexctl 0.1.0: run, event issues of codex-k8s/shop
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      kept apart by a user of its own (uid 64055, no groups)
    ::group::The agent's work
    ::stop-commands::<word>
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
    ::<word>::
    ::endgroup::
    ✗ agent           interrupted
    ::warning::interrupted
    flow: dev
    verdict: interrupted
    slot: 1
    namespace: shop-dev-1
    env: ai
    branch: codex/issue-7
    session_id: <thread>
    input_tokens: 1000
    output_tokens: 20
    duration_seconds: <time>
    summary_file: /github/file_commands/step_summary_<id>
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7
    ");
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7-wip
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
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"4242-1","run":"http://<address>/codex-k8s/shop/actions/runs/4242"} -->
    ### ⏹️ The run was stopped before its end

    **Nothing is lost:** the work so far is on branch `codex/issue-7-wip`; the next run goes on from there.

    **Next:** set the label `[ai-dev]` again.

    **Cost:** <time> · 1,000 tokens in (100 cached), 20 out · 1 turn · `mock-model` · [run](http://<address>/codex-k8s/shop/actions/runs/4242)

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
    insta::assert_snapshot!(said(&scene, &scene.runner.run_post(&step, &ended)), @"
    exit 0
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    codexctl 0.1.0: post step, event issues of codex-k8s/shop
    nothing to take back: the step ended by itself
    ");
    assert_eq!(scene.runner.not_the_runners(), Vec::<String>::new());
}

#[test]
fn a_container_that_is_told_to_stop_ends_in_order_before_it_is_killed() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]);
    let mut running = scene.runner.start(&scene.step());
    scene.until_the_agent_waits(&mut running);
    running.stop();
    let ended = running.end();
    // 137 would be SIGKILL's.
    insta::assert_snapshot!(said_in_short(&scene, &ended), @"
    exit 130
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    codexctl 0.1.0: run, event issues of codex-k8s/shop
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      kept apart by a user of its own (uid 64055, no groups)
    ::group::The agent's work
    ::stop-commands::<word>
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
    ::<word>::
    ::endgroup::
    ✗ agent           interrupted
    ::warning::interrupted
    flow: dev
    verdict: interrupted
    slot: 1
    namespace: shop-dev-1
    env: ai
    branch: codex/issue-7
    session_id: <thread>
    input_tokens: 1000
    output_tokens: 20
    duration_seconds: <time>
    summary_file: /github/file_commands/step_summary_<id>
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7
    ");
    assert!(scene.github().contains("The run was stopped before its end"), "{}", scene.github());
}

#[test]
fn after_a_container_that_was_killed_the_post_step_takes_back_what_it_left() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]);
    let step = scene.step();
    let mut running = scene.runner.start(&step);
    scene.until_the_agent_waits(&mut running);
    running.kill();
    let ended = running.end();
    assert_eq!(ended.exit, 137, "{}", ended.log);
    let post = scene.runner.run_post(&step, &ended);
    insta::assert_snapshot!(said(&scene, &post), @"
    exit 0
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    codexctl 0.1.0: post step, event issues of codex-k8s/shop
    ::notice::`run` was cut before its end: taking back what it left
    slot 1 was left by 4242-1 (its step has ended): going on with it
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    done: people are told that the run was stopped; the work so far is on branch codex/issue-7-wip
    ");
    insta::assert_snapshot!(scene.github(), @r#"
    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"4242-1","run":"http://<address>/codex-k8s/shop/actions/runs/4242"} -->
    ### ⏹️ The run was stopped before its end

    **Nothing is lost:** the work so far is on branch `codex/issue-7-wip`; the next run goes on from there.

    **Next:** set the label `[ai-dev]` again.

    **Cost:** <time> · no tokens · [run](http://<address>/codex-k8s/shop/actions/runs/4242)

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
    insta::assert_snapshot!(scene.records(), @"");
    assert_eq!(scene.runner.not_the_runners(), Vec::<String>::new());
}

#[test]
fn a_model_that_fails_fails_the_step_and_says_why() {
    // Whatever could pass by itself is asked again for a minute.
    let broken =
        Turn { status: Some(400), message: Some("The model `mock-model` is gone".to_owned()), ..Turn::default() };
    let scene = Scene::new(vec![broken]);
    let step = scene.step();
    let ended = scene.runner.run(&step);
    insta::assert_snapshot!(said(&scene, &ended), @"
    exit 1
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    codexctl 0.1.0: run, event issues of codex-k8s/shop
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          dev_issue_en (built in), <n> characters
      kept apart by a user of its own (uid 64055, no groups)
    ::group::The agent's work
    ::stop-commands::<word>
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ error: The model `mock-model` is gone
      │ error: The model `mock-model` is gone
    ::<word>::
    ::endgroup::
    ✗ agent           ended badly after 0 commands, 0 tokens
    ✗ check           The model `mock-model` is gone
    ::error::The model `mock-model` is gone
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
    summary_file: /github/file_commands/step_summary_<id>
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 7
    ");
    insta::assert_snapshot!(scene.github(), @r#"
    === #7 "Cart total ignores the quantity discount": issue, labels ["bug"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"progress","repo":"codex-k8s/shop","project":"shop","number":7,"schema":1,"branch":"codex/issue-7","session":"<thread>","phase":"unfinished","delivery":"4242-1","run":"http://<address>/codex-k8s/shop/actions/runs/4242"} -->
    ### ❌ The run failed

    > ```text
    > The model `mock-model` is gone
    > ```

    **Next:** put right what is named above ([the run's log](http://<address>/codex-k8s/shop/actions/runs/4242) has the details), then set the label `[ai-dev]` again.

    **Cost:** <time> · 0 tokens in, 0 out · 1 turn · `mock-model` · [run](http://<address>/codex-k8s/shop/actions/runs/4242)

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
    let post = scene.runner.run_post(&step, &ended);
    assert_eq!(post.exit, 0, "{}", post.log);
    assert_eq!(scene.runner.not_the_runners(), Vec::<String>::new());
}

#[test]
fn an_event_that_is_not_for_us_asks_nobody_anything() {
    let event = json!({
        "action": "created",
        "milestone": {"number": 1, "title": "Spring"},
        "repository": {"full_name": "codex-k8s/shop", "name": "shop", "owner": {"login": "codex-k8s"}, "default_branch": "main"},
        "sender": {"login": "octocat", "type": "User"},
    });
    let scene = Scene::of("milestone", &event, vec![]);
    let ended = scene.runner.run(&scene.step());
    insta::assert_snapshot!(said(&scene, &ended), @"
    exit 0
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    ::add-mask::ghp_canary00000000000000000000000000000
    ::add-mask::sk-canary-0123456789abcdef0123456789
    codexctl 0.1.0: run, event milestone of codex-k8s/shop
    nothing to do: `milestone.created` starts no flow
    flow: none
    ");
    assert_eq!(scene.stand.as_ref().unwrap().log(), Vec::<String>::new());
}

#[test]
fn where_the_runner_itself_is_root_the_agent_still_is_somebody_else() {
    let scene = Scene::new(vec![run(&format!("echo user $(id -u); {CHANGE}")), done()]);
    crate::runner::give(&scene.path("workspace"), 0);
    crate::runner::give(&scene.path("_temp"), 0);
    let ended = scene.runner.run(&scene.step());
    assert_eq!(ended.exit, 0, "{}", ended.log);
    insta::assert_snapshot!(scene.agent_saw(), @"user 64055");
}

#[test]
fn no_secret_of_a_step_stands_in_its_log_beside_its_mask() {
    let scene = Scene::new(discount());
    let ended = scene.runner.run(&scene.step());
    assert_eq!(ended.exit, 0, "{}", ended.log);
    for secret in [TOKEN, KEY] {
        assert!(ended.log.contains(&format!("::add-mask::{secret}\n")), "{}", ended.log);
        let shown = ended.log.lines().filter(|line| !line.starts_with("::add-mask::") && line.contains(secret));
        assert_eq!(shown.collect::<Vec<_>>(), Vec::<&str>::new());
    }
    assert!(!scene.tree().join(WAITS).exists());
}
