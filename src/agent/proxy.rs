//! The door to the model: a small server on loopback that holds the real key, so that the agent never does (spec 7.3).
//!
//! The agent knows a bearer that is worth nothing outside this run. The proxy puts the key in its place, lets only the model's own
//! requests through, streams answers as they come, counts their tokens, and refuses to go on where the budget would be passed.

mod account; // what was used, and whether one more request fits into the budget
mod address; // which addresses can be the model's
mod count;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use url::Url;

pub use self::account::Spent;
use self::account::{Account, Open};
pub use self::address::check_base;
use self::address::{is_loopback, parse_base, shown};
use self::count::Counter;
use crate::secrets::{Secret, random_word};

/// Where requests go without any other word. Source: <https://platform.openai.com/docs/api-reference>.
pub const DEFAULT_BASE: &str = "https://api.openai.com/v1";

/// Largest request that is taken. A full context with images is some tens of megabytes.
const LARGEST_REQUEST: usize = 128 << 20;

/// Requests that are on their way at the same time, from their first byte to the last one of their answer; others wait. An agent asks
/// one after the other, one with helpers of its own some at once; each may keep a request of the largest size in memory.
const AT_ONCE: usize = 32;

/// What may pass, as the agent sees it.
const ALLOWED: [(Method, &str); 3] =
    [(Method::POST, "/v1/responses"), (Method::POST, "/v1/responses/compact"), (Method::GET, "/v1/models")];

/// The model's side of the proxy.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Base address up to and with the version, such as [`DEFAULT_BASE`] (`OPENAI_BASE_URL`).
    pub base: String,
    /// The real key; none for a model on this machine that asks for none.
    pub key: Option<Secret>,
}

/// Why the proxy could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base address is no address.
    #[error("the model's address `{base}` can't be used: {reason}. It looks like {DEFAULT_BASE} (OPENAI_BASE_URL)")]
    Base {
        /// The address.
        base: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No port on loopback.
    #[error("can't open a port on 127.0.0.1 for the agent: {0}")]
    Listen(std::io::Error),
    /// The client for the model's side can't be made.
    #[error("can't prepare the connection to the model: {0}")]
    Client(reqwest::Error),
}

/// What the handlers share.
struct Shared {
    client: reqwest::Client,
    base: Url,
    key: Option<Secret>,
    bearer: Secret,
    account: Arc<Account>,
    /// Room for requests; closed with the proxy.
    room: Arc<Semaphore>,
    /// What is wrong with the key or the way to the model, as its latest answer says.
    trouble: Mutex<Option<String>>,
}

impl Shared {
    fn note(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// What a refusal of the key means, which only codexctl knows the name of.
    fn refused_key(&self, status: StatusCode) -> Option<String> {
        let base = shown(&self.base);
        (status == StatusCode::UNAUTHORIZED).then(|| match &self.key {
            Some(_) => format!(
                "the model's endpoint {base} does not take the key in OPENAI_API_KEY (401): it is wrong, has run out, or is for \
                 another endpoint. Set a key that counts there; OPENAI_BASE_URL names the endpoint"
            ),
            None => format!(
                "the model's endpoint {base} asks for a key (401), and OPENAI_API_KEY is not set: set it, or name another endpoint \
                 as OPENAI_BASE_URL"
            ),
        })
    }
}

/// What is looked at in a request.
#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    background: Option<serde_json::Value>,
}

/// Why a request can't be counted; none where it can.
fn uncountable(headers: &HeaderMap, body: &[u8]) -> Option<(StatusCode, &'static str, &'static str)> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Some((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "compressed",
            "codexctl looks at requests before they leave: send them uncompressed",
        ));
    }
    match serde_json::from_slice::<Asked>(body).map(|asked| asked.background) {
        Ok(None | Some(serde_json::Value::Null | serde_json::Value::Bool(false))) => None,
        Ok(Some(_)) => Some((
            StatusCode::BAD_REQUEST,
            "background",
            "codexctl lets no background answers through: their tokens could not be counted",
        )),
        Err(_) => {
            Some((StatusCode::BAD_REQUEST, "unreadable", "codexctl: the request is no JSON object that can be read"))
        }
    }
}

