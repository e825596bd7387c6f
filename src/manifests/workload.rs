//! Workloads: the kinds with a pod template, and the image of the service's.

use std::sync::Arc;

use crate::stack::yaml::{Node, Value};

use super::{edit, group};

/// The way to the pod template of a kind, which has `metadata` and `spec`; empty for a pod, which is one itself.
pub(super) fn template_path(api_version: &str, kind: &str) -> Option<&'static [&'static str]> {
    match (group(api_version), kind) {
        ("apps" | "extensions", "Deployment" | "DaemonSet" | "ReplicaSet")
        | ("apps", "StatefulSet")
        | ("", "ReplicationController")
        | ("batch", "Job") => Some(&["spec", "template"]),
        ("batch", "CronJob") => Some(&["spec", "jobTemplate", "spec", "template"]),
        ("", "Pod") => Some(&[]),
        _ => None,
    }
}

/// The first container of a pod spec, if there is one.
pub(super) fn first_container(spec: &mut Node) -> Option<&mut Node> {
    let Value::Seq(items) = &mut edit::get_mut(spec, "containers")?.value else { return None };
    items.first_mut().filter(|container| container.entries().is_some())
}

/// The init containers of a pod spec.
pub(super) fn init_containers(spec: &mut Node) -> impl Iterator<Item = &mut Node> {
    let items = match edit::get_mut(spec, "initContainers").map(|list| &mut list.value) {
        Some(Value::Seq(items)) => items.as_mut_slice(),
        _ => &mut [],
    };
    items.iter_mut().filter(|container| container.entries().is_some())
}

/// Sets the image of the first container, and of the init containers that had the same or none. Whether anything changed.
pub(super) fn set_image(spec: &mut Node, image: &str) -> bool {
    let Some(first) = first_container(spec) else { return false };
    let old = edit::filled(first, "image").cloned();
    let mut changed = put(first, image);
    for container in init_containers(spec) {
        let own = edit::filled(container, "image").cloned();
        if own.is_none() || own == old {
            changed |= put(container, image);
        }
    }
    changed
}

fn put(container: &mut Node, image: &str) -> bool {
    if edit::filled(container, "image").is_some_and(|old| **old == *image) {
        return false;
    }
    let value = edit::text(image, container.get("image").unwrap_or(container));
    edit::set(container, "image", value, "name");
    true
}

/// The names of the containers, for messages.
pub(super) fn name(container: &Node) -> Arc<str> {
    edit::filled(container, "name").cloned().unwrap_or_else(|| Arc::from("without a name"))
}
