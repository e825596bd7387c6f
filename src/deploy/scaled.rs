//! Workloads whose number of pods a HorizontalPodAutoscaler decides: their manifests don't (spec 5.1, step 4).

use std::collections::HashSet;

use serde_json::Value;

use super::plan::{Planned, marked};
use crate::cluster::{Cluster, Error, Id};

/// The kinds whose `spec.replicas` an autoscaler changes.
const SCALED: [&str; 4] = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

/// Kind, namespace and name of what an autoscaler decides about.
type Target = (String, Option<String>, String);

fn target(scaler: &Value, namespace: Option<&str>) -> Option<Target> {
    let target = &scaler["spec"]["scaleTargetRef"];
    Some((target["kind"].as_str()?.to_owned(), namespace.map(str::to_owned), target["name"].as_str()?.to_owned()))
}

/// Leaves `spec.replicas` out of all workloads that an autoscaler of the plan or of the cluster decides about; which these are.
///
/// # Errors
/// The cluster is gone for too long. That it may not be asked is none.
pub(super) async fn leave_out_replicas(cluster: &Cluster, objects: &mut [Planned]) -> Result<HashSet<Id>, Error> {
    let mut targets = HashSet::new();
    let mut namespaces = HashSet::new();
    for object in objects.iter() {
        if &*object.id.kind == "HorizontalPodAutoscaler" {
            targets.extend(target(&object.value(), object.id.namespace.as_deref()));
        } else if SCALED.contains(&&*object.id.kind) && object.body.contains("\"replicas\"") {
            namespaces.extend(object.id.namespace.clone());
        }
    }
    for namespace in namespaces {
        let mut each = |live: Value| targets.extend(target(&live, Some(&namespace)));
        let kind = ("autoscaling/v2", "HorizontalPodAutoscaler");
        match cluster.list(kind, Some(&namespace), None, &mut each).await {
            Err(error) if error.is_forbidden() || matches!(error, Error::NoKind { .. }) => {}
            listed => listed?,
        }
    }
    let mut found = HashSet::new();
    for object in objects.iter_mut().filter(|object| SCALED.contains(&&*object.id.kind)) {
        let Id { kind, namespace, name, .. } = &object.id;
        if targets.contains(&(kind.to_string(), namespace.as_deref().map(str::to_owned), name.to_string())) {
            let mut body = object.value();
            if body["spec"].as_object_mut().is_some_and(|spec| spec.remove("replicas").is_some()) {
                object.body = marked(body);
            }
            found.insert(object.id.clone());
        }
    }
    Ok(found)
}
