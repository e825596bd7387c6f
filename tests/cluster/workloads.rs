//! Waiting for workloads whose pods get ready, or fail as they are told (tests/README.md), and for a server that is away meanwhile.

use std::time::Duration;

use codexctl_action::deploy::wait::{Diagnosis, End, Limits, State, WaitOptions, Waited};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Namespace, plane};
use crate::faulty::{Fault, Faulty};
use crate::scene::Scene;
use crate::waiting::{Waiting, options, told, wanted};

/// A template of pods with these annotations, whose container is `app` unless `spec` says otherwise.
fn template(annotations: &[(&str, &str)], spec: &Value) -> Value {
    let annotations: serde_json::Map<String, Value> =
        annotations.iter().map(|(name, value)| (format!("codexctl.test/{name}"), json!(value))).collect();
    let mut whole = json!({"containers": [{"name": "app", "image": "shop/app:9"}]});
    for (name, value) in spec.as_object().unwrap() {
        whole[name] = value.clone();
    }
    json!({"metadata": {"labels": {"app": "web"}, "annotations": annotations}, "spec": whole})
}

/// What makes pods of a template.
fn workload(kind: &str, template: &Value, spec: &Value) -> Value {
    let mut whole = json!({"selector": {"matchLabels": {"app": "web"}}, "template": template});
    for (name, value) in spec.as_object().unwrap() {
        whole[name] = value.clone();
    }
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"}, "spec": whole})
}

fn make(of: &Namespace, kind: &str, template: &Value, spec: &Value) {
    let path = format!("/apis/apps/v1/namespaces/{}/{}s", of.name, kind.to_lowercase());
    of.cluster().create(&path, &workload(kind, template, spec));
}

fn start(of: &Namespace, kind: &str, options: WaitOptions) -> Waiting {
    Waiting::start(&of.cluster().kubeconfig, vec![wanted(of, "apps/v1", kind, "web")], options)
}

/// Why the only workload of a wait failed, and what was found out about it.
fn failure(waited: &Waited) -> (&str, &Diagnosis) {
    assert_eq!(waited.end, End::Failed, "{waited:#?}");
    let object = &waited.objects[0];
    let State::Failed(why) = &object.state else { panic!("{object:#?}") };
    (why, object.diagnosis.as_ref().unwrap())
}

/// The same of a Deployment of such pods.
fn failed(annotations: &[(&str, &str)], spec: &Value) -> Waited {
    let of = plane().namespace();
    make(&of, "Deployment", &template(annotations, spec), &json!({}));
    start(&of, "Deployment", options()).end().0
}

#[test]
fn workloads_are_ready_when_their_pods_are() {
    for (kind, spec, text) in [
        ("Deployment", json!({"replicas": 2}), "2 of 2 pods"),
        ("StatefulSet", json!({"replicas": 2, "serviceName": "web"}), "2 of 2 pods"),
        ("DaemonSet", json!({}), "1 of 1 pod"),
    ] {
        let of = plane().namespace();
        make(&of, kind, &template(&[("ready-after", "1s")], &json!({})), &spec);
        let (waited, said) = start(&of, kind, options()).end();
        assert_eq!(waited.end, End::Ready, "{kind}: {said:#?}");
        assert_eq!(waited.objects[0].state, State::Ready(text.to_owned()), "{kind}");
    }
}

#[test]
fn a_crashing_container_is_told_with_its_last_words() {
    let waited =
        failed(&[("fails", "CrashLoopBackOff"), ("log", "reading /etc/web\nDATABASE_URL is not set")], &json!({}));
    let (why, found) = failure(&waited);
    assert_eq!(why, "container app ends again and again (3 restarts): exit code 1");
    assert_eq!(found.logs.last().unwrap().lines, ["reading /etc/web", "DATABASE_URL is not set"], "{found:#?}");
    assert!(found.events.iter().any(|event| event.reason == "BackOff"), "{found:#?}");
    assert!(told(&waited).contains("\n    │ DATABASE_URL is not set\n"), "{}", told(&waited));
}

