//! Takes work over that lies in a slot's folder already: whoever did it, it passes the same limits, policy and scan as a run's.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Did, Step};
use crate::agent::verdict::{Outcome, Verdict};
use crate::answer::Answer;
use crate::flows::facts::{self, Earlier};
use crate::flows::lease::{self, Asked};
use crate::flows::loading;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::github::{OwnComment, Thread, markers};
use crate::policy::gates::{self, Gate};
use crate::publish::{Changed, Collected, Kind, PlacedTree, TakenUp, hints};
use crate::report::comments::{Applied, applied};
use crate::slots::lease::Holder;
use crate::slots::{Phase, Record, SCHEMA, Store};
use crate::ui::Level;

/// The pull request is open and of this repository. Who gave the command is at this machine or in this workflow already.
pub struct CheckPull;

#[async_trait]
impl Step for CheckPull {
    fn name(&self) -> &'static str {
        "gates"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        facts::look_again(run).await?;
        let facts = facts::gather(run, Earlier::default()).await?;
        let mut answers = gates::judge(run.flow, &facts);
        answers.retain(|answer| matches!(answer.gate, Gate::State | Gate::Fork));
        run.found.gates = answers;
        super::gates::pass(run)?;
        Ok(Did::Done(run.about.thread.to_string()))
    }
}

/// The slot's record, where this machine has one, and services.yaml for it.
pub struct HoldSlot;

#[async_trait]
impl Step for HoldSlot {
    fn name(&self) -> &'static str {
        "slot"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(pull) = run.reviewed().cloned() else { return Err(Stop::failed("there is no pull request")) };
        let raw = loading::read_stack(run)?;
        raw.project().unwrap_or_default().clone_into(&mut run.found.project);
        let folder = raw.state().dir.map_or_else(|| run.workplace.state.clone(), |dir| run.workplace.base.join(dir));
        let store = (run.hands.store)(folder);
        let number = run.options.slot.unwrap_or_default();
        let records = store.list().await.map_err(Stop::failed)?;
        let repo = run.repo();
        let is_it = |record: &&Record| {
            record.slot == number && record.env == run.env && record.repo.eq_ignore_ascii_case(&repo)
        };
        let record = records.iter().find(is_it).cloned();
        if let Some(record) = &record {
            hold(run, &store, record).await?;
        }
        let known = record.is_some();
        let record = record.unwrap_or_else(|| unrecorded(run, number));
        // It is only looked at: whose work it is, is not for this command to change.
        run.found.slot = Some(Record { branch: Some(pull.head_branch), pr: Some(pull.number), ..record });
        let stack = loading::load(run, &raw, Some(number).filter(|number| *number > 0))?;
        loading::take_in(run, stack);
        Ok(Did::Done(match (number, known) {
            (0, _) => format!("of {}", run.env),
            (_, true) => format!("{number} of {}", run.env),
            (_, false) => format!("{number} of {}, without a record here", run.env),
        }))
    }
}

/// Takes the lease, so that no run works there meanwhile.
async fn hold(run: &mut Run, store: &Arc<dyn Store>, record: &Record) -> Result<(), Stop> {
    let host = crate::flows::identity::host();
    let holder = Holder { id: run.identity.run.clone(), flow: "review-apply".to_owned(), host };
    let cancel = run.cancel.clone();
    match lease::take(&run.hands, store, record, holder, true, &cancel).await? {
        Asked::Held(held) => run.found.lease = Some(held),
        Asked::Busy { holder, .. } => {
            return Err(Stop::failed(format!("slot {} is held by {holder}: wait for its end", record.slot)));
        }
        Asked::Gone => {}
    }
    Ok(())
}

/// A record that stands nowhere: with a cluster, slots have theirs there.
fn unrecorded(run: &Run, slot: u32) -> Record {
    let now = run.hands.clock.now();
    Record {
        schema: SCHEMA,
        slot,
        env: run.env.clone(),
        namespace: String::new(),
        owner: run.identity.run.clone(),
        issue: run.about.issue_number(),
        pr: None,
        created_at: now,
        updated_at: now,
        project: run.found.project.clone(),
        repo: run.repo(),
        phase: Phase::Allocated,
        delivery: None,
        branch: None,
        session: None,
        pushed: None,
        aside: None,
        plan: None,
        lease: None,
        rest: Default::default(),
    }
}

/// Collects and judges what lies there.
pub struct TakeOver {
    /// The work tree.
    pub folder: PathBuf,
}

