//! Trouble: limits, cut connections, GitHub's own errors, missing rights. No write is doubled and the user knows why it takes longer.

use codexctl_action::github::{GitHub as _, Reacted, Thread};

use crate::scene::{REPO, Scene, TOKEN, progress, wanted_pull};
use crate::stand::Fault;

const COMMENT: &str = "POST /repos/*/issues/7/comments";
const PULL: &str = "POST /repos/*/pulls";

#[tokio::test]
async fn a_read_is_repeated_after_errors_and_cuts_and_says_so() {
    let scene = Scene::new();
    for fault in [Fault::Status(502, "Bad Gateway"), Fault::CutBefore, Fault::Status(503, "")] {
        scene.stand.fail_next("GET *", fault);
    }
    let issue = scene.github().issue(7).await.unwrap().into_known().unwrap();
    assert_eq!(issue.number, 7);
    insta::assert_snapshot!(scene.ears.heard(), @"
    Info: GitHub answered 502: waiting 1 s to read issue #7 in codex-k8s/shop (attempt 2 of 5)
    (waits 1 s)
    Info: no answer from GitHub (connection closed before message completed): waiting 2 s to read issue #7 in codex-k8s/shop (attempt 3 of 5)
    (waits 2 s)
    Info: GitHub answered 503: waiting 4 s to read issue #7 in codex-k8s/shop (attempt 4 of 5)
    (waits 4 s)
    ");
}

#[tokio::test]
async fn a_read_gives_up_after_five_attempts() {
    let scene = Scene::new();
    for _ in 0..9 {
        scene.stand.fail_next("GET *", Fault::Status(500, "oops"));
    }
    let github = scene.github();
    let error = github.issue(7).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"can't read issue #7 in codex-k8s/shop: GitHub answered 500, 5 times in a row; check the network and https://www.githubstatus.com, then start the run again");
    assert_eq!(github.requests(), 5);
}