/// A running proxy. It ends when dropped; its bearer is worth nothing from then on.
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy on a free port of 127.0.0.1. `budget`: tokens of input and output together; `None` and 0 are no limit.
    ///
    /// # Errors
    /// Where the address is none, or no port can be had.
    pub async fn start(upstream: &Upstream, budget: Option<u64>) -> Result<Self, Error> {
        let base = parse_base(&upstream.base)?;
        let mut client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(30))
            // A redirect would carry the key to another host.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&base) {
            // A company's proxy can't reach this machine's own loopback.
            client = client.no_proxy();
        }
        let shared = Arc::new(Shared {
            client: client.build().map_err(Error::Client)?,
            base,
            key: upstream.key.clone(),
            bearer: Secret::new(random_word()),
            account: Account::new(budget),
            room: Arc::new(Semaphore::new(AT_ONCE)),
            trouble: Mutex::default(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let router = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!("the key proxy ended: {error}");
            }
        });
        Ok(Self { shared, address, server })
    }

    /// The base address for the agent's provider block.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What the agent authorizes itself with.
    pub fn bearer(&self) -> &Secret {
        &self.shared.bearer
    }

    /// What was used so far.
    pub fn spent(&self) -> Spent {
        self.shared.account.spent()
    }

    /// What is wrong with the key or the way to the model, with the way out; none where its latest answer was another one.
    pub fn trouble(&self) -> Option<String> {
        self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A text in which the agent named this proxy, with the model's own address in its place: nobody knows the proxy's.
    pub fn with_model_address<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let ours = self.base_url();
        if text.contains(&ours) { text.replace(&ours, &shown(&self.shared.base)).into() } else { text.into() }
    }

    /// Whether a request was refused for the budget.
    pub fn is_over_budget(&self) -> bool {
        *self.shared.account.over().borrow()
    }

    /// Turns true when a request is refused for the budget.
    pub fn over_budget(&self) -> watch::Receiver<bool> {
        self.shared.account.over()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.room.close();
        self.server.abort();
    }
}

/// An answer of the proxy itself, in the shape of the provider's errors.
fn refusal(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({ "error": { "message": message, "type": "invalid_request_error", "code": code } });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

/// Compares without telling by its time how much was right.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let authorized = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
        .is_some_and(|bearer| same(bearer, shared.bearer.expose().as_bytes()));
    let stranger =
        || refusal(StatusCode::UNAUTHORIZED, "bearer", "codexctl: this is not the bearer of a run that is going on");
    if !authorized {
        return stranger();
    }
    let path = request.uri().path().to_owned();
    if !ALLOWED.iter().any(|(method, allowed)| request.method() == method && path == *allowed) {
        let allowed: Vec<String> = ALLOWED.iter().map(|(method, path)| format!("{method} {path}")).collect();
        return refusal(
            StatusCode::NOT_FOUND,
            "not_allowed",
            &format!("codexctl lets only these through to the model: {}", allowed.join(", ")),
        );
    }
    // Before anything of the request is kept in memory. Those that wait when the run ends go nowhere.
    let Ok(place) = Arc::clone(&shared.room).acquire_owned().await else { return stranger() };
    forward(&shared, request, &path, place).await
}

