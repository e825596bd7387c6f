//! The control plane that other stories stand on: pods get ready or fail as they are told, with what a kubelet would write about them;
//! commands run in them; its parts stop and start.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use http::Method;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{AttachParams, LogParams, WatchEvent, WatchParams};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::cluster::{Cluster, Namespace, plane};

/// A template of pods with these annotations, whose one container is `app` unless `spec` says otherwise.
fn template(annotations: &[(&str, &str)], spec: &Value) -> Value {
    let annotations: serde_json::Map<String, Value> =
        annotations.iter().map(|(name, value)| (format!("codexctl.test/{name}"), json!(value))).collect();
    let mut whole = json!({"containers": [{"name": "app", "image": "shop/app:9"}]});
    for (name, value) in spec.as_object().unwrap() {
        whole[name] = value.clone();
    }
    json!({"metadata": {"labels": {"app": "web"}, "annotations": annotations}, "spec": whole})
}

/// Makes a pod of such a template.
fn pod(of: &Namespace<'_>, name: &str, annotations: &[(&str, &str)], spec: &Value) {
    let mut pod = template(annotations, spec);
    pod["metadata"]["name"] = json!(name);
    of.make("api/v1", "pods", &pod);
}

/// Makes a Deployment of such a template.
fn deployment(of: &Namespace<'_>, annotations: &[(&str, &str)], spec: &Value) {
    let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "progressDeadlineSeconds": 2, "template": template(annotations, spec)});
    of.make("apis/apps/v1", "deployments", &json!({"metadata": {"name": "web"}, "spec": spec}));
}

/// Waits for an object to be so.
fn until(of: &Namespace<'_>, api: &str, path: &str, so: impl Fn(&Value) -> bool) -> Value {
    of.cluster().until(path, || so(&of.get(api, path)));
    of.get(api, path)
}

/// How a container waits or has ended, and what it did before: as `kubectl get pods` would say it.
fn state(pod: &Value, container: &str) -> String {
    let lists = ["containerStatuses", "initContainerStatuses"];
    let mut statuses = lists.iter().filter_map(|list| pod["status"][list].as_array()).flatten();
    let Some(status) = statuses.find(|status| status["name"] == container) else { return "nothing".to_owned() };
    let what = |state: &Value| {
        let (kind, state) = state.as_object().unwrap().iter().next().unwrap();
        match kind.as_str() {
            "terminated" => format!("{} {}", state["reason"].as_str().unwrap(), state["exitCode"]),
            "waiting" => state["reason"].as_str().unwrap().to_owned(),
            _ => kind.clone(),
        }
    };
    let before = status["lastState"].as_object().filter(|before| !before.is_empty());
    let before = before.map(|_| format!(" after {}", what(&status["lastState"]))).unwrap_or_default();
    format!("{}: {}{before}", pod["status"]["phase"].as_str().unwrap(), what(&status["state"]))
}

/// How often the container of a pod was started again that was so most often.
fn restarts(pod: &Value) -> u64 {
    let lists = ["containerStatuses", "initContainerStatuses"];
    let statuses = lists.iter().filter_map(|list| pod["status"][list].as_array()).flatten();
    statuses.filter_map(|status| status["restartCount"].as_u64()).max().unwrap_or_default()
}