#[tokio::test]
async fn a_graphql_question_is_repeated_too() {
    let scene = Scene::new();
    scene.stand.fail_next("POST /graphql", Fault::CutAfter);
    scene.stand.fail_next("POST /graphql", Fault::SlowDown(Some(5)));
    assert_eq!(scene.github().comments(7).await.unwrap().into_known().unwrap().len(), 0);
    insta::assert_snapshot!(scene.ears.heard(), @"
    Info: no answer from GitHub (connection closed before message completed): waiting 1 s to read the comments of issue #7 in codex-k8s/shop (attempt 2 of 5)
    (waits 1 s)
    Notice: GitHub asks to slow down (secondary rate limit): waiting 5 s, until 2026-01-01T00:00:05Z, to read the comments of issue #7 in codex-k8s/shop
    (waits 5 s)
    ");
}

#[tokio::test]
async fn a_comment_whose_answer_was_cut_is_found_by_its_marker_and_not_written_twice() {
    for fault in [Fault::CutAfter, Fault::StatusAfter(502), Fault::CutBefore, Fault::Status(500, "oops")] {
        let scene = Scene::new();
        scene.stand.fail_next(COMMENT, fault.clone());
        let wanted = progress("agent", "working");
        scene.github().put_comment(&wanted).await.unwrap();
        let comments = scene.stand.state().comments_of(REPO);
        assert_eq!(comments, [("github-actions[bot]".to_owned(), wanted.body)], "{fault:?}");
    }
}

#[tokio::test]
async fn an_edit_whose_answer_was_cut_is_looked_at_before_it_is_repeated() {
    let scene = Scene::new();
    let github = scene.github();
    github.put_comment(&progress("sources", "one")).await.unwrap();
    scene.stand.fail_next("PATCH *", Fault::CutAfter);
    github.put_comment(&progress("agent", "two")).await.unwrap();
    insta::assert_snapshot!(scene.stand.log()[2..].join("\n"), @"
    POST /graphql → 200
    PATCH /repos/codex-k8s/shop/issues/comments/101 → cut
    POST /graphql → 200
    ");
}

#[tokio::test]
async fn a_pull_request_whose_answer_was_cut_is_found_by_its_head_and_not_opened_twice() {
    for fault in [Fault::CutAfter, Fault::StatusAfter(504), Fault::CutBefore] {
        let scene = Scene::new();
        scene.stand.fail_next(PULL, fault.clone());
        let placed = scene.github().put_pull(&wanted_pull()).await.unwrap().into_known().unwrap();
        assert_eq!((placed.number, placed.existed), (Some(8), false), "{fault:?}");
        let state = scene.stand.state();
        assert_eq!(state.repos[REPO].issues.len(), 2, "{fault:?}");
        let pull = state.repos[REPO].issues[&8].pull.clone().unwrap();
        assert_eq!(pull.requested_reviewers, ["grace"], "{fault:?}");
    }
}

#[tokio::test]
async fn labels_reactions_and_reviewers_end_the_same_when_their_answers_are_cut() {
    let scene = Scene::new();
    for pattern in ["POST *labels", "POST *requested_reviewers", "POST *reactions", "DELETE *"] {
        scene.stand.fail_next(pattern, Fault::CutAfter);
    }
    let github = scene.github();
    github.react(&Reacted::Issue(7)).await.unwrap();
    github.put_pull(&wanted_pull()).await.unwrap();
    github.remove_label(&Thread::Issue(7), "[ai-dev]").await.unwrap();
    let state = scene.stand.state();
    let issues = &state.repos[REPO].issues;
    assert_eq!((issues[&7].reactions.len(), issues[&7].labels.join(",").as_str()), (1, "bug"));
    assert_eq!(issues[&8].labels, ["codex"]);
}

#[tokio::test]
async fn a_write_that_a_limit_refused_is_done_after_the_wait_without_another_look() {
    let scene = Scene::new();
    scene.stand.fail_next(COMMENT, Fault::Hourly(1_767_225_641));
    scene.stand.fail_next(COMMENT, Fault::SlowDown(None));
    scene.github().put_comment(&progress("agent", "working")).await.unwrap();
    insta::assert_snapshot!(scene.ears.heard(), @"
    Notice: the token's hourly limit is used up: waiting 42 s, until 2026-01-01T00:00:42Z, to write a comment on issue #7 in codex-k8s/shop
    (waits 42 s)
    Notice: GitHub asks to slow down (secondary rate limit): waiting 120 s, until 2026-01-01T00:02:00Z, to write a comment on issue #7 in codex-k8s/shop
    (waits 120 s)
    ");
    insta::assert_snapshot!(scene.stand.log().join("\n"), @"
    POST /graphql → 200
    POST /repos/codex-k8s/shop/issues/7/comments → 403
    POST /repos/codex-k8s/shop/issues/7/comments → 403
    POST /repos/codex-k8s/shop/issues/7/comments → 201
    POST /graphql → 200
    ");
}

#[tokio::test]
async fn a_limit_that_ends_in_an_hour_ends_the_run_with_the_time() {
    let scene = Scene::new();
    scene.stand.state().tokens.get_mut(TOKEN).unwrap().remaining = 0;
    let error = scene.github().issue(7).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"can't read issue #7 in codex-k8s/shop: the token's hourly limit is used up until 2026-01-01T01:00:01Z, in 61 min; start the run again after that, or use another token");
}

#[tokio::test]
async fn a_missing_permission_is_named_for_each_write() {
    let scene = Scene::new();
    scene.stand.state().add_workflow_token("ghs_reader", &[("issues", "read"), ("pull_requests", "read")]);
    let github = scene.github_as("ghs_reader");
    let texts = [
        github.react(&Reacted::Issue(7)).await.unwrap_err().to_string(),
        github.put_comment(&progress("agent", "working")).await.unwrap_err().to_string(),
        github.put_pull(&wanted_pull()).await.unwrap_err().to_string(),
        github.remove_label(&Thread::Issue(7), "bug").await.unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(texts.join("\n\n"), @r#"
    GitHub refuses to put a reaction on issue #7 in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission issues: write. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`

    GitHub refuses to write a comment on issue #7 in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission issues: write. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`

    GitHub refuses to open the pull request main ← codex/issue-7 in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission pull_requests: write. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`

    GitHub refuses to take the label "bug" off issue #7 in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission issues: write. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`
    "#);
}

#[tokio::test]
async fn a_token_without_the_right_to_read_is_told_apart_from_a_missing_issue() {
    let scene = Scene::new();
    scene.stand.state().add_workflow_token("ghs_blind", &[]);
    let github = scene.github_as("ghs_blind");
    let texts = [github.issue(7).await.unwrap_err().to_string(), github.comments(7).await.unwrap_err().to_string()];
    insta::assert_snapshot!(texts.join("\n\n"), @"
    GitHub refuses to read issue #7 in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission issues: read. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`

    GitHub refuses to read the comments of issue #7 in codex-k8s/shop: Resource not accessible by integration. The token lacks the permission issues: read. In a workflow codexctl needs all of `permissions: { contents: write, issues: write, pull-requests: write }`
    ");
}

#[tokio::test]
async fn scopes_locks_archives_and_bad_tokens_are_told_with_a_way_out() {
    let scene = Scene::new();
    scene.stand.set(|state| {
        state.add_classic_token("ghp_narrow", "ada", &["read:org"]);
        state.add_classic_token("ghp_mallory", "mallory", &["repo"]);
        state.repos.get_mut(REPO).unwrap().issues.get_mut(&7).unwrap().locked = true;
    });
    let wanted = progress("agent", "working");
    let mut texts = Vec::new();
    for token in ["ghp_narrow", "ghp_mallory", "ghp_unknown0000000000"] {
        texts.push(scene.github_as(token).put_comment(&wanted).await.unwrap_err().to_string());
    }
    scene.stand.state().repos.get_mut(REPO).unwrap().archived = true;
    texts.push(scene.github().put_comment(&wanted).await.unwrap_err().to_string());
    insta::assert_snapshot!(texts.join("\n\n"), @"
    GitHub refuses to write a comment on issue #7 in codex-k8s/shop: Must have admin rights to Repository. The token has the scopes read:org; one of these is needed: public_repo, repo

    issue #7 is locked, and this token may not write there: unlock the conversation, or give a token with write access

    GitHub refuses to read the comments of issue #7 in codex-k8s/shop: Bad credentials. The token is wrong or has expired: make a new one and set it as CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN

    GitHub refuses to write a comment on issue #7 in codex-k8s/shop: Repository was archived so is read-only. Unarchive the repository
    ");
}

#[tokio::test]
async fn texts_that_github_would_refuse_are_refused_with_its_words() {
    let scene = Scene::new();
    let mut empty = progress("agent", "");
    empty.body = String::new();
    let long = progress("agent", &"x".repeat(65_536));
    let github = scene.github();
    let texts = [
        github.put_comment(&empty).await.unwrap_err().to_string(),
        github.put_comment(&long).await.unwrap_err().to_string(),
    ];
    insta::assert_snapshot!(texts.join("\n\n"), @"
    GitHub refuses to write a comment on issue #7 in codex-k8s/shop: body is missing_field. Nothing was changed; if the request looks right, please report it to codexctl

    GitHub refuses to write a comment on issue #7 in codex-k8s/shop: Body is too long (maximum is 65536 characters). The text is over GitHub's 65,536 characters
    ");
}

#[tokio::test]
async fn an_answer_that_is_no_api_points_at_the_address() {
    let scene = Scene::new();
    scene.stand.fail_next("GET *", Fault::Garbage);
    let error = scene.github().issue(7).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"can't read issue #7 in codex-k8s/shop: GitHub's answer is not what its documentation says (expected value at line 1 column 1); is GITHUB_API_URL right?");
}

#[tokio::test]
async fn a_wait_that_somebody_cuts_short_ends_the_request_and_after_that_nobody_waits_long() {
    let scene = Scene::new();
    let github = scene.github();
    scene.stand.fail_next("GET *", Fault::SlowDown(Some(600)));
    scene.ears.stop_at_the_next_wait();
    let cut = github.issue(7).await.unwrap_err().to_string();
    scene.stand.fail_next("GET *", Fault::SlowDown(Some(600)));
    let later = github.issue(7).await.unwrap_err().to_string();
    insta::assert_snapshot!(format!("{cut}\n{later}"), @"
    interrupted while waiting to read issue #7 in codex-k8s/shop (GitHub asks to slow down (secondary rate limit))
    interrupted while waiting to read issue #7 in codex-k8s/shop (GitHub asks to slow down (secondary rate limit))
    ");
    // The last words of a run get through a hiccup.
    scene.stand.fail_next(COMMENT, Fault::CutAfter);
    github.put_comment(&progress("agent", "interrupted")).await.unwrap();
    assert_eq!(scene.stand.state().comments_of(REPO).len(), 1);
}

#[tokio::test]
async fn limits_one_after_another_end_the_run_after_half_an_hour_of_waiting() {
    let scene = Scene::new();
    let github = scene.github();
    for _ in 0..2 {
        scene.stand.fail_next("GET *", Fault::SlowDown(Some(800)));
        github.issue(7).await.unwrap();
    }
    scene.stand.fail_next("GET *", Fault::SlowDown(Some(800)));
    insta::assert_snapshot!(github.issue(7).await.unwrap_err(), @"can't read issue #7 in codex-k8s/shop: GitHub asks to slow down (secondary rate limit), and this run has waited 27 min for GitHub already (30 min are the most); start it again later, or use another token");
}

#[tokio::test]
async fn what_is_asked_again_is_asked_by_its_etag_and_a_change_is_seen() {
    let scene = Scene::new();
    let github = scene.github();
    assert_eq!(github.issue(7).await.unwrap().into_known().unwrap().title, "Checkout loses the cart");
    assert_eq!(github.issue(7).await.unwrap().into_known().unwrap().title, "Checkout loses the cart");
    scene.stand.set(|state| state.issue_mut(REPO, 7).title = "Checkout keeps it".into());
    assert_eq!(github.issue(7).await.unwrap().into_known().unwrap().title, "Checkout keeps it");
    insta::assert_snapshot!(scene.stand.log().join("\n"), @"
    GET /repos/codex-k8s/shop/issues/7 → 200
    GET /repos/codex-k8s/shop/issues/7 → 304
    GET /repos/codex-k8s/shop/issues/7 → 200
    ");
    assert_eq!((github.requests(), github.unchanged()), (3, 1));
}

#[tokio::test]
async fn a_run_that_asks_very_much_is_told_what() {
    let scene = Scene::new();
    let github = scene.github();
    for _ in 0..260 {
        github.issue(7).await.unwrap();
    }
    insta::assert_snapshot!(scene.ears.heard(), @"Warning: 250 GitHub requests in this run so far, most of them: 250 to read issue #7 in codex-k8s/shop; GitHub lets a workflow's token send 1,000 an hour");
}
