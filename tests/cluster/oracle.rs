//! The API server as the judge of the structural check: objects are spoilt in every place, and both are asked.

use std::collections::BTreeMap;
use std::sync::Mutex;

use codexctl_action::manifests::openapi::Document;
use codexctl_action::stack::Severity;
use codexctl_action::stack::yaml::{Limits, parse};
use http::Method;
use serde_json::{Value, json};

use crate::cluster::cluster;

/// Objects of many kinds, all of which the server takes as they are.
const OBJECTS: &str = include_str!("objects.yaml");

/// The collections of the objects' kinds.
const PATHS: &[(&str, &str)] = &[
    ("Deployment", "apis/apps/v1/namespaces/NS/deployments"),
    ("StatefulSet", "apis/apps/v1/namespaces/NS/statefulsets"),
    ("DaemonSet", "apis/apps/v1/namespaces/NS/daemonsets"),
    ("Job", "apis/batch/v1/namespaces/NS/jobs"),
    ("CronJob", "apis/batch/v1/namespaces/NS/cronjobs"),
    ("Service", "api/v1/namespaces/NS/services"),
    ("ConfigMap", "api/v1/namespaces/NS/configmaps"),
    ("Secret", "api/v1/namespaces/NS/secrets"),
    ("PersistentVolumeClaim", "api/v1/namespaces/NS/persistentvolumeclaims"),
    ("ServiceAccount", "api/v1/namespaces/NS/serviceaccounts"),
    ("ResourceQuota", "api/v1/namespaces/NS/resourcequotas"),
    ("LimitRange", "api/v1/namespaces/NS/limitranges"),
    ("Ingress", "apis/networking.k8s.io/v1/namespaces/NS/ingresses"),
    ("NetworkPolicy", "apis/networking.k8s.io/v1/namespaces/NS/networkpolicies"),
    ("Role", "apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles"),
    ("RoleBinding", "apis/rbac.authorization.k8s.io/v1/namespaces/NS/rolebindings"),
    ("HorizontalPodAutoscaler", "apis/autoscaling/v2/namespaces/NS/horizontalpodautoscalers"),
    ("PodDisruptionBudget", "apis/policy/v1/namespaces/NS/poddisruptionbudgets"),
    ("CustomResourceDefinition", "apis/apiextensions.k8s.io/v1/customresourcedefinitions"),
];

/// What a place is spoilt with.
fn spoils() -> Vec<Value> {
    vec![
        json!(null),
        json!(7),
        json!(1.5),
        json!(true),
        json!("word"),
        json!(""),
        json!(["item"]),
        json!({"key": "value"}),
    ]
}

/// The object spoilt in each of its places: another value, another name, nothing.
fn spoilt(object: &Value) -> Vec<(String, Value)> {
    let mut made = Vec::new();
    let mut places = Vec::new();
    walk(object, "", &mut places);
    for place in places.iter().filter(|place| !matches!(place.as_str(), "/apiVersion" | "/kind")) {
        for spoil in spoils() {
            let mut other = object.clone();
            *other.pointer_mut(place).unwrap() = spoil.clone();
            made.push((format!("{place} = {spoil}"), other));
        }
        let (parent, name) = place.rsplit_once('/').unwrap();
        let name = name.replace("~1", "/").replace("~0", "~");
        let mut without = object.clone();
        let Some(fields) = without.pointer_mut(parent).unwrap().as_object_mut() else { continue };
        let value = fields.shift_remove(&name).unwrap();
        made.push((format!("{place} taken out"), without.clone()));
        without.pointer_mut(parent).unwrap()[format!("{name}X")] = value;
        made.push((format!("{place} misspelt"), without));
    }
    made
}

fn walk(value: &Value, path: &str, places: &mut Vec<String>) {
    if !path.is_empty() {
        places.push(path.to_owned());
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                walk(value, &format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{path}/{index}"), places);
            }
        }
        _ => {}
    }
}

/// What the server calls a mistake of structure, in its various words.
fn structural(message: &str) -> bool {
    ["unknown field", "cannot unmarshal", "json:"].iter().any(|words| message.contains(words))
}

#[test]
fn what_the_check_refuses_the_server_refuses_and_its_complaints_about_structure_are_ours() {
    let namespace = cluster().namespace();
    let mut documents: BTreeMap<String, Document> = BTreeMap::new();
    let mut work = Vec::new();
    let parsed = parse(OBJECTS, &Limits::default());
    assert_eq!(parsed.problems, []);
    for node in &parsed.documents {
        let object = codexctl_action::manifests::json(node);
        let (api_version, kind) = (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
        documents.entry(api_version.to_owned()).or_insert_with(|| {
            let root = if api_version.contains('/') { "apis" } else { "api" };
            let answer = cluster().ask(Method::GET, &format!("/openapi/v3/{root}/{api_version}"), None).unwrap();
            Document::read(answer.to_string().as_bytes()).unwrap()
        });
        let path = PATHS.iter().find(|(known, _)| *known == kind).unwrap().1.replace("NS", &namespace.name);
        let as_it_is = ("as it is".to_owned(), object.clone());
        let all = std::iter::once(as_it_is).chain(spoilt(&object));
        work.extend(all.map(|(how, object)| (api_version.to_owned(), kind.to_owned(), path.clone(), how, object)));
    }
    let wrong = Mutex::new(Vec::new());
    let (documents, wrong_ref) = (&documents, &wrong);
    std::thread::scope(|scope| {
        for part in work.chunks(work.len().div_ceil(8)) {
            scope.spawn(move || {
                for (api_version, kind, path, how, object) in part {
                    let node = parse(&object.to_string(), &Limits::default()).documents.remove(0);
                    let ours = documents[api_version].check(api_version, kind, &node).unwrap();
                    let ours: Vec<_> = ours.into_iter().filter(|one| one.severity == Severity::Error).collect();
                    let path = format!("/{path}?dryRun=All&fieldValidation=Strict");
                    let server = cluster().ask(Method::POST, &path, Some(object)).err().map(|status| status.message);
                    let line = match (ours.first(), &server) {
                        (Some(ours), None) => format!("{kind} {how}: only we say: {}", ours.text),
                        (None, Some(theirs)) if structural(theirs) || how == "as it is" => {
                            format!("{kind} {how}: only the server says: {theirs}")
                        }
                        _ => continue,
                    };
                    wrong_ref.lock().unwrap().push(line);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), work.len(), wrong.join("\n"));
}
