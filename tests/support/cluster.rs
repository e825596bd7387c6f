//! A Kubernetes control plane: one for all tests of a binary, started by the first that needs it.
//!
//! `control-plane serve` (tests/cluster/control-plane) ends when its standard input does, so it goes when this process goes,
//! however that ends. `CODEXCTL_TEST_KUBECONFIG` names a cluster to use instead, for tests that any cluster is good for.

use std::future::Future;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// The cluster, and a client of its administrator.
pub struct Cluster {
    /// The administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// What stands in it.
    pub config: Kubeconfig,
    runtime: Runtime,
    client: Client,
    /// None for a cluster that somebody else runs.
    plane: Option<Plane>,
}

/// A control plane of our own.
struct Plane {
    process: Mutex<Child>,
    /// It runs for as long as its standard input is open, and takes commands from it.
    talk: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    folder: PathBuf,
}

impl Drop for Plane {
    /// Lets it put everything away.
    fn drop(&mut self) {
        drop(self.talk.get_mut().unwrap().take());
        let _ = self.process.get_mut().unwrap().wait();
    }
}

/// The cluster of this test binary.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static OTHER: OnceLock<Option<Cluster>> = OnceLock::new();
    let other = OTHER.get_or_init(|| {
        std::env::var_os("CODEXCTL_TEST_KUBECONFIG").map(|path| Cluster::of(PathBuf::from(path), None))
    });
    match other {
        Some(other) => other,
        None => CLUSTER.get_or_init(Cluster::start),
    }
}

/// The control plane of this test binary, whose pods fail as they are told: `cluster()`, if that is not somebody else's.
pub fn plane() -> &'static Cluster {
    static PLANE: OnceLock<Cluster> = OnceLock::new();
    if cluster().plane.is_some() { cluster() } else { PLANE.get_or_init(Cluster::start) }
}

impl Cluster {
    /// A control plane of this test alone, for one that stops its parts.
    pub fn start() -> Self {
        let mut child = Command::new("control-plane")
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("control-plane is in PATH: run the tests by `make test`, or `tests/setup/install.sh cluster` sets it up");
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the control plane did not start; standard error has its reason");
        let kubeconfig = PathBuf::from(line.trim());
        let plane = Plane {
            talk: Mutex::new(Some((child.stdin.take().unwrap(), answers))),
            process: Mutex::new(child),
            folder: kubeconfig.parent().unwrap().to_owned(),
        };
        Self::of(kubeconfig, Some(plane))
    }

    fn of(kubeconfig: PathBuf, plane: Option<Plane>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = Kubeconfig::read_from(&kubeconfig).unwrap();
        let client = runtime.block_on(client_of(config.clone()));
        Self { kubeconfig, config, runtime, client, plane }
    }

    /// A client of the administrator, for `block_on`.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A client for a kubeconfig, such as that of a proxy.
    pub fn client_for(&self, kubeconfig: &str) -> Client {
        self.block_on(client_of(Kubeconfig::from_yaml(kubeconfig).unwrap()))
    }

    /// Runs something that asks the cluster.
    pub fn block_on<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// Runs something beside the test.
    pub fn spawn<T: Send + 'static>(&self, what: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.runtime.spawn(what)
    }

    /// Ends a part of the control plane at once, such as `kube-apiserver`; etcd keeps what it had.
    pub fn stop_part(&self, name: &str) {
        assert_eq!(self.command(&format!("stop {name}")), format!("stopped {name}"));
    }

    /// Starts it again on its old port; it is ready when this comes back.
    pub fn start_part(&self, name: &str) {
        assert_eq!(self.command(&format!("start {name}")), format!("started {name}"));
    }

    /// Sends a line to `control-plane serve`; its answer.
    pub fn command(&self, line: &str) -> String {
        let mut talk = self.own().talk.lock().unwrap();
        let (input, answers) = talk.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }

    /// Ends the control plane without letting it put anything in order.
    pub fn kill(&self) {
        let mut process = self.own().process.lock().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// The folder of what is on a claim. It may be written to before a pod mounts the claim, and goes with the claim.
    pub fn claim(&self, namespace: &str, name: &str) -> PathBuf {
        self.folder().join("pvc").join(namespace).join(name)
    }

    /// The file of a container's log. It goes with the pod.
    pub fn log(&self, namespace: &str, pod: &str, container: &str) -> PathBuf {
        let folder = self.folder().join("pods").join(namespace).join(pod).join(container);
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(".log")
    }

    /// The folder of the control plane: logs of its parts, pods, claims.
    pub fn folder(&self) -> &Path {
        &self.own().folder
    }

    fn own(&self) -> &Plane {
        self.plane.as_ref().expect("a control plane of our own")
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

    /// Changes an object by a JSON patch (RFC 6902).
    pub fn patch(&self, path: &str, patch: &Value) {
        let sent = self.send(Method::PATCH, path, "application/json-patch+json", patch.to_string());
        sent.unwrap_or_else(|status| panic!("{path}: {}", status.message));
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
        let end = std::time::Instant::now() + std::time::Duration::from_secs(180);
        while !so() {
            assert!(std::time::Instant::now() < end, "{what}: not there after three minutes");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// A namespace that is gone some time after the test.
    pub fn namespace(&self) -> Namespace<'_> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        self.create(
            "/api/v1/namespaces",
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
        Namespace { name, cluster: self }
    }
}

async fn client_of(config: Kubeconfig) -> Client {
    Client::try_from(Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await.unwrap()).unwrap()
}

/// A namespace of one test.
pub struct Namespace<'a> {
    /// Its name.
    pub name: String,
    cluster: &'a Cluster,
}

impl<'a> Namespace<'a> {
    /// Where it is.
    pub fn cluster(&self) -> &'a Cluster {
        self.cluster
    }
}

impl Drop for Namespace<'_> {
    /// Deletion takes the server seconds; nobody waits for it.
    fn drop(&mut self) {
        let _ = self.cluster.ask(Method::DELETE, &format!("/api/v1/namespaces/{}", self.name), None);
    }
}
