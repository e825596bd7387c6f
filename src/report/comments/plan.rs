//! The comment in which a plan stands, edited by every run that changes it; what belongs to it: its issues and answers to comments.

use serde::Serialize;

use super::cut_note;
use crate::policy::roots;
use crate::report::template::{Escape, Texts, texts};
use crate::report::{Lang, TextError, untrusted};

/// The most characters of a plan. It leaves 10,000 below GitHub's limit for questions, issues and all else, and as much again for
/// what escaping adds.
const LONGEST_PLAN: usize = 40_000;
/// The most characters of an issue's text, and of an answer.
const LONGEST_ISSUE: usize = 50_000;
/// Issues that are listed; more would hide the text above them.
const LISTED: usize = 50;

/// Hidden lines around the plan, by which it is found again in its comment. A plan can't hold them: HTML comments are taken out of it.
const BEGINS: &str = "<!-- the plan -->";
const ENDS: &str = "<!-- end of the plan -->";

/// Everything that the comment tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanComment {
    /// The hidden first line that finds the comment again, complete.
    pub marker: String,
    /// The planned issue.
    pub issue: u64,
    /// The agent's plan.
    pub plan: String,
    /// What the agent wants to know before the plan can be carried out.
    pub questions: Vec<String>,
    /// The plan's issues.
    pub issues: Vec<ListedIssue>,
    /// The run's page, where there is one.
    pub run_url: Option<String>,
}

/// An issue of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedIssue {
    /// Its number; none while it stands in the outbox.
    pub number: Option<u64>,
    /// Its title.
    pub title: String,
    /// Whether it is open.
    pub open: bool,
}

static PLAN: Texts = texts!("comments", "plan", Escape::Markdown, ["questions"]);
static REPLY: Texts = texts!("comments", "reply", Escape::Markdown, []);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    marker: &'a str,
    begins: &'static str,
    ends: &'static str,
    issue: u64,
    plan: String,
    questions: Vec<String>,
    issues: Vec<ListedIssue>,
    unlisted: usize,
    run_url: Option<&'a str>,
}

/// The comment's text; its first line is the marker.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn plan(of: &PlanComment, lang: Lang) -> Result<String, TextError> {
    let note = cut_note(lang, of.run_url.as_deref());
    let listed = |issue: &ListedIssue| ListedIssue { title: short(&issue.title), ..issue.clone() };
    let view = View {
        marker: &of.marker,
        begins: BEGINS,
        ends: ENDS,
        issue: of.issue,
        plan: untrusted::markdown(&of.plan, Some(of.issue), LONGEST_PLAN, &note),
        questions: super::numbered(&of.questions, of.issue, &note),
        issues: of.issues.iter().take(LISTED).map(listed).collect(),
        unlisted: of.issues.len().saturating_sub(LISTED),
        run_url: of.run_url.as_deref(),
    };
    PLAN.render(lang, &view)
}

/// The plan alone, as it stands in the comment, also where people have changed it; none in a text that is no such comment.
pub fn plan_in(comment: &str) -> Option<&str> {
    let (_, rest) = comment.split_once(BEGINS)?;
    // Somebody who edits the comment may have taken the second line out: then the plan goes to the end.
    let plan = rest.split_once(ENDS).map_or(rest, |(plan, _)| plan).trim();
    (!plan.is_empty()).then_some(plan)
}

/// The text of an issue of the plan of `root`: marker, the line that ties it to the root, the agent's text, which can hold neither.
pub fn plan_issue(marker: &str, root: u64, text: &str, lang: Lang, run_url: Option<&str>) -> String {
    // What is hidden goes first: a line for a root could stand in it.
    let text = roots::without_lines(&untrusted::clean(text));
    let text = untrusted::markdown(&text, None, LONGEST_ISSUE, &cut_note(lang, run_url));
    format!("{marker}\n{}\n\n{text}\n", roots::line(root))
}

/// An answer to a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentReply {
    /// The hidden first line that finds the answer again, complete.
    pub marker: String,
    /// The issue that it stands on.
    pub issue: u64,
    /// Who wrote the comment.
    pub author: String,
    /// The comment's page; empty where it isn't known.
    pub url: String,
    /// What the comment says.
    pub said: String,
    /// The agent's answer.
    pub body: String,
    /// The run's page, where there is one.
    pub run_url: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReplyView<'a> {
    marker: &'a str,
    author: &'a str,
    url: Option<&'a str>,
    said: String,
    body: String,
}

/// The answer's text; its first line is the marker.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn comment_reply(of: &CommentReply, lang: Lang) -> Result<String, TextError> {
    let said = untrusted::clean(&of.said);
    let trigger = |line: &&str| !line.is_empty() && !line.eq_ignore_ascii_case(crate::policy::labels::PLAN);
    let view = ReplyView {
        marker: &of.marker,
        author: &of.author,
        url: Some(of.url.as_str()).filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        said: said.lines().map(str::trim).find(trigger).map(short).unwrap_or_default(),
        body: untrusted::markdown(&of.body, Some(of.issue), LONGEST_ISSUE, &cut_note(lang, of.run_url.as_deref())),
    };
    REPLY.render(lang, &view)
}

fn short(text: &str) -> String {
    let (head, cut) = untrusted::cut(text, 120);
    if cut { format!("{}…", head.trim_end()) } else { head.to_owned() }
}

#[cfg(test)]
mod tests;
