//! A scripted stand-in for the model behind `POST /v1/responses`: plays turns from a script, as server-sent events.
//!
//! It refuses what the real API refuses: a request without the key (where the script names one), and an output schema that strict
//! mode does not take. Used by tests and, as `examples/scripted-model.rs`, by the demo.
//! Source of the event shapes: <https://platform.openai.com/docs/api-reference/responses-streaming>.

#![allow(dead_code, reason = "the demo and the tests use different parts")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the model does, request by request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Script {
    /// What this script is about, for its readers.
    pub(crate) about: Option<String>,
    /// The key that a request must carry; none: any or no key.
    pub(crate) key: Option<String>,
    /// One entry a request.
    pub(crate) turns: Vec<Turn>,
    /// Whether the turns begin anew after the last one; else a further request is refused.
    pub(crate) repeat: bool,
}

/// The answer to one request. Exactly one of `run`, `say`, `result` and `status`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Turn {
    /// Shell commands to call, all at once.
    pub(crate) run: Vec<String>,
    /// How long Codex waits for a command before it hands on what there is (ms).
    pub(crate) yield_ms: Option<u64>,
    /// Whether the commands are asked for outside of the sandbox.
    pub(crate) escalated: bool,
    /// A message.
    pub(crate) say: Option<String>,
    /// The structured result, as the last message.
    pub(crate) result: Option<Value>,
    /// An error's status.
    pub(crate) status: Option<u16>,
    /// An error's message.
    pub(crate) message: Option<String>,
    /// `Retry-After` of an error, in seconds.
    pub(crate) retry_after: Option<u64>,
    /// How long the model thinks before it answers (ms).
    pub(crate) delay_ms: u64,
    /// Tokens of this answer.
    pub(crate) usage: Tokens,
}

/// Tokens of an answer.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { input: 1000, cached: 100, output: 20, reasoning: 5 }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Value,
}

struct Shared {
    script: Script,
    seen: Mutex<Vec<Seen>>,
    played: Mutex<usize>,
}

/// A model on a free port of 127.0.0.1; it ends when dropped.
pub(crate) struct Model {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Model {
    pub(crate) async fn start(script: Script) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { script, seen: Mutex::default(), played: Mutex::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // Ends with the process or by being dropped.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { shared, address, server })
    }

