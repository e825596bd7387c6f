//! The agent's place in a dry run: says what would run, touches nothing.

use std::path::Path;

use async_trait::async_trait;

use super::setup;
use super::{AgentEnd, AgentRun, Cancel, Error, Place, Readiness};
use crate::agent::config::{self, SandboxMode, Surroundings};
use crate::answer::Answer;
use crate::ui::Ui;

/// Runs nothing. The configuration is built all the same: a mistake in it shows in a dry run too.
#[derive(Debug, Clone, Default)]
pub struct DryPlace {
    command: Option<String>,
}

impl DryPlace {
    /// `command`: the value of `CODEXCTL_AGENT_COMMAND`, where it is set.
    pub fn new(command: Option<String>) -> Self {
        Self { command }
    }

    /// The whole command line for people; the prompt goes to its standard input. Looks at no file.
    pub fn command_line(&self, run: &AgentRun) -> Vec<String> {
        let command = self.command.clone().unwrap_or_else(|| "codex".to_owned());
        let thread = run.resume.as_ref().map(|resume| resume.thread.as_str());
        let mut words = vec![command];
        words.extend(setup::exec_args(run, &setup::schema_path(run), thread));
        words
    }
}

#[async_trait]
impl Place for DryPlace {
    async fn end_orphan(&self, _folder: &Path) -> Result<(), Error> {
        Ok(())
    }

    async fn prepare(&self, run: &AgentRun) -> Result<Readiness, Error> {
        let around = Surroundings {
            base_url: Some("http://127.0.0.1:0/v1"),
            tree: &run.tree,
            sandbox: SandboxMode::WorkspaceWrite,
            writable: &run.writable,
            exclude_slash_tmp: false,
            hidden: &[],
            servers_in: None,
        };
        let built = config::build(&run.config, &around)?;
        Ok(Readiness { isolation: None, command: self.command_line(run), warnings: built.warnings })
    }

    async fn run(&self, run: &AgentRun, _ui: &dyn Ui, _cancel: Cancel) -> Result<Answer<AgentEnd>, Error> {
        Ok(Answer::Unknown(format!("would run: {}", self.command_line(run).join(" "))))
    }
}
