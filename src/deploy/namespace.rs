//! The environment's namespace: there, and labelled, before anything is applied into it (spec 5.1, step 1).

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::sleep;

use crate::cluster::{Cluster, Error, Id};
use crate::stack::Loaded;

/// Who owns the labels: another name than that of objects, as the stack may have a manifest of its namespace.
pub(super) const MANAGER: &str = "codexctl-namespace";

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// It was made just now: nothing is in it.
    Made,
    /// It was there.
    There,
    /// Nobody may look at it. What can't be done without it will say so.
    Unseen,
}

/// The name of a namespace as an object.
pub(super) fn id(name: &str) -> Id {
    Id { api_version: "v1".into(), kind: "Namespace".into(), namespace: None, name: name.into() }
}

/// Makes sure that the environment's namespace is there. One that is being deleted is waited for.
///
/// # Errors
/// The cluster refuses it, or is gone for too long; lacking rights are no error.
pub async fn ensure(cluster: &Cluster, loaded: &Loaded, tell: &(dyn Fn(&str) + Sync)) -> Result<Namespace, Error> {
    let id = id(&loaded.namespace);
    let wanted = wanted(loaded);
    let mut told = false;
    let found = loop {
        let found = match cluster.get(&id).await {
            Err(error) if error.is_forbidden() => return Ok(Namespace::Unseen),
            found => found?,
        };
        match found {
            Some(found) if !found["metadata"]["deletionTimestamp"].is_null() => {
                if !told {
                    tell(&format!(
                        "the namespace {} is being deleted; it is made anew when that is done",
                        loaded.namespace
                    ));
                    told = true;
                }
                if cluster.is_over() {
                    return Ok(Namespace::There);
                }
                sleep(Duration::from_millis(300)).await;
            }
            found => break found,
        }
    };
    let Some(found) = found else {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": wanted});
        return match cluster.create(&id, &body, MANAGER).await {
            Ok(_) => Ok(Namespace::Made),
            Err(error) if error.is_forbidden() => Ok(Namespace::Unseen),
            // Somebody else has made it meanwhile.
            Err(error) if error.code() == Some(409) => Ok(Namespace::There),
            Err(error) => Err(error),
        };
    };
    // Labels that are there may be the stack's own; for whom the slot works now is known here alone.
    let missing = |field: &str, changes: bool| -> Map<String, Value> {
        let all = wanted[field].as_object().cloned().unwrap_or_default();
        let has = |key: &str, value: &Value| match &found["metadata"][field][key] {
            Value::Null => false,
            there => !changes || there == value,
        };
        all.into_iter().filter(|(key, value)| !has(key, value)).collect()
    };
    let (labels, annotations) = (missing("labels", false), missing("annotations", true));
    if labels.is_empty() && annotations.is_empty() {
        return Ok(Namespace::There);
    }
    let patch = json!({"metadata": {"labels": labels, "annotations": annotations}});
    match cluster.merge(&id, &patch, MANAGER).await {
        Err(error) if error.is_forbidden() => Ok(Namespace::There),
        answer => answer.map(|_| Namespace::There),
    }
}

/// Whose the namespace is. What can't be a label's value is left out: a project may be called anything.
fn wanted(loaded: &Loaded) -> Value {
    let mut labels = Map::new();
    labels.insert("app.kubernetes.io/managed-by".to_owned(), Value::from("codexctl"));
    let slot = loaded.slot().map(|slot| slot.to_string());
    let of = [("project", Some(loaded.stack.project.clone())), ("env", Some(loaded.env.name.clone())), ("slot", slot)];
    labels.extend(of.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|value| is_label(value))?;
        Some((format!("codexctl.dev/{name}"), Value::from(value)))
    }));
    let mut annotations = Map::new();
    let decided = [("issue", "CODEXCTL_ISSUE_NUMBER"), ("pr", "CODEXCTL_PR_NUMBER")];
    annotations.extend(decided.into_iter().filter_map(|(name, variable)| {
        let value = loaded.vars.get(variable).filter(|value| !value.is_empty())?;
        Some((format!("codexctl.dev/{name}"), Value::from(value)))
    }));
    json!({"name": loaded.namespace, "labels": labels, "annotations": annotations})
}

/// Whether a text can be a label's value.
/// Source: Kubernetes' documentation, "Labels and selectors", syntax and character set.
pub(super) fn is_label(value: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = value.as_bytes();
    bytes.len() <= 63 && bytes.iter().all(|byte| inside(*byte)) && edge(bytes.first()) && edge(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::is_label;

    #[test]
    fn a_label_is_short_and_plain() {
        for value in ["shop", "a", "", "ai-repair", "My_shop.1"] {
            assert!(is_label(value), "{value}");
        }
        for value in ["-shop", "shop.", "our shop", "магазин", &"a".repeat(64)] {
            assert!(!is_label(value), "{value}");
        }
    }
}
