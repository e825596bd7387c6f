//! What a hostile or careless title looks like afterwards. `·` stands for the invisible break.

use proptest::prelude::*;

use super::defuse::BREAK;
use super::*;

const SEVEN: Closes<'static> = Closes { repository: "o/shop", issue: Some(7) };

fn seen(text: &str) -> String {
    text.replace(BREAK, "·")
}

#[test]
fn marks_that_skip_checks_are_known_in_every_spelling() {
    for mark in
        ["[skip ci]", "[skip-ci]", "[no ci]", "[no-ci]", "[ci skip]", "[skip actions]", "[actions skip]", "[Skip CI]"]
    {
        assert_eq!(skip_mark(&format!("docs: x\n\n{mark}")), Some(mark));
    }
    for none in ["skip ci", "[skip]", "[ci]", "[skip cinema]", "no ci"] {
        assert_eq!(skip_mark(none), None, "{none}");
    }
}

#[test]
fn a_title_is_one_clean_line() {
    let title = |text: &str| seen(&title(text, "Work on #7", SEVEN));
    assert_eq!(title("  Add\tdark\nmode [skip ci]\u{202e} \0"), "Add dark mode");
    assert_eq!(title("[skip [skip ci]ci] x"), "x");
    assert_eq!(title("&#91;x [sk&#105;p ci]"), "&#91;x");
    assert_eq!(title("[skip\u{200b} ci] Fi\u{200d}xes #12 for @ann"), "F·ixes #12 for @·ann");
    assert_eq!(title("[no ci]"), "Work on #7");
    assert_eq!(title("`fixes #12`"), "`f·ixes #12`", "a commit's first line has no code");
    assert_eq!(title("a\u{3164}\u{2066}b"), "ab");
    let long = title(&"ü".repeat(300));
    assert_eq!((long.chars().count(), long.ends_with("ü…")), (TITLE_LIMIT, true));
    assert_eq!(title(&"x".repeat(256)).len(), 256);
}

#[test]
fn a_message_skips_no_checks() {
    assert_eq!(checked("a\n\nb\n\n\nskip-checks: true"), "a\n\nb\n\n");
    assert_eq!(checked("a\nSkip-Checks:true\nskip-checks: true\n\nCo-authored-by: x"), "a\n\nCo-authored-by: x");
    assert_eq!(checked("a\n\nb [actions [ci skip]skip] c"), "a\n\nb   c");
    assert_eq!(checked("docs: why skip-checks: true is taken out"), "docs: why skip-checks: true is taken out");
}

proptest! {
    #[test]
    fn no_message_skips_checks(text in "([\\[\\] \n:>-]|skip|no|ci|actions|skip-checks|true|x){0,20}") {
        let message = checked(&text);
        prop_assert!(skip_mark(&message).is_none(), "{message:?}");
        prop_assert!(!message.lines().skip(1).any(|line| line.trim().eq_ignore_ascii_case("skip-checks: true")), "{message:?}");
        prop_assert_eq!(checked(&message), message);
    }

    #[test]
    fn any_title_is_one_line_that_fits(text in any::<String>()) {
        let title = title(&text, "fallback", SEVEN);
        prop_assert!(!title.is_empty() && title.chars().count() <= TITLE_LIMIT && !title.contains(char::is_control));
        prop_assert!(skip_mark(&title).is_none());
    }
}
