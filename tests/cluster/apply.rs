//! `codexctl apply` and `diff` at a real API server: what is sent, what isn't, and what the server refuses.

use insta::assert_snapshot;

use crate::cluster::cluster;
use crate::faulty::Faulty;
use crate::rollout::{Stack, config_map, deployment};

fn web() -> String {
    let secret =
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\nstringData:\n  password: canary-of-a-password\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n  ports:\n  - port: 80\n";
    [deployment("web", ""), service.to_owned(), secret.to_owned(), config_map("web", "colour: red")].join("---\n")
}

/// What was written to the cluster: not the lease, which each command takes and gives back.
fn written(faulty: &Faulty) -> Vec<String> {
    let writes = |asked: &String| !asked.starts_with("GET") && !asked.contains("/leases");
    let names = |asked: String| asked.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" ");
    faulty.asked().into_iter().filter(writes).map(names).collect()
}

#[test]
fn what_others_need_is_applied_first_and_what_holds_is_not_sent_again() {
    let stack = Stack::of(&web());
    assert_snapshot!(stack.says(&["apply"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 4
    objects_changed: 0
    objects_unchanged: 0
    objects_deleted: 0
    ── stderr
    created    Secret web (deploy/web.yaml:25)
    created    ConfigMap web (deploy/web.yaml:32)
    created    Service web (deploy/web.yaml:16)
    created    Deployment web (deploy/web.yaml:1)
    ✓ services        4 created
    ");
    let faulty = Faulty::before(cluster());
    let again = stack.through(&faulty, &["apply"]).run();
    assert_snapshot!(stack.shown(&again), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 0
    objects_changed: 0
    objects_unchanged: 4
    objects_deleted: 0
    ── stderr
    ✓ services        4 unchanged
    ");
    assert_eq!(written(&faulty), Vec::<String>::new());
    stack.becomes(&web().replace("red", "blue"));
    let changed = stack.through(&faulty, &["apply"]).run();
    assert_eq!(changed.exit, 0, "{}", changed.stderr);
    assert_eq!(written(&faulty), [format!("PATCH {}", stack.path("configmaps/web"))]);
    assert_eq!(stack.get("configmaps/web")["data"]["colour"], "blue");
}

#[test]
fn what_somebody_took_away_comes_back() {
    let stack = Stack::of(&web());
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    stack.kubectl(&["delete", "service", "web"]);
    let patch = serde_json::json!([{"op": "remove", "path": "/data/colour"}]);
    cluster().patch(&stack.path("configmaps/web"), &patch);
    assert_snapshot!(stack.says(&["apply"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 1
    objects_changed: 1
    objects_unchanged: 2
    objects_deleted: 0
    ── stderr
    changed    ConfigMap web (deploy/web.yaml:32)
    created    Service web (deploy/web.yaml:16)
    ✓ services        1 created, 1 changed, 2 unchanged
    ");
    assert_eq!(stack.get("configmaps/web")["data"]["colour"], "red");
}

#[test]
fn a_diff_says_what_an_apply_would_change_and_changes_nothing() {
    let stack = Stack::of(&web());
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    assert_snapshot!(stack.says(&["diff", "--exit-code"]), @"
    exit 0
    ── stderr
    dev is as its manifests say
    ");
    let changed =
        web().replace("red", "blue").replace("canary-of-a-password", "another-canary").replace("web:1", "web:2");
    stack.becomes(&(changed + "---\n" + &config_map("new", "a: b")));
    let before = stack.get("configmaps/web")["metadata"]["resourceVersion"].clone();
    assert_snapshot!(stack.says(&["diff", "--exit-code"]), @"
    exit 1
    ── stdout
    --- Deployment web (on the cluster)
    +++ Deployment web (deploy/web.yaml:1)
    @@ -24,7 +24,7 @@
         spec:
           containers:
             - name: web
    -          image: registry/web:1
    +          image: registry/web:2
               imagePullPolicy: IfNotPresent
               resources: {}
               terminationMessagePath: /dev/termination-log
    --- Secret web (on the cluster)
    +++ Secret web (deploy/web.yaml:25)
    @@ -4,5 +4,5 @@
       name: web
       namespace: NS
     data:
    -  password: <hidden> (before)
    +  password: <hidden> (after)
     type: Opaque
    --- ConfigMap web (on the cluster)
    +++ ConfigMap web (deploy/web.yaml:32)
    @@ -4,4 +4,4 @@
       name: web
       namespace: NS
     data:
    -  colour: red
    +  colour: blue
    --- (not there)
    +++ ConfigMap new (deploy/web.yaml:39)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: NS
    +data:
    +  a: b
    ");
    assert_eq!(stack.get("configmaps/web")["metadata"]["resourceVersion"], before);
    assert!(stack.get("configmaps/new").is_null());
}

#[test]
fn kinds_that_the_stack_itself_defines_come_with_their_objects() {
    let stack = Stack::of("");
    let group = format!("{}.example.com", stack.namespace.name);
    let definition = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.{group}\nspec:\n  group: {group}\n  \
         scope: Namespaced\n  names: {{kind: Widget, plural: widgets}}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      \
         openAPIV3Schema: {{type: object, x-kubernetes-preserve-unknown-fields: true}}\n"
    );
    let widget = format!("apiVersion: {group}/v1\nkind: Widget\nmetadata:\n  name: web\nspec: {{size: 3}}\n");
    stack.becomes(&format!("{widget}---\n{definition}"));
    assert_snapshot!(stack.says(&["apply", "--preflight"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 2
    objects_changed: 0
    objects_unchanged: 0
    objects_deleted: 0
    ── stderr
    note: not checked beforehand, as only this apply makes it possible: Widget web
    ✓ preflight       1 objects
    created    CustomResourceDefinition widgets.NS.example.com (deploy/web.yaml:7)
    created    Widget web (deploy/web.yaml:1)
    ✓ services        2 created
    ");
    assert_snapshot!(stack.says(&["apply"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 0
    objects_changed: 0
    objects_unchanged: 2
    objects_deleted: 0
    ── stderr
    ✓ services        2 unchanged
    ");
    stack.kubectl(&["delete", "crd", &format!("widgets.{group}"), "--wait=false"]);
}

#[test]
fn a_refusal_is_told_at_its_place_and_a_preflight_tells_all_before_anything_is_applied() {
    let wrong =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - name: web\n    port: 99999\n";
    let unknown = deployment("late", "  replica: 2\n");
    let stack = Stack::of(&[config_map("web", "a: b"), wrong.to_owned(), unknown].join("---\n"));
    assert_snapshot!(stack.says(&["apply", "--preflight"]), @"
    exit 1
    ── stderr
    ✗ preflight       2 of 3 objects would be refused
      × Service web is refused: spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and
      │ 65535, inclusive
        ╭─[deploy/web.yaml:14:5]
     13 │   ports:
     14 │   - name: web
        ·     ─
     15 │     port: 99999
        ╰────
      × Service web is refused: spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535,
      │ inclusive
        ╭─[deploy/web.yaml:15:11]
     14 │   - name: web
     15 │     port: 99999
        ·           ─
     16 │ ---
        ╰────
      × Deployment late is refused: spec.replica: Deployment has no such field
        ╭─[deploy/web.yaml:22:12]
     21 │ spec:
     22 │   replica: 2
        ·            ─
     23 │   selector:
        ╰────
    ");
    assert!(stack.get("configmaps/web").is_null(), "nothing is applied");
    assert_snapshot!(stack.says(&["apply"]), @"
    exit 1
    ── stderr
    created    ConfigMap web (deploy/web.yaml:1)
    ✗ services        1 created
      × Service web is refused: spec.ports[0].targetPort: Invalid value: 99999: must be between 1 and
      │ 65535, inclusive
        ╭─[deploy/web.yaml:14:5]
     13 │   ports:
     14 │   - name: web
        ·     ─
     15 │     port: 99999
        ╰────
      × Service web is refused: spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535,
      │ inclusive
        ╭─[deploy/web.yaml:15:11]
     14 │   - name: web
     15 │     port: 99999
        ·           ─
     16 │ ---
        ╰────
    ");
    assert_eq!(stack.get("configmaps/web")["data"]["a"], "b", "what came before it is");
}

#[test]
fn a_quota_that_is_used_up_says_what_to_do() {
    let stack =
        Stack::of(&[config_map("one", "a: b"), config_map("two", "a: b"), config_map("three", "a: b")].join("---\n"));
    let quota = serde_json::json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": {"count/configmaps": "1"}}});
    cluster().create(&stack.path("resourcequotas"), &quota);
    cluster().until("the quota is counted", || stack.get("resourcequotas/small")["status"]["hard"].is_object());
    let ran = stack.call(&["apply"]).run();
    assert_eq!(ran.exit, 1);
    assert!(ran.stderr.contains("the namespace's quota would be exceeded: small"), "{}", ran.stderr);
    assert!(ran.stderr.contains("raise the ResourceQuota"), "{}", ran.stderr);
}
