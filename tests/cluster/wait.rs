//! Waiting at a real API server. The pods are nobody's: the tests say how they are.

use codexctl_action::deploy::wait::{End, State, WaitOptions};
use codexctl_action::secrets::{Redactor, Secret};
use http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::cluster::{Namespace, cluster};
use crate::scene::Scene;
use crate::waiting::{Waiting, becomes, event, options, pod, ready, told, waits, wanted};

/// Waits for some pods as the administrator.
fn pods(namespace: &Namespace, names: &[&str], options: WaitOptions) -> Waiting {
    let wanted = names.iter().map(|name| wanted(namespace, "v1", "Pod", name)).collect();
    Waiting::start(&cluster().kubeconfig, wanted, options)
}

/// Without what differs from run to run.
fn scrubbed(text: &str) -> String {
    let ago = regex::Regex::new(r"\d+h( \d+m)? ago").unwrap();
    ago.replace_all(text, "<long> ago").into_owned()
}

#[test]
fn a_wait_ends_when_the_last_object_is_ready() {
    let namespace = cluster().namespace();
    pod(&namespace, "one");
    pod(&namespace, "two");
    becomes(&namespace, "one", &ready());
    let waiting = pods(&namespace, &["one", "two"], options());
    waiting.until("Pod two: it has not started yet");
    becomes(&namespace, "two", &waits("ContainerCreating"));
    becomes(&namespace, "two", &ready());
    let (waited, said) = waiting.end();
    assert_eq!(waited.end, End::Ready);
    assert_eq!(said, ["Pod two: ready"]);
}

#[test]
fn an_object_that_comes_later_is_seen() {
    let namespace = cluster().namespace();
    let waiting = pods(&namespace, &["late"], options());
    waiting.until("Pod late: not there");
    pod(&namespace, "late");
    waiting.until("Pod late: it has not started yet");
    becomes(&namespace, "late", &ready());
    assert_eq!(waiting.end().0.end, End::Ready);
}

#[test]
fn an_image_that_can_not_be_pulled_ends_the_wait_with_its_events() {
    let namespace = cluster().namespace();
    pod(&namespace, "web");
    pod(&namespace, "other");
    event(
        &namespace,
        "web",
        "Failed",
        "Failed to pull image \"registry/web:1\": the password canary-of-a-password is wrong",
    );
    event(&namespace, "other", "Failed", "of somebody else");
    becomes(&namespace, "web", &waits("ImagePullBackOff"));
    let redactor = Redactor::default();
    redactor.add(&Secret::new("canary-of-a-password".to_owned()));
    let (waited, _) = pods(&namespace, &["other", "web"], WaitOptions { redactor, ..options() }).end();
    assert_eq!(waited.end, End::Failed);
    assert_snapshot!(scrubbed(&told(&waited)), @r#"
    error: deploy/web.yaml:1: Pod web won't be ready: the image registry/web:1 of container web can't be pulled (ImagePullBackOff)
      last events:
        <long> ago  Failed (×3)  Failed to pull image "registry/web:1": the password <hidden> is wrong
    error: the wait ended after 0s: 0 of 2 ready
      not ready: Pod web
      still on their way: Pod other
    "#);
}

#[test]
fn when_the_time_is_up_it_is_said_what_was_and_what_was_not_ready() {
    let namespace = cluster().namespace();
    pod(&namespace, "well");
    pod(&namespace, "slow");
    becomes(&namespace, "well", &ready());
    let short = WaitOptions { timeout: std::time::Duration::from_secs(2), ..options() };
    let (waited, _) = pods(&namespace, &["well", "slow", "gone"], short).end();
    assert_eq!(waited.end, End::TimedOut);
    assert_snapshot!(told(&waited), @"
    error: deploy/web.yaml:1: Pod slow is not ready: it has not started yet
    error: deploy/web.yaml:1: Pod gone is not there
    error: not ready within 2s: 1 of 3 ready
      ready: Pod well
      not ready: Pod slow, Pod gone
    ");
}

/// A kubeconfig of somebody who may do this in a namespace, and nothing else.
fn with_rights(scene: &Scene, namespace: &Namespace, rules: &Value) {
    let rbac = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}", namespace.name);
    let name = format!("ann-{}", namespace.name);
    cluster().create(
        &format!("{rbac}/roles"),
        &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "some"}, "rules": rules}),
    );
    cluster().create(
        &format!("{rbac}/rolebindings"),
        &json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "some"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "some"},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}],
        }),
    );
    // The administrator speaks for somebody else. Every user who is known to the server may read what it serves.
    let mut user = serde_json::to_value(&cluster().config.auth_infos[0].auth_info).unwrap();
    user["as"] = json!(name);
    user["as-groups"] = json!(["system:authenticated"]);
    cluster().kubeconfig_of(&scene.path("ann.config"), &user);
}

