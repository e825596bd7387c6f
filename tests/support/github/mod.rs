//! A stand-in for GitHub: a model with state behind HTTP on a loopback port, which refuses what GitHub would refuse.
//!
//! `Stand::start()` gives a server of its own thread, so that it serves async tests and child processes alike. The state is open to
//! the test at any time, every request is kept, and faults can be put in the way of the next request that matches a pattern.
//! When a stand-in is dropped, everything that codexctl asked and everything that it answered is held against GitHub's own
//! descriptions (`contract.rs`): a story whose requests or answers GitHub wouldn't know fails.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support: each test crate uses a part of it, and a stand-in that can't go on must stop the test"
)]

mod apps;
mod bodies;
mod comments;
mod contract;
mod git;
mod graph;
mod graphql;
mod issues;
mod line;
mod model;
mod mutations;
mod pages;
mod pulls;
mod query;
mod refs;
mod rest;
mod rights;
mod search;
mod shapes;

use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::Response;
use globset::{Glob, GlobMatcher};
use serde_json::{Value, json};
use tokio::sync::oneshot;

#[allow(unused_imports, reason = "each test crate uses a part of it")]
pub(crate) use apps::{App, other_key};
#[allow(unused_imports, reason = "each test crate uses a part of it")]
pub(crate) use contract::{Exchange, check};
pub(crate) use git::Git;
#[allow(unused_imports, reason = "each test crate uses a part of it")]
pub(crate) use model::{Comment, Issue, Pull, Recorded, Repo, ReviewThread, State, Token, TokenKind};

/// What goes wrong, once.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// This status with this message; nothing is done.
    Status(u16, &'static str),
    /// The connection is cut before anything is done.
    CutBefore,
    /// It is done, but the connection is cut before the answer.
    CutAfter,
    /// It is done, but the answer is this status, as from a proxy in between.
    StatusAfter(u16),
    /// The hourly limit is used up until this moment (seconds since 1970).
    Hourly(i64),
    /// The secondary limit, with or without `retry-after` in seconds.
    SlowDown(Option<u64>),
    /// A redirect to this address; nothing is done.
    Redirect(u16, String),
    /// An answer that is no JSON.
    Garbage,
    /// None: the request goes through, and one behind it meets the next fault.
    Nothing,
}

/// One answer, before it becomes HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// An error in GitHub's form.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        let url = "https://docs.github.com/rest";
        Self::new(status, json!({"message": message, "documentation_url": url, "status": status.to_string()}))
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The running stand-in; dropping it stops it.
pub(crate) struct Stand {
    shared: Arc<Mutex<State>>,
    port: u16,
    prefix: &'static str,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Stand {
    /// With addresses as on github.com.
    pub(crate) fn start() -> Self {
        Self::start_at("")
    }

    /// With REST under a path: `/api/v3` as on Enterprise, where GraphQL is at `/api/graphql`.
    pub(crate) fn start_at(prefix: &'static str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Mutex::new(State::new(format!("http://127.0.0.1:{port}{prefix}"))));
        let (stop, stopped) = oneshot::channel::<()>();
        let state = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = line::Listener(tokio::net::TcpListener::from_std(listener).unwrap());
                let app = Router::new().fallback(move |request: Request| serve(Arc::clone(&state), prefix, request));
                let service = app.into_make_service_with_connect_info::<line::Cut>();
                tokio::select! {
                    served = async { axum::serve(listener, service).await } => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { shared, port, prefix, stop: Some(stop), thread: Some(thread) }
    }

    /// What `GITHUB_API_URL` has to be.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.prefix)
    }

