//! Steps of the flows that destroy slots: `cleanup` and `gc`.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::loading;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::upkeep::{self, Upkeep};
use crate::slots::lease::Holder;
use crate::ui::Level;

/// Finds the records of the repository, for all steps that follow.
///
/// # Errors
/// services.yaml can't be read.
pub(crate) fn prepare(run: &mut Run) -> Result<Upkeep, Stop> {
    let mut folder = run.workplace.state.clone();
    if loading::has_stack(run) {
        let raw = loading::read_stack(run)?;
        run.options.lang = run.options.lang.or(raw.prompt_lang());
        run.found.removal.publish = raw.publish();
        raw.project().unwrap_or_default().clone_into(&mut run.found.project);
        if let Some(dir) = raw.state().dir {
            folder = run.workplace.base.join(dir);
        }
    } else {
        let shown = run.workplace.config_in_repository.display();
        run.say(Level::Notice, format!("{shown} is not there: slot records are looked for in their usual folder"));
    }
    run.found.store = Some((run.hands.store)(folder));
    upkeep(run)
}

/// What the steps work with.
fn upkeep(run: &Run) -> Result<Upkeep, Stop> {
    let store = run.found.store.as_ref().ok_or_else(|| Stop::failed("the slot records were not looked up"))?;
    Ok(Upkeep {
        hands: run.hands.clone(),
        store: Arc::clone(store),
        workplace: run.workplace.clone(),
        repo: run.repo(),
        project: run.found.project.clone(),
        publish: run.found.removal.publish.clone(),
        holder: Holder {
            id: run.identity.run.clone(),
            flow: run.flow.to_string(),
            host: crate::flows::identity::host(),
        },
        lang: run.lang(),
        run_url: run.identity.run_url.clone(),
        dry: run.options.dry_run,
        cancel: run.cancel.clone(),
    })
}

/// The issue that a cleanup is about: the event's, or the one that the pull request's branch is named after.
pub(crate) fn issue(run: &Run) -> Option<u64> {
    let of_branch = || run.about.pull.as_ref().and_then(|pull| upkeep::issue_of(&pull.head_branch));
    run.about.issue_number().or_else(of_branch)
}

/// How many slots go, how many stay.
pub(crate) fn count(going: usize, kept: usize) -> Did {
    match (going, kept) {
        (0, 0) => Did::Skipped("there is none".to_owned()),
        (0, kept) => Did::Skipped(format!("{kept} stay")),
        (going, 0) => Did::Done(format!("{going} to remove")),
        (going, kept) => Did::Done(format!("{going} to remove, {kept} stay")),
    }
}

/// The name of [`EndWork`], the first step of a cleanup that others can see something of.
pub(crate) const STOP: &str = "stop";

/// Takes the slots from whoever works there; unfinished work is saved.
pub(crate) struct EndWork;

#[async_trait]
impl Step for EndWork {
    fn name(&self) -> &'static str {
        STOP
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        if run.found.removal.candidates.is_empty() {
            return Ok(Did::Skipped("no slot to remove".to_owned()));
        }
        let upkeep = upkeep(run)?;
        let settings = run.settings.clone();
        let before = run.found.removal.failures.len();
        run.found.removal.begin(&upkeep, &settings).await?;
        let failed = run.found.removal.failures.len() - before;
        Ok(match (failed, run.found.removal.going.len()) {
            (0, 0) => Did::Skipped("no slot is held".to_owned()),
            (0, going) => Did::Done(format!("{} held", slots(going))),
            (failed, _) => Did::Badly(format!("{} could not be taken", slots(failed))),
        })
    }
}

/// Removes what the slots have.
pub(crate) struct Destroy;

#[async_trait]
impl Step for Destroy {
    fn name(&self) -> &'static str {
        "destroy"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        if run.found.removal.going.is_empty() {
            return Ok(Did::Skipped("no slot to remove".to_owned()));
        }
        let upkeep = upkeep(run)?;
        let before = run.found.removal.failures.len();
        run.found.removal.destroy(&upkeep).await?;
        let failed = run.found.removal.failures.len() - before;
        if failed > 0 {
            return Ok(Did::Badly(format!("{} could not be removed", slots(failed))));
        }
        let names: Vec<String> = run.found.removal.going.iter().map(|going| upkeep::slot_name(&going.record)).collect();
        Ok(Did::Done(names.join("; ")))
    }
}

