//! What an agent would be told and configured with, found out without a run: nothing is started, nothing is written.

mod asked;
mod known;
mod task;

use std::path::PathBuf;
use std::sync::Arc;

pub use asked::Asked;

use self::known::Known;
use super::choices::{self, Choices};
use super::run::PLAN_FOLDER;
use super::stop::Stop;
use super::{agent_config, loading, prompt as facts};
use crate::agent::config::{self, SandboxMode, Surroundings};
use crate::agent::prompt::{self, Fence, Project, Prompt, PromptData, Runtime};
use crate::clock::{Clock, SystemClock};
use crate::policy::triggers::Kind;
use crate::report::Lang;
use crate::secrets::{Redactor, Secret, is_secret_name, random};
use crate::settings::Settings;
use crate::stack::{Decided, LoadRequest, Loaded, RawStack};
use crate::ui::{Level, Note, Ui};

/// A look at what an agent would get.
pub struct Preview {
    asked: Asked,
    loaded: Loaded,
    known: Known,
    ui: Arc<dyn Ui>,
}

impl Preview {
    /// Loads services.yaml for the slot, and finds out without GitHub's help what the look is about. `request` says where variables
    /// come from, which have been merged into the settings; environment and decisions are made here.
    ///
    /// # Errors
    /// Wrong settings, or everything that is wrong with services.yaml; that has been told at its places.
    pub async fn open(
        settings: &Settings,
        raw: &RawStack,
        request: LoadRequest,
        ui: Arc<dyn Ui>,
        redactor: &Redactor,
    ) -> Result<Self, Stop> {
        let asked = Asked::read(settings).map_err(Stop::Usage)?;
        if let Some(warning) = &asked.warning {
            ui.note(&Note::new(Level::Warning, warning.clone()));
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let known = Known::find(&asked, settings, raw, &ui, &clock, redactor).await?;
        let request = LoadRequest {
            env: asked.env.clone(),
            decided: Decided {
                slot: Some(known.slot),
                issue: known.issue,
                pr: known.pr,
                focus_issue: asked.focus_issue,
                repo: known.repository.as_ref().map(crate::event::Repository::full_name),
                branch: known.branch(&asked),
                lang: asked.lang.map(str::to_owned),
                infra_unhealthy: asked.infra_unhealthy,
                prompt_mode: Some(if asked.wanted == prompt::Wanted::New { "short" } else { "full" }.to_owned()),
            },
            ..request
        };
        let file = raw.path().display().to_string();
        let loaded = raw.load(&request).map_err(|error| loading::tell(ui.as_ref(), &file, &error))?;
        for warning in &loaded.warnings {
            ui.note(&Note::about(warning, loaded.picture(warning)));
        }
        mask(ui.as_ref(), loaded.vars.iter());
        if let Some(told) = facts::out_of_reach(&loaded, asked.runtime) {
            ui.note(&Note::new(Level::Notice, told));
        }
        Ok(Self { asked, loaded, known, ui })
    }

    /// Takes back what was made for the look: a GitHub App's token.
    pub async fn close(&self) {
        self.known.access.close().await;
    }

    /// Which prompt it is.
    pub fn kind(&self) -> Kind {
        self.asked.kind
    }

    /// The language of the prompt.
    pub fn lang(&self) -> Lang {
        facts::lang(self.asked.lang, Some(&self.loaded))
    }

    /// The prompt.
    ///
    /// # Errors
    /// GitHub refuses an answer, or a template of the project is wrong.
    pub async fn prompt(&self) -> Result<Prompt, Stop> {
        let task = self.task().await?;
        let issue_labels = task.issue.as_ref().map_or(&[][..], |issue| &issue.labels);
        let choices = self.choices(issue_labels, &task.pull_labels)?;
        let of_remote = match &task.base {
            Some(_) => None,
            None => self.known.default_branch().await,
        };
        if task.base.is_none() && of_remote.is_none() {
            self.unknown("default branch", "would ask the remote; main stands for it");
        }
        let lang = self.lang();
        let found = prompt::find(&self.loaded, self.asked.kind, lang, self.asked.template.as_deref());
        let found = found.map_err(Stop::Usage)?;
        for warning in &found.warnings {
            self.ui.note(&Note::new(Level::Warning, warning.clone()));
        }
        let project = found.template.as_ref().map(|template| Project { template, stack: &self.loaded });
        let data = PromptData {
            repository: self.known.repository_name(),
            slot: self.known.slot,
            branch: task
                .head
                .or_else(|| self.known.branch(&self.asked))
                .unwrap_or_else(|| some_branch(self.asked.kind).to_owned()),
            base: task.base.or(of_remote).unwrap_or_else(|| "main".to_owned()),
            issue: task.issue.as_ref().map(facts::issue),
            plan: task.plan,
            pull: task.pull,
            reviews: task.reviews,
            threads: task.threads,
            comments: task.comments,
            mode: self.asked.wanted.mode(self.known.past()),
            infra_unhealthy: self.asked.infra_unhealthy,
            context_budget: facts::budget(self.asked.context_budget),
            ..facts::of_stack(&self.loaded, &choices, self.asked.runtime)
        };
        let prompt = prompt::render(self.asked.kind, lang, &data, &Fence::new(random()), project)
            .map_err(|error| Stop::Usage(error.to_string()))?;
        for (count, what) in [(prompt.left_out, "older comments"), (prompt.threads_left_out, "review threads")] {
            if count > 0 {
                let text = format!("{count} {what} do not fit into --context-budget and were left out");
                self.ui.note(&Note::new(Level::Notice, text));
            }
        }
        Ok(prompt)
    }

    /// The agent's config.toml with [`crate::secrets::HIDDEN`] for values that references of `codex.mcp` lead to.
    ///
    /// # Errors
    /// Everything that is wrong with its pieces, each told at its place in services.yaml or in the file that it is in.
    pub async fn config(&self) -> Result<String, Stop> {
        // Only its labels count here: they may name model and effort, where no flag does.
        let labels = match (&self.asked.model.flag, &self.asked.effort.flag) {
            (Some(_), Some(_)) => Vec::new(),
            _ => self.issue().await?.map(|(issue, _)| issue.labels).unwrap_or_default(),
        };
        let choices = self.choices(&labels, &[])?;
        let wanted = agent_config::wanted(&self.loaded, &choices, self.lang(), self.asked.runtime)
            .map_err(|error| loading::tell(self.ui.as_ref(), loading::CONFIGURATION, &error))?;
        for (_, value) in &wanted.values {
            self.ui.mask(value);
        }
        let (tree, temporary) = match self.asked.runtime {
            Runtime::Local => {
                let folder = match self.asked.kind {
                    Kind::PlanIssue | Kind::PlanReview => self.known.folder.join(PLAN_FOLDER),
                    _ => self.known.folder.clone(),
                };
                (folder.join("tree"), vec![folder.join("agent-tmp")])
            }
            Runtime::Kubernetes => (PathBuf::from("/workspace"), Vec::new()),
        };
        let around = match self.asked.runtime {
            Runtime::Local => Surroundings {
                // The proxy's port is known when it has started.
                base_url: Some("http://127.0.0.1:0/v1"),
                tree: &tree,
                sandbox: SandboxMode::WorkspaceWrite,
                writable: &temporary,
                exclude_slash_tmp: tree.starts_with("/tmp"),
                // Another list on each machine.
                hidden: &[],
                servers_in: None,
            },
            Runtime::Kubernetes => Surroundings {
                base_url: None,
                tree: &tree,
                sandbox: SandboxMode::DangerFullAccess,
                writable: &temporary,
                exclude_slash_tmp: false,
                hidden: &[],
                servers_in: None,
            },
        };
        let built = config::build(&wanted.hidden(), &around).map_err(|error| Stop::Usage(error.to_string()))?;
        for warning in built.warnings {
            self.ui.note(&Note::new(Level::Warning, warning));
        }
        Ok(built.text.expose().clone())
    }

    fn choices(&self, issue_labels: &[String], pull_labels: &[String]) -> Result<Choices, Stop> {
        let codex = Some(&self.loaded.stack.codex);
        let (choices, warnings) = choices::of(issue_labels, pull_labels, &self.asked.model, &self.asked.effort, codex)
            .map_err(Stop::Usage)?;
        for warning in warnings {
            self.ui.note(&Note::new(Level::Warning, warning));
        }
        Ok(choices)
    }
}

/// What stands for the branch where no issue is known.
fn some_branch(kind: Kind) -> &'static str {
    match kind {
        Kind::AiRepairIssue | Kind::AiRepairReview => "codex/ai-repair-1",
        Kind::PlanIssue | Kind::PlanReview | Kind::DevIssue | Kind::DevReview => "codex/issue-1",
    }
}

/// Keeps secrets among variables out of everything that is printed.
fn mask<'a>(ui: &dyn Ui, vars: impl Iterator<Item = (&'a str, &'a str)>) {
    for (_, value) in vars.filter(|(name, _)| is_secret_name(name)) {
        ui.mask(&Secret::new(value.to_owned()));
    }
}
