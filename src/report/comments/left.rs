//! What of the agent's result is not carried out, in words.

use crate::policy::plans::Left;
use crate::report::template::{Escape, Texts, texts};
use crate::report::{Lang, TextError};

// Where the lines stand, they are escaped.
static LEFT: Texts = texts!("comments", "left", Escape::Nothing, []);

/// One line about something that was left.
///
/// # Errors
/// [`TextError`] if template and data don't fit.
pub fn left(of: &Left, lang: Lang) -> Result<String, TextError> {
    LEFT.render(lang, of).map(|line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_line_in_both_languages() {
        let all = [
            Left::TooMany { count: 10, most: 20 },
            Left::Untitled { count: 1 },
            Left::Labels { labels: vec!["[ai-dev]".to_owned(), "p1".to_owned()] },
            Left::Unfinished { issues: 2, edits: 1 },
            Left::Unfinished { issues: 0, edits: 1 },
            Left::NotOurs { issue: 9 },
            Left::Closed { issue: 9 },
            Left::Empty { issue: 9 },
            Left::Untold { comment: 105 },
            Left::Answered { comment: 105 },
        ];
        let lines = |lang| all.iter().map(|one| left(one, lang).unwrap()).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(lines(Lang::En), @"
        10 issues beyond the 20 that one run may open: ask for the rest in the next one
        1 issue without a title
        labels of issues: [ai-dev], p1. Codex sets only feature, bug, doc, debt, idea and epic
        2 new issues and 1 edit of an issue, because the plan is not finished
        1 edit of an issue, because the plan is not finished
        the new text of #9: codexctl did not make that issue for this plan
        the new text of #9: it is closed
        the new text of #9: it is empty
        an answer to comment 105, which was not part of this run
        a second answer to comment 105
        ");
        insta::assert_snapshot!(lines(Lang::Ru), @"
        10 задач сверх 20, которые можно открыть за один запуск: остальные попросите в следующем
        1 задача без заголовка
        метки задач: [ai-dev], p1. Codex ставит только feature, bug, doc, debt, idea и epic
        2 новые задачи и 1 правка задачи: план не закончен
        1 правка задачи: план не закончен
        новый текст #9: эту задачу codexctl не создавал для этого плана
        новый текст #9: задача закрыта
        новый текст #9: он пуст
        ответ на комментарий 105, которого не было в этом запуске
        второй ответ на комментарий 105
        ");
    }
}