/// Deletes branches that are no longer needed.
pub(crate) struct SweepBranches;

#[async_trait]
impl Step for SweepBranches {
    fn name(&self) -> &'static str {
        "branches"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(issue) = issue(run) else { return Ok(Did::Skipped("it is no branch of codexctl's".to_owned())) };
        let upkeep = upkeep(run)?;
        if run.found.removal.disturbed && run.found.heads.is_some() {
            // Whoever worked there may have pushed a last time.
            run.found.heads = run.hands.sources.fetch().await.map_err(Stop::failed)?.into_known();
        }
        let heads = run.found.heads.as_ref();
        let done = upkeep::sweep(&upkeep, issue, heads, run.about.pull.as_ref(), None).await?;
        if run.found.heads.is_none() && run.options.dry_run {
            run.hands.plan.add_git(
                format!("delete other branches of issue #{issue} that are merged or whose pull request is closed: would ask the remote"),
                None,
            );
        }
        run.found.removal.failures.extend(done.failed.iter().map(Stop::failed));
        Ok(match (done.deleted.as_slice(), done.failed.len()) {
            ([], 0) => Did::Skipped("nothing to delete".to_owned()),
            (deleted, 0) if run.hands.has_token => Did::Done(format!("deleted {}", deleted.join(", "))),
            (deleted, 0) => Did::Done(format!("would be deleted with a token: {}", deleted.join(", "))),
            (_, failed) => Did::Badly(format!("{failed} could not be deleted")),
        })
    }
}

/// Closes the issue that a merged pull request's branch is named after.
pub(crate) struct CloseIssue;

#[async_trait]
impl Step for CloseIssue {
    fn name(&self) -> &'static str {
        "close"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(pull) = &run.about.pull else { return Ok(Did::Skipped("no pull request was closed".to_owned())) };
        if !pull.merged {
            return Ok(Did::Skipped(format!("pull request #{} was not merged", pull.number)));
        }
        let Some(issue) = issue(run) else { return Ok(Did::Skipped("the branch names no issue".to_owned())) };
        match run.hands.github.close_issue(issue).await {
            Ok(Answer::Known(())) if run.hands.has_token => Ok(Did::Done(format!("#{issue} is closed"))),
            Ok(Answer::Known(())) => Ok(Did::Done(format!("would be closed with a token: #{issue}"))),
            Ok(Answer::Unknown(would)) => Ok(Did::Skipped(would)),
            Err(error) => {
                run.found.removal.failures.push(Stop::failed(&error));
                Ok(Did::Badly(format!("#{issue} could not be closed")))
            }
        }
    }
}

/// Tells the pull requests that their environments are gone.
pub(crate) struct TellGone;

#[async_trait]
impl Step for TellGone {
    fn name(&self) -> &'static str {
        "comment"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let upkeep = upkeep(run)?;
        let told = run.found.removal.tell(&upkeep).await;
        Ok(match (told.refused, told.written) {
            (0, 0) => Did::Skipped("no comment about an environment".to_owned()),
            (0, 1) => Did::Done("1 comment".to_owned()),
            (0, written) => Did::Done(format!("{written} comments")),
            (1, _) => Did::Badly("1 comment could not be written".to_owned()),
            (refused, _) => Did::Badly(format!("{refused} comments could not be written")),
        })
    }
}

/// Removes the records. Whatever went wrong on the way is told here.
pub(crate) struct Forget;

#[async_trait]
impl Step for Forget {
    fn name(&self) -> &'static str {
        "records"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let upkeep = upkeep(run)?;
        run.found.removal.forget(&upkeep, false).await?;
        run.found.removal.end()?;
        Ok(match run.found.removal.gone.len() {
            0 => Did::Skipped("no slot was removed".to_owned()),
            gone => Did::Done(format!("{} removed", slots(gone))),
        })
    }
}

fn slots(count: usize) -> String {
    if count == 1 { "1 slot".to_owned() } else { format!("{count} slots") }
}
