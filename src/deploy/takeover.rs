//! Fields that kubectl owns become codexctl's, so that what leaves the manifest leaves the object: whoever comes from a tool
//! that called `kubectl apply` has all his objects owned by it.
//!
//! Source: client-go's `csaupgrade`, which does the same for `kubectl apply --server-side`, and Kubernetes' documentation of
//! server-side apply, "Upgrading from client-side apply".

use serde_json::{Map, Value, json};

use crate::cluster::MANAGER;

/// Who owns fields that `kubectl apply` set, and those of objects that were there before anybody applied them.
const KUBECTLS: [&str; 2] = ["kubectl-client-side-apply", "before-first-apply"];

fn is_kubectls(entry: &Value) -> bool {
    entry["operation"] == "Update"
        && entry["subresource"].as_str().is_none_or(str::is_empty)
        && KUBECTLS.iter().any(|name| entry["manager"] == *name)
}

/// The patch that hands kubectl's fields over; none where it owns none. It is refused (422) where the object has changed since.
pub(super) fn takeover(live: &Value) -> Option<Value> {
    let book = live["metadata"]["managedFields"].as_array()?;
    let (theirs, mut rest): (Vec<Value>, Vec<Value>) = book.iter().cloned().partition(is_kubectls);
    let last = theirs.last()?;
    let own = rest.iter().position(|entry| {
        entry["manager"] == MANAGER
            && entry["operation"] == "Apply"
            && entry["subresource"].as_str().is_none_or(str::is_empty)
    });
    let mut ours = match own {
        Some(index) => rest.remove(index),
        // The server applies in the version that the entry names: kubectl's last one is the nearest to what comes now.
        None => json!({
            "manager": MANAGER,
            "operation": "Apply",
            "apiVersion": last["apiVersion"],
            "fieldsType": "FieldsV1",
            "fieldsV1": {},
            "time": last["time"],
        }),
    };
    for entry in theirs {
        if let (Value::Object(all), Value::Object(more)) = (&mut ours["fieldsV1"], &entry["fieldsV1"]) {
            unite(all, more);
        }
    }
    rest.push(ours);
    Some(json!([
        {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        {"op": "replace", "path": "/metadata/managedFields", "value": rest},
    ]))
}

/// The fields of both.
fn unite(all: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, value) in more {
        match (all.get_mut(name), value) {
            (Some(Value::Object(all)), Value::Object(more)) => unite(all, more),
            (Some(_), _) => {}
            (None, value) => {
                all.insert(name.clone(), value.clone());
            }
        }
    }
}

/// What would be left of an object after a takeover: without the fields that kubectl alone owns and the manifest no longer has. A dry
/// run can't say it, as the takeover comes before it.
pub(super) fn without_kubectls(mut after: Value, live: &Value, body: &Value) -> Value {
    let book = live["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
    let (theirs, others): (Vec<&Value>, Vec<&Value>) = book.iter().partition(|entry| is_kubectls(entry));
    let others: Vec<&Value> = others.into_iter().map(|entry| &entry["fieldsV1"]).collect();
    for entry in theirs {
        strip(&mut after, &entry["fieldsV1"], body, &others);
    }
    after
}

/// Takes out what is owned here, by nobody else, and not wanted.
fn strip(after: &mut Value, owned: &Value, body: &Value, others: &[&Value]) {
    for (entry, below) in owned.as_object().into_iter().flatten() {
        let theirs: Vec<&Value> = others.iter().map(|owned| &owned[entry]).filter(|below| below.is_object()).collect();
        if let Some(name) = entry.strip_prefix("f:") {
            let leaf = below.as_object().is_none_or(Map::is_empty);
            if leaf && body[name].is_null() && theirs.is_empty() {
                after.as_object_mut().map(|fields| fields.remove(name));
            } else if let Some(inner) = after.get_mut(name) {
                strip(inner, below, &body[name], &theirs);
                let emptied =
                    inner.as_object().is_some_and(Map::is_empty) || inner.as_array().is_some_and(Vec::is_empty);
                if emptied && body[name].is_null() && theirs.is_empty() {
                    after.as_object_mut().map(|fields| fields.remove(name));
                }
            }
        } else if let Some(keys) = entry.strip_prefix("k:").and_then(|keys| serde_json::from_str::<Value>(keys).ok()) {
            let same =
                |item: &Value| keys.as_object().is_some_and(|keys| keys.iter().all(|(key, value)| item[key] == *value));
            // A key that the manifest leaves out has the server's own value.
            let wanted = |item: &Value| {
                keys.as_object()
                    .is_some_and(|keys| keys.iter().all(|(key, value)| item[key].is_null() || item[key] == *value))
            };
            let Some(items) = after.as_array_mut() else { continue };
            let Some(index) = items.iter().position(same) else { continue };
            match body.as_array().and_then(|items| items.iter().find(|item| wanted(item))) {
                Some(body) => strip(&mut items[index], below, body, &theirs),
                None if theirs.is_empty() => drop(items.remove(index)),
                None => {}
            }
        }
    }
}

/// Whether codexctl owns the number of a workload's pods.
pub(super) fn owns_replicas(live: &Value) -> bool {
    let book = live["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
    let owns = |entry: &Value| entry["fieldsV1"]["f:spec"]["f:replicas"].is_object();
    let ours = |entry: &Value| entry["manager"] == MANAGER && entry["operation"] == "Apply";
    book.iter().any(|entry| (ours(entry) || is_kubectls(entry)) && owns(entry))
        && !book.iter().any(|entry| !ours(entry) && !is_kubectls(entry) && owns(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn object(book: &[Value]) -> Value {
        json!({"metadata": {"resourceVersion": "7", "managedFields": book}})
    }

    #[test]
    fn what_kubectl_owns_becomes_codexctls_and_others_keep_theirs() {
        let live = object(&[
            entry("kubectl-client-side-apply", "Update", &json!({"f:data": {"f:a": {}, "f:b": {}}})),
            entry("before-first-apply", "Update", &json!({"f:data": {"f:c": {}}})),
            entry("kube-controller-manager", "Update", &json!({"f:status": {}})),
            entry("codexctl", "Apply", &json!({"f:data": {"f:a": {}}})),
        ]);
        let patch = takeover(&live).unwrap();
        assert_eq!(patch[0]["value"], "7");
        assert_eq!(
            patch[1]["value"],
            json!([
                entry("kube-controller-manager", "Update", &json!({"f:status": {}})),
                entry("codexctl", "Apply", &json!({"f:data": {"f:a": {}, "f:b": {}, "f:c": {}}})),
            ])
        );
    }

    #[test]
    fn an_object_that_kubectl_never_had_is_left_alone() {
        assert_eq!(takeover(&object(&[entry("helm", "Update", &json!({}))])), None);
        // `kubectl apply --server-side`, and `kubectl scale`, are somebody's deliberate doing.
        assert_eq!(takeover(&object(&[entry("kubectl", "Apply", &json!({}))])), None);
        assert_eq!(takeover(&json!({"metadata": {}})), None);
    }

    #[test]
    fn replicas_are_owned_until_somebody_else_owns_them_too() {
        let fields = json!({"f:spec": {"f:replicas": {}}});
        assert!(owns_replicas(&object(&[entry("codexctl", "Apply", &fields)])));
        assert!(owns_replicas(&object(&[entry("kubectl-client-side-apply", "Update", &fields)])));
        let both = [entry("codexctl", "Apply", &fields), entry("kube-controller-manager", "Update", &fields)];
        assert!(!owns_replicas(&object(&both)));
        assert!(!owns_replicas(&object(&[])));
    }
}