#[async_trait]
impl Step for TakeOver {
    fn name(&self) -> &'static str {
        "check"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(pull) = run.reviewed().cloned() else { return Err(Stop::failed("there is no pull request")) };
        let Some(heads) = run.found.heads.clone() else { return Err(Stop::failed("nothing was fetched")) };
        if pull.head_branch == heads.default {
            return Err(Stop::failed(format!(
                "pull request #{} comes from the default branch {}, and codexctl never pushes to that",
                pull.number, heads.default
            )));
        }
        let head = heads.branches.get(&pull.head_branch).ok_or_else(|| {
            Stop::failed(format!(
                "branch {} of pull request #{} is not on the remote any more",
                pull.head_branch, pull.number
            ))
        })?;
        if !self.folder.is_dir() {
            return Err(Stop::Usage(format!(
                "there are no sources in {}: check --code-root-base (CODEXCTL_CODE_ROOT_BASE) and --slot",
                self.folder.display()
            )));
        }
        let start = start(run, &self.folder, &pull.head_branch, head).await?;
        let there_already = collect(run, &self.folder, head).await?.files.is_empty();
        let mut collected = collect(run, &self.folder, &start).await?;
        for notice in &collected.notices {
            run.say(Level::Warning, notice.to_string());
        }
        run.found.worked_at = newest(&self.folder, &collected.files);
        if there_already && !is_ours(run, head).await? {
            // Whoever pushed it: nothing is left to do.
            collected = Collected::default();
        }
        let changed = !collected.files.is_empty();
        let (files, insertions, deletions) = (collected.files.len(), collected.insertions, collected.deletions);
        run.found.collected = Some(collected);
        let outcome = if changed { Outcome::Done } else { Outcome::NoChange };
        run.found.verdict = Some(Verdict { outcome, reason: String::new() });
        if changed {
            run.found.allowed = Some(super::check::allowed(run)?);
        }
        Ok(Did::Done(match files {
            0 => "no change".to_owned(),
            1 => format!("1 file, +{insertions} −{deletions}"),
            _ => format!("{files} files, +{insertions} −{deletions}"),
        }))
    }
}

/// The commit that the work started from: the likeliest of those that the tree's own git directory names, if the branch holds it.
/// Whichever of the branch's commits that is, what differs from it is judged whole, and merged with what the branch has now.
async fn start(run: &Run, folder: &Path, branch: &str, head: &str) -> Result<String, Stop> {
    for commit in hints::starts(folder) {
        if run.hands.sources.is_before(&commit, head).await.map_err(Stop::failed)?.into_known() == Some(true) {
            return Ok(commit);
        }
    }
    Err(Stop::failed(format!(
        "nobody can say which commit the work in {} started from: its git directory names none of branch {branch}. Sources that were \
         checked out from that branch (`codexctl ci sync-sources`) name it",
        folder.display()
    )))
}

/// Whether what was collected is on the branch because an earlier call of this command pushed it.
async fn is_ours(run: &Run, head: &str) -> Result<bool, Stop> {
    let made = run.hands.sources.commit(&super::commit::wanted(run)).await.map_err(super::check::refused_or_failed)?;
    let Some(commit) = made.into_known().flatten() else { return Ok(false) };
    Ok(run.hands.sources.is_before(&commit, head).await.map_err(Stop::failed)?.into_known() == Some(true))
}

async fn collect(run: &mut Run, folder: &Path, start: &str) -> Result<Collected, Stop> {
    run.found.tree = Some(PlacedTree {
        folder: folder.to_owned(),
        branch: run.branch().unwrap_or_default().to_owned(),
        start: start.to_owned(),
        kept: true,
        taken_up: TakenUp::Nothing,
    });
    Ok(super::check::collect(run).await?.unwrap_or_default())
}

/// When the work was done: with the same files a second call makes the same commit.
fn newest(folder: &Path, files: &[Changed]) -> Option<DateTime<Utc>> {
    let there = files.iter().filter(|file| file.kind != Kind::Deleted);
    let times = there.filter_map(|file| std::fs::symlink_metadata(folder.join(&file.path)).ok()?.modified().ok());
    times.max().map(DateTime::from)
}

/// The comment, changes or not.
pub struct TellApplied;

#[async_trait]
impl Step for TellApplied {
    fn name(&self) -> &'static str {
        "comment"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(pull) = run.reviewed().map(|pull| pull.number) else {
            return Ok(Did::Skipped("no pull request".to_owned()));
        };
        let state =
            markers::State { branch: run.branch().map(str::to_owned), pr: Some(pull), ..markers::State::default() };
        let marker = markers::marker("applied", &run.repo(), &run.found.project, pull, &state);
        let collected = run.found.collected.clone().unwrap_or_default();
        let of = Applied {
            marker: marker.clone(),
            slot: run.found.slot.as_ref().map_or(0, |slot| slot.slot),
            branch: run.branch().unwrap_or_default().to_owned(),
            commit: crate::flows::texts::commit(run).map(str::to_owned),
            files: collected.files.len(),
            insertions: collected.insertions,
            deletions: collected.deletions,
            run_url: run.identity.run_url.clone(),
        };
        let body = applied(&of, run.lang()).map_err(Stop::failed)?;
        super::check::scan_texts(run, &[("comment on the pull request", &body)])?;
        let comment = OwnComment { thread: Thread::Pull(pull), kind: "applied".to_owned(), marker, body };
        match run.hands.github.put_comment(&comment).await.map_err(Stop::failed)? {
            Answer::Known(url) => Ok(Did::Done(url)),
            Answer::Unknown(_) => Ok(Did::Skipped("nothing is written".to_owned())),
        }
    }
}
