use std::path::Path;

use serde_json::json;

use super::*;
use crate::secrets::Secret;

const S: Duration = Duration::from_secs(1);

fn wanted(api_version: &str, kind: &str, name: &str) -> Wanted {
    Wanted {
        api_version: api_version.into(),
        kind: kind.into(),
        namespace: Some("shop".into()),
        name: name.into(),
        file: Path::new("deploy/web.yaml").into(),
        line: 1,
        goes_by_itself: false,
    }
}

fn board(wanted: Wanted) -> Board {
    Board::new([wanted], Limits::default(), Redactor::default(), false)
}

impl Board {
    /// All objects of a kind, as a LIST gives them.
    fn list(&mut self, kind: &str, objects: &[Value]) {
        let source = self.sources.iter().position(|source| &*source.watched.kind == kind).unwrap();
        let keep = self.keep(source);
        let objects = objects.iter().map(|object| {
            let mut object = object.clone();
            object["apiVersion"] = Value::from(&*self.sources[source].watched.api_version);
            object["kind"] = Value::from(kind);
            object
        });
        let kept = objects.filter_map(|object| keep(&object)).collect();
        self.take(source, Change::Listed(kept));
    }

    fn deny(&mut self, kind: &str) {
        let source = self.sources.iter().position(|source| &*source.watched.kind == kind).unwrap();
        self.take(source, Change::Denied(format!("{kind} is forbidden")));
    }

    fn at(&mut self, seconds: u32) -> State {
        self.look(S * seconds);
        self.entries[0].state.clone()
    }
}

fn failed(state: &State) -> bool {
    matches!(state, State::Failed(_))
}

/// A Deployment at its second revision, none of whose pods is there yet.
fn deployment() -> Value {
    json!({
        "metadata": {"name": "web", "uid": "d", "generation": 2, "annotations": {"deployment.kubernetes.io/revision": "2"}},
        "spec": {"replicas": 1},
        "status": {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 1, "availableReplicas": 0},
    })
}

fn set(revision: &str) -> Value {
    json!({"metadata": {
        "name": format!("web-{revision}"), "uid": format!("set{revision}"),
        "annotations": {"deployment.kubernetes.io/revision": revision},
        "ownerReferences": [{"uid": "d", "controller": true}],
    }})
}

fn pod(owner: &str, status: &Value) -> Value {
    json!({
        "metadata": {"name": format!("{owner}-pod"), "uid": format!("{owner}-uid"), "ownerReferences": [{"uid": owner, "controller": true}]},
        "status": status,
    })
}

fn waits(reason: &str, restarts: u64) -> Value {
    json!({"phase": "Pending", "containerStatuses": [{"name": "web", "image": "web:1", "ready": false, "restartCount": restarts, "state": {"waiting": {"reason": reason}}}]})
}

/// A Deployment whose new pod is in this state.
fn with_pod(status: &Value) -> Board {
    let mut board = board(wanted("apps/v1", "Deployment", "web"));
    board.list("Deployment", &[deployment()]);
    board.list("ReplicaSet", &[set("1"), set("2")]);
    board.list("Pod", &[pod("set2", status)]);
    board
}

#[test]
fn nothing_is_said_of_what_nobody_has_looked_at() {
    let mut board = board(wanted("apps/v1", "Deployment", "web"));
    assert_eq!(board.at(0), State::Unknown);
    board.list("Deployment", &[]);
    assert_eq!(board.at(1), State::Missing);
    assert!(!board.is_complete(), "its pods are not known yet");
}

#[test]
fn an_image_that_can_not_be_pulled_is_waited_for_two_minutes() {
    let mut board = with_pod(&waits("ErrImagePull", 0));
    assert!(matches!(board.at(10), State::Waiting(why) if why.contains("can't be pulled")));
    // The kubelet goes back and forth between the two.
    board.list("Pod", &[pod("set2", &waits("ImagePullBackOff", 0))]);
    assert!(!failed(&board.at(129)));
    assert!(failed(&board.at(130)));
}

