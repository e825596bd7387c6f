//! Pushes the commit, never by force.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::authors::author;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::publish::{Push, Pushed};
use crate::report::comments::Kept;

/// Brings the commit to the remote's branch.
pub struct PushCommit;

#[async_trait]
impl Step for PushCommit {
    fn name(&self) -> &'static str {
        "push"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let (Some(commit), Some(branch)) = (run.found.commit.clone(), run.branch().map(str::to_owned)) else {
            return Ok(Did::Skipped("no commit".to_owned()));
        };
        super::slot::still_ours(run).await?;
        let wanted = Push {
            slot: run.clone_name(),
            branch: branch.clone(),
            commit,
            author: author(&run.settings),
            date: run.date(),
        };
        let pushed = match run.hands.sources.push(&wanted).await.map_err(Stop::failed)? {
            Answer::Known(pushed) => pushed,
            Answer::Unknown(would) => {
                run.hands.plan.add_git(would, None);
                return Ok(Did::Skipped("nothing is pushed".to_owned()));
            }
        };
        let said = match &pushed {
            Pushed::Done { created: true, .. } => format!("new branch {branch}"),
            Pushed::Done { .. } => format!("branch {branch}"),
            Pushed::AlreadyThere { .. } => format!("branch {branch} has it already"),
            Pushed::Merged { with, .. } => {
                format!("branch {branch} had moved: merged with {}", &with[..with.len().min(7)])
            }
            Pushed::Conflict { branch: kept, files, .. } => {
                let why = format!(
                    "branch {branch} moved while the agent worked, and both changed {}. The work is on {kept}: merge it by hand, \
                     or delete that branch and start again",
                    files.join(", ")
                );
                run.found.kept = Some(Kept::Conflict(kept.clone()));
                run.found.pushed = Some(pushed.clone());
                return Err(Stop::failed(why));
            }
        };
        match &pushed {
            Pushed::Done { commit, .. } | Pushed::AlreadyThere { commit } | Pushed::Merged { commit, .. } => {
                run.found.commit = Some(commit.clone());
                let commit = commit.clone();
                run.found.pushed = Some(pushed);
                super::slot::record(run, |slot| {
                    (slot.pushed, slot.aside) = (Some(commit.clone()), None);
                })
                .await?;
            }
            Pushed::Conflict { .. } => run.found.pushed = Some(pushed),
        }
        Ok(Did::Done(said))
    }
}
