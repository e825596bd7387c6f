//! Pull requests: opened once as a draft, brought to what is wanted later, and every reason why GitHub has none.

use codexctl_action::github::{GitHub as _, Thread, WantedPull};

use crate::scene::{REPO, Scene, progress, wanted_pull};
use crate::stand::Fault;

#[tokio::test]
async fn a_pull_request_is_opened_as_a_draft_with_labels_and_reviewers() {
    let scene = Scene::new();
    let placed = scene.github().put_pull(&wanted_pull()).await.unwrap().into_known().unwrap();
    insta::assert_json_snapshot!(placed, @r#"
    {
      "number": 8,
      "url": "https://github.com/codex-k8s/shop/pull/8",
      "existed": false,
      "draft": true
    }
    "#);
    insta::assert_snapshot!(scene.stand.writes().join("\n"), @"
    POST /repos/codex-k8s/shop/pulls → 201
    POST /repos/codex-k8s/shop/issues/8/labels → 200
    POST /repos/codex-k8s/shop/pulls/8/requested_reviewers → 201
    ");
    insta::assert_json_snapshot!(scene.stand.state().repos[REPO].issues[&8], @r#"
    {
      "title": "Keep the cart at checkout",
      "body": "The cart survives.\n\nCloses #7",
      "labels": [
        "codex"
      ],
      "closed": false,
      "state_reason": null,
      "author": "github-actions[bot]",
      "locked": false,
      "created_at": "2026-01-01T00:00:02Z",
      "updated_at": "2026-01-01T00:00:02Z",
      "closed_at": null,
      "reactions": [],
      "pull": {
        "head": "codex/issue-7",
        "head_repo": "codex-k8s/shop",
        "base": "main",
        "draft": true,
        "merged": false,
        "requested_reviewers": [
          "grace"
        ],
        "reviews": [],
        "review_texts": [],
        "threads": [],
        "reactions": {}
      }
    }
    "#);
}

#[tokio::test]
async fn the_open_pull_request_is_edited_only_where_it_differs() {
    let scene = Scene::new();
    let github = scene.github();
    github.put_pull(&wanted_pull()).await.unwrap();
    let before = scene.stand.writes().len();
    let again = github.put_pull(&wanted_pull()).await.unwrap().into_known().unwrap();
    assert!(again.existed);
    assert_eq!(scene.stand.writes().len(), before);
    let better = WantedPull { title: "Keep carts".into(), labels: vec!["Codex".into(), "bug".into()], ..wanted_pull() };
    github.put_pull(&better).await.unwrap();
    insta::assert_snapshot!(scene.stand.writes()[before..].join("\n"), @"
    PATCH /repos/codex-k8s/shop/pulls/8 → 200
    POST /repos/codex-k8s/shop/issues/8/labels → 200
    ");
    let state = scene.stand.state();
    let issue = &state.repos[REPO].issues[&8];
    assert_eq!((issue.title.as_str(), issue.labels.join(",").as_str()), ("Keep carts", "codex,bug"));
}

#[tokio::test]
async fn a_closed_pull_request_of_the_branch_is_not_taken_for_the_open_one() {
    let scene = Scene::new();
    let github = scene.github();
    github.put_pull(&wanted_pull()).await.unwrap();
    scene.stand.state().repos.get_mut(REPO).unwrap().issues.get_mut(&8).unwrap().closed = true;
    let placed = github.put_pull(&wanted_pull()).await.unwrap().into_known().unwrap();
    assert_eq!((placed.number, placed.existed), (Some(9), false));
}

#[tokio::test]
async fn a_pull_request_that_another_run_just_opened_is_taken_though_the_list_is_behind() {
    let scene = Scene::new();
    scene.github().put_pull(&wanted_pull()).await.unwrap();
    scene.stand.state().late_lists = 2;
    let placed = scene.github().put_pull(&wanted_pull()).await.unwrap().into_known().unwrap();
    assert_eq!((placed.number, placed.existed), (Some(8), true));
    assert_eq!(scene.stand.state().repos[REPO].issues.len(), 2);
    insta::assert_snapshot!(scene.ears.heard(), @"
    Info: it is there already, but not in GitHub's list yet: waiting 1 s to open the pull request main ← codex/issue-7 in codex-k8s/shop (attempt 2 of 5)
    (waits 1 s)
    Info: it is there already, but not in GitHub's list yet: waiting 2 s to open the pull request main ← codex/issue-7 in codex-k8s/shop (attempt 3 of 5)
    (waits 2 s)
    ");
}

#[tokio::test]
async fn a_repository_without_drafts_gets_a_normal_one_and_the_user_a_notice() {
    let scene = Scene::new();
    scene.stand.state().repos.get_mut(REPO).unwrap().drafts = false;
    let placed = scene.github().put_pull(&wanted_pull()).await.unwrap().into_known().unwrap();
    assert!(!placed.draft && !placed.existed);
    insta::assert_snapshot!(scene.ears.heard(), @"Notice: codex-k8s/shop has no draft pull requests: opening a normal one");
}

#[tokio::test]
async fn the_author_is_not_asked_for_a_review_and_who_reviewed_is_not_asked_again() {
    let scene = Scene::new();
    scene.stand.state().add_classic_token("ghp_ada", "ada", &["repo"]);
    let github = scene.github_as("ghp_ada");
    let wanted = WantedPull { reviewers: vec!["Ada".into(), "grace".into()], ..wanted_pull() };
    github.put_pull(&wanted).await.unwrap();
    let asked = |scene: &Scene| scene.stand.state().repos[REPO].issues[&8].pull.clone().unwrap().requested_reviewers;
    assert_eq!(asked(&scene), ["grace"]);
    insta::assert_snapshot!(scene.ears.heard(), @"Notice: Ada opened pull request #8 and so can't review it: not asked");
    scene.stand.set(|state| {
        let pull = state.repos.get_mut(REPO).unwrap().issues.get_mut(&8).unwrap().pull.as_mut().unwrap();
        pull.reviews = std::mem::take(&mut pull.requested_reviewers); // grace has reviewed
    });
    github.put_pull(&wanted).await.unwrap();
    assert_eq!(asked(&scene), Vec::<String>::new());
}

#[tokio::test]
async fn a_reviewer_who_is_no_collaborator_is_told_and_does_not_fail_the_run() {
    let scene = Scene::new();
    let wanted = WantedPull { reviewers: vec!["mallory".into()], ..wanted_pull() };
    scene.github().put_pull(&wanted).await.unwrap();
    insta::assert_snapshot!(scene.ears.heard(), @"Warning: nobody was asked to review pull request #8: GitHub refuses mallory (Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the codex-k8s/shop repository); check publish.reviewers in services.yaml");
}

#[tokio::test]
async fn every_reason_why_there_can_be_no_pull_request_has_a_way_out() {
    let scene = Scene::new();
    let github = scene.github();
    let mut texts = Vec::new();
    for (head, base) in [("codex/issue-9", "main"), ("codex/issue-7", "trunk"), ("same", "main")] {
        scene.stand.state().repos[REPO].git.branch("same", "main");
        let wanted = WantedPull { head: head.into(), base: base.into(), ..wanted_pull() };
        texts.push(github.put_pull(&wanted).await.unwrap_err().to_string());
    }
    scene.stand.state().repos.get_mut(REPO).unwrap().actions_may_open_pulls = false;
    texts.push(github.put_pull(&wanted_pull()).await.unwrap_err().to_string());
    insta::assert_snapshot!(texts.join("\n\n"), @r#"
    GitHub refuses to open the pull request main ← codex/issue-9 in codex-k8s/shop: head is invalid. The branch isn't in the repository: push it first

    GitHub refuses to open the pull request trunk ← codex/issue-7 in codex-k8s/shop: base is invalid. The branch to merge into isn't in the repository: check the default branch

    GitHub refuses to open the pull request main ← same in codex-k8s/shop: No commits between main and same. The branch holds nothing that its base doesn't have: push the work first

    GitHub refuses to open the pull request main ← codex/issue-7 in codex-k8s/shop: GitHub Actions is not permitted to create or approve pull requests. In the repository's (or organization's) Settings, Actions, General, Workflow permissions: tick "Allow GitHub Actions to create and approve pull requests"; or use another token (CODEXCTL_GH_PAT)
    "#);
    assert_eq!(scene.stand.state().repos[REPO].issues.len(), 1);
}

#[tokio::test]
async fn a_comment_can_be_put_on_the_open_pull_request_of_a_branch() {
    let scene = Scene::new();
    let github = scene.github();
    let mut comment = progress("published", "links");
    comment.thread = Thread::PullOf("codex/issue-7".into());
    let none = github.own_comment(&comment.thread, "progress", &comment.marker).await.unwrap();
    assert_eq!(none.into_known(), Some(None));
    let error = github.put_comment(&comment).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"GitHub has no open pull request of codex/issue-7 in codex-k8s/shop: it is missing, or the token has no access to it");
    github.put_pull(&wanted_pull()).await.unwrap();
    let url = github.put_comment(&comment).await.unwrap().into_known().unwrap();
    assert_eq!(url, "https://github.com/codex-k8s/shop/pull/8#issuecomment-101");
}

#[tokio::test]
async fn one_that_is_ready_becomes_a_draft_again_where_that_is_wanted_and_github_lets_us() {
    let scene = Scene::new();
    let github = scene.github();
    let ready = |scene: &Scene| {
        scene.stand.set(|state| {
            state.repos.get_mut(REPO).unwrap().issues.get_mut(&8).unwrap().pull.as_mut().unwrap().draft = false;
        });
    };
    github.put_pull(&wanted_pull()).await.unwrap();
    ready(&scene);
    assert!(!github.put_pull(&wanted_pull()).await.unwrap().into_known().unwrap().draft);
    let wanted = WantedPull { redraft: true, ..wanted_pull() };
    assert!(github.put_pull(&wanted).await.unwrap().into_known().unwrap().draft);
    assert!(scene.stand.state().repos[REPO].issues[&8].pull.as_ref().unwrap().draft);
    ready(&scene);
    scene.stand.state().repos.get_mut(REPO).unwrap().drafts = false;
    assert!(!github.put_pull(&wanted).await.unwrap().into_known().unwrap().draft);
    insta::assert_snapshot!(scene.ears.heard(), @"Warning: codex-k8s/shop has no draft pull requests: pull request #8 stays ready for review");
}

#[tokio::test]
async fn a_refused_label_or_review_request_is_a_warning_for_the_pull_request_is_there() {
    let scene = Scene::new();
    let refused = Fault::Status(403, "Resource not accessible by integration");
    scene.stand.fail_next("POST /repos/*/issues/8/labels", refused.clone());
    scene.stand.fail_next("POST /repos/*/pulls/8/requested_reviewers", refused);
    let placed = scene.github().put_pull(&wanted_pull()).await.unwrap().into_known().unwrap();
    assert_eq!(placed.number, Some(8));
    insta::assert_snapshot!(scene.ears.heard(), @"
    Warning: pull request #8 lacks its labels: GitHub refuses to put labels on pull request #8 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    Warning: nobody was asked to review pull request #8: GitHub refuses to ask for reviews of pull request #8 in codex-k8s/shop: Resource not accessible by integration. Give the token, or the account that it belongs to, write access to the repository
    ");
}
