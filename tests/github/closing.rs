//! The end of things: issues are closed as completed, branches deleted as they were seen.

use codexctl_action::github::GitHub as _;

use crate::scene::{REPO, Scene, TOKEN};
use crate::stand::Fault;

const BRANCH: &str = "codex/issue-7";

fn head(scene: &Scene) -> String {
    scene.stand.state().repos[REPO].git.sha(BRANCH).unwrap()
}

#[tokio::test]
async fn an_open_issue_is_closed_as_completed_and_a_closed_one_stays_as_it_is() {
    let scene = Scene::new();
    scene.github().close_issue(7).await.unwrap();
    let state = |scene: &Scene| {
        let state = scene.stand.state();
        let issue = &state.repos[REPO].issues[&7];
        (issue.closed, issue.state_reason.clone())
    };
    assert_eq!(state(&scene), (true, Some("completed".to_owned())));
    scene.stand.set(|state| {
        let issue = state.repos.get_mut(REPO).unwrap().issues.get_mut(&7).unwrap();
        issue.state_reason = Some("not_planned".to_owned());
    });
    scene.github().close_issue(7).await.unwrap();
    assert_eq!(state(&scene), (true, Some("not_planned".to_owned())));
    insta::assert_snapshot!(scene.stand.writes().join("\n"), @"PATCH /repos/codex-k8s/shop/issues/7 → 200");
}

#[tokio::test]
async fn a_branch_is_deleted_at_the_commit_that_was_seen_and_one_that_is_gone_is_fine() {
    let scene = Scene::new();
    let commit = head(&scene);
    scene.github().delete_branch(BRANCH, &commit).await.unwrap();
    assert_eq!(scene.stand.state().repos[REPO].git.sha(BRANCH), None);
    scene.github().delete_branch(BRANCH, &commit).await.unwrap();
    insta::assert_snapshot!(scene.stand.writes().join("\n"), @"DELETE /repos/codex-k8s/shop/git/refs/heads/codex/issue-7 → 204");
}

#[tokio::test]
async fn a_branch_that_moved_stays() {
    let scene = Scene::new();
    let commit = head(&scene);
    scene.stand.state().repos[REPO].git.commit(BRANCH, "one more");
    let error = scene.github().delete_branch(BRANCH, &commit).await.unwrap_err().to_string();
    assert!(error.contains("moved from") && error.contains("it stays"), "{error}");
    assert_eq!(scene.stand.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cut_answer_is_looked_after_before_anything_is_sent_again() {
    let scene = Scene::new();
    let commit = head(&scene);
    scene.stand.fail_next("DELETE *", Fault::CutAfter);
    scene.stand.fail_next("PATCH *", Fault::CutBefore);
    let github = scene.github();
    github.delete_branch(BRANCH, &commit).await.unwrap();
    github.close_issue(7).await.unwrap();
    insta::assert_snapshot!(scene.stand.log().join("\n"), @"
    GET /repos/codex-k8s/shop/git/ref/heads/codex/issue-7 → 200
    DELETE /repos/codex-k8s/shop/git/refs/heads/codex/issue-7 → cut
    GET /repos/codex-k8s/shop/git/ref/heads/codex/issue-7 → 404
    GET /repos/codex-k8s/shop/issues/7 → 200
    PATCH /repos/codex-k8s/shop/issues/7 → cut
    PATCH /repos/codex-k8s/shop/issues/7 → 200
    ");
}

#[tokio::test]
async fn what_github_refuses_is_told_with_the_way_out() {
    let scene = Scene::new();
    let commit = head(&scene);
    scene.stand.set(|state| {
        state.repos.get_mut(REPO).unwrap().protected.push(BRANCH.to_owned());
        state.add_workflow_token("ghs_reads", &[("issues", "read"), ("contents", "read")]);
    });
    let mut told = vec![scene.github_as(TOKEN).delete_branch(BRANCH, &commit).await.unwrap_err().to_string()];
    let reads = scene.github_as("ghs_reads");
    told.push(reads.delete_branch(BRANCH, &commit).await.unwrap_err().to_string());
    told.push(reads.close_issue(7).await.unwrap_err().to_string());
    told.push(reads.close_issue(99).await.unwrap_err().to_string());
    insta::assert_snapshot!(told.join("\n\n"), @"
    GitHub refuses to delete branch codex/issue-7 in codex-k8s/shop: Cannot delete this branch. The branch is protected: delete it by hand, or take the rule off in the repository's Settings, Rules

    GitHub refuses to delete branch codex/issue-7 in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission contents: write. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`

    GitHub refuses to close issue #7 in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission issues: write. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`

    GitHub has no issue #99 in codex-k8s/shop: it is missing, or the token has no access to it
    ");
}
