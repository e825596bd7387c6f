//! What is known of the objects that are wanted: fed by changes, asked how each stands. Knows no clock and no cluster.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::limits::Limits;
use super::pods::{Class, Pod, Problem, REVISION, ReplicaSet};
use super::readiness::{Readiness, readiness};
use super::wanted::{Part, Wanted};
use crate::cluster::{Change, Watched};
use crate::secrets::Redactor;

/// How a wanted object stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody has asked yet.
    Unknown,
    /// It is not there.
    Missing,
    /// It may not be read; the server's words.
    Unreadable(String),
    /// It is there, and nothing more is to come.
    There,
    /// It is ready. The text says what there is; it may be empty.
    Ready(String),
    /// It is not ready yet; why.
    Waiting(String),
    /// It won't be ready; why.
    Failed(String),
}

impl State {
    /// Whether it is as it should be.
    pub fn is_well(&self) -> bool {
        matches!(self, Self::There | Self::Ready(_))
    }

    /// Whether it is surely not there.
    pub fn is_missing(&self) -> bool {
        *self == Self::Missing
    }
}

/// What is kept of an object.
#[derive(Debug)]
pub(crate) enum Kept {
    Object(Seen),
    Pod(Pod),
    Set(ReplicaSet),
    Storage(StorageClass),
}

/// What is kept of a wanted object.
#[derive(Debug)]
pub(crate) struct Seen {
    name: String,
    uid: String,
    readiness: Readiness,
    /// What tells its pods of the latest revision from others.
    revision: Option<String>,
    /// Whether its controller has seen the latest change: else the revision is the one before.
    observed: bool,
    /// Of a claim: its class, where no consumer has come yet.
    unconsumed: Option<String>,
}

/// What is kept of a StorageClass.
#[derive(Debug)]
pub(crate) struct StorageClass {
    name: String,
    waits: bool,
}

impl Kept {
    fn name(&self) -> &str {
        match self {
            Self::Object(seen) => &seen.name,
            Self::Pod(pod) => &pod.name,
            Self::Set(set) => &set.name,
            Self::Storage(class) => &class.name,
        }
    }
}

impl Seen {
    fn of(object: &Value) -> Self {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str);
        let number = |path: &str| object.pointer(path).and_then(Value::as_i64).unwrap_or_default();
        let revision = match text("/kind") {
            Some("Deployment") => text(REVISION),
            Some("StatefulSet") => text("/status/updateRevision"),
            // Source: k8s.io/api/apps/v1, DeprecatedTemplateGeneration; the controller labels its pods with it.
            Some("DaemonSet") => text("/metadata/annotations/deprecated.daemonset.template.generation"),
            _ => None,
        };
        let claim = text("/kind") == Some("PersistentVolumeClaim");
        let consumed = text("/metadata/annotations/volume.kubernetes.io~1selected-node").is_some();
        Self {
            name: text("/metadata/name").unwrap_or_default().to_owned(),
            uid: text("/metadata/uid").unwrap_or_default().to_owned(),
            readiness: readiness(object),
            revision: revision.map(str::to_owned),
            observed: number("/status/observedGeneration") >= number("/metadata/generation"),
            unconsumed: (claim && !consumed).then(|| text("/spec/storageClassName").unwrap_or_default().to_owned()),
        }
    }
}

/// The objects of a kind in a namespace.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) watched: Watched,
    /// By their names.
    objects: BTreeMap<String, Kept>,
    listed: bool,
    denied: Option<String>,
}

impl Source {
    fn is(&self, api_version: &str, kind: &str, namespace: Option<&str>) -> bool {
        let watched = &self.watched;
        &*watched.api_version == api_version && &*watched.kind == kind && watched.namespace.as_deref() == namespace
    }
}

/// A wanted object and how it stands.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) wanted: Wanted,
    pub(crate) state: State,
    /// When it came to that, since the beginning.
    pub(crate) since: Duration,
    /// What is wrong with its pods, by when it was first seen to be so.
    problems: HashMap<Class, Duration>,
    /// Whether it is known that nobody makes a node for it.
    no_node_comes: bool,
    /// Whether it has been there.
    seen: bool,
    source: usize,
}

/// Somebody has to find out whether a node is on its way for this pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskForNode {
    pub(crate) entry: usize,
    pub(crate) namespace: String,
    pub(crate) pod: String,
}

