//! Waiting until a stack is really ready, and saying why it isn't (spec 5.1.6).
//!
//! [`wait()`] watches the wanted objects and the pods of their workloads. It ends when all are ready, when one can't become so, or
//! when the time is up. [`readiness()`] says how an object stands, `board` puts together what is known of all of them, `diagnosis` asks
//! for events and logs in the end.

mod board;
mod diagnosis;
mod limits;
mod pods;
mod readiness;
mod show;
mod wanted;

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use self::board::AskForNode;
use self::wanted::Part;
use crate::clock::{Clock as _, SystemClock};
use crate::cluster::{Change, Cluster, Watches};
use crate::secrets::Redactor;
use crate::ui::Level;

pub use board::State;
pub use diagnosis::{Diagnosis, Log, Told};
pub use limits::Limits;
pub use readiness::{Readiness, readiness};
pub use show::{Shown, words};
pub use wanted::Wanted;

pub(super) use board::{Board, Kept};

/// How often a table shows the time that has gone by, and limits of patience are looked at.
const TICK: Duration = Duration::from_secs(1);

/// So long an answer may take on which the wait doesn't depend.
const PATIENCE: Duration = Duration::from_secs(5);

/// How to wait.
#[derive(Debug, Clone)]
pub struct WaitOptions {
    /// For all together.
    pub timeout: Duration,
    /// Whether everything counts that can say whether it is ready: else only workloads fail the wait.
    pub all: bool,
    /// With one workload.
    pub limits: Limits,
    /// Hides secrets in what the cluster says.
    pub redactor: Redactor,
}

/// An object that is waited for, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is: `Deployment web`, with its namespace where there are several.
    pub what: String,
    /// How it stands.
    pub state: State,
    /// Whether the wait fails without it.
    pub counts: bool,
    /// Since when it stands so, from the beginning of the wait.
    pub since: Duration,
}

/// Is told how a wait goes on.
pub trait Progress {
    /// All that is waited for; the indices of those that have changed; how long it has lasted.
    fn show(&mut self, rows: &[Row], changed: &[usize], lasts: Duration);
    /// Something about the wait itself: the server is away, or may not be asked something.
    fn say(&mut self, level: Level, text: &str);
    /// It is over.
    fn end(&mut self, rows: &[Row]);
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All that counts is ready.
    Ready,
    /// Something that counts won't be ready (exit 1).
    Failed,
    /// The time is up (exit 4).
    TimedOut,
}

/// What a wait came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// How it ended.
    pub end: End,
    /// How long it took.
    pub took: Duration,
    /// Each object that was waited for, in the order in which they were wanted.
    pub objects: Vec<Ended>,
    /// Why the server can't be asked, if that was so in the end.
    pub away: Option<String>,
}

/// How one object ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The object.
    pub wanted: Wanted,
    /// How it stood in the end.
    pub state: State,
    /// Since when, from the beginning of the wait: of a ready one how long it took.
    pub since: Duration,
    /// Whether the wait fails without it.
    pub counts: bool,
    /// Why it isn't ready.
    pub diagnosis: Option<Diagnosis>,
}

/// Waits until everything is ready that is wanted. The server may be away meanwhile: it is asked again until the time is up.
pub async fn wait(cluster: &Cluster, wanted: &[Wanted], options: &WaitOptions, progress: &mut dyn Progress) -> Waited {
    let began = Instant::now();
    let part = |one: &&Wanted| match one.part() {
        Part::Workload | Part::Condition => true,
        Part::Claim => options.all,
        Part::Nothing => false,
    };
    let board = Board::new(wanted.iter().filter(part).cloned(), options.limits, options.redactor.clone(), false);
    let mut waiting = Waiting { cluster, options, board, began, away: None };
    let end = if waiting.board.entries.is_empty() { End::Ready } else { waiting.until_the_end(progress).await };
    let took = began.elapsed();
    progress.end(&waiting.rows());
    waiting.result(end, took).await
}

struct Waiting<'a> {
    cluster: &'a Cluster,
    options: &'a WaitOptions,
    board: Board,
    began: Instant,
    away: Option<String>,
}

