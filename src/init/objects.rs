//! The Kubernetes objects of a file, as far as their kinds and names go.

use std::fmt;

use crate::stack::yaml::{self, Limits, Node};

/// Bytes of a file that may be a manifest: what is bigger is data.
pub(super) const BIGGEST: u64 = 1 << 20;

/// Kinds whose objects run containers of a program that is not a database's.
const WORKLOADS: [&str; 7] =
    ["Deployment", "DaemonSet", "ReplicaSet", "ReplicationController", "CronJob", "Job", "Pod"];

/// What well-known images hold that keep data: a Deployment of one is infrastructure, as a StatefulSet is.
const STORES: [&str; 17] = [
    "cassandra",
    "clickhouse-server",
    "elasticsearch",
    "etcd",
    "kafka",
    "mariadb",
    "memcached",
    "minio",
    "mongo",
    "mysql",
    "nats",
    "opensearch",
    "postgis",
    "postgres",
    "rabbitmq",
    "redis",
    "valkey",
];

/// API groups of files that configure tools and only look like objects.
const TOOLS: [&str; 4] = ["kustomize.config.k8s.io/", "kind.x-k8s.io/", "skaffold/", "k3d.io/"];

/// What kind of thing an object is for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It runs a program of the project.
    Service,
    /// It keeps data.
    Store,
    /// It belongs to one of them, or to all.
    Other,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) role: Role,
}

impl fmt::Display for Object {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.kind, self.name)
    }
}

/// The objects of a text. None where it holds something else, such as the values of a chart.
///
/// # Errors
/// The line where it stops being YAML.
pub(super) fn read(text: &str) -> Result<Option<Vec<Object>>, usize> {
    let parsed = yaml::parse(text, &Limits::default());
    if let Some(problem) = parsed.problems.first() {
        return Err(problem.place.line);
    }
    let mut objects = Vec::new();
    for document in parsed.documents.iter().filter(|document| !document.is_null()) {
        if !add(document, &mut objects) {
            return Ok(None);
        }
    }
    Ok((!objects.is_empty()).then_some(objects))
}

/// Adds an object, or the items of a list. False where it is none.
fn add(node: &Node, objects: &mut Vec<Object>) -> bool {
    let text = |path: &[&str]| node.at(path).and_then(Node::as_str);
    let (Some(version), Some(kind)) = (text(&["apiVersion"]), text(&["kind"])) else { return false };
    if let Some(items) = node.get("items").and_then(Node::items).filter(|_| kind.ends_with("List")) {
        return items.iter().all(|item| add(item, objects));
    }
    let Some(name) = text(&["metadata", "name"]) else { return false };
    if TOOLS.iter().any(|tool| version.starts_with(tool)) {
        return false;
    }
    let namespace = text(&["metadata", "namespace"]).map(str::to_owned);
    objects.push(Object { kind: kind.to_owned(), name: name.to_owned(), namespace, role: role(node, kind) });
    true
}

fn role(node: &Node, kind: &str) -> Role {
    let pod: &[&str] = match kind {
        "StatefulSet" => return Role::Store,
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        kind if WORKLOADS.contains(&kind) => &["spec", "template", "spec"],
        _ => return Role::Other,
    };
    let first = node.at(pod).and_then(|pod| pod.get("containers")?.items()?.first()?.get("image")?.as_str());
    // `registry:5000/library/postgres:17@sha256:…`: what counts is the last part of the path.
    let program = first.and_then(|image| image.split('@').next()?.rsplit('/').next()?.split(':').next());
    if program.is_some_and(|program| STORES.contains(&program)) { Role::Store } else { Role::Service }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match read(text) {
            Err(line) => format!("breaks at line {line}"),
            Ok(None) => "no manifest".to_owned(),
            Ok(Some(objects)) => {
                objects.iter().map(|one| format!("{one} ({:?})", one.role)).collect::<Vec<_>>().join(", ")
            }
        }
    }

    #[test]
    fn kinds_and_well_known_images_decide_what_an_object_is() {
        let with = |kind: &str, image: &str| {
            said(&format!(
                "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{template: {{spec: {{containers: [{{image: '{image}'}}]}}}}}}\n"
            ))
        };
        assert_eq!(with("Deployment", "ghcr.io/acme/web:1"), "Deployment a (Service)");
        assert_eq!(with("Deployment", "localhost:32000/library/redis:8@sha256:aa"), "Deployment a (Store)");
        assert_eq!(with("StatefulSet", "acme/any"), "StatefulSet a (Store)");
        assert_eq!(with("ConfigMap", ""), "ConfigMap a (Other)");
        let cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: mysql}]}}}}}\n";
        assert_eq!(said(cron), "CronJob c (Store)");
        assert_eq!(said("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"), "Pod p (Service)");
    }

    #[test]
    fn lists_are_opened_and_empty_documents_count_for_nothing() {
        let list = "---\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n---\n";
        assert_eq!(said(list), "Service a (Other), Secret b (Other)");
    }

    #[test]
    fn what_is_no_object_makes_a_file_no_manifest() {
        for text in [
            "",
            "# nothing\n",
            "replicas: 3\n",
            "apiVersion: v1\nkind: Service\n",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: x}\n",
            "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\nvalues: 1\n",
            "[1, 2]\n",
        ] {
            assert_eq!(said(text), "no manifest", "{text}");
        }
        assert_eq!(said("a: 1\nb: [\n"), "breaks at line 2");
    }
}
