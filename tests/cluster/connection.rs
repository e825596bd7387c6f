//! Ways to the cluster that don't get there: what is told, and what is checked all the same.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use http::Method;
use serde_json::{Value, json};

use crate::cluster::cluster;
use crate::scene::{STACK, Scene};
use crate::standin::{StandIn, kubeconfig};

const WEB: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n";
const FILES: [(&str, &str); 2] = [("services.yaml", STACK), ("deploy/web.yaml", WEB)];

/// A project whose user has this kubeconfig.
fn with_kubeconfig(text: &str) -> Scene {
    let scene = Scene::stranger(&FILES);
    scene.write("home/.kube/config", text);
    scene
}

/// A project whose user comes with these credentials.
fn with_user(user: &Value) -> Scene {
    let scene = Scene::stranger(&FILES);
    scene.write("home/.kube/config", "");
    cluster().kubeconfig_of(&scene.path("home/.kube/config"), user);
    scene
}

#[test]
fn without_a_kubeconfig_the_rest_is_checked_and_a_note_says_so() {
    insta::assert_snapshot!(Scene::stranger(&FILES).validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: none is named
      name one with --kubeconfig, environments.<env>.kubeconfig or KUBECONFIG
    ");
}

#[test]
fn a_stack_without_manifests_needs_no_cluster_and_none_is_missed() {
    let scene = Scene::stranger(&[("services.yaml", "project: shop\nenvironments:\n  dev: {}\n")]);
    insta::assert_snapshot!(scene.validate(), @"
    exit 0
    ── stdout
    1 environment, no manifests, no objects: no errors, no warnings
    ");
}

#[test]
fn a_server_that_is_not_there_is_a_note() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    drop(listener);
    let scene = with_kubeconfig(&kubeconfig(&address));
    insta::assert_snapshot!(scene.validate().replace(&address, "https://nobody"), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: https://nobody can't be reached: connection refused
    ");
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for_without_end() {
    let server = StandIn::new(|_| None);
    let scene = with_kubeconfig(&server.kubeconfig());
    insta::assert_snapshot!(scene.validate().replace(server.address(), "http://slow"), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: http://slow has not answered within 5 s
    ");
}

#[test]
fn a_server_that_answers_discovery_alone_is_not_waited_for_either() {
    let list = json!({"items": [{"versions": [{"version": "v1", "resources": [
        {"resource": "services", "responseKind": {"kind": "Service"}, "scope": "Namespaced"},
    ]}]}]});
    let server =
        StandIn::new(move |path| (!path.starts_with("/openapi")).then(|| ("application/json", list.to_string())));
    let scene = with_kubeconfig(&server.kubeconfig());
    insta::assert_snapshot!(scene.validate().replace(server.address(), "http://slow"), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against the cluster's schemas: http://slow has not answered within 5 s
    ");
}

#[test]
fn what_is_no_api_server_or_too_old_a_one_is_told_apart() {
    let page = StandIn::new(|_| Some(("text/html", "<html>log in</html>".to_owned())));
    let scene = with_kubeconfig(&page.kubeconfig());
    insta::assert_snapshot!(scene.validate().replace(page.address(), "http://page"), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: http://page does not answer as a Kubernetes API server
      is the address in the kubeconfig right?
    ");
    let old = StandIn::new(|_| Some(("application/json", json!({"kind": "APIGroupList", "groups": []}).to_string())));
    let scene = with_kubeconfig(&old.kubeconfig());
    insta::assert_snapshot!(scene.validate().replace(old.address(), "http://old"), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: http://old is older than Kubernetes 1.27, the oldest that can be asked
    ");
}

#[test]
fn wrong_credentials_and_none_are_told_with_the_way_out() {
    insta::assert_snapshot!(with_user(&json!({"token": "canary-of-a-token-that-has-expired"})).validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: https://server refuses the credentials of user `ann` (401): they are wrong or have expired
      log in again, or choose another context with --context
    ");
    insta::assert_snapshot!(with_user(&json!({})).validate(), @r#"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: https://server shows user `ann` nothing of its API (403): forbidden: User "system:anonymous" cannot get path "/api"
      give the account the ClusterRole system:discovery, or choose another context with --context
    "#);
}

#[test]
fn a_server_whose_certificate_nobody_vouches_for_is_told() {
    insta::assert_snapshot!(with_kubeconfig(&kubeconfig(&cluster().server())).validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: https://server can't be reached: invalid peer certificate: UnknownIssuer
      the kubeconfig's certificate-authority must be the one that signed the server's certificate
    ");
}

#[test]
fn a_kubeconfig_by_flag_that_can_not_be_used_is_an_error() {
    let scene = Scene::with(&FILES);
    let ran = scene.call(&["validate", "--kubeconfig", "gone.config"]).run();
    insta::assert_snapshot!(scene.shown(&ran), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × gone.config (--kubeconfig) can't be read: it is not there
    ");
    let ran = scene.call(&["validate"]).env("CODEXCTL_KUBECONFIG", "services.yaml").run();
    insta::assert_snapshot!(scene.shown(&ran), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × services.yaml (CODEXCTL_KUBECONFIG) has no current context
      help: choose one with --context
    ");
}

#[test]
fn a_context_by_flag_that_is_not_there_is_an_error_and_the_environments_a_note() {
    let scene = with_user(&json!({}));
    let ran = scene.call(&["validate", "--context", "shpo"]).run();
    insta::assert_snapshot!(scene.shown(&ran), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 1 error, no warnings
    ── stderr
      × ~/.kube/config has no context `shpo` (--context)
      help: did you mean `shop`?
    ");
    scene.write("work/services.yaml", &STACK.replace("dev: {}", "dev: {context: production}"));
    insta::assert_snapshot!(scene.validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: ~/.kube/config has no context `production` (environments.dev.context)
      it has shop, test
    ");
}

#[test]
fn a_kubeconfig_of_services_yaml_that_is_not_there_is_a_warning_and_the_next_is_tried() {
    let stack = STACK.replace("dev: {}", "dev: {kubeconfig: ~/.kube/shop.config}");
    let scene = Scene::with(&[("services.yaml", &stack), ("deploy/web.yaml", &WEB.replace("port:", "prot:"))]);
    insta::assert_snapshot!(scene.validate(), @"
    exit 2
    ── stdout
    1 environment, 1 manifest, 1 object: 2 errors, 1 warning
    ── stderr
      × `spec.ports[0].port` is missing
       ╭─[deploy/web.yaml:7:5]
     6 │   ports:
     7 │   - prot: 80
       ·     ─
       ╰────
      × unknown field `spec.ports[0].prot`
       ╭─[deploy/web.yaml:7:5]
     6 │   ports:
     7 │   - prot: 80
       ·     ────
       ╰────
      help: did you mean `port`?
      ⚠ environments.dev.kubeconfig names ~/.kube/shop.config, which is not there
    ");
}

#[test]
fn a_credential_plugin_gives_the_credentials_and_its_failures_are_told() {
    let namespace = cluster().namespace();
    let accounts = format!("/api/v1/namespaces/{}/serviceaccounts", namespace.name);
    cluster().create(&accounts, &json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ann"}}));
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let answer = cluster().ask(Method::POST, &format!("{accounts}/ann/token"), Some(&request)).unwrap();
    let token = answer["status"]["token"].as_str().unwrap();
    let credential =
        json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}});
    let plugin = |command: &str| {
        with_user(&json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "IfAvailable",
        }}))
    };
    let script = |text: &str| {
        let scene = plugin("./plugin");
        scene.write("home/.kube/plugin", &format!("#!/bin/sh\n{text}\n"));
        let path = scene.path("home/.kube/plugin");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        scene
    };
    insta::assert_snapshot!(script(&format!("echo '{credential}'")).validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings
    ");
    insta::assert_snapshot!(script("echo 'looking for a session' >&2; echo 'your session has expired: run corp-login' >&2; exit 3").validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: the credential plugin of user `ann` failed: your session has expired: run corp-login
    ");
    insta::assert_snapshot!(script("echo canary-of-a-token").validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: the credential plugin of user `ann` printed no credential
    ");
    insta::assert_snapshot!(plugin("corp-login-that-is-not-there").validate(), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, no warnings, 1 note
    ── stderr
    note: not checked against a cluster: the credential plugin of user `ann` can't be started: it is not there
      install the program that the kubeconfig names under `exec`, or choose another context
    ");
}

#[test]
fn environments_that_share_a_cluster_ask_it_once() {
    let server = StandIn::serving(&[("", "v1", "Service")]);
    let scene = with_kubeconfig(&server.kubeconfig());
    scene.write("work/services.yaml", &STACK.replace("dev: {}", "dev: {}\n  ai: {}\n  staging: {}"));
    let ran = scene.call(&["validate"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(server.asked(), ["/api", "/apis", "/openapi/v3", "/openapi/v3/api/v1?hash=1"]);
}

#[test]
fn a_version_whose_own_server_is_down_is_a_warning() {
    let server = StandIn::serving(&[("", "v1", "Service"), ("metrics.example", "v1", "")]);
    let scene = with_kubeconfig(&server.kubeconfig());
    scene.write("work/deploy/web.yaml", "apiVersion: metrics.example/v1\nkind: Meter\nmetadata:\n  name: web\n");
    insta::assert_snapshot!(scene.validate().replace(server.address(), "http://server"), @"
    exit 0
    ── stdout
    1 environment, 1 manifest, 1 object: no errors, 1 warning
    ── stderr
      ⚠ http://server can't say whether it knows `Meter`: what serves `metrics.example/v1`
      │ there does not answer
       ╭─[deploy/web.yaml:1:13]
     1 │ apiVersion: metrics.example/v1
       ·             ──────────────────
     2 │ kind: Meter
       ╰────
    ");
}