#[test]
fn who_may_not_list_asks_for_one_by_one_and_is_told_so() {
    let (scene, namespace) = (Scene::stranger(&[]), cluster().namespace());
    with_rights(&scene, &namespace, &json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]));
    pod(&namespace, "web");
    let wanted = vec![wanted(&namespace, "v1", "Pod", "web")];
    let waiting = Waiting::start(&scene.path("ann.config"), wanted, options());
    let said = waiting.until("Pods are asked for one by one");
    assert!(said.last().unwrap().contains("cannot list resource \"pods\""), "{said:?}");
    waiting.until("Pod web: it has not started yet");
    becomes(&namespace, "web", &ready());
    let (waited, _) = waiting.end();
    assert_eq!(waited.end, End::Ready);
}

#[test]
fn who_may_list_but_not_watch_lists_again() {
    let (scene, namespace) = (Scene::stranger(&[]), cluster().namespace());
    with_rights(&scene, &namespace, &json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]));
    pod(&namespace, "web");
    let wanted = vec![wanted(&namespace, "v1", "Pod", "web")];
    let waiting = Waiting::start(&scene.path("ann.config"), wanted, options());
    waiting.until("Pod web: it has not started yet");
    becomes(&namespace, "web", &waits("ImagePullBackOff"));
    let (waited, _) = waiting.end();
    assert_eq!(waited.end, End::Failed);
    let found = waited.objects[0].diagnosis.as_ref().unwrap();
    assert_eq!(found.lacks.len(), 1, "events may not be read: {found:?}");
    assert!(found.lacks[0].starts_with("events: events is forbidden"), "{found:?}");
}

#[test]
fn who_may_read_nothing_is_not_kept_waiting() {
    let (scene, namespace) = (Scene::stranger(&[]), cluster().namespace());
    with_rights(&scene, &namespace, &json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]));
    let wanted = vec![wanted(&namespace, "v1", "Pod", "web")];
    let (waited, _) = Waiting::start(&scene.path("ann.config"), wanted, options()).end();
    assert_eq!(waited.end, End::Failed);
    assert!(matches!(&waited.objects[0].state, State::Unreadable(why) if why.contains("cannot get resource \"pods\"")));
}

#[test]
fn a_claim_without_a_volume_counts_only_where_all_is_asked_for() {
    let namespace = cluster().namespace();
    cluster().create(
        &format!("/api/v1/namespaces/{}/persistentvolumeclaims", namespace.name),
        &json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "nobodys", "resources": {"requests": {"storage": "1Gi"}}},
        }),
    );
    let claim = || vec![wanted(&namespace, "v1", "PersistentVolumeClaim", "data")];
    let (waited, _) = Waiting::start(&cluster().kubeconfig, claim(), options()).end();
    assert_eq!((waited.end, waited.objects.len()), (End::Ready, 0));
    let all = WaitOptions { all: true, timeout: std::time::Duration::from_secs(1), ..options() };
    let (waited, _) = Waiting::start(&cluster().kubeconfig, claim(), all).end();
    assert_eq!(waited.end, End::TimedOut);
}

#[test]
fn an_object_of_a_kind_that_comes_later_is_waited_for_by_its_condition() {
    let namespace = cluster().namespace();
    let group = format!("{}.example.com", namespace.name);
    let version = format!("{group}/v1");
    let all = WaitOptions { all: true, ..options() };
    let gate = vec![wanted(&namespace, &version, "Gate", "front")];
    let waiting = Waiting::start(&cluster().kubeconfig, gate, all);
    waiting.until("Gate front: not there");
    cluster().create(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        &json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("gates.{group}")},
            "spec": {
                "group": group, "scope": "Namespaced", "names": {"kind": "Gate", "plural": "gates"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                }}}],
            },
        }),
    );
    let path = format!("/apis/{version}/namespaces/{}/gates", namespace.name);
    let mut gate = json!({
        "apiVersion": version, "kind": "Gate", "metadata": {"name": "front"},
        "status": {"conditions": [{"type": "Ready", "status": "False", "message": "it is being painted"}]},
    });
    cluster().until("the kind Gate", || cluster().ask(Method::POST, &path, Some(&gate)).is_ok());
    waiting.until("Gate front: it is being painted");
    let object = cluster().ask(Method::GET, &format!("{path}/front"), None).unwrap();
    gate["metadata"] = object["metadata"].clone();
    gate["status"]["conditions"][0]["status"] = json!("True");
    cluster().ask(Method::PUT, &format!("{path}/front"), Some(&gate)).unwrap();
    let (waited, _) = waiting.end();
    let definition = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gates.{group}");
    cluster().ask(Method::DELETE, &definition, None).unwrap();
    assert_eq!(waited.end, End::Ready);
}
