//! What the agent is told: typed facts become the prompt of a kind, in English or Russian, whole or only what is new.
//!
//! All text from GitHub is data (spec 7.1): it is cleaned, fitted into the context budget, and fenced between delimiters that are
//! random per run before a template sees it, so that a project's own template can't forget to. Values are never read as templates.

mod budget;
mod data;
mod fence;
mod view;

use crate::policy::triggers::Kind;
use crate::report::Lang;
use crate::report::TextError;
use crate::report::template::{Escape, Texts, render_project, texts};

pub use data::{Access, LastRun};
pub use data::{
    Comment, Issue, Limits, Link, McpServer, Mode, OpenPull, PromptData, PromptStack, Runtime, Tool, TreeState,
};
pub use fence::Fence;

/// A prompt that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// What it was made of: `dev_issue_en (built in)` or the project's file.
    pub template: String,
    /// How many comments the budget left out, oldest first.
    pub left_out: usize,
    /// How many texts were cut to fit.
    pub cut: usize,
}

/// A prompt template of the project, from the tree of the trusted commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectTemplate {
    /// Its path in that tree, for messages.
    pub path: String,
    /// Its text.
    pub source: String,
}

/// Where a project keeps its own template for this kind and language, relative to its root.
pub fn project_template_path(kind: Kind, lang: Lang) -> String {
    format!(".codexctl/prompts/{}_{}.hbs", kind.name(), lang.code())
}

static DEV_ISSUE: Texts = texts!(
    "prompts",
    "dev_issue",
    Escape::Nothing,
    ["who", "environment", "stack", "data", "issue", "labels", "comments", "rules", "result", "last_run", "tree"]
);

fn built_in(kind: Kind) -> Option<&'static Texts> {
    match kind {
        Kind::DevIssue => Some(&DEV_ISSUE),
        Kind::PlanIssue | Kind::PlanReview | Kind::DevReview | Kind::AiRepairIssue | Kind::AiRepairReview => None,
    }
}

/// The prompt of a kind. A template of the project replaces the built-in one and may use its parts:
/// `{{> who}} {{> environment}} {{> issue}} {{> comments}} {{> rules}} {{> result}}`.
///
/// # Errors
/// [`TextError`] with file, line and column where the project's template is wrong, or where a kind has no built-in text.
pub fn render(
    kind: Kind,
    lang: Lang,
    data: &PromptData,
    fence: &Fence,
    project: Option<&ProjectTemplate>,
) -> Result<Prompt, TextError> {
    let (view, fitted) = view::View::new(data, fence, lang);
    let (text, template) = if let Some(project) = project {
        let partials = DEV_ISSUE.of(lang).partials();
        let text = render_project(&project.path, &project.source, partials, Escape::Nothing, lang, &view)?;
        (text, project.path.clone())
    } else {
        let name = format!("{kind}_{lang}");
        match built_in(kind) {
            Some(texts) => (texts.render(lang, &view)?, format!("{name} (built in)")),
            None => return Err(TextError::Missing { name, path: project_template_path(kind, lang) }),
        }
    };
    Ok(Prompt { text, template, left_out: fitted.left_out, cut: fitted.cut })
}

#[cfg(test)]
mod tests;
