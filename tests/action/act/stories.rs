//! Labels, strangers, forks and somebody who cancels, each with a workflow around it.

use serde_json::json;

use super::apart;
use super::scene::Scene;
use crate::model::Turn;
use crate::scene::REPO;
use crate::script::{CHANGE, discount, run};

/// Our own action by its path, as a workflow of this repository has it.
const OWN: &str = r#"
name: own
on:
  issues:
    types: [labeled]
jobs:
  ai:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
        with:
          persist-credentials: false
      - uses: ./
        id: run
        with:
          openai-api-key: ${{ secrets.OPENAI_API_KEY }}
          env-file: ${{ secrets.CODEXCTL_ENV_FILE }}
        env:
          OPENAI_BASE_URL: ${{ vars.OPENAI_BASE_URL }}
          CODEXCTL_MODEL: ${{ vars.CODEXCTL_MODEL }}
      - run: echo "told $FLOW $VERDICT $BRANCH"
        env:
          FLOW: ${{ steps.run.outputs.flow }}
          VERDICT: ${{ steps.run.outputs.verdict }}
          BRANCH: ${{ steps.run.outputs.branch }}
"#;

/// The agent hands in a plan.
fn plan() -> Vec<Turn> {
    let result = json!({
        "status": "done", "summary": "Two steps, the table first.", "questions": [], "issues": [],
        "plan": "Balances live in a table of their own.\n\n1. the table\n2. the checkout",
    });
    vec![run(CHANGE), Turn { result: Some(result), ..Turn::default() }]
}

/// Asserts what the flow `dev` leaves on GitHub and on `origin`.
fn assert_done(scene: &Scene) {
    let changed = scene.origin(&["diff", "--name-only", "main", "codex/issue-7"]);
    assert_eq!(changed, "services/checkout/cart.js");
    assert_eq!(scene.origin(&["rev-list", "--count", "main..codex/issue-7"]), "1");
    let state = scene.stand.state();
    let pulls: Vec<_> =
        state.repos[REPO].issues.values().filter_map(|issue| Some((issue, issue.pull.as_ref()?))).collect();
    let [(issue, pull)] = pulls[..] else { panic!("{} pull requests", pulls.len()) };
    assert_eq!(
        (issue.title.as_str(), pull.head.as_str(), pull.draft),
        ("Give the promised discount", "codex/issue-7", true)
    );
    let comments = state.comments_of(REPO);
    assert!(comments.iter().any(|(_, body)| body.contains("### ✅ Done")), "{comments:?}");
    assert!(state.repos[REPO].issues[&7].labels.iter().all(|label| label != "[ai-dev]"), "the label is taken off");
}

#[test]
fn a_workflow_of_this_repository_runs_the_action_by_its_path_and_reads_its_outputs() {
    apart(|apart| {
        let scene = Scene::new(apart, "dev", discount()).in_our_own_repository(OWN);
        let ended = scene.run();
        assert_eq!(ended.exit, 0);
        assert!(ended.log.contains("told dev done codex/issue-7"), "the outputs reach later steps");
        assert_done(&scene);
    });
}

#[test]
fn a_label_in_a_user_s_repository_becomes_a_pull_request() {
    apart(|apart| {
        let scene = Scene::new(apart, "dev", discount());
        let ended = scene.run();
        assert_eq!(ended.exit, 0);
        assert_eq!(ended.jobs(), ["codexctl/codexctl/Codex, in a container"]);
        assert_done(&scene);
        assert_eq!(scene.containers(), "");
    });
}

#[test]
fn a_planning_label_becomes_a_plan_and_no_commit() {
    apart(|apart| {
        let scene = Scene::new(apart, "plan", plan());
        assert_eq!(scene.run().exit, 0);
        let plans = scene.comments().into_iter().filter(|(_, body)| body.contains("1. the table")).count();
        assert_eq!(plans, 1);
        assert_eq!(scene.origin(&["branch", "--format=%(refname:short)"]), "main");
        let labels = scene.stand.state().repos[REPO].issues[&3].labels.clone();
        assert!(labels.contains(&"[ai-plan]".to_owned()), "it marks the root of the plan: {labels:?}");
    });
}

#[test]
fn a_stranger_s_label_starts_no_agent() {
    apart(|apart| {
        let scene = Scene::new(apart, "dev", discount()).event(|event| event["sender"]["login"] = "mallory".into());
        let ended = scene.run();
        assert_eq!(ended.exit, 0, "nobody's fault");
        assert!(ended.log.contains("mallory"), "it says whom it stopped");
        assert_eq!(scene.asked(), 0);
        assert_eq!(scene.comments(), []);
        assert_eq!(scene.origin(&["branch", "--format=%(refname:short)"]), "main");
    });
}

#[test]
fn a_fork_s_pull_request_starts_no_runner() {
    apart(|apart| {
        let fork = |event: &mut serde_json::Value| {
            event["pull_request"]["head"]["repo"]["full_name"] = "mallory/shop".into();
        };
        let scene = Scene::new(apart, "review", discount()).event(fork);
        let ended = scene.run();
        assert_eq!((ended.exit, ended.jobs()), (0, Vec::new()));
        assert_eq!(scene.stand.log(), Vec::<String>::new());
    });
}

#[test]
fn another_label_starts_no_runner() {
    apart(|apart| {
        let scene = Scene::new(apart, "dev", discount()).event(|event| event["label"]["name"] = "bug".into());
        let ended = scene.run();
        assert_eq!((ended.exit, ended.jobs()), (0, Vec::new()));
        assert_eq!(scene.stand.log(), Vec::<String>::new());
    });
}

#[test]
fn a_cancelled_workflow_says_so_on_the_issue_and_leaves_nothing_running() {
    apart(|apart| {
        let scene = Scene::with_a_user_s_token(apart, "dev", vec![run("echo the agent waits; sleep 600")]);
        let mut running = scene.start();
        running.until("the agent waits");
        running.cancel();
        let ended = running.end();
        assert_ne!(ended.exit, 0);
        let comments = scene.comments();
        let [(_, body)] = &comments[..] else { panic!("{comments:?}") };
        assert!(body.contains("The run was stopped before its end"), "{body}");
        assert_eq!(scene.containers(), "");
        assert_eq!(scene.origin(&["branch", "--list", "codex/issue-7"]), "");
    });
}

#[test]
fn on_a_runner_of_one_s_own_the_binary_of_a_release_does_the_same() {
    apart(|apart| {
        let scene = Scene::new(apart, "dev", discount()).on_a_runner_of_one_s_own();
        let ended = scene.run();
        assert_eq!(ended.exit, 0);
        assert_eq!(ended.jobs(), ["codexctl/codexctl/Codex, on the runner itself"]);
        assert!(ended.log.contains("codexctl v1.2.3: SHA-256 "), "it says what it installed");
        assert!(ended.log.contains("nothing to take back"), "the last step tidies up");
        assert_done(&scene);
    });
}
