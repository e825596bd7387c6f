//! A wait that a test watches: what it shows comes line by line, and how it ended.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use codexctl_action::cluster::{Cluster, Named, Patience, Places, choose};
use codexctl_action::deploy::wait::{Limits, Progress, Row, WaitOptions, Waited, Wanted, wait, words};
use codexctl_action::secrets::Redactor;
use codexctl_action::ui::plain::PlainUi;
use codexctl_action::ui::{Level, Style};
use http::Method;
use serde_json::{Value, json};

use crate::cluster::Namespace;

/// So long a test waits for a word that has to come.
const PATIENCE: Duration = Duration::from_secs(120);

/// A wait in a thread of its own.
pub(crate) struct Waiting {
    said: Receiver<String>,
    ended: JoinHandle<Waited>,
}

struct Lines(Sender<String>);

impl Progress for Lines {
    fn show(&mut self, rows: &[Row], changed: &[usize], _lasts: Duration) {
        for row in changed.iter().map(|index| &rows[*index]) {
            let _ = self.0.send(format!("{}: {}", row.what, words(&row.state)));
        }
    }

    fn say(&mut self, _level: Level, text: &str) {
        let _ = self.0.send(text.to_owned());
    }

    fn end(&mut self, _rows: &[Row]) {}
}

/// Waits as nobody would who can't wait: limits of time are none.
pub(crate) fn options() -> WaitOptions {
    let limits = Limits {
        image_pull: Duration::ZERO,
        container_config: Duration::ZERO,
        restarts: 3,
        unschedulable: Duration::ZERO,
    };
    WaitOptions { timeout: PATIENCE, all: false, limits, redactor: Redactor::default() }
}

pub(crate) fn wanted(namespace: &Namespace, api_version: &str, kind: &str, name: &str) -> Wanted {
    Wanted {
        api_version: api_version.into(),
        kind: kind.into(),
        namespace: Some(namespace.name.as_str().into()),
        name: name.into(),
        file: Path::new("deploy/web.yaml").into(),
        line: 1,
        goes_by_itself: false,
    }
}

impl Waiting {
    /// Waits for these at the cluster of a kubeconfig.
    pub(crate) fn start(kubeconfig: &Path, wanted: Vec<Wanted>, options: WaitOptions) -> Self {
        let (sender, said) = channel();
        let by = Named { value: kubeconfig.to_owned(), by: "the test".to_owned() };
        let places = Places { kubeconfig: Some(by), environment: "dev".to_owned(), ..Places::default() };
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let target = choose(&places).await.target.unwrap().unwrap();
                let cluster = Cluster::connect(target, Patience::for_work()).await.unwrap();
                wait(&cluster, &wanted, &options, &mut Lines(sender)).await
            })
        });
        Self { said, ended }
    }

    /// Comes back once this has been said; all that was said until then.
    pub(crate) fn until(&self, part: &str) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            match self.said.recv_timeout(PATIENCE) {
                Ok(line) => said.push(line),
                Err(error) => panic!("`{part}` was never said ({error}), but {said:#?}"),
            }
            if said.last().is_some_and(|line| line.contains(part)) {
                return said;
            }
        }
    }

    /// How it ended, and what was said until then.
    pub(crate) fn end(self) -> (Waited, Vec<String>) {
        let waited = self.ended.join().unwrap();
        (waited, self.said.iter().collect())
    }
}

/// What people read of an end.
pub(crate) fn told(waited: &Waited) -> String {
    let mut bytes = Vec::new();
    {
        let style = Style { color: false };
        waited.tell(&PlainUi::new(&mut bytes, Level::Info, style, Redactor::default()));
    }
    String::from_utf8(bytes).unwrap()
}

/// A pod that no scheduler and no kubelet cares for, so that a test can say how it is.
pub(crate) fn pod(namespace: &Namespace, name: &str) {
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}});
    // Where a controller makes it, it is there or comes soon.
    let _ = namespace.cluster().ask(
        Method::POST,
        &format!("/api/v1/namespaces/{}/serviceaccounts", namespace.name),
        Some(&account),
    );
    namespace.cluster().create(
        &format!("/api/v1/namespaces/{}/pods", namespace.name),
        &json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"schedulerName": "nobody", "containers": [{"name": "web", "image": "registry/web:1"}]},
        }),
    );
}

/// Writes how a pod is.
pub(crate) fn becomes(namespace: &Namespace, name: &str, status: &Value) {
    let path = format!("/api/v1/namespaces/{}/pods/{name}", namespace.name);
    let mut object = namespace.cluster().ask(Method::GET, &path, None).unwrap();
    object["status"] = status.clone();
    namespace.cluster().ask(Method::PUT, &format!("{path}/status"), Some(&object)).unwrap();
}

/// A pod's status whose container waits for this reason.
pub(crate) fn waits(reason: &str) -> Value {
    json!({"phase": "Pending", "containerStatuses": [{
        "name": "web", "image": "registry/web:1", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": reason}},
    }]})
}

/// A pod's status that is ready.
pub(crate) fn ready() -> Value {
    json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]})
}

/// Says something about a pod, as a kubelet would.
pub(crate) fn event(namespace: &Namespace, pod: &str, reason: &str, message: &str) {
    let path = format!("/api/v1/namespaces/{}/pods/{pod}", namespace.name);
    let object = namespace.cluster().ask(Method::GET, &path, None).unwrap();
    namespace.cluster().create(
        &format!("/api/v1/namespaces/{}/events", namespace.name),
        &json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"generateName": format!("{pod}."), "namespace": namespace.name},
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace.name, "name": pod, "uid": object["metadata"]["uid"]},
            "type": "Warning", "reason": reason, "message": message, "count": 3,
            "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z",
        }),
    );
}