/// The events about an object, one a line, sorted.
fn events(of: &Namespace<'_>, name: &str) -> String {
    let path = format!("events?fieldSelector=involvedObject.name%3D{name}");
    let all = of.get("api/v1", &path);
    let line = |event: &Value| {
        let from = event["source"]["component"].as_str().or(event["reportingComponent"].as_str()).unwrap();
        let field = event["involvedObject"]["fieldPath"].as_str().unwrap_or("-");
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        format!("{from} {field} {} {}: {}", text("type"), text("reason"), text("message"))
    };
    let mut lines: Vec<String> = all["items"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines.join("\n")
}

impl Namespace<'_> {
    fn make(&self, api: &str, kind: &str, object: &Value) {
        self.cluster().create(&format!("/{api}/namespaces/{}/{kind}", self.name), object);
    }

    fn get(&self, api: &str, path: &str) -> Value {
        self.cluster().ask(Method::GET, &format!("/{api}/namespaces/{}/{path}", self.name), None).unwrap()
    }

    fn delete(&self, path: &str) {
        self.cluster().ask(Method::DELETE, &format!("/api/v1/namespaces/{}/{path}", self.name), None).unwrap();
    }

    fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.cluster().client(), &self.name)
    }

    /// Waits until a pod is ready.
    fn ready(&self, pod: &str) -> Value {
        until(self, "api/v1", &format!("pods/{pod}"), |pod| condition(pod, "Ready"))
    }

    /// Runs a script in the container `app` of a pod, with this on its standard input: output, errors, how it ended.
    fn run(&self, pod: &str, script: &str, input: &str) -> (String, String, String) {
        self.exec(pod, &["sh", "-c", script], input)
    }

    fn exec(&self, pod: &str, command: &[&str], input: &str) -> (String, String, String) {
        let exec = async {
            let how = AttachParams::default().container("app").stdin(true);
            let mut running = self.pods().exec(pod, command.to_vec(), &how).await.unwrap();
            let (mut stdin, ended) = (running.stdin().unwrap(), running.take_status().unwrap());
            let (mut out, mut err) = (running.stdout().unwrap(), running.stderr().unwrap());
            let (mut output, mut errors) = (String::new(), String::new());
            let write = async {
                stdin.write_all(input.as_bytes()).await.unwrap();
                // Dropping it does not end it.
                stdin.shutdown().await.unwrap();
            };
            let (_, _, (), status) =
                tokio::join!(out.read_to_string(&mut output), err.read_to_string(&mut errors), write, ended);
            running.join().await.unwrap();
            let status = status.unwrap();
            (output, errors, status.message.unwrap_or_else(|| status.status.unwrap()))
        };
        // A command that hangs shall not hang the tests.
        self.cluster().block_on(async { tokio::time::timeout(Duration::from_secs(120), exec).await.unwrap() })
    }

    fn log(&self, pod: &str, how: &LogParams) -> Result<String, String> {
        match self.cluster().block_on(self.pods().logs(pod, how)) {
            Err(kube::Error::Api(status)) => Err(status.message),
            answer => Ok(answer.unwrap()),
        }
    }
}

fn condition(object: &Value, kind: &str) -> bool {
    let all = object["status"]["conditions"].as_array();
    all.is_some_and(|all| all.iter().any(|one| one["type"] == kind && one["status"] == "True"))
}

