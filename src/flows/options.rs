//! What the user asked of a run, read once from the settings and typed.

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
    /// Stop instead of waiting for another run on the slot.
    pub fail_if_busy: bool,
    /// Go on where the agent can't be kept from reading our environment.
    pub allow_unsandboxed: bool,
    /// Show every line of the agent's work.
    pub verbose: bool,
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
            keep_on_failure: settings.switch("keep-on-failure")?,
            fail_if_busy: settings.switch("fail-if-busy")?,
            allow_unsandboxed: settings.switch("allow-unsandboxed")?,
            verbose: settings.switch("verbose")?,
        })
    }
}

/// The slot.
///
/// # Errors
/// It is no number, or too big a one.
pub(super) fn slot(settings: &Settings) -> Result<Option<u32>, Invalid> {
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
