//! What `render` shows.

use std::path::Path;
use std::sync::Arc;

use crate::stack::yaml::{Limits, parse};

use super::super::{OwnerKind, Secrets, json, print};
use super::{objects, read_for};

#[test]
fn objects_keep_their_order_and_read_like_what_people_write() {
    let text = objects(
        "\
apiVersion: apps/v1
kind: Deployment
metadata: &meta {name: '{{ .name }}', labels: {}, annotations: ~}
spec:
  replicas: 0x2
  mode: 0644
  ratio: 1e3
  precise: 1.50
  since: 2026-01-02T03:04:05Z
  words: [yes, 'no', \"on\", 1:30, '1_000', ~, true, <<]
  matrix: [[1, [2, {a: 3}]], [], [{}]]
  1: one
  'y': n
  ? {{ printf \"k%0200d\" 7 }}
  : {a: [b]}
  script: |
    set -e
    echo \"hi\"

    exit 0
  indented: |2-
      two
    none
  kept: |+
    a

  quoted: \"tab\\there\"
  again: {<<: *meta, extra: 'say \"hi\": now'}
",
    );
    insta::assert_snapshot!(print(&text, Secrets::Shown), @r#"
    # deploy/web.yaml:1 (service web)
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      labels: {}
      annotations: null
    spec:
      replicas: 2
      mode: 420
      ratio: 1000
      precise: 1.5
      since: "2026-01-02T03:04:05Z"
      words:
        - "yes"
        - "no"
        - "on"
        - "1:30"
        - "1_000"
        - null
        - true
        - "<<"
      matrix:
        - - 1
          - - 2
            - a: 3
        - []
        - - {}
      "1": one
      "y": "n"
      ? k00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000007
      :
        a:
          - b
      script: |
        set -e
        echo "hi"

        exit 0
      indented: |2-
          two
        none
      kept: |+
        a

      quoted: "tab\there"
      again:
        extra: 'say "hi": now'
        name: web
        labels: {}
        annotations: null
    "#);
}

#[test]
fn secrets_are_hidden_wherever_they_stand_unless_asked_for() {
    let file = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata:
    name: web
    labels: {app: web}
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"a\":\"Y2FuYXJ5LW9uZQ==\"}}'
      other-copy: '{\"password\":\"canary-two\"}'
      decoded: it was canary-one
      first-line: 'key: canary-line'
      as-json: '{\"k\":\"canary \\\"six\\\"\"}'
      note: rotated by hand
  type: Opaque
  immutable: true
  data: {a: Y2FuYXJ5LW9uZQ==, k: \"Y2FuYXJ5LWxpbmUK\\nYW5kIG1vcmU=\", j: Y2FuYXJ5ICJzaXgi}
  stringData: {b: canary-two, 'no': ''}
  stringdata: {c: canary-three}
- apiVersion: v1
  kind: Secret
  metadata: {name: empty}
  data: {}
- apiVersion: example.com/v1
  kind: Bundle
  metadata: {name: web}
  objects:
  - {apiVersion: v1, kind: Secret, metadata: {name: inner}, data: {d: Y2FuYXJ5LWZvdXI=}}
- apiVersion: example.com/v1
  kind: Secret
  metadata: {name: outer}
  spec: {shown: text}
  data: {e: canary-five}
";
    let hidden = print(&objects(file), Secrets::Hidden);
    assert!(!hidden.contains("canary") && !hidden.contains("Y2FuYXJ5"), "{hidden}");
    insta::assert_snapshot!(hidden, @r#"
    # deploy/web.yaml:4 (service web)
    apiVersion: v1
    kind: Secret
    metadata:
      name: web
      labels:
        app: web
      annotations:
        kubectl.kubernetes.io/last-applied-configuration: <hidden>
        other-copy: <hidden>
        decoded: <hidden>
        first-line: <hidden>
        as-json: <hidden>
        note: rotated by hand
    type: Opaque
    immutable: true
    data:
      a: <hidden>
      k: <hidden>
      j: <hidden>
    stringData:
      b: <hidden>
      "no": <hidden>
    stringdata:
      c: <hidden>
    ---
    # deploy/web.yaml:21 (service web)
    apiVersion: v1
    kind: Secret
    metadata:
      name: empty
    data: {}
    ---
    # deploy/web.yaml:25 (service web)
    apiVersion: example.com/v1
    kind: Bundle
    metadata:
      name: web
    objects:
      - apiVersion: v1
        kind: Secret
        metadata:
          name: inner
        data:
          d: <hidden>
    ---
    # deploy/web.yaml:30 (service web)
    apiVersion: example.com/v1
    kind: Secret
    metadata:
      name: outer
    spec:
      shown: text
    data:
      e: <hidden>
    "#);
    let shown = print(&objects(file), Secrets::Shown);
    for canary in ["Y2FuYXJ5LW9uZQ==", "canary-two", "canary-three", "Y2FuYXJ5LWZvdXI=", "canary-five"] {
        assert!(shown.contains(canary), "{canary}");
    }
}

#[test]
fn a_secret_whose_data_is_no_mapping_is_hidden_whole() {
    let (manifests, problems) = read_for(
        OwnerKind::Service,
        "web.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: [canary]\ndata: canary\n",
    );
    assert!(!print(&manifests, Secrets::Hidden).contains("canary"));
    assert!(problems.len() == 2 && !super::told(&problems).contains("canary"), "{}", super::told(&problems));
}

#[test]
fn no_name_breaks_out_of_its_comment() {
    let (mut manifests, _) = read_for(
        OwnerKind::Infrastructure,
        "a\nkind: Evil\u{2028}.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
    );
    manifests[0].owner.name = Arc::from("x\r\ny: z");
    insta::assert_snapshot!(print(&manifests, Secrets::Hidden), @r"
    # a\u{a}kind: Evil\u{2028}.yaml:1 (infrastructure x\u{d}\u{a}y: z)
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    ");
    manifests[0].file = Arc::from(Path::new("deploy/Жук.yaml"));
    assert!(print(&manifests, Secrets::Hidden).starts_with("# deploy/Жук.yaml:1 "));
}

#[test]
fn our_own_reader_reads_back_what_is_printed() {
    let manifests = objects(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: \"\\n\\tx\\n\", b: \" \\r\\0\", '<<': '=', c: \"a\\n\\n\\n\"}\n",
    );
    let parsed = parse(&print(&manifests, Secrets::Hidden), &Limits::default());
    assert_eq!(parsed.problems, []);
    assert_eq!(json(&parsed.documents[0]), json(&manifests[0].node));
}

#[test]
fn whatever_is_read_comes_back_from_what_is_printed() {
    use proptest::prelude::{ProptestConfig, proptest};
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(text in "([ -~\\n\\t&*<{}\\[\\]:'\"|>é-]|: |\n  |- |\n){0,80}")| {
        for node in parse(&text, &Limits::default()).documents {
            let mut manifest = objects("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n").remove(0);
            manifest.node = node;
            let printed = print(std::slice::from_ref(&manifest), Secrets::Shown);
            let again = parse(&printed, &Limits::default());
            assert_eq!(&again.problems, &[], "{printed}");
            assert_eq!(json(&again.documents[0]), json(&manifest.node), "{printed}");
        }
        let _ = read_for(OwnerKind::Service, "web.yaml", &text.replace("{{", "{ {"));
    });
}
