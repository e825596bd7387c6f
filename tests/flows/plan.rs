//! The flow `plan`: an issue gets a plan, and the issues that it asks for.

use serde_json::{Value, json};

use crate::model::Turn;
use crate::scene::{REPO, Scene};
use crate::script::{CHANGE, GO, WAITS, run};

/// What a planning agent hands in.
pub(crate) fn planned(status: &str, fields: &[(&str, Value)]) -> Turn {
    let mut result = json!({
        "status": status, "summary": "Two steps, the table first.", "questions": [], "issues": [],
        "plan": "Balances live in a table of their own.\n\n1. the table\n2. the checkout",
    });
    for (name, value) in fields {
        result[*name] = value.clone();
    }
    Turn { result: Some(result), ..Turn::default() }
}

pub(crate) fn issue(title: &str, labels: &[&str]) -> Value {
    json!({"title": title, "body": format!("What “{title}” is about."), "labels": labels})
}

/// The agent looks around, changes something that is never taken over, and hands in a plan with two issues.
pub(crate) fn plan() -> Vec<Turn> {
    let issues = json!([
        issue("Keep balances in a table", &["feature"]),
        issue("Take a code in the cart", &["doc", "[ai-dev]"])
    ]);
    vec![run(CHANGE), planned("done", &[("issues", issues)])]
}

fn scene(turns: Vec<Turn>) -> Scene {
    Scene::new(turns).asked_by("plan")
}

/// Titles of all issues but the planned one.
fn titles(scene: &Scene) -> Vec<String> {
    let state = scene.stand.as_ref().unwrap().state();
    let others = state.repos[REPO].issues.iter().filter(|(number, _)| **number != 3);
    others.map(|(_, issue)| issue.title.clone()).collect()
}

