//! The stand-in's REST API beyond what codexctl's own stories reach: what it does, and what it refuses as GitHub refuses it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::scene::{REPO, Scene};
use crate::standin::{client, raw};

/// Sends requests as `METHOD /path body` with a token, one after another; gives what each came to. `~` is the repository.
pub(crate) async fn ask(scene: &Scene, token: &str, requests: &[&str]) -> String {
    let bearer = format!("Bearer {token}");
    let headers = [("user-agent", "test"), ("authorization", bearer.as_str()), ("content-type", "application/json")];
    let mut said = Vec::new();
    for request in requests {
        let mut words = request.splitn(3, ' ');
        let method = Method::from_bytes(words.next().unwrap().as_bytes()).unwrap();
        let path = words.next().unwrap().replace('~', &format!("/repos/{REPO}"));
        said.push(raw(scene, method, &path, &headers, words.next().unwrap_or_default()).await.trim_end().to_owned());
    }
    said.join("\n").replace(&format!("/repos/{REPO}"), "~")
}

/// A scene in which ada may everything, grace may write, and mallory only take part.
pub(crate) fn people() -> Scene {
    let scene = Scene::new();
    scene.stand.set(|state| {
        for login in ["ada", "grace", "mallory"] {
            state.add_classic_token(&format!("ghp_{login}"), login, &["repo"]);
        }
        state.add_workflow_token("ghs_reader", &[("issues", "read"), ("pull_requests", "read"), ("contents", "read")]);
    });
    scene
}

