//! What a command gets, and what commands that speak to GitHub do with it alike.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::project::{Project, Refusal};
use super::{CommandError, Exit, Outcome};
use crate::clock::SystemClock;
use crate::event::Repository;
use crate::flows::access::{Access, Voice};
use crate::flows::hands::{self, Making};
use crate::flows::options::Options;
use crate::flows::run::Hands;
use crate::flows::stop::Stop;
use crate::flows::trail::Trail;
use crate::flows::workplace::Workplace;
use crate::flows::{origin, results};
use crate::git::Git;
use crate::github::installation::Need;
use crate::github::live::Wait;
use crate::report::outputs::Outputs;
use crate::secrets::{Redactor, random_word};
use crate::settings::Settings;
use crate::ui::{Level, Note, Ui};

/// Commands that only ask GitHub have no other way to an answer.
pub(super) const NO_TOKEN: &str =
    "without a token GitHub can't be asked: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN";

/// Everything that a command gets.
pub(super) struct Call {
    /// What was said on the command line and in variables.
    pub(super) settings: Settings,
    /// How to speak.
    pub(super) ui: Arc<dyn Ui>,
    /// Hides secrets; the same as the one in `ui`.
    pub(super) redactor: Redactor,
    /// As whom it speaks to GitHub, where that has to be given back at its end.
    pub(super) opened: Option<Arc<Access>>,
    /// The words of the command.
    pub(super) command: Vec<String>,
    /// What stays of this step of a workflow if it is killed.
    pub(super) trail: Option<Arc<Trail>>,
}

impl Call {
    /// What stays of this step if it is killed: of one that runs codexctl by itself, without the action, begun here. Without a place
    /// for it the run goes on, and the next one of the same issue finds what is left.
    pub(super) fn trail(&self) -> Option<Arc<Trail>> {
        let begin = || {
            let begun = Trail::begin(&self.settings, &self.command);
            let warned = begun.inspect_err(|why| {
                let text = format!("if this step is killed its post step can't take back what it leaves: {why}");
                self.ui.note(&Note::new(Level::Warning, text));
            });
            warned.ok().map(Arc::new)
        };
        self.trail.clone().or_else(|| self.settings.in_github_actions().then(begin).flatten())
    }

    /// Outputs in the form that `-o` asks for.
    ///
    /// # Errors
    /// `-o` names no form.
    pub(super) fn render(&self, outputs: &Outputs) -> Result<String, CommandError> {
        let format = self.settings.choice("output")?.unwrap_or_default().parse().unwrap_or_default();
        Ok(self.redactor.redact(&outputs.render(format)).into_owned())
    }

    /// The folder that it runs in.
    ///
    /// # Errors
    /// The folder is gone or may not be read.
    pub(super) fn folder() -> Result<PathBuf, CommandError> {
        let failed = |error| CommandError::new(format!("the working directory can't be used: {error}"));
        std::env::current_dir().map_err(failed)
    }

    /// The repository: named by `--repo`, else that of the work tree around `folder`.
    ///
    /// # Errors
    /// The name is none, or nothing names one.
    pub(super) async fn repository(&self, folder: &Path) -> Result<Repository, CommandError> {
        if let Some(named) = self.settings.text("repo") {
            return Repository::named(&named).map_err(|why| CommandError::new(format!("--repo: {why}")));
        }
        let git = Git::new(self.settings.process(), Path::new("/nonexistent"), None, &self.redactor);
        let found = origin::repository(&git, folder, self.settings.server()).await;
        found.map_err(|why| {
            CommandError::new(format!("nothing names the repository, and {why}: give --repo owner/name"))
        })
    }

    /// With what it speaks to GitHub and waits for it.
    pub(super) fn voice(&self, wait: &Arc<dyn Wait>) -> Voice {
        let (ui, clock) = (Arc::clone(&self.ui), Arc::new(SystemClock));
        Voice { ui, clock, wait: Arc::clone(wait), redactor: self.redactor.clone() }
    }

    /// As whom it speaks to GitHub.
    ///
    /// # Errors
    /// As [`Access::of`].
    pub(super) fn access(
        &self,
        repository: &Repository,
        need: Need,
        wait: &Arc<dyn Wait>,
    ) -> Result<Access, CommandError> {
        Access::of(&self.settings, repository, need, &self.voice(wait)).map_err(CommandError::new)
    }

