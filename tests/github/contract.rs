//! The check against GitHub's own descriptions finds what is wrong, in requests and in answers; else it would prove nothing.

use serde_json::{Value, json};

use crate::scene::{REPO, Scene, TOKEN};
use crate::stand::{Exchange, check};

/// The exchanges of reading issue 7, listing pull requests, commenting and asking by GraphQL.
async fn good() -> Vec<Exchange> {
    use codexctl_action::github::{GitHub as _, Reacted};
    let scene = Scene::new();
    let github = scene.github();
    github.issue(7).await.unwrap();
    github.pulls_of("codex/issue-7").await.unwrap();
    github.react(&Reacted::Issue(7)).await.unwrap();
    github.comments(7).await.unwrap();
    github.viewer().await.unwrap();
    github.standing().await.unwrap();
    scene.stand.state().exchanges.clone()
}

/// What is said of these exchanges once one of them, found by what its address or its question holds, is changed.
async fn changed(find: &str, change: impl FnOnce(&mut Exchange)) -> String {
    let mut all = good().await;
    let fits = |exchange: &&mut Exchange| exchange.path.contains(find) || exchange.request.contains(find);
    change(all.iter_mut().find(fits).unwrap());
    let said: Vec<String> = check(&all).iter().map(|problem| problem.split_once(" → ").unwrap().1.to_owned()).collect();
    said.join("\n     ")
}

fn answer(exchange: &mut Exchange) -> &mut Value {
    exchange.answer.as_mut().unwrap()
}

fn request(exchange: &mut Exchange, change: impl FnOnce(&mut Value)) {
    let mut body = serde_json::from_str(&exchange.request).unwrap();
    change(&mut body);
    exchange.request = body.to_string();
}

#[tokio::test]
async fn good_exchanges_have_nothing_wrong_with_them() {
    assert_eq!(check(&good().await), Vec::<String>::new());
}

