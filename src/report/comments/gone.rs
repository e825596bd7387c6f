//! The last word of the comment about an environment: the slot was removed, why, and how to get another.

use std::time::Duration;

use serde::Serialize;

use super::Again;
use crate::report::template::{Escape, Texts, texts};
use crate::report::words::as_millis_option;
use crate::report::{Lang, TextError};

/// Why a slot was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Its pull request was merged.
    Merged,
    /// Its pull request was closed, or everything that it was for.
    Closed,
    /// Its issue was closed.
    IssueClosed,
    /// Nobody used it for so long.
    Idle(Duration),
    /// Somebody removed it by hand.
    Asked,
}

/// Everything that the last word tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The hidden first line that finds the comment again, complete.
    pub marker: String,
    /// Why.
    pub because: Because,
    /// The slot.
    pub slot: u32,
    /// Its environment.
    pub env: String,
    /// The issue, where there is one.
    pub issue: Option<u64>,
    /// How people ask for another run.
    pub again: Again,
    /// The page of the run that removed it, where there is one.
    pub run_url: Option<String>,
}

static TEXTS: Texts = texts!("comments", "gone", Escape::Markdown, ["again"]);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    marker: &'a str,
    because: &'static str,
    #[serde(serialize_with = "as_millis_option")]
    idle: Option<Duration>,
    slot: u32,
    env: &'a str,
    issue: Option<u64>,
    again: &'a Again,
    run_url: Option<&'a str>,
}

/// The comment's text; its first line is the marker.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn gone(of: &Gone, lang: Lang) -> Result<String, TextError> {
    let (because, idle) = match of.because {
        Because::Merged => ("merged", None),
        Because::Closed => ("closed", None),
        Because::IssueClosed => ("issue", None),
        Because::Idle(time) => ("idle", Some(Duration::from_secs(time.as_secs() / 3600 * 3600))),
        Because::Asked => ("asked", None),
    };
    TEXTS.render(
        lang,
        &View {
            marker: &of.marker,
            because,
            idle,
            slot: of.slot,
            env: &of.env,
            issue: of.issue,
            again: &of.again,
            run_url: of.run_url.as_deref(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(because: Because) -> String {
        let of = Gone {
            marker: "<!-- codexctl:environment {\"schema\":1} -->".to_owned(),
            because,
            slot: 3,
            env: "ai".to_owned(),
            issue: Some(7),
            again: Again::Label("[ai-dev]".to_owned()),
            run_url: Some("https://github.com/codex-k8s/shop/actions/runs/42".to_owned()),
        };
        [Lang::En, Lang::Ru].map(|lang| gone(&of, lang).unwrap()).join("\n======== ru ========\n")
    }

    #[test]
    fn after_a_merge_the_environment_is_gone_and_nothing_is_left_to_do() {
        insta::assert_snapshot!(text(Because::Merged), @r#"
        <!-- codexctl:environment {"schema":1} -->
        ### ⚫ The environment of this pull request is gone

        The pull request was merged, so slot 3 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.

        [run](https://github.com/codex-k8s/shop/actions/runs/42)

        ======== ru ========
        <!-- codexctl:environment {"schema":1} -->
        ### ⚫ Окружения этого PR больше нет

        PR влит, поэтому слот 3 (окружение `ai`) удалён вместе со всем содержимым. Коммиты остаются в этом PR.

        [запуск](https://github.com/codex-k8s/shop/actions/runs/42)
        "#);
    }

    #[test]
    fn each_other_reason_is_told_with_the_way_to_another_environment() {
        let line = |because| text(because).lines().filter(|line| line.contains('3')).collect::<Vec<_>>().join("\n");
        let all = [Because::Closed, Because::IssueClosed, Because::Idle(Duration::from_secs(94_000)), Because::Asked];
        insta::assert_snapshot!(all.map(line).join("\n"), @"
        The pull request was closed, so slot 3 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.
        PR закрыт, поэтому слот 3 (окружение `ai`) удалён вместе со всем содержимым. Коммиты остаются в этом PR.
        Issue #7 was closed, so slot 3 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.
        Задача #7 закрыта, поэтому слот 3 (окружение `ai`) удалён вместе со всем содержимым. Коммиты остаются в этом PR.
        Nobody used it for 26h, so slot 3 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.
        Им не пользовались 26 ч, поэтому слот 3 (окружение `ai`) удалён вместе со всем содержимым. Коммиты остаются в этом PR.
        Somebody removed it by hand, so slot 3 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.
        Его удалили вручную, поэтому слот 3 (окружение `ai`) удалён вместе со всем содержимым. Коммиты остаются в этом PR.
        ");
        insta::assert_snapshot!(text(Because::Closed), @r#"
        <!-- codexctl:environment {"schema":1} -->
        ### ⚫ The environment of this pull request is gone

        The pull request was closed, so slot 3 (environment `ai`) was removed with everything in it. Its commits stay in this pull request.

        **Next:** nothing, unless you want more on #7: then set the label `[ai-dev]` again, and the next run makes a new one.

        [run](https://github.com/codex-k8s/shop/actions/runs/42)

        ======== ru ========
        <!-- codexctl:environment {"schema":1} -->
        ### ⚫ Окружения этого PR больше нет

        PR закрыт, поэтому слот 3 (окружение `ai`) удалён вместе со всем содержимым. Коммиты остаются в этом PR.

        **Что дальше:** ничего, если работа закончена. Нужно продолжить #7 — снова поставьте метку `[ai-dev]`: следующий запуск создаст новое окружение.

        [запуск](https://github.com/codex-k8s/shop/actions/runs/42)
        "#);
    }
}
