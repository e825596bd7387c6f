//! The task as templates see it: issue, plan and pull request, each as a block that reads like its page.

use serde::Serialize;

use super::names::{commit, login, one_line, url};
use crate::agent::prompt::data::PromptData;
use crate::agent::prompt::fence::Fence;
use crate::agent::prompt::github::{Issue, LinkedIssue, OpenPull, Plan};
use crate::policy::labels::SEMANTIC;
use crate::report::Lang;
use crate::report::untrusted::clean;

/// GitHub's own limit is 256 characters; ours is only there for texts that never were on GitHub.
const TITLE: usize = 500;

/// The issue. `title`, `body` and `text` (all of it) are blocks between delimiters.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ViewIssue {
    number: u64,
    title: String,
    body: String,
    text: String,
    url: String,
    semantic_labels: Vec<&'static str>,
    changed: bool,
}

impl ViewIssue {
    /// The issue with a text that is clean and fitted already.
    pub(super) fn new(issue: &Issue, body: &str, fence: &Fence, lang: Lang) -> Self {
        let title = one_line(&issue.title, TITLE);
        Self {
            number: issue.number,
            text: fence.block_of_clean(&page(&title, &issue.author, Listed::Labels(&issue.labels), body, lang)),
            title: fence.block_of_clean(&title),
            body: fence.block_of_clean(body),
            url: url(&issue.url).to_owned(),
            semantic_labels: semantic(&issue.labels),
            changed: issue.changed,
        }
    }
}

/// The pull request. `title`, `body` and `text` (all of it) are blocks between delimiters.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ViewPull {
    number: u64,
    url: String,
    title: String,
    body: String,
    text: String,
    merge_base: Option<String>,
    /// How many checks failed; their names stand in `text`.
    failed_checks: usize,
}

impl ViewPull {
    /// The pull request with a text that is clean and fitted already.
    pub(super) fn new(pull: &OpenPull, body: &str, fence: &Fence, lang: Lang) -> Self {
        let title = one_line(&pull.title, TITLE);
        Self {
            number: pull.number,
            url: url(&pull.url).to_owned(),
            text: fence.block_of_clean(&page(&title, &pull.author, Listed::Checks(&pull.failed_checks), body, lang)),
            title: fence.block_of_clean(&title),
            body: fence.block_of_clean(body),
            merge_base: commit(pull.merge_base.as_deref()).map(str::to_owned),
            failed_checks: pull.failed_checks.len(),
        }
    }
}

/// The plan. `text` and the texts of its issues are blocks between delimiters.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ViewPlan {
    issue: u64,
    /// Whether it is the plan of the very issue that the run works on.
    own: bool,
    text: Option<String>,
    changed: bool,
    issues: Vec<ViewLinked>,
    focus_issue: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ViewLinked {
    number: u64,
    text: String,
    open: bool,
    /// Whether the result may change its text.
    editable: bool,
}

impl ViewPlan {
    /// The plan with texts that are clean and fitted already, those of its issues in their order. `of`: the issue that the run works
    /// on. `may_edit`: the result may change issues that codexctl made.
    pub(super) fn new(
        plan: &Plan,
        (text, bodies): (Option<String>, &[String]),
        of: Option<u64>,
        may_edit: bool,
        fence: &Fence,
        lang: Lang,
    ) -> Self {
        let linked = |(issue, body): (&LinkedIssue, &String)| ViewLinked {
            number: issue.number,
            text: fence.block_of_clean(&page(&one_line(&issue.title, TITLE), "", Listed::Nothing, body, lang)),
            open: issue.open,
            editable: issue.ours && may_edit,
        };
        Self {
            issue: plan.issue,
            own: of == Some(plan.issue),
            text: text.filter(|text| !text.trim().is_empty()).map(|text| fence.block_of_clean(&text)),
            changed: plan.changed,
            issues: plan.issues.iter().zip(bodies).map(linked).collect(),
            focus_issue: plan.focus.map(|focus| focus.issue),
        }
    }
}

/// The plan's text where it is told: a session that goes on knows its own.
pub(super) fn plan_text(data: &PromptData, short: bool) -> Option<&str> {
    let plan = data.plan.as_ref().filter(|plan| !short || plan.changed)?;
    plan.text.as_deref()
}

/// Texts of the plan's issues, empty where the title is enough: for those who only carry out a part of the plan, and in a session
/// that knows them. Whoever works on the plan's own issue carries out all of it.
pub(super) fn linked_bodies(data: &PromptData, is_plan: bool, short: bool) -> Vec<String> {
    let own = data.plan.as_ref().map(|plan| plan.issue) == data.issue.as_ref().map(|issue| issue.number);
    let told = |issue: &LinkedIssue| (is_plan || own) && (!short || issue.changed);
    let issues = data.plan.iter().flat_map(|plan| &plan.issues);
    issues.map(|issue| if told(issue) { clean(&issue.body) } else { String::new() }).collect()
}

/// What stands in a list below the author.
#[derive(Clone, Copy)]
enum Listed<'a> {
    Labels(&'a [String]),
    Checks(&'a [String]),
    Nothing,
}

/// A page of GitHub as one text: title, author and list first, as its readers see them.
fn page(title: &str, author: &str, listed: Listed<'_>, body: &str, lang: Lang) -> String {
    let (title_word, author_word, labels_word, checks_word) = match lang {
        Lang::En => ("Title", "Author", "Labels", "Failed checks"),
        Lang::Ru => ("Заголовок", "Автор", "Метки", "Упавшие проверки"),
    };
    let mut out = format!("{title_word}: {title}\n");
    let author = login(author);
    if !author.is_empty() {
        out.push_str(&format!("{author_word}: {author}\n"));
    }
    let (word, names) = match listed {
        Listed::Labels(names) => (labels_word, names),
        Listed::Checks(names) => (checks_word, names),
        Listed::Nothing => ("", [].as_slice()),
    };
    if !names.is_empty() {
        let names: Vec<String> = names.iter().take(50).map(|name| one_line(name, 100)).collect();
        out.push_str(&format!("{word}: {}\n", names.join(", ")));
    }
    let body = body.trim_matches('\n');
    if !body.trim().is_empty() {
        out.push('\n');
        out.push_str(body);
    }
    out
}

/// Semantic labels in their own order, brackets optional, in any case.
fn semantic(labels: &[String]) -> Vec<&'static str> {
    let bare = |label: &String| label.trim().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let there: Vec<String> = labels.iter().map(bare).collect();
    SEMANTIC.into_iter().filter(|name| there.iter().any(|label| label == name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn semantic_labels_are_known_with_and_without_brackets() {
        let labels = ["[ai-dev]", "Bug", "[epic]", "debugging", "feature request"].map(str::to_owned);
        assert_eq!(semantic(&labels), ["bug", "epic"]);
    }
}