    /// The state, to look at. Hold it shortly, never over an await: the server waits for it.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap()
    }

    /// Sets the scene.
    pub(crate) fn set<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state())
    }

    /// The next request that matches `METHOD /path`, with `*` for anything, meets this fault; `POST /graphql NAME` is a mutation.
    pub(crate) fn fail_next(&self, pattern: &str, fault: Fault) {
        let pattern = Glob::new(pattern).unwrap().compile_matcher();
        self.state().faults.push((pattern, fault));
    }

    /// Every request that matches meets this fault until [`Stand::heal`]: more often than any story asks.
    pub(crate) fn fail_always(&self, pattern: &str, fault: &Fault) {
        (0..100).for_each(|_| self.fail_next(pattern, fault.clone()));
    }

    /// No fault is in the way any more.
    pub(crate) fn heal(&self) {
        self.state().faults.clear();
    }

    /// The patterns of faults that nothing has met yet.
    pub(crate) fn not_met(&self) -> Vec<String> {
        self.state().faults.iter().map(|(pattern, _)| pattern.glob().glob().to_owned()).collect()
    }

    /// Every request so far as `METHOD path?query → status`; a cut answer has none.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state().requests.iter().map(Recorded::line).collect()
    }

    /// Only what would write, without GraphQL's questions.
    pub(crate) fn writes(&self) -> Vec<String> {
        let state = self.state();
        state.requests.iter().filter(|request| request.writes()).map(Recorded::line).collect()
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        if std::thread::panicking() {
            return;
        }
        let exchanges = std::mem::take(&mut self.state().exchanges);
        let problems = check(&exchanges);
        assert!(
            problems.is_empty(),
            "what went to GitHub's stand-in and back isn't as GitHub describes it:\n{}",
            problems.join("\n")
        );
    }
}

async fn serve(shared: Arc<Mutex<State>>, prefix: &'static str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 10 << 20).await.unwrap_or_default();
    let cut = parts.extensions.get::<ConnectInfo<line::Cut>>().unwrap().0.clone();
    let graphql = if prefix == "/api/v3" { "/api/graphql" } else { "/graphql" };
    let path = match parts.uri.path() {
        path if path == graphql => "/graphql",
        path => path.strip_prefix(prefix).unwrap_or("/outside-the-api"),
    };
    let mut state = shared.lock().unwrap();
    let call = rest::Call::new(&parts, path, &bytes);
    let name = format!("{} {path}", parts.method);
    // What GraphQL is told to do can be named, too: `POST /graphql addReaction`.
    let told = call.record(None).mutation().map(|mutation| format!("{name} {mutation}"));
    let meets =
        |pattern: &GlobMatcher| pattern.is_match(&name) || told.as_ref().is_some_and(|told| pattern.is_match(told));
    let fault = state.faults.iter().position(|(pattern, _)| meets(pattern)).map(|at| state.faults.remove(at).1);
    let answer = match &fault {
        Some(Fault::Status(status, message)) => Answer::error(*status, message),
        Some(Fault::Hourly(reset)) => Answer::error(403, "API rate limit exceeded for installation.")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", reset.to_string()),
        Some(Fault::SlowDown(after)) => {
            let answer = Answer::error(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            );
            after.iter().fold(answer, |answer, seconds| answer.with("retry-after", seconds.to_string()))
        }
        Some(Fault::Redirect(status, to)) => Answer::error(*status, "Moved").with("location", to.clone()),
        Some(Fault::CutBefore) => Answer::error(500, "never sent"),
        Some(Fault::StatusAfter(status)) => {
            rest::answer(&mut state, &call);
            Answer::error(*status, "Bad Gateway")
        }
        Some(Fault::CutAfter | Fault::Garbage | Fault::Nothing) | None => rest::answer(&mut state, &call),
    };
    let lost = matches!(fault, Some(Fault::CutBefore | Fault::CutAfter));
    state.requests.push(call.record((!lost).then_some(answer.status)));
    state.exchanges.push(call.exchange(&answer, matches!(fault, None | Some(Fault::Nothing))));
    if let Some(after_write) = &state.after_write
        && state.requests.last().is_some_and(Recorded::writes)
    {
        after_write(state.requests.iter().filter(|request| request.writes()).count());
    }
    drop(state);
    if lost {
        cut.now();
    }
    let mut response = Response::builder().status(StatusCode::from_u16(answer.status).unwrap());
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    let text = match (&fault, &answer.body) {
        (Some(Fault::Garbage), _) => "<html>no API here</html>".to_owned(),
        (_, Value::Null) => String::new(),
        (_, body) => body.to_string(),
    };
    response.header("content-type", "application/json; charset=utf-8").body(Body::from(text)).unwrap()
}
