//! Each kind of mistake in a manifest, as `validate` tells it with a real cluster's schemas.

use crate::cluster::cluster;
use crate::scene::{STACK, Scene};

/// A Deployment with something in its container, its pod, and its spec.
fn deployment(container: &str, pod: &str, spec: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {{app: web}}
{spec}  template:
    metadata:
      labels: {{app: web}}
    spec:
{pod}      containers:
      - name: web
        image: web:1
{container}"
    )
}

fn told(manifests: &str) -> String {
    Scene::manifests(manifests).validate()
}

#[test]
fn an_unknown_field_is_told_with_the_one_that_was_meant() {
    insta::assert_snapshot!(told(&deployment("        imagePullPolcy: Always\n", "", "")), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × unknown field `spec.template.spec.containers[0].imagePullPolcy`
        ╭─[deploy/web.yaml:15:9]
     14 │         image: web:1
     15 │         imagePullPolcy: Always
        ·         ──────────────
        ╰────
      help: did you mean `imagePullPolicy`?
    ");
}

#[test]
fn a_field_one_level_too_far_out_is_told_with_its_home() {
    insta::assert_snapshot!(told(&deployment("", "      imagePullPolicy: Always\n", "")), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × unknown field `spec.template.spec.imagePullPolicy`
        ╭─[deploy/web.yaml:12:7]
     11 │     spec:
     12 │       imagePullPolicy: Always
        ·       ───────────────
     13 │       containers:
        ╰────
      help: it is a field of `spec.template.spec.containers`: check how far it is indented
    ");
}

#[test]
fn a_wrong_type_is_told_with_the_way_to_write_it() {
    let container = "        args: [--port, 8080]\n        ports: {containerPort: 80}\n        resources: {requests: {cpu: true}}\n";
    insta::assert_snapshot!(told(&deployment(container, "", "  replicas: two\n")), @r#"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 4 errors, no warnings
    ── stderr
      × `spec.replicas` must be a whole number, and `two` is text
       ╭─[deploy/web.yaml:8:13]
     7 │     matchLabels: {app: web}
     8 │   replicas: two
       ·             ───
     9 │   template:
       ╰────
      × `spec.template.spec.containers[0].args[1]` must be text, and `8080` is a whole number
        ╭─[deploy/web.yaml:16:24]
     15 │         image: web:1
     16 │         args: [--port, 8080]
        ·                        ────
     17 │         ports: {containerPort: 80}
        ╰────
      help: quote it: "8080"
      × `spec.template.spec.containers[0].ports` must be a list, not a mapping
        ╭─[deploy/web.yaml:17:16]
     16 │         args: [--port, 8080]
     17 │         ports: {containerPort: 80}
        ·                ───────────────────
     18 │         resources: {requests: {cpu: true}}
        ╰────
      help: write `- ` before each item
      × `spec.template.spec.containers[0].resources.requests.cpu` must be text or a number, and `true`
      │ is a boolean
        ╭─[deploy/web.yaml:18:37]
     17 │         ports: {containerPort: 80}
     18 │         resources: {requests: {cpu: true}}
        ·                                     ────
        ╰────
    "#);
}

#[test]
fn a_yes_that_kubectl_would_take_for_true_is_told_as_the_text_that_it_is() {
    insta::assert_snapshot!(told(&deployment("", "      hostNetwork: yes\n", "  paused: \"false\"\n")), @r#"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 2 errors, no warnings
    ── stderr
      × `spec.paused` must be true or false, and `"false"` is text
       ╭─[deploy/web.yaml:8:11]
     7 │     matchLabels: {app: web}
     8 │   paused: "false"
       ·           ───────
     9 │   template:
       ╰────
      help: write false without quotes
      × `spec.template.spec.hostNetwork` must be true or false, and `yes` is text
        ╭─[deploy/web.yaml:13:20]
     12 │     spec:
     13 │       hostNetwork: yes
        ·                    ───
     14 │       containers:
        ╰────
      help: kubectl alone would read it as a boolean; write true
    "#);
}

#[test]
fn a_field_that_must_be_there_is_told_at_what_lacks_it() {
    insta::assert_snapshot!(told("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n"), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 2 errors, no warnings
    ── stderr
      × `spec.selector` is missing
       ╭─[deploy/web.yaml:5:1]
     4 │   name: web
     5 │ spec:
       · ─
     6 │   replicas: 1
       ╰────
      × `spec.template` is missing
       ╭─[deploy/web.yaml:5:1]
     4 │   name: web
     5 │ spec:
       · ─
     6 │   replicas: 1
       ╰────
    ");
}

#[test]
fn a_word_that_is_none_of_the_known_ones_is_told() {
    insta::assert_snapshot!(told(&deployment("        imagePullPolicy: always\n", "", "  strategy: {type: BlueGreen}\n")), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 2 errors, no warnings
    ── stderr
      × `spec.strategy.type` can't be `BlueGreen`
       ╭─[deploy/web.yaml:8:20]
     7 │     matchLabels: {app: web}
     8 │   strategy: {type: BlueGreen}
       ·                    ─────────
     9 │   template:
       ╰────
      help: it is one of `Recreate`, `RollingUpdate`
      × `spec.template.spec.containers[0].imagePullPolicy` can't be `always`
        ╭─[deploy/web.yaml:16:26]
     15 │         image: web:1
     16 │         imagePullPolicy: always
        ·                          ──────
        ╰────
      help: did you mean `Always`?
    ");
}

#[test]
fn a_number_over_its_bits_is_told() {
    insta::assert_snapshot!(told(&deployment("", "", "  replicas: 3000000000\n")), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × `spec.replicas` can't be 3000000000: that is over the range of 32 bits
       ╭─[deploy/web.yaml:8:13]
     7 │     matchLabels: {app: web}
     8 │   replicas: 3000000000
       ·             ──────────
     9 │   template:
       ╰────
    ");
}

#[test]
fn two_variables_of_one_name_are_told_as_server_side_apply_would_refuse_them() {
    let container = "        env:\n        - {name: A, value: x}\n        - {name: A, value: z}\n";
    let namespace = cluster().namespace();
    let refusal = cluster()
        .apply(&format!("apis/apps/v1/namespaces/{}/deployments/web", namespace.name), &deployment(container, "", ""));
    insta::assert_snapshot!(refusal.unwrap_err().message, @r#"failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="web"].env: duplicate entries for key [name="A"]"#);
    insta::assert_snapshot!(told(&deployment(container, "", "")), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × `spec.template.spec.containers[0].env` has name `A` twice (first on line 16)
        ╭─[deploy/web.yaml:17:18]
     16 │         - {name: A, value: x}
     17 │         - {name: A, value: z}
        ·                  ─
        ╰────
      help: take one of them away: the server would not know which one counts
    ");
}

#[test]
fn a_kind_that_the_cluster_does_not_have_is_told_with_the_one_that_was_meant() {
    insta::assert_snapshot!(told("apiVersion: apps/v1\nkind: Deploymnt\nmetadata:\n  name: web\n"), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × https://server has no kind `Deploymnt` in `apps/v1`
       ╭─[deploy/web.yaml:2:7]
     1 │ apiVersion: apps/v1
     2 │ kind: Deploymnt
       ·       ─────────
     3 │ metadata:
       ╰────
      help: did you mean `Deployment`?
    ");
}

#[test]
fn a_version_that_the_cluster_no_longer_has_is_told_with_those_that_it_has() {
    insta::assert_snapshot!(told("apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: web\n"), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × https://server has no kind `Ingress` in `extensions/v1beta1`
       ╭─[deploy/web.yaml:1:13]
     1 │ apiVersion: extensions/v1beta1
       ·             ──────────────────
     2 │ kind: Ingress
       ╰────
      help: it has `Ingress` in `networking.k8s.io/v1`
    ");
    insta::assert_snapshot!(told("apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\n"), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × https://server has no kind `PodDisruptionBudget` in `policy/v1beta1`
       ╭─[deploy/web.yaml:1:13]
     1 │ apiVersion: policy/v1beta1
       ·             ──────────────
     2 │ kind: PodDisruptionBudget
       ╰────
      help: it has `PodDisruptionBudget` in `policy/v1`
    ");
}

#[test]
fn a_secret_is_told_about_without_its_values() {
    let scene = Scene::with(&[
        ("services.yaml", STACK),
        (
            "deploy/web.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\nimmutable: {{ envOr \"PIN\" \"\" }}\ntyp: Opaque\n",
        ),
    ]);
    let ran = scene.call(&["validate", "--color", "never"]).env("PIN", "4711").run();
    assert!(!ran.stderr.contains("4711"), "{}", ran.stderr);
    insta::assert_snapshot!(scene.shown(&ran), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 2 errors, no warnings
    ── stderr
      × deploy/web.yaml:5:12: `immutable` must be true or false, not a whole number
      × deploy/web.yaml:6:1: unknown field `typ`
      help: did you mean `type`?
    ");
}

#[test]
fn a_mistake_of_a_template_is_told_where_its_author_wrote_it() {
    let manifests = deployment("", "", "  replicas: {{ envOr \"REPLICAS\" \"two\" }}\n");
    let manifests = format!("{{{{- $unused := \"x\" }}}}\n{{{{ if eq .Env \"dev\" }}}}\n{manifests}{{{{ end }}}}\n");
    insta::assert_snapshot!(told(&manifests), @r#"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × `spec.replicas` must be a whole number, and `two` is text
        ╭─[deploy/web.yaml:10:13]
      9 │     matchLabels: {app: web}
     10 │   replicas: {{ envOr "REPLICAS" "two" }}
        ·             ─
     11 │   template:
        ╰────
    "#);
}

#[test]
fn machines_get_every_problem_with_file_line_and_hint() {
    let scene = Scene::manifests(&deployment("        imagePullPolcy: Always\n", "", ""));
    let ran = scene.call(&["validate", "-o", "json"]).run();
    insta::assert_snapshot!(ran.stdout.replace(&cluster().server(), "https://server"), @r#"
    {
      "environments": [
        "dev"
      ],
      "manifests": 1,
      "objects": 1,
      "errors": 1,
      "warnings": 0,
      "notices": 0,
      "problems": [
        {
          "severity": "error",
          "file": "deploy/web.yaml",
          "line": 15,
          "column": 9,
          "text": "unknown field `spec.template.spec.containers[0].imagePullPolcy`",
          "hint": "did you mean `imagePullPolicy`?",
          "environments": [
            "dev"
          ]
        }
      ]
    }
    "#);
}