/// The names of a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_deployment_gets_ready_and_its_claim_is_bound_once_a_pod_wants_it() {
    let namespace = plane().namespace();
    let claim = |name: &str, class: Option<&str>| {
        let mut claim = json!({"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
        if let Some(class) = class {
            claim["spec"]["storageClassName"] = json!(class);
        }
        namespace.make("api/v1", "persistentvolumeclaims", &claim);
    };
    claim("early", Some("immediate"));
    claim("work", None);
    until(&namespace, "api/v1", "persistentvolumeclaims/early", |claim| claim["status"]["phase"] == "Bound");
    assert_eq!(namespace.get("api/v1", "persistentvolumeclaims/work")["status"]["phase"], "Pending");
    deployment(
        &namespace,
        &[],
        &json!({"volumes": [{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}]}),
    );
    let web = until(&namespace, "apis/apps/v1", "deployments/web", |web| condition(web, "Available"));
    assert_eq!(web["status"]["readyReplicas"], 1);
    assert_eq!(namespace.get("api/v1", "persistentvolumeclaims/work")["status"]["phase"], "Bound");
}

#[test]
fn a_job_is_done_and_a_load_balancer_gets_an_address() {
    let namespace = plane().namespace();
    let job = json!({"metadata": {"name": "migrate"}, "spec": {"template": template(&[("done-after", "500ms")], &json!({"restartPolicy": "Never"}))}});
    namespace.make("apis/batch/v1", "jobs", &job);
    let web = json!({"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}});
    namespace.make("api/v1", "services", &web);
    let backend = json!({"service": {"name": "web", "port": {"number": 80}}});
    namespace.make(
        "apis/networking.k8s.io/v1",
        "ingresses",
        &json!({"metadata": {"name": "web"}, "spec": {"defaultBackend": backend}}),
    );
    until(&namespace, "apis/batch/v1", "jobs/migrate", |job| condition(job, "Complete"));
    for (api, path) in [("api/v1", "services/web"), ("apis/networking.k8s.io/v1", "ingresses/web")] {
        until(&namespace, api, path, |object| object["status"]["loadBalancer"]["ingress"][0]["ip"] == "127.0.0.1");
    }
}

#[test]
fn a_pod_gets_ready_late() {
    let namespace = plane().namespace();
    pod(&namespace, "late", &[("ready-after", "2s")], &json!({}));
    let late = namespace.ready("late");
    assert_eq!(late["status"]["containerStatuses"][0]["ready"], true);
    let when = |time: &Value| chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
    let ready = late["status"]["conditions"].as_array().unwrap().iter().find(|one| one["type"] == "Ready").unwrap();
    let waited = when(&ready["lastTransitionTime"]) - when(&late["status"]["startTime"]);
    assert!(waited.num_seconds() >= 1, "{waited}"); // Both are cut to whole seconds.
}

#[test]
fn an_image_that_can_not_be_pulled_is_tried_again_and_again() {
    let namespace = plane().namespace();
    pod(&namespace, "told", &[("fails", "ImagePullBackOff")], &json!({}));
    pod(&namespace, "tagged", &[], &json!({"containers": [{"name": "app", "image": "shop/app:missing"}]}));
    for name in ["told", "tagged"] {
        for now in ["Pending: ImagePullBackOff", "Pending: ErrImagePull", "Pending: ImagePullBackOff"] {
            until(&namespace, "api/v1", &format!("pods/{name}"), |pod| state(pod, "app") == now);
        }
    }
    insta::assert_snapshot!(events(&namespace, "told").replace(&namespace.name, "ns"), @r#"
        default-scheduler - Normal Scheduled: Successfully assigned ns/told to node-1
        kubelet spec.containers{app} Normal BackOff: Back-off pulling image "shop/app:9"
        kubelet spec.containers{app} Warning Failed: Error: ImagePullBackOff
        kubelet spec.containers{app} Warning Failed: Failed to pull image "shop/app:9": rpc error: code = NotFound desc = failed to pull and unpack image "shop/app:9": failed to resolve reference "shop/app:9": shop/app:9: not found
        "#);
    let refused = "container \"app\" in pod \"told\" is waiting to start: trying and failing to pull image";
    plane().until("the answer to who wants its log", || {
        namespace.log("told", &LogParams::default()).is_err_and(|answer| answer == refused)
    });
}

#[test]
fn a_container_that_crashes_is_started_again_and_again_and_says_why() {
    let namespace = plane().namespace();
    let says = "starting\nno database at postgres:5432";
    pod(&namespace, "crash", &[("fails", "CrashLoopBackOff"), ("exit-code", "3"), ("log", says)], &json!({}));
    let migrate = json!({"initContainers": [{"name": "migrate", "image": "shop/migrate:9"}]});
    pod(&namespace, "init", &[("fails", "OOMKilled"), ("container", "migrate"), ("log", "too much")], &migrate);
    let waits = |name: &'static str, container: &'static str, so: &'static str| {
        until(&namespace, "api/v1", &format!("pods/{name}"), |pod| state(pod, container) == so && restarts(pod) >= 3)
    };
    let crash = waits("crash", "app", "Running: CrashLoopBackOff after Error 3");
    assert!(!condition(&crash, "Ready"));
    let init = waits("init", "migrate", "Pending: CrashLoopBackOff after OOMKilled 137");
    assert_eq!(state(&init, "app"), "Pending: PodInitializing");
    let uid = crash["metadata"]["uid"].as_str().unwrap();
    insta::assert_snapshot!(events(&namespace, "crash").replace(&namespace.name, "ns").replace(uid, "uid"), @"
    default-scheduler - Normal Scheduled: Successfully assigned ns/crash to node-1
    kubelet spec.containers{app} Normal Started: Container started
    kubelet spec.containers{app} Warning BackOff: Back-off restarting failed container app in pod crash_ns(uid)
    ");
    assert_eq!(namespace.log("crash", &LogParams::default()).unwrap(), format!("{says}\n"));
    let last = LogParams { tail_lines: Some(1), previous: true, ..LogParams::default() };
    assert_eq!(namespace.log("crash", &last).unwrap(), "no database at postgres:5432\n");
    let container = LogParams { container: Some("migrate".to_owned()), ..LogParams::default() };
    assert_eq!(namespace.log("init", &container).unwrap(), "too much\n");
}

#[test]
fn a_pod_that_fits_nowhere_is_told_by_the_scheduler() {
    let namespace = plane().namespace();
    pod(&namespace, "lost", &[], &json!({"nodeSelector": {"disk": "gold"}}));
    let lost =
        until(&namespace, "api/v1", "pods/lost", |pod| pod["status"]["conditions"][0]["reason"] == "Unschedulable");
    assert_eq!(state(&lost, "app"), "nothing");
    plane().until("the event", || !events(&namespace, "lost").is_empty());
    insta::assert_snapshot!(events(&namespace, "lost"), @"default-scheduler - Warning FailedScheduling: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
}

#[test]
fn a_container_without_its_secret_and_one_that_is_never_ready_wait() {
    let namespace = plane().namespace();
    let no_secret = [("fails", "CreateContainerConfigError"), ("message", "secret \"openai\" not found")];
    pod(&namespace, "config", &no_secret, &json!({}));
    deployment(&namespace, &[("fails", "NotReady")], &json!({}));
    let config =
        until(&namespace, "api/v1", "pods/config", |pod| state(pod, "app").ends_with("CreateContainerConfigError"));
    assert_eq!(config["status"]["containerStatuses"][0]["state"]["waiting"]["message"], "secret \"openai\" not found");
    plane().until("the event", || events(&namespace, "config").contains("kubelet"));
    insta::assert_snapshot!(events(&namespace, "config").replace(&namespace.name, "ns"), @r#"
    default-scheduler - Normal Scheduled: Successfully assigned ns/config to node-1
    kubelet spec.containers{app} Warning Failed: Error: secret "openai" not found
    "#);
    let late = until(&namespace, "apis/apps/v1", "deployments/web", |web| {
        web.to_string().contains("ProgressDeadlineExceeded")
    });
    assert!(!condition(&late, "Available"));
    let found = namespace.get("api/v1", "pods?labelSelector=app%3Dweb");
    let name = found["items"].as_array().unwrap().iter().map(|pod| pod["metadata"]["name"].as_str().unwrap());
    let name = name.into_iter().find(|name| name.starts_with("web-")).unwrap();
    assert!(
        events(&namespace, name).contains("kubelet spec.containers{app} Warning Unhealthy: Readiness probe failed")
    );
}

#[test]
fn a_job_whose_pod_fails_fails() {
    let namespace = plane().namespace();
    let template =
        template(&[("fails", "Error"), ("exit-code", "2"), ("log", "boom")], &json!({"restartPolicy": "Never"}));
    namespace.make(
        "apis/batch/v1",
        "jobs",
        &json!({"metadata": {"name": "migrate"}, "spec": {"backoffLimit": 0, "template": template}}),
    );
    let job = until(&namespace, "apis/batch/v1", "jobs/migrate", |job| condition(job, "Failed"));
    assert!(job.to_string().contains("BackoffLimitExceeded"));
    let pods = namespace.get("api/v1", "pods");
    assert_eq!(state(&pods["items"][0], "app"), "Failed: Error 2");
    assert_eq!(
        namespace.log(pods["items"][0]["metadata"]["name"].as_str().unwrap(), &LogParams::default()).unwrap(),
        "boom\n"
    );
}

#[test]
fn a_command_gets_its_input_to_its_end_and_its_output_and_exit_code_come_back() {
    let namespace = plane().namespace();
    pod(&namespace, "web", &[], &json!({}));
    namespace.ready("web");
    let much = "line\n".repeat(200_000);
    let (output, errors, ended) = namespace.run("web", "wc -c; echo careful >&2; exit 7", &much);
    assert_eq!((output.trim(), errors.trim()), ("1000000", "careful"));
    assert_eq!(ended, "command terminated with non-zero exit code: command terminated with exit code 7");
    // Not by `cat`: kube's client doesn't read while it writes.
    let (output, errors, ended) = namespace.run("web", "head -c 1000000 /dev/zero", "");
    assert_eq!((output.len(), errors.as_str(), ended.as_str()), (1_000_000, "", "Success"));
    let (_, _, ended) = namespace.run("web", "kill -9 $$", "");
    assert!(ended.ends_with("exit code 137"), "{ended}");
    let (_, _, ended) = namespace.exec("web", &["nobody-has-this"], "");
    assert!(ended.contains("executable file not found in $PATH"), "{ended}");
}

#[test]
fn a_command_sees_the_volumes_and_values_of_its_container() {
    let namespace = plane().namespace();
    namespace.make(
        "api/v1",
        "configmaps",
        &json!({"metadata": {"name": "conf"}, "data": {"COLOUR": "blue", "app.toml": "a = 1\n"}}),
    );
    namespace.make("api/v1", "secrets", &json!({"metadata": {"name": "keys"}, "stringData": {"PASSWORD": "s3cret"}}));
    let claim = json!({"metadata": {"name": "work"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    namespace.make("api/v1", "persistentvolumeclaims", &claim);
    let work = plane().claim(&namespace.name, "work");
    fs::create_dir_all(work.join("1/src")).unwrap();
    fs::write(work.join("1/src/main.rs"), "fn main() {}\n").unwrap();
    let from = |kind: &str, name: &str, key: &str| json!({kind: {"name": name, "key": key}});
    let spec = json!({
        "containers": [{
            "name": "app", "image": "shop/app:9", "workingDir": "/workspace",
            "envFrom": [{"configMapRef": {"name": "conf"}}, {"secretRef": {"name": "keys"}, "prefix": "KEY_"},
                {"secretRef": {"name": "none", "optional": true}}],
            "env": [
                {"name": "PASSWORD", "valueFrom": from("secretKeyRef", "keys", "PASSWORD")},
                {"name": "PAINT", "valueFrom": from("configMapKeyRef", "conf", "COLOUR")},
                {"name": "BOTH", "value": "$(PAINT) and $(PASSWORD), $$(PAINT)"},
                {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
            ],
            "volumeMounts": [
                {"name": "work", "mountPath": "/workspace", "subPath": "1/src"},
                {"name": "work", "mountPath": "/new", "subPath": "2/src"},
                {"name": "conf", "mountPath": "/etc/shop", "readOnly": true},
                {"name": "keys", "mountPath": "/etc/keys/password", "subPath": "PASSWORD"},
                {"name": "scratch", "mountPath": "/scratch"},
            ],
        }],
        "volumes": [
            {"name": "work", "persistentVolumeClaim": {"claimName": "work"}},
            {"name": "conf", "configMap": {"name": "conf", "items": [{"key": "app.toml", "path": "shop.toml"}]}},
            {"name": "keys", "secret": {"secretName": "keys"}},
            {"name": "scratch", "emptyDir": {}},
        ],
    });
    pod(&namespace, "web", &[], &spec);
    namespace.ready("web");
    let script = "pwd; cat main.rs; ls /etc/shop; cat /etc/shop/shop.toml /etc/keys/password; echo
        env | grep -E '^(COLOUR|KEY_|PASSWORD|PAINT|BOTH|POD|NODE)' | sort; hostname
        echo built >out; echo new >/new/file; echo kept >/scratch/file; touch /etc/shop/file; ls /var/run/secrets/kubernetes.io/serviceaccount";
    let (output, errors, ended) = namespace.run("web", script, "");
    insta::assert_snapshot!(format!("{output}{errors}{ended}"), @"
    /workspace
    fn main() {}
    shop.toml
    a = 1
    s3cret
    BOTH=blue and s3cret, $(PAINT)
    COLOUR=blue
    KEY_PASSWORD=s3cret
    NODE=node-1
    PAINT=blue
    PASSWORD=s3cret
    POD=web
    web
    ca.crt
    namespace
    token
    touch: cannot touch '/etc/shop/file': Read-only file system
    Success
    ");
    assert_eq!(fs::read_to_string(work.join("1/src/out")).unwrap(), "built\n");
    assert_eq!(fs::read_to_string(work.join("2/src/file")).unwrap(), "new\n");
    let (again, ..) = namespace.run("web", "cat /scratch/file", "");
    assert_eq!(again, "kept\n");
}

#[test]
fn what_a_command_leaves_running_lives_as_long_as_its_pod_and_sees_nothing_of_this_machine() {
    let namespace = plane().namespace();
    pod(&namespace, "web", &[], &json!({}));
    namespace.ready("web");
    let beat = "(while :; do echo beat >>/tmp/beats; sleep 0.05; done) >/dev/null 2>&1 & echo $!";
    let (process, ..) = namespace.run("web", beat, "");
    let (seen, ..) =
        namespace.run("web", &format!("kill -0 {} && ls -A /home /root; tail -n 1 /tmp/beats", process.trim()), "");
    assert_eq!(seen, "/home:\n\n/root:\nbeat\n");
    let first = "readlink /proc/1/ns/pid";
    let (inside, ..) = namespace.run("web", first, "");
    let alive = || {
        let all =
            fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read_link(entry.ok()?.path().join("ns/pid")).ok());
        all.into_iter().any(|pid| pid.to_str() == Some(inside.trim()))
    };
    assert!(alive());
    namespace.run("web", "echo said >/proc/1/fd/1", "");
    assert_eq!(namespace.log("web", &LogParams::default()).unwrap(), "said\n");
    namespace.delete("pods/web?gracePeriodSeconds=0");
    plane().until("the end of what ran in the pod", || !alive());
}

#[test]
fn a_log_is_what_a_test_wrote_into_it_and_can_be_followed() {
    let namespace = plane().namespace();
    pod(&namespace, "web", &[("log", "told")], &json!({}));
    namespace.ready("web");
    let file = plane().log(&namespace.name, "web", "app");
    fs::write(&file, "one\ntwo\n").unwrap();
    assert_eq!(namespace.log("web", &LogParams::default()).unwrap(), "told\none\ntwo\n");
    let followed = plane().block_on(async {
        let how = LogParams { follow: true, tail_lines: Some(1), ..LogParams::default() };
        let mut lines = Box::pin(namespace.pods().log_stream("web", &how).await.unwrap());
        let mut seen = String::new();
        while !seen.contains("three") {
            if seen.contains("two") {
                fs::write(&file, "one\ntwo\nthree\n").unwrap();
            }
            let mut piece = [0; 100];
            let count = futures_util::AsyncReadExt::read(&mut lines, &mut piece).await.unwrap();
            seen.push_str(std::str::from_utf8(&piece[..count]).unwrap());
        }
        seen
    });
    assert_eq!(followed, "two\nthree\n");
    let previous = LogParams { previous: true, ..LogParams::default() };
    assert_eq!(
        namespace.log("web", &previous),
        Err("previous terminated container \"app\" in pod \"web\" not found".to_owned())
    );
}

#[test]
fn a_claim_is_empty_again_once_it_was_deleted() {
    let namespace = plane().namespace();
    let claim = json!({"metadata": {"name": "work"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    namespace.make("api/v1", "persistentvolumeclaims", &claim);
    let mounts = json!({
        "containers": [{"name": "app", "image": "shop/app:9", "volumeMounts": [{"name": "work", "mountPath": "/work"}]}],
        "volumes": [{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}],
    });
    pod(&namespace, "web", &[], &mounts);
    namespace.ready("web");
    namespace.run("web", "echo kept >/work/file", "");
    namespace.delete("pods/web?gracePeriodSeconds=0");
    let folder = plane().claim(&namespace.name, "work");
    assert_eq!(names(&folder), ["file"]);
    namespace.delete("persistentvolumeclaims/work");
    plane().until("the claim's folder goes", || !folder.exists());
}

#[test]
fn the_api_server_stops_and_starts_on_its_port_with_what_it_had() {
    let own = Cluster::start();
    let namespace = own.namespace();
    deployment(&namespace, &[], &json!({}));
    until(&namespace, "apis/apps/v1", "deployments/web", |web| condition(web, "Available"));
    own.stop_part("kube-apiserver");
    assert_eq!(own.command("stop kube-apiserver"), "error: stop kube-apiserver: it is not running");
    let address = own.server().replace("https://", "");
    assert!(std::net::TcpStream::connect(&address).is_err());
    own.start_part("kube-apiserver");
    assert_eq!(namespace.get("apis/apps/v1", "deployments/web")["status"]["readyReplicas"], 1);
    // The controllers and the node come back by themselves.
    pod(&namespace, "after", &[], &json!({}));
    namespace.ready("after");
}

#[test]
fn whatever_becomes_of_it_nothing_of_it_stays() {
    let own = Cluster::start();
    let namespace = own.namespace();
    pod(&namespace, "web", &[], &json!({}));
    namespace.ready("web");
    namespace.run("web", "sleep 1000 >/dev/null 2>&1 &", "");
    let folder = own.folder().to_str().unwrap().to_owned();
    // Its parts name its folder; the container's processes have it as the lower part of their root.
    let left = || {
        let all = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
        let ours = |path: &Path| {
            let read = |name: &str| fs::read(path.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            read("cmdline").is_ok_and(|line| line.contains(&folder))
                || read("mounts").is_ok_and(|all| all.contains(&folder))
        };
        all.into_iter().filter(|path| ours(path)).count()
    };
    own.until("six parts and the container's three processes", || left() >= 6 + 3);
    own.kill();
    own.until("the end of all processes", || left() == 0);
    fs::remove_dir_all(&folder).unwrap();
    std::mem::forget(namespace); // there is nobody to delete it
}

#[test]
fn the_kubectl_of_the_binary_is_of_the_servers_version() {
    let namespace = plane().namespace();
    let kubectl = |arguments: &[&str], input: &str| {
        let mut kubectl = Command::new("control-plane");
        kubectl.arg("kubectl").arg("--kubeconfig").arg(&plane().kubeconfig).arg("--namespace").arg(&namespace.name);
        let mut kubectl = kubectl.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        kubectl.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        String::from_utf8(kubectl.wait_with_output().unwrap().stdout).unwrap()
    };
    let version = kubectl(&["version", "--output=json"], "");
    let version: Value = serde_json::from_str(&version).unwrap();
    assert_eq!(version["clientVersion"]["gitVersion"], version["serverVersion"]["gitVersion"]);
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\n";
    assert_eq!(kubectl(&["apply", "--filename=-"], manifest), "configmap/conf created\n");
}

#[test]
fn a_watch_tells_what_changes() {
    let namespace = plane().namespace();
    let seen = plane().block_on(async {
        let pods = namespace.pods();
        let mut changes = Box::pin(pods.watch(&WatchParams::default().timeout(60), "0").await.unwrap());
        let made = template(&[], &json!({}));
        let mut made: Pod = serde_json::from_value(made).unwrap();
        made.metadata.name = Some("web".to_owned());
        pods.create(&kube::api::PostParams::default(), &made).await.unwrap();
        loop {
            if let Some(WatchEvent::Modified(pod)) = changes.try_next().await.unwrap()
                && pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Running")
            {
                break pod.metadata.name.unwrap();
            }
        }
    });
    assert_eq!(seen, "web");
}
