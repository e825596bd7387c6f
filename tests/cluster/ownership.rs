//! Whose fields are whose: kubectl's become ours, others keep theirs, an autoscaler decides about replicas.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::cluster::cluster;
use crate::rollout::{Stack, config_map, deployment};

fn managers(object: &Value) -> Vec<String> {
    let book = object["metadata"]["managedFields"].as_array().unwrap();
    let of = |entry: &Value| format!("{} {}", entry["manager"].as_str().unwrap(), entry["operation"].as_str().unwrap());
    book.iter().filter(|entry| entry["subresource"].is_null()).map(of).collect()
}

#[test]
fn what_kubectl_applied_is_taken_over_and_what_leaves_the_manifest_leaves_the_object() {
    let two = config_map("web", "colour: red\n  size: big");
    let stack = Stack::of(&two);
    stack.kubectl(&["apply", "-f", "deploy/web.yaml"]);
    assert_eq!(managers(&stack.get("configmaps/web")), ["kubectl-client-side-apply Update"]);
    stack.becomes(&config_map("web", "colour: red"));
    assert_snapshot!(stack.says(&["diff"]), @"
    exit 0
    ── stdout
    --- ConfigMap web (on the cluster)
    +++ ConfigMap web (deploy/web.yaml:1)
    @@ -5,4 +5,3 @@
       namespace: NS
     data:
       colour: red
    -  size: big
    ");
    assert_snapshot!(stack.says(&["apply"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 0
    objects_changed: 1
    objects_unchanged: 0
    objects_deleted: 0
    ── stderr
    changed    ConfigMap web (deploy/web.yaml:1)
    ✓ services        1 changed
    ");
    let live = stack.get("configmaps/web");
    assert_eq!(live["data"], json!({"colour": "red"}));
    assert_eq!(managers(&live), ["codexctl Apply"]);
    assert!(live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].is_null());
    assert!(stack.says(&["diff", "--exit-code"]).starts_with("exit 0"));
}

#[test]
fn a_field_that_somebody_else_set_stops_apply_and_ci_apply_takes_it_with_a_warning() {
    let stack = Stack::of(&config_map("web", "colour: red"));
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    let edit = || {
        stack.kubectl(&["patch", "configmap", "web", "--field-manager=ann", "-p", "{\"data\":{\"colour\":\"green\"}}"])
    };
    edit();
    assert_snapshot!(stack.says(&["apply"]), @"
    exit 1
    ── stderr
    ✗ services        nothing to do
      × ConfigMap web is refused: ann owns data.colour
       ╭─[deploy/web.yaml:1:1]
     1 │ apiVersion: v1
       · ─
     2 │ kind: ConfigMap
       ╰────
      help: leave these fields out of the manifest, or take them with --force-conflicts
    ");
    assert_eq!(stack.get("configmaps/web")["data"]["colour"], "green");
    assert_snapshot!(stack.says(&["ci", "apply"]), @"
    exit 0
    ── stdout
    env: dev
    namespace: NS
    objects_created: 0
    objects_changed: 1
    objects_unchanged: 0
    objects_deleted: 0
    ── stderr
    changed    ConfigMap web (deploy/web.yaml:1)
    warning: data.colour of ConfigMap web belonged to ann and is taken over
    ✓ services        1 changed
    ");
    assert_eq!(stack.get("configmaps/web")["data"]["colour"], "red");
    edit();
    assert_eq!(stack.call(&["apply", "--force-conflicts"]).run().exit, 0);
    assert_eq!(stack.get("configmaps/web")["data"]["colour"], "red");
}

#[test]
fn fields_of_others_that_no_manifest_names_stay() {
    let stack = Stack::of(&config_map("web", "colour: red"));
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    stack.kubectl(&["annotate", "configmap", "web", "team=shop"]);
    stack.becomes(&config_map("web", "colour: blue"));
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    let live = stack.get("configmaps/web");
    assert_eq!(live["metadata"]["annotations"]["team"], "shop");
    assert_eq!(live["data"], json!({"colour": "blue"}));
}

#[test]
fn an_autoscaler_decides_how_many_pods_there_are() {
    let replicas = deployment("web", "  replicas: 5\n");
    let stack = Stack::of(&replicas);
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: web\nspec:\n  minReplicas: 2\n  maxReplicas: 9\n  \
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n";
    stack.becomes(&format!("{replicas}---\n{scaler}"));
    assert_eq!(stack.call(&["apply"]).run().exit, 0);
    assert_eq!(
        stack.get("apps/deployments/web")["spec"]["replicas"],
        5,
        "not 1, which is what nobody's number becomes"
    );
    let scale = json!({"spec": {"replicas": 3}});
    cluster().block_on(async {
        let path = format!("{}/scale?fieldManager=kube-controller-manager", stack.path("apps/deployments/web"));
        let request = http::Request::patch(path).header("Content-Type", "application/merge-patch+json");
        cluster().client().request::<Value>(request.body(scale.to_string().into_bytes()).unwrap()).await.unwrap();
    });
    assert!(stack.says(&["apply"]).starts_with("exit 0"));
    assert_eq!(stack.get("apps/deployments/web")["spec"]["replicas"], 3);
    assert!(stack.says(&["diff", "--exit-code"]).starts_with("exit 0"));
}
