//! What the user asked of a run, read once from the settings and typed.

use std::time::Duration;

use crate::agent::prompt::{self, Wanted};
use crate::policy::gates::parse_allowed_users;
use crate::policy::triggers::Flow;
use crate::settings::{Invalid, Settings};

/// The typed settings of `run`.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only show what would happen.
    pub dry_run: bool,
    /// The flow to run whatever the event says.
    pub flow: Option<Flow>,
    /// services.yaml, relative to the folder the command runs in, or absolute.
    pub config: String,
    /// The environment, instead of the flow's own.
    pub env: Option<String>,
    /// The namespace, instead of the one by pattern.
    pub namespace: Option<String>,
    /// `--vars`.
    pub vars: Option<String>,
    /// `--var-file`.
    pub var_file: Option<String>,
    /// The logins that may start a run; empty: whoever may write to the repository.
    pub allowed_users: Vec<String>,
    /// The slot to use.
    pub slot: Option<u32>,
    /// The issue, instead of the event's.
    pub issue: Option<u64>,
    /// The pull request, instead of the event's.
    pub pr: Option<u64>,
    /// `owner/name`, where it was given.
    pub repo: Option<String>,
    /// `en` or `ru`, where it was given.
    pub lang: Option<&'static str>,
    /// The model given by flag, and the one given by variable: labels stand between the two (spec 4.4).
    pub model: Given,
    /// The effort likewise.
    pub effort: Given,
    /// Bytes of comments that go into the prompt.
    pub context_budget: u64,
    /// Comments of people without write access are shown to the agent too.
    pub all_comments: bool,
    /// A new slot stays even if the run fails.
    pub keep_on_failure: bool,
    /// How long to wait for a free slot.
    pub wait_for_slot: Duration,
    /// Stop instead of waiting for another run on the slot.
    pub fail_if_busy: bool,
    /// A review takes its instructions from the pull request's head instead of its base.
    pub config_from_head: bool,
    /// Go on where the agent can't be kept from reading our environment.
    pub allow_unsandboxed: bool,
    /// Show every line of the agent's work.
    pub verbose: bool,
    /// What `prompt run` asks besides; none in other commands.
    pub prompted: Option<Prompted>,
}

/// What only `prompt run` asks of a run.
#[derive(Debug, Clone, Default)]
pub struct Prompted {
    /// A template of the project in the prompt's place.
    pub template: Option<String>,
    /// The agent's thread that goes on.
    pub resume: Option<String>,
    /// How much is told; none: what the slot's state asks for.
    pub told: Option<Wanted>,
    /// The stack did not get ready.
    pub infra_unhealthy: bool,
    /// The work stays in the slot.
    pub no_publish: bool,
    /// The issue that the comment was written on (`CODEXCTL_FOCUS_ISSUE_NUMBER`).
    pub focus_issue: Option<u64>,
}

impl Prompted {
    /// Reads what only `prompt run` knows. A warning for a person comes along.
    ///
    /// # Errors
    /// A value that does not parse.
    fn read(settings: &Settings) -> Result<(Self, Option<String>), Invalid> {
        let mode = settings.merged("CODEXCTL_PROMPT_MODE").filter(|mode| !mode.trim().is_empty());
        let resume = settings.text("resume");
        let asked = prompt::Asked {
            resume: resume.is_some(),
            mode,
            continuation: settings.merged("CODEXCTL_PROMPT_CONTINUATION"),
        };
        let (wanted, warning) = asked.wanted().map_err(|error| Invalid {
            source_name: "CODEXCTL_PROMPT_MODE".to_owned(),
            problem: format!("`{}` is no prompt mode: write `short` or `full`", error.0),
        })?;
        let prompted = Self {
            template: settings.text("template"),
            resume,
            told: (wanted != Wanted::Whole || mode.is_some()).then_some(wanted),
            infra_unhealthy: settings.switch("infra-unhealthy")?,
            no_publish: settings.switch("no-publish")?,
            focus_issue: settings.number_of("CODEXCTL_FOCUS_ISSUE_NUMBER")?,
        };
        Ok((prompted, warning))
    }
}

/// A value that stands at one of two places in an order of precedence.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// From the command line.
    pub flag: Option<String>,
    /// From a variable.
    pub variable: Option<String>,
}