#[test]
fn an_issue_gets_its_plan_and_its_issues_as_files_where_there_is_no_token() {
    let scene = scene(plan());
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on issue #3
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         main at <commit>, to look into
    ✓ prompt          plan_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Two steps, the table first.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done
    ✓ plan            written, 2 new issues, 1 thing left
    ✓ comment         issue #3
    flow: plan
    verdict: done
    slot: 1
    namespace: shop-dev-1
    env: ai
    session_id: <thread>
    input_tokens: 2000
    output_tokens: 40
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 3
    ");
    insta::assert_snapshot!(scene.everything(), @r##"
    branch main

    === issue-3.comment-plan-progress.md
    <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ The plan stands

    Two steps, the table first.

    **Next:** to have something changed, say it in a comment with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on #3 or on one of its issues.

    **Not carried out of the result:**
    - labels of issues: \[ai-dev\]. Codex sets only feature, bug, doc, debt, idea and epic

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
    - [x] Plan and its issues
    - [x] Comments

    </details>
    === issue-3.comment-plan.md
    <!-- codexctl:{"kind":"plan","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","delivery":"<delivery>"} -->
    ### 🧭 Plan for #3

    <!-- the plan -->
    Balances live in a table of their own.

    1. the table
    2. the checkout
    <!-- end of the plan -->

    **Its issues**

    - Keep balances in a table
    - Take a code in the cart

    ---
    **Next:** to have something changed, write it in a comment here or on one of the issues, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on one of the issues, or here for all of it.
    === issue-3.reaction.md
    👀 on issue #3
    === new-issue-Keep-balances-in-a-table-c1f426b9.md
    ---
    title: "Keep balances in a table"
    labels: ["feature"]
    ---

    <!-- codexctl:{"kind":"issue-43d94938556dc6f6","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Keep balances in a table” is about.
    === new-issue-Take-a-code-in-the-cart-522ce636.md
    ---
    title: "Take a code in the cart"
    labels: ["feature","doc"]
    ---

    <!-- codexctl:{"kind":"issue-21b0ebeab79efebd","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Take a code in the cart” is about.
    === summary.md
    ## ✅ done: plan for #3

    Event `issues.labeled`: label \[ai-plan\] was set

    | | |
    | --- | --- |
    | Slot | 1 (`ai`) |
    | Cost | <time> · 2,000 tokens in (200 cached), 40 out · 1 turn · `mock-model` |
    | Outbox | `.codexctl/outbox`: no GitHub token, so what would have been written there is in files |

    ### Steps

    | Step | | Time | |
    | --- | --- | --: | --- |
    | Checks before the start | ✅ | <time> | no GitHub token, so whoever sits at this machine is the actor |
    | Reaction on the issue | ✅ | <time> | eyes on issue #·3 |
    | Repository fetched | ✅ | <time> | main at <commit> |
    | Slot | ✅ | <time> | 1 of ai, new |
    | Sources | ✅ | <time> | main at <commit>, to look into |
    | Prompt | ✅ | <time> | plan\_issue\_en (built in), <n> characters |
    | Codex at work | ✅ | <time> | 1 command, 2,040 tokens |
    | Publish policy | ✅ | <time> | done |
    | Plan and its issues | ✅ | <time> | written, 2 new issues, 1 thing left |
    | Comments | ✅ | <time> | issue #·3 |

    ### Where to look

    - [Issue](https://github.com/codex-k8s/shop/issues/3)

    record 1.json
      schema: 1
      slot: 1
      env: "ai"
      namespace: "shop-dev-1"
      owner: "<run>"
      issue: 3
      pr: null
      project: "shop"
      repo: "codex-k8s/shop"
      phase: "allocated"
      delivery: null
      branch: null
      session: null
      lease: null
      plan: {"phase":"published","delivery":"<delivery>","session":"<thread>","kinds":["plan_issue"],"until":"2026-02-20T14:00:00Z","last":"done","seen":{"#3":"b9f71999d9226f0a","plan":"cd3540f30379f2d0"}}
    "##);
}

#[test]
fn with_a_token_the_plan_stands_as_one_comment_and_its_issues_are_opened() {
    let scene = scene(plan()).on_github();
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on issue #3
    ✓ fetch           main at <commit>
    ✓ slot            1 of ai, new
    ✓ sources         main at <commit>, to look into
    ✓ prompt          plan_issue_en (built in), <n> characters
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ $ grep -q Ten services/checkout/cart.js || echo '// Ten or more cost 10 % less.' >> services/checkout/cart.js
      │ done: Two steps, the table first.
    ✓ agent           1 command, 2,040 tokens
    ✓ check           done
    ✓ plan            written, 2 new issues, 1 thing left
    ✓ comment         issue #3
    flow: plan
    verdict: done
    slot: 1
    namespace: shop-dev-1
    env: ai
    session_id: <thread>
    input_tokens: 2000
    output_tokens: 40
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    created: true
    recreated: false
    codexctl_new_env: true
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 3
    ");
    insta::assert_snapshot!(scene.everything(), @r##"
    branch main

    === #3 "Gift cards": issue, labels ["feature", "[ai-plan]"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ The plan stands: [read it](https://github.com/codex-k8s/shop/issues/3#issuecomment-102)

    Two steps, the table first.

    **Next:** to have something changed, say it in a comment with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on #3 or on one of its issues.

    **Not carried out of the result:**
    - labels of issues: \[ai-dev\]. Codex sets only feature, bug, doc, debt, idea and epic

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
    - [x] Plan and its issues
    - [x] Comments

    </details>
    --- codex-bot:
    <!-- codexctl:{"kind":"plan","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","delivery":"<delivery>"} -->
    ### 🧭 Plan for #3

    <!-- the plan -->
    Balances live in a table of their own.

    1. the table
    2. the checkout
    <!-- end of the plan -->

    **Its issues**

    - #4 Keep balances in a table
    - #5 Take a code in the cart

    ---
    **Next:** to have something changed, write it in a comment here or on one of the issues, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on one of the issues, or here for all of it.
    === #4 "Keep balances in a table": issue, labels ["feature"], reactions []
    <!-- codexctl:{"kind":"issue-43d94938556dc6f6","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Keep balances in a table” is about.
    === #5 "Take a code in the cart": issue, labels ["feature", "doc"], reactions []
    <!-- codexctl:{"kind":"issue-21b0ebeab79efebd","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Take a code in the cart” is about.

    record 1.json
      schema: 1
      slot: 1
      env: "ai"
      namespace: "shop-dev-1"
      owner: "<run>"
      issue: 3
      pr: null
      project: "shop"
      repo: "codex-k8s/shop"
      phase: "allocated"
      delivery: null
      branch: null
      session: null
      lease: null
      plan: {"phase":"published","delivery":"<delivery>","session":"<thread>","kinds":["plan_issue"],"until":"2026-02-20T14:00:00Z","last":"done","seen":{"#3":"b9f71999d9226f0a","#4":"eec62ae770883ddb","#5":"11c8a48676a72499","plan":"cd3540f30379f2d0"}}
    "##);
    let stand = scene.stand.as_ref().unwrap();
    insta::assert_snapshot!(stand.writes().join("\n"), @"
    POST /repos/codex-k8s/shop/issues/3/reactions → 201
    POST /repos/codex-k8s/shop/issues/3/comments → 201
    POST /repos/codex-k8s/shop/issues → 201
    POST /repos/codex-k8s/shop/issues → 201
    POST /repos/codex-k8s/shop/issues/3/comments → 201
    PATCH /repos/codex-k8s/shop/issues/comments/101 → 200
    ");
    assert!(stand.log().len() < 30, "{}", stand.log().join("\n"));
    assert!(stand.state().repos[REPO].issues[&3].labels.contains(&"[ai-plan]".to_owned()));
}

#[test]
fn a_second_plan_edits_the_comment_and_opens_only_what_is_not_there() {
    let again = json!([issue("Take a code in the cart!", &[]), issue("Send the card by mail", &[])]);
    let second = planned("done", &[("plan", json!("The second plan.")), ("issues", again)]);
    let turns = vec![plan().remove(1), second];
    let scene = scene(turns).on_github();
    assert_eq!(scene.run().exit, 0);
    // People close one issue and rename the other: neither comes back.
    scene.stand.as_ref().unwrap().set(|state| {
        let issues = &mut state.repos.get_mut(REPO).unwrap().issues;
        issues.get_mut(&4).unwrap().closed = true;
        issues.get_mut(&5).unwrap().title = "Codes in carts".to_owned();
    });
    scene.change_event(|event| event["issue"]["updated_at"] = "2026-03-03T09:00:00Z".into());
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(titles(&scene), ["Keep balances in a table", "Codes in carts", "Send the card by mail"]);
    insta::assert_snapshot!(scene.github(), @r#"
    === #3 "Gift cards": issue, labels ["feature", "[ai-plan]"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ The plan stands: [read it](https://github.com/codex-k8s/shop/issues/3#issuecomment-102)

    Two steps, the table first.

    **Next:** to have something changed, say it in a comment with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on #3 or on one of its issues.

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
    - [x] Plan and its issues
    - [x] Comments

    </details>
    --- codex-bot:
    <!-- codexctl:{"kind":"plan","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","delivery":"<delivery>"} -->
    ### 🧭 Plan for #3

    <!-- the plan -->
    The second plan.
    <!-- end of the plan -->

    **Its issues**

    - #4 Keep balances in a table (closed)
    - #5 Codes in carts
    - #6 Send the card by mail

    ---
    **Next:** to have something changed, write it in a comment here or on one of the issues, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on one of the issues, or here for all of it.
    === #4 "Keep balances in a table": issue, closed, labels ["feature"], reactions []
    <!-- codexctl:{"kind":"issue-43d94938556dc6f6","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Keep balances in a table” is about.
    === #5 "Codes in carts": issue, labels ["feature", "doc"], reactions []
    <!-- codexctl:{"kind":"issue-21b0ebeab79efebd","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Take a code in the cart” is about.
    === #6 "Send the card by mail": issue, labels ["feature"], reactions []
    <!-- codexctl:{"kind":"issue-6784340892708fad","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Send the card by mail” is about.
    "#);
    // The agent of the second run was told the first plan and its issues.
    let prompt = scene.model.seen().last().unwrap().body.to_string();
    for told in ["Balances live in a table of their own.", "Codes in carts", "#4, closed"] {
        assert!(prompt.contains(told), "{told}");
    }
}

#[test]
fn of_thirty_issues_twenty_are_opened_and_the_comment_says_what_was_left() {
    let all: Vec<Value> = (1..=30).map(|n| issue(&format!("Part {n}"), &["[ai-dev]"])).collect();
    let scene = scene(vec![planned("done", &[("issues", json!(all[..30]))])]).on_github();
    let ran = scene.run();
    assert_eq!((ran.exit, titles(&scene).len()), (0, 20), "{}", ran.stderr);
    assert!(scene.stand.as_ref().unwrap().state().repos[REPO].issues[&4].labels == ["feature"]);
    let github = scene.github();
    let left = github.split("**Not carried out of the result:**").nth(1).unwrap().split("**Cost").next().unwrap();
    insta::assert_snapshot!(left.trim(), @r"
    - 10 issues beyond the 20 that one run may open: ask for the rest in the next one
    - labels of issues: \[ai-dev\]. Codex sets only feature, bug, doc, debt, idea and epic
    ");
}

#[test]
fn a_plan_that_waits_for_answers_is_shown_with_its_questions_and_opens_nothing() {
    let fields = [("questions", json!(["Who pays for the mail?"])), ("issues", json!([issue("One", &[])]))];
    let scene = scene(vec![planned("blocked", &fields)]).on_github();
    let ran = scene.run();
    assert_eq!((ran.exit, titles(&scene).len()), (0, 0), "{}", ran.stderr);
    insta::assert_snapshot!(scene.github(), @r#"
    === #3 "Gift cards": issue, labels ["feature", "[ai-plan]"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✋ Codex needs your answer

    1. Who pays for the mail?

    Two steps, the table first.

    **Next:** answer in a comment that has `[ai-plan]` on a line of its own.

    **Not carried out of the result:**
    - 1 new issue, because the plan is not finished

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
    - [x] Plan and its issues
    - [x] Comments

    </details>
    --- codex-bot:
    <!-- codexctl:{"kind":"plan","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","delivery":"<delivery>"} -->
    ### 🧭 Plan for #3

    **To be answered first:**

    1. Who pays for the mail?

    <!-- the plan -->
    Balances live in a table of their own.

    1. the table
    2. the checkout
    <!-- end of the plan -->

    ---
    **Next:** to have something changed, write it in a comment, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` here.
    "#);
}

#[test]
fn words_that_are_no_result_are_the_plan_itself() {
    let scene = scene(vec![Turn { say: Some("First the table, then the checkout.".to_owned()), ..Turn::default() }]);
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(scene.outbox_file("issue-3.comment-plan.md").contains("First the table, then the checkout."));
}

#[test]
fn a_plan_without_a_change_leaves_the_comment_as_it_is() {
    let nothing = planned("nothing-to-do", &[("plan", json!("another"))]);
    let scene = scene(vec![plan().remove(1), nothing]).on_github();
    assert_eq!(scene.run().exit, 0);
    let before = plan_comment(&scene);
    scene.change_event(|event| event["issue"]["updated_at"] = "2026-03-03T09:00:00Z".into());
    let ran = scene.run();
    assert!(ran.stdout.contains("verdict: no-change"), "{}", ran.stdout);
    assert_eq!(plan_comment(&scene), before);
}

fn plan_comment(scene: &Scene) -> String {
    let comments = scene.stand.as_ref().unwrap().state().comments_of(REPO);
    comments.into_iter().map(|(_, body)| body).find(|body| body.contains("\"kind\":\"plan\"")).unwrap()
}

#[test]
fn unfinished_work_on_the_issue_stays_as_it_is_while_the_issue_is_planned() {
    let wait = format!("{CHANGE}; touch {WAITS}; until [ -e {GO} ]; do sleep 0.1; done");
    let scene = Scene::new(vec![run(&wait), plan().remove(1)]).asked_by("plan").env("CODEXCTL_KEEP_ON_FAILURE", "true");
    // The flow dev for the same issue, killed in the middle of its agent's work.
    let dev = scene.start_with(&["--flow", "dev"]);
    let tree = scene.state().join("work/ai-1/tree");
    scene.until_the_agent_waits_in(&tree);
    dev.signal(rustix::process::Signal::KILL);
    dev.end();
    let cart = std::fs::read_to_string(tree.join("services/checkout/cart.js")).unwrap();
    assert!(cart.contains("Ten or more"));
    let before = scene.records();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(tree.join("services/checkout/cart.js")).unwrap(), cart);
    let of_work = |records: &str| -> Vec<String> {
        let keys = ["  phase", "  delivery", "  branch", "  session"];
        records.lines().filter(|line| keys.iter().any(|key| line.starts_with(key))).map(str::to_owned).collect()
    };
    assert_eq!(of_work(&scene.records()), of_work(&before));
    assert!(scene.outbox_names().contains("issue-3.comment-plan.md"), "{}", scene.outbox_names());
}

#[test]
fn a_dry_run_shows_the_comment_and_writes_nothing() {
    let scene = scene(plan()).on_github().env("CODEXCTL_DRY_RUN", "true");
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (0, 0), "{}", ran.stderr);
    assert_eq!(scene.stand.as_ref().unwrap().writes(), Vec::<String>::new());
    let shown: Vec<&str> = ran.stdout.lines().skip_while(|line| !line.contains("would write")).collect();
    insta::assert_snapshot!(scene.plain(&shown.join("\n")), @r#"
    ├─ would write, in this order
    │  ├─ 1. GitHub: put an eyes reaction on issue #3
    │  ├─ 2. GitHub: write the plan-progress comment on issue #3
    │  │  ┊ <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"phase":"unfinished","delivery":"<delivery>"} -->
    │  │  ┊ ### ⏳ Codex is working on this issue
    │  │  ┊
    │  │  ┊ - [x] Checks before the start
    │  │  ┊ - [x] Reaction on the issue
    │  │  ┊ - [x] Repository fetched
    │  │  ┊ - [x] Slot
    │  │  ┊
    │  │  ┊ <time> so far · this comment follows the run
    │  ├─ 3. GitHub: write the plan comment on issue #3
    │  │  ┊ <!-- codexctl:{"kind":"plan","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"delivery":"<delivery>"} -->
    │  │  ┊ ### 🧭 Plan for #3
    │  │  ┊
    │  │  ┊ <!-- the plan -->
    │  │  ┊ (the agent's plan)
    │  │  ┊ <!-- end of the plan -->
    │  │  ┊
    │  │  ┊ ---
    │  │  ┊ **Next:** to have something changed, write it in a comment, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` here.
    │  └─ 4. GitHub: write the plan-progress comment on issue #3
    │     ┊ <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"phase":"published","delivery":"<delivery>"} -->
    │     ┊ ### ✅ The plan stands
    │     ┊
    │     ┊ (the agent's summary)
    │     ┊
    │     ┊ **Next:** to have something changed, say it in a comment with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on #3 or on one of its issues.
    │     ┊
    │     ┊ **Cost:** <time> · no tokens
    │     ┊
    │     ┊ <details><summary>Steps</summary>
    │     ┊
    │     ┊ - [x] Checks before the start
    │     ┊ - [x] Reaction on the issue
    │     ┊ - [x] Repository fetched
    │     ┊ - [x] Slot
    │     ┊ - [x] Sources
    │     ┊ - [x] Prompt
    │     ┊ - [x] Codex at work
    │     ┊ - [x] Publish policy
    │     ┊ - [x] Plan and its issues
    │     ┊ - [x] Comments
    │     ┊
    │     ┊ </details>
    └─ notes
       └─ services.yaml and prompts were read from the work tree; a run reads them from the head of main
    "#);
}

#[test]
fn who_may_not_write_gets_no_plan() {
    let scene = scene(plan()).on_github();
    scene.change_event(|event| event["sender"]["login"] = "Codertocat".into());
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (3, 0), "{}", ran.stderr);
    assert_eq!(scene.stand.as_ref().unwrap().writes(), Vec::<String>::new());
}

#[test]
fn a_closed_issue_gets_no_plan() {
    let scene = scene(plan()).on_github();
    scene
        .stand
        .as_ref()
        .unwrap()
        .set(|state| state.repos.get_mut(REPO).unwrap().issues.get_mut(&3).unwrap().closed = true);
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (3, 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("stopped by the gate state: issue #3 is closed"), "{}", ran.stderr);
}

#[test]
fn the_same_label_event_gets_one_plan() {
    for scene in [scene(plan()), scene(plan()).on_github()] {
        assert_eq!(scene.run().exit, 0);
        let (before, asked) = (scene.everything(), scene.asked());
        let ran = scene.run();
        assert_eq!((ran.exit, scene.asked()), (3, asked), "{}", ran.stderr);
        assert!(ran.stderr.contains("gate duplicate"), "{}", ran.stderr);
        assert_eq!(scene.everything(), before);
    }
}
