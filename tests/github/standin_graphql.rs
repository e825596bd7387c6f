//! The stand-in's GraphQL beyond what codexctl's own stories reach: replies, resolved threads, reactions, pages, and refusals.

use serde_json::{Value, json};

use crate::scene::{REPO, Scene, TOKEN};
use crate::stand::{Pull, ReviewThread};
use crate::standin::client;
use crate::standin_rest::people;

const REPLY: &str = "mutation R($thread: ID!, $body: String!) {
  addPullRequestReviewThreadReply(input: {pullRequestReviewThreadId: $thread, body: $body}) { comment { id body } }
}";
const RESOLVE: &str =
    "mutation($thread: ID!) { resolveReviewThread(input: {threadId: $thread}) { thread { id isResolved } } }";
const REACT: &str = "mutation($on: ID!) { addReaction(input: {subjectId: $on, content: EYES}) { reaction { content } subject { id } } }";

async fn graphql(scene: &Scene, token: &str, query: &str, variables: Value) -> Value {
    let client = client();
    let request = client.post(format!("{}/graphql", scene.stand.url())).header("user-agent", "test").bearer_auth(token);
    request.json(&json!({"query": query, "variables": variables})).send().await.unwrap().json().await.unwrap()
}

/// Type and words of the first error.
async fn refused(scene: &Scene, token: &str, query: &str, variables: Value) -> String {
    let answer = graphql(scene, token, query, variables).await;
    let error = &answer["errors"][0];
    format!("{} {}", error["type"].as_str().unwrap_or("-"), error["message"].as_str().unwrap_or("no error"))
}

/// ada's pull request 12 with a review of grace's and two threads.
fn reviewed() -> Scene {
    let scene = people();
    scene.stand.set(|state| {
        state.add_issue(REPO, 12, "Keep the cart", "ada", &[]);
        let thread = ReviewThread {
            path: "a.js".into(),
            line: Some(1),
            comments: vec![("grace".into(), "why?".into())],
            ..ReviewThread::default()
        };
        let pull = Pull {
            head: "codex/issue-7".into(),
            head_repo: REPO.into(),
            base: "main".into(),
            review_texts: vec![("grace".into(), "Nearly.".into())],
            threads: vec![thread.clone(), thread],
            ..Pull::default()
        };
        state.issue_mut(REPO, 12).pull = Some(pull);
    });
    scene
}

