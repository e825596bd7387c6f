//! A stack in a namespace of one test, and what its user calls.

use std::path::PathBuf;

use http::Method;
use serde_json::Value;

use crate::cluster::{Namespace, cluster};
use crate::command::{Codexctl, Ran};
use crate::faulty::Faulty;
use crate::scene::Scene;

pub(crate) struct Stack {
    pub(crate) scene: Scene,
    pub(crate) namespace: Namespace<'static>,
}

impl Stack {
    /// A stack of one service with these manifests. Its namespace is there, with nothing in it.
    pub(crate) fn of(manifests: &str) -> Self {
        Self { scene: Scene::manifests(manifests), namespace: cluster().namespace() }
    }

    /// A stack with this services.yaml; the other files are given by their paths.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        Self { scene: Scene::with(files), namespace: cluster().namespace() }
    }

    /// The service's manifests are these from now on.
    pub(crate) fn becomes(&self, manifests: &str) {
        self.scene.write("work/deploy/web.yaml", manifests);
    }

    pub(crate) fn call(&self, words: &[&str]) -> Codexctl {
        let mut all: Vec<&str> = words.to_vec();
        all.extend(["--env", "dev", "--namespace", &self.namespace.name]);
        self.scene.call(&all)
    }

    /// What a command says.
    pub(crate) fn says(&self, words: &[&str]) -> String {
        self.shown(&self.call(words).run())
    }

    /// The same through a proxy.
    pub(crate) fn through(&self, faulty: &Faulty, words: &[&str]) -> Codexctl {
        self.as_user(&faulty.kubeconfig(&serde_json::json!({})), words)
    }

    /// The same with another kubeconfig.
    pub(crate) fn as_user(&self, kubeconfig: &str, words: &[&str]) -> Codexctl {
        let path = self.scene.path("kubeconfig");
        std::fs::write(&path, kubeconfig).unwrap();
        self.call(words).env("KUBECONFIG", path)
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.scene.path("home/.kube/config")
    }

    /// Output without what differs from run to run.
    pub(crate) fn shown(&self, ran: &Ran) -> String {
        let took = regex::Regex::new(r"(?m) +\d+(\.\d+)?m?s$").unwrap();
        let text = self.scene.shown(ran).replace(&self.namespace.name, "NS");
        let text = took.replace_all(&text, "").into_owned();
        let server = regex::Regex::new(r"http://127\.0\.0\.1:\d+").unwrap();
        server.replace_all(&text, "http://proxy").into_owned()
    }

    /// An object of its namespace, such as `configmaps/web` or `apps/deployments/web`; null where it isn't there.
    pub(crate) fn get(&self, what: &str) -> Value {
        cluster().ask(Method::GET, &self.path(what), None).unwrap_or_default()
    }

    pub(crate) fn path(&self, what: &str) -> String {
        let namespace = &self.namespace.name;
        match what.split('/').collect::<Vec<_>>()[..] {
            [group, ref rest @ ..] if ["apps", "batch", "autoscaling"].contains(&group) => {
                let version = if group == "autoscaling" { "v2" } else { "v1" };
                format!("/apis/{group}/{version}/namespaces/{namespace}/{}", rest.join("/"))
            }
            _ => format!("/api/v1/namespaces/{namespace}/{what}"),
        }
    }

    /// kubectl, as whoever used it before.
    pub(crate) fn kubectl(&self, words: &[&str]) -> String {
        let mut kubectl = std::process::Command::new("control-plane");
        kubectl.arg("kubectl").args(["--namespace", &self.namespace.name]).args(words);
        let ran = kubectl.env("KUBECONFIG", self.kubeconfig()).current_dir(self.scene.path("work")).output().unwrap();
        assert!(ran.status.success(), "kubectl {words:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }
}

/// A ConfigMap.
pub(crate) fn config_map(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  {data}\n")
}

/// A Deployment of one container.
pub(crate) fn deployment(name: &str, more: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n{more}  selector:\n    matchLabels: {{app: {name}}}\n  \
         template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      containers:\n      - name: {name}\n        image: registry/{name}:1\n"
    )
}
