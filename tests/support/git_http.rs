//! A smart HTTP server for git: `git http-backend` behind basic authentication, able to fail and to send people elsewhere. It takes
//! LFS objects too, into the folder `lfs` beside the repositories, and shows everybody the releases in the folder `releases`.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// A running server; it ends when this is dropped.
pub(crate) struct GitHttp {
    /// Such as `http://127.0.0.1:41234`.
    pub(crate) address: String,
    state: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    root: PathBuf,
    token: String,
    failures: Mutex<VecDeque<StatusCode>>,
    elsewhere: Mutex<Option<String>>,
    read_only: Mutex<bool>,
    authorizations: Mutex<Vec<Option<String>>>,
}

impl Drop for GitHttp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl GitHttp {
    /// Serves the bare repositories in a folder to who has the token.
    pub(crate) async fn start(root: &Path, token: &str) -> Self {
        let state = Arc::new(Shared {
            root: root.to_owned(),
            token: token.to_owned(),
            failures: Mutex::default(),
            elsewhere: Mutex::default(),
            read_only: Mutex::default(),
            authorizations: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(state.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, state, task }
    }

    /// The next requests get these answers.
    pub(crate) fn fail_with(&self, statuses: &[u16]) {
        let statuses = statuses.iter().map(|status| StatusCode::from_u16(*status).unwrap());
        self.state.failures.lock().unwrap().extend(statuses);
    }

    /// From now on everybody is sent to another server.
    pub(crate) fn send_to(&self, address: &str) {
        *self.state.elsewhere.lock().unwrap() = Some(address.to_owned());
    }

    /// From now on nobody may push.
    pub(crate) fn make_read_only(&self) {
        *self.state.read_only.lock().unwrap() = true;
    }

    /// What stood in `Authorization`, request by request.
    pub(crate) fn authorizations(&self) -> Vec<Option<String>> {
        self.state.authorizations.lock().unwrap().clone()
    }
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::from(status.to_string()));
    *response.status_mut() = status;
    response
}

async fn answer(State(state): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let text = |name: HeaderName| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let authorization = text(header::AUTHORIZATION);
    state.authorizations.lock().unwrap().push(authorization.clone());
    if let Some(status) = state.failures.lock().unwrap().pop_front() {
        return plain(status);
    }
    let query = parts.uri.query().unwrap_or_default().to_owned();
    if let Some(elsewhere) = state.elsewhere.lock().unwrap().clone() {
        let mut response = plain(StatusCode::MOVED_PERMANENTLY);
        let to = format!("{elsewhere}{}?{query}", parts.uri.path());
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&to).unwrap());
        return response;
    }
    if let Some((_, file)) = parts.uri.path().split_once("/releases/download/") {
        let file = std::fs::read(state.root.join("releases").join(file));
        return file.map_or_else(|_| plain(StatusCode::NOT_FOUND), |file| Response::new(Body::from(file)));
    }
    let wanted = format!("Basic {}", STANDARD.encode(format!("x-access-token:{}", state.token)));
    if authorization.as_deref() != Some(wanted.as_str()) {
        let mut response = plain(StatusCode::UNAUTHORIZED);
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"git\""));
        return response;
    }
    if *state.read_only.lock().unwrap()
        && (query.contains("receive-pack") || parts.uri.path().ends_with("receive-pack"))
    {
        return plain(StatusCode::FORBIDDEN);
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    if let Some((_, rest)) = parts.uri.path().split_once("/info/lfs/") {
        let host = text(header::HOST).unwrap();
        return lfs(&state.root.join("lfs"), &host, parts.uri.path().trim_end_matches(rest), rest, &body);
    }
    let mut command = Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_PROJECT_ROOT", &state.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REMOTE_USER", "x-access-token")
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("PATH_INFO", parts.uri.path())
        .env("QUERY_STRING", &query)
        .env("CONTENT_LENGTH", body.len().to_string());
    for (name, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        if let Some(value) = text(HeaderName::from_static(name)) {
            command.env(variable, value);
        }
    }
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feed = async move {
        // The backend may answer before it has read everything.
        let _ = stdin.write_all(&body).await;
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), feed);
    from_cgi(&output.unwrap().stdout)
}

/// The part of the LFS protocol that an upload takes. Source: git-lfs, docs/api/batch.md and basic-transfers.md.
fn lfs(folder: &Path, host: &str, base: &str, rest: &str, body: &[u8]) -> Response {
    if let Some(oid) = rest.strip_prefix("put/") {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(oid), body).unwrap();
        return plain(StatusCode::OK);
    }
    if rest != "objects/batch" {
        return plain(StatusCode::NOT_FOUND);
    }
    let asked: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(asked["operation"], "upload");
    let objects = asked["objects"].as_array().unwrap().iter().map(|object| {
        let href = format!("http://{host}{base}put/{}", object["oid"].as_str().unwrap());
        serde_json::json!({"oid": object["oid"], "size": object["size"], "actions": {"upload": {"href": href}}})
    });
    let answer = serde_json::json!({"transfer": "basic", "objects": objects.collect::<Vec<_>>()});
    let mut response = Response::new(Body::from(answer.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.git-lfs+json"));
    response
}

/// A response out of what a CGI program prints (RFC 3875, section 6).
fn from_cgi(printed: &[u8]) -> Response {
    let end = printed.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let mut response = Response::new(Body::from(printed[end + 4..].to_vec()));
    for line in std::str::from_utf8(&printed[..end]).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        if name == "Status" {
            *response.status_mut() = StatusCode::from_bytes(&value.as_bytes()[..3]).unwrap();
        } else {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            response.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
    }
    response
}
