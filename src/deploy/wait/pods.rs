//! What a pod says about why its workload isn't ready: whose it is, and what is wrong with it.
//!
//! Source of reasons: the kubelet (k8s.io/kubernetes/pkg/kubelet/images/types.go, kubelet/container/sync_result.go) and the API's
//! documentation of `PodStatus`.

use serde_json::Value;

use super::readiness::{Readiness, readiness};

/// What is kept of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pod {
    pub(crate) name: String,
    pub(crate) uid: String,
    /// The object that made it.
    pub(crate) owner: Option<String>,
    /// Labels by which a controller tells its pods' revisions apart.
    pub(crate) revision: Option<String>,
    pub(crate) generation: Option<String>,
    /// When it was made, in a form that sorts.
    pub(crate) created: String,
    /// It is on its way out: what is wrong with it is no news.
    pub(crate) leaving: bool,
    pub(crate) ready: bool,
    pub(crate) readiness: Readiness,
    /// As `kubectl get pods` shows it, nearly: `Running`, `ImagePullBackOff`.
    pub(crate) state: String,
    /// How often its containers were started again.
    pub(crate) restarts: u64,
    pub(crate) problem: Option<Problem>,
    /// The container that is not ready, for its log.
    pub(crate) container: Option<Container>,
}

/// A container that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    pub(crate) name: String,
    /// Whether it has run at all: else it has no log.
    pub(crate) has_log: bool,
    /// Whether a run before the present one has a log of its own.
    pub(crate) ran_before: bool,
    /// How its last run ended.
    pub(crate) ended: Option<String>,
}

/// What is wrong, by how it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    /// An image can't be pulled; a registry may come back, or the image be pushed yet.
    Image,
    /// An image's name is none, which no waiting heals.
    Name,
    /// A container can't be made: a ConfigMap or Secret that it needs isn't there.
    Config,
    /// A container ends again and again.
    Crash,
    /// No node takes the pod.
    Unschedulable,
}

/// What is wrong with a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) class: Class,
    /// In a sentence without its subject, the pod.
    pub(crate) text: String,
    /// How often the container was started again.
    pub(crate) restarts: u64,
}

impl Pod {
    /// From the API's object.
    pub(crate) fn of(object: &Value) -> Self {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str);
        let owned = |path: &str| text(path).unwrap_or_default().to_owned();
        let statuses: Vec<Status> = statuses(object);
        let bad = statuses.iter().find_map(|status| Some((status, status.problem()?)));
        let not_ready = bad.as_ref().map(|(status, _)| *status).or_else(|| statuses.iter().find(|one| !one.is_well()));
        let problem = bad.as_ref().map(|(_, problem)| problem.clone()).or_else(|| unschedulable(object));
        let readiness = readiness(object);
        // What is done is as it should be, too.
        let ready = matches!(readiness, Readiness::Ready(_));
        let leaving = text("/metadata/deletionTimestamp").is_some();
        let waits = not_ready.and_then(|status| status.reason()).filter(|reason| !reason.is_empty());
        let phase = [text("/status/reason"), text("/status/phase")].into_iter().flatten().next().unwrap_or("Unknown");
        let state = match (leaving, waits) {
            (true, _) => "Terminating".to_owned(),
            (false, Some(waits)) if !ready => waits.to_owned(),
            _ => phase.to_owned(),
        };
        let label = |name: &str| object.pointer("/metadata/labels")?.get(name)?.as_str().map(str::to_owned);
        Self {
            name: owned("/metadata/name"),
            uid: owned("/metadata/uid"),
            owner: owner(object),
            revision: label("controller-revision-hash"),
            generation: label("pod-template-generation"),
            created: owned("/metadata/creationTimestamp"),
            leaving,
            ready,
            readiness,
            state,
            restarts: statuses.iter().map(|status| status.restarts()).sum(),
            problem: problem.filter(|_| !leaving),
            container: not_ready.map(|status| status.container()),
        }
    }

    /// What is wrong with it, in a sentence without its subject; none where it is well, or only young.
    pub(crate) fn why(&self) -> Option<&str> {
        self.problem.as_ref().map(|problem| problem.text.as_str())
    }
}

/// The uid of the object that controls this one.
pub(crate) fn owner(object: &Value) -> Option<String> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|owner| owner["controller"] == true)?;
    owner["uid"].as_str().map(str::to_owned)
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object.pointer("/status/conditions")?.as_array()?.iter().find(|one| one["type"] == kind)
}

/// Gated pods wait for somebody who opens the gate: no node was asked yet.
fn unschedulable(object: &Value) -> Option<Problem> {
    let said = condition(object, "PodScheduled")?;
    let holds = said["status"] == "False" && said["reason"] == "Unschedulable";
    holds.then(|| Problem {
        class: Class::Unschedulable,
        text: sentence("no node takes it", said["message"].as_str().unwrap_or_default()),
        restarts: 0,
    })
}

