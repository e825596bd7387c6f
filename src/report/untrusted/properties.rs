//! What holds for every text, however it was built.

use proptest::prelude::*;

use super::*;

/// Texts made of the pieces that matter here, in any order, and of any characters.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "<!--",
        "-->",
        "->",
        "<",
        "!",
        "-",
        "@octocat",
        " closes #5",
        "fixes",
        "\n",
        "\n\n",
        "`",
        "```",
        "~~~",
        "<pre>",
        "</pre>",
        "|",
        "\\",
        "\u{200b}",
        "\u{202e}",
        "\r",
        "\0",
        "\u{1b}[2J",
        "::error::",
        "{{x}}",
        "text ",
        "- ",
        "  ",
        "<details>",
        "#",
        "&#64;",
        "&#x23;",
        "octocat",
        "&",
        "7",
        "й",
    ]);
    let piece = prop_oneof![4 => pieces.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn clean_text_has_nothing_hidden_and_stays_as_it_is(text in texts()) {
        let clean = clean(&text);
        prop_assert!(!clean.contains("<!--"));
        prop_assert!(!clean.chars().any(|char| (char.is_control() && !matches!(char, '\n' | '\t')) || is_invisible(char)));
        prop_assert_eq!(super::clean(&clean), clean);
    }

    #[test]
    fn words_in_a_line_are_one_line_without_mention_or_markup(text in texts()) {
        let inline = inline(&text);
        prop_assert!(!inline.contains('\n') && !inline.contains('<') && !inline.contains('>'));
        prop_assert!(!inline.contains("@octocat"));
        let bare = inline.as_bytes().windows(2).any(|pair| matches!(pair[1], b'`' | b'|' | b'*') && pair[0] != b'\\');
        prop_assert!(!bare && !inline.starts_with(['`', '|', '*']), "{}", inline);
    }

    #[test]
    fn a_code_span_ends_with_the_run_that_began_it_and_holds_none_like_it(text in texts()) {
        let span = code(&text);
        let fence = span.len() - span.trim_start_matches('`').len();
        let inner = &span[fence..span.len() - fence];
        prop_assert!(span.ends_with(&"`".repeat(fence)));
        prop_assert!(inner.split(|char| char != '`').all(|run| run.len() != fence));
        prop_assert!(!span.contains('\n'));
    }

    #[test]
    fn what_follows_a_block_stands_outside_of_its_code(text in texts()) {
        let block = markdown(&text, Some(7), 1_000, "(cut)");
        let whole = format!("{block}\n\nCloses #7");
        let (parts, open) = fences::parts(&whole);
        prop_assert!(open.is_none(), "{}", whole);
        let last_is_prose = matches!(parts.last(), Some(fences::Part::Prose(prose)) if prose.ends_with("Closes #7"));
        prop_assert!(last_is_prose, "{}", whole);
    }
}