    /// The folders of a run here.
    ///
    /// # Errors
    /// There is no place for state, or as [`Workplace::find`].
    pub(super) fn workplace(&self, options: &Options, repository: &Repository) -> Result<Workplace, CommandError> {
        let state = self.settings.state_home();
        let state = state
            .ok_or_else(|| CommandError::new("neither XDG_STATE_HOME nor HOME is set: there is no place for state"))?;
        let (owner, name) = (&repository.owner, &repository.name);
        Workplace::find(&Self::folder()?, &options.config, &state, owner, name).map_err(CommandError::new)
    }

    /// The hands of a run here.
    ///
    /// # Errors
    /// As [`hands::make`].
    pub(super) async fn hands(
        &self,
        options: &Options,
        workplace: &Workplace,
        repository: &Repository,
        access: &Access,
        wait: &Arc<dyn Wait>,
    ) -> Result<Hands, CommandError> {
        let (settings, ui, redactor) = (&self.settings, &self.ui, &self.redactor);
        let making = Making { settings, options, workplace, repository, ui, redactor, access, wait };
        hands::make(&making).await.map_err(CommandError::new)
    }

    /// Merges the variables of services.yaml into the settings; where there is no such file, the environment's are all there are.
    ///
    /// # Errors
    /// As [`Project::read`].
    pub(super) fn merge_variables(&mut self) -> Result<(), Refusal> {
        let there = self.settings.text("config").is_some_and(|config| Path::new(&config).exists());
        if there { Project::read(self).map(drop) } else { Ok(()) }
    }

    /// Looks whether the files that the runner reads can be written, before anything is done that could not be told.
    ///
    /// # Errors
    /// One of them can't.
    pub(super) fn look_at_runner_files(&self) -> Result<(), CommandError> {
        for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
            let Some(path) = self.settings.variable(name) else { continue };
            results::append(Path::new(path), "").map_err(|why| {
                CommandError::new(format!(
                    "{name}: {why}. Nothing was begun: make the file writable, or unset the variable"
                ))
            })?;
        }
        Ok(())
    }

    /// Hands outputs over to later steps of a workflow, where this is one.
    ///
    /// # Errors
    /// The runner's file can't be written.
    pub(super) fn hand_over(&self, outputs: &Outputs) -> Result<(), String> {
        let Some(path) = self.settings.variable("GITHUB_OUTPUT") else { return Ok(()) };
        let text = outputs.github(&random_word()).map_err(|error| error.to_string())?;
        results::append(Path::new(path), &text).map(drop)
    }

    /// The end of a command that gives outputs: later steps of a workflow get them, standard output shows them.
    ///
    /// # Errors
    /// `-o` names no form.
    pub(super) fn done(&self, outputs: &Outputs) -> Result<Outcome, CommandError> {
        let exit = match self.hand_over(outputs) {
            Ok(()) => Exit::Done,
            Err(why) => {
                self.ui.note(&Note::new(Level::Error, why));
                Exit::Failed
            }
        };
        Ok(Outcome { text: self.render(outputs)?, exit })
    }

    /// The end of a command that stopped early: says why.
    pub(super) fn stopped(&self, stop: &Stop) -> Outcome {
        self.tell(stop);
        Outcome { text: String::new(), exit: stop.exit() }
    }

    /// Says why it stops early.
    pub(super) fn tell(&self, stop: &Stop) {
        let note = match stop {
            Stop::Gate { gate, why } => Note::new(Level::Notice, format!("stopped by the gate {gate}: {why}")),
            Stop::Usage(why) | Stop::Failed { why, .. } => Note::new(Level::Error, why.clone()),
            // Told at its place already; how many there are is worth a line only where it isn't obvious.
            Stop::Config { mistakes, .. } if mistakes.len() == 1 => return,
            Stop::Config { .. } => Note::new(Level::Error, stop.headline()),
            Stop::Interrupted => Note::new(Level::Warning, "interrupted"),
        };
        self.ui.note(&note);
    }
}

/// Runs a command's work to its end on this thread.
///
/// # Errors
/// The system gives no means to wait for several things.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::new)?;
    Ok(runtime.block_on(work))
}
