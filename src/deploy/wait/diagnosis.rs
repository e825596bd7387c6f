//! Why a workload isn't ready, as far as the cluster tells: its pod, the last events, the last lines of the failing container.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::timeout;

use super::board::Board;
use super::pods::{Container, Pod};
use crate::clock::{Clock as _, SystemClock};
use crate::cluster::{Cluster, Event};
use crate::report::Lang;
use crate::report::words::duration;
use crate::secrets::Redactor;

/// So many lines of a log are shown (spec 5.1.6).
const LINES: usize = 20;

/// So many events are shown.
const EVENTS: usize = 6;

/// A longer line of a log, or of an event, ends here: one line of minified code must not be all that is seen.
const LONGEST: usize = 500;

/// So many workloads are looked into: where more have failed, they have failed of the same thing.
const MOST: usize = 8;

/// A diagnosis is no reason to wait long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a workload isn't ready. All texts are redacted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The pod that is looked at.
    pub pod: Option<String>,
    /// What is wrong with it, where the pod itself says so.
    pub trouble: Option<String>,
    /// The last events of the pod, or where there is none of what should have made it; the latest last.
    pub events: Vec<Told>,
    /// Logs of its failing container, each with a title.
    pub logs: Vec<Log>,
    /// What could not be had, and why.
    pub lacks: Vec<String>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// How long ago it was said last: `12s`.
    pub ago: String,
    /// Why, in a word.
    pub reason: String,
    /// The same in a sentence.
    pub message: String,
    /// How often it was said.
    pub count: u64,
}

/// The end of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `log of container web`.
    pub title: String,
    /// The last lines.
    pub lines: Vec<String>,
}

impl Told {
    pub(crate) fn of(event: &Event, now: DateTime<Utc>, redactor: &Redactor) -> Self {
        let ago = event.last.map(|last| (now - last).to_std().unwrap_or_default());
        let ago = ago.map(|ago| duration(Duration::from_secs(ago.as_secs()), Lang::En));
        Self {
            ago: ago.unwrap_or_default(),
            reason: event.reason.clone(),
            message: short(&redactor.redact(&event.message).replace('\n', " ")),
            count: event.count,
        }
    }

    /// In a line.
    pub fn line(&self) -> String {
        let times = if self.count > 1 { format!(" (×{})", self.count) } else { String::new() };
        format!("{} ago  {}{times}  {}", self.ago, self.reason, self.message)
    }
}

/// Looks into some entries of a board.
pub(super) async fn diagnose(
    cluster: &Cluster,
    board: &Board,
    entries: &[usize],
    redactor: &Redactor,
) -> Vec<(usize, Diagnosis)> {
    join_all(entries.iter().take(MOST).map(async |index| (*index, one(cluster, board, *index, redactor).await))).await
}

async fn one(cluster: &Cluster, board: &Board, entry: usize, redactor: &Redactor) -> Diagnosis {
    let pods = board.pods(entry);
    let pod = pods.iter().find(|pod| !pod.ready).copied();
    let namespace = board.entries[entry].wanted.namespace.as_deref().unwrap_or_default();
    let mut found = Diagnosis {
        // What is waited for has been named.
        pod: pod.filter(|pod| pod.name != *board.entries[entry].wanted.name).map(|pod| pod.name.clone()),
        trouble: pod.and_then(Pod::why).map(|text| redactor.redact(text).into_owned()),
        ..Diagnosis::default()
    };
    let above = board.uids(entry);
    let asked =
        async { tokio::join!(events(cluster, namespace, pod, &above), logs(cluster, namespace, pod, redactor)) };
    let Ok((events, logs)) = timeout(PATIENCE, asked).await else {
        found.lacks.push(format!("events and logs: the server has not answered within {} s", PATIENCE.as_secs()));
        return found;
    };
    let now = SystemClock.now();
    match events {
        Ok(events) => {
            let last = events.len().saturating_sub(EVENTS);
            found.events = events[last..].iter().map(|event| Told::of(event, now, redactor)).collect();
        }
        Err(why) => found.lacks.push(format!("events: {}", redactor.redact(&why))),
    }
    for log in logs {
        match log {
            Ok(log) => found.logs.push(log),
            Err(why) => found.lacks.push(redactor.redact(&why).into_owned()),
        }
    }
    found
}