async fn forward(shared: &Shared, request: Request, path: &str, place: OwnedSemaphorePermit) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_REQUEST).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "codexctl: the request is cut or over 128 MiB");
    };
    let mut open = None;
    if parts.method == Method::POST {
        if let Some((status, code, message)) = uncountable(&parts.headers, &body) {
            return refusal(status, code, message);
        }
        match shared.account.admit(&body) {
            Ok(admitted) => open = Some(admitted),
            Err(budget) => return over_budget(shared, budget),
        }
    }
    let mut url = shared.base.clone();
    let full = format!("{}{}", shared.base.path().trim_end_matches('/'), path.trim_start_matches("/v1"));
    url.set_path(&full);
    url.set_query(parts.uri.query());

    let mut headers = passing(&parts.headers);
    for own in [header::AUTHORIZATION, header::HOST, header::CONTENT_LENGTH, header::COOKIE, header::ACCEPT_ENCODING] {
        // A compressed answer could not be counted.
        headers.remove(own);
    }
    let mut outgoing = shared.client.request(parts.method, url).headers(headers).body(body);
    if let Some(key) = &shared.key {
        outgoing = outgoing.bearer_auth(key.expose());
    }
    match outgoing.send().await {
        Ok(answer) => {
            let refused = shared.refused_key(answer.status());
            shared.note(refused.clone());
            match refused {
                // What the provider says of the key repeats a part of it, and after a 401 Codex would ask again and again.
                Some(told) => {
                    if let Some(open) = &mut open {
                        open.free();
                    }
                    refusal(StatusCode::BAD_REQUEST, "codexctl_key", &told)
                }
                None => pass_back(answer, open, place),
            }
        }
        Err(error) => {
            // What broke later may have been worked on.
            if let Some(open) = open.as_mut().filter(|_| error.is_connect() || error.is_builder()) {
                open.free();
            }
            let reason = root_cause(&error.without_url());
            let told = format!(
                "codexctl can't reach the model's endpoint {} ({reason}): look at the network, HTTPS_PROXY and OPENAI_BASE_URL",
                shown(&shared.base)
            );
            let answer = refusal(StatusCode::BAD_GATEWAY, "unreachable", &told);
            shared.note(Some(told));
            answer
        }
    }
}

/// The refusal of a request that would go over the budget.
fn over_budget(shared: &Shared, budget: u64) -> Response {
    let used = shared.account.spent().usage.total();
    // 400 is what Codex takes as final; it repeats a request after 403, 429 and 5xx.
    refusal(
        StatusCode::BAD_REQUEST,
        "codexctl_budget",
        &format!("codexctl: {used} of {budget} tokens are used; the next request would go over codex.budget.tokens"),
    )
}

/// Hands an answer on as it comes, with the counter looking at what passes. Its place is free when it has ended.
fn pass_back(answer: reqwest::Response, mut open: Option<Open>, place: OwnedSemaphorePermit) -> Response {
    let status = answer.status();
    if let Some(open) = open.as_mut().filter(|_| !status.is_success()) {
        open.free();
    }
    let mut headers = passing(answer.headers());
    headers.remove(header::SET_COOKIE);
    // With a length the server would stop at the last byte and never ask for the end, where a plain answer is counted.
    headers.remove(header::CONTENT_LENGTH);
    let events = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().to_ascii_lowercase().starts_with(b"text/event-stream"));
    let counter = if events { Counter::events() } else { Counter::json() };
    let stream =
        stream::unfold((answer, counter, open, place), |(mut answer, mut counter, mut open, place)| async move {
            let next = answer.chunk().await;
            let usage = match &next {
                // Counted before it is handed on: the agent's next request can't be faster than its count.
                Ok(Some(chunk)) => counter.feed(chunk),
                Ok(None) | Err(_) => counter.end(),
            };
            if let Some(open) = &mut open {
                open.wrote(counter.written());
                if let Some(usage) = usage {
                    open.told(usage);
                }
            }
            let chunk: Result<Bytes, reqwest::Error> = match next {
                Ok(None) => return None,
                Ok(Some(chunk)) => Ok(chunk),
                Err(error) => Err(error.without_url()),
            };
            Some((chunk, (answer, counter, open, place)))
        });
    let mut response = Response::new(Body::from_stream(stream));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Headers that may pass: all but those of one hop. Source: RFC 9110, 7.6.1.
fn passing(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let hop = [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    headers
        .iter()
        .filter(|(name, _)| !hop.contains(&name.as_str()) && !named.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The innermost reason of an error: the outer ones say only that there is an inner one.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
