//! The flow `plan-review`: people answer to a plan, and the plan answers them.

use serde_json::{Value, json};

use crate::model::Turn;
use crate::plan::{issue, plan, planned};
use crate::scene::{REPO, Scene};

/// The comment of the event.
const COMMENT: u64 = 3_990_112_233;

/// What the agent of a review hands in.
fn reviewed(fields: &[(&str, Value)]) -> Turn {
    let own = [
        ("summary", json!("The plan says now that balances are never paid out.")),
        ("plan", json!("Balances live in a table of their own, and are never paid out.")),
        ("edits", json!([])),
        ("replies", json!([{"comment": COMMENT, "body": "Both are in the plan now."}])),
    ];
    planned("done", &[&own, fields].concat())
}

/// An issue with a plan, two issues of it (#4 and #5), and a comment that asks for changes.
fn scene(turn: Turn) -> Scene {
    scene_of(vec![turn.clone(), turn.clone(), turn])
}

/// The same by an agent that stops to think.
pub(crate) fn with_a_pause(pause: Turn) -> Scene {
    scene_of(vec![pause, reviewed(&[])])
}

fn scene_of(reviews: Vec<Turn>) -> Scene {
    let mut turns = vec![plan().remove(1)];
    turns.extend(reviews);
    let scene = Scene::new(turns).asked_by("plan").on_github();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let scene = scene.asked_by("plan-review");
    comment_of_the_event(&scene, 3);
    scene
}

/// A review that changes everything, by a model that never gets tired of it.
pub(crate) fn again_and_again() -> Scene {
    let fields = [
        ("edits", json!([{"issue": 4, "body": "A table with a column for the value."}])),
        ("issues", json!([issue("Never pay out", &["bug", "urgent"])])),
    ];
    scene(reviewed(&fields))
}

/// The comment of the event, as GitHub has it.
fn comment_of_the_event(scene: &Scene, on: u64) {
    let event = scene.event();
    scene.stand.as_ref().unwrap().set(|state| {
        let id = state.add_comment(REPO, on, "octocat", event["comment"]["body"].as_str().unwrap());
        let comments = &mut state.repos.get_mut(REPO).unwrap().comments;
        let comment = comments.remove(&id).unwrap();
        comments.insert(COMMENT, comment);
    });
}

/// The comment stands on an issue of the plan instead.
fn asked_on(scene: &Scene, number: u64) {
    let (title, body) = {
        let state = scene.stand.as_ref().unwrap().state();
        let issue = &state.repos[REPO].issues[&number];
        (issue.title.clone(), issue.body.clone())
    };
    scene.stand.as_ref().unwrap().set(|state| {
        state.repos.get_mut(REPO).unwrap().comments.get_mut(&COMMENT).unwrap().issue = number;
    });
    scene.change_event(|event| {
        event["issue"]["number"] = number.into();
        event["issue"]["title"] = title.into();
        event["issue"]["body"] = body.into();
        event["issue"]["labels"] = json!([]);
        event["issue"]["html_url"] = format!("https://github.com/{REPO}/issues/{number}").into();
    });
}

fn left(scene: &Scene) -> String {
    let github = scene.github();
    let found = github.split("**Not carried out of the result:**").nth(1).unwrap_or_default();
    found.split("**Cost").next().unwrap_or_default().trim().to_owned()
}

