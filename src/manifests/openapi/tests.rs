//! Rules of the structural check, each on a schema small enough to be read.

use serde_json::{Value, json};

use super::Document;
use crate::stack::yaml::{Limits, Node, parse};

/// A document of one kind, `Thing` of `test/v1`, and what it refers to. `of` says whose name the schemas bear.
fn document(of: &str, properties: &Value, required: &[&str], others: &Value) -> Document {
    let mut schemas = json!({
        format!("{of}.v1.Thing"): {
            "type": "object",
            "properties": properties,
            "required": required,
            "x-kubernetes-group-version-kind": [{"group": "test", "version": "v1", "kind": "Thing"}],
        },
    });
    for (name, schema) in others.as_object().unwrap() {
        schemas[name] = schema.clone();
    }
    let json = json!({"openapi": "3.0.0", "paths": {"/": {}}, "components": {"schemas": schemas}});
    Document::read(json.to_string().as_bytes()).unwrap()
}

/// One of Kubernetes' own kinds.
fn own(properties: &Value) -> Document {
    document("io.k8s.api.test", properties, &[], &json!({}))
}

/// A custom resource.
fn custom(properties: &Value) -> Document {
    document("dev.example", properties, &[], &json!({}))
}

fn object(text: &str) -> Node {
    let mut parsed = parse(text, &Limits::default());
    assert_eq!(parsed.problems, []);
    parsed.documents.remove(0)
}

/// What is told about an object, one line a problem and one a hint.
fn told(document: &Document, text: &str) -> String {
    let problems = document.check("test/v1", "Thing", &object(text)).unwrap();
    let mut out = String::new();
    for problem in problems {
        out.push_str(&format!("{}:{} {}\n", problem.place.line, problem.place.column, problem.text));
        if let Some(earlier) = problem.earlier {
            out.push_str(&format!("    first on line {}\n", earlier.line));
        }
        if let Some(hint) = problem.hint {
            out.push_str(&format!("    {hint}\n"));
        }
    }
    out
}

