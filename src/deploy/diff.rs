//! What an apply would change, as the server itself says it: each object that does not hold goes through a dry run, and what would
//! come of it is held against what is there.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Map, Value};
use similar::TextDiff;

use super::apply::Applier;
use super::live::{Known, Live};
use super::plan::{APPLIED, ENV, PART_OF, Plan, Planned};
use super::refused::Refused;
use super::scaled::leave_out_replicas;
use super::takeover::without_kubectls;
use crate::cluster::{Cluster, Error, Id};
use crate::manifests;
use crate::secrets::HIDDEN;

/// How an object differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which one.
    pub id: Id,
    /// Whether it is not there yet.
    pub created: bool,
    /// The change as a unified diff.
    pub text: String,
}

/// Why there is no answer.
pub enum Undecided {
    /// The cluster is gone for too long.
    Failed(Error),
    /// What the server would refuse.
    Refused(Vec<Refused>),
}

/// What applying a plan would change, in its order.
///
/// # Errors
/// The server would refuse something, or is gone for too long.
pub async fn diff(cluster: &Arc<Cluster>, plan: &mut Plan, concurrency: usize) -> Result<Vec<Difference>, Undecided> {
    let scaled = leave_out_replicas(cluster, &mut plan.objects).await.map_err(Undecided::Failed)?;
    let live = Live::of(cluster, &plan.objects, None, concurrency).await.map_err(Undecided::Failed)?;
    let asking = Asking { cluster, scaled: &scaled };
    let each = plan.objects.iter().enumerate().map(|(index, planned)| {
        let (asking, live) = (&asking, &live);
        async move { (index, asking.one(planned, live.get(&planned.id)).await) }
    });
    let mut answers = stream::iter(each).buffer_unordered(concurrency);
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    while let Some((index, answer)) = answers.next().await {
        match answer {
            Ok(difference) => found.extend(difference.map(|difference| (index, difference))),
            Err(error) => refused.push(Refused::of(cluster, &plan.objects[index], &error)),
        }
    }
    if !refused.is_empty() {
        return Err(Undecided::Refused(super::apply::in_order(refused)));
    }
    found.sort_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, difference)| difference).collect())
}

struct Asking<'a> {
    cluster: &'a Arc<Cluster>,
    scaled: &'a HashSet<Id>,
}

impl Asking<'_> {
    async fn one(&self, planned: &Planned, known: Known<'_>) -> Result<Option<Difference>, Error> {
        if matches!(known, Known::There(seen) if seen.holds) {
            return Ok(None);
        }
        let before = match known {
            Known::Absent => None,
            _ if self.cluster.kinds().resource(&planned.id.api_version, &planned.id.kind).is_none() => None,
            _ => self.cluster.get(&planned.id).await?,
        };
        let after = match self.dry_run(planned).await {
            Ok(after) => after,
            // Its namespace, or its kind, is not there yet: it would be what the manifest says.
            Err(Error::NoKind { .. }) if before.is_none() => planned.value(),
            Err(error) if error.code() == Some(404) && before.is_none() => planned.value(),
            Err(error) => return Err(error),
        };
        let after = match &before {
            Some(live) => without_kubectls(after, live, &planned.value()),
            None => after,
        };
        Ok(self.between(planned, before, after))
    }

    async fn dry_run(&self, planned: &Planned) -> Result<Value, Error> {
        let kind = (&planned.id.api_version, &planned.id.kind);
        if self.cluster.kinds().resource(kind.0, kind.1).is_none() {
            return Err(Error::NoKind { api_version: kind.0.to_string(), kind: kind.1.to_string() });
        }
        let how = Applier::asking();
        self.cluster.apply(&planned.id, &planned.body, how).await
    }

    fn between(&self, planned: &Planned, before: Option<Value>, after: Value) -> Option<Difference> {
        let created = before.is_none();
        let mut after = shown(after);
        let mut before = before.map(shown);
        if let (Some(before), true) = (&before, self.scaled.contains(&planned.id)) {
            // The autoscaler's number stays: what the dry run fills in is not what would come.
            after["spec"]["replicas"] = before["spec"]["replicas"].clone();
        }
        if &*planned.id.kind == "Secret" {
            hide(before.as_mut(), &mut after);
        }
        let text = |value: &Value| manifests::text(value);
        let (old, new) = (before.as_ref().map(text).unwrap_or_default(), text(&after));
        if old == new {
            return None;
        }
        let at = planned.at();
        let from = if created { "(not there)".to_owned() } else { format!("{} (on the cluster)", planned.id) };
        let diff = TextDiff::from_lines(&old, &new);
        let text = diff.unified_diff().context_radius(3).header(&from, &format!("{} ({at})", planned.id)).to_string();
        Some(Difference { id: planned.id.clone(), created, text })
    }
}

