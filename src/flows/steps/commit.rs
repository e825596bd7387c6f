//! Makes the one commit of a run.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::authors::{author, co_author};
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::policy::texts::{self, Closes};
use crate::policy::triggers::Flow;
use crate::publish::Commit;

/// Commits what was collected.
pub struct MakeCommit;

#[async_trait]
impl Step for MakeCommit {
    fn name(&self) -> &'static str {
        "commit"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        if !run.publishes() {
            return Ok(Did::Skipped("nothing to commit".to_owned()));
        }
        let wanted = wanted(run);
        let made = run.hands.sources.commit(&wanted).await.map_err(super::check::refused_or_failed);
        match super::check::refused_change(run, made)? {
            Answer::Known(Some(commit)) => {
                let said = format!(
                    "{}  {}",
                    &commit[..commit.len().min(7)],
                    wanted.message.lines().next().unwrap_or_default()
                );
                run.found.commit = Some(commit);
                Ok(Did::Done(said))
            }
            Answer::Known(None) => Ok(Did::Skipped("nothing changed".to_owned())),
            Answer::Unknown(would) => {
                run.hands.plan.add_git(would, Some(&wanted.message));
                run.found.commit = Some("the new commit".to_owned());
                Ok(Did::Skipped("nothing is committed".to_owned()))
            }
        }
    }
}

/// The commit of this run: message, author and date are the same whenever it is made again.
pub(super) fn wanted(run: &Run) -> Commit {
    Commit {
        slot: run.clone_name(),
        branch: run.branch().unwrap_or_default().to_owned(),
        message: message(run),
        author: author(&run.settings),
        co_author: Some(co_author()),
        date: run.date(),
    }
}

/// The commit's message, by which people and the agent's rules know it (spec 4.3).
fn message(run: &Run) -> String {
    let what = if matches!(run.flow, Flow::Repair | Flow::RepairReview) { "fix" } else { "feat" };
    if let Some(pull) = run.reviewed() {
        return format!("{what}: apply Codex review changes for PR #{}", pull.number);
    }
    let repository = run.repo();
    let closes = Closes { repository: &repository, issue: run.about.issue_number() };
    let title = texts::title(run.about.title(), "work on the issue", closes);
    format!("{what}: {title} (#{})", run.about.number())
}
