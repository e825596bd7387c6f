//! What the agent is told: typed facts become the prompt of a kind, in English or Russian, whole or only what is new.
//!
//! All text from GitHub is data (spec 7.1): it is cleaned, fitted into the context budget, and fenced between delimiters that are
//! random per run before a template sees it, so that a project's own template can't forget to. Values are never read as templates.

mod asked;
mod budget;
mod data;
mod fence;
mod github;
mod go;
mod project;
mod view;

use crate::policy::triggers::Kind;
use crate::report::Lang;
use crate::report::TextError;
use crate::report::template::{Escape, Texts, render_project, texts};
use crate::stack::{Diagnostic, Loaded};

pub use asked::{Asked, Past, Wanted, WrongMode};
pub use data::{Access, LastRun, Limits, Link, McpServer, Mode, PromptData, PromptStack, Runtime, Tool, TreeState};
pub use fence::Fence;
pub use github::{Comment, Focus, Issue, LinkedIssue, OpenPull, Plan, ReviewThread};
pub use project::{FOLDER, Found, ProjectTemplate, Syntax, find};

/// A prompt that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// What it was made of: `dev_issue_en (built in)` or the project's file.
    pub template: String,
    /// How many comments the budget left out, oldest first.
    pub left_out: usize,
    /// The review threads that are told, by GitHub's ids: what the result may answer.
    pub threads: Vec<String>,
    /// How many review threads the budget left out, those first that nobody wrote in for longest.
    pub threads_left_out: usize,
    /// How many texts were cut to fit.
    pub cut: usize,
}

/// A template of the project, and the stack that a Go template sees.
#[derive(Debug, Clone, Copy)]
pub struct Project<'a> {
    /// The template.
    pub template: &'a ProjectTemplate,
    /// The stack, loaded for the slot.
    pub stack: &'a Loaded,
}

/// Why a prompt could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// A Handlebars template is wrong.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A Go template is wrong.
    #[error("{0}")]
    Go(Box<Diagnostic>),
}

/// The built-in prompt of a kind, with the parts that all of them share.
macro_rules! prompt {
    ($kind:literal) => {
        texts!(
            "prompts",
            $kind,
            Escape::Nothing,
            [
                "again",
                "changed",
                "comment",
                "comments",
                "data",
                "environment",
                "focus",
                "health",
                "issue",
                "labels",
                "labels_plan",
                "last_run",
                "lost",
                "plan",
                "result",
                "review",
                "rules",
                "stack",
                "task",
                "threads",
                "tree",
                "who",
                "work_plan",
                "work_repair",
                "work_review"
            ]
        )
    };
}

static PLAN_ISSUE: Texts = prompt!("plan_issue");
static PLAN_REVIEW: Texts = prompt!("plan_review");
static DEV_ISSUE: Texts = prompt!("dev_issue");
static DEV_REVIEW: Texts = prompt!("dev_review");
static AI_REPAIR_ISSUE: Texts = prompt!("ai-repair_issue");
static AI_REPAIR_REVIEW: Texts = prompt!("ai-repair_review");

fn built_in(kind: Kind) -> &'static Texts {
    match kind {
        Kind::PlanIssue => &PLAN_ISSUE,
        Kind::PlanReview => &PLAN_REVIEW,
        Kind::DevIssue => &DEV_ISSUE,
        Kind::DevReview => &DEV_REVIEW,
        Kind::AiRepairIssue => &AI_REPAIR_ISSUE,
        Kind::AiRepairReview => &AI_REPAIR_REVIEW,
    }
}

/// The prompt of a kind. A template of the project replaces the built-in one; one in Handlebars may use its parts. In a session that
/// goes on it does so only if it knows of short prompts ([`ProjectTemplate::knows_short`]): else it would tell everything again.
///
/// `lang` is the language that people on GitHub are answered in. A project's template may be in another one.
///
/// # Errors
/// [`PromptError`] with file, line and column where the project's template is wrong.
pub fn render(
    kind: Kind,
    lang: Lang,
    data: &PromptData,
    fence: &Fence,
    project: Option<Project<'_>>,
) -> Result<Prompt, PromptError> {
    let short = matches!(data.mode, Mode::New { .. });
    let project = project.filter(|project| !short || project.template.knows_short());
    let text_lang = project.map_or(lang, |project| project.template.lang);
    let (view, fitted) = view::View::new(kind, data, fence, text_lang, lang);
    let (text, template) = match project {
        None => (built_in(kind).render(lang, &view)?, format!("{kind}_{lang} (built in)")),
        Some(Project { template, stack }) => {
            let text = match template.syntax {
                Syntax::Handlebars => {
                    let partials = built_in(kind).of(text_lang).partials();
                    render_project(&template.path, &template.source, partials, Escape::Nothing, text_lang, &view)?
                }
                Syntax::Go => {
                    let mut text = go::render(template, stack, &view, data, lang)?;
                    // Go's context has no name for the issue, and an agent without rights can't look it up.
                    if data.access != Access::Write && !short {
                        let partials = built_in(kind).of(text_lang).partials();
                        let task =
                            render_project("the task", "{{> task}}", partials, Escape::Nothing, text_lang, &view)?;
                        text = format!("{}\n\n{task}", text.trim_end());
                    }
                    text
                }
            };
            (text, template.path.clone())
        }
    };
    Ok(Prompt {
        text,
        template,
        left_out: fitted.comments,
        threads: view.threads.iter().map(|thread| thread.id.clone()).collect(),
        threads_left_out: fitted.threads,
        cut: fitted.cut,
    })
}

#[cfg(test)]
mod tests;