#[tokio::test]
async fn every_wrong_request_of_ours_is_told() {
    let said = [
        changed("/pulls", |exchange| exchange.query.push(("perpage".into(), "100".into()))).await,
        changed("/pulls", |exchange| exchange.query[1].1 = "done".into()).await,
        changed("/reactions", |exchange| request(exchange, |body| body["content"] = "sheep".into())).await,
        changed("/reactions", |exchange| request(exchange, |body| body["text"] = "eyes".into())).await,
        changed("/reactions", |exchange| exchange.request = "{}".into()).await,
        changed("/reactions", |exchange| exchange.method = "PUT".into()).await,
        changed("/reactions", |exchange| exchange.content_type = Some("text/plain".into())).await,
        changed("issueOrPullRequest", |exchange| request(exchange, |body| body["variables"]["number"] = "7".into()))
            .await,
        changed("issueOrPullRequest", |exchange| {
            exchange.request = exchange.request.replace("isMinimized", "isHidden");
        })
        .await,
        changed("issueOrPullRequest", |exchange| exchange.request = exchange.request.replace(", $after: String", ""))
            .await,
    ];
    insta::assert_snapshot!(said.join("\n"), @r#"
    200: the request's query has perpage, which GitHub's description doesn't know
    200: the request's query.state: Request query parameter state must be equal to one of the allowed values: open, closed, all
    201: the request's body.content: Request body property content must be equal to one of the allowed values: +1, -1, laugh, confused, heart, hooray, rocket, eyes
    201: the request has text, which GitHub's description doesn't know
    201: the request's body: Request body must have required property 'content'
    201: GitHub's description has no such operation
    201: the request: Supported content types: application/json
    200: Variable "$number" got invalid value "7"; Int cannot represent non-integer value: "7"
    200: Cannot query field "isHidden" on type "IssueComment".
    200: Variable "$after" is not defined by operation "Comments".
         200: Variable "$after" is not defined by operation "Comments".
    "#);
}

#[tokio::test]
async fn every_wrong_answer_of_the_stand_in_is_told() {
    let said = [
        changed("/issues/7", |exchange| answer(exchange)["title"] = Value::Null).await,
        changed("/issues/7", |exchange| answer(exchange)["state_reason"] = 5.into()).await,
        changed("/issues/7", |exchange| answer(exchange)["user"]["login"] = 5.into()).await,
        changed("/issues/7", |exchange| drop(answer(exchange).as_object_mut().unwrap().remove("number"))).await,
        changed("/issues/7", |exchange| answer(exchange)["open"] = true.into()).await,
        changed("/issues/7", |exchange| answer(exchange)["user"]["bot"] = true.into()).await,
        changed("/issues/7", |exchange| exchange.status = 202).await,
        changed("/issues/7", |exchange| (exchange.status, exchange.answer) = (403, Some(json!({"error": "no"})))).await,
        changed("/pulls", |exchange| exchange.answer = Some(json!({}))).await,
        changed("{ viewer", |exchange| answer(exchange)["data"]["viewer"]["login"] = Value::Null).await,
        changed("{ viewer", |exchange| answer(exchange)["data"]["viewer"]["bot"] = true.into()).await,
        changed("issueOrPullRequest", |exchange| {
            answer(exchange)["data"]["repository"]["issueOrPullRequest"]["comments"]["nodes"] =
                json!([{"body": 5, "fullDatabaseId": "x"}]);
        })
        .await,
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    200: the answer's body.title: Response body property title must be string
    200: the answer's body.state_reason: Response body property state_reason must be string,null
         200: the answer's body.state_reason: Response body property state_reason must be equal to one of the allowed values: completed, reopened, not_planned, duplicate, 
    200: the answer's body.user.login: Response body property user.login must be string
    200: the answer's body: Response body must have required property 'number'
    200: the answer has open, which GitHub's description doesn't know
    200: the answer has user.bot, which GitHub's description doesn't know
    202: GitHub's description has no answer 202, only 200,301,304,404,410
    403: the answer isn't in the form of GitHub's errors
    200: the answer's body: Response body must be array
    200: viewer.login is null and must not be
    200: the answer has viewer.bot, which nobody asked for
    200: repository.issueOrPullRequest.comments.nodes.0.fullDatabaseId is no number as a text: x
         200: repository.issueOrPullRequest.comments.nodes.0.body is no text: 5
         200: the answer lacks repository.issueOrPullRequest.comments.nodes.0.url
         200: the answer lacks repository.issueOrPullRequest.comments.nodes.0.createdAt
         200: the answer lacks repository.issueOrPullRequest.comments.nodes.0.lastEditedAt
         200: the answer lacks repository.issueOrPullRequest.comments.nodes.0.isMinimized
         200: the answer lacks repository.issueOrPullRequest.comments.nodes.0.viewerDidAuthor
         200: the answer lacks repository.issueOrPullRequest.comments.nodes.0.author
    ");
}

#[tokio::test]
async fn a_wrong_request_by_hand_must_be_refused_and_needs_no_more() {
    let wrong = |status: u16, answer: Value| Exchange {
        ours: false,
        method: "POST".into(),
        path: format!("/repos/{REPO}/issues/7/comments"),
        query: Vec::new(),
        content_type: Some("application/json".into()),
        accept: None,
        request: r#"{"body":5}"#.into(),
        status,
        answer: Some(answer),
    };
    let refused = json!({"message": "no", "documentation_url": "https://docs.github.com/rest"});
    assert_eq!(check(&[wrong(422, refused)]), Vec::<String>::new());
    let taken = check(&[wrong(201, Value::Null)]);
    assert!(taken[0].contains("the request's body.body: Request body property body must be string"), "{taken:?}");
}

#[tokio::test]
#[should_panic(expected = "shoeSize")]
async fn a_story_with_a_wrong_question_fails_and_names_it() {
    let scene = Scene::new();
    // As codexctl would ask: by hand it would be allowed to be refused.
    let request =
        crate::standin::client().post(format!("{}/graphql", scene.stand.url())).header("user-agent", "octocrab");
    request.bearer_auth(TOKEN).json(&json!({"query": "{ viewer { shoeSize } }"})).send().await.unwrap();
}
