//! The notice at the top of somebody's pull request: a run changed files there that a person must look at.

use serde::Serialize;

use super::pull::{NAMED, named};
use crate::report::template::{Escape, Texts, texts};
use crate::report::{Lang, TextError};

/// Everything that the notice tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// Changed files that the publish policy protects, relative to the project root.
    pub files: Vec<String>,
    /// Whether the pull request is a draft.
    pub draft: bool,
}

static TEXTS: Texts = texts!("comments", "protected", Escape::Markdown, []);

#[derive(Serialize)]
struct View {
    files: Vec<String>,
    unnamed: usize,
    draft: bool,
}

/// The notice's text, the same whenever it is made for the same files.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn protected(of: &Protected, lang: Lang) -> Result<String, TextError> {
    let view = View {
        files: of.files.iter().take(NAMED).map(|path| named(path)).collect(),
        unnamed: of.files.len().saturating_sub(NAMED),
        draft: of.draft,
    };
    TEXTS.render(lang, &view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notice_reads_like_this_on_a_draft_and_on_a_pull_request_that_is_ready() {
        let ready = Protected { files: vec![".github/workflows/ci.yml".to_owned()], draft: false };
        let many = Protected { files: (1..=22).map(|number| format!("deploy/`{number}`.yaml")).collect(), draft: true };
        let text = [Lang::En, Lang::Ru]
            .map(|lang| format!("{}\n-----\n{}", protected(&ready, lang).unwrap(), protected(&many, lang).unwrap()));
        insta::assert_snapshot!(text.join("\n=====\n"), @"
        > [!WARNING]
        > **A run for a review changed protected files here:** `.github/workflows/ci.yml`. Read them line by line before you merge: this pull request was ready for review, and stays so.

        -----
        > [!WARNING]
        > **A run for a review changed protected files here:** ``deploy/`1`.yaml``, ``deploy/`2`.yaml``, ``deploy/`3`.yaml``, ``deploy/`4`.yaml``, ``deploy/`5`.yaml``, ``deploy/`6`.yaml``, ``deploy/`7`.yaml``, ``deploy/`8`.yaml``, ``deploy/`9`.yaml``, ``deploy/`10`.yaml``, ``deploy/`11`.yaml``, ``deploy/`12`.yaml``, ``deploy/`13`.yaml``, ``deploy/`14`.yaml``, ``deploy/`15`.yaml``, ``deploy/`16`.yaml``, ``deploy/`17`.yaml``, ``deploy/`18`.yaml``, ``deploy/`19`.yaml``, ``deploy/`20`.yaml`` and 2 more files. Read them line by line before you merge or mark this as ready.

        =====
        > [!WARNING]
        > **Запуск по ревью изменил здесь защищённые файлы:** `.github/workflows/ci.yml`. Прочитайте их построчно, прежде чем вливать: PR был готов к ревью и остаётся таким.

        -----
        > [!WARNING]
        > **Запуск по ревью изменил здесь защищённые файлы:** ``deploy/`1`.yaml``, ``deploy/`2`.yaml``, ``deploy/`3`.yaml``, ``deploy/`4`.yaml``, ``deploy/`5`.yaml``, ``deploy/`6`.yaml``, ``deploy/`7`.yaml``, ``deploy/`8`.yaml``, ``deploy/`9`.yaml``, ``deploy/`10`.yaml``, ``deploy/`11`.yaml``, ``deploy/`12`.yaml``, ``deploy/`13`.yaml``, ``deploy/`14`.yaml``, ``deploy/`15`.yaml``, ``deploy/`16`.yaml``, ``deploy/`17`.yaml``, ``deploy/`18`.yaml``, ``deploy/`19`.yaml``, ``deploy/`20`.yaml`` и ещё 2 файла. Прочитайте их построчно, прежде чем вливать или переводить PR в готовые.
        ");
    }
}
