//! What a hostile or careless text looks like afterwards. `·` stands for the invisible break.

use proptest::prelude::*;

use super::*;

const SEVEN: Closes<'static> = Closes { repository: "o/shop", issue: Some(7) };

fn seen(text: &str) -> String {
    text.replace(BREAK, "·")
}

fn defused(text: &str) -> String {
    seen(&defuse(text, SEVEN))
}

#[test]
fn nobody_is_called() {
    for (text, want) in [
        ("thanks @ann, (@org/team)!", "thanks @·ann, (@·org/team)!"),
        ("@org/team look", "@·org/team look"),
        ("(@ann), _@bob_ **@eve**", "(@·ann), _@·bob_ **@·eve**"),
        ("\\@ann, @&#98;ob", "\\@·ann, @·&#98;·ob"),
        ("&#64;bob &#x40;eve &commat;zoe", "·&#64;·bob ·&#x40;·eve ·&commat;·zoe"),
        ("&#0064;kim &commat;&#x6f;ctocat", "·&#0064;·kim ·&commat;··&#x6f;·ctocat"),
        ("&#6&#52;;ann &amp; &lt;", "&#6·&#52;·;ann &amp; &lt;"),
        ("mail a@example.org", "mail a@example.org"),
        ("a @ b, @, @@", "a @ b, @, @@"),
        ("@@ann", "@@·ann"),
        ("é@ann", "é@·ann"),
    ] {
        assert_eq!(defused(text), want);
    }
}

#[test]
fn an_address_leads_where_it_led_and_calls_nobody() {
    for (text, want) in [
        ("https://medium.example.com/@user/x and @x", "https://medium.example.com/%40user/x and @·x"),
        ("[a](https://example.com/@b/c)@ann", "[a](https://example.com/%40b/c)%40ann"),
        ("https://user:word@example.com/", "https://user:word@example.com/"),
        ("https://@octocat", "https://@·octocat"),
    ] {
        assert_eq!(defused(text), want);
    }
}

#[test]
fn no_issue_but_the_one_is_closed() {
    for (text, want) in [
        ("Closes #7", "Closes #7"),
        ("closes: o/shop#7, Fixes GH-7", "closes: o/shop#7, Fixes GH-7"),
        ("resolves https://github.com/O/Shop/issues/7", "resolves https://github.com/O/Shop/issues/7"),
        ("Fixes #12", "F·ixes #12"),
        ("Fixes #70", "F·ixes #70"),
        ("FIXED: #12 and close #13", "F·IXED: #12 and c·lose #13"),
        ("closes other/repo#7", "c·loses other/repo#7"),
        ("resolved https://github.com/x/y/issues/7", "r·esolved https://github.com/x/y/issues/7"),
        ("close\nhttps://github.com/a/b/issues/5", "c·lose\nhttps://github.com/a/b/issues/5"),
        ("fixes GH-12", "f·ixes GH-12"),
        ("Closes \\#5, fixes <b>#5</b>", "C·loses \\#5, f·ixes <b>#5</b>"),
        ("**Fixes** [#12](x), _fix_ **#13**", "**F·ixes** [#12](x), _f·ix_ **#13**"),
        (
            "Fixes [the bug](https://github.com/o/shop/issues/12)",
            "F·ixes [the bug](https://github.com/o/shop/issues/12)",
        ),
        ("Fixes <!-- --> #12, fix\n#13", "F·ixes <!-- --> #12, f·ix\n#13"),
        ("Fixes\n\n#12", "F·ixes\n\n#12"),
        ("Fixes <https://github.com/o/shop/pull/12>", "F·ixes <https://github.com/o/shop/pull/12>"),
        ("F&#105;xes &num;12", "F·&#105;·xes ·&num;·12"),
        ("fixes&nbsp;#12, fixes&#32;#12", "f·ixes&nbsp;#12, f·ixes&#32;#12"),
        ("fixes GH&#45;12, fixes a&period;b/c#3", "fixes GH·&#45;·12, fixes a·&period;·b/c#3"),
        ("prefixes #12, fixes the bug of #12", "prefixes #12, fixes the bug of #12"),
        (
            "* closes #12\n  - Fixes\n    GH-3\n1. fix: o/other#4",
            "* c·loses #12\n  - F·ixes\n    GH-3\n1. f·ix: o/other#4",
        ),
        ("| Fixes | #12 |\n> resolves #13", "| F·ixes | #12 |\n> r·esolves #13"),
        ("fixes #1 fixes #2 fixes #7", "f·ixes #1 f·ixes #2 fixes #7"),
    ] {
        assert_eq!(defused(text), want);
    }
    assert_eq!(seen(&defuse("Closes #7", Closes { issue: None, ..SEVEN })), "C·loses #7");
    let bare = Closes::number(Some(7));
    assert_eq!(seen(&defuse("fix #7, fix o/shop#7", bare)), "fix #7, f·ix o/shop#7");
}

