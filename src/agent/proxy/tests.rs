//! Tests of the proxy against a small real server.

use std::sync::atomic::AtomicUsize;

use axum::http::HeaderValue;

use super::*;

const KEY: &str = "sk-real-key-0123456789";

/// A model's side that says what it saw, with a usage of 60 + 40 tokens.
struct Side {
    base: String,
    requests: Arc<AtomicUsize>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Side {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn side() -> Side {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/custom/v1/", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |request: Request| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let head = |name: &str| {
                request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned()
            };
            let seen = format!(
                "{} {} auth={} te={} x={}",
                request.method(),
                request.uri(),
                head("authorization"),
                head("te"),
                head("x-codex")
            );
            let busy = head("x-busy") != "-";
            let body = serde_json::json!({ "seen": seen, "usage": { "input_tokens": 60, "output_tokens": 40 } });
            let mut response = Response::new(Body::from(body.to_string()));
            if busy {
                *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
            }
            response.headers_mut().insert("keep-alive", HeaderValue::from_static("timeout=5"));
            response
        }
    });
    let server = tokio::spawn(async move {
        axum::serve(listener, router).await.unwrap();
    });
    Side { base, requests, server }
}

async fn proxy(side: &Side, key: Option<&str>, budget: Option<u64>) -> Proxy {
    let upstream = Upstream { base: side.base.clone(), key: key.map(|key| Secret::new(key.to_owned())) };
    Proxy::start(&upstream, budget).await.unwrap()
}

fn post(proxy: &Proxy, path: &str) -> reqwest::RequestBuilder {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.post(format!("http://{}{path}", proxy.address)).bearer_auth(proxy.bearer().expose()).body("{}")
}

async fn text(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_key_takes_the_bearers_place_and_headers_of_one_hop_stay_behind() {
    let side = side().await;
    let proxy = proxy(&side, Some(KEY), None).await;
    let (status, body) =
        text(post(&proxy, "/v1/responses?a=b").header("te", "trailers").header("x-codex", "kept")).await;
    let seen: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 200);
    assert_eq!(seen["seen"], format!("POST /custom/v1/responses?a=b auth=Bearer {KEY} te=- x=kept"));
    assert_eq!(proxy.spent().usage.total(), 100);
}

#[tokio::test]
async fn without_a_key_none_is_sent_and_never_the_bearer() {
    let side = side().await;
    let proxy = proxy(&side, None, None).await;
    let (_, body) = text(post(&proxy, "/v1/responses")).await;
    assert!(body.contains("auth=- "), "{body}");
}

#[tokio::test]
async fn nothing_but_the_models_own_requests_passes() {
    let side = side().await;
    let proxy = proxy(&side, Some(KEY), None).await;
    for path in [
        "/v1/files",
        "/v1/models",
        "/v1/responses/x",
        "/v1/responses/../files",
        "/v1/%2e%2e/v1/files",
        "/",
        "//v1/responses",
    ] {
        let (status, body) = text(post(&proxy, path)).await;
        assert_eq!(status, 404, "{path}");
        assert!(body.contains("POST /v1/responses, POST /v1/responses/compact, GET /v1/models"), "{body}");
    }
    assert_eq!(side.requests.load(Ordering::SeqCst), 0);
    assert_eq!(text(post(&proxy, "/v1/responses/compact")).await.0, 200);
}

#[tokio::test]
async fn another_bearer_is_refused() {
    let side = side().await;
    let proxy = proxy(&side, Some(KEY), None).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/responses", proxy.base_url());
    assert_eq!(text(client.post(&url)).await.0, 401);
    assert_eq!(text(client.post(&url).bearer_auth("0".repeat(64))).await.0, 401);
    assert_eq!(text(client.post(&url).bearer_auth(KEY)).await.0, 401);
    assert_eq!(side.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_request_that_would_go_over_the_budget_is_refused_for_good() {
    let side = side().await;
    let proxy = proxy(&side, Some(KEY), Some(250)).await;
    // 100 and 200 tokens are used; a third request takes 60 at least.
    assert_eq!(text(post(&proxy, "/v1/responses")).await.0, 200);
    assert_eq!(text(post(&proxy, "/v1/responses")).await.0, 200);
    assert!(!proxy.is_over_budget());
    let (status, body) = text(post(&proxy, "/v1/responses")).await;
    assert_eq!(status, 400, "the one status that Codex does not try again");
    insta::assert_snapshot!(body, @r#"{"error":{"message":"codexctl: 200 of 250 tokens are used; the next request would go over codex.budget.tokens","type":"invalid_request_error","code":"codexctl_budget"}}"#);
    assert!(proxy.is_over_budget());
    assert_eq!(side.requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn errors_of_the_model_pass_with_their_retry_after() {
    let side = side().await;
    let proxy = proxy(&side, Some(KEY), None).await;
    let answer = post(&proxy, "/v1/responses").header("x-busy", "1").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    assert!(!answer.headers().contains_key("keep-alive"));
}

#[tokio::test]
async fn a_model_that_can_not_be_reached_is_named_without_the_key() {
    let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let upstream = Upstream { base: format!("http://{free}/v1"), key: Some(Secret::new(KEY.to_owned())) };
    let proxy = Proxy::start(&upstream, None).await.unwrap();
    let (status, body) = text(post(&proxy, "/v1/responses")).await;
    assert_eq!(status, 502);
    assert!(body.contains("can't reach the model at 127.0.0.1") && !body.contains(KEY), "{body}");
}

#[tokio::test]
async fn addresses_that_lead_nowhere_are_refused_at_the_start() {
    let mut said = Vec::new();
    for base in ["", "api.openai.com/v1", "ftp://x/v1", "https://me:secret@x/v1", "https://x/v1?key=1"] {
        let upstream = Upstream { base: base.to_owned(), key: None };
        said.push(Proxy::start(&upstream, None).await.err().unwrap().to_string());
    }
    assert!(!said.join("\n").contains("secret"));
    insta::assert_snapshot!(said.join("\n"), @r"
    the model's address `` can't be used: relative URL without a base. It looks like https://api.openai.com/v1 (OPENAI_BASE_URL)
    the model's address `api.openai.com/v1` can't be used: relative URL without a base. It looks like https://api.openai.com/v1 (OPENAI_BASE_URL)
    the model's address `ftp://x/v1` can't be used: only http and https lead to a model. It looks like https://api.openai.com/v1 (OPENAI_BASE_URL)
    the model's address `https://<hidden>@x` can't be used: a key belongs into OPENAI_API_KEY, not into the address. It looks like https://api.openai.com/v1 (OPENAI_BASE_URL)
    the model's address `https://x/v1?key=1` can't be used: it must not have a query or a fragment. It looks like https://api.openai.com/v1 (OPENAI_BASE_URL)
    ");
}
