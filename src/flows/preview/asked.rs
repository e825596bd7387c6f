//! What the user asked to see, read once from the settings and typed.

use crate::agent::prompt::{self, Runtime};
use crate::flows::options::{Given, given};
use crate::policy::triggers::Kind;
use crate::settings::{Invalid, Settings};

/// The typed settings of `prompt render`.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which prompt.
    pub kind: Kind,
    /// A template of the project in its place.
    pub template: Option<String>,
    /// How much is told.
    pub wanted: prompt::Wanted,
    /// What a person should hear about it.
    pub warning: Option<String>,
    /// The environment.
    pub env: String,
    /// `owner/name`, where it was given.
    pub repo: Option<String>,
    /// The slot, where it was given.
    pub slot: Option<u32>,
    /// The issue, where it was given.
    pub issue: Option<u64>,
    /// The pull request, where it was given.
    pub pr: Option<u64>,
    /// `CODEXCTL_FOCUS_ISSUE_NUMBER`: the issue that the comment was written on.
    pub focus_issue: Option<u64>,
    /// `en` or `ru`, where it was given.
    pub lang: Option<&'static str>,
    /// The model given by flag, and the one given by variable.
    pub model: Given,
    /// The effort likewise.
    pub effort: Given,
    /// Bytes of comments that go into the prompt.
    pub context_budget: u64,
    /// Comments of people without write access too.
    pub all_comments: bool,
    /// The stack did not get ready.
    pub infra_unhealthy: bool,
    /// Where the agent would work.
    pub runtime: Runtime,
}

impl Asked {
    /// Reads what `prompt render` needs.
    ///
    /// # Errors
    /// A sentence: a value that does not parse, with its flag or variable.
    pub fn read(settings: &Settings) -> Result<Self, String> {
        let (wanted, warning) = prompt::Asked {
            resume: settings.text("resume").is_some(),
            mode: settings.merged("CODEXCTL_PROMPT_MODE"),
            continuation: settings.merged("CODEXCTL_PROMPT_CONTINUATION"),
        }
        .wanted()
        .map_err(|error| error.to_string())?;
        Self::typed(settings, wanted, warning).map_err(|error| error.to_string())
    }

    fn typed(settings: &Settings, wanted: prompt::Wanted, warning: Option<String>) -> Result<Self, Invalid> {
        let kind = settings.choice("kind")?.and_then(|name| Kind::ALL.into_iter().find(|kind| kind.name() == name));
        let kind = kind.unwrap_or(Kind::DevIssue);
        Ok(Self {
            kind,
            template: settings.text("template"),
            wanted,
            warning,
            env: settings.text("env").unwrap_or_else(|| own_environment(kind).to_owned()),
            repo: settings.text("repo"),
            slot: crate::flows::options::slot(settings)?,
            issue: settings.number("issue")?,
            pr: settings.number("pr")?,
            focus_issue: settings.number_of("CODEXCTL_FOCUS_ISSUE_NUMBER")?,
            lang: settings.choice("lang")?,
            model: given(settings, "model"),
            effort: given(settings, "reasoning-effort"),
            context_budget: settings.size("context-budget")?.unwrap_or(200_000),
            all_comments: settings.switch("all-comments")?,
            infra_unhealthy: settings.switch("infra-unhealthy")?,
            runtime: match settings.choice("runtime")? {
                Some("kubernetes") => Runtime::Kubernetes,
                _ => Runtime::Local,
            },
        })
    }
}

/// The environment that a run of the kind works in where nobody names another.
fn own_environment(kind: Kind) -> &'static str {
    match kind {
        Kind::AiRepairIssue | Kind::AiRepairReview => "ai-repair",
        Kind::PlanIssue | Kind::PlanReview | Kind::DevIssue | Kind::DevReview => "ai",
    }
}