#[test]
fn a_comment_changes_the_plan_and_gets_its_answer() {
    let scene = scene(reviewed(&[]));
    let asked = scene.asked();
    let ran = scene.run();
    insta::assert_snapshot!(scene.told(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on comment 3990112233
    ✓ fetch           main at <commit>
    ✓ root            issue #3 itself
    ✓ slot            1 of ai, as it was
    ✓ sources         main at <commit>, to look into
    ✓ prompt          plan_review_en (built in), <n> characters, 1 comment
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: The plan says now that balances are never paid out.
    ✓ agent           0 commands, 1,020 tokens
    ✓ check           done
    ✓ plan            written
    ✓ answers         1 comment answered
    ✓ comment         issue #3
    flow: plan-review
    verdict: done
    slot: 1
    namespace: shop-dev-1
    env: ai
    session_id: <thread>
    input_tokens: 1000
    output_tokens: 20
    duration_seconds: <time>
    summary_file: <scene>/shop/.codexctl/outbox/summary.md
    created: false
    recreated: false
    codexctl_new_env: false
    codexctl_run_args: --env ai --slot 1 --namespace shop-dev-1 --issue 3
    ");
    insta::assert_snapshot!(scene.github(), @r#"
    === #3 "Gift cards": issue, labels ["feature", "[ai-plan]"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ The plan stands: [read it](https://github.com/codex-k8s/shop/issues/3#issuecomment-102)

    The plan says now that balances are never paid out.

    **Next:** to have something changed, say it in a comment with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on #3 or on one of its issues.

    **Cost:** <time> · 1,000 tokens in (100 cached), 20 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the comment
    - [x] Repository fetched
    - [x] Plan found
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [x] Publish policy
    - [x] Plan and its issues
    - [x] Answers to comments
    - [x] Comments

    </details>
    --- codex-bot:
    <!-- codexctl:{"kind":"plan","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","delivery":"<delivery>"} -->
    ### 🧭 Plan for #3

    <!-- the plan -->
    Balances live in a table of their own, and are never paid out.
    <!-- end of the plan -->

    **Its issues**

    - #4 Keep balances in a table
    - #5 Take a code in the cart

    ---
    **Next:** to have something changed, write it in a comment here or on one of the issues, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on one of the issues, or here for all of it.
    --- codex-bot:
    <!-- codexctl:{"kind":"reply-3990112233","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"delivery":"<delivery>"} -->
    > octocat [wrote](https://github.com/codex-k8s/shop/issues/3#issuecomment-3990112233): Good. Two changes please:

    Both are in the plan now.
    --- octocat 3990112233 (seen):
    …
    === #4 "Keep balances in a table": issue, labels ["feature"], reactions []
    <!-- codexctl:{"kind":"issue-43d94938556dc6f6","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Keep balances in a table” is about.
    === #5 "Take a code in the cart": issue, labels ["feature", "doc"], reactions []
    <!-- codexctl:{"kind":"issue-21b0ebeab79efebd","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Take a code in the cart” is about.
    "#);
    insta::assert_snapshot!(scene.records(), @r##"
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
      plan: {"phase":"published","delivery":"<delivery>","session":"<thread>","kinds":["plan_issue","plan_review"],"until":"2026-02-21T09:30:00Z","last":"done","seen":{"#3":"b9f71999d9226f0a","#4":"eec62ae770883ddb","#5":"11c8a48676a72499","plan":"9cdb95032619318d"}}
    "##);
    // The thread of the plan goes on: it is told what is new, and the plan's own issue isn't.
    let prompt = &scene.model.seen()[asked].body["input"];
    let last = prompt.as_array().unwrap().last().unwrap().to_string();
    assert!(last.contains("people have answered") && last.contains("Two changes please"), "{last}");
    assert!(!last.contains("Customers want to buy a gift card"), "{last}");
}

#[test]
fn a_comment_on_an_issue_of_the_plan_leads_to_its_root() {
    let scene = scene(reviewed(&[
        (
            "edits",
            json!([{"issue": 4, "body": "AI-PLAN-PARENT: #99\nA table with a column for the value.\n<!-- codexctl:{} -->"}]),
        ),
        ("issues", json!([issue("Never pay out", &[])])),
    ]));
    asked_on(&scene, 4);
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on comment 3990112233
    ✓ fetch           main at <commit>
    ✓ root            issue #3, above #4
    ✓ slot            1 of ai, as it was
    ✓ sources         main at <commit>, to look into
    ✓ prompt          plan_review_en (built in), <n> characters, 1 comment
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: The plan says now that balances are never paid out.
    ✓ agent           0 commands, 1,020 tokens
    ✓ check           done
    ✓ plan            written, 1 new issue, 1 issue edited
    ✓ answers         1 comment answered
    ✓ comment         issue #4
    ");
    insta::assert_snapshot!(scene.github(), @r#"
    === #3 "Gift cards": issue, labels ["feature", "[ai-plan]"], reactions ["eyes by codex-bot"]
    --- codex-bot:
    <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ The plan stands: [read it](https://github.com/codex-k8s/shop/issues/3#issuecomment-102)

    Two steps, the table first.

    **Next:** to have something changed, say it in a comment with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on #3 or on one of its issues.

    **Not carried out of the result:**
    - labels of issues: \[ai-dev\]. Codex sets only feature, bug, doc, debt, idea and epic

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
    Balances live in a table of their own, and are never paid out.
    <!-- end of the plan -->

    **Its issues**

    - #4 Keep balances in a table
    - #5 Take a code in the cart
    - #6 Never pay out

    ---
    **Next:** to have something changed, write it in a comment here or on one of the issues, with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on one of the issues, or here for all of it.
    === #4 "Keep balances in a table": issue, labels ["feature"], reactions []
    <!-- codexctl:{"kind":"issue-43d94938556dc6f6","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    A table with a column for the value.
    --- codex-bot:
    <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":4,"schema":1,"session":"<thread>","phase":"published","delivery":"<delivery>"} -->
    ### ✅ The plan stands: [read it](https://github.com/codex-k8s/shop/issues/3#issuecomment-102)

    The plan says now that balances are never paid out.

    **Next:** to have something changed, say it in a comment with `[ai-plan]` on a line of its own. To have it carried out, set the label `[ai-dev]` on #3 or on one of its issues.

    **Cost:** <time> · 1,000 tokens in (100 cached), 20 out · 1 turn · `mock-model`

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the comment
    - [x] Repository fetched
    - [x] Plan found
    - [x] Slot
    - [x] Sources
    - [x] Prompt
    - [x] Codex at work
    - [x] Publish policy
    - [x] Plan and its issues
    - [x] Answers to comments
    - [x] Comments

    </details>
    --- codex-bot:
    <!-- codexctl:{"kind":"reply-3990112233","repo":"codex-k8s/shop","project":"shop","number":4,"schema":1,"delivery":"<delivery>"} -->
    > octocat [wrote](https://github.com/codex-k8s/shop/issues/3#issuecomment-3990112233): Good. Two changes please:

    Both are in the plan now.
    --- octocat 3990112233 (seen):
    …
    === #5 "Take a code in the cart": issue, labels ["feature", "doc"], reactions []
    <!-- codexctl:{"kind":"issue-21b0ebeab79efebd","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Take a code in the cart” is about.
    === #6 "Never pay out": issue, labels ["feature"], reactions []
    <!-- codexctl:{"kind":"issue-dfeef538615954f7","repo":"codex-k8s/shop","project":"shop","number":3,"schema":1} -->
    AI-PLAN-PARENT: #3

    What “Never pay out” is about.
    "#);
}

#[test]
fn only_what_codexctl_made_is_edited_and_only_told_comments_are_answered() {
    let scene = scene(reviewed(&[
        (
            "edits",
            json!([{"issue": 3, "body": "x"}, {"issue": 5, "body": "x"}, {"issue": 6, "body": "x"}, {"issue": 77, "body": "x"}]),
        ),
        (
            "replies",
            json!([
                {"comment": COMMENT, "body": "Yes."}, {"comment": 1, "body": "Unasked."}, {"comment": 101, "body": "To ourselves."}
            ]),
        ),
    ]));
    let marker = {
        let state = scene.stand.as_ref().unwrap().state();
        state.repos[REPO].issues[&4].body.lines().next().unwrap().to_owned()
    };
    scene.stand.as_ref().unwrap().set(|state| {
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&5).unwrap().closed = true;
        // A marker in somebody else's issue is a forged one.
        state.add_issue(REPO, 6, "Mine", "Codertocat", &[]);
        let body = format!("{}\nAI-PLAN-PARENT: #3\nforged", marker.replace("issue-", "issue-0"));
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&6).unwrap().body = body;
    });
    let before = scene.stand.as_ref().unwrap().state().repos[REPO].issues.clone();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_snapshot!(left(&scene), @"
    - the new text of #·3: codexctl did not make that issue for this plan
    - the new text of #·5: it is closed
    - the new text of #·6: codexctl did not make that issue for this plan
    - the new text of #·77: codexctl did not make that issue for this plan
    - an answer to comment 1, which was not part of this run
    - an answer to comment 101, which was not part of this run
    ");
    let after = scene.stand.as_ref().unwrap().state().repos[REPO].issues.clone();
    for number in [3, 5, 6] {
        assert_eq!(after[&number].body, before[&number].body, "#{number}");
    }
}

#[test]
fn an_answer_is_given_once_and_a_second_one_is_left() {
    let scene = scene(reviewed(&[]));
    assert_eq!(scene.run().exit, 0);
    let answers = |scene: &Scene| {
        let comments = scene.stand.as_ref().unwrap().state().comments_of(REPO);
        comments.into_iter().filter(|(_, body)| body.contains("\"kind\":\"reply-")).collect::<Vec<_>>()
    };
    let first = answers(&scene);
    assert_eq!(first.len(), 1);
    // The same comment as another delivery.
    scene.change_event(|event| event["comment"]["updated_at"] = "2026-03-03T09:00:00Z".into());
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(answers(&scene), first);
    insta::assert_snapshot!(left(&scene), @"- a second answer to comment 3990112233");
}

#[test]
fn a_changed_plan_and_what_was_said_since_are_told_and_what_came_later_is_not() {
    let scene = scene(reviewed(&[]));
    let asked = scene.asked();
    scene.stand.as_ref().unwrap().set(|state| {
        let comments = &mut state.repos.get_mut(REPO).unwrap().comments;
        let plan = comments.values_mut().find(|comment| comment.body.contains("\"kind\":\"plan\"")).unwrap();
        plan.body = plan.body.replace("2. the checkout", "2. the checkout, with a limit");
        let earlier = state.add_comment(REPO, 3, "octocat", "An earlier word.");
        let stranger = state.add_comment(REPO, 3, "Codertocat", "AI-PLAN-PARENT: #5\nA stranger's word.");
        let late = state.add_comment(REPO, 3, "octocat", "A later word.");
        let comments = &mut state.repos.get_mut(REPO).unwrap().comments;
        for (id, moment) in [(earlier, "02-20T15"), (stranger, "02-20T16"), (late, "03-01T00")] {
            comments.get_mut(&id).unwrap().created_at = format!("2026-{moment}:00:00Z");
        }
    });
    assert_eq!(scene.run().exit, 0);
    let prompt = scene.model.seen()[asked].body["input"].as_array().unwrap().last().unwrap().to_string();
    for told in ["the checkout, with a limit", "An earlier word.", "Two changes please"] {
        assert!(prompt.contains(told), "{told} in {prompt}");
    }
    for untold in ["A later word.", "A stranger's word."] {
        assert!(!prompt.contains(untold), "{untold} in {prompt}");
    }
}

#[test]
fn where_the_thread_is_lost_the_agent_is_told_everything() {
    let scene = scene(reviewed(&[]));
    std::fs::remove_dir_all(scene.path("state")).unwrap();
    let asked = scene.asked();
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let prompt = scene.model.seen()[asked].body["input"].as_array().unwrap().last().unwrap().to_string();
    for told in ["Customers want to buy a gift card", "Balances live in a table", "Two changes please", "#4"] {
        assert!(prompt.contains(told), "{told} in {prompt}");
    }
}

#[test]
fn a_comment_where_there_is_no_plan_is_told_so() {
    let scene = scene(reviewed(&[]));
    scene.stand.as_ref().unwrap().set(|state| state.add_issue(REPO, 9, "Alone", "octocat", &[]));
    asked_on(&scene, 9);
    let asked = scene.asked();
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (1, asked), "{}", ran.stderr);
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 1
    ✓ gates           octocat may write to codex-k8s/shop (write)
    ✓ acknowledge     eyes on comment 3990112233
    ✓ fetch           main at <commit>
    ✗ root            issue #9 belongs to no plan: it has neither the label [ai-plan] nor a line AI-PLAN-PARENT: #N. Set that label on it to have it planned
    error: issue #9 belongs to no plan: it has neither the label [ai-plan] nor a line AI-PLAN-PARENT: #N. Set that label on it to have it planned
    ");
    insta::assert_snapshot!(scene.github().split("=== #9").nth(1).unwrap(), @r#"
     "Alone": issue, labels [], reactions []
    --- codex-bot:
    <!-- codexctl:{"kind":"plan-progress","repo":"codex-k8s/shop","project":"shop","number":9,"schema":1,"phase":"unfinished","delivery":"<delivery>"} -->
    ### ❌ The run failed

    > ```text
    > issue #9 belongs to no plan: it has neither the label [ai-plan] nor a line AI-PLAN-PARENT: #N. Set that label on it to have it planned
    > ```

    **Next:** put right what is named above, then write a comment with `[ai-plan]` on a line of its own.

    **Cost:** <time> · no tokens

    <details><summary>Steps</summary>

    - [x] Checks before the start
    - [x] Reaction on the comment
    - [x] Repository fetched
    - [ ] **Plan found** ❌

    </details>
    --- octocat 3990112233 (seen):
    …
    "#);
}

#[test]
fn lines_that_lead_nowhere_are_told_and_start_nothing() {
    let scene = scene(reviewed(&[]));
    scene.stand.as_ref().unwrap().set(|state| {
        for (number, body) in [
            (9, "AI-PLAN-PARENT: #10"),
            (10, "AI-PLAN-PARENT: #9"),
            (11, "AI-PLAN-PARENT: #99"),
            (12, "AI-PLAN-PARENT: else/where#1"),
            (13, "AI-PLAN-PARENT: #14"),
            (14, "the root"),
        ] {
            let labels: &[&str] = if number == 14 { &["[ai-plan]"] } else { &[] };
            state.add_issue(REPO, number, "Lost", "octocat", labels);
            state.repos.get_mut(REPO).unwrap().issues.get_mut(&number).unwrap().body = body.to_owned();
        }
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&14).unwrap().closed = true;
    });
    let mut told = String::new();
    for number in [9, 11, 12, 13] {
        asked_on(&scene, number);
        let ran = scene.run();
        assert_eq!(ran.exit, 1, "{}", ran.stderr);
        told.push_str(ran.stderr.lines().find(|line| line.starts_with("error: ")).unwrap());
        told.push('\n');
    }
    insta::assert_snapshot!(told, @"
    error: the lines AI-PLAN-PARENT lead in a circle (#9 → #10 → #9): take one of them out, and set the label [ai-plan] on the issue that has the plan
    error: issue #11 names #99 as its plan, and there is no such issue here: put its line AI-PLAN-PARENT right
    error: issue #12 belongs to a plan in another repository, else/where#1: write the comment there
    error: the plan of issue #14 is closed: open it again, or plan anew
    ");
}

#[test]
fn who_may_not_write_gets_no_answer_and_so_does_the_project_itself() {
    for who in ["Codertocat", "codex-bot"] {
        let scene = scene(reviewed(&[]));
        scene.stand.as_ref().unwrap().set(|state| state.users.insert("codex-bot".into(), "Bot"));
        scene.change_event(|event| {
            event["sender"]["login"] = who.into();
            event["comment"]["user"]["login"] = who.into();
            if who == "codex-bot" {
                event["sender"]["type"] = "Bot".into();
            }
        });
        let (asked, before) = (scene.asked(), scene.github());
        let ran = scene.run();
        assert_eq!((ran.exit, scene.asked()), (3, asked), "{}", ran.stderr);
        assert!(ran.stderr.contains("gate actor"), "{}", ran.stderr);
        assert_eq!(scene.github(), before);
    }
}

#[test]
fn a_comment_on_a_closed_issue_stops_at_the_gate_state() {
    let scene = scene(reviewed(&[]));
    scene
        .stand
        .as_ref()
        .unwrap()
        .set(|state| state.repos.get_mut(REPO).unwrap().issues.get_mut(&3).unwrap().closed = true);
    let ran = scene.run();
    assert_eq!(ran.exit, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("gate state: issue #3 is closed"), "{}", ran.stderr);
}

#[test]
fn the_same_comment_is_answered_once() {
    let scene = scene(reviewed(&[]));
    assert_eq!(scene.run().exit, 0);
    let (before, asked) = (scene.github(), scene.asked());
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (3, asked), "{}", ran.stderr);
    assert!(ran.stderr.contains("gate duplicate"), "{}", ran.stderr);
    assert_eq!(scene.github(), before);
}

#[test]
fn without_a_token_a_second_run_on_this_machine_finds_its_plan_again() {
    let scene = Scene::new(vec![plan().remove(1), reviewed(&[])]).asked_by("plan");
    assert_eq!(scene.run().exit, 0);
    let (scene, asked) = (scene.asked_by("plan-review"), 1);
    let ran = scene.run();
    insta::assert_snapshot!(scene.log(&ran), @"
    exit 0
    ✓ gates           no GitHub token, so whoever sits at this machine is the actor
    ✓ acknowledge     eyes on comment 3990112233
    ✓ fetch           main at <commit>
    ✓ root            issue #3 itself
    ✓ slot            1 of ai, as it was
    ✓ sources         main at <commit>, to look into
    ✓ prompt          plan_review_en (built in), <n> characters, 1 comment
      │ note: Model metadata for `mock-model` not found. Defaulting to fallback metadata; this can degrade performance and cause issues.
      │ done: The plan says now that balances are never paid out.
    ✓ agent           0 commands, 1,020 tokens
    ✓ check           done
    ✓ plan            written
    ✓ answers         1 comment answered
    ✓ comment         issue #3
    ");
    insta::assert_snapshot!(scene.outbox_names(), @"
    .gitignore
    comment-3990112233.reaction.md
    issue-3.comment-plan-progress.md
    issue-3.comment-plan.md
    issue-3.comment-reply-3990112233.md
    issue-3.reaction.md
    new-issue-Keep-balances-in-a-table-c1f426b9.md
    new-issue-Take-a-code-in-the-cart-522ce636.md
    summary.md
    ");
    assert!(scene.outbox_file("issue-3.comment-plan.md").contains("are never paid out"));
    assert_eq!(scene.asked(), asked + 1);
}

#[test]
fn a_dry_run_shows_plan_and_answer_and_writes_nothing() {
    let scene = scene(reviewed(&[])).env("CODEXCTL_DRY_RUN", "true");
    let (before, asked) = (scene.github(), scene.asked());
    let ran = scene.run();
    assert_eq!((ran.exit, scene.asked()), (0, asked), "{}", ran.stderr);
    assert_eq!(scene.github(), before);
    let shown: Vec<&str> = ran.stdout.lines().filter(|line| line.contains(". GitHub: ")).collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    │  ├─ 1. GitHub: put an eyes reaction on comment 3990112233
    │  ├─ 2. GitHub: edit the plan-progress comment on issue #3
    │  ├─ 3. GitHub: edit the plan comment on issue #3
    │  ├─ 4. GitHub: write the reply-3990112233 comment on issue #3
    │  └─ 5. GitHub: edit the plan-progress comment on issue #3
    ");
}
