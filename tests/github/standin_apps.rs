//! GitHub Apps in the stand-in: proofs, installations, and tokens of an hour.

use octocrab::jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::scene::{REPO, Scene};
use crate::stand::other_key;
use crate::standin::client;
use crate::standin_rest::ask;

/// A scene with App 5, installed in the shop, and its key.
fn app() -> (Scene, String) {
    let scene = Scene::new();
    let key = scene.stand.state().add_app(5, "codexctl", &[REPO], &[("issues", "write"), ("contents", "read")]);
    (scene, key)
}

fn sign(key: &str, claims: &Value) -> String {
    let key = EncodingKey::from_rsa_pem(key.as_bytes()).unwrap();
    encode(&Header::new(Algorithm::RS256), claims, &key).unwrap()
}

/// A proof that is good for nine minutes.
fn proof(scene: &Scene, key: &str) -> String {
    let now = scene.stand.state().time();
    sign(key, &json!({"iss": "5", "iat": now - 60, "exp": now + 540}))
}

async fn make_token(scene: &Scene, key: &str, body: Value) -> Value {
    let client = client();
    let request = client.post(format!("{}/app/installations/50/access_tokens", scene.stand.url()));
    request
        .header("user-agent", "test")
        .bearer_auth(proof(scene, key))
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_proof_finds_the_installation_and_makes_a_token_that_ends_after_an_hour_or_when_it_is_given_back() {
    let (scene, key) = app();
    let said = ask(
        &scene,
        &proof(&scene, &key),
        &["GET /app", "GET ~/installation", "POST /app/installations/50/access_tokens"],
    )
    .await;
    insta::assert_snapshot!(said, @"
    GET /app  → 200
    GET ~/installation  → 200
    POST /app/installations/50/access_tokens  → 201
    ");
    let made = make_token(&scene, &key, json!({"repositories": ["shop"], "permissions": {"issues": "write"}})).await;
    assert_eq!(made["expires_at"], "2026-01-01T01:00:01Z");
    assert_eq!(made["permissions"], json!({"issues": "write", "metadata": "read"}));
    let token = made["token"].as_str().unwrap();
    let requests = [r#"POST ~/issues/7/comments {"body":"hello"}"#, "GET ~/git/ref/heads/main", "GET /user"];
    insta::assert_snapshot!(ask(&scene, token, &requests).await, @r#"
    POST ~/issues/7/comments {"body":"hello"} → 201
    GET ~/git/ref/heads/main  → 403 Resource not accessible by integration
    GET /user  → 403 Resource not accessible by integration
    "#);
    assert_eq!(scene.stand.state().comments_of(REPO)[0].0, "codexctl[bot]");
    scene.stand.state().pass(3600);
    insta::assert_snapshot!(ask(&scene, token, &["GET ~/issues/7"]).await, @"GET ~/issues/7  → 401 Bad credentials");
    let made = make_token(&scene, &key, json!({})).await;
    let given_back =
        ask(&scene, made["token"].as_str().unwrap(), &["DELETE /installation/token", "GET ~/issues/7"]).await;
    insta::assert_snapshot!(given_back, @"
    DELETE /installation/token  → 204
    GET ~/issues/7  → 401 Bad credentials
    ");
}

#[tokio::test]
async fn proofs_that_are_wrong_early_late_or_good_for_too_long_are_refused() {
    let (scene, key) = app();
    let now = scene.stand.state().time();
    let from_to = |from: i64, to: i64| sign(&key, &json!({"iss": 5, "iat": now + from, "exp": now + to}));
    let mut said = Vec::new();
    for text in [
        from_to(0, 600),
        sign(&other_key(), &json!({"iss": 5, "iat": now, "exp": now + 300})),
        "a.b.c".to_owned(),
        crate::scene::TOKEN.to_owned(),
        sign(&key, &json!({"iss": 6, "iat": now, "exp": now + 300})),
        from_to(61, 300),
        from_to(0, 601),
        from_to(-600, 0),
        sign(&key, &json!({"iss": 5, "iat": now})),
    ] {
        said.push(ask(&scene, &text, &["GET /app"]).await);
    }
    insta::assert_snapshot!(said.join("\n"), @"
    GET /app  → 200
    GET /app  → 401 A JSON web token could not be decoded
    GET /app  → 401 A JSON web token could not be decoded
    GET /app  → 401 A JSON web token could not be decoded
    GET /app  → 404 Integration not found
    GET /app  → 401 'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued
    GET /app  → 401 'Expiration time' claim ('exp') is too far in the future
    GET /app  → 401 'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires
    GET /app  → 401 'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires
    ");
}

#[tokio::test]
async fn an_app_gets_only_what_it_was_granted_where_it_is_installed() {
    let (scene, key) = app();
    scene.stand.set(|state| {
        let git = state.repos[REPO].git.clone();
        state.add_repo("codex-k8s/zoo", git).private = true;
        state.add_app(6, "other", &[], &[]);
    });
    let tokens = "POST /app/installations/50/access_tokens";
    let said = ask(
        &scene,
        &proof(&scene, &key),
        &[
            "GET /repos/codex-k8s/zoo/installation",
            "POST /app/installations/60/access_tokens",
            &format!(r#"{tokens} {{"repositories":["zoo"]}}"#),
            &format!(r#"{tokens} {{"permissions":{{"pull_requests":"write"}}}}"#),
            &format!(r#"{tokens} {{"permissions":{{"contents":"write"}}}}"#),
        ],
    )
    .await;
    insta::assert_snapshot!(said, @r#"
    GET /repos/codex-k8s/zoo/installation  → 404 Not Found
    POST /app/installations/60/access_tokens  → 404 Not Found
    POST /app/installations/50/access_tokens {"repositories":["zoo"]} → 422 There is at least one repository that does not exist or is not accessible to the parent installation.
    POST /app/installations/50/access_tokens {"permissions":{"pull_requests":"write"}} → 422 The permissions requested are not granted to this installation.
    POST /app/installations/50/access_tokens {"permissions":{"contents":"write"}} → 422 The permissions requested are not granted to this installation.
    "#);
    let token = make_token(&scene, &key, json!({})).await["token"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(ask(&scene, &token, &["GET /repos/codex-k8s/zoo", "GET /app"]).await, @"
    GET /repos/codex-k8s/zoo  → 404 Not Found
    GET /app  → 401 A JSON web token could not be decoded
    ");
    scene.stand.state().apps.get_mut(&5).unwrap().suspended = true;
    insta::assert_snapshot!(ask(&scene, &proof(&scene, &key), &[tokens]).await, @"POST /app/installations/50/access_tokens  → 403 This installation has been suspended");
    let personal = ask(&scene, crate::scene::TOKEN, &["DELETE /installation/token"]).await;
    assert!(personal.ends_with("→ 204"), "a workflow's token is an installation's too: {personal}");
}