/// An object without what the server writes, and without codexctl's own marks.
fn shown(mut object: Value) -> Value {
    let Some(whole) = object.as_object_mut() else { return object };
    whole.remove("status");
    if let Some(metadata) = whole.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"] {
            metadata.remove(field);
        }
        for (field, names) in [
            ("annotations", &[APPLIED, "kubectl.kubernetes.io/last-applied-configuration"][..]),
            ("labels", &[PART_OF, ENV]),
        ] {
            if let Some(map) = metadata.get_mut(field).and_then(Value::as_object_mut) {
                names.iter().for_each(|name| drop(map.remove(*name)));
                if map.is_empty() {
                    metadata.remove(field);
                }
            }
        }
    }
    sorted(object)
}

/// With keys in the order of the alphabet, but for those that name the object: the server and a file order them differently.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let rank = |key: &str| {
                ["apiVersion", "kind", "metadata", "name", "namespace"]
                    .iter()
                    .position(|first| *first == key)
                    .unwrap_or(9)
            };
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|(one, _), (other, _)| (rank(one), one).cmp(&(rank(other), other)));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// Hides the values of a Secret, and says which of them differ.
fn hide(before: Option<&mut Value>, after: &mut Value) {
    let mut none = Value::Null;
    let before = before.unwrap_or(&mut none);
    for part in ["data", "stringData"] {
        let mut names: Vec<String> = Vec::new();
        for side in [&*before, &*after] {
            names.extend(side[part].as_object().into_iter().flat_map(|values| values.keys().cloned()));
        }
        for name in names {
            let differs = before[part][&name] != after[part][&name];
            for (side, when) in [(&mut *before, "before"), (&mut *after, "after")] {
                if let Some(value) = side.get_mut(part).and_then(|values| values.get_mut(&name)) {
                    *value = Value::from(if differs { format!("{HIDDEN} ({when})") } else { HIDDEN.to_owned() });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_values_of_a_secret_are_never_shown_only_that_they_differ() {
        let mut before = json!({"kind": "Secret", "data": {"a": "b25l", "b": "dHdv"}});
        let mut after = json!({"kind": "Secret", "data": {"a": "b25l", "b": "bmV3", "c": "bW9yZQ=="}});
        hide(Some(&mut before), &mut after);
        assert_eq!(before["data"], json!({"a": "<hidden>", "b": "<hidden> (before)"}));
        assert_eq!(after["data"], json!({"a": "<hidden>", "b": "<hidden> (after)", "c": "<hidden> (after)"}));
    }

    #[test]
    fn what_the_server_writes_is_no_difference() {
        let metadata = json!({"name": "a", "uid": "1", "resourceVersion": "2", "annotations": {APPLIED: "x"}, "labels": {PART_OF: "y"}});
        let object = json!({"metadata": metadata, "kind": "ConfigMap", "status": {}});
        assert_eq!(shown(object), json!({"kind": "ConfigMap", "metadata": {"name": "a"}}));
    }
}