#[test]
fn each_other_way_to_fail_is_told_in_its_words() {
    let init = json!({"initContainers": [{"name": "migrate", "image": "shop/app:9"}]});
    let gold = json!({"nodeSelector": {"disk": "gold"}});
    let config = [("fails", "CreateContainerConfigError"), ("message", "configmap \"settings\" not found")];
    type Way<'a> = (&'a [(&'a str, &'a str)], Value, &'a str);
    let all: [Way<'_>; 5] = [
        (
            &[("fails", "ImagePullBackOff")],
            json!({}),
            "the image shop/app:9 of container app can't be pulled (ErrImagePull): ",
        ),
        (
            &config,
            json!({}),
            "container app can't be started (CreateContainerConfigError): configmap \"settings\" not found",
        ),
        (&[("fails", "OOMKilled")], json!({}), "container app ends again and again (3 restarts): out of memory"),
        (
            &[("fails", "CrashLoopBackOff"), ("container", "migrate")],
            init,
            "init container migrate ends again and again (3 restarts): exit code 1",
        ),
        (&[], gold, "no node takes it: 0/1 nodes are available: "),
    ];
    for (annotations, spec, words) in all {
        let waited = failed(annotations, &spec);
        let (why, found) = failure(&waited);
        assert!(why.replace("ImagePullBackOff", "ErrImagePull").starts_with(words), "{words}\n{why}");
        assert!(!found.events.is_empty(), "{words}: {found:#?}");
    }
}

#[test]
fn a_deployment_that_makes_no_progress_is_given_up_when_it_says_so() {
    let of = plane().namespace();
    let template = template(&[("fails", "NotReady"), ("log", "warming up")], &json!({}));
    make(&of, "Deployment", &template, &json!({"progressDeadlineSeconds": 2}));
    let (waited, _) = start(&of, "Deployment", options()).end();
    let (why, found) = failure(&waited);
    assert!(why.starts_with("its progress deadline of 2 s is over: "), "{why}");
    assert_eq!(found.logs[0].lines, ["warming up"]);
}

#[test]
fn a_job_that_failed_is_told_with_its_log() {
    let of = plane().namespace();
    let mut template = template(&[("fails", "Error"), ("log", "no such table")], &json!({"restartPolicy": "Never"}));
    template["metadata"]["labels"] = json!({});
    let job = json!({"metadata": {"name": "web"}, "spec": {"backoffLimit": 0, "template": template}});
    plane().create(&format!("/apis/batch/v1/namespaces/{}/jobs", of.name), &job);
    let waiting = Waiting::start(&plane().kubeconfig, vec![wanted(&of, "batch/v1", "Job", "web")], options());
    let (waited, _) = waiting.end();
    let (why, found) = failure(&waited);
    assert_eq!(why, "its only try failed");
    assert_eq!(found.logs[0].lines, ["no such table"], "{found:#?}");
}

#[test]
fn a_rollout_is_judged_by_its_new_pods_alone() {
    let of = plane().namespace();
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", of.name);
    let image =
        |image: &str| json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]);
    make(&of, "Deployment", &template(&[], &json!({})), &json!({"replicas": 2}));
    plane().patch(&path, &image("shop/app:missing"));
    let (waited, _) = start(&of, "Deployment", options()).end();
    let (why, found) = failure(&waited);
    assert!(why.starts_with("the image shop/app:missing of container app can't be pulled"), "{why}");
    let new = found.pod.clone().unwrap();
    // The pods that can't be pulled are still there when the next ones come.
    plane().patch(&path, &image("shop/app:10"));
    let (waited, said) = start(&of, "Deployment", options()).end();
    assert_eq!(waited.end, End::Ready, "{new} is of a revision before: {said:#?}");
}

#[test]
fn trouble_that_may_pass_is_waited_for() {
    let of = plane().namespace();
    make(&of, "Deployment", &template(&[("fails", "ImagePullBackOff")], &json!({})), &json!({}));
    let patient = WaitOptions { limits: Limits::default(), ..options() };
    let waiting = start(&of, "Deployment", patient);
    waiting.until("can't be pulled");
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", of.name);
    plane()
        .patch(&path, &json!([{"op": "remove", "path": "/spec/template/metadata/annotations/codexctl.test~1fails"}]));
    assert_eq!(waiting.end().0.end, End::Ready);
}