#[test]
fn a_reference_does_not_become_markup() {
    assert_eq!(defused("<!&#45;&#45; codexctl"), "<!·&#45;··&#45;· codexctl");
    assert_eq!(defused("<&#112;re>"), "<·&#112;·re>");
}

#[test]
fn what_is_code_for_certain_stays() {
    for code in ["```python\n@app.route closes #5\n```\n", "`@Override`", "`closes #5`", "`&#64;a`"] {
        assert_eq!(defused(code), code);
    }
    assert_eq!(defused("``a ` @b`` @c"), "``a ` @b`` @·c");
}

#[test]
fn what_is_code_in_one_reading_only_is_defused() {
    for text in ["a ` b\n`@c` d", "\\`@c` d`", "| ` | @c ` |", "<a title=\"`\">@c <b title=\"`\">", "a ` alone @c"] {
        assert!(defused(text).contains("@·c"), "{text}");
    }
}

/// What GitHub sees of the words of a text: its references drawn, its code set apart.
fn drawn(text: &str) -> Vec<String> {
    let words = |piece| match piece {
        Piece::Words(words) => Some(spelled(&words)),
        Piece::Code(_) => None,
    };
    pieces(text).into_iter().filter_map(words).collect()
}

/// Unlike [`spelled_out`] it leaves breaks where they are.
fn spelled(words: &str) -> String {
    let references = Regex::new(r"&(?:#0*(\d{1,7})|#[xX]0*([0-9a-fA-F]{1,6})|(commat|num));").unwrap();
    let char = |found: &Captures<'_>| {
        let code = match (found.get(1), found.get(2), &found[0]) {
            (Some(dec), ..) => dec.as_str().parse().ok(),
            (_, Some(hex), _) => u32::from_str_radix(hex.as_str(), 16).ok(),
            (.., "&num;") => Some(u32::from(b'#')),
            _ => Some(u32::from(b'@')),
        };
        code.and_then(char::from_u32).map_or_else(|| found[0].to_owned(), String::from)
    };
    references.replace_all(words, char).into_owned()
}

proptest! {
    #[test]
    fn no_text_keeps_a_live_mark(text in "([ \n*_`<>!\\[\\]()&;@#:/-]|\n\n|```|fix|closes|Resolved|#12|GH-9|a/b#3|&#64;|&#x23;|&num;|&#49;|&#10|https://x.y/|ann|1){0,25}") {
        let defused = defuse(&text, SEVEN);
        let mention = Regex::new(r"(?:^|[^A-Za-z0-9])@[A-Za-z0-9]").unwrap();
        for words in drawn(&defused) {
            for found in CLOSING.captures_iter(&words) {
                prop_assert!(may_close(&found, SEVEN), "{:?} lives in {:?}", &found[0], defused);
            }
            prop_assert!(!mention.is_match(&words), "{defused:?}");
        }
    }

    #[test]
    fn doing_it_twice_changes_nothing(text in "([ \n*`<~@#-]|\n\n|```|fix|closes|#7|#12|&#64;|\u{200b}|https://x.y/@a|ann|1){0,25}") {
        let once = defuse(&text, SEVEN);
        prop_assert_eq!(defuse(&once, SEVEN), once);
    }
}
