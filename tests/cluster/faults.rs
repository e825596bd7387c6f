//! The proxy that fails as a test tells it to (`support/faulty.rs`): each of its faults as a client sees it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use http::Method;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::Api;
use kube::api::{AttachParams, PostParams, WatchEvent, WatchParams};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use crate::cluster::{cluster, plane};
use crate::faulty::{Fault, Faulty};

/// Asks the proxy without a client's own handling of what comes back.
fn ask(proxy: &Faulty, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(proxy.address().trim_start_matches("http://"))?;
    let head = format!("Host: test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    write!(stream, "{method} {path} HTTP/1.1\r\n{head}{body}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": "x".repeat(2000)}})
}

fn first_line(answer: &str) -> &str {
    answer.lines().next().unwrap_or_default()
}

#[test]
fn it_answers_in_the_servers_place_as_often_as_it_is_told_and_for_what_matches() {
    let namespace = cluster().namespace();
    let proxy = Faulty::before(cluster());
    let maps = format!("/api/v1/namespaces/{}/configmaps", namespace.name);
    proxy.fail(1, "POST", "/api/v1/namespaces/*/configmaps", Fault::Busy(2));
    proxy.fail(2, "*", "*/configmaps*", Fault::Answer(503));
    let busy = ask(&proxy, "POST", &maps, &map("a").to_string()).unwrap();
    assert!(
        busy.starts_with("HTTP/1.1 429 Too Many Requests\r\n") && busy.contains("\r\nRetry-After: 2\r\n"),
        "{busy}"
    );
    let down = ask(&proxy, "POST", &maps, &map("a").to_string()).unwrap();
    assert!(down.ends_with(r#""reason":"ServiceUnavailable","code":503}"#), "{down}");
    assert_eq!(first_line(&ask(&proxy, "GET", "/api/v1/namespaces/default", "").unwrap()), "HTTP/1.1 200 OK");
    assert!(ask(&proxy, "GET", &maps, "").unwrap().starts_with("HTTP/1.1 503"));
    assert_eq!(first_line(&ask(&proxy, "POST", &maps, &map("a").to_string()).unwrap()), "HTTP/1.1 201 Created");
    let said = proxy.asked().join("\n").replace(&namespace.name, "ns");
    insta::assert_snapshot!(said, @"
    POST /api/v1/namespaces/ns/configmaps: 429
    POST /api/v1/namespaces/ns/configmaps: 503
    GET /api/v1/namespaces/default: 200
    GET /api/v1/namespaces/ns/configmaps: 503
    POST /api/v1/namespaces/ns/configmaps: 201
    ");
}

#[test]
fn a_reset_comes_before_the_request_is_done_and_a_lost_answer_after() {
    let namespace = cluster().namespace();
    let proxy = Faulty::before(cluster());
    let maps = format!("/api/v1/namespaces/{}/configmaps", namespace.name);
    let there = |name: &str| cluster().ask(Method::GET, &format!("{maps}/{name}"), None).is_ok();
    proxy.fail(1, "POST", "*", Fault::Reset);
    proxy.fail(1, "POST", "*", Fault::Lost);
    for (name, done) in [("reset", false), ("lost", true)] {
        let error = ask(&proxy, "POST", &maps, &map(name).to_string()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(there(name), done, "{name}");
    }
}

#[test]
fn an_answer_comes_late_or_breaks_off() {
    let namespace = cluster().namespace();
    let proxy = Faulty::before(cluster());
    let maps = format!("/api/v1/namespaces/{}/configmaps", namespace.name);
    cluster().create(&maps, &map("a"));
    proxy.fail(1, "GET", "*", Fault::Slow(Duration::from_millis(300)));
    proxy.fail(1, "GET", "*", Fault::Cut(500));
    let start = Instant::now();
    let whole = ask(&proxy, "GET", &maps, "").unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));
    let cut = ask(&proxy, "GET", &maps, "").unwrap();
    let (head, body) = cut.split_once("\r\n\r\n").unwrap();
    assert_eq!((head.lines().next(), body.len()), (whole.lines().next(), 500));
}

#[test]
fn a_watch_expires_says_nothing_or_is_cut() {
    let namespace = cluster().namespace();
    let proxy = Faulty::before(cluster());
    let maps: Api<ConfigMap> = Api::namespaced(cluster().client_for(&proxy.kubeconfig(&json!({}))), &namespace.name);
    proxy.fail(1, "GET", "*[?]*watch=true*", Fault::Expired);
    cluster().block_on(async {
        let how = WatchParams::default().timeout(60);
        let mut watch = Box::pin(maps.watch(&how, "1").await.unwrap());
        let Some(WatchEvent::Error(status)) = watch.try_next().await.unwrap() else { panic!("no error") };
        assert_eq!((status.code, status.reason.as_str()), (410, "Expired"));
        assert!(watch.try_next().await.unwrap().is_none());

        proxy.fail(1, "GET", "*[?]*watch=true*", Fault::Mute);
        let mut mute = Box::pin(maps.watch(&how, "0").await.unwrap());
        let mut heard = Box::pin(maps.watch(&how, "0").await.unwrap());
        let made: ConfigMap = serde_json::from_value(map("a")).unwrap();
        maps.create(&PostParams::default(), &made).await.unwrap();
        let mut next = async || match heard.try_next().await {
            Ok(Some(WatchEvent::Added(map))) => map.metadata.name,
            Ok(Some(_)) => Some("other".to_owned()),
            Ok(None) | Err(_) => None,
        };
        while next().await.as_deref() != Some("a") {}
        let silent = tokio::time::timeout(Duration::from_millis(50), mute.try_next()).await;
        assert!(silent.is_err(), "{silent:?}");
        proxy.cut();
        assert_eq!(next().await, None);
        assert!(!matches!(mute.try_next().await, Ok(Some(_))));
    });
}

#[test]
fn who_comes_with_a_token_is_himself() {
    let namespace = cluster().namespace();
    let proxy = Faulty::before(cluster());
    let accounts = format!("/api/v1/namespaces/{}/serviceaccounts", namespace.name);
    cluster().create(&accounts, &json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "ann"}}));
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let token = cluster().ask(Method::POST, &format!("{accounts}/ann/token"), Some(&request)).unwrap();
    let client = cluster().client_for(&proxy.kubeconfig(&json!({"token": token["status"]["token"]})));
    let maps: Api<ConfigMap> = Api::namespaced(client, &namespace.name);
    let Err(kube::Error::Api(refused)) = cluster().block_on(maps.get("a")) else { panic!("not refused") };
    assert!(refused.message.contains(&format!("system:serviceaccount:{}:ann", namespace.name)), "{}", refused.message);
}

#[test]
fn commands_in_pods_go_through_it() {
    let namespace = plane().namespace();
    let proxy = Faulty::before(plane());
    let pods: Api<Pod> = Api::namespaced(plane().client_for(&proxy.kubeconfig(&json!({}))), &namespace.name);
    let pod = json!({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "app", "image": "shop/app:9"}]}});
    let path = format!("/api/v1/namespaces/{}/pods", namespace.name);
    plane().create(&path, &pod);
    plane().until("the pod", || {
        plane().ask(Method::GET, &format!("{path}/web"), None).unwrap()["status"]["phase"] == "Running"
    });
    let said = plane().block_on(async {
        let mut running = pods.exec("web", ["echo", "through"], &AttachParams::default()).await.unwrap();
        let mut output = String::new();
        running.stdout().unwrap().read_to_string(&mut output).await.unwrap();
        running.join().await.unwrap();
        output
    });
    assert_eq!(said, "through\n");
}
