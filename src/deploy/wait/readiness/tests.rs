use serde_json::json;

use super::*;

/// An object of `apps/v1` whose controller has seen it.
fn apps(kind: &str, spec: &Value, status: &Value) -> Value {
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": {"name": "web", "generation": 2},
        "spec": spec, "status": {"observedGeneration": 2},
    });
    for (key, value) in status.as_object().unwrap() {
        object["status"][key] = value.clone();
    }
    object
}

fn said(object: &Value) -> String {
    match readiness(object) {
        Ready(text) => format!("ready: {text}"),
        Waiting(text) => format!("waiting: {text}"),
        Failed(text) => format!("failed: {text}"),
    }
}

fn table(rows: &[(&str, Value)]) -> String {
    rows.iter().map(|(name, object)| format!("{name}\n    {}\n", said(object))).collect()
}

#[test]
fn a_deployment_is_ready_when_all_its_pods_are_new_and_available() {
    let of = |spec: Value, status: Value| apps("Deployment", &spec, &status);
    let spec = json!({"replicas": 3, "progressDeadlineSeconds": 60});
    let late = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "ReplicaSet \"web-1\" has timed out progressing."}]);
    let quota = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "pods \"web-1\" is forbidden: exceeded quota: small"}]);
    let mut unseen = of(spec.clone(), json!({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}));
    unseen["metadata"]["generation"] = json!(3);
    let mut fresh = of(json!({}), json!({}));
    fresh["status"] = json!({});
    insta::assert_snapshot!(table(&[
        ("as it is made", fresh),
        ("its change is not seen yet", unseen),
        ("nothing yet", of(spec.clone(), json!({}))),
        ("one of three is new", of(spec.clone(), json!({"replicas": 3, "updatedReplicas": 1, "availableReplicas": 3}))),
        ("all are new, one works", of(spec.clone(), json!({"replicas": 4, "updatedReplicas": 3, "availableReplicas": 1}))),
        ("one old is left", of(spec.clone(), json!({"replicas": 4, "updatedReplicas": 3, "availableReplicas": 3}))),
        ("done", of(spec.clone(), json!({"replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}))),
        ("no replicas said is one", of(json!({}), json!({"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}))),
        ("none wanted", of(json!({"replicas": 0}), json!({}))),
        ("too late", of(spec.clone(), json!({"replicas": 3, "updatedReplicas": 3, "conditions": late}))),
        ("a quota", of(spec, json!({"conditions": quota}))),
        ("paused", of(json!({"replicas": 3, "paused": true}), json!({"replicas": 3, "updatedReplicas": 0, "availableReplicas": 3}))),
    ]), @r#"
    as it is made
        waiting: its controller has not seen the change yet
    its change is not seen yet
        waiting: its controller has not seen the change yet
    nothing yet
        waiting: 0 of 3 pods updated
    one of three is new
        waiting: 1 of 3 pods updated
    all are new, one works
        waiting: 1 of 3 pods ready
    one old is left
        waiting: 1 old pod still to end
    done
        ready: 3 of 3 pods
    no replicas said is one
        ready: 1 of 1 pod
    none wanted
        ready: no pods wanted
    too late
        failed: its progress deadline of 60 s is over: ReplicaSet "web-1" has timed out progressing.
    a quota
        waiting: 0 of 3 pods updated: pods "web-1" is forbidden: exceeded quota: small
    paused
        waiting: 0 of 3 pods updated, and it is paused: `kubectl rollout resume` lets it go on
    "#);
}

#[test]
fn a_stateful_set_is_ready_when_its_last_revision_is_the_only_one() {
    let of = |spec: Value, status: Value| apps("StatefulSet", &spec, &status);
    let spec = json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate"}});
    let parted = json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}});
    let same =
        json!({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "currentRevision": "a", "updateRevision": "a"});
    let other =
        json!({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"});
    let none = json!({"replicas": 3, "readyReplicas": 3, "currentRevision": "a", "updateRevision": "b"});
    let soon = json!({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "availableReplicas": 1, "currentRevision": "a", "updateRevision": "a"});
    insta::assert_snapshot!(table(&[
        ("two of three", of(spec.clone(), json!({"replicas": 3, "readyReplicas": 2}))),
        ("half way", of(spec.clone(), other.clone())),
        ("done", of(spec, same.clone())),
        ("parted, its part is done", of(parted.clone(), other)),
        ("parted, its part is not done", of(parted, none.clone())),
        ("updated by hand", of(json!({"replicas": 3, "updateStrategy": {"type": "OnDelete"}}), none)),
        ("ready, but not for long enough", of(json!({"replicas": 3, "minReadySeconds": 10}), soon)),
        ("scaled down", of(json!({"replicas": 1}), same)),
        ("none wanted", of(json!({"replicas": 0}), json!({"currentRevision": "a", "updateRevision": "a"}))),
    ]), @"
    two of three
        waiting: 2 of 3 pods ready
    half way
        waiting: 1 of 3 pods updated
    done
        ready: 3 of 3 pods
    parted, its part is done
        ready: 3 of 3 pods
    parted, its part is not done
        waiting: 0 of 1 pod updated
    updated by hand
        ready: 3 of 3 pods
    ready, but not for long enough
        waiting: 1 of 3 pods ready for as long as minReadySeconds wants it
    scaled down
        waiting: 2 pods too many still to end
    none wanted
        ready: no pods wanted
    ");
}

#[test]
fn a_daemon_set_is_ready_when_every_node_has_its_new_pod() {
    let of = |status: Value| apps("DaemonSet", &json!({}), &status);
    let by_hand = apps(
        "DaemonSet",
        &json!({"updateStrategy": {"type": "OnDelete"}}),
        &json!({"desiredNumberScheduled": 2, "updatedNumberScheduled": 0, "numberAvailable": 2}),
    );
    insta::assert_snapshot!(table(&[
        ("one is new", of(json!({"desiredNumberScheduled": 2, "updatedNumberScheduled": 1, "numberAvailable": 2}))),
        ("one works", of(json!({"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}))),
        ("done", of(json!({"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}))),
        ("no node wants one", of(json!({"desiredNumberScheduled": 0}))),
        ("updated by hand", by_hand),
    ]), @"
    one is new
        waiting: 1 of 2 pods updated
    one works
        waiting: 1 of 2 pods ready
    done
        ready: 2 of 2 pods
    no node wants one
        ready: no pods wanted
    updated by hand
        ready: 2 of 2 pods
    ");
}

#[test]
fn a_job_is_ready_when_it_is_done() {
    let of = |spec: Value, status: Value| json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate", "generation": 1}, "spec": spec, "status": status});
    let said = |kind: &str, reason: &str| json!([{"type": kind, "status": "True", "reason": reason, "message": "Job has words"}]);
    let spec = json!({"completions": 1, "backoffLimit": 2, "activeDeadlineSeconds": 30});
    insta::assert_snapshot!(table(&[
        ("as it is made", of(spec.clone(), json!({}))),
        ("at work", of(spec.clone(), json!({"startTime": "2026-01-01T00:00:00Z", "active": 1}))),
        ("at work again", of(spec.clone(), json!({"startTime": "2026-01-01T00:00:00Z", "active": 1, "failed": 1}))),
        ("many", of(json!({"completions": 5}), json!({"startTime": "2026-01-01T00:00:00Z", "active": 2, "succeeded": 2, "failed": 3}))),
        ("done", of(spec.clone(), json!({"succeeded": 1, "conditions": said("Complete", "CompletionsReached")}))),
        ("all tries failed", of(spec.clone(), json!({"failed": 3, "conditions": said("Failed", "BackoffLimitExceeded")}))),
        ("about to fail", of(spec.clone(), json!({"failed": 3, "conditions": said("FailureTarget", "BackoffLimitExceeded")}))),
        ("too long", of(spec.clone(), json!({"conditions": said("Failed", "DeadlineExceeded")}))),
        ("a policy of its own", of(spec, json!({"conditions": said("Failed", "PodFailurePolicy")}))),
        ("suspended", of(json!({"suspend": true}), json!({"conditions": said("Suspended", "JobSuspended")}))),
    ]), @"
    as it is made
        waiting: not started yet
    at work
        waiting: it runs
    at work again
        waiting: it runs, one try failed
    many
        waiting: 2 of 5 pods done, 3 tries failed
    done
        ready: done
    all tries failed
        failed: all its 3 tries failed
    about to fail
        failed: all its 3 tries failed
    too long
        failed: it ran longer than its 30 s
    a policy of its own
        failed: it failed: Job has words
    suspended
        ready: suspended
    ");
}

#[test]
fn pods_claims_and_others_say_it_themselves() {
    let pod = |status: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "status": status});
    let ready = |status: &str| json!([{"type": "Ready", "status": status, "reason": "R", "message": "the certificate is being issued"}]);
    let claim = |phase: &str| json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "x"}, "status": {"phase": phase}});
    let other = |status: Value| json!({"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": "x", "generation": 2}, "status": status});
    let definition = |status: Value| json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"}, "status": status});
    let mut going = pod(json!({"phase": "Running", "conditions": ready("True")}));
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let stalled = json!([{"type": "Ready", "status": "False"}, {"type": "Stalled", "status": "True", "message": "no such repository"}]);
    insta::assert_snapshot!(table(&[
        ("a pod as it is made", pod(json!({"phase": "Pending"}))),
        ("a pod that runs", pod(json!({"phase": "Running", "conditions": ready("False")}))),
        ("a pod that serves", pod(json!({"phase": "Running", "conditions": ready("True")}))),
        ("a pod that is done", pod(json!({"phase": "Succeeded"}))),
        ("a pod that failed", pod(json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}))),
        ("a pod that goes", going),
        ("a claim", claim("Pending")),
        ("a bound claim", claim("Bound")),
        ("a lost claim", claim("Lost")),
        ("a certificate as it is made", other(json!({}))),
        ("a certificate under way", other(json!({"conditions": ready("False")}))),
        ("a certificate", other(json!({"conditions": ready("True")}))),
        ("a certificate whose change is not seen yet", other(json!({"observedGeneration": 1, "conditions": ready("True")}))),
        ("a source that has given up", other(json!({"conditions": stalled}))),
        ("a definition as it is made", definition(json!({}))),
        ("a definition", definition(json!({"conditions": [{"type": "Established", "status": "True"}]}))),
        ("a ConfigMap", json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})),
    ]), @"
    a pod as it is made
        waiting: it has not started yet
    a pod that runs
        waiting: it runs but is not ready
    a pod that serves
        ready: 
    a pod that is done
        ready: done
    a pod that failed
        failed: it failed: The node was low on memory.
    a pod that goes
        waiting: it is being deleted
    a claim
        waiting: no volume is bound yet
    a bound claim
        ready: bound
    a lost claim
        failed: its volume is lost
    a certificate as it is made
        ready: 
    a certificate under way
        waiting: the certificate is being issued
    a certificate
        ready: 
    a certificate whose change is not seen yet
        waiting: its controller has not seen the change yet
    a source that has given up
        failed: no such repository
    a definition as it is made
        waiting: the server does not know the kind yet
    a definition
        ready: 
    a ConfigMap
        ready:
    ");
}