/// Those of the pod; where there is none, or they are gone (after an hour, as a rule), the warnings of what should make it.
async fn events(cluster: &Cluster, namespace: &str, pod: Option<&Pod>, above: &[String]) -> Result<Vec<Event>, String> {
    let of = async |uid: &str| cluster.events(namespace, uid).await.map_err(|failure| failure.text);
    if let Some(pod) = pod {
        let found = of(&pod.uid).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    for uid in above {
        let found: Vec<Event> = of(uid).await?.into_iter().filter(|event| event.warning).collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The log of the container that isn't as it should be, and of its run before where it was started again.
async fn logs(cluster: &Cluster, namespace: &str, pod: Option<&Pod>, redactor: &Redactor) -> Vec<Result<Log, String>> {
    let Some(pod) = pod else { return Vec::new() };
    let Some(container) = pod.container.as_ref().filter(|container| container.has_log) else { return Vec::new() };
    let read = async |before: bool| {
        let title = title(container, before);
        let lines = cluster.log(namespace, &pod.name, &container.name, LINES, before).await;
        let lines = lines.map_err(|failure| format!("{title}: {failure}"))?;
        // Lines, as a secret of several is hidden line by line.
        let last = lines.len().saturating_sub(LINES);
        let lines = lines[last..].iter().map(|line| short(&redactor.redact(line))).collect();
        Ok(Log { title, lines })
    };
    let mut found = Vec::new();
    if container.ran_before {
        found.push(read(true).await);
    }
    found.push(read(false).await);
    found
}

fn title(container: &Container, before: bool) -> String {
    let ended = container.ended.as_ref().map_or(String::new(), |ended| format!(" ({ended})"));
    match (before, container.ran_before) {
        (true, _) => format!("log of container {}, its run before{ended}", container.name),
        (false, true) => format!("log of container {}, its present run", container.name),
        (false, false) => format!("log of container {}{ended}", container.name),
    }
}

fn short(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// Why, as a text that people read at night: what is indented is the cluster's own words.
pub(super) fn text(headline: &str, found: &Diagnosis) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push('\n');
        out.push_str(text);
    };
    if let Some(pod) = &found.pod {
        // Once is enough.
        line(&match found.trouble.as_ref().filter(|trouble| !headline.contains(&***trouble)) {
            Some(trouble) => format!("pod {pod}: {trouble}"),
            None => format!("pod {pod}"),
        });
    }
    if !found.events.is_empty() {
        line("last events:");
        found.events.iter().for_each(|event| line(&format!("  {}", event.line())));
    }
    for log in &found.logs {
        match log.lines.len() {
            0 => line(&format!("{}: it is empty", log.title)),
            1 => line(&format!("{}:", log.title)),
            many => line(&format!("{}, the last {many} lines:", log.title)),
        }
        log.lines.iter().for_each(|text| line(&format!("  │ {text}")));
    }
    for lack in &found.lacks {
        line(&format!("not known: {lack}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnosis_reads_from_the_pod_to_its_last_words() {
        let event = |ago: &str, reason: &str, message: &str, count| Told {
            ago: ago.to_owned(),
            reason: reason.to_owned(),
            message: message.to_owned(),
            count,
        };
        let found = Diagnosis {
            pod: Some("web-6d4cf56db6-x2x9z".to_owned()),
            trouble: Some("container web ends again and again (3 restarts): exit code 1".to_owned()),
            events: vec![
                event("40s", "Started", "Started container web", 4),
                event("12s", "BackOff", "Back-off restarting failed container web", 1),
            ],
            logs: vec![
                Log {
                    title: "log of container web (exit code 1)".to_owned(),
                    lines: vec!["starting".to_owned(), "no DATABASE_URL".to_owned()],
                },
                Log { title: "log of container web, its run before".to_owned(), lines: Vec::new() },
            ],
            lacks: vec!["events: pods is forbidden".to_owned()],
        };
        insta::assert_snapshot!(text("", &found), @"
        pod web-6d4cf56db6-x2x9z: container web ends again and again (3 restarts): exit code 1
        last events:
          40s ago  Started (×4)  Started container web
          12s ago  BackOff  Back-off restarting failed container web
        log of container web (exit code 1), the last 2 lines:
          │ starting
          │ no DATABASE_URL
        log of container web, its run before: it is empty
        not known: events: pods is forbidden
        ");
    }

    #[test]
    fn long_lines_end_early() {
        assert_eq!(short("ab"), "ab");
        assert_eq!(short(&"ы".repeat(600)).chars().count(), LONGEST + 1);
    }
}
