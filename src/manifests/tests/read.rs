//! From files to objects.

use super::super::{Duplicates, OwnerKind};
use super::{objects, read_for, told};

fn names(text: &str) -> String {
    let shown = objects(text)
        .into_iter()
        .map(|one| format!("{} {} {}:{}", one.api_version, one.kind, one.name, one.place.line));
    shown.collect::<Vec<_>>().join("\n")
}

/// What the author of a file reads.
fn wrong(text: &str) -> String {
    told(&read_for(OwnerKind::Service, "web.yaml", text).1)
}

#[test]
fn empty_documents_comments_byte_order_marks_and_windows_lines_are_passed_over() {
    let file = "\u{feff}# first\r\n---\r\n---\r\napiVersion: v1\r\nkind: Service\r\nmetadata: {name: web}\r\n--- # no object\r\n---\r\n\
                kind: Secret\r\napiVersion: v1\r\nmetadata:\r\n  name: web\r\nstringData:\r\n  a: |\r\n    one\r\n    two\r\n...\r\n";
    insta::assert_snapshot!(names(file), @"
    v1 Service web:4
    v1 Secret web:9
    ");
    assert_eq!(objects(file)[1].node.at(&["stringData", "a"]).unwrap().as_str(), Some("one\ntwo\n"));
    assert_eq!(names("# nothing\n"), "");
}

#[test]
fn lists_are_opened_and_typed_ones_name_the_kind_of_their_items() {
    let file = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n\
                - apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - metadata: {name: b}\n  - {kind: ConfigMap, metadata: {name: c}}\n\
                - {kind: List, apiVersion: v1, items: []}\n- {kind: List, apiVersion: v1, items: ~}\n---\n\
                apiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: d}\n";
    insta::assert_snapshot!(names(file), @"
    v1 Service a:4
    v1 ConfigMap b:8
    v1 ConfigMap c:9
    example.com/v1 AllowList d:13
    ");
}

#[test]
fn what_a_list_says_of_itself_is_lost_with_a_warning() {
    insta::assert_snapshot!(wrong("apiVersion: v1\nkind: List\nmetadata: {labels: {a: b}, resourceVersion: \"\"}\nitems: []\n---\nkind: List\nitems: 5\n---\n\
        apiVersion: v1\nkind: List\nitems:\n- a\n- metadata: {name: x}\n"), @"
    web.yaml:3:1: warning: `metadata.labels` of a list is not passed on to its items
      write it into each item
    web.yaml:7:8: error: `items` must be a list, not a whole number
      start each object with `- `
    web.yaml:12:3: error: a manifest is a mapping, not text
      it starts with `apiVersion: …`
    web.yaml:13:3: error: this object has no `kind`
    web.yaml:13:3: error: this object has no `apiVersion`
    ");
}

#[test]
fn an_object_says_what_it_is_and_what_it_is_called() {
    insta::assert_snapshot!(wrong("\
kind: Deployment
metadata: {name: web}
---
apiversion: v1
kind: Service
metadata: {name: web}
---
apiVersion: 1
kind:
metadata: {name: web}
---
apiVersion: a/b/c
kind: Web
metadata: {name: 123}
---
apiVersion: v1
kind: Job
metdata: {name: web}
---
apiVersion: v1
kind: Servce
metadata:
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: web-}
---
apiVersion: v1
kind: Pod
metadata: {name: '{{ .empty }}', namespace: 1}
---
- apiVersion: v1
---
text
---
apiVersion: v1
kind: Pod
metadata: {name: a/b}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: Web_1}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: 'system:Web'}
---
apiVersion: v1
kind: Pod
metadata: {name: web.1-a, labels: {branch: feature/x, fine: '', long: \"0123456789012345678901234567890123456789012345678901234567890123\"}}
"), @r#"
    web.yaml:1:1: error: this object has no `apiVersion`
      add `apiVersion: apps/v1`
    web.yaml:4:1: error: this object has no `apiVersion`
      `apiversion` is written `apiVersion`
    web.yaml:9:5: error: `kind` is empty
    web.yaml:8:13: error: `apiVersion` must be text, and `1` is a whole number
      quote it: "1"
    web.yaml:12:13: error: `apiVersion` can't be `a/b/c`
      it is a version (`v1`) or a group and a version (`apps/v1`)
    web.yaml:17:7: warning: `v1` has no kind `Job`
      `Job` is in `batch/v1`
    web.yaml:16:1: error: this object has no `metadata`
      `metdata` is written `metadata`
    web.yaml:21:7: warning: `v1` has no kind `Servce`
      did you mean `Service`?
    web.yaml:22:1: error: `metadata` must be a mapping, not nothing
      write `name: …` below it
    web.yaml:26:1: error: `metadata.name` is missing
      `generateName` makes a new object each time; what is applied again and again needs a `name`
    web.yaml:30:18: error: `metadata.name` is empty
    web.yaml:30:45: error: `metadata.namespace` must be text, and `1` is a whole number
      quote it: "1"
    web.yaml:32:1: error: a manifest is a mapping, not a list
      write objects one after the other with `---` between them
    web.yaml:34:1: error: a manifest is a mapping, not text
      it starts with `apiVersion: …`
    web.yaml:38:18: error: `metadata.name` can't be `a/b`: `/` and `%` are not allowed
    web.yaml:42:18: error: `metadata.name` can't be `Web_1`: it has lower-case letters, digits, `-` and `.`, and starts and ends with a letter or digit
    web.yaml:50:44: error: `metadata.labels.branch` can't be `feature/x`
      a label has up to 63 letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit
    web.yaml:50:71: error: `metadata.labels.long` can't be `0123456789012345678901234567890123456789012345678901234567890123`
      a label has up to 63 letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit
    "#);
}

#[test]
fn texts_that_are_read_as_numbers_or_booleans_want_quotes() {
    insta::assert_snapshot!(wrong("\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {version: 1.20, yes: yes}
  annotations: {ready: true, at: 2026-01-02}
spec:
  template:
    metadata: {labels: {slot: 3}}
    spec:
      containers:
      - name: web
        env:
        - {name: PORT, value: 8080}
        - {name: DB_PASSWORD, value: 12345678}
        - {name: MODE, value: 0644}
        - {name: EMPTY, value: }
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {PORT: 8080, SIZE: .inf, LIST: [a], EMPTY: , WORD: no}
binaryData: {logo: logo.png}
---
apiVersion: v1
kind: Secret
metadata: {name: web}
data: {PASSWORD: canary-in-plain-text!, FINE: aGk=, NUMBER: 1234}
stringData: {PIN: 4711}
---
apiVersion: v1
kind: Secret
metadata: {name: web2}
data: canary-in-plain-text
"), @r#"
    web.yaml:5:21: error: `metadata.labels.version` must be text, and `1.20` is a number
      quote it: version: "1.20"
    web.yaml:6:24: error: `metadata.annotations.ready` must be text, and `true` is a boolean
      quote it: ready: "true"
    web.yaml:9:31: error: `spec.template.metadata.labels.slot` must be text, and `3` is a whole number
      quote it: slot: "3"
    web.yaml:14:31: error: the value of `PORT` must be text, and `8080` is a whole number
      quote it: value: "8080"
    web.yaml:15:38: error: the value of `DB_PASSWORD` must be text, not a whole number
      quote it: value: "…"
    web.yaml:16:31: error: the value of `MODE` must be text, and `0644` is a whole number
      quote it: value: "0644"
    web.yaml:6:34: warning: `2026-01-02` is a date for YAML and becomes `2026-01-02T00:00:00Z`
      quote it to keep it: "2026-01-02"
    web.yaml:22:14: error: `data.PORT` must be text, and `8080` is a whole number
      quote it: PORT: "8080"
    web.yaml:22:26: error: `data.SIZE` must be text, and `.inf` is a number
      quote it: SIZE: ".inf"
    web.yaml:22:38: error: `data.LIST` must be text, not a list
      write it as a block of text, after `|`
    web.yaml:23:20: error: `binaryData.logo` is not base64
      plain text belongs under `data`
    web.yaml:28:61: error: `data.NUMBER` must be text, not a whole number
      quote it: NUMBER: "…"
    web.yaml:29:19: error: `stringData.PIN` must be text, not a whole number
      quote it: PIN: "…"
    web.yaml:28:18: error: `data.PASSWORD` is not base64
      plain text belongs under `stringData`
    web.yaml:34:7: error: `data` must be a mapping, not text
    "#);
}

#[test]
fn broken_yaml_is_told_in_the_file_as_written() {
    insta::assert_snapshot!(wrong("apiVersion: v1\nkind: Service\nkind: Pod\nmetadata:\n  name: {{ .text }}\n  x: *none\n"), @"
    web.yaml:6:6: error: there is no anchor `&none` before this
    web.yaml:3:1: error: `kind` is set twice (first on line 2)
    ");
    insta::assert_snapshot!(wrong("{{ if true }}\n\tapiVersion: v1\n{{ end }}\n\tkind: Pod\n\tmetadata: {name: web}\n"), @"
    web.yaml:2:2: error: a tab stands where YAML wants spaces
      indent with spaces
    web.yaml:2:14: error: a tab stands where YAML wants spaces
      indent with spaces
    ");
}

#[test]
fn a_template_that_prints_no_value_is_told() {
    insta::assert_snapshot!(wrong("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels: {a: 'x-{{ .missing }}'}\n"), @"
    web.yaml:5:15: error: `metadata.labels.a` can't be `x-<no value>`
      a label has up to 63 letters, digits, `-`, `_` and `.`, and starts and ends with a letter or digit
    web.yaml:5:15: warning: a template printed `<no value>` here: what it names isn't there
      give it a value, or take `envOr NAME DEFAULT` or `default VALUE DEFAULT`
    ");
}

#[test]
fn an_object_that_is_there_twice_names_both_places() {
    let one = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
    let (mut all, _) = read_for(OwnerKind::Service, "a.yaml", &format!("{one}---\n{one}"));
    all.extend(
        read_for(OwnerKind::Service, "b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {}\n").0,
    );
    all.extend(
        read_for(
            OwnerKind::Service,
            "c.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: other}\n",
        )
        .0,
    );
    insta::assert_snapshot!(told(&Duplicates::default().find(&all)), @"
    a.yaml:7:18: warning: Service `web` is there twice, first at a.yaml:1
      one of the two can go
    b.yaml:3:18: warning: Service `web` is there already, at a.yaml:5: they differ, and this one wins
      keep one of the two, or give one another name
    ");
}
