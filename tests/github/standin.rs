//! The stand-in itself refuses what GitHub would refuse; else the other stories would prove nothing.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::scene::{REPO, Scene, TOKEN};

/// A client that isn't codexctl: what it asks may be wrong on purpose.
pub(crate) fn client() -> Client {
    let builder = Client::builder().no_proxy().tls_certs_only(std::iter::empty());
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Sends a request without codexctl in between; gives status and message.
pub(crate) async fn raw(scene: &Scene, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let url = format!("{}{path}", scene.stand.url());
    let mut request = client().request(method.clone(), url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    let said: Value = serde_json::from_str(&text).unwrap_or_default();
    let message = said["message"].as_str().or(said["errors"][0]["message"].as_str()).unwrap_or_default();
    let first = &said["errors"][0];
    let single = if first.is_string() || first.get("code").is_some() { format!(" {first}") } else { String::new() };
    format!("{method} {path} {body} → {status} {}{single}", message.replace('\n', " "))
}

#[tokio::test]
async fn wrong_requests_are_refused_as_github_refuses_them() {
    let scene = Scene::new();
    let bearer = format!("Bearer {TOKEN}");
    let agent = ("user-agent", "test");
    let (token, json_type) = (("authorization", bearer.as_str()), ("content-type", "application/json"));
    let comments = "/repos/codex-k8s/shop/issues/7/comments";
    let mut said = vec![
        raw(&scene, Method::POST, comments, &[token, json_type], "{}").await,
        raw(&scene, Method::POST, comments, &[agent, json_type], "{}").await,
        raw(&scene, Method::GET, "/user", &[agent, ("authorization", "Bearer wrong")], "").await,
        raw(&scene, Method::GET, "/user", &[agent, token], "").await,
        raw(&scene, Method::POST, comments, &[agent, token, ("content-type", "text/plain")], "{}").await,
    ];
    for (method, path, body) in [
        (Method::POST, comments, "{"),
        (Method::POST, comments, "[]"),
        (Method::POST, comments, r#"{"body":5}"#),
        (Method::POST, comments, r#"{"body":"  "}"#),
        (Method::POST, "/repos/codex-k8s/shop/issues/8/comments", r#"{"body":"x"}"#),
        (Method::POST, "/repos/codex-k8s/shop/issues/7/reactions", r#"{"content":"sheep"}"#),
        (Method::POST, "/repos/codex-k8s/shop/issues/7/labels", r#"{"labels":"bug"}"#),
        (
            Method::POST,
            "/repos/codex-k8s/shop/pulls",
            r#"{"title":"t","head":"codex/issue-7","base":"main","draft":"yes"}"#,
        ),
        (Method::POST, "/repos/codex-k8s/shop/pulls", r#"{"head":"codex/issue-7","base":"main"}"#),
        (Method::GET, "/repos/codex-k8s/hidden/issues/7", ""),
        (Method::POST, "/graphql", r#"{"query":"{ viewer { login shoeSize } }"}"#),
        (Method::POST, "/graphql", r#"{"query":"{ viewer }"}"#),
        (Method::POST, "/graphql", r#"{"query":"{ viewer { login }"}"#),
        (Method::POST, "/graphql", r#"{"query":"query Q($n: Int!) { viewer { login } }"}"#),
    ] {
        said.push(raw(&scene, method, path, &[agent, token, json_type], body).await);
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
    POST /repos/codex-k8s/shop/issues/7/comments {} → 403 Request forbidden by administrative rules. Please make sure your request has a User-Agent header.
    POST /repos/codex-k8s/shop/issues/7/comments {} → 401 Requires authentication
    GET /user  → 401 Bad credentials
    GET /user  → 403 Resource not accessible by integration
    POST /repos/codex-k8s/shop/issues/7/comments {} → 415 Unsupported content type: use application/json
    POST /repos/codex-k8s/shop/issues/7/comments { → 400 Problems parsing JSON
    POST /repos/codex-k8s/shop/issues/7/comments [] → 400 Body should be a JSON object
    POST /repos/codex-k8s/shop/issues/7/comments {"body":5} → 422 Invalid request.  For 'properties/body', 5 is not a string.
    POST /repos/codex-k8s/shop/issues/7/comments {"body":"  "} → 422 Validation Failed {"resource":"IssueComment","code":"missing_field","field":"body"}
    POST /repos/codex-k8s/shop/issues/8/comments {"body":"x"} → 404 Not Found
    POST /repos/codex-k8s/shop/issues/7/reactions {"content":"sheep"} → 422 Validation Failed {"resource":"Reaction","field":"content","code":"invalid"}
    POST /repos/codex-k8s/shop/issues/7/labels {"labels":"bug"} → 422 Invalid request.  For 'properties/labels', "bug" is not an array.
    POST /repos/codex-k8s/shop/pulls {"title":"t","head":"codex/issue-7","base":"main","draft":"yes"} → 422 Invalid request.  For 'properties/draft', "yes" is not a boolean.
    POST /repos/codex-k8s/shop/pulls {"head":"codex/issue-7","base":"main"} → 422 Validation Failed {"resource":"PullRequest","field":"title","code":"missing_field"}
    GET /repos/codex-k8s/hidden/issues/7  → 404 Not Found
    POST /graphql {"query":"{ viewer { login shoeSize } }"} → 200 Field 'shoeSize' doesn't exist on type 'User'
    POST /graphql {"query":"{ viewer }"} → 200 Field must have selections (field 'viewer' returns User but has no selections. Did you mean 'viewer { ... }'?)
    POST /graphql {"query":"{ viewer { login }"} → 200 Unexpected end of document
    POST /graphql {"query":"query Q($n: Int!) { viewer { login } }"} → 200 Variable $n of type Int! was provided invalid value
    "#);
    assert_eq!(scene.stand.state().comments_of(REPO), []);
    assert_eq!(scene.stand.state().repos[REPO].issues.len(), 1);
}

#[tokio::test]
async fn a_second_pull_request_of_the_same_branches_is_refused() {
    let scene = Scene::new();
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("user-agent", "test"), ("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = json!({"title": "t", "head": "codex/issue-7", "base": "main"}).to_string();
    let mut statuses = Vec::new();
    for _ in 0..2 {
        statuses.push(raw(&scene, Method::POST, "/repos/codex-k8s/shop/pulls", &headers, &body).await);
    }
    assert!(statuses[0].contains("→ 201") && statuses[1].contains("→ 422"), "{statuses:?}");
    assert_eq!(scene.stand.state().repos[REPO].issues.len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_known_already_is_304_and_the_hour_has_an_end() {
    let scene = Scene::new();
    let client = client();
    let url = format!("{}/repos/{REPO}/issues/7", scene.stand.url());
    let first = client.get(&url).header("user-agent", "test").bearer_auth(TOKEN).send().await.unwrap();
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    let again = client
        .get(&url)
        .header("user-agent", "test")
        .bearer_auth(TOKEN)
        .header("if-none-match", &etag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["x-ratelimit-remaining"], "4999", "what hasn't changed costs nothing");
    scene.stand.set(|state| state.tokens.get_mut(TOKEN).unwrap().remaining = 0);
    let over = client.get(&url).header("user-agent", "test").bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!((over.status().as_u16(), &over.headers()["x-ratelimit-remaining"]), (403, &"0".parse().unwrap()));
}
