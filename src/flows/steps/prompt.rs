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
        not_of_placeholders(run, &prompts.full.text)?;
        let comments = match prompts.comments {
            0 => String::new(),
            1 => ", 1 comment".to_owned(),
            count => format!(", {count} comments"),
        };
        let threads = match prompts.full.threads.len() {
            0 => String::new(),
            1 => ", 1 review thread".to_owned(),
            count => format!(", {count} review threads"),
        };
        let characters = prompts.full.text.chars().count();
        let said = format!("{}, {characters} characters{comments}{threads}", prompts.full.template);
        run.found.threads.clone_from(&prompts.full.threads);
        run.found.prompts = Some(prompts);
        Ok(Did::Done(said))
    }
}

/// Without token and event a template may do without the issue's words; one that has them would tell the agent placeholders.
fn not_of_placeholders(run: &mut Run, prompt: &str) -> Result<(), Stop> {
    let Some(issue) = run.about.issue.as_mut().filter(|_| run.about.unread.is_some() && !run.options.dry_run) else {
        return Ok(());
    };
    if prompt.contains(&issue.title) || prompt.contains(&issue.body) {
        return Err(Stop::Usage(format!(
            "the prompt tells the text of issue #{}, and without a token GitHub can't be asked for it: set CODEXCTL_GH_PAT, \
             GH_TOKEN or GITHUB_TOKEN, or give the event with --event FILE",
            issue.number
        )));
    }
    // Nor may commit and pull request be called after them.
    issue.title.clear();
    issue.body.clear();
    Ok(())
}