impl Waiting<'_> {
    async fn until_the_end(&mut self, progress: &mut dyn Progress) -> End {
        let mut watches = watch(self.cluster, &self.board);
        let deadline = self.began + self.options.timeout;
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                (source, change) = watches.next() => {
                    self.take(source, change, progress);
                    while let Some((source, change)) = watches.waiting() {
                        self.take(source, change, progress);
                    }
                }
                _ = ticks.tick() => {}
                () = sleep_until(deadline) => return self.when_time_is_up(),
            }
            let now = self.began.elapsed();
            let (changed, asked) = self.board.look(now);
            progress.show(&self.rows(), &changed, now);
            if let Some(end) = self.verdict() {
                return end;
            }
            for one in asked {
                let comes = self.node_comes(&one).await;
                self.board.node_comes(one.entry, comes, now);
            }
        }
    }

    fn take(&mut self, source: usize, change: Change<Kept>, progress: &mut dyn Progress) {
        let watched = &self.board.sources[source].watched;
        match &change {
            Change::Away(why) if self.away.is_none() => {
                progress.say(Level::Warning, &format!("{why}: waiting for it to come back"));
                self.away = Some(why.clone());
            }
            Change::Back if self.away.take().is_some() => {
                progress.say(Level::Info, &format!("{} answers again", self.cluster.server()));
            }
            Change::Singly(why) => {
                let text = format!("{}s are asked for one by one: {why}", watched.kind);
                progress.say(Level::Notice, &text);
            }
            Change::Denied(why) if matches!(&*watched.kind, "Pod" | "ReplicaSet") => {
                let text = format!("what troubles a workload's pods will not be known: {why}");
                progress.say(Level::Notice, &text);
            }
            _ => {}
        }
        self.board.take(source, change);
    }

    /// Whether somebody says that a node is on its way for a pod. Source: the events of cluster-autoscaler and Karpenter.
    async fn node_comes(&self, ask: &AskForNode) -> bool {
        let asked = timeout(PATIENCE, self.cluster.events(&ask.namespace, &ask.pod)).await;
        let events = asked.ok().and_then(Result::ok).unwrap_or_default();
        let now = SystemClock.now();
        events.iter().any(|event| {
            let ago = event.last.map(|last| (now - last).to_std().unwrap_or_default());
            matches!(&*event.reason, "TriggeredScaleUp" | "Nominated")
                && ago.is_some_and(|ago| ago < self.options.limits.unschedulable)
        })
    }

    fn counts(&self, wanted: &Wanted) -> bool {
        self.options.all || wanted.part() == Part::Workload
    }

    /// How it ends, if it does already. What doesn't count is waited for too, unless it has failed.
    fn verdict(&self) -> Option<End> {
        let mut open = false;
        for entry in &self.board.entries {
            match &entry.state {
                state if state.is_well() => {}
                State::Failed(_) if self.counts(&entry.wanted) => return Some(End::Failed),
                // Nobody will ever know.
                State::Failed(_) | State::Unreadable(_) if !self.counts(&entry.wanted) => {}
                State::Unreadable(_) => return Some(End::Failed),
                _ => open = true,
            }
        }
        (!open).then_some(End::Ready)
    }

    fn when_time_is_up(&self) -> End {
        let ready = |entry: &board::Entry| !self.counts(&entry.wanted) || entry.state.is_well();
        if self.board.entries.iter().all(ready) { End::Ready } else { End::TimedOut }
    }

    fn rows(&self) -> Vec<Row> {
        rows(&self.board, |wanted| self.counts(wanted))
    }

    async fn result(self, end: End, took: Duration) -> Waited {
        let open: Vec<usize> = (0..self.board.entries.len())
            .filter(|index| {
                let entry = &self.board.entries[*index];
                self.counts(&entry.wanted) && matches!(entry.state, State::Failed(_) | State::Waiting(_))
            })
            .collect();
        // Of what has failed there is most to tell.
        let (mut order, rest): (Vec<usize>, Vec<usize>) =
            open.into_iter().partition(|index| matches!(self.board.entries[*index].state, State::Failed(_)));
        order.extend(rest);
        let found = match end {
            End::Ready => Vec::new(),
            _ if self.away.is_some() => Vec::new(),
            _ => diagnosis::diagnose(self.cluster, &self.board, &order, &self.options.redactor).await,
        };
        let mut objects: Vec<Ended> = Vec::with_capacity(self.board.entries.len());
        for entry in &self.board.entries {
            objects.push(Ended {
                wanted: entry.wanted.clone(),
                state: entry.state.clone(),
                since: entry.since,
                counts: self.counts(&entry.wanted),
                diagnosis: None,
            });
        }
        for (index, diagnosis) in found {
            objects[index].diagnosis = Some(diagnosis);
        }
        Waited { end, took, objects, away: self.away }
    }
}

/// Watches everything that a board has to know.
pub(super) fn watch(cluster: &Cluster, board: &Board) -> Watches<Kept> {
    let mut watches = Watches::new(cluster);
    for (index, source) in board.sources.iter().enumerate() {
        watches.add(cluster, index, source.watched.clone(), board.keep(index));
    }
    watches
}

/// How the entries of a board are shown.
pub(super) fn rows(board: &Board, counts: impl Fn(&Wanted) -> bool) -> Vec<Row> {
    let first = board.entries.first().and_then(|entry| entry.wanted.namespace.as_ref());
    let several = board.entries.iter().any(|entry| entry.wanted.namespace.as_ref() != first);
    let row = |entry: &board::Entry| Row {
        what: match &entry.wanted.namespace {
            Some(namespace) if several => format!("{} in {namespace}", entry.wanted.what()),
            _ => entry.wanted.what(),
        },
        state: entry.state.clone(),
        counts: counts(&entry.wanted),
        since: entry.since,
    };
    board.entries.iter().map(row).collect()
}
