//! The text of the pull request.

use serde::Serialize;

use super::asides::{left_out, more_left_out};
use super::{Cost, LeftOut, cut_note};
use crate::report::template::{Escape, Texts, texts};
use crate::report::{Lang, TextError, untrusted};

/// The most characters of the agent's body. With the verification it leaves 10,000 below GitHub's limit for all else.
const LONGEST_BODY: usize = 44_000;
/// The most characters of the agent's verification.
const LONGEST_VERIFICATION: usize = 10_000;

/// Everything that the text tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullBody {
    /// The issue that the pull request closes.
    pub issue: u64,
    /// The agent's text; where it gave none, its summary or last message.
    pub body: String,
    /// What was run and what it gave, as the agent says.
    pub verification: Option<String>,
    /// Changed files that the publish policy protects, relative to the project root.
    pub protected: Vec<String>,
    /// What the agent did and was left out.
    pub left_out: Vec<LeftOut>,
    /// Whether the pull request is a draft.
    pub draft: bool,
    /// The run's page, where there is one.
    pub run_url: Option<String>,
    /// What it cost.
    pub cost: Cost,
}

static TEXTS: Texts = texts!("comments", "pull", Escape::Markdown, ["cost", "left_out"]);

/// So many protected files are named; more would hide the text below them.
pub(super) const NAMED: usize = 20;

/// A file's name as a code span.
pub(super) fn named(path: &str) -> String {
    untrusted::code(untrusted::cut(path, 200).0)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    issue: u64,
    body: String,
    verification: Option<String>,
    protected: Vec<String>,
    unnamed: usize,
    left_out: Vec<String>,
    more_left_out: usize,
    draft: bool,
    run_url: Option<&'a str>,
    cost: &'a Cost,
}

/// The text of the pull request; its last line is `Closes #N`.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn pull(of: &PullBody, lang: Lang) -> Result<String, TextError> {
    let note = cut_note(lang, of.run_url.as_deref());
    let verification = of
        .verification
        .as_deref()
        .map(|text| untrusted::markdown(text, Some(of.issue), LONGEST_VERIFICATION, &note))
        .filter(|text| !text.is_empty());
    let view = View {
        issue: of.issue,
        body: untrusted::markdown(&of.body, Some(of.issue), LONGEST_BODY, &note),
        verification,
        protected: of.protected.iter().take(NAMED).map(|path| named(path)).collect(),
        unnamed: of.protected.len().saturating_sub(NAMED),
        left_out: left_out(&of.left_out, lang),
        more_left_out: more_left_out(&of.left_out),
        draft: of.draft,
        run_url: of.run_url.as_deref(),
        cost: &of.cost,
    };
    TEXTS.render(lang, &view)
}

#[cfg(test)]
mod tests;