#[tokio::test]
async fn a_thread_is_answered_and_resolved() {
    let scene = reviewed();
    let answer = graphql(&scene, TOKEN, REPLY, json!({"thread": "PRRT_12_1", "body": "done"})).await;
    assert_eq!(
        answer["data"]["addPullRequestReviewThreadReply"]["comment"],
        json!({"id": "PRRC_1200101", "body": "done"})
    );
    graphql(&scene, TOKEN, RESOLVE, json!({"thread": "PRRT_12_1"})).await;
    let state = scene.stand.state();
    let threads = &state.repos[REPO].issues[&12].pull.as_ref().unwrap().threads;
    assert_eq!(threads[1].comments[1], ("github-actions[bot]".to_owned(), "done".to_owned()));
    assert_eq!((threads[0].resolved, threads[1].resolved), (false, true));
    drop(state);
    insta::assert_snapshot!(scene.stand.writes().join("\n"), @"
    POST /graphql addPullRequestReviewThreadReply → 200
    POST /graphql resolveReviewThread → 200
    ");
}

#[tokio::test]
async fn reactions_go_on_issues_comments_reviews_and_comments_of_threads() {
    let scene = reviewed();
    let comment = scene.stand.state().add_comment(REPO, 7, "ada", "please");
    for subject in ["I_1_7".to_owned(), format!("IC_{comment}"), "PRR_120000".to_owned(), "PRRC_1200000".to_owned()] {
        for _ in 0..2 {
            let answer = graphql(&scene, TOKEN, REACT, json!({"on": subject})).await;
            assert_eq!(answer["data"]["addReaction"]["subject"]["id"], subject, "{answer}");
        }
    }
    let eyes = [("github-actions[bot]".to_owned(), "eyes".to_owned())];
    let state = scene.stand.state();
    assert_eq!(state.repos[REPO].issues[&7].reactions, eyes);
    assert_eq!(state.repos[REPO].comments[&comment].reactions, eyes);
    let reactions = &state.repos[REPO].issues[&12].pull.as_ref().unwrap().reactions;
    assert_eq!((&reactions["PRR_120000"][..], &reactions["PRRC_1200000"][..]), (&eyes[..], &eyes[..]));
}

#[tokio::test]
async fn a_pull_request_becomes_a_draft_and_ready_again_and_a_comment_is_hidden() {
    let scene = reviewed();
    let draft =
        "mutation { convertPullRequestToDraft(input: {pullRequestId: \"PR_1_12\"}) { pullRequest { isDraft } } }";
    let answer = graphql(&scene, TOKEN, draft, json!({})).await;
    assert_eq!(answer["data"]["convertPullRequestToDraft"]["pullRequest"]["isDraft"], true);
    let ready =
        "mutation { markPullRequestReadyForReview(input: {pullRequestId: \"PR_1_12\"}) { pullRequest { isDraft } } }";
    graphql(&scene, TOKEN, ready, json!({})).await;
    let comment = scene.stand.state().add_comment(REPO, 7, "mallory", "spam");
    let hide = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: SPAM}) { minimizedComment { isMinimized } } }";
    graphql(&scene, TOKEN, hide, json!({"id": format!("IC_{comment}")})).await;
    scene.stand.state().repos.get_mut(REPO).unwrap().drafts = false;
    assert_eq!(
        refused(&scene, TOKEN, draft, json!({})).await,
        "UNPROCESSABLE Draft pull requests are not supported in this repository."
    );
    let state = scene.stand.state();
    assert!(state.repos[REPO].comments[&comment].minimized);
    assert!(!state.repos[REPO].issues[&12].pull.as_ref().unwrap().draft);
}

