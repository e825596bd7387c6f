//! Hooks: the steps around a deployment, scripts and built-in ones (spec 2.4, 5.2).
//!
//! [`Hooks::run`] runs the steps of one hook in order. Each has an end: done, left out by its `when`, or a [`HookFailure`], which
//! `continueOnError` makes a warning.

mod comment;
mod data_dirs;
mod failure;
mod limit;
mod ports;
mod script;
mod secrets;
mod tls;
mod wait;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use tokio::sync::{OnceCell, watch};

pub use self::comment::{Comments, HookComment, Placed, Written};
use self::failure::{Cause, Told};
pub use self::failure::{FailureKind, HookFailure};
use self::limit::Limit;
use self::script::Script;
use crate::cluster::{Cluster, Lent};
use crate::secrets::Redactor;
use crate::stack::yaml::Problem;
use crate::stack::{Builtin, Diagnostic, HookAction, HookStep, Loaded, Renderer, Severity, template_error};
use crate::ui::{Level, Note, StepEnd, Ui};

/// What the steps work with.
#[derive(Clone)]
pub struct Around<'a> {
    /// The stack of the environment.
    pub loaded: &'a Loaded,
    /// Renders what is still a template in a step.
    pub renderer: &'a Renderer,
    /// The environment's cluster.
    pub cluster: &'a Cluster,
    /// Where comments go.
    pub comments: &'a dyn Comments,
    /// What `preflight` does; none where nothing is going to be applied.
    pub preflight: Option<&'a dyn Preflight>,
    /// How to speak.
    pub ui: &'a Arc<dyn Ui>,
    /// Hides secrets; the same as the one in `ui`.
    pub redactor: &'a Redactor,
    /// Turns true when everything shall end.
    pub cancel: watch::Receiver<bool>,
}

/// The check behind the step `preflight`.
#[async_trait]
pub trait Preflight: Send + Sync {
    /// Looks whether the stack could be applied; nothing is changed.
    ///
    /// # Errors
    /// What stands against it, in sentences; it has been told in full elsewhere, or is here.
    async fn check(&self) -> Result<(), String>;
}

/// Runs the hooks of a deployment.
pub struct Hooks<'a> {
    around: Around<'a>,
    /// The scripts' way to the cluster, once one needs it.
    kubeconfig: OnceCell<Lent>,
}

/// A step at work.
struct Step<'s> {
    step: &'s HookStep,
    /// The hook that it belongs to.
    at: &'s str,
    /// Its 0-based place in the hook.
    index: usize,
    limit: Limit,
}

impl<'a> Hooks<'a> {
    /// Nothing has run yet.
    pub fn new(around: Around<'a>) -> Self {
        Self { around, kubeconfig: OnceCell::new() }
    }

    /// Runs the steps of a hook one after the other. `at` is the hook's name for people: `beforeAll`, `services.web afterApply`.
    ///
    /// # Errors
    /// The first step that fails without `continueOnError`, or that was stopped; those behind it have not run.
    pub async fn run(&self, steps: &[HookStep], at: &str) -> Result<(), HookFailure> {
        for (index, step) in steps.iter().enumerate() {
            let limit = Limit::new(self.around.cancel.clone()).at_most(step.timeout.as_ref());
            let Err(cause) = self.take(&Step { step, at, index, limit }).await else { continue };
            let failure = HookFailure::new(self.around.loaded, step, at, cause);
            if !step.continue_on_error || failure.kind == FailureKind::Interrupted {
                return Err(failure);
            }
            let told = Diagnostic { severity: Severity::Warning, ..failure.told };
            self.around.ui.note(&Note::about(&told, self.around.loaded.picture(&told)));
        }
        Ok(())
    }

    /// One step, from its `when` to its last word.
    async fn take(&self, step: &Step<'_>) -> Result<(), Cause> {
        if step.limit.is_cancelled() {
            return Err(Cause::Interrupted);
        }
        let (ui, title) = (self.around.ui, step.step.title());
        if let Some(when) = &step.step.when
            && !is_true(&self.render(step, when)?)
        {
            ui.note(&Note::new(Level::Debug, format!("{title} ({}) is left out by its `when`", step.at)));
            return Ok(());
        }
        ui.step_started(title);
        let began = Instant::now();
        let ended = self.act(step).await;
        let (end, detail) = match &ended {
            Ok(detail) if detail.is_empty() => (StepEnd::Done, step.at.to_owned()),
            Ok(detail) => (StepEnd::Done, format!("{}: {detail}", step.at)),
            Err(_) => (StepEnd::Failed, step.at.to_owned()),
        };
        ui.step_ended(title, end, &detail, began.elapsed());
        ended.map(drop)
    }

