//! What stands where an API server should: something that is slow, old, or something else altogether.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// An answer: its type and its text. None is silence.
pub(crate) type Answer = Option<(&'static str, String)>;

/// A server on loopback that answers as a test wants it. It ends with the test's process.
pub(crate) struct StandIn {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(crate) fn new(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                thread::spawn(move || talk(stream, &*answer, &log));
            }
        });
        Self { address, asked }
    }

    /// One that answers discovery with these groups, each with one version of one kind.
    pub(crate) fn serving(groups: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        Self::new(move |path| {
            let part = |core: bool| {
                let groups = groups.iter().filter(|(group, ..)| group.is_empty() == core);
                let items: Vec<Value> = groups.map(|(group, version, kind)| {
                    let resource = json!({"resource": kind.to_lowercase(), "responseKind": {"kind": kind}, "scope": "Namespaced"});
                    let (resources, freshness) = if kind.is_empty() { (json!([]), "Stale") } else { (json!([resource]), "Current") };
                    json!({"metadata": {"name": group}, "versions": [{"version": version, "resources": resources, "freshness": freshness}]})
                }).collect();
                json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items})
            };
            let answer = match path {
                "/api" => part(true),
                "/apis" => part(false),
                "/openapi/v3" => json!({"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=1"}}}),
                _ => json!({"components": {"schemas": {}}}),
            };
            Some(("application/json", answer.to_string()))
        })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A kubeconfig for it.
    pub(crate) fn kubeconfig(&self) -> String {
        kubeconfig(&self.address)
    }

    /// The paths that were asked for, sorted.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

/// A kubeconfig for an address, without credentials.
pub(crate) fn kubeconfig(server: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "ann"}}],
        "users": [{"name": "ann", "user": {}}],
    })
    .to_string()
}

/// One request and one answer.
fn talk(mut stream: TcpStream, answer: &(dyn Fn(&str) -> Answer + Send + Sync), log: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    lines.by_ref().find(String::is_empty);
    log.lock().unwrap().push(path.clone());
    match answer(&path) {
        Some((kind, body)) => {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + &body).as_bytes());
        }
        // Held open until the asker gives up.
        None => drop(lines.next()),
    }
}