#[tokio::test]
async fn what_may_not_be_done_is_refused_and_leaves_nothing() {
    let scene = reviewed();
    scene.stand.set(|state| {
        state.add_workflow_token("ghs_no_contents", &[("pull_requests", "write"), ("contents", "read")]);
        state.add_classic_token("ghp_narrow", "grace", &["read:org"]);
    });
    let (thread, reply) = (json!({"thread": "PRRT_12_0"}), json!({"thread": "PRRT_12_0", "body": "x"}));
    let said = [
        refused(&scene, "ghs_reader", REPLY, reply.clone()).await,
        refused(&scene, "ghs_no_contents", RESOLVE, thread.clone()).await,
        refused(&scene, "ghp_mallory", RESOLVE, thread.clone()).await,
        refused(&scene, "ghp_narrow", REACT, json!({"on": "I_1_7"})).await,
        refused(&scene, TOKEN, REPLY, json!({"thread": "PRRT_12_0", "body": " "})).await,
        refused(&scene, TOKEN, RESOLVE, json!({"thread": "PRRT_12_9"})).await,
        refused(&scene, TOKEN, RESOLVE, json!({"thread": "PRR_120000"})).await,
        refused(&scene, TOKEN, REACT, json!({"on": "PRRT_12_0"})).await,
        refused(&scene, TOKEN, REPLY, json!({"thread": "PRRT_12_0"})).await,
        refused(
            &scene,
            TOKEN,
            "mutation { addReaction(input: {subjectId: \"I_1_7\", content: SHEEP}) { subject { id } } }",
            json!({}),
        )
        .await,
        refused(&scene, TOKEN, "mutation { eatReviewThread(input: {}) { id } }", json!({})).await,
    ];
    insta::assert_snapshot!(said.join("\n"), @r#"
    FORBIDDEN Resource not accessible by integration
    FORBIDDEN Resource not accessible by integration
    FORBIDDEN mallory does not have the correct permissions to execute this
    INSUFFICIENT_SCOPES Your token has not been granted the required scopes to execute this query. It needs one of: ['repo'], but your token has only been granted the: ["read:org"] scopes.
    UNPROCESSABLE Body can't be blank
    NOT_FOUND Could not resolve to a node with the global id of 'PRRT_12_9'
    NOT_FOUND Could not resolve to PullRequestReviewThread node with the global id of 'PRR_120000'.
    NOT_FOUND Could not resolve to a Reactable node with the global id of 'PRRT_12_0'.
    - Variable $body of type String! was provided invalid value
    - Argument 'content' on InputObject 'AddReactionInput' has an invalid value (SHEEP). Expected type 'ReactionContent!'.
    - Field 'eatReviewThread' doesn't exist on type 'Mutation'
    "#);
    scene.stand.state().repos.get_mut(REPO).unwrap().archived = true;
    insta::assert_snapshot!(refused(&scene, TOKEN, RESOLVE, thread).await, @"UNPROCESSABLE Repository was archived so is read-only.");
    scene.stand.state().repos.get_mut(REPO).unwrap().archived = false;
    scene.stand.state().issue_mut(REPO, 12).locked = true;
    insta::assert_snapshot!(refused(&scene, "ghp_mallory", REPLY, reply).await, @"FORBIDDEN Unable to create comment because issue is locked.");
    let state = scene.stand.state();
    let pull = state.repos[REPO].issues[&12].pull.as_ref().unwrap();
    assert!(pull.threads.iter().all(|thread| !thread.resolved && thread.comments.len() == 1));
    assert!(pull.reactions.is_empty() && state.repos[REPO].issues[&7].reactions.is_empty());
}

#[tokio::test]
async fn lists_are_given_by_page_and_only_so() {
    let scene = reviewed();
    let query = |args: &str| {
        format!(
            "{{ repository(owner: \"codex-k8s\", name: \"shop\") {{ pullRequest(number: 12) {{ reviewThreads{args} {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
        )
    };
    let answer = graphql(&scene, TOKEN, &query("(first: 1)"), json!({})).await;
    let page = &answer["data"]["repository"]["pullRequest"]["reviewThreads"];
    assert_eq!((&page["nodes"][0]["id"], &page["pageInfo"]["hasNextPage"]), (&json!("PRRT_12_0"), &json!(true)));
    let after = format!("(first: 1, after: {})", page["pageInfo"]["endCursor"]);
    let answer = graphql(&scene, TOKEN, &query(&after), json!({})).await;
    let page = &answer["data"]["repository"]["pullRequest"]["reviewThreads"];
    assert_eq!((&page["nodes"][0]["id"], &page["pageInfo"]["hasNextPage"]), (&json!("PRRT_12_1"), &json!(false)));
    let said = [
        refused(&scene, TOKEN, &query(""), json!({})).await,
        refused(&scene, TOKEN, &query("(first: 101)"), json!({})).await,
        refused(&scene, TOKEN, &query("(first: 5, after: \"x\")"), json!({})).await,
        refused(
            &scene,
            TOKEN,
            "{ repository(owner: \"codex-k8s\", name: \"shop\") { issue(number: 12) { id } } }",
            json!({}),
        )
        .await,
        refused(&scene, TOKEN, "{ repository(owner: \"codex-k8s\", name: \"hidden\") { isPrivate } }", json!({})).await,
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    MISSING_PAGINATION_BOUNDARIES You must provide a `first` or `last` value to properly paginate the `reviewThreads` connection.
    EXCESSIVE_PAGINATION Requesting 101 records on the `reviewThreads` connection exceeds the `first` limit of 100 records.
    INVALID_CURSOR_ARGUMENTS `x` does not appear to be a valid cursor.
    NOT_FOUND Could not resolve to an Issue with the number of 12.
    NOT_FOUND Could not resolve to a Repository with the name 'codex-k8s/hidden'.
    ");
}