#[test]
fn a_server_that_answers_badly_is_asked_again() {
    let (of, scene) = (plane().namespace(), Scene::stranger(&[]));
    let proxy = Faulty::before(plane());
    scene.write("faulty.config", &proxy.kubeconfig(&json!({})));
    for (path, fault) in [
        ("*/deployments[?]limit*", Fault::Answer(503)),
        ("*/deployments[?]limit*", Fault::Reset),
        ("*/deployments[?]limit*", Fault::Cut(100)),
        ("*/deployments[?]watch*", Fault::Answer(410)),
        ("*/deployments[?]watch*", Fault::Expired),
        ("*/deployments[?]watch*", Fault::Answer(500)),
        ("*/pods[?]limit*", Fault::Busy(1)),
        ("*/pods[?]watch*", Fault::Cut(50)),
        ("*/replicasets[?]watch*", Fault::Reset),
        ("*/replicasets[?]watch*", Fault::Lost),
    ] {
        proxy.fail(1, "GET", path, fault);
    }
    make(&of, "Deployment", &template(&[("ready-after", "5s")], &json!({})), &json!({}));
    let all = vec![wanted(&of, "apps/v1", "Deployment", "web")];
    let (waited, said) = Waiting::start(&scene.path("faulty.config"), all, options()).end();
    assert_eq!(waited.end, End::Ready, "{said:#?}\n{:#?}", proxy.asked());
    let told = |part: &str| said.iter().any(|line| line.contains(part));
    assert!(told("waiting for it to come back") && told("answers again"), "{said:#?}");
}

#[test]
fn a_stream_that_is_cut_goes_on_where_it_was() {
    let (of, scene) = (plane().namespace(), Scene::stranger(&[]));
    let proxy = Faulty::before(plane());
    scene.write("faulty.config", &proxy.kubeconfig(&json!({})));
    make(&of, "Deployment", &template(&[("fails", "NotReady")], &json!({})), &json!({}));
    let all = vec![wanted(&of, "apps/v1", "Deployment", "web")];
    let waiting = Waiting::start(&scene.path("faulty.config"), all, options());
    waiting.until("0 of 1 pod ready");
    proxy.cut();
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", of.name);
    plane().patch(&path, &json!([{"op": "replace", "path": "/spec/replicas", "value": 0}]));
    assert_eq!(waiting.end().0.end, End::Ready);
    let lists = proxy.asked().iter().filter(|asked| asked.contains("/deployments?limit")).count();
    assert_eq!(lists, 1, "{:#?}", proxy.asked());
}

#[test]
fn a_wait_goes_on_when_the_server_was_stopped_and_started() {
    let alone = Cluster::start();
    let of = alone.namespace();
    make(&of, "Deployment", &template(&[("fails", "NotReady")], &json!({})), &json!({}));
    let waiting = start(&of, "Deployment", options());
    waiting.until("0 of 1 pod ready");
    alone.stop_part("kube-apiserver");
    waiting.until("waiting for it to come back");
    alone.start_part("kube-apiserver");
    waiting.until("answers again");
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", of.name);
    alone.patch(&path, &json!([{"op": "replace", "path": "/spec/replicas", "value": 0}]));
    assert_eq!(waiting.end().0.end, End::Ready);
}

#[test]
fn a_server_that_stays_away_ends_the_wait_in_time() {
    let alone = Cluster::start();
    let of = alone.namespace();
    make(&of, "Deployment", &template(&[("fails", "NotReady")], &json!({})), &json!({}));
    let waiting = start(&of, "Deployment", WaitOptions { timeout: Duration::from_secs(20), ..options() });
    waiting.until("0 of 1 pod ready");
    alone.stop_part("kube-apiserver");
    let (waited, _) = waiting.end();
    // The namespace goes with the test.
    alone.start_part("kube-apiserver");
    assert_eq!(waited.end, End::TimedOut);
    assert!(
        waited.away.is_some() && told(&waited).contains("the server was away when the wait ended"),
        "{}",
        told(&waited)
    );
}
