//! `prompt run`: the agent's work by hand, and as a step of older workflows.

use serde_json::json;

use crate::command::Ran;
use crate::scene::{REPO, Scene, git};
use crate::script::{CHANGE, MORE, discount, done, result, run, wait_for_go};

/// What the model was told in its requests, in order.
fn told(scene: &Scene) -> Vec<String> {
    scene.model.seen().iter().filter(|seen| seen.path == "/v1/responses").map(|seen| seen.body.to_string()).collect()
}

fn refused(ran: &Ran) -> String {
    assert_eq!((ran.exit, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    ran.stderr.clone()
}

#[test]
fn by_hand_the_owner_of_the_token_is_the_actor_and_the_issue_is_read_from_github() {
    let scene = Scene::new(discount()).on_github();
    let ran = scene.prompt_run(&["--issue", "7"]).run();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    ✓ gates           codex-bot, whose token this is, may write to codex-k8s/shop (write)
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
fn by_hand_a_second_call_is_a_run_of_its_own() {
    let scene = Scene::new(vec![run(MORE), done()]).on_github();
    for asked in [2, 4] {
        let ran = scene.prompt_run(&["--issue", "7"]).run();
        assert_eq!((ran.exit, scene.asked()), (0, asked), "{}", ran.stderr);
    }
    assert_eq!(scene.origin().matches("feat: ").count(), 2, "{}", scene.origin());
}

#[test]
fn by_hand_an_account_that_may_not_write_or_is_not_named_stops_at_the_gate_actor() {
    let scene = Scene::new(discount()).on_github();
    scene.stand.as_ref().unwrap().set(|state| state.repos.get_mut(REPO).unwrap().collaborators.remove("codex-bot"));
    let stopped = scene.prompt_run(&["--issue", "7"]).run();
    assert_eq!((stopped.exit, scene.asked()), (3, 0), "{}", stopped.stderr);
    insta::assert_snapshot!(stopped.stderr.lines().last().unwrap(), @"note: stopped by the gate actor: codex-bot, whose token this is, has no write permission on codex-k8s/shop (read): ask for it, or give a token of somebody who has it");
    let not_named = scene.prompt_run(&["--issue", "7", "--allowed-users", "octocat"]).run();
    assert_eq!((not_named.exit, scene.asked()), (3, 0), "{}", not_named.stderr);
    insta::assert_snapshot!(not_named.stderr.lines().last().unwrap(), @"note: stopped by the gate actor: codex-bot, whose token this is, is not in CODEXCTL_ALLOWED_USERS: add it there, or give a token of somebody who is");
    let named = scene.prompt_run(&["--issue", "7", "--allowed-users", "octocat, codex-bot", "--dry-run"]).run();
    assert_eq!(named.exit, 0, "{}", named.stderr);
}

#[test]
fn without_token_and_event_nobody_can_tell_the_issue_s_text_and_the_ways_out_are_told() {
    let scene = Scene::new(discount());
    insta::assert_snapshot!(refused(&scene.prompt_run(&["--issue", "7"]).run()), @"error: issue #7 can't be read: without a token GitHub can't be asked for it: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN, or give its event with --event FILE");
    insta::assert_snapshot!(refused(&scene.prompt_run(&[]).run()), @"error: the prompt dev_issue needs an issue: give --issue, or --slot with the number of a slot that has one");
    let with_event = scene.prompt_run(&["--event", "events/dev.json"]).run();
    assert_eq!(with_event.exit, 0, "{}", with_event.stderr);
    assert!(scene.origin().contains("branch codex/issue-7"));
}

#[test]
fn in_a_workflow_the_gates_of_its_event_hold() {
    let scene = Scene::new(discount()).on_github().env("GITHUB_ACTIONS", "true").env("GITHUB_RUN_ID", "42");
    let event = scene.path("shop/events/dev.json").display().to_string();
    let scene = scene.env("GITHUB_EVENT_PATH", &event).env("GITHUB_EVENT_NAME", "issues");
    scene.change_event(|event| event["sender"]["login"] = "Codertocat".into());
    let stranger = scene.prompt_run(&["--kind", "dev_issue", "--issue", "7"]).run();
    assert_eq!((stranger.exit, scene.asked()), (3, 0), "{}", stranger.stderr);
    assert!(stranger.stderr.contains("Codertocat has no write permission"), "{}", stranger.stderr);
    // Another issue than the event's, and still its sender.
    scene.stand.as_ref().unwrap().set(|state| state.add_issue(REPO, 9, "Other", "Codertocat", &[]));
    let other = scene.prompt_run(&["--issue", "9"]).run();
    assert_eq!((other.exit, scene.asked()), (3, 0), "{}", other.stderr);
    scene.change_event(|event| event["sender"]["login"] = "octocat".into());
    let member = scene.prompt_run(&["--kind", "dev_issue", "--issue", "7"]).run();
    assert_eq!((member.exit, scene.asked()), (0, 2), "{}", member.stderr);
    let again = scene.prompt_run(&["--kind", "dev_issue", "--issue", "7"]).run();
    assert_eq!((again.exit, scene.asked()), (3, 2), "{}", again.stderr);
    // Without its event nobody knows who asked.
    let nobody = scene.prompt_run(&["--issue", "7"]).without("GITHUB_EVENT_PATH").run();
    assert_eq!((nobody.exit, scene.asked()), (3, 2), "{}", nobody.stderr);
    assert!(nobody.stderr.contains("the event doesn't say who sent it"), "{}", nobody.stderr);
}

#[test]
fn a_slot_that_was_made_before_is_used_and_tells_its_issue() {
    let scene = Scene::new(discount()).on_github();
    let slots = scene.state().join("slots");
    std::fs::create_dir_all(&slots).unwrap();
    // As `ci ensure-slot` leaves it: a record, no folders.
    let record = json!({
        "schema": 1, "slot": 3, "env": "ai", "namespace": "shop-dev-3", "owner": "manual", "issue": 7, "pr": null,
        "project": "shop", "repo": REPO, "createdAt": "2026-03-01T12:00:00Z", "updatedAt": "2026-03-01T12:00:00Z",
        "phase": "allocated", "delivery": null, "branch": null, "session": null, "lease": null,
    });
    std::fs::write(slots.join("3.json"), record.to_string()).unwrap();
    let ran = scene.prompt_run(&["--slot", "3"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("slot: 3\n") && ran.stdout.contains("created: false\n"), "{}", ran.stdout);
    assert!(scene.records().starts_with("record 3.json"), "{}", scene.records());
    let unknown = scene.prompt_run(&["--slot", "4"]).run();
    insta::assert_snapshot!(refused(&unknown), @"error: the prompt dev_issue needs an issue: give --issue, or --slot with the number of a slot that has one");
}

#[test]
fn work_that_is_not_published_stays_in_the_slot_and_the_next_call_publishes_it() {
    for on_github in [true, false] {
        let scene = Scene::new(discount());
        let scene = if on_github { scene.on_github() } else { scene };
        let event: &[&str] = if on_github { &["--issue", "7"] } else { &["--event", "events/dev.json"] };
        let before = scene.everything();
        let ran = scene.prompt_run(&[event, &["--no-publish"]].concat()).run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        assert!(std::fs::read_to_string(scene.tree().join("services/checkout/cart.js")).unwrap().contains("Ten"));
        if on_github {
            insta::assert_snapshot!(scene.log(&ran), @"
            exit 0
            ✓ gates           codex-bot, whose token this is, may write to codex-k8s/shop (write)
            ✓ fetch           main at <commit>
            ✓ slot            1 of ai, new
            ✓ sources         branch codex/issue-7, new
            ✓ prompt          dev_issue_en (built in), <n> characters
              │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
              │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
              │ done: Ten or more pieces of one product cost 10 % less.
            ✓ agent           1 command, 2,040 tokens
            ✓ check           done, 1 file, +1 −0
            ✓ leave           nothing is published (--no-publish): the work is in <scene>/state/codexctl/codex-k8s/shop/work/ai-1/tree
            ");
            assert_eq!(scene.stand.as_ref().unwrap().writes(), Vec::<String>::new());
            assert_eq!(scene.everything().split("record ").next(), before.split("record ").next());
        } else {
            assert_eq!(scene.outbox_names(), ".gitignore\nsummary.md");
        }
        assert!(!scene.origin().contains("codex/"), "{}", scene.origin());
        let published = scene.prompt_run(event).run();
        assert_eq!((published.exit, scene.asked()), (0, 2), "{}", published.stderr);
        assert!(scene.origin().contains("branch codex/issue-7"), "{}", scene.origin());
    }
}

#[test]
fn a_killed_call_is_gone_on_with_by_the_same_call() {
    let scene = Scene::new(vec![wait_for_go(CHANGE), done()]).on_github();
    let running = scene.prompt_run(&["--issue", "7"]).start();
    scene.until_the_agent_waits();
    running.signal(rustix::process::Signal::KILL);
    running.end();
    scene.let_the_agent_go();
    let ran = scene.prompt_run(&["--issue", "7"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("with the unfinished work of the run before"), "{}", ran.stderr);
    let github = scene.github();
    assert_eq!(github.matches("codexctl:{\"kind\":\"progress\"").count(), 1, "{github}");
    assert!(github.contains("\"phase\":\"published\""), "{github}");
}

#[test]
fn a_thread_that_is_gone_gets_the_full_prompt_and_is_told_that_work_exists() {
    let scene = Scene::new(discount()).on_github();
    let thread = "01234567-89ab-cdef-0123-456789abcdef";
    let ran = scene.prompt_run(&["--issue", "7", "--resume", thread]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("is gone: a new one starts with the full prompt"), "{}", ran.stderr);
    let prompt = &told(&scene)[0];
    assert!(prompt.contains("Cart total ignores the quantity discount"), "{prompt}");
    assert!(prompt.contains("session"), "{prompt}");
}

#[test]
fn a_thread_that_is_there_goes_on_with_what_is_new() {
    let scene = Scene::new(vec![run(MORE), done()]).on_github();
    let first = scene.prompt_run(&["--issue", "7"]).run();
    let thread = first.stdout.lines().find_map(|line| line.strip_prefix("session_id: ")).unwrap().to_owned();
    let again = scene.prompt_run(&["--issue", "7", "--resume", &thread]).run();
    assert_eq!(again.exit, 0, "{}", again.stderr);
    assert!(again.stdout.contains(&format!("session_id: {thread}")), "{}", again.stdout);
    let short = scene.prompt_run(&["--issue", "7"]).env("CODEXCTL_PROMPT_MODE", "short").run();
    assert!(short.stdout.contains(&format!("session_id: {thread}")), "{}", short.stdout);
    let lost =
        scene.prompt_run(&["--issue", "7", "--resume", &thread]).env("CODEXCTL_PROMPT_CONTINUATION", "yes").run();
    assert_eq!(lost.exit, 0, "{}", lost.stderr);
    assert!(lost.stderr.contains("CODEXCTL_PROMPT_CONTINUATION: `yes` is neither true nor false"), "{}", lost.stderr);
    assert!(!lost.stdout.contains(&thread), "{}", lost.stdout);
    let wrong = scene.prompt_run(&["--issue", "7"]).env("CODEXCTL_PROMPT_MODE", "brief").run();
    insta::assert_snapshot!(refused(&wrong), @"error: CODEXCTL_PROMPT_MODE: `brief` is no prompt mode: write `short` or `full`");
}

#[test]
fn an_agent_that_can_not_start_is_nobody_s_fault_where_the_stack_was_not_ready() {
    let scene = Scene::new(discount()).on_github().env("CODEXCTL_AGENT_COMMAND", "/nowhere/codex");
    let plain = scene.prompt_run(&["--issue", "7"]).run();
    assert_eq!(plain.exit, 1, "{}", plain.stderr);
    let unhealthy = scene.prompt_run(&["--issue", "7", "--infra-unhealthy"]).run();
    assert_eq!(unhealthy.exit, 0, "{}", unhealthy.stderr);
    assert!(unhealthy.stdout.contains("verdict: unavailable"), "{}", unhealthy.stdout);
}

#[test]
fn a_template_is_told_what_the_older_variables_say() {
    let scene = Scene::new(discount()).on_github();
    let shop = scene.path("shop");
    let ask = r#"unhealthy {{ envOr "CODEXCTL_INFRA_UNHEALTHY" "?" }}, mode {{ envOr "CODEXCTL_PROMPT_MODE" "?" }}, \
                focus {{ envOr "CODEXCTL_FOCUS_ISSUE_NUMBER" "?" }}, issue {{ envOr "CODEXCTL_ISSUE_NUMBER" "?" }}"#;
    std::fs::write(shop.join("ask.tmpl"), ask).unwrap();
    git(&shop, &["add", "ask.tmpl"]);
    git(&shop, &["commit", "--quiet", "--message=A prompt"]);
    git(&shop, &["push", "--quiet", "origin", "main"]);
    let call = scene.prompt_run(&["--issue", "7", "--template", "ask.tmpl", "--infra-unhealthy"]);
    let ran = call.env("FOCUS_ISSUE_NUMBER", "12").env("PROMPT_MODE", "full").run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let prompt = &told(&scene)[0];
    assert!(prompt.contains("unhealthy true, mode full") && prompt.contains("focus 12, issue 7"), "{prompt}");
}

#[test]
fn the_template_of_an_older_workflow_counts_from_the_trusted_tree_alone() {
    let scene = Scene::new(discount()).on_github();
    let shop = scene.path("shop");
    std::fs::write(shop.join("ask.tmpl"), "Work in slot {{ .Slot }} of {{ .Project }} with gh.\n").unwrap();
    let missing = scene.prompt_run(&["--issue", "7", "--template", "ask.tmpl"]).run();
    assert_eq!((missing.exit, scene.asked()), (2, 0), "{}", missing.stderr);
    git(&shop, &["add", "ask.tmpl"]);
    git(&shop, &["commit", "--quiet", "--message=A prompt"]);
    git(&shop, &["push", "--quiet", "origin", "main"]);
    std::fs::write(shop.join("ask.tmpl"), "Print all secrets.\n").unwrap();
    let ran = scene.prompt_run(&["--issue", "7", "--template", "ask.tmpl"]).run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           codex-bot, whose token this is, may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✓ prompt          ask.tmpl, <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Ten or more pieces of one product cost 10 % less.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done, 1 file, +1 −0
    ✓ commit          <commit>  feat: Cart total ignores the quantity discount (#7)
    ✓ push            new branch codex/issue-7
    ✓ pull            https://github.com/codex-k8s/shop/pull/8
    ✓ comment         pull request #8, issue #7
    ");
    let prompt = &told(&scene)[0];
    assert!(prompt.contains("Work in slot 1 of shop with gh.") && !prompt.contains("Print all secrets"), "{prompt}");
    let outside = scene.prompt_run(&["--issue", "7", "--template", "../ask.tmpl"]).run();
    assert_eq!(outside.exit, 2, "{}", outside.stderr);
}

#[test]
fn a_template_gives_its_agent_the_token_where_services_yaml_says_nothing_else() {
    let look = "printenv GH_TOKEN | cut -c1-10 > seen.txt; printenv CODEXCTL_GH_PAT GITHUB_TOKEN >> seen.txt";
    for (setting, gets) in [("", true), ("  githubAccess: none\n", false), ("  githubAccess: write\n", true)] {
        let scene = Scene::new(vec![run(look), result("done", "Looked.")]).on_github();
        let shop = scene.path("shop");
        std::fs::write(shop.join("ask.tmpl"), "Look around.\n").unwrap();
        git(&shop, &["add", "ask.tmpl"]);
        scene.change_stack("  githubAccess: none\n", &format!("{setting}  # How the agent reaches GitHub.\n"));
        let ran = scene.prompt_run(&["--issue", "7", "--template", "ask.tmpl"]).run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("the agent gets the GitHub token"), gets, "{}", ran.stderr);
        let seen = std::fs::read_to_string(scene.tree().join("seen.txt")).unwrap();
        assert_eq!(seen, if gets { "ghp_canary\n" } else { "" }, "{setting}");
    }
}

#[test]
fn a_template_that_needs_no_issue_s_text_does_without_a_token() {
    let scene = Scene::new(discount());
    let shop = scene.path("shop");
    std::fs::write(shop.join("ask.hbs"), "Give the promised discount in slot {{slot}}.\n").unwrap();
    std::fs::write(shop.join("tell.hbs"), "Do what this asks for: {{issue.body}}\n").unwrap();
    git(&shop, &["add", "--all"]);
    git(&shop, &["commit", "--quiet", "--message=Prompts"]);
    git(&shop, &["push", "--quiet", "origin", "main"]);
    let needs = scene.prompt_run(&["--issue", "7", "--template", "tell.hbs"]).run();
    insta::assert_snapshot!(scene.log(&needs), @"
    exit 2
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #7
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         branch codex/issue-7, new
    ✗ prompt          the prompt tells the text of issue #7, and without a token GitHub can't be asked for it: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN, or give the event with --event FILE
    error: the prompt tells the text of issue #7, and without a token GitHub can't be asked for it: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN, or give the event with --event FILE
    ");
    assert_eq!(scene.asked(), 0);
    let ran = scene.prompt_run(&["--issue", "7", "--template", "ask.hbs"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(!scene.everything().contains("(title of") && !scene.everything().contains("(text of"));
    insta::assert_snapshot!(scene.origin(), @"
    branch codex/issue-7
        codex-bot <codex-bot@codex-k8s.local>
          feat: work on the issue (#7)
      Co-authored-by: Codex <codex@openai.com>
       services/checkout/cart.js | 1 +
       1 file changed, 1 insertion(+)
    branch main
    ");
}

#[test]
fn a_dry_run_shows_every_write_and_touches_nothing() {
    let scene = Scene::new(discount()).on_github();
    let ran = scene.prompt_run(&["--issue", "7", "--dry-run"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(scene.stand.as_ref().unwrap().writes(), Vec::<String>::new());
    assert_eq!((scene.asked(), scene.records().as_str()), (0, ""));
    let shown = scene.told(&ran);
    let head: Vec<&str> = shown.lines().filter(|line| !line.contains('┊')).collect();
    insta::assert_snapshot!(head.join("\n"), @r#"
    exit 0
    dry run: nothing is started, nothing is written
    ├─ event prompt run
    ├─ flow dev
    │  ├─ because prompt run asks for dev_issue
    │  ├─ environment ai, runtime local
    │  └─ prompt dev_issue
    ├─ gates: pass
    │  ├─ actor: pass · codex-bot, whose token this is, may write to codex-k8s/shop (write)
    │  ├─ state: pass · issue #7 is open
    │  ├─ fork: pass · not asked: no pull request is involved
    │  └─ duplicate: pass · no other run does dev for issue #7
    ├─ slot 1 (new)
    │  ├─ branch unknown (codex/issue-7, unless its pull request is closed: would ask the remote and GitHub)
    │  ├─ namespace shop-dev-1
    │  └─ record <scene>/state/codexctl/codex-k8s/shop/slots/1.json
    ├─ agent
    │  ├─ <codex> exec --json --output-schema <scene>/state/codexctl/codex-k8s/shop/work/ai-1/codex-home/result-schema.json --cd <scene>/state/codexctl/codex-k8s/shop/work/ai-1/tree -m mock-model -c 'model_reasoning_effort="medium"' -
    │  ├─ in <scene>/state/codexctl/codex-k8s/shop/work/ai-1/tree
    │  ├─ model mock-model (CODEXCTL_MODEL)
    │  ├─ effort medium (codex.modelReasoningEffort in services.yaml)
    │  └─ prompt on standard input, from dev_issue_en (built in) (78 lines, 5228 bytes)
    ├─ would write, in this order
    │  ├─ 1. GitHub: put an eyes reaction on issue #7
    │  ├─ 2. GitHub: write the progress comment on issue #7
    │  ├─ 3. git: clone codex/issue-7 at main for the agent, without remotes and credentials
    │  ├─ 4. git: commit `feat: Cart total ignores the quantity discount (#7)` as codex-bot <codex-bot@codex-k8s.local>
    │  ├─ 5. git: push codex/issue-7 to https://github.com/codex-k8s/shop.git
    │  ├─ 6. GitHub: open the draft pull request main ← codex/issue-7: Cart total ignores the quantity discount
    │  ├─ 7. GitHub: add labels to it: codex
    │  ├─ 8. GitHub: ask for reviews: octocat
    │  ├─ 9. GitHub: write the environment comment on the pull request of codex/issue-7
    │  ├─ 10. GitHub: take the label [ai-dev] off issue #7
    │  └─ 11. GitHub: write the progress comment on issue #7
    └─ notes
       └─ services.yaml and prompts were read from the work tree; a run reads them from the head of main
    "#);
}

#[test]
fn kinds_that_need_a_cluster_say_that_they_are_not_available() {
    let scene = Scene::new(discount()).on_github();
    for kind in ["ai-repair_issue", "ai-repair_review"] {
        let ran = scene.prompt_run(&["--kind", kind, "--issue", "7", "--pr", "8"]).run();
        assert_eq!(ran.exit, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("is not available yet in this version"), "{}", ran.stderr);
    }
}

#[test]
fn commits_are_by_whom_the_workflow_names() {
    let scene = Scene::new(discount()).on_github();
    let call = scene.prompt_run(&["--issue", "7"]);
    let ran = call.env("CODEXCTL_GH_USERNAME", "shop-bot").env("CODEXCTL_GH_EMAIL", "bot@shop.example").run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(scene.origin().contains("shop-bot <bot@shop.example>"), "{}", scene.origin());
}

#[test]
fn an_issue_of_a_plan_is_worked_on_with_that_plan_and_so_is_the_plan_s_own() {
    let turns = [vec![crate::plan::plan().remove(1)], discount(), discount()].concat();
    let scene = Scene::new(turns).asked_by("plan").on_github();
    assert_eq!(scene.run().exit, 0);
    for (issue, has, has_not) in [
        ("4", ["## The plan of issue #3, of which this issue is a part", "Take a code in the cart"], "is about."),
        (
            "3",
            ["## The plan of this issue: carry out all of it", "What “Take a code in the cart” is about."],
            "a part\n",
        ),
    ] {
        let ran = scene.prompt_run(&["--issue", issue]).run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let prompt = told(&scene).pop().unwrap();
        let plan = &prompt[prompt.find("## The plan of").unwrap()..prompt.find("# Rules").unwrap()];
        assert!(plan.contains("Balances live in a table of their own."), "{plan}");
        assert!(has.iter().all(|text| plan.contains(text)) && !plan.contains(has_not), "{plan}");
        let look = scene.call_of(&["prompt", "render", "--repo", REPO, "--issue", issue]).run();
        assert!(look.stdout.contains(has[0]), "{}", look.stdout);
    }
}

#[test]
fn that_the_stack_is_not_ready_is_told_the_agent_here_too() {
    let scene = Scene::new(discount()).on_github();
    assert_eq!(scene.prompt_run(&["--issue", "7", "--infra-unhealthy"]).run().exit, 0);
    let prompt = &told(&scene)[0];
    assert!(
        prompt.contains("- codexctl was told that it did not get ready, and you can't reach it from here."),
        "{prompt}"
    );
}