/// All that is wanted and known.
pub(crate) struct Board {
    pub(crate) entries: Vec<Entry>,
    pub(crate) sources: Vec<Source>,
    limits: Limits,
    redactor: Redactor,
}

const STORAGE: (&str, &str) = ("storage.k8s.io/v1", "StorageClass");
const SETS: (&str, &str) = ("apps/v1", "ReplicaSet");
const PODS: (&str, &str) = ("v1", "Pod");

impl Board {
    /// Nothing known yet. `once` asks for one look only.
    pub(crate) fn new(
        wanted: impl IntoIterator<Item = Wanted>,
        limits: Limits,
        redactor: Redactor,
        once: bool,
    ) -> Self {
        let mut board = Self { entries: Vec::new(), sources: Vec::new(), limits, redactor };
        for wanted in wanted {
            let namespace = wanted.namespace.as_deref();
            let (kind, part) = (&*wanted.kind, wanted.part());
            if part == Part::Workload && kind != "Pod" {
                board.source(PODS, namespace, once);
            }
            if kind == "Deployment" && part == Part::Workload {
                board.source(SETS, namespace, once);
            }
            if part == Part::Claim {
                board.source(STORAGE, None, once);
            }
            let source = board.source((&wanted.api_version, kind), namespace, once);
            let watched = &mut board.sources[source].watched;
            watched.names.insert(Arc::clone(&wanted.name));
            watched.metadata = part == Part::Nothing && kind != STORAGE.1;
            board.entries.push(Entry {
                wanted,
                state: State::Unknown,
                since: Duration::ZERO,
                problems: HashMap::new(),
                no_node_comes: false,
                seen: false,
                source,
            });
        }
        board
    }

    fn source(&mut self, (api_version, kind): (&str, &str), namespace: Option<&str>, once: bool) -> usize {
        if let Some(known) = self.sources.iter().position(|one| one.is(api_version, kind, namespace)) {
            return known;
        }
        let watched = Watched {
            api_version: api_version.into(),
            kind: kind.into(),
            namespace: namespace.map(Arc::from),
            names: BTreeSet::new(),
            // Whose it is and which revision stands there.
            metadata: (api_version, kind) == SETS,
            once,
        };
        self.sources.push(Source { watched, objects: BTreeMap::new(), listed: false, denied: None });
        self.sources.len() - 1
    }