impl Options {
    /// Reads what `run` needs.
    ///
    /// # Errors
    /// A value that does not parse; the message names its flag or variable.
    pub fn read(settings: &Settings) -> Result<Self, Invalid> {
        if settings.choice("runtime")? == Some("kubernetes") {
            parsed(settings, "runtime", |name| -> Result<(), String> {
                Err(format!("`{name}` is not available yet in this version: agents work on this machine (local)"))
            })?;
        }
        Self::of_any_runtime(settings)
    }

    /// The same for a command that only looks at services.yaml and GitHub.
    ///
    /// # Errors
    /// As [`Options::read`].
    pub fn of_any_runtime(settings: &Settings) -> Result<Self, Invalid> {
        Ok(Self {
            dry_run: settings.switch("dry-run")?,
            flow: parsed(settings, "flow", |name| name.parse::<Flow>().map_err(|error| error.to_string()))?,
            config: settings.text("config").unwrap_or_default(),
            env: settings.text("env"),
            namespace: settings.text("namespace"),
            vars: settings.text("vars"),
            var_file: settings.text("var-file"),
            allowed_users: parsed(settings, "allowed-users", |list| {
                parse_allowed_users(list).map_err(|error| error.to_string())
            })?
            .unwrap_or_default(),
            slot: slot(settings)?,
            issue: settings.number("issue")?,
            pr: settings.number("pr")?,
            repo: settings.text("repo"),
            lang: settings.choice("lang")?,
            model: given(settings, "model"),
            effort: given(settings, "reasoning-effort"),
            context_budget: settings.size("context-budget")?.unwrap_or(200_000),
            all_comments: settings.switch("all-comments")?,
            wait_for_slot: settings.duration("wait-for-slot")?.unwrap_or(Duration::from_secs(30 * 60)),
            keep_on_failure: settings.switch("keep-on-failure")?,
            fail_if_busy: settings.switch("fail-if-busy")?,
            config_from_head: settings.switch("config-from-head")?,
            allow_unsandboxed: settings.switch("allow-unsandboxed")?,
            verbose: settings.switch("verbose")?,
            prompted: None,
        })
    }

    /// Reads what `prompt run` needs. A warning for a person comes along.
    ///
    /// # Errors
    /// As [`Options::read`].
    pub fn read_for_prompt(settings: &Settings) -> Result<(Self, Option<String>), Invalid> {
        let (prompted, warning) = Prompted::read(settings)?;
        Ok((Self { flow: None, prompted: Some(prompted), ..Self::read(settings)? }, warning))
    }

    /// The same command's options again, once variables of the stack have been merged into the settings.
    ///
    /// # Errors
    /// As [`Options::read`].
    pub fn again(&self, settings: &Settings) -> Result<Self, Invalid> {
        match &self.prompted {
            Some(_) => Self::read_for_prompt(settings).map(|(options, _)| options),
            None => Self::read(settings),
        }
    }

    /// Whether anything may leave the run.
    pub fn publishes(&self) -> bool {
        self.prompted.as_ref().is_none_or(|prompted| !prompted.no_publish)
    }

    /// Whether the stack did not get ready.
    pub fn infra_unhealthy(&self) -> bool {
        self.prompted.as_ref().is_some_and(|prompted| prompted.infra_unhealthy)
    }
}

/// The slot.
///
/// # Errors
/// It is no number, or too big a one.
pub fn slot(settings: &Settings) -> Result<Option<u32>, Invalid> {
    let slot = settings.number("slot")?;
    let read =
        |_: &str| slot.map(u32::try_from).transpose().map_err(|_| format!("a slot's number is at most {}", u32::MAX));
    Ok(parsed(settings, "slot", read)?.flatten())
}

/// A value in the words of its own reader; what is wrong with it is told with the flag or variable that gave it.
pub(super) fn parsed<T>(
    settings: &Settings,
    flag: &'static str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Invalid> {
    let Some((value, source)) = settings.raw(flag) else { return Ok(None) };
    read(&value).map(Some).map_err(|problem| Invalid { source_name: source.to_string(), problem })
}

/// What a flag's row was given, and where.
pub(super) fn given(settings: &Settings, flag: &'static str) -> Given {
    match settings.raw(flag) {
        Some((value, crate::settings::Source::Flag(_))) => Given { flag: Some(value), variable: None },
        Some((value, _)) => Given { flag: None, variable: Some(value) },
        None => Given::default(),
    }
}