#[test]
fn an_unknown_field_is_told_at_its_name_with_the_field_that_was_meant() {
    let document = own(&json!({
        "image": {"type": "string"},
        "replicas": {"type": "integer", "format": "int32"},
        "ports": {"type": "array", "items": {"type": "object", "properties": {"containerPort": {"type": "integer"}}}},
    }));
    let text = "imge: nginx\nReplicas: 1\nports:\n- containerport: 80\n  whatever: 1\n";
    insta::assert_snapshot!(told(&document, text), @"
    1:1 unknown field `imge`
        did you mean `image`?
    2:1 unknown field `Replicas`
        did you mean `replicas`?
    4:3 unknown field `ports[0].containerport`
        did you mean `containerPort`?
    5:3 unknown field `ports[0].whatever`
        known here: containerPort
    ");
}

#[test]
fn a_field_that_stands_in_the_wrong_object_is_told_with_its_home() {
    let container =
        json!({"type": "object", "properties": {"command": {"type": "string"}, "name": {"type": "string"}}});
    let document = own(&json!({
        "spec": {"type": "object", "properties": {
            "selector": {"type": "object", "properties": {"matchLabels": {"type": "object"}}},
            "containers": {"type": "array", "items": container},
            "paused": {"type": "boolean"},
        }},
    }));
    // One level too far out, one too far in, and beside.
    let text = "paused: true\nspec:\n  command: x\n  containers:\n  - name: a\n    selector: {}\n    matchLabels: {}\n";
    insta::assert_snapshot!(told(&document, text), @"
    1:1 unknown field `paused`
        it is a field of `spec`: check how far it is indented
    3:3 unknown field `spec.command`
        it is a field of `spec.containers`: check how far it is indented
    6:5 unknown field `spec.containers[0].selector`
        it is a field of `spec`: check how far it is indented
    7:5 unknown field `spec.containers[0].matchLabels`
        it is a field of `spec.selector`: check how far it is indented
    ");
}

#[test]
fn a_wrong_type_is_told_with_what_stands_there_and_the_way_to_write_it() {
    let document = own(&json!({
        "text": {"type": "string"},
        "truth": {"type": "boolean"},
        "number": {"type": "integer", "format": "int32"},
        "ratio": {"type": "number"},
        "list": {"type": "array", "items": {"type": "string"}},
        "mapping": {"type": "object", "properties": {"a": {"type": "string"}}},
        "strings": {"type": "object", "additionalProperties": {"type": "string"}},
    }));
    let text = "text: 8080\ntruth: 1\nnumber: three\nratio: \"0.5\"\nlist:\n  a: b\nmapping:\n- a: b\nstrings:\n  app.kubernetes.io/on: true\n  plain: 1.10\n";
    insta::assert_snapshot!(told(&document, text), @r#"
    1:7 `text` must be text, and `8080` is a whole number
        quote it: "8080"
    2:8 `truth` must be true or false, and `1` is a whole number
    3:9 `number` must be a whole number, and `three` is text
    4:8 `ratio` must be a number, and `"0.5"` is text
        write 0.5 without quotes
    6:3 `list` must be a list, not a mapping
        write `- ` before each item
    8:3 `mapping` must be a mapping, not a list
        write its fields below it, without `- `
    10:25 `strings["app.kubernetes.io/on"]` must be text, and `true` is a boolean
        quote it: "true"
    11:10 `strings.plain` must be text, and `1.10` is a number
        quote it: "1.10"
    "#);
    insta::assert_snapshot!(told(&document, "number: \"3\"\nlist: a\nmapping: a\ntext: [a]\nstrings: 1\n"), @r#"
    1:9 `number` must be a whole number, and `"3"` is text
        write 3 without quotes
    2:7 `list` must be a list, and `a` is text
    3:10 `mapping` must be a mapping, and `a` is text
    4:7 `text` must be text, not a list
    5:10 `strings` must be a mapping, and `1` is a whole number
    "#);
}

#[test]
fn what_kubectl_alone_would_read_as_a_boolean_is_text_here_and_the_hint_says_so() {
    let document = own(
        &json!({"a": {"type": "boolean"}, "b": {"type": "boolean"}, "c": {"type": "boolean"}, "d": {"type": "string"}}),
    );
    insta::assert_snapshot!(told(&document, "a: yes\nb: Off\nc: \"true\"\nd: yes\n"), @r#"
    1:4 `a` must be true or false, and `yes` is text
        kubectl alone would read it as a boolean; write true
    2:4 `b` must be true or false, and `Off` is text
        kubectl alone would read it as a boolean; write false
    3:4 `c` must be true or false, and `"true"` is text
        write true without quotes
    "#);
}

#[test]
fn numbers_keep_to_their_bits_and_may_be_written_as_floats() {
    let document =
        own(&json!({"small": {"type": "integer", "format": "int32"}, "big": {"type": "integer", "format": "int64"}}));
    assert_eq!(told(&document, "small: 2147483647\nbig: 9223372036854775807\n"), "");
    assert_eq!(told(&document, "small: 1e3\nbig: 0o644\n"), "");
    insta::assert_snapshot!(told(&document, "small: 2147483648\nbig: 9223372036854775808\n"), @"
    1:8 `small` can't be 2147483648: that is over the range of 32 bits
    2:6 `big` can't be 9223372036854775808: that is over the range of 64 bits
    ");
    insta::assert_snapshot!(told(&document, "small: 1.5\n"), @"1:8 `small` must be a whole number, and `1.5` is a number");
}

#[test]
fn quantities_and_ports_take_numbers_and_text_and_nothing_else() {
    let others = json!({
        "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    });
    let reference = |name: &str| json!({"allOf": [{"$ref": format!("#/components/schemas/{name}")}], "default": {}});
    let document = document(
        "io.k8s.api.test",
        &json!({
            "cpu": reference("io.k8s.apimachinery.pkg.api.resource.Quantity"),
            "port": reference("io.k8s.apimachinery.pkg.util.intstr.IntOrString"),
        }),
        &[],
        &others,
    );
    for fine in ["cpu: 0.5", "cpu: 100m", "cpu: 2", "port: 80", "port: http", "port: \"80\"", "cpu:\nport: ~"] {
        assert_eq!(told(&document, fine), "", "{fine}");
    }
    insta::assert_snapshot!(told(&document, "cpu: true\nport: 1.5\n"), @"
    1:6 `cpu` must be text or a number, and `true` is a boolean
    2:7 `port` must be a whole number or text, and `1.5` is a number
    ");
    insta::assert_snapshot!(told(&document, "cpu: [1]\nport: {a: b}\n"), @"
    1:6 `cpu` must be text or a number, not a list
    2:7 `port` must be a whole number or text, not a mapping
    ");
}

#[test]
fn what_must_be_there_is_told_at_what_lacks_it() {
    let document = document(
        "io.k8s.api.test",
        &json!({
            "spec": {"type": "object", "required": ["selector", "name"], "properties": {
                "selector": {"type": "object", "properties": {}},
                // Go's empty value, which the server fills in before it says that it is missing.
                "name": {"type": "string", "default": ""},
            }},
            "items": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}},
            "status": {"type": "object", "required": ["phase"], "properties": {"phase": {"type": "string"}}},
        }),
        &["spec"],
        &json!({}),
    );
    insta::assert_snapshot!(told(&document, "items: []\n"), @"1:1 `spec` is missing");
    insta::assert_snapshot!(told(&document, "spec:\n  selector:\nitems:\n- {}\n- name: a\nstatus: {}\n"), @"
    2:3 `spec.selector` is missing
    1:1 `spec.name` is missing
    4:3 `items[0].name` is missing
    ");
}

#[test]
fn a_custom_resources_defaults_fill_in_what_must_be_there() {
    let spec = json!({"type": "object", "required": ["size", "name"], "properties": {
        "size": {"type": "integer", "default": 1},
        "name": {"type": "string"},
    }});
    insta::assert_snapshot!(told(&custom(&json!({"spec": spec})), "spec: {}\n"), @"1:1 `spec.name` is missing");
}

#[test]
fn one_of_a_few_words_is_told_with_the_words() {
    let properties = json!({"policy": {"type": "string", "enum": ["Always", "IfNotPresent", "Never"]}});
    insta::assert_snapshot!(told(&own(&properties), "policy: ifnotpresent\n"), @"
    1:9 `policy` can't be `ifnotpresent`
        did you mean `IfNotPresent`?
    ");
    insta::assert_snapshot!(told(&own(&properties), "policy: sometimes\n"), @"
    1:9 `policy` can't be `sometimes`
        it is one of `Always`, `IfNotPresent`, `Never`
    ");
    assert_eq!(told(&own(&properties), "policy: \"\"\n"), "", "an empty text of Go is a field that isn't set");
    insta::assert_snapshot!(told(&custom(&properties), "policy: \"\"\n"), @"
    1:9 `policy` can't be empty
        it is one of `Always`, `IfNotPresent`, `Never`
    ");
}

#[test]
fn a_field_without_a_value_is_a_field_that_is_not_there() {
    let properties = json!({"a": {"type": "string"}, "b": {"type": "object", "properties": {}}, "c": {"type": "array", "items": {"type": "string"}}});
    assert_eq!(told(&own(&properties), "a:\nb: ~\nc: null\n"), "");
    assert_eq!(told(&own(&properties), "c: [~]\n"), "");
    insta::assert_snapshot!(told(&custom(&properties), "a:\nc: [~]\n"), @"2:5 `c[0]` must be text, not nothing");
}

#[test]
fn a_custom_resource_may_be_open_and_an_object_without_named_fields_is_not() {
    let properties = json!({
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"known": {"type": "integer"}}},
        "closed": {"type": "object"},
        "any": {"x-kubernetes-preserve-unknown-fields": true},
        "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "maybe": {"type": "string", "nullable": true},
        "object": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"spec": {"type": "object"}}},
    });
    let fine =
        "open: {x: 1, known: 2}\nany: [1]\nport: http\nmaybe: ~\nobject: {apiVersion: v1, kind: Pod, metadata: {}}\n";
    assert_eq!(told(&custom(&properties), fine), "");
    insta::assert_snapshot!(told(&custom(&properties), "open: {known: x}\nclosed: {x: 1}\nport: true\nobject: {x: 1}\n"), @"
    1:15 `open.known` must be a whole number, and `x` is text
    2:10 unknown field `closed.x`
    3:7 `port` must be a whole number or text, and `true` is a boolean
    4:10 unknown field `object.x`
        known here: spec
    ");
    assert_eq!(told(&own(&json!({"raw": {"type": "object"}})), "raw: {x: 1}\n"), "");
}

#[test]
fn items_that_can_not_be_told_apart_are_told_with_the_first_of_them() {
    let document = own(&json!({
        "env": {"type": "array", "x-kubernetes-list-map-keys": ["name"], "items": {"type": "object", "properties": {
            "name": {"type": "string"}, "value": {"type": "string"},
        }}},
        "ports": {"type": "array", "x-kubernetes-list-map-keys": ["port", "protocol"], "items": {"type": "object", "properties": {
            "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"},
        }}},
    }));
    assert_eq!(told(&document, "ports:\n- port: 53\n- port: 53\n  protocol: UDP\n"), "");
    let text = "env:\n- name: A\n  value: x\n- name: B\n- name: A\nports:\n- port: 80\n- protocol: TCP\n  port: 80\n";
    insta::assert_snapshot!(told(&document, text), @"
    5:9 `env` has name `A` twice
        first on line 2
        take one of them away: the server would not know which one counts
    9:9 `ports` has port `80` and protocol `TCP` twice
        first on line 7
        take one of them away: the server would not know which one counts
    ");
}

#[test]
fn a_schema_that_refers_to_itself_is_walked_as_deep_as_the_object() {
    let me = json!({"$ref": "#/components/schemas/io.k8s.api.test.v1.Thing"});
    let document = own(&json!({"not": me, "name": {"type": "string"}}));
    insta::assert_snapshot!(told(&document, "not: {not: {not: {nme: x}}}\n"), @"
    1:19 unknown field `not.not.not.nme`
        did you mean `name`?
    ");
}

#[test]
fn references_in_a_circle_and_to_nowhere_end() {
    let circle = json!({"$ref": "#/components/schemas/circle"});
    let nowhere = json!({"$ref": "#/components/schemas/nowhere"});
    let document = document("io.k8s.api.test", &json!({"a": circle, "b": nowhere}), &[], &json!({"circle": circle}));
    assert_eq!(told(&document, "a: 1\nb: 2\n"), "");
}

#[test]
fn a_secret_is_never_shown() {
    let data = json!({"type": "object", "additionalProperties": {"type": "string", "format": "byte"}});
    let json = json!({"components": {"schemas": {"io.k8s.api.core.v1.Secret": {
        "type": "object",
        "properties": {"data": data, "stringData": {"type": "object", "additionalProperties": {"type": "string"}}, "immutable": {"type": "boolean"}},
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Secret"}],
    }}}});
    let document = Document::read(json.to_string().as_bytes()).unwrap();
    let problems = document
        .check("v1", "Secret", &object("data: {a: hunter2!}\nstringData: {pin: 4711}\nimmutable: 4712\n"))
        .unwrap();
    let told: Vec<String> = problems.iter().map(|problem| format!("{} ({:?})", problem.text, problem.hint)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    `data.a` is not base64 (None)
    `stringData.pin` must be text, not a whole number (Some("quote it"))
    `immutable` must be true or false, not a whole number (None)
    "#);
}

#[test]
fn a_definitions_own_schema_checks_its_objects_before_the_server_has_it() {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}});
    let document = Document::of_definition("test", "v1", "Thing", schema).unwrap();
    assert_eq!(
        told(&document, "apiVersion: test/v1\nkind: Thing\nmetadata: {name: a, labels: {b: c}}\nspec: {size: 1}\n"),
        ""
    );
    insta::assert_snapshot!(told(&document, "spec: {sise: 1}\n"), @"
    1:8 unknown field `spec.sise`
        did you mean `size`?
    ");
    assert!(!document.knows("test", "v2", "Thing"));
}

#[test]
fn what_is_no_document_is_refused() {
    assert!(Document::read(b"<html>").is_err());
    assert!(Document::read(b"{}").unwrap().check("v1", "Pod", &object("a: 1")).is_none());
}
