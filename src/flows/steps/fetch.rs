//! Fetches the repository and reads services.yaml from its trusted commit: the head of the default branch.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::run::Run;
use crate::flows::stop::Stop;

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
        let Some(commit) = heads.default_commit().map(str::to_owned) else {
            return Err(Stop::failed(format!(
                "the remote's default branch {} has no commit yet: push a first one",
                heads.default
            )));
        };
        let said = format!("{} at {}", heads.default, &commit[..commit.len().min(7)]);
        run.found.heads = Some(heads);
        run.found.trusted = run.hands.sources.trusted_tree(&commit).await.map_err(Stop::failed)?.into_known();
        Ok(Did::Done(said))
    }
}
