//! Whether an object of the cluster is still what it was made by: nothing is sent then.
//!
//! The mark ([`APPLIED`]) says by which manifest the object was made. Whoever changes a field afterwards takes it from codexctl
//! in the object's own book, `managedFields`: what codexctl still owns has the value that it gave. So neither what the server
//! fills in nor the many ways of writing one value need be known here.
//! Source: Kubernetes' documentation of server-side apply, "Field management".

use serde_json::Value;

use super::plan::APPLIED;
use crate::cluster::MANAGER;

/// Whether nothing need be sent to make `live` what `body` says.
pub(super) fn holds(live: &Value, body: &Value) -> bool {
    let mark = |object: &Value| object["metadata"]["annotations"][APPLIED].as_str().map(str::to_owned);
    let Some(made_by) = mark(body) else { return false };
    if mark(live) != Some(made_by) || !live["metadata"]["deletionTimestamp"].is_null() {
        return false;
    }
    let book = live["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
    let ours = book.iter().find(|entry| {
        entry["manager"] == MANAGER
            && entry["operation"] == "Apply"
            && entry["subresource"].as_str().is_none_or(str::is_empty)
    });
    let Some(ours) = ours.filter(|entry| entry["apiVersion"] == body["apiVersion"]) else { return false };
    fields_hold(&ours["fieldsV1"], body, live, true)
}

/// Whether each field of a map is owned, or has the wanted value all the same.
fn fields_hold(owned: &Value, body: &Value, live: &Value, top: bool) -> bool {
    let Some(fields) = body.as_object() else { return true };
    fields.iter().all(|(name, wanted)| {
        if top && ["apiVersion", "kind", "status"].contains(&name.as_str()) {
            return true;
        }
        if top && name == "metadata" {
            // What names the object is not in the book.
            return wanted.as_object().is_none_or(|metadata| {
                let told = metadata
                    .iter()
                    .filter(|(name, _)| !["name", "namespace", "uid", "resourceVersion"].contains(&name.as_str()));
                told.into_iter().all(|(name, wanted)| {
                    value_holds(&owned["f:metadata"][format!("f:{name}")], wanted, &live["metadata"][name])
                })
            });
        }
        if top && name == "stringData" {
            // The server keeps it as `data`; the mark alone says what it was, and the book who has changed `data`.
            return wanted.as_object().is_none_or(|texts| {
                texts.keys().all(|key| {
                    !live["data"][key].is_null()
                        && (owned["f:stringData"][format!("f:{key}")].is_object()
                            || owned["f:data"][format!("f:{key}")].is_object())
                })
            });
        }
        value_holds(&owned[format!("f:{name}")], wanted, &live[name])
    })
}

/// The same for one value. A field that is owned as a whole has an empty entry.
fn value_holds(owned: &Value, wanted: &Value, live: &Value) -> bool {
    match wanted {
        Value::Null => true,
        Value::Object(fields) => {
            if owned.as_object().is_some_and(serde_json::Map::is_empty) {
                return true;
            }
            if fields.is_empty() {
                return live.is_object() || owned.is_object();
            }
            fields_hold(owned, wanted, live, false)
        }
        Value::Array(items) => {
            if owned.as_object().is_some_and(serde_json::Map::is_empty) {
                return true;
            }
            if !owned.is_object() {
                return wanted == live || items.is_empty();
            }
            items.iter().all(|item| item_holds(owned, item, live))
        }
        wanted => owned.is_object() || wanted == live,
    }
}

/// An item of a list whose items have keys (`k:{"name":"web"}`) or are values (`v:"a"`).
fn item_holds(owned: &Value, item: &Value, live: &Value) -> bool {
    let Some(entries) = owned.as_object() else { return false };
    if !item.is_object() {
        return entries.contains_key(&format!("v:{item}"));
    }
    entries.iter().any(|(entry, fields)| {
        let keys = entry.strip_prefix("k:").and_then(|keys| serde_json::from_str::<Value>(keys).ok());
        let Some(Value::Object(keys)) = keys else { return false };
        // A key that the manifest leaves out has the server's own value (`protocol: TCP`).
        let same = |from: &Value| keys.iter().all(|(key, value)| from[key].is_null() || from[key] == *value);
        let is_it = keys.keys().any(|key| !item[key].is_null()) && same(item);
        let live = live.as_array().and_then(|items| items.iter().find(|live| same(live)));
        is_it && fields_hold(fields, item, live.unwrap_or(&Value::Null), false)
    })
}