    /// Does what the step does; gives a few words for the log, perhaps none.
    async fn act(&self, step: &Step<'_>) -> Result<String, Cause> {
        match &step.step.action {
            HookAction::Run(script) => {
                let loaded = self.around.loaded;
                let script = self.render(step, script)?;
                let kubeconfig = self.kubeconfig().await?;
                let title = step.step.title();
                let script = Script {
                    text: &script,
                    root: &loaded.root,
                    vars: &loaded.vars,
                    kubeconfig: kubeconfig.path(),
                    title,
                };
                script.run(self.around.ui, &step.limit).await
            }
            HookAction::Use(builtin) => self.built_in(step, builtin).await,
        }
    }

    async fn built_in(&self, step: &Step<'_>, builtin: &Builtin) -> Result<String, Cause> {
        let (loaded, limit) = (self.around.loaded, &step.limit);
        match builtin {
            Builtin::KubectlWait { kind, name, namespace, condition, timeout } => {
                let namespace = namespace.as_deref().unwrap_or(&loaded.namespace);
                let [kind, name, namespace, condition] =
                    [kind, name, namespace, condition].map(|text| self.render(step, text));
                let asked = wait::Asked { kind: kind?, name: name?, namespace: namespace?, condition: condition? };
                wait::wait(self.around.cluster, &asked, &limit.clone().at_most(Some(timeout))).await
            }
            Builtin::GithubComment { on, number, body } => {
                let (number, body) = (self.render(step, number)?, self.render(step, body)?);
                Ok(limit.bound(comment::comment(&self.around, step, *on, &number, &body)).await??)
            }
            Builtin::EnsureCodexSecrets => Ok(limit.bound(secrets::ensure(&self.around)).await??),
            Builtin::ReuseDevTlsSecret { secret_name, staging_namespace } => {
                let given = |text: &Option<String>| text.as_ref().map(|text| self.render(step, text)).transpose();
                let (name, staging) = (given(secret_name)?, given(staging_namespace)?);
                tls::reuse(&self.around, name, staging, limit).await
            }
            Builtin::Sleep { duration } => {
                limit.bound(tokio::time::sleep(duration.value())).await?;
                Ok(String::new())
            }
            Builtin::Preflight => match self.around.preflight {
                Some(preflight) => {
                    limit.bound(preflight.check()).await?.map_err(Told::new)?;
                    Ok(String::new())
                }
                None => Ok("nothing is applied, so there is nothing to check".to_owned()),
            },
            Builtin::EnsureDataDirs => {
                let made = data_dirs::ensure(loaded, |text| self.render(step, text))?;
                made.warnings.iter().for_each(|text| self.around.ui.note(&Note::new(Level::Warning, text)));
                Ok(made.detail)
            }
            Builtin::CheckDevHostPorts => Ok(limit.bound(ports::check(&ports::Asked::of(loaded))).await??),
        }
    }

    /// A text of the step. It was rendered with the file; what it may have left to render sees the whole context.
    fn render(&self, step: &Step<'_>, text: &str) -> Result<String, Cause> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        let rendered = self.around.renderer.text("value", text);
        rendered.map(|rendered| rendered.text).map_err(|error| {
            let file = self.around.loaded.path();
            let told = template_error(file, &error);
            let problem = Problem { hint: told.hint, ..Problem::here(step.step.place, told.text) };
            Cause::Wrong(Box::new(Diagnostic::of(file, problem)))
        })
    }

    /// The scripts' way to the cluster.
    async fn kubeconfig(&self) -> Result<&Lent, Cause> {
        let folder = self.around.loaded.vars.get("TMPDIR").unwrap_or("/tmp");
        let lend = async || self.around.cluster.lend(Path::new(folder));
        self.kubeconfig.get_or_try_init(lend).await.map_err(|error| {
            Told::new(format!("the kubeconfig for the script can't be written into {folder}: {error}"))
                .hint("TMPDIR names another folder")
                .into()
        })
    }
}

/// Whether a step's `when` lets it run: unlike that of a group or service, one that renders to nothing does not (spec 2.4).
fn is_true(when: &str) -> bool {
    !["", "false", "0", "no"].iter().any(|no| when.trim().eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_runs_unless_its_when_says_no_or_nothing() {
        for no in ["", " ", "false", "FALSE", "0", "no", " No\n"] {
            assert!(!is_true(no), "{no:?}");
        }
        for yes in ["true", "1", "yes", "<no value>", "off"] {
            assert!(is_true(yes), "{yes:?}");
        }
    }
}
