//! What is waited for: an object, with its place in the manifests.

use std::path::Path;
use std::sync::Arc;

use crate::deploy::Planned;
use crate::manifests::Manifest;
use crate::ui::Spot;

/// An object that is wanted, as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `apiVersion`.
    pub api_version: Arc<str>,
    /// `kind`.
    pub kind: Arc<str>,
    /// `metadata.namespace`; none for kinds of the cluster.
    pub namespace: Option<Arc<str>>,
    /// `metadata.name`.
    pub name: Arc<str>,
    /// The file as messages show it.
    pub file: Arc<Path>,
    /// The 1-based line where it starts there.
    pub line: usize,
    /// A Job that is removed some time after it ended (`ttlSecondsAfterFinished`): when it is gone it has ended.
    pub goes_by_itself: bool,
}

/// How an object counts for a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A workload: nothing is ready without it.
    Workload,
    /// A claim: whether the pods that use it run tells enough, unless all is asked for.
    Claim,
    /// Something with a condition that may say it is ready.
    Condition,
    /// Once it is there nothing more is to come.
    Nothing,
}

/// Kubernetes' own groups. Their kinds have neither `Ready` nor `Available`, but for those that are named below.
const OWN: [&str; 17] = [
    "",
    "admissionregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
];

/// The same, of which there are more than fit above in one breath.
const OWN_TOO: [&str; 4] = ["resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io"];

impl Wanted {
    /// From a manifest that is ready to be applied.
    pub fn of(manifest: &Manifest) -> Self {
        let ttl = manifest.node.at(&["spec", "ttlSecondsAfterFinished"]).is_some();
        Self {
            api_version: Arc::clone(&manifest.api_version),
            kind: Arc::clone(&manifest.kind),
            namespace: manifest.namespace.clone(),
            name: Arc::clone(&manifest.name),
            file: Arc::clone(&manifest.file),
            line: manifest.place.line,
            goes_by_itself: &*manifest.kind == "Job" && manifest.group() == "batch" && ttl,
        }
    }

    /// From an object that is planned.
    pub fn planned(planned: &Planned) -> Self {
        let job = &*planned.id.kind == "Job" && planned.id.group() == "batch";
        Self {
            api_version: Arc::clone(&planned.id.api_version),
            kind: Arc::clone(&planned.id.kind),
            namespace: planned.id.namespace.clone(),
            name: Arc::clone(&planned.id.name),
            file: Arc::clone(&planned.file),
            line: planned.place.line,
            // Only a Job is worth the look into its text.
            goes_by_itself: job && !planned.value()["spec"]["ttlSecondsAfterFinished"].is_null(),
        }
    }

    /// As people say it: `Deployment web`.
    pub fn what(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// Its place, for messages.
    pub fn spot(&self) -> Spot {
        let line = Some(self.line).filter(|line| *line > 0);
        Spot { file: self.file.display().to_string(), line, column: None }
    }

    fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Whether it runs something: nothing is ready without it.
    pub fn is_workload(&self) -> bool {
        self.part() == Part::Workload
    }

    pub(crate) fn part(&self) -> Part {
        match (self.group(), &*self.kind) {
            ("apps", "Deployment" | "StatefulSet" | "DaemonSet") | ("batch", "Job") | ("", "Pod") => Part::Workload,
            ("", "PersistentVolumeClaim") => Part::Claim,
            (group, _) if OWN.contains(&group) || OWN_TOO.contains(&group) => Part::Nothing,
            _ => Part::Condition,
        }
    }
}