    /// What is kept of an object of a source, as a function that can go elsewhere.
    pub(crate) fn keep(&self, source: usize) -> impl Fn(&Value) -> Option<Kept> + Send + Sync + 'static {
        let watched = &self.sources[source].watched;
        let kind = (Arc::clone(&watched.api_version), Arc::clone(&watched.kind));
        let names = watched.names.clone();
        move |object| match (&*kind.0, &*kind.1) {
            PODS => Some(Kept::Pod(Pod::of(object))),
            SETS => Some(Kept::Set(ReplicaSet::of(object))),
            STORAGE => Some(Kept::Storage(StorageClass {
                name: object.pointer("/metadata/name")?.as_str()?.to_owned(),
                waits: object["volumeBindingMode"] == "WaitForFirstConsumer",
            })),
            _ => {
                let name = object.pointer("/metadata/name")?.as_str()?;
                names.contains(name).then(|| Kept::Object(Seen::of(object)))
            }
        }
    }

    /// Takes a change in.
    pub(crate) fn take(&mut self, source: usize, change: Change<Kept>) {
        let Some(source) = self.sources.get_mut(source) else { return };
        match change {
            Change::Listed(all) => {
                source.listed = true;
                source.objects = all.into_iter().map(|kept| (kept.name().to_owned(), kept)).collect();
            }
            Change::Put(kept) => {
                source.objects.insert(kept.name().to_owned(), kept);
            }
            Change::Gone(kept) => {
                source.objects.remove(kept.name());
            }
            Change::Denied(why) => {
                source.listed = true;
                source.denied = Some(why);
            }
            Change::Singly(_) | Change::Away(_) | Change::Back => {}
        }
    }

    /// Whether every source has been looked at once.
    pub(crate) fn is_complete(&self) -> bool {
        self.sources.iter().all(|source| source.listed)
    }

    /// Finds out how each stands `now`, since the beginning. Tells which have changed, and what has to be found out.
    pub(crate) fn look(&mut self, now: Duration) -> (Vec<usize>, Vec<AskForNode>) {
        let (mut changed, mut asked) = (Vec::new(), Vec::new());
        let owned = self.owned();
        let mut entries: Vec<(State, HashMap<Class, Duration>, Option<String>)> =
            Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            entries.push(self.judge(entry, now, &owned));
        }
        drop(owned);
        for (index, (state, problems, ask)) in entries.into_iter().enumerate() {
            let state = self.redacted(state);
            let entry = &mut self.entries[index];
            entry.seen |= !matches!(state, State::Unknown | State::Missing | State::Unreadable(_));
            if !problems.contains_key(&Class::Unschedulable) {
                entry.no_node_comes = false;
            }
            entry.problems = problems;
            if let Some(pod) = ask {
                let namespace = entry.wanted.namespace.as_deref().unwrap_or_default().to_owned();
                asked.push(AskForNode { entry: index, namespace, pod });
            }
            if entry.state != state {
                entry.state = state;
                entry.since = now;
                changed.push(index);
            }
        }
        (changed, asked)
    }

    /// The answer to [`AskForNode`].
    pub(crate) fn node_comes(&mut self, entry: usize, comes: bool, now: Duration) {
        let entry = &mut self.entries[entry];
        if comes {
            entry.problems.insert(Class::Unschedulable, now);
        } else {
            entry.no_node_comes = true;
        }
    }

    fn redacted(&self, state: State) -> State {
        let hide = |text: String| self.redactor.redact(&text).into_owned();
        match state {
            State::Ready(text) => State::Ready(hide(text)),
            State::Waiting(text) => State::Waiting(hide(text)),
            State::Failed(text) => State::Failed(hide(text)),
            State::Unreadable(text) => State::Unreadable(hide(text)),
            other => other,
        }
    }

    /// How an entry stands, what is wrong with its pods and since when, and a pod that a node may be on its way for.
    fn judge(
        &self,
        entry: &Entry,
        now: Duration,
        owned: &Owned<'_>,
    ) -> (State, HashMap<Class, Duration>, Option<String>) {
        let source = &self.sources[entry.source];
        let well = |state| (state, HashMap::new(), None);
        let Some(kept) = source.objects.get(&*entry.wanted.name) else {
            return well(match &source.denied {
                Some(why) => State::Unreadable(why.clone()),
                None if !source.listed => State::Unknown,
                None if entry.wanted.goes_by_itself => State::Ready("ended and gone, as its ttl has it".to_owned()),
                None if entry.seen => State::Waiting("somebody deleted it".to_owned()),
                None => State::Missing,
            });
        };
        let (readiness, job) = match kept {
            Kept::Object(seen) => (&seen.readiness, &*entry.wanted.kind == "Job"),
            Kept::Pod(pod) => (&pod.readiness, false),
            Kept::Set(_) | Kept::Storage(_) => return well(State::There),
        };
        let why = match readiness {
            Readiness::Ready(_) if entry.wanted.part() == Part::Nothing => return well(State::There),
            Readiness::Ready(what) => return well(State::Ready(what.clone())),
            Readiness::Failed(why) => return well(State::Failed(why.clone())),
            Readiness::Waiting(_) if self.waits_for_consumer(kept) => {
                return well(State::Ready("waits for its first consumer".to_owned()));
            }
            Readiness::Waiting(why) => why,
        };
        let pods = self.pods_of(entry, owned);
        let found: Vec<(&Pod, &Problem)> = pods.iter().filter_map(|pod| Some((*pod, pod.problem.as_ref()?))).collect();
        let mut problems = HashMap::new();
        let mut ask = None;
        for (pod, problem) in &found {
            let since = *entry.problems.get(&problem.class).unwrap_or(&now);
            problems.insert(problem.class, since);
            let lasts = now.saturating_sub(since);
            let over = match problem.class {
                Class::Image => lasts >= self.limits.image_pull,
                Class::Name => true,
                Class::Config => lasts >= self.limits.container_config,
                // A Job counts its tries itself.
                Class::Crash => problem.restarts >= self.limits.restarts && !job,
                Class::Unschedulable if lasts < self.limits.unschedulable => false,
                Class::Unschedulable if entry.no_node_comes => true,
                Class::Unschedulable => {
                    ask = Some(pod.uid.clone());
                    false
                }
            };
            if over {
                return (State::Failed(problem.text.clone()), problems, None);
            }
        }
        let state = match found.first() {
            Some((pod, problem)) if pod.name == *entry.wanted.name => State::Waiting(problem.text.clone()),
            Some((_, problem)) => State::Waiting(format!("{why}: {}", problem.text)),
            None => State::Waiting(why.clone()),
        };
        (state, problems, ask)
    }

    /// Whether a claim has nobody who uses it yet, and its class binds none before. Where classes may not be read it is taken for one.
    fn waits_for_consumer(&self, kept: &Kept) -> bool {
        let Kept::Object(Seen { unconsumed: Some(class), .. }) = kept else { return false };
        let Some(classes) = self.sources.iter().find(|one| one.is(STORAGE.0, STORAGE.1, None)) else { return false };
        match classes.objects.get(class) {
            Some(Kept::Storage(class)) => class.waits,
            _ => classes.denied.is_some(),
        }
    }

    /// Pods and sets by the uid of their owners.
    fn owned(&self) -> Owned<'_> {
        let mut owned = Owned::default();
        for kept in self.sources.iter().flat_map(|source| source.objects.values()) {
            match kept {
                Kept::Pod(pod) => owned.pods.entry(pod.owner.as_deref().unwrap_or_default()).or_default().push(pod),
                Kept::Set(set) => owned.sets.entry(set.owner.as_deref().unwrap_or_default()).or_default().push(set),
                Kept::Object(_) | Kept::Storage(_) => {}
            }
        }
        // Those in trouble first, then the oldest: they have most to tell.
        for pods in owned.pods.values_mut() {
            pods.sort_by_key(|pod| (pod.problem.is_none(), pod.created.as_str(), pod.name.as_str()));
        }
        owned
    }

    /// The pods of the latest revision.
    fn pods_of<'a>(&'a self, entry: &Entry, owned: &Owned<'a>) -> Vec<&'a Pod> {
        let seen = match self.sources[entry.source].objects.get(&*entry.wanted.name) {
            Some(Kept::Object(seen)) if entry.wanted.part() == Part::Workload => seen,
            Some(Kept::Pod(pod)) => return vec![pod],
            _ => return Vec::new(),
        };
        let of = |uid: &str| owned.pods.get(uid).map_or(&[][..], Vec::as_slice).iter().copied();
        let current = |mark: fn(&Pod) -> &Option<String>| {
            let matches =
                move |pod: &&Pod| mark(pod).is_none() || seen.revision.is_none() || *mark(pod) == seen.revision;
            of(&seen.uid).filter(matches).collect()
        };
        match &*entry.wanted.kind {
            "Job" => of(&seen.uid).collect(),
            _ if !seen.observed => Vec::new(),
            "Deployment" => {
                let sets = owned.sets.get(seen.uid.as_str()).map_or(&[][..], Vec::as_slice);
                let set = sets.iter().find(|set| Some(&set.revision) == seen.revision.as_ref());
                set.map_or(Vec::new(), |set| of(&set.uid).collect())
            }
            "StatefulSet" => current(|pod| &pod.revision),
            _ => current(|pod| &pod.generation),
        }
    }

    /// All pods of an entry's latest revision.
    pub(crate) fn pods(&self, entry: usize) -> Vec<&Pod> {
        self.pods_of(&self.entries[entry], &self.owned())
    }

    /// Everything that may have events about an entry: its pods, what stands between them and it, and itself, nearest first.
    pub(crate) fn uids(&self, entry: usize) -> Vec<String> {
        let entry = &self.entries[entry];
        let Some(Kept::Object(seen)) = self.sources[entry.source].objects.get(&*entry.wanted.name) else {
            return Vec::new();
        };
        let owned = self.owned();
        let sets = owned.sets.get(seen.uid.as_str()).map_or(&[][..], Vec::as_slice);
        let set = sets.iter().find(|set| Some(&set.revision) == seen.revision.as_ref());
        set.map(|set| set.uid.clone()).into_iter().chain([seen.uid.clone()]).collect()
    }
}

#[derive(Default)]
struct Owned<'a> {
    pods: HashMap<&'a str, Vec<&'a Pod>>,
    sets: HashMap<&'a str, Vec<&'a ReplicaSet>>,
}

#[cfg(test)]
mod tests;
