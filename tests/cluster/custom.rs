//! Custom resources: unknown, defined by the stack itself, and known to the cluster.

use http::Method;
use serde_json::{Value, json};

use crate::cluster::cluster;
use crate::scene::{STACK, Scene};

/// A definition of `Widget` in a group of the test's own.
fn definition(group: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{group}")},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object",
                "required": ["spec"],
                "properties": {"spec": {
                    "type": "object",
                    "required": ["size", "colour"],
                    "properties": {
                        "size": {"type": "integer"},
                        "colour": {"type": "string", "enum": ["red", "green"]},
                        "shape": {"type": "string", "default": "round"},
                        "port": {"x-kubernetes-int-or-string": true},
                        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    },
                }},
            }}}],
        },
    })
}

const RIGHT: &str = "spec: {size: 1, colour: red, port: http, free: {a: [b]}}";
const WRONG: &str = "spec: {size: big, color: red, port: 1.5, free: 1}";

fn widget(group: &str, version: &str, spec: &str) -> String {
    format!("apiVersion: {group}/{version}\nkind: Widget\nmetadata: {{name: web}}\n{spec}\n")
}

#[test]
fn a_kind_whose_definition_is_nowhere_is_a_warning_as_a_hook_may_bring_it() {
    insta::assert_snapshot!(Scene::manifests(&widget("nowhere.example", "v1", RIGHT)).validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, 1 warning
    ── stderr
      ⚠ https://server has no kind `Widget` in `nowhere.example/v1`
       ╭─[deploy/web.yaml:1:13]
     1 │ apiVersion: nowhere.example/v1
       ·             ──────────────────
     2 │ kind: Widget
       ╰────
      help: its CustomResourceDefinition is not installed there, and not in this stack
    ");
}

#[test]
fn a_definition_in_the_stack_counts_before_the_cluster_has_it() {
    let group = "instack.example";
    let told = |custom: &str| {
        let stack = STACK.replace("deploy/web.yaml", "deploy/web.yaml\n      - path: deploy/crd.yaml");
        let definition = definition(group).to_string();
        Scene::with(&[("services.yaml", &stack), ("deploy/web.yaml", custom), ("deploy/crd.yaml", &definition)])
            .validate()
    };
    insta::assert_snapshot!(told(&widget(group, "v1", RIGHT)), @"
    exit 0
    ── stdout
    1 environment, 2 manifests, 2 objects: no errors, no warnings
    ");
    insta::assert_snapshot!(told(&widget(group, "v1", WRONG)), @"
    exit 2
    ── stdout
    1 environment, 2 manifests, 2 objects: 5 errors, no warnings
    ── stderr
      × `spec.colour` is missing
       ╭─[deploy/web.yaml:4:1]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       · ─
       ╰────
      × `spec.size` must be a whole number, and `big` is text
       ╭─[deploy/web.yaml:4:14]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       ·              ───
       ╰────
      × unknown field `spec.color`
       ╭─[deploy/web.yaml:4:19]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       ·                   ─────
       ╰────
      help: did you mean `colour`?
      × `spec.port` must be a whole number or text, and `1.5` is a number
       ╭─[deploy/web.yaml:4:37]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       ·                                     ───
       ╰────
      × `spec.free` must be a mapping, and `1` is a whole number
       ╭─[deploy/web.yaml:4:48]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       ·                                                ─
       ╰────
    ");
    insta::assert_snapshot!(told(&widget(group, "v2", RIGHT)), @"
    exit 2
    ── stdout
    1 environment, 2 manifests, 2 objects: 1 error, no warnings
    ── stderr
      × the stack's definition of `Widget` has no version `v2`
       ╭─[deploy/web.yaml:1:13]
     1 │ apiVersion: instack.example/v2
       ·             ──────────────────
     2 │ kind: Widget
       ╰────
      help: it has `v1`
    ");
}

#[test]
fn a_definition_that_the_cluster_has_counts_with_its_schema() {
    let group = format!("known{:07}.example", std::process::id());
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    cluster().create(path, &definition(&group));
    let document = format!("apis/{group}/v1");
    // The server publishes discovery and schema a moment after it took the definition.
    cluster().until("the schema of the definition", || {
        let index = cluster().ask(Method::GET, "/openapi/v3", None).unwrap();
        let listed = cluster().ask(Method::GET, &format!("/{document}"), None).is_ok();
        listed && index["paths"].get(&document).is_some()
    });
    let told = |custom: &str| Scene::manifests(custom).validate().replace(&group, "known.example");
    insta::assert_snapshot!(told(&widget(&group, "v1", RIGHT)), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings
    ");
    insta::assert_snapshot!(told(&widget(&group, "v1", WRONG)), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 5 errors, no warnings
    ── stderr
      × `spec.colour` is missing
       ╭─[deploy/web.yaml:4:1]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       · ─
       ╰────
      × `spec.size` must be a whole number, and `big` is text
       ╭─[deploy/web.yaml:4:14]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       ·              ───
       ╰────
      × unknown field `spec.color`
       ╭─[deploy/web.yaml:4:19]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       ·                   ─────
       ╰────
      help: did you mean `colour`?
      × `spec.port` must be a whole number or text, and `1.5` is a number
       ╭─[deploy/web.yaml:4:37]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       ·                                     ───
       ╰────
      × `spec.free` must be a mapping, and `1` is a whole number
       ╭─[deploy/web.yaml:4:48]
     3 │ metadata: {name: web}
     4 │ spec: {size: big, color: red, port: 1.5, free: 1}
       ·                                                ─
       ╰────
    ");
    insta::assert_snapshot!(told(&widget(&group, "v2", RIGHT)), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × https://server has no kind `Widget` in `known.example/v2`
       ╭─[deploy/web.yaml:1:13]
     1 │ apiVersion: known.example/v2
       ·             ───────────────────────
     2 │ kind: Widget
       ╰────
      help: it has `Widget` in `known.example/v1`
    ");
    cluster().ask(Method::DELETE, &format!("{path}/widgets.{group}"), None).unwrap();
}
