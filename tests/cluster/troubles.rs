//! An apply on a bad day: a server that fails, goes and comes back, few rights, a signal, a kill, somebody else at work.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;

use crate::cluster::{Cluster, cluster};
use crate::faulty::{Fault, Faulty};
use crate::rollout::{Stack, config_map, deployment};

fn ten() -> String {
    (0..10).map(|index| config_map(&format!("c{index}"), "a: b")).collect::<Vec<_>>().join("---\n")
}

fn all_there(stack: &Stack) -> bool {
    (0..10).all(|index| stack.get(&format!("configmaps/c{index}"))["data"]["a"] == "b")
}

#[test]
fn a_server_that_fails_now_and_then_changes_nothing_about_the_end() {
    for fault in [
        Fault::Answer(500),
        Fault::Answer(503),
        Fault::Busy(1),
        Fault::Reset,
        Fault::Lost,
        Fault::Slow(Duration::from_millis(300)),
    ] {
        let stack = Stack::of(&ten());
        let faulty = Faulty::before(cluster());
        faulty.fail(3, "PATCH", "*", fault);
        faulty.fail(1, "GET", "*/configmaps*", fault);
        let ran = stack.through(&faulty, &["apply"]).run();
        assert_eq!(ran.exit, 0, "{fault:?}: {}", ran.stderr);
        assert!(all_there(&stack), "{fault:?}");
    }
}

#[test]
fn an_api_server_that_stops_and_starts_in_the_middle_of_an_apply_is_waited_for() {
    let own = Cluster::start();
    let scene = crate::scene::Scene::stranger(&[("services.yaml", crate::scene::STACK), ("deploy/web.yaml", &ten())]);
    let faulty = Faulty::before(&own);
    faulty.fail(6, "PATCH", "*", Fault::Slow(Duration::from_millis(700)));
    std::fs::write(scene.path("kubeconfig"), faulty.kubeconfig(&json!({}))).unwrap();
    let call = scene.call(&["apply", "--env", "dev", "--concurrency", "1"]).env("KUBECONFIG", scene.path("kubeconfig"));
    let running = call.start();
    own.until("it has begun", || faulty.asked().iter().any(|asked| asked.starts_with("PATCH")));
    own.stop_part("kube-apiserver");
    std::thread::sleep(Duration::from_secs(2));
    own.start_part("kube-apiserver");
    let ran = running.end();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("objects_created: 10"), "{}", ran.stdout);
}

#[test]
fn whoever_has_rights_in_one_namespace_only_can_apply_there() {
    let stack = Stack::of(&[config_map("web", "a: b"), deployment("web", "")].join("---\n"));
    let rules = json!([
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create", "patch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "create", "patch"]},
    ]);
    let kubeconfig = limited(&stack, &rules);
    let applied = stack.as_user(&kubeconfig, &["apply"]).run();
    assert_snapshot!(stack.shown(&applied), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 2
    objects_changed: 0
    objects_unchanged: 0
    objects_deleted: 0
    ── stderr
    created    ConfigMap web (deploy/web.yaml:1)
    created    Deployment web (deploy/web.yaml:8)
    ✓ services        2 created
    ");
    let again = stack.as_user(&kubeconfig, &["apply"]).run();
    assert!(again.stdout.contains("objects_unchanged: 2"), "{}{}", again.stdout, again.stderr);
}

#[test]
fn a_right_that_is_missing_is_named_with_the_way_out() {
    let stack = Stack::of(&[config_map("web", "a: b"), deployment("web", "")].join("---\n"));
    let rules = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create", "patch"]}]);
    let ran = stack.as_user(&limited(&stack, &rules), &["apply"]).run();
    assert_snapshot!(stack.shown(&ran), @"
    exit 1
    ── stderr
    created    ConfigMap web (deploy/web.yaml:1)
    ✗ services        1 created
      × Deployment web is refused: user `ann` may not patch deployments in NS
       ╭─[deploy/web.yaml:8:1]
     7 │ ---
     8 │ apiVersion: apps/v1
       · ─
     9 │ kind: Deployment
       ╰────
      help: a Role or ClusterRole must allow it to get, list, create and patch deployments
    ");
}

/// A kubeconfig of somebody with these rights in the stack's namespace.
fn limited(stack: &Stack, rules: &serde_json::Value) -> String {
    let namespace = &stack.namespace.name;
    let rbac = |kind: &str| format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/{kind}");
    let api_version = "rbac.authorization.k8s.io/v1";
    let metadata = json!({"name": "agent"});
    cluster().create(
        &stack.path("serviceaccounts"),
        &json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
    );
    cluster().create(
        &rbac("roles"),
        &json!({"apiVersion": api_version, "kind": "Role", "metadata": metadata, "rules": rules}),
    );
    let subject = json!({"kind": "ServiceAccount", "name": "agent", "namespace": namespace});
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "agent"});
    let binding = json!({"apiVersion": api_version, "kind": "RoleBinding", "metadata": metadata, "roleRef": role, "subjects": [subject]});
    cluster().create(&rbac("rolebindings"), &binding);
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let token = cluster().ask(http::Method::POST, &stack.path("serviceaccounts/agent/token"), Some(&request)).unwrap();
    let path = stack.scene.path("limited");
    cluster().kubeconfig_of(&path, &json!({"token": token["status"]["token"]}));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn a_killed_apply_is_gone_on_with_at_once() {
    let stack = Stack::of(&ten());
    let faulty = Faulty::before(cluster());
    faulty.fail(8, "PATCH", "*/c*", Fault::Slow(Duration::from_secs(2)));
    let running = stack.through(&faulty, &["apply", "--concurrency", "2"]).start();
    cluster().until("it has begun", || {
        faulty.asked().iter().any(|asked| asked.starts_with("POST") && asked.contains("lease"))
    });
    running.signal(rustix::process::Signal::KILL);
    assert_ne!(running.end().exit, 0);
    let ran = stack.call(&["apply"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(all_there(&stack));
}
