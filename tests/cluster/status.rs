//! `codexctl status` at a real API server.

use insta::assert_snapshot;
use serde_json::Value;

use crate::cluster::{Namespace, cluster};
use crate::command::{Codexctl, Ran};
use crate::scene::{STACK, Scene};
use crate::waiting::{becomes, event, pod, ready, waits};

const WEB: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  a: b
---
apiVersion: v1
kind: Secret
metadata:
  name: web
stringData:
  password: canary-of-a-password
---
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: web
    image: registry/web:1
";

fn scene() -> Scene {
    Scene::manifests(WEB)
}

fn status(scene: &Scene, namespace: &Namespace, more: &[&str]) -> Codexctl {
    let mut words = vec!["status", "--env", "dev", "--namespace", &namespace.name];
    words.extend(more);
    scene.call(&words)
}

fn shown(scene: &Scene, namespace: &Namespace, ran: &Ran) -> String {
    let ago = regex::Regex::new(r"\d+h( \d+m)? ago").unwrap();
    ago.replace_all(&scene.shown(ran).replace(&namespace.name, "shop-dev"), "<long> ago").into_owned()
}

/// The objects, as far as they are no pods.
fn config(namespace: &Namespace) {
    let path = |what: &str| format!("/api/v1/namespaces/{}/{what}", namespace.name);
    let object = |kind: &str| serde_json::json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}});
    cluster().create(&path("configmaps"), &object("ConfigMap"));
    cluster().create(&path("secrets"), &object("Secret"));
}

#[test]
fn nothing_there_is_shown_and_is_exit_1() {
    let (scene, namespace) = (scene(), cluster().namespace());
    let ran = status(&scene, &namespace, &[]).run();
    assert_snapshot!(shown(&scene, &namespace, &ran), @"
    exit 1
    ── stdout
    dev in namespace shop-dev on https://server
    service web
      ✗ ConfigMap web  not there
      ✗ Secret web     not there
      ✗ Pod web        not there
    0 of 3 objects there, 0 of 1 workload ready
    ");
}

#[test]
fn all_there_and_ready_is_exit_0() {
    let (scene, namespace) = (scene(), cluster().namespace());
    config(&namespace);
    pod(&namespace, "web");
    becomes(&namespace, "web", &ready());
    let ran = status(&scene, &namespace, &[]).run();
    assert_snapshot!(shown(&scene, &namespace, &ran), @"
    exit 0
    ── stdout
    dev in namespace shop-dev on https://server
    service web
      ✓ ConfigMap web  there
      ✓ Secret web     there
      ✓ Pod web        ready
    3 of 3 objects there, 1 of 1 workload ready
    ");
    let ran = status(&scene, &namespace, &["-o", "kv"]).run();
    assert_snapshot!(shown(&scene, &namespace, &ran), @"
    exit 0
    ── stdout
    ready=true
    namespace=shop-dev
    objects=3
    there=3
    workloads=1
    workloads_ready=1
    not_ready=
    ");
}

#[test]
fn a_pod_in_trouble_is_shown_with_its_last_warning() {
    let (scene, namespace) = (scene(), cluster().namespace());
    config(&namespace);
    pod(&namespace, "web");
    becomes(&namespace, "web", &waits("ImagePullBackOff"));
    event(
        &namespace,
        "web",
        "Failed",
        "Failed to pull image \"registry/web:1\": password canary-of-a-password is wrong",
    );
    let ran = status(&scene, &namespace, &[]).run();
    assert_snapshot!(shown(&scene, &namespace, &ran), @r#"
    exit 1
    ── stdout
    dev in namespace shop-dev on https://server
    service web
      ✓ ConfigMap web  there
      ✓ Secret web     there
      … Pod web        the image registry/web:1 of container web can't be pulled (ImagePullBackOff)
          pod web  ImagePullBackOff
            <long> ago  Failed (×3)  Failed to pull image "registry/web:1": password <hidden> is wrong
    3 of 3 objects there, 0 of 1 workload ready
    "#);
    let ran = status(&scene, &namespace, &["-o", "json"]).run();
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.exit, &found["ready"], &found["objects"][2]["state"]), (1, &false.into(), &"waiting".into()));
    assert_eq!(found["objects"][2]["pods"][0]["warning"]["reason"], "Failed");
    assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
}

#[test]
fn with_watch_changes_are_shown_until_somebody_stops_it() {
    let (scene, namespace) = (scene(), cluster().namespace());
    config(&namespace);
    let mut running = status(&scene, &namespace, &["--watch"]).start();
    running.until("Pod web: not there");
    pod(&namespace, "web");
    running.until("Pod web: it has not started yet");
    becomes(&namespace, "web", &ready());
    running.until("✓ Pod web");
    running.signal(rustix::process::Signal::INT);
    let ran = running.end();
    assert_eq!(ran.exit, 130);
    assert_snapshot!(shown(&scene, &namespace, &Ran { stderr: String::new(), ..ran }), @"
    exit 130
    ── stdout
    dev in namespace shop-dev on https://server
    service web
      ✓ ConfigMap web  there
      ✓ Secret web     there
      ✓ Pod web        ready
    3 of 3 objects there, 1 of 1 workload ready
    ");
}

#[test]
fn without_a_cluster_the_way_out_is_told() {
    let scene = Scene::stranger(&[("services.yaml", STACK), ("deploy/web.yaml", WEB)]);
    let ran = scene.call(&["status", "--env", "dev"]).run();
    assert_snapshot!(scene.shown(&ran), @"
    exit 2
    ── stderr
    error: no cluster is named for the environment dev
      name one with --kubeconfig, environments.dev.kubeconfig or KUBECONFIG
    ");
    let ran = scene.call(&["status"]).run();
    assert_snapshot!(scene.shown(&ran), @"
    exit 2
    ── stderr
    error: which environment? Name it with --env or CODEXCTL_ENV: the file has dev
    ");
}

#[test]
fn a_server_that_is_not_there_is_a_failure() {
    let scene = Scene::stranger(&[("services.yaml", STACK), ("deploy/web.yaml", WEB)]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    drop(listener);
    scene.write("home/.kube/config", &crate::standin::kubeconfig(&address));
    let ran = scene.call(&["status", "--env", "dev"]).run();
    assert_snapshot!(scene.shown(&ran).replace(&address, "https://nobody"), @"
    exit 1
    ── stderr
    error: https://nobody can't be reached: connection refused
    ");
}
