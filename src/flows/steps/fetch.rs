//! Fetches the repository and lays out its trusted commit: the head of the default branch; in a review that of the branch that the
//! pull request goes into.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::ui::Level;

/// Brings the mirror up to date and lays out the trusted tree.
pub struct Fetch;

#[async_trait]
impl Step for Fetch {
    fn name(&self) -> &'static str {
        "fetch"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let heads = match run.hands.sources.fetch().await.map_err(Stop::failed)? {
            Answer::Known(heads) => heads,
            Answer::Unknown(_) => {
                return Ok(Did::Skipped(format!(
                    "{} is read from the work tree",
                    run.workplace.config_in_repository.display()
                )));
            }
        };
        let branch = trusted(run, &heads.default);
        let Some(commit) = heads.branches.get(&branch).cloned() else {
            return Err(Stop::failed(match run.reviewed() {
                Some(pull) => format!("branch {branch} of pull request #{} is not on the remote any more", pull.number),
                None => format!("the remote's default branch {branch} has no commit yet: push a first one"),
            }));
        };
        let said = format!("{branch} at {}", &commit[..commit.len().min(7)]);
        run.found.heads = Some(heads);
        run.found.trusted_branch = Some(branch);
        run.found.trusted = run.hands.sources.trusted_tree(&commit).await.map_err(Stop::failed)?.into_known();
        Ok(Did::Done(said))
    }
}

/// The branch whose services.yaml, prompts and instructions count (spec 7.3).
fn trusted(run: &Run, default: &str) -> String {
    match run.reviewed() {
        Some(pull) if run.options.config_from_head => {
            run.say(
                Level::Warning,
                format!(
                    "services.yaml, prompts and instructions come from {} itself (--config-from-head)",
                    pull.head_branch
                ),
            );
            pull.head_branch.clone()
        }
        Some(pull) => pull.base_branch.clone(),
        None => default.to_owned(),
    }
}
