//! Whether an object is ready, by nothing but what it says of itself.
//!
//! Sources: for Deployment, StatefulSet and DaemonSet what `kubectl rollout status` asks for
//! (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go); for all others kstatus (sigs.k8s.io/cli-utils/pkg/kstatus/status). Where
//! they differ from it, the comment says why.

use serde_json::Value;

use crate::report::Lang;
use crate::report::words::plural;

/// How an object stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It does its work. The text says what there is, for whoever looks: `3 of 3 pods`; it may be empty.
    Ready(String),
    /// Not yet; why.
    Waiting(String),
    /// It says itself that it won't be; why.
    Failed(String),
}

use Readiness::{Failed, Ready, Waiting};

/// How an object stands.
pub fn readiness(object: &Value) -> Readiness {
    let object = Object(object);
    if object.value("/metadata/deletionTimestamp").is_some() {
        return Waiting("it is being deleted".to_owned());
    }
    let (group, kind) = (object.group(), object.text("/kind"));
    match (group, kind) {
        ("apps" | "extensions", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps" | "extensions", "DaemonSet") => daemon_set(object),
        ("batch", "Job") => job(object),
        ("", "Pod") => pod(object),
        ("", "PersistentVolumeClaim") => claim(object),
        _ => other(object),
    }
}

/// An object with the questions that are put to it.
#[derive(Clone, Copy)]
struct Object<'a>(&'a Value);

impl<'a> Object<'a> {
    fn value(self, path: &str) -> Option<&'a Value> {
        self.0.pointer(path).filter(|value| !value.is_null())
    }

    fn text(self, path: &str) -> &'a str {
        self.value(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// A count; what a status leaves out is 0.
    fn count(self, path: &str) -> i64 {
        self.value(path).and_then(Value::as_i64).unwrap_or_default()
    }

    fn truth(self, path: &str) -> bool {
        self.value(path).and_then(Value::as_bool).unwrap_or_default()
    }

    fn group(self) -> &'a str {
        self.text("/apiVersion").rsplit_once('/').map_or("", |(group, _)| group)
    }

    fn condition(self, kind: &str) -> Option<Condition<'a>> {
        let all = self.value("/status/conditions")?.as_array()?;
        all.iter().map(|one| Condition(Object(one))).find(|one| one.0.text("/type") == kind)
    }

    /// Whether its controller has seen the latest change. One that doesn't say how far it has seen counts as up to date.
    fn is_observed(self) -> bool {
        let seen = self.value("/status/observedGeneration").and_then(Value::as_i64);
        seen.is_none_or(|seen| seen >= self.count("/metadata/generation"))
    }

    /// The same of a kind whose controller always says it.
    fn is_observed_surely(self) -> bool {
        self.count("/status/observedGeneration") >= self.count("/metadata/generation").max(1)
    }
}

#[derive(Clone, Copy)]
struct Condition<'a>(Object<'a>);

impl<'a> Condition<'a> {
    fn is(self, status: &str) -> bool {
        self.0.text("/status") == status
    }

    fn reason(self) -> &'a str {
        self.0.text("/reason")
    }

    /// Its message, else its reason.
    fn words(self) -> &'a str {
        [self.0.text("/message"), self.reason()].into_iter().find(|text| !text.is_empty()).unwrap_or_default()
    }
}

fn unseen() -> Readiness {
    Waiting("its controller has not seen the change yet".to_owned())
}

fn pods(count: i64) -> &'static str {
    plural(count.unsigned_abs(), "pod", "pods", "pods", Lang::En)
}

/// "1 of 3 pods …"
fn of(some: i64, all: i64, what: &str) -> String {
    format!("{some} of {all} {} {what}", pods(all))
}

fn all_ready(all: i64) -> Readiness {
    Ready(if all == 0 { "no pods wanted".to_owned() } else { format!("{all} of {all} {}", pods(all)) })
}

