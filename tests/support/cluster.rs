//! A real Kubernetes API server: one for all tests of a binary, started by the first that needs it.
//!
//! `control-plane serve` (tests/cluster/control-plane) ends when its standard input does, so it goes when this process goes,
//! however that ends. `CODEXCTL_TEST_KUBECONFIG` names a cluster to use instead.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The cluster, and a client of its administrator.
pub struct Cluster {
    /// The administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// What stands in it.
    pub config: Kubeconfig,
    runtime: Runtime,
    client: Client,
    /// Its standard input is held open for as long as the server is to run.
    _server: Option<Child>,
}

/// The cluster of this test binary.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| match std::env::var_os("CODEXCTL_TEST_KUBECONFIG") {
        Some(path) => Cluster::of(PathBuf::from(path), None),
        None => Cluster::start(),
    })
}

impl Cluster {
    fn start() -> Self {
        let mut child = Command::new("control-plane")
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("control-plane is in PATH: run the tests by `make test`, or `tests/setup/install.sh cluster` sets it up");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the control plane did not start; standard error has its reason");
        Self::of(PathBuf::from(line.trim()), Some(child))
    }

    fn of(kubeconfig: PathBuf, server: Option<Child>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = Kubeconfig::read_from(&kubeconfig).unwrap();
        let client = runtime.block_on(async {
            let config = Config::from_custom_kubeconfig(config.clone(), &KubeConfigOptions::default()).await.unwrap();
            Client::try_from(config).unwrap()
        });
        Self { kubeconfig, config, runtime, client, _server: server }
    }

    /// The server's address.
    pub fn server(&self) -> String {
        self.config.clusters[0].cluster.as_ref().unwrap().server.clone().unwrap()
    }

    /// A kubeconfig of somebody else for the same server, its contexts called `shop` and `test`.
    pub fn kubeconfig_of(&self, path: &Path, user: &Value) {
        let cluster = serde_json::to_value(&self.config.clusters[0].cluster).unwrap();
        let context = json!({"cluster": "c", "user": "ann"});
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "c", "cluster": cluster}],
            "contexts": [{"name": "shop", "context": context}, {"name": "test", "context": context}],
            "users": [{"name": "ann", "user": user}],
        });
        std::fs::write(path, config.to_string()).unwrap();
    }

    /// Sends a request; the code and the answer.
    pub fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Box<kube::core::Status>> {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.send(method, path, "application/json", body)
    }

    /// Server-side apply of a manifest as text, as a dry run.
    pub fn apply(&self, path: &str, manifest: &str) -> Result<Value, Box<kube::core::Status>> {
        let path = format!("/{path}?dryRun=All&fieldManager=codexctl&force=true");
        self.send(Method::PATCH, &path, "application/apply-patch+yaml", manifest.to_owned())
    }

    fn send(&self, method: Method, path: &str, kind: &str, body: String) -> Result<Value, Box<kube::core::Status>> {
        let request = Request::builder().method(method).uri(path).header("Content-Type", kind).body(body.into_bytes());
        match self.runtime.block_on(self.client.request::<Value>(request.unwrap())) {
            Ok(answer) => Ok(answer),
            Err(kube::Error::Api(status)) => Err(status),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Makes an object.
    pub fn create(&self, path: &str, object: &Value) {
        self.ask(Method::POST, path, Some(object)).unwrap_or_else(|status| panic!("{path}: {}", status.message));
    }

    /// Asks again and again until it is so.
    pub fn until(&self, what: &str, so: impl Fn() -> bool) {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !so() {
            assert!(std::time::Instant::now() < end, "{what}: not there after a minute");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// A namespace that is gone some time after the test.
    pub fn namespace(&'static self) -> Namespace {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        self.create(
            "/api/v1/namespaces",
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
        Namespace { name, cluster: self }
    }
}

/// A namespace of one test.
pub struct Namespace {
    /// Its name.
    pub name: String,
    cluster: &'static Cluster,
}

impl Drop for Namespace {
    /// Deletion takes the server seconds; nobody waits for it.
    fn drop(&mut self) {
        let _ = self.cluster.ask(Method::DELETE, &format!("/api/v1/namespaces/{}", self.name), None);
    }
}
