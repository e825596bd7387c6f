//! Sentences of gates and steps in Russian, for people who read a summary or a comment. Rooms that make them speak English, as logs do;
//! this catalogue knows the sentences by their English text, as gettext does. What it doesn't know stays English.

use self::russian::{GATE, RUSSIAN};
use super::Lang;

mod russian; // the catalogue

/// The sentence in the reader's language.
pub fn said(text: &str, lang: Lang) -> String {
    match lang {
        Lang::En => text.to_owned(),
        // A row first: a name in a sentence may be anything, the other sentences of the row, too.
        Lang::Ru => listed(text, "; ")
            .or_else(|| listed(text, ", "))
            .or_else(|| russian(text))
            .or_else(|| head(text))
            .unwrap_or_else(|| text.to_owned()),
    }
}

/// `main at 0e43ba3`: nothing but a branch and a commit, where a sentence could have any words on both sides.
fn head(text: &str) -> Option<String> {
    let (branch, commit) = text.split_once(" at ")?;
    let is_commit = commit.len() == 7 && commit.chars().all(|char| char.is_ascii_hexdigit());
    (is_commit && !branch.contains(char::is_whitespace)).then(|| format!("{branch} на {commit}"))
}

/// Sentences in a row, all of them known.
fn listed(text: &str, between: &str) -> Option<String> {
    if !text.contains(between) {
        return None;
    }
    let all: Option<Vec<String>> = text.split(between).map(russian).collect();
    all.map(|all| all.join(between))
}

fn russian(text: &str) -> Option<String> {
    RUSSIAN.iter().find_map(|(english, russian)| {
        let found = names(english, text)?;
        let mut pieces = russian.split('{');
        let mut out = pieces.next()?.to_owned();
        for piece in pieces {
            let (at, rest) = piece.split_once('}')?;
            let name = *found.get(at.parse::<usize>().ok()?)?;
            // A gate's own sentence stands in the headline of the step that it stopped.
            out += &self::russian(name).filter(|_| *english == GATE).unwrap_or_else(|| number(name));
            out += rest;
        }
        Some(out)
    })
}

/// A name as it is; in a number thousands stand apart as Russian writes them.
fn number(name: &str) -> String {
    let is_number = name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|char| char.is_ascii_digit() || char == ',');
    if is_number { name.replace(',', "\u{a0}") } else { name.to_owned() }
}

/// What stands at the places of a pattern; none where the text is no such sentence.
fn names<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let at = if pieces.peek().is_some() { rest.find(piece)? } else { rest.strip_suffix(piece)?.len() };
        let name = &rest[..at];
        if name.is_empty() || name.trim() != name {
            return None;
        }
        found.push(name);
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_is_known_is_told_in_russian_with_its_names() {
        let told = |text| said(text, Lang::Ru);
        assert_eq!(
            told("octocat may write to codex-k8s/shop (write)"),
            "у octocat есть право записи в codex-k8s/shop (write)"
        );
        assert_eq!(told("branch codex/issue-7, new"), "ветка codex/issue-7, новая");
        assert_eq!(told("1 command, 2,040 tokens"), "команд: 1, токенов: 2\u{a0}040");
        assert_eq!(told("gate state: issue #7 is closed"), "проверка state: задача #7 закрыта");
        assert_eq!(said("issue #7 is closed", Lang::En), "issue #7 is closed");
    }

    #[test]
    fn a_branch_with_its_commit_and_sentences_in_a_row_are_told_in_russian() {
        let told = |text| said(text, Lang::Ru);
        assert_eq!(told("main at 0e43ba3"), "main на 0e43ba3");
        assert_eq!(told("written, 2 new issues, 1 thing left"), "записан, новых задач: 2, не выполнено: 1");
        assert_eq!(
            told("slot 1 (ai, issue #7); slot 2 (ai, pull request #8)"),
            "слот 1 (ai, задача #7); слот 2 (ai, PR #8)"
        );
    }

    #[test]
    fn why_a_run_failed_is_told_in_russian_over_several_lines() {
        assert_eq!(
            said(
                "secrets would leave the run:\n  a.js:1: a token\n  b.js:2: a key\nTake them out of the change and rotate those that are real",
                Lang::Ru
            ),
            "из запуска ушли бы секреты:\n  a.js:1: a token\n  b.js:2: a key\nУберите их из изменений и перевыпустите настоящие"
        );
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        for text in [
            "",
            "look at main",
            "written, as nobody knows",
            "issue # is closed",
            "branch ",
            "{0} {}",
            "can't reach GitHub: no route",
        ] {
            assert_eq!(said(text, Lang::Ru), text);
        }
    }

    #[test]
    fn a_name_that_reads_like_a_place_stays_a_name() {
        assert_eq!(said("{1} may write to {0} ({2})", Lang::Ru), "у {1} есть право записи в {0} ({2})");
    }

    #[test]
    fn each_sentence_stands_once_and_uses_all_its_names() {
        for (at, (english, russian)) in RUSSIAN.iter().enumerate() {
            assert_eq!(RUSSIAN.iter().filter(|(other, _)| other == english).count(), 1, "{english}");
            for name in 0..english.matches("{}").count() {
                assert!(russian.contains(&format!("{{{name}}}")), "{english}");
            }
            // None before it takes its sentences away.
            let example = english.replace("{}", "x");
            assert!(RUSSIAN[..at].iter().all(|(before, _)| names(before, &example).is_none()), "{english}");
        }
    }
}
