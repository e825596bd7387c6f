//! Last words about environments that GitHub did not take: they are kept on this machine, and every later cleanup or gc tries them again.
//!
//! A slot is too dear to stay for a comment, and without its record nobody would know of the comment.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Told, Upkeep, comment};
use crate::flows::stop::Stop;
use crate::github::{Error, OwnComment};
use crate::slots::{Phase, Record};
use crate::ui::Level;

/// After so long nobody looks at that comment any more.
const OLD: TimeDelta = TimeDelta::days(30);

/// A last word that was not taken.
#[derive(Serialize, Deserialize)]
struct Untold {
    /// When it was tried first.
    since: DateTime<Utc>,
    /// The pull request.
    pull: u64,
    /// The project of its slot.
    project: String,
    /// The comment's first line.
    marker: String,
    /// The whole text.
    body: String,
}

/// Says that the comment stays as it was, and keeps its last word for a later run. Gives the failure, where it is one.
pub(super) fn keep(upkeep: &Upkeep, record: &Record, comment: OwnComment, why: &Error) -> Option<Stop> {
    let pull = record.pr.unwrap_or_default();
    let slot = record.slot;
    upkeep.say(
        Level::Warning,
        format!("the comment on pull request #{pull} may still tell of slot {slot}, which is gone: {why}. Every later cleanup or gc on this machine tries again"),
    );
    if upkeep.dry {
        return None;
    }
    let untold = Untold {
        since: upkeep.hands.clock.now(),
        pull,
        project: record.project.clone(),
        marker: comment.marker,
        body: comment.body,
    };
    if let Err(error) = write(&folder(upkeep), record, &untold) {
        upkeep.say(Level::Warning, format!("its last word could not be kept, so nobody will try again: {error}"));
    }
    failure(format!("the comment on pull request #{pull} is out of date: {why}"), why)
}

/// Tries again what was kept. Gives what became of it, and what still fails.
pub(super) async fn mend(upkeep: &Upkeep) -> (Told, Vec<Stop>) {
    let (mut told, mut failures) = (Told::default(), Vec::new());
    if upkeep.dry {
        return (told, failures);
    }
    for file in files(&folder(upkeep)) {
        // What is no note of ours by now can't be told.
        let note = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Untold>(&text).ok());
        let done = match &note {
            Some(note) if !is_over(upkeep, note).await => {
                let wanted = comment::of_environment(note.pull, note.marker.clone(), note.body.clone());
                match comment::put(upkeep, &wanted).await {
                    Ok(there) => {
                        told.written += usize::from(there);
                        true
                    }
                    Err(why) => {
                        told.refused += 1;
                        let text = format!("the comment on pull request #{} is still out of date: {why}", note.pull);
                        upkeep.say(Level::Warning, text.clone());
                        failures.extend(failure(text, &why));
                        false
                    }
                }
            }
            _ => true,
        };
        if done && let Err(error) = std::fs::remove_file(&file) {
            upkeep.say(Level::Warning, format!("can't remove {}: {error}", file.display()));
        }
    }
    (told, failures)
}

/// A locked conversation is nobody's fault.
fn failure(text: String, why: &Error) -> Option<Stop> {
    (!matches!(why, Error::Locked { .. })).then(|| Stop::failed(text))
}

/// Whether there is nothing to say any more: it is too long ago, or work goes on in another slot. A record alone may be what a cleanup
/// kept of an empty one.
async fn is_over(upkeep: &Upkeep, note: &Untold) -> bool {
    let works = |record: &Record| record.phase > Phase::Allocated || record.lease.is_some();
    let again = |record: &Record| record.pr == Some(note.pull) && record.project == note.project && works(record);
    upkeep.hands.clock.now() - note.since > OLD
        || upkeep.records(&[]).await.is_ok_and(|records| records.iter().any(again))
}

fn folder(upkeep: &Upkeep) -> PathBuf {
    upkeep.workplace.state.join("untold")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    files.sort();
    files
}

fn write(folder: &Path, record: &Record, untold: &Untold) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join(format!("{}-{}-{}.json", untold.pull, record.env, record.slot));
    let new = file.with_extension("new");
    std::fs::write(&new, serde_json::to_vec_pretty(untold)?)?;
    std::fs::rename(new, file)
}
