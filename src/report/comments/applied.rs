//! The comment of `pr review-apply`: what of a slot's work went to the pull request.

use serde::Serialize;

use crate::report::template::{Escape, Texts, texts};
use crate::report::{Lang, TextError};

/// Everything that the comment tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The hidden first line that finds the comment again, complete.
    pub marker: String,
    /// The slot.
    pub slot: u32,
    /// The pull request's branch.
    pub branch: String,
    /// The commit that was pushed; none where nothing changed.
    pub commit: Option<String>,
    /// How many files changed.
    pub files: usize,
    /// Added lines.
    pub insertions: u64,
    /// Removed lines.
    pub deletions: u64,
    /// The run's page, where there is one.
    pub run_url: Option<String>,
}

static TEXTS: Texts = texts!("comments", "applied", Escape::Markdown, []);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    marker: &'a str,
    slot: u32,
    branch: &'a str,
    commit: Option<&'a str>,
    files: usize,
    insertions: u64,
    deletions: u64,
    run_url: Option<&'a str>,
}

/// The comment's text; its first line is the marker.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn applied(of: &Applied, lang: Lang) -> Result<String, TextError> {
    let view = View {
        marker: &of.marker,
        slot: of.slot,
        branch: &of.branch,
        commit: of.commit.as_deref(),
        files: of.files,
        insertions: of.insertions,
        deletions: of.deletions,
        run_url: of.run_url.as_deref(),
    };
    TEXTS.render(lang, &view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_reads_like_this_with_and_without_changes() {
        let changed = Applied {
            marker: "<!-- codexctl:{} -->".to_owned(),
            slot: 3,
            branch: "codex/issue-7".to_owned(),
            commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            files: 2,
            insertions: 10,
            deletions: 1,
            run_url: Some("https://github.com/codex-k8s/shop/actions/runs/42".to_owned()),
        };
        let unchanged =
            Applied { commit: None, files: 0, insertions: 0, deletions: 0, run_url: None, ..changed.clone() };
        let text = [Lang::En, Lang::Ru]
            .map(|lang| format!("{}\n-----\n{}", applied(&changed, lang).unwrap(), applied(&unchanged, lang).unwrap()));
        insta::assert_snapshot!(text.join("\n=====\n"), @"
        <!-- codexctl:{} -->
        ### ✅ The review's changes are on `codex/issue-7`

        2 files, +10 −1, in commit 0123456789abcdef0123456789abcdef01234567, from slot 3.

        **Next:** look at the new commit. To have something changed, submit a review with **Request changes**.

        [run](https://github.com/codex-k8s/shop/actions/runs/42)

        -----
        <!-- codexctl:{} -->
        ### ➖ Nothing to apply

        What lies in slot 3 is on `codex/issue-7` already, or nothing was changed there.

        **Next:** if that settles it, resolve the threads and approve. If not, submit a review with **Request changes**.

        =====
        <!-- codexctl:{} -->
        ### ✅ Правки по ревью — в ветке `codex/issue-7`

        2 файла, +10 −1, коммит 0123456789abcdef0123456789abcdef01234567, из слота 3.

        **Что дальше:** посмотрите новый коммит. Нужны правки — отправьте ревью с **Request changes**.

        [запуск](https://github.com/codex-k8s/shop/actions/runs/42)

        -----
        <!-- codexctl:{} -->
        ### ➖ Применять нечего

        Всё, что лежит в слоте 3, уже есть в ветке `codex/issue-7`, или там ничего не менялось.

        **Что дальше:** если вопрос исчерпан, закройте обсуждения и одобрите PR. Если нет — отправьте ревью с **Request changes**.
        ");
    }
}
