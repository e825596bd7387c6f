//! What `codexctl render` hides, and that what it prints stays what it is.

use insta::assert_snapshot;

use crate::scene::Scene;

const STACK: &str = "\
project: shop
environments:
  dev: {}
infrastructure:
  - name: secrets
    manifests:
      - path: secrets.yaml
services: []
";

const SECRETS: &str = r#"apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Secret
    metadata:
      name: inside-a-list
      annotations:
        kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"PASSWORD":"canary-in-list"}}'
    stringData:
      PASSWORD: canary-in-list
      EMPTY: ""
    data:
      TOKEN: Y2FuYXJ5LWVuY29kZWQ=
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: careless
data:
  URL: 'postgres://app:canary-in-list@postgres/app'
  QUOTED: "say \"{{ envOr "API_TOKEN" "" }}\" twice"
  ENCODED: Y2FuYXJ5LWVuY29kZWQ=
  PLAIN: canary-encoded
  script: |
    curl --header "Authorization: {{ envOr "API_TOKEN" "" }}" https://example.com
"#;

fn scene() -> Scene {
    Scene::with_files(&[("services.yaml", STACK), ("secrets.yaml", SECRETS)])
}

const TOKEN: &str = "canary: 'token' # {x}";

#[test]
fn data_of_secrets_and_secret_variables_are_hidden_wherever_they_stand() {
    let ran = scene().call(&["render", "--env", "dev"]).env("API_TOKEN", TOKEN).run();
    assert_snapshot!(ran.shown(), @r#"
    exit 0
    ── stdout
    # secrets.yaml:4 (infrastructure secrets)
    apiVersion: v1
    kind: Secret
    metadata:
      name: inside-a-list
      namespace: shop-dev
      annotations:
        kubectl.kubernetes.io/last-applied-configuration: <hidden>
    stringData:
      PASSWORD: <hidden>
      EMPTY: <hidden>
    data:
      TOKEN: <hidden>
    ---
    # secrets.yaml:16 (infrastructure secrets)
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: careless
      namespace: shop-dev
    data:
      URL: postgres://app:<hidden>@postgres/app
      QUOTED: say "<hidden>" twice
      ENCODED: <hidden>
      PLAIN: <hidden>
      script: |
        curl --header "Authorization: <hidden>" https://example.com
    "#);
    assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
}

#[test]
fn json_hides_the_same() {
    let ran = scene().call(&["render", "--env", "dev", "-o", "json"]).env("API_TOKEN", TOKEN).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("<hidden>").count(), 9, "{}", ran.stdout);
}

#[test]
fn everything_is_shown_when_asked_for() {
    let scene = scene();
    for output in ["plain", "json"] {
        let call = scene.call(&["render", "--env", "dev", "--show-secrets", "-o", output]).env("API_TOKEN", TOKEN);
        let shown = call.run().stdout;
        assert!(!shown.contains("<hidden>"), "{shown}");
        // Once as text of several lines; the other one may stand in quotes.
        assert!(shown.contains(TOKEN), "{shown}");
        assert!(shown.contains("canary-in-list") && shown.contains("Y2FuYXJ5LWVuY29kZWQ="), "{shown}");
    }
}

#[test]
fn a_mistake_beside_a_secret_does_not_show_it() {
    let scene = scene();
    scene.write(
        "secrets.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    a: canary-variable\n    b: 1\n",
    );
    let ran = scene.call(&["render", "--env", "dev"]).env("API_TOKEN", "canary-variable").run();
    assert_snapshot!(ran.refused(), @r#"
     × `metadata.labels.b` must be text, and `1` is a whole number
      ╭─[secrets.yaml:7:8]
    6 │     a: <hidden>
    7 │     b: 1
      ·        ─
      ╰────
     help: quote it: b: "1"
    "#);
}

#[test]
fn a_long_value_of_a_secret_is_hidden_elsewhere_whatever_its_key_and_names_are_not() {
    let scene = scene();
    scene.write(
        "secrets.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  DATABASE_URL: postgres://u:canary@h/db\n  \
         DB_USER: postgres\n  DB_NAME: shop-dev\n  DB_PASSWORD: swordfish\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  \
         name: careless\ndata:\n  URL: postgres://u:canary@h/db\n  USER: postgres\n  WORD: swordfish\n",
    );
    let ran = scene.run(&["render", "--env", "dev"]);
    let careless = ran.stdout.split("---\n").nth(1).unwrap_or_default();
    assert_snapshot!(careless, @"
    # secrets.yaml:11 (infrastructure secrets)
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: careless
      namespace: shop-dev
    data:
      URL: <hidden>
      USER: postgres
      WORD: <hidden>
    ");
}
