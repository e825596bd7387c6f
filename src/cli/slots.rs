//! What commands about slots stand on: services.yaml, the repository, its records, GitHub.

use std::sync::Arc;

use super::call::{Call, block_on};
use super::project::{Project, Refusal};
use super::{CommandError, Exit, Outcome};
use crate::flows::cancel::Cancel;
use crate::flows::identity;
use crate::flows::options::Options;
use crate::flows::stop::Stop;
use crate::flows::upkeep::{Given, Upkeep};
use crate::github::installation::Need;
use crate::github::live::{UntilStopped, Wait};
use crate::report::Lang;
use crate::report::outputs::Outputs;
use crate::slots::lease::Holder;
use crate::stack::StackError;
use crate::ui::{Level, Note};

/// The ground of a command about slots.
pub(super) struct Ground {
    /// services.yaml.
    pub(super) project: Project,
    /// The rest.
    pub(super) upkeep: Upkeep,
    /// The environment: `--env`, else `ai`.
    pub(super) env: String,
    /// What was named.
    pub(super) given: Given,
}

/// How a command stops early.
pub(super) enum Ended {
    /// Before anything was begun.
    Refused(Refusal),
    /// On the way.
    Stopped(Stop),
}

impl From<Stop> for Ended {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<CommandError> for Ended {
    fn from(error: CommandError) -> Self {
        Self::Refused(Refusal::Says(error))
    }
}

impl From<crate::settings::Invalid> for Ended {
    fn from(error: crate::settings::Invalid) -> Self {
        CommandError::new(error).into()
    }
}

/// Runs a command: `work` gives its outputs.
pub(super) fn run<W>(call: &mut Call, work: W) -> Result<Outcome, CommandError>
where
    W: AsyncFnOnce(&mut Call) -> Result<(String, Exit), Ended>,
{
    let ended = block_on(async {
        let ended = work(call).await;
        if let Some(access) = call.opened.take() {
            access.close().await;
        }
        ended
    })?;
    match ended {
        Ok((text, exit)) => Ok(Outcome { text: call.redactor.redact(&text).into_owned(), exit }),
        Err(Ended::Refused(refusal)) => refusal.outcome(),
        Err(Ended::Stopped(stop)) => Ok(call.stopped(&stop)),
    }
}

/// A result in the form that `-o` asks for; `plain` in its place where given. Later steps of a workflow get the outputs as well,
/// except from a dry run.
pub(super) fn result(call: &Call, outputs: &Outputs, plain: Option<String>) -> Result<(String, Exit), Ended> {
    let dry = call.settings.switch("dry-run")?;
    if !dry {
        call.hand_over(outputs).map_err(Stop::failed)?;
    }
    match plain {
        Some(plain) if call.settings.choice("output")? == Some("plain") => Ok((plain, Exit::Done)),
        _ => Ok((call.render(outputs)?, Exit::Done)),
    }
}

impl Ground {
    /// Reads everything; `flow` is in whose name leases are taken.
    ///
    /// # Errors
    /// services.yaml or a setting is wrong, or nobody knows the repository.
    pub(super) async fn open(call: &mut Call, flow: &str) -> Result<Self, Ended> {
        let project = Project::read(call)?;
        let options = Options::read(&call.settings)?;
        Self::with(call, project, &options, flow).await
    }

    /// The same for a command that only needs the stack and GitHub: whatever the runtime is.
    ///
    /// # Errors
    /// As [`Ground::open`].
    pub(super) async fn of_any_runtime(call: &mut Call, flow: &str) -> Result<Self, Ended> {
        let project = Project::read(call)?;
        let options = Options::of_any_runtime(&call.settings)?;
        Self::with(call, project, &options, flow).await
    }

    async fn with(call: &mut Call, project: Project, options: &Options, flow: &str) -> Result<Self, Ended> {
        let repository = call.repository(project.raw.root()).await?;
        let workplace = call.workplace(options, &repository)?;
        let cancel = Cancel::default();
        super::live::watch_signals(&cancel);
        let wait: Arc<dyn Wait> = Arc::new(UntilStopped(cancel.receiver()));
        let need = if options.dry_run { Need::Read } else { Need::Write };
        let access = Arc::new(call.access(&repository, need, &wait)?);
        // From here on there may be something to give back, however the command ends.
        call.opened = Some(Arc::clone(&access));
        let hands = call.hands(options, &workplace, &repository, &access, &wait).await?;
        let settings = &call.settings;
        let raw = &project.raw;
        let records = raw.state().dir.map_or_else(|| workplace.state.clone(), |dir| workplace.base.join(dir));
        let number = settings.variable("GITHUB_RUN_ID");
        let upkeep = Upkeep {
            store: (hands.store)(records),
            hands,
            workplace,
            repo: repository.full_name(),
            project: raw.project().unwrap_or_default().to_owned(),
            publish: raw.publish(),
            holder: Holder { id: identity::run_id(settings), flow: flow.to_owned(), host: identity::host() },
            lang: options.lang.or(raw.prompt_lang()).and_then(|lang| lang.parse().ok()).unwrap_or(Lang::En),
            run_url: number.map(|id| format!("{}/{}/actions/runs/{id}", settings.server(), repository.full_name())),
            dry: options.dry_run,
            cancel,
        };
        let env = options.env.as_deref().unwrap_or("ai");
        let env = raw.env_name(env).to_owned();
        known(raw.environment_names().as_slice(), &env)?;
        let given = Given { issue: options.issue, pr: options.pr, slot: options.slot };
        Ok(Self { project, upkeep, env, given })
    }

    /// The environments to look at: the named one, else all.
    pub(super) fn named_or_all(&self, call: &Call) -> Vec<String> {
        call.settings.text("env").map(|_| self.env.clone()).into_iter().collect()
    }

    /// The namespace of a slot by the patterns of services.yaml.
    pub(super) fn namespace(&self, slot: u32) -> Result<String, StackError> {
        let mut request = self.project.request_for(&self.env);
        request.decided.slot = Some(slot);
        self.project.raw.namespace(&request)
    }
}

/// A slip in the name of an environment must not make slots of one that nobody has.
fn known(names: &[&str], env: &str) -> Result<(), CommandError> {
    if names.is_empty() || names.contains(&env) {
        return Ok(());
    }
    Err(CommandError::new(format!("--env: services.yaml has no environment `{env}`, it has {}", names.join(", "))))
}

/// What a dry run would do, as lines.
pub(super) fn would(upkeep: &Upkeep) -> Vec<String> {
    let all = upkeep.hands.plan.all().into_iter();
    all.map(|planned| planned.what.strip_prefix("would ").map_or(planned.what.clone(), str::to_owned)).collect()
}

/// Says why something is left out.
pub(super) fn warn(call: &Call, text: &str) {
    call.ui.note(&Note::new(Level::Warning, text));
}
