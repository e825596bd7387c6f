//! Issues of a plan: made once, found by marker in texts of our own, edited only there.

use codexctl_action::github::markers::{State, marker};
use codexctl_action::github::{GitHub as _, WantedIssue};

use crate::scene::{REPO, Scene};
use crate::stand::Fault;

const OURS: &str = "github-actions[bot]";

fn wanted(key: &str, text: &str) -> WantedIssue {
    let marker = marker(&format!("issue-{key}"), REPO, "shop", 7, &State::default());
    let body = format!("{marker}\nAI-PLAN-PARENT: #7\n\n{text}\n");
    WantedIssue { number: None, marker, title: format!("Part {key}"), body, labels: vec!["bug".to_owned()] }
}

/// Numbers and titles of all issues but the root.
fn there(scene: &Scene) -> Vec<(u64, String)> {
    let state = scene.stand.state();
    let issues = state.repos[REPO].issues.iter().filter(|(number, _)| **number != 7);
    issues.map(|(number, issue)| (*number, issue.title.clone())).collect()
}

#[tokio::test]
async fn an_issue_is_made_once_also_by_a_later_run() {
    let scene = Scene::new();
    let github = scene.github();
    let placed = github.put_issue(&wanted("a", "one")).await.unwrap().into_known().unwrap();
    assert_eq!((placed.number, placed.existed), (Some(8), false));
    assert_eq!(placed.url, "https://github.com/codex-k8s/shop/issues/8");
    github.put_issue(&wanted("b", "two")).await.unwrap();
    let again = scene.github().put_issue(&wanted("a", "other words")).await.unwrap().into_known().unwrap();
    assert_eq!((again.number, again.existed), (Some(8), true));
    assert_eq!(there(&scene), [(8, "Part a".to_owned()), (9, "Part b".to_owned())]);
    let issue = scene.stand.state().repos[REPO].issues[&8].clone();
    assert_eq!((issue.body, issue.labels), (wanted("a", "one").body, vec!["bug".to_owned()]));
    insta::assert_snapshot!(scene.stand.writes().join("\n"), @"
    POST /repos/codex-k8s/shop/issues → 201
    POST /repos/codex-k8s/shop/issues → 201
    ");
}

#[tokio::test]
async fn an_answer_that_was_cut_makes_no_second_issue() {
    for fault in [Fault::CutAfter, Fault::StatusAfter(502), Fault::CutBefore] {
        let scene = Scene::new();
        scene.stand.fail_next("POST /repos/*/*/issues", fault);
        let github = scene.github();
        let placed = github.put_issue(&wanted("a", "one")).await.unwrap().into_known().unwrap();
        assert_eq!((placed.number, placed.existed), (Some(8), false));
        github.put_issue(&wanted("b", "two")).await.unwrap();
        assert_eq!(there(&scene), [(8, "Part a".to_owned()), (9, "Part b".to_owned())]);
    }
}

#[tokio::test]
async fn issues_of_a_plan_are_those_of_our_own_account_with_its_marker_on_all_pages() {
    let scene = Scene::new();
    scene.stand.set(|state| {
        state.page = 2;
        let mut add = |number, author: &str, body: String, closed| {
            state.add_issue(REPO, number, "Part", author, &[]);
            let issue = state.repos.get_mut(REPO).unwrap().issues.get_mut(&number).unwrap();
            (issue.body, issue.closed) = (body, closed);
        };
        add(8, OURS, wanted("a", "one").body, false);
        add(9, "mallory", wanted("b", "forged").body, false);
        add(10, OURS, format!("> {}", wanted("c", "quoted").body), false);
        add(11, OURS, wanted("d", "of another plan").body.replace("\"number\":7", "\"number\":6"), false);
        add(12, OURS, wanted("e", "elsewhere").body.replace("codex-k8s/shop", "codex-k8s/other"), false);
        add(13, OURS, wanted("f", "closed").body, true);
        add(14, OURS, wanted("g", "one more").body, false);
    });
    let found = scene.github().plan_issues(7).await.unwrap().into_known().unwrap();
    let found: Vec<(u64, bool)> = found.into_iter().map(|issue| (issue.number, issue.open)).collect();
    assert_eq!(found, [(8, true), (13, false), (14, true)]);
}

#[tokio::test]
async fn only_an_issue_that_codexctl_made_for_this_plan_is_edited() {
    let scene = Scene::new();
    let github = scene.github();
    github.put_issue(&wanted("a", "one")).await.unwrap();
    scene.stand.set(|state| {
        state.add_issue(REPO, 9, "Mine", "mallory", &[]);
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&9).unwrap().body = wanted("a", "forged").body;
    });
    let edit = |number, key: &str| WantedIssue { number: Some(number), ..wanted(key, "two") };
    let placed = github.put_issue(&edit(8, "a")).await.unwrap().into_known().unwrap();
    assert_eq!((placed.number, placed.existed), (Some(8), true));
    assert_eq!(scene.stand.state().repos[REPO].issues[&8].body, wanted("a", "two").body);
    github.put_issue(&edit(8, "a")).await.unwrap();
    for (number, key) in [(9, "a"), (8, "b"), (7, "a")] {
        let error = github.put_issue(&edit(number, key)).await.unwrap_err();
        let said = format!(
            "GitHub refuses to edit issue #{number} in {REPO}: codexctl changes only issues that it made for this plan. Change it by hand"
        );
        assert_eq!(error.to_string(), said);
    }
    insta::assert_snapshot!(scene.stand.writes().join("\n"), @"
    POST /repos/codex-k8s/shop/issues → 201
    PATCH /repos/codex-k8s/shop/issues/8 → 200
    ");
}

#[tokio::test]
async fn issues_of_a_version_to_come_are_left_alone() {
    let scene = Scene::new();
    scene.stand.set(|state| {
        state.add_issue(REPO, 8, "Part", OURS, &[]);
        let body = wanted("a", "one").body.replace("\"schema\":1", "\"schema\":2");
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&8).unwrap().body = body;
    });
    let error = scene.github().put_issue(&wanted("a", "one")).await.unwrap_err();
    insta::assert_snapshot!(error, @"issue #8 has a codexctl comment of schema 2, this codexctl knows 1: upgrade to the version that wrote it");
    assert_eq!(scene.stand.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_token_that_may_not_open_issues_is_told_what_it_lacks() {
    let scene = Scene::new();
    let token = "ghs_reader00000000000000000000000000000";
    scene.stand.state().add_workflow_token(token, &[("issues", "read")]);
    let error = scene.github_as(token).put_issue(&wanted("a", "one")).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"GitHub refuses to open the issue "Part a" in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission issues: write. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`"#);
}
