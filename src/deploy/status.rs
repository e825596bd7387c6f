//! How the objects of an environment stand: what is there, what is ready or why not, and the pods that have something to tell.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::{Instant, timeout};

use super::wait::{Board, Limits, Progress, State, Told, Wanted, rows, watch};
use crate::clock::{Clock as _, SystemClock};
use crate::cluster::{Change, Cluster, Event, Failure};
use crate::manifests::Owner;
use crate::secrets::Redactor;
use crate::ui::Level;

/// So long somebody who wants to know how things stand waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often what has changed is shown at most.
const SHOWN: Duration = Duration::from_millis(250);

/// How the objects of an environment stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The objects in the order in which they are applied.
    pub objects: Vec<Standing>,
    /// What could not be had, and why.
    pub lacks: Vec<String>,
}

/// How one object stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The object.
    pub wanted: Wanted,
    /// The group or service that it belongs to.
    pub owner: Owner,
    /// How it stands.
    pub state: State,
    /// Whether the environment isn't ready as long as this isn't: a workload, or anything that is not there.
    pub counts: bool,
    /// Its pods of the latest revision.
    pub pods: Vec<PodStanding>,
}

/// How a pod stands. All texts are redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PodStanding {
    /// Its name.
    pub name: String,
    /// Whether it is ready.
    pub ready: bool,
    /// As `kubectl get pods` has it: `Running`, `ImagePullBackOff`.
    pub state: String,
    /// How often its containers were started again.
    pub restarts: u64,
    /// What is wrong with it.
    pub why: Option<String>,
    /// The last warning about it.
    pub warning: Option<Told>,
}

impl Status {
    /// Whether everything is there, and all workloads are ready.
    pub fn is_ready(&self) -> bool {
        !self.objects.iter().any(|one| one.counts && !one.state.is_well())
    }
}

/// Looks once.
///
/// # Errors
/// The server has not answered.
pub async fn status(cluster: &Cluster, wanted: &[(Wanted, Owner)], redactor: &Redactor) -> Result<Status, Failure> {
    let mut look = Looking::new(wanted, redactor, true);
    let mut watches = watch(cluster, &look.board);
    let asked = async {
        while !look.board.is_complete() {
            let (source, change) = watches.next().await;
            look.take(source, change);
        }
    };
    if timeout(PATIENCE, asked).await.is_err() {
        let why = look.away.take().map_or_else(String::new, |why| format!(": {why}"));
        let text = format!("{} has not answered within {} s{why}", cluster.server(), PATIENCE.as_secs());
        return Err(Failure { text, hint: None, explicit: false });
    }
    look.board.look(Duration::ZERO);
    Ok(look.status(cluster).await)
}

/// Looks again and again and shows what has changed, until `stopped` comes back; how things stand then.
pub async fn follow(
    cluster: &Cluster,
    wanted: &[(Wanted, Owner)],
    redactor: &Redactor,
    progress: &mut dyn Progress,
    stopped: impl Future<Output = ()>,
) -> Status {
    let mut look = Looking::new(wanted, redactor, false);
    let mut watches = watch(cluster, &look.board);
    let began = Instant::now();
    let mut stopped = std::pin::pin!(stopped);
    let mut ticks = tokio::time::interval(SHOWN);
    let mut news = false;
    loop {
        tokio::select! {
            (source, change) = watches.next() => {
                match &change {
                    Change::Away(why) if look.away.is_none() => progress.say(Level::Warning, &format!("{why}: waiting for it to come back")),
                    Change::Back if look.away.is_some() => progress.say(Level::Info, &format!("{} answers again", cluster.server())),
                    _ => {}
                }
                look.take(source, change);
                news = true;
            }
            // Many changes at once are shown once.
            _ = ticks.tick(), if news && look.board.is_complete() => {
                let now = began.elapsed();
                let (changed, _) = look.board.look(now);
                if !changed.is_empty() {
                    progress.show(&rows(&look.board, |_| true), &changed, now);
                }
                news = false;
            }
            () = &mut stopped => break,
        }
    }
    progress.end(&[]);
    drop(watches);
    look.status(cluster).await
}

struct Looking<'a> {
    board: Board,
    owners: Vec<Owner>,
    lacks: BTreeSet<String>,
    away: Option<String>,
    redactor: &'a Redactor,
}

impl<'a> Looking<'a> {
    fn new(wanted: &[(Wanted, Owner)], redactor: &'a Redactor, once: bool) -> Self {
        let objects = wanted.iter().map(|(wanted, _)| wanted.clone());
        Self {
            board: Board::new(objects, Limits::default(), redactor.clone(), once),
            owners: wanted.iter().map(|(_, owner)| owner.clone()).collect(),
            lacks: BTreeSet::new(),
            away: None,
            redactor,
        }
    }

    fn take(&mut self, source: usize, change: Change<super::wait::Kept>) {
        let watched = &self.board.sources[source].watched;
        match &change {
            // Of those that are wanted themselves the state says it.
            Change::Denied(why) if watched.names.is_empty() => {
                self.lacks.insert(format!("{}s: {}", watched.kind, self.redactor.redact(why)));
            }
            Change::Away(why) => self.away = Some(why.clone()),
            Change::Back => self.away = None,
            _ => {}
        }
        self.board.take(source, change);
    }

    async fn status(mut self, cluster: &Cluster) -> Status {
        let warnings = self.warnings(cluster).await;
        let now = SystemClock.now();
        let hide = |text: &str| self.redactor.redact(text).into_owned();
        let mut objects = Vec::with_capacity(self.board.entries.len());
        for (index, entry) in self.board.entries.iter().enumerate() {
            let pods = self.board.pods(index).into_iter().map(|pod| PodStanding {
                name: pod.name.clone(),
                ready: pod.ready,
                state: pod.state.clone(),
                restarts: pod.restarts,
                why: pod.why().map(hide),
                warning: warnings.get(&pod.uid).map(|event| Told::of(event, now, self.redactor)),
            });
            objects.push(Standing {
                wanted: entry.wanted.clone(),
                owner: self.owners[index].clone(),
                counts: entry.wanted.is_workload() || entry.state.is_missing(),
                state: entry.state.clone(),
                pods: pods.collect(),
            });
        }
        Status { objects, lacks: self.lacks.into_iter().collect() }
    }

    /// The last warning about each pod, by its uid.
    async fn warnings(&mut self, cluster: &Cluster) -> BTreeMap<String, Event> {
        let with_pods = self.board.entries.iter().filter(|entry| entry.wanted.is_workload());
        let namespaces: BTreeSet<String> =
            with_pods.filter_map(|entry| entry.wanted.namespace.as_deref().map(str::to_owned)).collect();
        let asked = join_all(namespaces.iter().map(async |namespace| cluster.warnings(namespace).await)).await;
        let mut last = BTreeMap::new();
        for events in asked {
            match events {
                // The latest comes last, and stays.
                Ok(events) => last.extend(events.into_iter().map(|event| (event.uid.clone(), event))),
                Err(why) => {
                    self.lacks.insert(format!("events: {}", self.redactor.redact(&why.text)));
                }
            }
        }
        last
    }
}
