//! Writes the agent's prompt: the task, who it is, where it works, what to hand in.

use async_trait::async_trait;

use super::{Did, Step};
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::task;

/// Puts the prompt together.
pub struct WritePrompt;

#[async_trait]
impl Step for WritePrompt {
    fn name(&self) -> &'static str {
        "prompt"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let prompts = task::prompts(run).await?;
        let comments = match prompts.comments {
            0 => String::new(),
            1 => ", 1 comment".to_owned(),
            count => format!(", {count} comments"),
        };
        let said = format!("{}, {} characters{comments}", prompts.full.template, prompts.full.text.chars().count());
        run.found.prompts = Some(prompts);
        Ok(Did::Done(said))
    }
}
