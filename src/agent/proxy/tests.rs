//! Tests of the proxy against a small real server.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::HeaderValue;
use futures_util::FutureExt as _;

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
            let (busy, refused) = (head("x-busy") != "-", head("x-refused") != "-");
            let body = serde_json::json!({ "seen": seen, "usage": { "input_tokens": 60, "output_tokens": 40 } });
            let mut response = Response::new(Body::from(body.to_string()));
            if busy {
                *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("7"));
            }
            if refused {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
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
async fn a_refused_key_is_told_by_the_variable_it_came_from_until_the_model_answers() {
    let side = side().await;
    let mut told = Vec::new();
    for key in [Some(KEY), None] {
        let proxy = proxy(&side, key, None).await;
        let (status, body) = text(post(&proxy, "/v1/responses").header("x-refused", "1")).await;
        assert_eq!(status, 400, "the one status that Codex does not try again");
        assert!(body.contains(&proxy.trouble().unwrap()), "{body}");
        told.push(proxy.trouble().unwrap().replace(side.base.trim_end_matches('/'), "https://model.example/v1"));
        assert_eq!(text(post(&proxy, "/v1/responses")).await.0, 200);
        assert_eq!(proxy.trouble(), None);
    }
    insta::assert_snapshot!(told.join("\n"), @"
    the model's endpoint https://model.example/v1 does not take the key in OPENAI_API_KEY (401): it is wrong, has run out, or is for another endpoint. Set a key that counts there; OPENAI_BASE_URL names the endpoint
    the model's endpoint https://model.example/v1 asks for a key (401), and OPENAI_API_KEY is not set: set it, or name another endpoint as OPENAI_BASE_URL
    ");
}

#[tokio::test]
async fn a_model_that_can_not_be_reached_is_named_without_the_key() {
    let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let upstream = Upstream { base: format!("http://{free}/v1"), key: Some(Secret::new(KEY.to_owned())) };
    let proxy = Proxy::start(&upstream, None).await.unwrap();
    let (status, body) = text(post(&proxy, "/v1/responses")).await;
    assert_eq!(status, 502);
    assert!(
        body.contains(&format!("can't reach the model's endpoint http://{free}/v1 (")) && !body.contains(KEY),
        "{body}"
    );
    assert!(proxy.trouble().is_some_and(|trouble| body.contains(&trouble)));
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

/// A model's side that answers with what it is given: a stream that is told nothing of, or cut. It answers
/// from 1 on and ends its answers from 2 on.
async fn odd_side(answer: &'static str, cut: bool) -> (Side, watch::Sender<u8>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let (go, gone) = watch::channel(0);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |_: Request| {
        count.fetch_add(1, Ordering::SeqCst);
        let mut gone = gone.clone();
        async move {
            gone.wait_for(|step| *step > 0).await.unwrap();
            let pieces = stream::unfold((gone, 0), move |(mut gone, at)| async move {
                match at {
                    0 => Some((Ok(Bytes::from_static(answer.as_bytes())), (gone, 1))),
                    1 => {
                        gone.wait_for(|step| *step > 1).await.unwrap();
                        cut.then_some((Err("cut"), (gone, 2)))
                    }
                    _ => None,
                }
            });
            let mut response = Response::new(Body::from_stream(pieces));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            response
        }
    });
    let server = tokio::spawn(async move {
        axum::serve(listener, router).await.unwrap();
    });
    (Side { base, requests, server }, go)
}

#[tokio::test]
async fn an_answer_that_is_cut_or_tells_no_usage_counts_what_it_cost_at_least() {
    for cut in [true, false] {
        let (side, go) = odd_side("data: {\"delta\":\"a\"}\n\ndata: {\"delta\":\"b\"}\n\n", cut).await;
        go.send_replace(1);
        let proxy = proxy(&side, Some(KEY), None).await;
        let answer =
            post(&proxy, "/v1/responses").body(r#"{"input": "six words are in this body"}"#).send().await.unwrap();
        go.send_replace(2);
        assert_eq!(answer.text().await.is_err(), cut);
        let until = tokio::time::Instant::now() + Duration::from_secs(120);
        while proxy.spent() == Spent::default() {
            assert!(tokio::time::Instant::now() < until, "nothing was counted");
            tokio::task::yield_now().await;
        }
        let usage = proxy.spent().usage;
        assert_eq!((usage.input, usage.output), (7, 2));
    }
}

#[tokio::test]
async fn requests_on_their_way_count_against_the_budget() {
    let (side, go) = odd_side("data: {}\n\n", false).await;
    let proxy = proxy(&side, Some(KEY), Some(100)).await;
    let body = format!("{{\"input\": \"{}\"}}", "word ".repeat(60));
    let ask = || text(post(&proxy, "/v1/responses").body(body.clone()));
    let (first, second) = (tokio::spawn(ask()), tokio::spawn(ask()));
    let until = tokio::time::Instant::now() + Duration::from_secs(120);
    while side.requests.load(Ordering::SeqCst) < 2 {
        assert!(tokio::time::Instant::now() < until, "the requests never came");
        tokio::task::yield_now().await;
    }
    let refused = tokio::time::timeout(Duration::from_secs(120), ask()).await;
    let (status, said) = refused.expect("what is let through waits for its answer");
    assert_eq!((status, proxy.is_over_budget()), (400, true), "{said}");
    go.send_replace(2);
    assert_eq!((first.await.unwrap().0, second.await.unwrap().0), (200, 200));
    assert_eq!(side.requests.load(Ordering::SeqCst), 2);
}

/// As many requests as there is room for, and eight that wait for it: the side was asked for the first, and stays so.
async fn a_full_house(side: &Side, proxy: &Proxy) -> Vec<tokio::task::JoinHandle<u16>> {
    let ask = || tokio::spawn(text(post(proxy, "/v1/responses")).map(|(status, _)| status));
    let asked = std::iter::repeat_with(ask).take(AT_ONCE + 8).collect();
    let until = tokio::time::Instant::now() + Duration::from_secs(120);
    while side.requests.load(Ordering::SeqCst) < AT_ONCE {
        assert!(tokio::time::Instant::now() < until, "the requests never came");
        tokio::task::yield_now().await;
    }
    // One that is refused at the door takes as long as one of the others would.
    for _ in 0..50 {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        assert_eq!(text(client.post(format!("{}/responses", proxy.base_url()))).await.0, 401);
    }
    assert_eq!(side.requests.load(Ordering::SeqCst), AT_ONCE);
    asked
}

#[tokio::test]
async fn more_requests_at_once_than_there_is_room_for_wait_until_others_have_their_answer() {
    let (side, go) = odd_side("data: {}\n\n", false).await;
    let proxy = proxy(&side, Some(KEY), None).await;
    let asked = a_full_house(&side, &proxy).await;
    go.send_replace(2);
    for one in asked {
        assert_eq!(one.await.unwrap(), 200);
    }
    assert_eq!(side.requests.load(Ordering::SeqCst), AT_ONCE + 8);
}

#[tokio::test]
async fn requests_that_wait_when_the_run_ends_never_reach_the_model() {
    let (side, go) = odd_side("data: {}\n\n", false).await;
    let proxy = proxy(&side, Some(KEY), None).await;
    let asked = a_full_house(&side, &proxy).await;
    drop(proxy);
    go.send_replace(2);
    let mut refused = 0;
    for one in asked {
        refused += usize::from(one.await.unwrap() == 401);
    }
    assert_eq!((refused, side.requests.load(Ordering::SeqCst)), (8, AT_ONCE));
}

#[tokio::test]
async fn what_could_not_be_counted_does_not_pass() {
    let side = side().await;
    let proxy = proxy(&side, Some(KEY), None).await;
    for (body, code) in [
        (r#"{"background": true}"#, "background"),
        (r#"{"background": 1}"#, "background"),
        (r#"{"background": false, "background": true}"#, "unreadable"),
        ("[", "unreadable"),
    ] {
        let (status, said) = text(post(&proxy, "/v1/responses").body(body)).await;
        assert!(status == 400 && said.contains(code), "{body}: {status} {said}");
    }
    let (status, _) = text(post(&proxy, "/v1/responses").header("content-encoding", "zstd")).await;
    assert_eq!((status, side.requests.load(Ordering::SeqCst)), (415, 0));
    assert_eq!(text(post(&proxy, "/v1/responses").body(r#"{"background": false}"#)).await.0, 200);
}