async fn get(scene: &Scene, token: &str, path: &str) -> Value {
    let client = client();
    let url = format!("{}{}", scene.stand.url(), path.replace('~', &format!("/repos/{REPO}")));
    client.get(url).header("user-agent", "test").bearer_auth(token).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn an_issue_is_opened_edited_closed_with_a_reason_and_opened_again() {
    let scene = people();
    let said = ask(
        &scene,
        "ghp_grace",
        &[
            r#"POST ~/issues {"title":"Cart","body":"AI-PLAN-PARENT: #7","labels":["bug"]}"#,
            r#"PATCH ~/issues/8 {"title":"The cart","body":"AI-PLAN-PARENT: #7\n\nmore"}"#,
            r#"PATCH ~/issues/8 {"state":"closed","state_reason":"not_planned"}"#,
        ],
    )
    .await;
    insta::assert_snapshot!(said, @r#"
    POST ~/issues {"title":"Cart","body":"AI-PLAN-PARENT: #7","labels":["bug"]} → 201
    PATCH ~/issues/8 {"title":"The cart","body":"AI-PLAN-PARENT: #7\n\nmore"} → 200
    PATCH ~/issues/8 {"state":"closed","state_reason":"not_planned"} → 200
    "#);
    let issue = get(&scene, "ghp_grace", "~/issues/8").await;
    assert_eq!(
        (&issue["title"], &issue["state"], &issue["state_reason"]),
        (&json!("The cart"), &json!("closed"), &json!("not_planned"))
    );
    ask(&scene, "ghp_grace", &[r#"PATCH ~/issues/8 {"state":"open"}"#]).await;
    let issue = get(&scene, "ghp_grace", "~/issues/8").await;
    assert_eq!(
        (&issue["state"], &issue["state_reason"], &issue["closed_at"]),
        (&json!("open"), &json!("reopened"), &Value::Null)
    );
}

#[tokio::test]
async fn wrong_issues_are_refused() {
    let scene = people();
    let long = format!(r#"POST ~/issues {{"title":"{}"}}"#, "x".repeat(257));
    let said = ask(
        &scene,
        "ghp_grace",
        &[
            r#"POST ~/issues {"body":"x"}"#,
            r#"POST ~/issues {"title":"  "}"#,
            &long,
            r#"POST ~/issues {"title":"x","labels":"bug"}"#,
            r#"PATCH ~/issues/7 {"title":""}"#,
            r#"PATCH ~/issues/7 {"state":"done"}"#,
            r#"PATCH ~/issues/7 {"state":"closed","state_reason":"bored"}"#,
            r#"PATCH ~/issues/99 {"state":"closed"}"#,
            "GET ~/issues?state=odd",
        ],
    )
    .await;
    insta::assert_snapshot!(said.replace(&"x".repeat(257), "(257 characters)"), @r#"
    POST ~/issues {"body":"x"} → 422 Validation Failed {"resource":"Issue","field":"title","code":"missing_field"}
    POST ~/issues {"title":"  "} → 422 Validation Failed {"resource":"Issue","field":"title","code":"missing_field"}
    POST ~/issues {"title":"(257 characters)"} → 422 Validation Failed {"resource":"Issue","field":"title","code":"custom","message":"title is too long (maximum is 256 characters)"}
    POST ~/issues {"title":"x","labels":"bug"} → 422 Invalid request.  For 'properties/labels', "bug" is not an array.
    PATCH ~/issues/7 {"title":""} → 422 Validation Failed {"resource":"Issue","field":"title","code":"missing_field"}
    PATCH ~/issues/7 {"state":"done"} → 422 Invalid request.  For 'properties/state', "done" is not one of ["open", "closed"].
    PATCH ~/issues/7 {"state":"closed","state_reason":"bored"} → 422 Invalid request.  For 'properties/state_reason', "bored" is not one of ["completed", "not_planned", "duplicate", "reopened", null].
    PATCH ~/issues/99 {"state":"closed"} → 404 Not Found
    GET ~/issues?state=odd  → 422 Validation Failed {"resource":"Issue","field":"state","code":"invalid"}
    "#);
    assert_eq!(scene.stand.state().repos[REPO].issues.len(), 1);
    scene.stand.state().repos.get_mut(REPO).unwrap().has_issues = false;
    insta::assert_snapshot!(ask(&scene, "ghp_grace", &[r#"POST ~/issues {"title":"x"}"#]).await, @r#"POST ~/issues {"title":"x"} → 410 Issues has been disabled in this repository."#);
}

#[tokio::test]
async fn who_may_not_write_takes_part_but_changes_nothing_of_others() {
    let scene = people();
    scene.stand.state().add_comment(REPO, 7, "ada", "hers");
    let requests = [
        r#"POST ~/issues {"title":"Mine","labels":["[ai-dev]"]}"#,
        r#"POST ~/issues/7/comments {"body":"hello"}"#,
        r#"PATCH ~/issues/comments/102 {"body":"hello again"}"#,
        r#"PATCH ~/issues/comments/101 {"body":"hello"}"#,
        "DELETE ~/issues/comments/101",
        r#"PATCH ~/issues/7 {"title":"Mine"}"#,
        r#"POST ~/issues/7/labels {"labels":["[ai-dev]"]}"#,
        "PUT ~/issues/7/lock {}",
        "DELETE ~/git/refs/heads/codex/issue-7",
    ];
    insta::assert_snapshot!(ask(&scene, "ghp_mallory", &requests).await, @r#"
    POST ~/issues {"title":"Mine","labels":["[ai-dev]"]} → 201
    POST ~/issues/7/comments {"body":"hello"} → 201
    PATCH ~/issues/comments/102 {"body":"hello again"} → 200
    PATCH ~/issues/comments/101 {"body":"hello"} → 403 Must have admin rights to Repository.
    DELETE ~/issues/comments/101  → 403 Must have admin rights to Repository.
    PATCH ~/issues/7 {"title":"Mine"} → 403 Must have admin rights to Repository.
    POST ~/issues/7/labels {"labels":["[ai-dev]"]} → 403 Must have admin rights to Repository.
    PUT ~/issues/7/lock {} → 403 Must have admin rights to Repository.
    DELETE ~/git/refs/heads/codex/issue-7  → 404 Not Found
    "#);
    insta::assert_snapshot!(ask(&scene, "ghs_reader", &requests).await, @r#"
    POST ~/issues {"title":"Mine","labels":["[ai-dev]"]} → 403 Resource not accessible by integration
    POST ~/issues/7/comments {"body":"hello"} → 403 Resource not accessible by integration
    PATCH ~/issues/comments/102 {"body":"hello again"} → 403 Resource not accessible by integration
    PATCH ~/issues/comments/101 {"body":"hello"} → 403 Resource not accessible by integration
    DELETE ~/issues/comments/101  → 403 Resource not accessible by integration
    PATCH ~/issues/7 {"title":"Mine"} → 403 Resource not accessible by integration
    POST ~/issues/7/labels {"labels":["[ai-dev]"]} → 403 Resource not accessible by integration
    PUT ~/issues/7/lock {} → 403 Resource not accessible by integration
    DELETE ~/git/refs/heads/codex/issue-7  → 403 Resource not accessible by integration
    "#);
    let state = scene.stand.state();
    assert_eq!(state.repos[REPO].issues[&8].labels, Vec::<String>::new(), "labels are dropped silently");
    assert!(state.repos[REPO].git.sha("codex/issue-7").is_some());
}

#[tokio::test]
async fn comments_are_listed_edited_and_deleted() {
    let scene = people();
    let said = ask(
        &scene,
        "ghp_grace",
        &[
            r#"POST ~/issues/7/comments {"body":"one"}"#,
            "GET ~/issues/comments/101",
            r#"PATCH ~/issues/comments/101 {"body":""}"#,
            "DELETE ~/issues/comments/101",
            "DELETE ~/issues/comments/101",
            "PUT ~/issues/7/lock {}",
            "GET ~/issues/7/comments",
        ],
    )
    .await;
    insta::assert_snapshot!(said, @r#"
    POST ~/issues/7/comments {"body":"one"} → 201
    GET ~/issues/comments/101  → 200
    PATCH ~/issues/comments/101 {"body":""} → 422 Validation Failed {"resource":"IssueComment","code":"missing_field","field":"body"}
    DELETE ~/issues/comments/101  → 204
    DELETE ~/issues/comments/101  → 404 Not Found
    PUT ~/issues/7/lock {} → 204
    GET ~/issues/7/comments  → 200
    "#);
    let locked = ask(&scene, "ghp_mallory", &[r#"POST ~/issues/7/comments {"body":"x"}"#]).await;
    insta::assert_snapshot!(locked, @r#"POST ~/issues/7/comments {"body":"x"} → 403 Unable to create comment because issue is locked."#);
}

#[tokio::test]
async fn labels_are_set_listed_and_taken_off() {
    let scene = people();
    let said = ask(
        &scene,
        "ghp_grace",
        &[
            r#"POST ~/issues/7/labels {"labels":["Bug","feature"]}"#,
            r#"PUT ~/issues/7/labels {"labels":["doc"]}"#,
            "DELETE ~/issues/7/labels/bug",
            "GET ~/issues/7/labels",
            r#"POST ~/issues/7/labels {"labels":[""]}"#,
            r#"POST ~/issues/9/labels {"labels":["doc"]}"#,
        ],
    )
    .await;
    insta::assert_snapshot!(said, @r#"
    POST ~/issues/7/labels {"labels":["Bug","feature"]} → 200
    PUT ~/issues/7/labels {"labels":["doc"]} → 200
    DELETE ~/issues/7/labels/bug  → 404 Label does not exist
    GET ~/issues/7/labels  → 200
    POST ~/issues/7/labels {"labels":[""]} → 422 Validation Failed {"resource":"Label","field":"name","code":"missing_field","value":""}
    POST ~/issues/9/labels {"labels":["doc"]} → 404 Not Found
    "#);
    assert_eq!(scene.stand.state().repos[REPO].issues[&7].labels, ["doc"]);
}

#[tokio::test]
async fn a_branch_is_deleted_once_and_a_protected_one_never() {
    let scene = people();
    let said = ask(
        &scene,
        "ghp_grace",
        &[
            "GET ~/git/ref/heads/codex/issue-7",
            "DELETE ~/git/refs/heads/codex/issue-7",
            "DELETE ~/git/refs/heads/codex/issue-7",
            "GET ~/git/ref/heads/codex/issue-7",
            "DELETE ~/git/refs/heads/main",
            "DELETE ~/git/refs/codex/issue-7",
        ],
    )
    .await;
    insta::assert_snapshot!(said, @"
    GET ~/git/ref/heads/codex/issue-7  → 200
    DELETE ~/git/refs/heads/codex/issue-7  → 204
    DELETE ~/git/refs/heads/codex/issue-7  → 422 Reference does not exist
    GET ~/git/ref/heads/codex/issue-7  → 404 Not Found
    DELETE ~/git/refs/heads/main  → 422 Cannot delete this branch
    DELETE ~/git/refs/codex/issue-7  → 422 Reference does not exist
    ");
    assert_eq!(scene.stand.state().repos[REPO].git.branches().len(), 1);
}

#[tokio::test]
async fn pull_requests_are_edited_and_reviewed_but_not_by_their_author() {
    let scene = people();
    let said = ask(
        &scene,
        "ghp_ada",
        &[
            r#"POST ~/pulls {"title":"t","head":"codex/issue-7","base":"main"}"#,
            r#"POST ~/pulls/8/reviews {"event":"APPROVE"}"#,
            r#"POST ~/pulls/8/reviews {"event":"REQUEST_CHANGES","body":"no"}"#,
            r#"POST ~/pulls/8/reviews {"event":"COMMENT"}"#,
            r#"POST ~/pulls/8/requested_reviewers {"reviewers":["ada"]}"#,
            r#"POST ~/pulls/8/requested_reviewers {"reviewers":["mallory"]}"#,
            r#"PATCH ~/pulls/8 {"base":"trunk"}"#,
            r#"PATCH ~/pulls/8 {"state":"closed"}"#,
            "DELETE ~/git/refs/heads/codex/issue-7",
            r#"PATCH ~/pulls/8 {"state":"open"}"#,
            "GET ~/pulls/7",
        ],
    )
    .await;
    insta::assert_snapshot!(said, @r#"
    POST ~/pulls {"title":"t","head":"codex/issue-7","base":"main"} → 201
    POST ~/pulls/8/reviews {"event":"APPROVE"} → 422 Unprocessable Entity "Review Can not approve your own pull request"
    POST ~/pulls/8/reviews {"event":"REQUEST_CHANGES","body":"no"} → 422 Unprocessable Entity "Review Can not request changes on your own pull request"
    POST ~/pulls/8/reviews {"event":"COMMENT"} → 422 Unprocessable Entity "Review Body can't be blank"
    POST ~/pulls/8/requested_reviewers {"reviewers":["ada"]} → 422 Review cannot be requested from pull request author.
    POST ~/pulls/8/requested_reviewers {"reviewers":["mallory"]} → 422 Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the codex-k8s/shop repository.
    PATCH ~/pulls/8 {"base":"trunk"} → 422 Validation Failed {"resource":"PullRequest","field":"base","code":"invalid"}
    PATCH ~/pulls/8 {"state":"closed"} → 200
    DELETE ~/git/refs/heads/codex/issue-7  → 204
    PATCH ~/pulls/8 {"state":"open"} → 422 Validation Failed {"resource":"PullRequest","code":"custom","message":"state cannot be changed. The codex/issue-7 branch has been deleted."}
    GET ~/pulls/7  → 404 Not Found
    "#);
    let said = ask(&scene, "ghp_grace", &[r#"POST ~/pulls/8/reviews {"event":"REQUEST_CHANGES","body":"no"}"#]).await;
    insta::assert_snapshot!(said, @r#"POST ~/pulls/8/reviews {"event":"REQUEST_CHANGES","body":"no"} → 200"#);
    assert_eq!(get(&scene, "ghp_ada", "~/pulls/8/reviews").await[0]["user"]["login"], "grace");
}

#[tokio::test]
async fn issues_are_found_by_list_and_by_search_which_is_behind_and_has_a_limit_of_its_own() {
    let scene = people();
    ask(
        &scene,
        "ghp_grace",
        &[
            r#"POST ~/issues {"title":"Part one","body":"AI-PLAN-PARENT: #7","labels":["feature"]}"#,
            r#"POST ~/issues {"title":"Other"}"#,
        ],
    )
    .await;
    let numbers = |list: &Value| {
        list.as_array().unwrap().iter().map(|issue| issue["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&get(&scene, "ghp_ada", "~/issues?state=all").await), [9, 8, 7]);
    assert_eq!(numbers(&get(&scene, "ghp_ada", "~/issues?labels=Feature&creator=grace&direction=asc").await), [8]);
    let question = "/search/issues?q=repo:codex-k8s/shop+is:issue+state:open+in:body+%22AI-PLAN-PARENT:+%237%22";
    assert_eq!(numbers(&get(&scene, "ghp_ada", question).await["items"]), [8]);
    scene.stand.state().late_searches = 1;
    assert_eq!(get(&scene, "ghp_ada", question).await["total_count"], 0);
    let refused = ask(
        &scene,
        "ghs_reader",
        &["GET /search/issues", "GET /search/issues?q=cart", "GET /search/issues?q=is:issue+repo:codex-k8s/hidden"],
    )
    .await;
    insta::assert_snapshot!(refused, @r#"
    GET /search/issues  → 422 Validation Failed {"resource":"Search","field":"q","code":"missing"}
    GET /search/issues?q=cart  → 422 Validation Failed {"resource":"Search","field":"q","code":"invalid","message":"Query must include 'is:issue' or 'is:pull-request'"}
    GET /search/issues?q=is:issue+repo:codex-k8s/hidden  → 422 Validation Failed {"resource":"Search","field":"q","code":"invalid","message":"The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them."}
    "#);
    let before = scene.stand.state().tokens["ghp_ada"].remaining;
    for _ in 0..28 {
        get(&scene, "ghp_ada", question).await;
    }
    insta::assert_snapshot!(ask(&scene, "ghp_ada", &["GET /search/issues?q=cart"]).await, @"GET /search/issues?q=cart  → 403 API rate limit exceeded for user ID 1.");
    assert_eq!(scene.stand.state().tokens["ghp_ada"].remaining, before, "searches cost nothing of the hour");
    scene.stand.state().pass(60);
    assert_eq!(get(&scene, "ghp_ada", question).await["total_count"], 1);
}

#[tokio::test]
async fn a_renamed_repository_answers_with_where_it_is_now() {
    let scene = people();
    scene.stand.state().moved.insert("codex-k8s/store".into(), REPO.into());
    let client = reqwest::Client::builder()
        .no_proxy()
        .user_agent("test")
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let url = format!("{}/repos/codex-k8s/store/issues/7", scene.stand.url());
    let read = client.get(&url).header("user-agent", "test").bearer_auth("ghp_ada").send().await.unwrap();
    assert_eq!(
        (read.status().as_u16(), read.headers()["location"].to_str().unwrap()),
        (301, &*format!("{}/repositories/1/issues/7", scene.stand.url()))
    );
    let written = client
        .patch(&url)
        .header("user-agent", "test")
        .bearer_auth("ghp_ada")
        .json(&json!({"title": "x"}))
        .send()
        .await
        .unwrap();
    assert_eq!(written.status(), 307);
    assert_eq!(scene.stand.state().repos[REPO].issues[&7].title, "Checkout loses the cart");
}

#[tokio::test]
async fn a_repository_without_any_commit_has_no_references() {
    let scene = people();
    let git = scene.stand.state().repos[REPO].git.clone();
    for (branch, _) in git.branches() {
        git.delete(&branch);
    }
    let said = ask(&scene, "ghp_ada", &["GET ~/git/ref/heads/main", "DELETE ~/git/refs/heads/main"]).await;
    insta::assert_snapshot!(said, @"
    GET ~/git/ref/heads/main  → 409 Git Repository is empty.
    DELETE ~/git/refs/heads/main  → 409 Git Repository is empty.
    ");
}

#[tokio::test]
async fn what_is_left_of_the_limits_is_told_and_asking_costs_nothing() {
    let scene = people();
    ask(&scene, "ghp_ada", &["GET ~/issues/7", "GET /search/issues?q=cart", "GET /rate_limit"]).await;
    let limits = get(&scene, "ghp_ada", "/rate_limit").await["resources"].clone();
    assert_eq!((&limits["core"]["remaining"], &limits["search"]["remaining"]), (&json!(4999), &json!(29)));
}

#[tokio::test]
async fn an_hour_later_the_limit_is_whole_again() {
    let scene = people();
    scene.stand.state().tokens.get_mut("ghp_ada").unwrap().remaining = 0;
    assert!(ask(&scene, "ghp_ada", &["GET ~/issues/7"]).await.contains("403 API rate limit exceeded"));
    scene.stand.state().pass(3600);
    assert!(ask(&scene, "ghp_ada", &["GET ~/issues/7"]).await.ends_with("→ 200"));
}

#[tokio::test]
async fn what_there_is_to_know_of_a_repository_depends_on_who_asks() {
    let scene = people();
    let whole = get(&scene, "ghp_grace", "~").await;
    assert_eq!((&whole["permissions"]["push"], &whole["permissions"]["admin"]), (&json!(true), &json!(false)));
    let asked = ["GET ~/actions/permissions/workflow"];
    insta::assert_snapshot!(ask(&scene, "ghp_grace", &asked).await, @"GET ~/actions/permissions/workflow  → 403 Must have admin rights to Repository.");
    assert_eq!(
        get(&scene, "ghp_ada", "~/actions/permissions/workflow").await["can_approve_pull_request_reviews"],
        true
    );
    scene.stand.state().repos.get_mut(REPO).unwrap().private = true;
    insta::assert_snapshot!(ask(&scene, "ghp_mallory", &["GET ~", "GET ~/branches"]).await, @"
    GET ~  → 404 Not Found
    GET ~/branches  → 404 Not Found
    ");
}