#[test]
fn an_image_that_came_late_begins_anew() {
    let mut board = with_pod(&waits("ErrImagePull", 0));
    board.at(10);
    board.list("Pod", &[pod("set2", &waits("ContainerCreating", 0))]);
    board.at(60);
    board.list("Pod", &[pod("set2", &waits("ErrImagePull", 0))]);
    board.at(100);
    assert!(!failed(&board.at(200)));
    assert!(failed(&board.at(220)));
}

#[test]
fn trouble_of_an_old_pod_is_no_trouble_of_the_new_revision() {
    let mut board = with_pod(&waits("ContainerCreating", 0));
    let old = pod("set1", &waits("InvalidImageName", 9));
    let stranger = pod("somebody", &waits("InvalidImageName", 9));
    board.list("Pod", &[old, stranger, pod("set2", &waits("ContainerCreating", 0))]);
    assert_eq!(board.at(1000), State::Waiting("0 of 1 pod ready".to_owned()));
    assert_eq!(board.pods(0).len(), 1);
}

#[test]
fn before_a_change_is_seen_the_revision_is_the_one_before() {
    let mut board = with_pod(&waits("InvalidImageName", 0));
    let mut changed = deployment();
    changed["metadata"]["generation"] = json!(3);
    board.list("Deployment", &[changed]);
    assert_eq!(board.at(1), State::Waiting("its controller has not seen the change yet".to_owned()));
}

#[test]
fn a_name_that_is_none_is_not_waited_for() {
    assert!(failed(&with_pod(&waits("InvalidImageName", 0)).at(0)));
}

#[test]
fn a_crashing_container_is_given_up_at_its_third_restart() {
    assert!(!failed(&with_pod(&waits("CrashLoopBackOff", 2)).at(500)));
    assert!(failed(&with_pod(&waits("CrashLoopBackOff", 3)).at(0)));
}

#[test]
fn a_container_without_its_config_gets_half_a_minute() {
    let mut board = with_pod(&waits("CreateContainerConfigError", 0));
    assert!(!failed(&board.at(0)));
    assert!(!failed(&board.at(29)));
    assert!(failed(&board.at(30)));
}

#[test]
fn an_init_container_counts_as_well() {
    let mut status = waits("PodInitializing", 0);
    status["initContainerStatuses"] = waits("CrashLoopBackOff", 3)["containerStatuses"].clone();
    let State::Failed(why) = with_pod(&status).at(0) else { panic!("it has not failed") };
    assert_eq!(why, "init container web ends again and again (3 restarts)");
}

#[test]
fn without_a_node_it_is_asked_after_five_minutes_whether_one_comes() {
    let status = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]});
    let mut board = with_pod(&status);
    assert_eq!(board.look(Duration::ZERO).1, []);
    assert_eq!(board.look(S * 299).1, []);
    let ask = [AskForNode { entry: 0, namespace: "shop".to_owned(), pod: "set2-uid".to_owned() }];
    assert_eq!(board.look(S * 300).1, ask);
    board.node_comes(0, true, S * 300);
    assert_eq!(board.look(S * 599).1, [], "it is given as much time again");
    assert_eq!(board.look(S * 600).1, ask);
    board.node_comes(0, false, S * 600);
    assert_eq!(board.at(601), State::Failed("no node takes it: 0/1 nodes are available".to_owned()));
}

#[test]
fn pods_of_a_stateful_set_are_those_of_its_new_revision() {
    let labelled = |owner: &str, revision: &str| {
        let mut pod = pod(owner, &waits("InvalidImageName", 0));
        pod["metadata"]["name"] = json!(format!("db-{revision}"));
        pod["metadata"]["labels"] = json!({"controller-revision-hash": revision});
        pod
    };
    let mut board = board(wanted("apps/v1", "StatefulSet", "db"));
    board.list(
        "StatefulSet",
        &[json!({
            "metadata": {"name": "db", "uid": "s", "generation": 1}, "spec": {"replicas": 2},
            "status": {"observedGeneration": 1, "readyReplicas": 1, "currentRevision": "old", "updateRevision": "new"},
        })],
    );
    board.list("Pod", &[labelled("s", "old")]);
    assert_eq!(board.at(0), State::Waiting("1 of 2 pods ready".to_owned()));
    board.list("Pod", &[labelled("s", "old"), labelled("s", "new")]);
    assert!(failed(&board.at(0)));
}