fn deployment(object: Object<'_>) -> Readiness {
    if !object.is_observed_surely() {
        return unseen();
    }
    let progress = object.condition("Progressing");
    if let Some(late) = progress.filter(|one| one.reason() == "ProgressDeadlineExceeded") {
        let deadline = object.count("/spec/progressDeadlineSeconds");
        let deadline = if deadline > 0 { format!(" of {deadline} s") } else { String::new() };
        return Failed(format!("its progress deadline{deadline} is over: {}", late.words()));
    }
    let wanted = object.value("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let (all, updated) = (object.count("/status/replicas"), object.count("/status/updatedReplicas"));
    let available = object.count("/status/availableReplicas");
    // A quota or an admission webhook that takes no pod is told here and nowhere else.
    let refused = object.condition("ReplicaFailure").filter(|one| one.is("True"));
    let refused = refused.map_or(String::new(), |one| format!(": {}", one.words()));
    if updated < wanted {
        if object.truth("/spec/paused") {
            let paused = of(updated, wanted, "updated, and it is paused: `kubectl rollout resume` lets it go on");
            return Waiting(paused);
        }
        return Waiting(of(updated, wanted, "updated") + &refused);
    }
    if available < updated {
        return Waiting(of(available, updated, "ready") + &refused);
    }
    if all > updated {
        let old = all - updated;
        return Waiting(format!("{old} old {} still to end", pods(old)));
    }
    all_ready(updated)
}

fn stateful_set(object: Object<'_>) -> Readiness {
    if !object.is_observed_surely() {
        return unseen();
    }
    let wanted = object.value("/spec/replicas").and_then(Value::as_i64).unwrap_or(1);
    let (ready, updated) = (object.count("/status/readyReplicas"), object.count("/status/updatedReplicas"));
    if ready < wanted {
        return Waiting(of(ready, wanted, "ready"));
    }
    // With `minReadySeconds` a pod is available some time after it is ready.
    let available = object.count("/status/availableReplicas");
    if object.count("/spec/minReadySeconds") > 0 && available < wanted {
        return Waiting(of(available, wanted, "ready for as long as minReadySeconds wants it"));
    }
    if object.count("/status/replicas") > wanted {
        let more = object.count("/status/replicas") - wanted;
        return Waiting(format!("{more} {} too many still to end", pods(more)));
    }
    // kubectl refuses to tell of a set that is updated by hand; its pods are all that there is to wait for.
    if object.text("/spec/updateStrategy/type") == "OnDelete" {
        return all_ready(wanted);
    }
    let partition = object.count("/spec/updateStrategy/rollingUpdate/partition");
    if partition > 0 {
        let to_update = (wanted - partition).max(0);
        if updated < to_update {
            return Waiting(of(updated, to_update, "updated"));
        }
        return all_ready(wanted);
    }
    if object.text("/status/updateRevision") != object.text("/status/currentRevision") {
        return Waiting(of(updated, wanted, "updated"));
    }
    all_ready(wanted)
}

fn daemon_set(object: Object<'_>) -> Readiness {
    if !object.is_observed_surely() {
        return unseen();
    }
    let wanted = object.count("/status/desiredNumberScheduled");
    let (updated, available) =
        (object.count("/status/updatedNumberScheduled"), object.count("/status/numberAvailable"));
    // As with a StatefulSet: pods that are updated by hand are not waited for.
    if updated < wanted && object.text("/spec/updateStrategy/type") != "OnDelete" {
        return Waiting(of(updated, wanted, "updated"));
    }
    if available < wanted {
        return Waiting(of(available, wanted, "ready"));
    }
    all_ready(wanted)
}

/// kstatus counts a Job as current once it runs; here it is done when it is complete, as `kubectl wait --for=condition=complete` has it.
fn job(object: Object<'_>) -> Readiness {
    for kind in ["Failed", "FailureTarget"] {
        if let Some(failed) = object.condition(kind).filter(|one| one.is("True")) {
            return Failed(match (failed.reason(), object.count("/spec/backoffLimit")) {
                ("BackoffLimitExceeded", 0) => "its only try failed".to_owned(),
                ("BackoffLimitExceeded", again) => format!("all its {} tries failed", again + 1),
                ("DeadlineExceeded", _) => {
                    format!("it ran longer than its {} s", object.count("/spec/activeDeadlineSeconds"))
                }
                _ => format!("it failed: {}", failed.words()),
            });
        }
    }
    if object.condition("Complete").is_some_and(|one| one.is("True")) {
        return Ready("done".to_owned());
    }
    // Nobody runs it until somebody says so: there is nothing to wait for (kstatus has it so too).
    if object.truth("/spec/suspend") || object.condition("Suspended").is_some_and(|one| one.is("True")) {
        return Ready("suspended".to_owned());
    }
    let wanted = object.value("/spec/completions").and_then(Value::as_i64).unwrap_or(1);
    let (active, done) = (object.count("/status/active"), object.count("/status/succeeded"));
    let failed = match object.count("/status/failed") {
        0 => String::new(),
        1 => ", one try failed".to_owned(),
        tries => format!(", {tries} tries failed"),
    };
    Waiting(match active {
        0 if object.value("/status/startTime").is_none() => "not started yet".to_owned(),
        _ if wanted > 1 => of(done, wanted, "done") + &failed,
        _ => format!("it runs{failed}"),
    })
}

fn pod(object: Object<'_>) -> Readiness {
    let ready = object.condition("Ready");
    match object.text("/status/phase") {
        "Succeeded" => Ready("done".to_owned()),
        "Failed" => {
            let why = [object.text("/status/message"), object.text("/status/reason")];
            match why.into_iter().find(|text| !text.is_empty()) {
                Some(why) => Failed(format!("it failed: {why}")),
                None => Failed("it failed".to_owned()),
            }
        }
        _ if ready.is_some_and(|one| one.is("True")) => Ready(String::new()),
        "Running" => Waiting("it runs but is not ready".to_owned()),
        _ => Waiting("it has not started yet".to_owned()),
    }
}

/// A claim that waits for its first consumer can't be told from others by itself: [`super::classes`] knows.
fn claim(object: Object<'_>) -> Readiness {
    match object.text("/status/phase") {
        "Bound" => Ready("bound".to_owned()),
        "Lost" => Failed("its volume is lost".to_owned()),
        _ => Waiting("no volume is bound yet".to_owned()),
    }
}

/// Whatever has a condition that says it: `Ready`, `Available`, or of a definition of a kind `Established`. Without one there is nothing
/// to wait for.
fn other(object: Object<'_>) -> Readiness {
    if !object.is_observed() {
        return unseen();
    }
    let definition = object.text("/kind") == "CustomResourceDefinition";
    let kinds: &[&str] = if definition { &["Established"] } else { &["Ready", "Available"] };
    for kind in kinds {
        if let Some(said) = object.condition(kind) {
            if said.is("True") {
                return Ready(String::new());
            }
            // kstatus: a controller that has given up says so by `Stalled`.
            if let Some(stalled) = object.condition("Stalled").filter(|one| one.is("True")) {
                return Failed(stalled.words().to_owned());
            }
            let why = said.words();
            return Waiting(if why.is_empty() { format!("it is not {kind}") } else { why.to_owned() });
        }
    }
    if definition {
        return Waiting("the server does not know the kind yet".to_owned());
    }
    Ready(String::new())
}

#[cfg(test)]
mod tests;
