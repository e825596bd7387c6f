//! The last step of a run that publishes nothing: says where the work is.

use async_trait::async_trait;

use super::{Did, Step};
use crate::flows::run::Run;
use crate::flows::stop::Stop;

/// Leaves the work in the slot (`--no-publish`).
pub struct LeaveInSlot;

#[async_trait]
impl Step for LeaveInSlot {
    fn name(&self) -> &'static str {
        "leave"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(tree) = &run.found.tree else {
            return Ok(Did::Skipped("nothing is published (--no-publish)".to_owned()));
        };
        // The record stays where the agent ended: a run that publishes goes on from there.
        Ok(Did::Done(format!("nothing is published (--no-publish): the work is in {}", tree.folder.display())))
    }
}