    /// The address for `OPENAI_BASE_URL`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn refuse(status: StatusCode, kind: &str, message: &str) -> Response {
    let mut response = Response::new(Body::from(json!({ "error": { "message": message, "type": kind } }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 128 << 20).await.unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let authorization =
        parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let path = parts.uri.path().to_owned();
    let seen = Seen { path: path.clone(), authorization: authorization.clone(), body: body.clone() };
    shared.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);

    if let Some(key) = &shared.script.key
        && authorization != Some(format!("Bearer {key}"))
    {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_request_error", "Incorrect API key provided.");
    }
    match (&parts.method, path.as_str()) {
        (&Method::GET, "/v1/models") => {
            let mut response = Response::new(Body::from(json!({ "object": "list", "data": [] }).to_string()));
            response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
            response
        }
        (&Method::POST, "/v1/responses") => play(&shared, &body).await,
        _ => {
            refuse(StatusCode::NOT_FOUND, "invalid_request_error", "The scripted model knows only POST /v1/responses.")
        }
    }
}

async fn play(shared: &Shared, body: &Value) -> Response {
    let format = &body["text"]["format"];
    if format["type"] == "json_schema" && format["strict"] == true {
        let mut faults = Vec::new();
        strict_faults(&format["schema"], "", &mut faults);
        if let Some(fault) = faults.first() {
            let name = format["name"].as_str().unwrap_or("?");
            let message = format!("Invalid schema for response_format '{name}': {fault}");
            return refuse(StatusCode::BAD_REQUEST, "invalid_request_error", &message);
        }
    }
    let number = {
        let mut played = shared.played.lock().unwrap_or_else(PoisonError::into_inner);
        *played += 1;
        *played - 1
    };
    let turns = &shared.script.turns;
    let turn =
        if shared.script.repeat && !turns.is_empty() { turns.get(number % turns.len()) } else { turns.get(number) };
    let Some(turn) = turn else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request_error", "The script of this model is over.");
    };
    if turn.delay_ms > 0 && turn.status.is_some() {
        tokio::time::sleep(Duration::from_millis(turn.delay_ms)).await;
    }
    if let Some(status) = turn.status {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = refuse(status, "scripted", turn.message.as_deref().unwrap_or("an error of the script"));
        if let Some(seconds) = turn.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        return response;
    }
    if let Some(result) = &turn.result
        && let Some(fault) = result_fault(&format["schema"], result)
    {
        let message = format!("The script's result does not fit the schema of the request: {fault}");
        return refuse(StatusCode::BAD_REQUEST, "invalid_request_error", &message);
    }
    stream(number, turn)
}

/// The events of a turn; the first at once, the rest after the model has thought.
fn stream(number: usize, turn: &Turn) -> Response {
    let id = format!("resp_{number}");
    let event = |value: Value| {
        let kind = value["type"].as_str().unwrap_or_default().to_owned();
        Bytes::from(format!("event: {kind}\ndata: {value}\n\n"))
    };
    let created = event(json!({ "type": "response.created", "response": { "id": id } }));
    let mut rest = Vec::new();
    for (index, command) in turn.run.iter().enumerate() {
        let mut arguments = json!({ "cmd": command });
        if let Some(wait) = turn.yield_ms {
            arguments["yield_time_ms"] = wait.into();
        }
        if turn.escalated {
            arguments["sandbox_permissions"] = "require_escalated".into();
            arguments["justification"] = "It is much faster there.".into();
        }
        let item = json!({
            "type": "function_call", "id": format!("fc_{number}_{index}"), "call_id": format!("call_{number}_{index}"),
            "name": "exec_command", "arguments": arguments.to_string(),
        });
        rest.push(event(json!({ "type": "response.output_item.done", "item": item })));
    }
    let text = turn.result.as_ref().map(Value::to_string).or_else(|| turn.say.clone());
    if let Some(text) = text {
        let content = json!([{ "type": "output_text", "text": text }]);
        let item = json!({ "type": "message", "role": "assistant", "id": format!("msg_{number}"), "content": content });
        rest.push(event(json!({ "type": "response.output_item.done", "item": item })));
    }
    let tokens = turn.usage;
    rest.push(event(json!({ "type": "response.completed", "response": { "id": id, "usage": {
        "input_tokens": tokens.input, "input_tokens_details": { "cached_tokens": tokens.cached },
        "output_tokens": tokens.output, "output_tokens_details": { "reasoning_tokens": tokens.reasoning },
        "total_tokens": tokens.input + tokens.output,
    } } })));
    let delay = Duration::from_millis(turn.delay_ms);
    let parts = std::collections::VecDeque::from([created, Bytes::from(rest.concat())]);
    let parts = futures_util::stream::unfold((parts, false), move |(mut parts, begun)| async move {
        let part = parts.pop_front()?;
        if begun {
            tokio::time::sleep(delay).await;
        }
        Some((Ok::<Bytes, std::io::Error>(part), (parts, true)))
    });
    let mut response = Response::new(Body::from_stream(parts));
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
    response
}

/// What strict mode refuses. Source: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.
fn strict_faults(schema: &Value, place: &str, faults: &mut Vec<String>) {
    if schema["type"] == "object" {
        if schema["additionalProperties"] != Value::Bool(false) {
            faults.push(format!(
                "In context=('{place}'), 'additionalProperties' is required to be supplied and to be false."
            ));
        }
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            if !required.contains(&name.as_str()) {
                faults.push(format!(
                    "In context=('{place}'), 'required' must include every key in properties. Missing '{name}'."
                ));
            }
            strict_faults(inner, &format!("{place}/{name}"), faults);
        }
    }
    if let Some(items) = schema.get("items") {
        strict_faults(items, &format!("{place}/items"), faults);
    }
}

/// Whether a result has other properties than the schema asks for: strict mode never lets that happen.
fn result_fault(schema: &Value, result: &Value) -> Option<String> {
    let wanted = schema["properties"].as_object()?;
    let given = result.as_object()?;
    let missing = wanted.keys().find(|name| !given.contains_key(*name)).map(|name| format!("`{name}` is missing"));
    missing.or_else(|| {
        given.keys().find(|name| !wanted.contains_key(*name)).map(|name| format!("`{name}` is not asked for"))
    })
}
