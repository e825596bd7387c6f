//! The job summary: what happened, step by step, what it cost and where to look, as Markdown on the page of the run.

use std::borrow::Cow;

use serde::Serialize;

use super::comments::{Asides, AsidesView, Cost, Ending, PullRef, Step, cut_note};
use super::phrases::said;
use super::template::{Escape, Texts, texts};
use super::{Lang, TextError, untrusted};
use crate::agent::verdict::Outcome;

/// Everything that the summary tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The event, such as `issues.labeled`.
    pub event: String,
    /// The flow; none where there is nothing to do.
    pub flow: Option<String>,
    /// Why this flow, or why none.
    pub decision: String,
    /// The gate that stopped the run, and why.
    pub gate: Option<(String, String)>,
    /// How the run ended; none where there was none.
    pub ending: Option<Ending>,
    /// Why it did not end well.
    pub reason: Option<String>,
    /// The issue.
    pub issue: Option<u64>,
    /// The slot.
    pub slot: Option<u32>,
    /// The environment.
    pub env: Option<String>,
    /// The commit, in full.
    pub commit: Option<String>,
    /// The pull request.
    pub pull: Option<PullRef>,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// What else a reader has to know.
    pub asides: Asides,
    /// What it cost.
    pub cost: Cost,
    /// Where to look: title and address.
    pub links: Vec<Link>,
    /// What changed, file by file.
    pub files: Vec<FileChange>,
    /// GitHub requests, and how many of them were answered "not changed"; none without a token.
    pub requests: Option<(u64, u64)>,
    /// The folder with what would have been written to GitHub, where there was no token.
    pub outbox: Option<String>,
}

/// A place to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What is there.
    pub title: String,
    /// The address.
    pub url: String,
}

/// How much of a file changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// The path in the repository.
    pub path: String,
    /// Lines added and removed; none for a binary file.
    pub lines: Option<(u64, u64)>,
}

static TEXTS: Texts = texts!(
    "comments",
    "summary",
    Escape::Markdown,
    ["step_title", "cost", "protected_files", "left_out", "label_stays"]
);

/// So many files are listed. GitHub takes 1 MiB a step; a list that long is not read anyway.
const LISTED: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    event: &'a str,
    flow: Option<&'a str>,
    decision: String,
    gate: Option<&'a str>,
    gate_reason: Option<String>,
    ending: Option<Ending>,
    good: bool,
    reason: Option<String>,
    issue: Option<u64>,
    slot: Option<u32>,
    env: Option<&'a str>,
    commit: Option<String>,
    pull: Option<&'a PullRef>,
    steps: Vec<Step>,
    #[serde(flatten)]
    asides: AsidesView,
    cost: &'a Cost,
    requests: Option<u64>,
    unchanged: u64,
    links: Vec<Link>,
    files: Vec<ViewFile<'a>>,
    file_count: usize,
    unlisted: usize,
    added: u64,
    removed: u64,
    outbox: Option<&'a str>,
}

#[derive(Serialize)]
struct ViewFile<'a> {
    path: &'a str,
    binary: bool,
    added: u64,
    removed: u64,
}

/// The summary as Markdown.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn summary(of: &Summary, lang: Lang) -> Result<String, TextError> {
    let sum = |pick: fn(&(u64, u64)) -> u64| {
        of.files.iter().filter_map(|file| file.lines.as_ref().map(pick)).fold(0, u64::saturating_add)
    };
    let view = View {
        event: &of.event,
        flow: of.flow.as_deref(),
        decision: said(&of.decision, lang),
        gate: of.gate.as_ref().map(|(name, _)| name.as_str()),
        gate_reason: of.gate.as_ref().map(|(_, reason)| said(reason, lang)),
        ending: of.ending,
        good: matches!(of.ending, Some(Ending::Verdict(Outcome::Done | Outcome::NoChange))),
        reason: of
            .reason
            .as_deref()
            .map(|reason| untrusted::quote(untrusted::cut(said(reason.trim(), lang).as_str(), 8_000).0)),
        issue: of.issue,
        slot: of.slot,
        env: of.env.as_deref(),
        commit: of.commit.as_deref().map(|commit| commit.chars().take(12).collect()),
        pull: of.pull.as_ref(),
        steps: of.steps.iter().map(|step| Step { detail: said(&step.detail, lang), ..step.clone() }).collect(),
        asides: AsidesView::new(&of.asides, lang),
        cost: &of.cost,
        requests: of.requests.map(|(all, _)| all),
        unchanged: of.requests.map_or(0, |(_, unchanged)| unchanged),
        links: of.links.iter().filter_map(in_markdown).collect(),
        files: of
            .files
            .iter()
            .take(LISTED)
            .map(|file| ViewFile {
                path: untrusted::cut(&file.path, 300).0,
                binary: file.lines.is_none(),
                added: file.lines.map_or(0, |lines| lines.0),
                removed: file.lines.map_or(0, |lines| lines.1),
            })
            .collect(),
        file_count: of.files.len(),
        unlisted: of.files.len().saturating_sub(LISTED),
        added: sum(|lines| lines.0),
        removed: sum(|lines| lines.1),
        outbox: of.outbox.as_deref(),
    };
    TEXTS.render(lang, &view)
}

/// GitHub takes so many bytes of summary from a step; of a longer one it takes nothing.
/// Source: "Workflow commands for GitHub Actions", step isolation and limits.
pub const LIMIT: usize = 1024 * 1024;

/// As much of a summary as there is room for, in whole lines; what was cut is said.
pub fn fit(text: &str, room: usize, lang: Lang) -> Cow<'_, str> {
    if text.len() <= room {
        return Cow::Borrowed(text);
    }
    let note = format!("\n{}\n", cut_note(lang, None));
    let Some(left) = room.checked_sub(note.len()) else { return Cow::Borrowed("") };
    let head = &text[..text.floor_char_boundary(left)];
    let whole = head.rfind('\n').map_or("", |end| &head[..=end]);
    Cow::Owned(format!("{whole}{note}"))
}

/// The link with an address that ends where it ends in Markdown; none for what is no web address.
fn in_markdown(link: &Link) -> Option<Link> {
    let url = url::Url::parse(&link.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let plain = url.as_str().replace('(', "%28").replace(')', "%29").replace('|', "%7C");
    Some(Link { title: link.title.clone(), url: plain })
}

#[cfg(test)]
mod tests;
