//! What is deleted: left-over objects by `--prune`, everything by `destroy`, and nothing else.

use insta::assert_snapshot;
use serde_json::json;

use crate::cluster::cluster;
use crate::rollout::{Stack, config_map};

const CLAIM: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  accessModes: [ReadWriteOnce]\n  \
                     resources: {requests: {storage: 1Gi}}\n";

#[test]
fn only_what_an_earlier_apply_made_is_pruned_and_claims_only_when_asked() {
    let stack = Stack::of(&[config_map("one", "a: b"), config_map("two", "a: b"), CLAIM.to_owned()].join("---\n"));
    let foreign = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "foreign"}});
    cluster().create(&stack.path("configmaps"), &foreign);
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    let parent = stack.get("configmaps/codexctl-applyset");
    assert_eq!(parent["metadata"]["annotations"]["applyset.kubernetes.io/tooling"], "codexctl/v1");
    assert_eq!(
        parent["metadata"]["annotations"]["applyset.kubernetes.io/contains-group-kinds"],
        "ConfigMap,PersistentVolumeClaim"
    );
    let set = &parent["metadata"]["labels"]["applyset.kubernetes.io/id"];
    assert_eq!(stack.get("configmaps/one")["metadata"]["labels"]["applyset.kubernetes.io/part-of"], *set);

    stack.becomes(&config_map("one", "a: b"));
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    assert!(!stack.get("configmaps/two").is_null(), "without --prune nothing is deleted");
    assert_snapshot!(stack.says(&["apply", "--prune"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 0
    objects_changed: 0
    objects_unchanged: 1
    objects_deleted: 1
    ── stderr
    ✓ services        1 unchanged
    deleted    ConfigMap two
    ✓ prune           1 deleted
    note: left over, but kept for their data: data (--prune-data deletes them)
    ");
    assert!(stack.get("configmaps/two").is_null());
    assert!(!stack.get("configmaps/foreign").is_null());
    assert!(!stack.get("persistentvolumeclaims/data").is_null());
    assert_eq!(stack.call(&["apply", "--prune", "--prune-data"]).run().exit, 0);
    let claim = stack.get("persistentvolumeclaims/data");
    assert!(claim.is_null() || !claim["metadata"]["deletionTimestamp"].is_null());
}

#[test]
fn a_filter_and_prune_together_are_refused() {
    let stack = Stack::of(&config_map("one", "a: b"));
    assert_snapshot!(stack.says(&["apply", "--prune", "--only-services", "web"]), @"
    exit 2
    ── stderr
    error: --prune deletes what this apply no longer has, and a filter leaves out what is still wanted: give one of the two
    ");
}

#[test]
fn a_service_that_when_leaves_out_counts_as_gone() {
    let file = "project: shop\nenvironments: {dev: {}}\nservices:\n- name: web\n  manifests: [{path: deploy/web.yaml}]\n- name: extra\n  \
                when: '{{ envOr \"EXTRA\" \"true\" }}'\n  manifests: [{path: deploy/extra.yaml}]\n";
    let (web, extra) = (config_map("web", "a: b"), config_map("extra", "a: b"));
    let stack = Stack::with(&[("services.yaml", file), ("deploy/web.yaml", &web), ("deploy/extra.yaml", &extra)]);
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    assert!(!stack.get("configmaps/extra").is_null());
    assert_eq!(stack.call(&["apply", "--prune"]).env("EXTRA", "false").run().exit, 0);
    assert!(stack.get("configmaps/extra").is_null());
    assert!(!stack.get("configmaps/web").is_null());
}

#[test]
fn destroy_deletes_the_stack_and_leaves_data_namespace_and_what_is_others() {
    let stack = Stack::of(&[config_map("one", "a: b"), CLAIM.to_owned()].join("---\n"));
    let foreign = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "foreign"}});
    cluster().create(&stack.path("configmaps"), &foreign);
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    assert_snapshot!(stack.says(&["destroy"]), @"
    exit 2
    ── stderr
    error: destroy deletes what the environment has, and nobody can be asked here: give --yes
    ");
    assert_snapshot!(stack.says(&["destroy", "--yes"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_deleted: 1
    namespace_deleted: false
    ── stderr
    deleted    ConfigMap one (deploy/web.yaml:1)
    ✓ services        1 deleted
    ");
    assert!(stack.get("configmaps/one").is_null());
    assert!(!stack.get("configmaps/foreign").is_null());
    assert!(!stack.get("persistentvolumeclaims/data").is_null());
    assert_snapshot!(stack.says(&["destroy", "--yes"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_deleted: 0
    namespace_deleted: false
    ── stderr
    ✓ services        nothing to do
    ");
}

#[test]
fn an_object_that_is_held_back_is_named_with_who_holds_it() {
    let held = config_map("held", "a: b").replace("  name: held\n", "  name: held\n  finalizers: [example.com/slow]\n");
    let stack = Stack::of(&held);
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    assert_snapshot!(stack.says(&["destroy", "--yes", "--wait-timeout", "1s"]), @"
    exit 4
    ── stderr
    deleted    ConfigMap held (deploy/web.yaml:1)
    ✗ services        1 deleted
    error: still there when the time was over: ConfigMap held (held back by example.com/slow)
      whoever set these finalizers has to take them away
    ");
    cluster().patch(&stack.path("configmaps/held"), &json!([{"op": "remove", "path": "/metadata/finalizers"}]));
    cluster().until("it is gone", || stack.get("configmaps/held").is_null());
}

#[test]
fn a_slot_goes_with_its_namespace() {
    let stack = Stack::of(&[config_map("one", "a: b"), CLAIM.to_owned()].join("---\n"));
    let slot = format!("{}-slot", stack.namespace.name);
    let call = |words: &[&str]| {
        let mut all = words.to_vec();
        all.extend(["--env", "dev", "--slot", "3", "--namespace", &slot]);
        stack.scene.call(&all).run()
    };
    let applied = call(&["apply", "--issue", "7"]);
    assert_eq!(applied.exit, 0, "{}", applied.stderr);
    let namespace = cluster().ask(http::Method::GET, &format!("/api/v1/namespaces/{slot}"), None).unwrap();
    assert_eq!(namespace["metadata"]["labels"]["codexctl.dev/slot"], "3");
    assert_eq!(namespace["metadata"]["annotations"]["codexctl.dev/issue"], "7");
    let destroyed = call(&["destroy", "--yes"]);
    assert_eq!(destroyed.exit, 0, "{}", destroyed.stderr);
    assert!(destroyed.stdout.contains("namespace_deleted: true"), "{}", destroyed.stdout);
    assert!(cluster().ask(http::Method::GET, &format!("/api/v1/namespaces/{slot}"), None).is_err());
}

#[test]
fn environments_that_share_a_namespace_leave_each_others_objects_alone() {
    let file = "project: shop\nenvironments: {dev: {}, repair: {from: dev}}\nservices:\n- name: web\n  when: '{{ eq .Env \"dev\" }}'\n  \
                manifests: [{path: deploy/web.yaml}]\n- name: agent\n  when: '{{ eq .Env \"repair\" }}'\n  manifests: [{path: deploy/agent.yaml}]\n";
    let (web, agent) = (config_map("web", "a: b"), config_map("agent", "a: b"));
    let stack = Stack::with(&[("services.yaml", file), ("deploy/web.yaml", &web), ("deploy/agent.yaml", &agent)]);
    let repair = |words: &[&str]| {
        let mut all = words.to_vec();
        all.extend(["--env", "repair", "--namespace", &stack.namespace.name]);
        let ran = stack.scene.call(&all).run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
    };
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    repair(&["apply", "--prune"]);
    assert!(!stack.get("configmaps/web").is_null(), "the repair's prune");
    assert_eq!(stack.call(&["apply", "--prune"]).run().exit, 0);
    assert!(!stack.get("configmaps/agent").is_null(), "dev's prune");
    repair(&["destroy", "--yes"]);
    assert!(stack.get("configmaps/agent").is_null());
    assert!(!stack.get("configmaps/web").is_null(), "the repair's destroy");
}

#[test]
fn a_slot_whose_namespace_is_gone_already_is_destroyed_at_once() {
    let stack = Stack::of(&config_map("one", "a: b"));
    let gone = format!("{}-gone", stack.namespace.name);
    let ran = stack.scene.call(&["destroy", "--yes", "--env", "dev", "--slot", "3", "--namespace", &gone]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("objects_deleted: 0"), "{}", ran.stdout);
}