/// The state of a container.
#[derive(Clone, Copy)]
struct Status<'a> {
    status: &'a Value,
    /// It runs before the others and ends; a sidecar among them (`restartPolicy: Always`) doesn't.
    init: bool,
}

/// All containers of a pod, the ones that run first first.
fn statuses(object: &Value) -> Vec<Status<'_>> {
    let of = |path: &str, init| {
        let list = object.pointer(path).and_then(Value::as_array);
        list.into_iter().flatten().map(move |status| Status { status, init })
    };
    of("/status/initContainerStatuses", true).chain(of("/status/containerStatuses", false)).collect()
}

impl<'a> Status<'a> {
    fn text(self, path: &str) -> &'a str {
        self.status.pointer(path).and_then(Value::as_str).unwrap_or_default()
    }

    fn restarts(self) -> u64 {
        self.status["restartCount"].as_u64().unwrap_or_default()
    }

    /// Whether it does, or did, what it should.
    fn is_well(self) -> bool {
        let ended = self.status.pointer("/state/terminated/exitCode").and_then(Value::as_i64);
        self.status["ready"] == true || ended == Some(0) || (self.init && self.status["started"] == true)
    }

    /// Why it doesn't run, in the kubelet's word.
    fn reason(self) -> Option<&'a str> {
        let path = ["/state/waiting/reason", "/state/terminated/reason"];
        path.into_iter().map(|path| self.text(path)).find(|text| !text.is_empty())
    }

    /// How its last run ended.
    fn ended(self) -> Option<String> {
        let run = ["/state/terminated", "/lastState/terminated"].into_iter().find_map(|path| self.status.pointer(path));
        let run = run.filter(|run| !run.is_null())?;
        let code = run["exitCode"].as_i64().unwrap_or_default();
        Some(match run["reason"].as_str() {
            Some("OOMKilled") => "out of memory".to_owned(),
            // Says no more than the number does.
            Some("Error" | "Completed") | None => format!("exit code {code}"),
            Some(reason) => format!("{reason}, exit code {code}"),
        })
    }

    fn container(self) -> Container {
        let before = self.status.pointer("/lastState/terminated").is_some_and(|run| !run.is_null());
        let there = |path: &str| self.status.pointer(path).is_some_and(|run| !run.is_null());
        let ran = there("/state/running") || there("/state/terminated");
        Container {
            name: self.text("/name").to_owned(),
            has_log: ran || before,
            // Of a container that waits to be started again the last run's log is the one that is there.
            ran_before: ran && before,
            ended: self.ended(),
        }
    }

    fn problem(self) -> Option<Problem> {
        let (name, said) = (self.text("/name"), self.text("/state/waiting/message"));
        let restarts = self.restarts();
        let waits = self.text("/state/waiting/reason");
        let what = if self.init { "init container" } else { "container" };
        let (class, text) = match waits {
            "ImagePullBackOff"
            | "ErrImagePull"
            | "ErrImageNeverPull"
            | "RegistryUnavailable"
            | "ImageInspectError"
            | "SignatureValidationFailed" => {
                let text = format!("the image {} of {what} {name} can't be pulled ({waits})", self.text("/image"));
                (Class::Image, sentence(&text, said))
            }
            "InvalidImageName" => {
                let text = format!("{} is no name of an image ({what} {name})", self.text("/image"));
                (Class::Name, sentence(&text, said))
            }
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                (Class::Config, sentence(&format!("{what} {name} can't be started ({waits})"), said))
            }
            "CrashLoopBackOff" => {
                let times = match restarts {
                    0 => " ended".to_owned(),
                    1 => " ended twice (1 restart)".to_owned(),
                    many => format!(" ends again and again ({many} restarts)"),
                };
                let ended = self.ended().map_or(String::new(), |ended| format!(": {ended}"));
                (Class::Crash, format!("{what} {name}{times}{ended}"))
            }
            _ => return None,
        };
        Some(Problem { class, text, restarts })
    }
}

/// A fact and the cluster's own words about it.
fn sentence(fact: &str, said: &str) -> String {
    let said = said.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    if said.is_empty() { fact.to_owned() } else { format!("{fact}: {said}") }
}

/// What is kept of a ReplicaSet, which stands between a Deployment and its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplicaSet {
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) owner: Option<String>,
    /// Which of its Deployment's revisions it is.
    pub(crate) revision: String,
}

/// Where a Deployment and its ReplicaSets say their revision. Source: k8s.io/kubernetes/pkg/controller/deployment/util.
pub(crate) const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

impl ReplicaSet {
    /// From the API's object.
    pub(crate) fn of(object: &Value) -> Self {
        let owned = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            name: owned("/metadata/name"),
            uid: owned("/metadata/uid"),
            owner: owner(object),
            revision: owned(REVISION),
        }
    }
}

#[cfg(test)]
mod tests;
