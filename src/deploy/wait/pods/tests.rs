use serde_json::json;

use super::*;

/// A pod whose container `web` is in this state.
fn pod(status: &Value) -> Value {
    let mut container = json!({"name": "web", "image": "registry/web:1", "ready": false, "restartCount": 0});
    for (key, value) in status.as_object().unwrap() {
        container[key] = value.clone();
    }
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1-a", "uid": "u1", "ownerReferences": [{"uid": "other"}, {"uid": "set", "controller": true}]},
        "status": {"phase": "Pending", "containerStatuses": [container]},
    })
}

fn waits(reason: &str, message: &str) -> Value {
    pod(&json!({"state": {"waiting": {"reason": reason, "message": message}}}))
}

fn said(object: &Value) -> String {
    let pod = Pod::of(object);
    let problem = pod.problem.as_ref().map_or("well".to_owned(), |one| format!("{:?}: {}", one.class, one.text));
    format!("{} ({} restarts)\n    {problem}\n", pod.state, pod.restarts)
}

#[test]
fn what_is_wrong_with_a_pod_reads_like_a_sentence() {
    let back_off = json!({"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container=web"}}, "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}});
    let memory = json!({"restartCount": 1, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}});
    let mut init = pod(&json!({"state": {"waiting": {"reason": "PodInitializing"}}}));
    init["status"]["initContainerStatuses"] = json!([
        {"name": "first", "ready": true, "restartCount": 0, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
        {"name": "migrate", "ready": false, "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 2, "reason": "Error"}}},
    ]);
    let scheduled = |reason: &str, message: &str| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": reason, "message": message}]}});
    let mut going = waits("ImagePullBackOff", "");
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let all = [
        pod(&json!({"state": {"running": {}}})),
        pod(&json!({"ready": true, "state": {"running": {}}})),
        waits("ContainerCreating", ""),
        waits("ImagePullBackOff", "Back-off pulling image \"registry/web:1\": ErrImagePull: not found.\nmore"),
        waits("ErrImagePull", ""),
        waits("InvalidImageName", "Failed to apply default image tag \"Web:1\": couldn't parse image name"),
        waits("CreateContainerConfigError", "configmap \"settings\" not found"),
        pod(&back_off),
        pod(&memory),
        init,
        scheduled("Unschedulable", "0/3 nodes are available: 3 Insufficient cpu."),
        scheduled("SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates"),
        going,
    ];
    insta::assert_snapshot!(all.iter().map(said).collect::<String>(), @r#"
    Pending (0 restarts)
        well
    Pending (0 restarts)
        well
    ContainerCreating (0 restarts)
        well
    ImagePullBackOff (0 restarts)
        Image: the image registry/web:1 of container web can't be pulled (ImagePullBackOff): Back-off pulling image "registry/web:1": ErrImagePull: not found
    ErrImagePull (0 restarts)
        Image: the image registry/web:1 of container web can't be pulled (ErrImagePull)
    InvalidImageName (0 restarts)
        Name: registry/web:1 is no name of an image (container web): Failed to apply default image tag "Web:1": couldn't parse image name
    CreateContainerConfigError (0 restarts)
        Config: container web can't be started (CreateContainerConfigError): configmap "settings" not found
    CrashLoopBackOff (4 restarts)
        Crash: container web ends again and again (4 restarts): exit code 1
    CrashLoopBackOff (1 restarts)
        Crash: container web ended twice (1 restart): out of memory
    CrashLoopBackOff (3 restarts)
        Crash: init container migrate ends again and again (3 restarts): exit code 2
    Pending (0 restarts)
        Unschedulable: no node takes it: 0/3 nodes are available: 3 Insufficient cpu
    Pending (0 restarts)
        well
    Terminating (0 restarts)
        well
    "#);
}

#[test]
fn the_container_that_is_not_well_is_the_one_whose_log_is_read() {
    let container = |object: &Value| Pod::of(object).container;
    assert_eq!(container(&pod(&json!({"ready": true, "state": {"running": {}}}))), None);
    let running = container(&pod(&json!({"state": {"running": {}}}))).unwrap();
    assert!(running.has_log && !running.ran_before);
    let before = json!({"exitCode": 1, "reason": "Error"});
    let again = container(&pod(&json!({"state": {"running": {}}, "lastState": {"terminated": before}}))).unwrap();
    assert!(again.has_log && again.ran_before);
    // While it waits to be started again the log that is there is the one of the last run.
    let loops = json!({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": before}});
    let loops = container(&pod(&loops)).unwrap();
    assert!(loops.has_log && !loops.ran_before);
    assert_eq!(loops.ended.as_deref(), Some("exit code 1"));
    assert!(!container(&waits("ImagePullBackOff", "")).unwrap().has_log, "it has never run");
}

#[test]
fn a_pod_that_is_done_is_as_it_should_be() {
    let done = json!({"ready": false, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}});
    let mut object = pod(&done);
    object["status"]["phase"] = json!("Succeeded");
    object["status"]["conditions"] = json!([{"type": "Ready", "status": "False", "reason": "PodCompleted"}]);
    let found = Pod::of(&object);
    assert!(found.ready && found.container.is_none() && found.problem.is_none(), "{found:?}");
    assert_eq!(found.state, "Succeeded");
}

#[test]
fn an_owner_is_the_one_that_controls() {
    assert_eq!(Pod::of(&waits("ErrImagePull", "")).owner.as_deref(), Some("set"));
    assert_eq!(owner(&json!({"metadata": {"ownerReferences": [{"uid": "other"}]}})), None);
}