#[test]
fn a_job_counts_its_tries_itself() {
    let mut board = board(wanted("batch/v1", "Job", "migrate"));
    board.list(
        "Job",
        &[json!({"metadata": {"name": "migrate", "uid": "j"}, "status": {"startTime": "x", "active": 1}})],
    );
    board.list("Pod", &[pod("j", &waits("CrashLoopBackOff", 5))]);
    assert!(!failed(&board.at(500)));
}

#[test]
fn a_job_that_goes_by_itself_is_done_once_it_is_gone() {
    let mut board = board(Wanted { goes_by_itself: true, ..wanted("batch/v1", "Job", "migrate") });
    assert_eq!(board.at(0), State::Unknown);
    board.list("Job", &[]);
    assert!(board.at(0).is_well());
}

#[test]
fn what_was_there_and_is_gone_is_told_apart_from_what_never_was() {
    let mut board = with_pod(&waits("ContainerCreating", 0));
    board.at(0);
    board.list("Deployment", &[]);
    assert_eq!(board.at(1), State::Waiting("somebody deleted it".to_owned()));
}

#[test]
fn a_claim_waits_for_a_volume_or_for_its_consumer() {
    let claim =
        json!({"metadata": {"name": "data"}, "spec": {"storageClassName": "local"}, "status": {"phase": "Pending"}});
    let class = |mode: &str| json!({"metadata": {"name": "local"}, "volumeBindingMode": mode});
    let of = || {
        let mut board = board(wanted("v1", "PersistentVolumeClaim", "data"));
        board.list("PersistentVolumeClaim", std::slice::from_ref(&claim));
        board
    };
    let mut waits = of();
    waits.list("StorageClass", &[class("WaitForFirstConsumer")]);
    assert_eq!(waits.at(0), State::Ready("waits for its first consumer".to_owned()));
    let mut consumed = claim.clone();
    consumed["metadata"]["annotations"] = json!({"volume.kubernetes.io/selected-node": "a"});
    waits.list("PersistentVolumeClaim", &[consumed]);
    assert_eq!(waits.at(0), State::Waiting("no volume is bound yet".to_owned()));
    let mut at_once = of();
    at_once.list("StorageClass", &[class("Immediate")]);
    assert!(!at_once.at(0).is_well());
    let mut unknown = of();
    unknown.deny("StorageClass");
    assert!(unknown.at(0).is_well(), "who may not read classes can't know");
}

#[test]
fn without_the_right_to_see_pods_there_is_less_to_tell() {
    let mut board = with_pod(&waits("InvalidImageName", 0));
    board.list("Pod", &[]);
    board.deny("Pod");
    assert_eq!(board.at(0), State::Waiting("0 of 1 pod ready".to_owned()));
    board.list("Deployment", &[]);
    board.deny("Deployment");
    assert_eq!(board.at(0), State::Unreadable("Deployment is forbidden".to_owned()));
}

#[test]
fn secrets_in_the_clusters_words_are_hidden() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("canary-of-a-secret".to_owned()));
    let mut board = Board::new([wanted("v1", "Pod", "x")], Limits::default(), redactor, false);
    board.list(
        "Pod",
        &[json!({"metadata": {"name": "x"}, "status": {"phase": "Failed", "message": "canary-of-a-secret"}})],
    );
    assert_eq!(board.at(0), State::Failed("it failed: <hidden>".to_owned()));
}

#[test]
fn each_change_is_told_once() {
    let mut board = with_pod(&waits("ContainerCreating", 0));
    assert_eq!(board.look(S).0, [0]);
    assert_eq!(board.look(S * 2).0, [0; 0]);
    assert_eq!(board.entries[0].since, S);
}
