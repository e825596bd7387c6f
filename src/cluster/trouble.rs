//! What troubles an object: its events, and the log of a container.

use chrono::{DateTime, Utc};
use http::Request;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

use super::connect::Cluster;
use super::failure::Failure;

/// More of a log than this is never asked for: lines have no limit of their own.
const LOG_BYTES: usize = 256 * 1024;

/// More events than this are not asked for at once.
const EVENTS: usize = 500;

/// What somebody in the cluster said about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The object that it is about.
    pub uid: String,
    /// Whether it is a warning.
    pub warning: bool,
    /// Why, in a word: `FailedScheduling`.
    pub reason: String,
    /// The same in a sentence.
    pub message: String,
    /// How often it was said.
    pub count: u64,
    /// When it was said last.
    pub last: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct List {
    items: Option<Vec<Value>>,
}

impl Event {
    /// Source of the fields: Kubernetes' API, Event of `v1`; which of them are filled depends on who wrote it.
    fn of(event: &Value) -> Self {
        let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let time = |path: &str| text(path).parse::<DateTime<Utc>>().ok();
        let count = event.pointer("/series/count").or_else(|| event.get("count")).and_then(Value::as_u64);
        Self {
            uid: text("/involvedObject/uid").to_owned(),
            warning: text("/type") == "Warning",
            reason: text("/reason").to_owned(),
            message: text("/message").trim().to_owned(),
            count: count.unwrap_or(1).max(1),
            last: ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"]
                .into_iter()
                .find_map(time),
        }
    }
}

impl Cluster {
    /// The events about one object, the latest last.
    ///
    /// # Errors
    /// The server doesn't answer, or the user may not read events.
    pub async fn events(&self, namespace: &str, uid: &str) -> Result<Vec<Event>, Failure> {
        self.events_with(namespace, &format!("involvedObject.uid%3D{uid}")).await
    }

    /// All warnings of a namespace, the latest last.
    ///
    /// # Errors
    /// As [`Cluster::events`].
    pub async fn warnings(&self, namespace: &str) -> Result<Vec<Event>, Failure> {
        self.events_with(namespace, "type%3DWarning").await
    }

    async fn events_with(&self, namespace: &str, selector: &str) -> Result<Vec<Event>, Failure> {
        let path = format!("/api/v1/namespaces/{namespace}/events?fieldSelector={selector}&limit={EVENTS}");
        let text = self.text(&path).await?;
        let list: List = serde_json::from_str(&text).map_err(|error| self.failure(&kube::Error::SerdeError(error)))?;
        let mut events: Vec<Event> = list.items.unwrap_or_default().iter().map(Event::of).collect();
        events.sort_by_key(|event| event.last);
        Ok(events)
    }

    /// The last lines of a container's log, of its run before the present one if `before`.
    ///
    /// # Errors
    /// The server doesn't answer, the user may not read logs, or there is none.
    pub async fn log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        lines: usize,
        before: bool,
    ) -> Result<Vec<String>, Failure> {
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods/{pod}/log?container={container}&tailLines={lines}\
             &limitBytes={LOG_BYTES}&previous={before}"
        );
        let text = self.text(&path).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    async fn text(&self, path: &str) -> Result<String, Failure> {
        let request = Request::get(path).body(Vec::new()).map_err(kube::Error::HttpError);
        let request = request.map_err(|error| self.failure(&error))?;
        match timeout(self.patience().answer, self.client().request_text(request)).await {
            Ok(answer) => answer.map_err(|error| match error {
                // What is missing is the right, or the log: not the way to the server.
                kube::Error::Api(status) if matches!(status.code, 400 | 403 | 404) => {
                    Failure::new(status.message.lines().next().unwrap_or_default())
                }
                error => self.failure(&error),
            }),
            Err(_) => Err(Failure::slow(self.server(), self.patience().answer)),
        }
    }
}
