//! What text of others (people on GitHub, the agent) goes through before it stands in a text of ours.
//!
//! * [`clean`]: what can't be seen goes: HTML comments, zero-width and bidirectional characters, controls.
//! * [`inline`], [`code`], [`code_cell`], [`quote`]: words in a line, a code span, one in a table, a quotation; none can become markup of ours.
//! * [`markdown`]: Markdown of the agent as a block of its own: it calls nobody, closes no other issue, and ends where it ends.

use crate::policy::fences;
use crate::policy::texts::{Closes, defuse, is_invisible};

/// The text without what a reader on GitHub can't see: HTML comments, zero-width and bidirectional characters, control
/// characters but newline and tab. Line ends become `\n`.
///
/// An HTML comment without an end hides the rest of the text on GitHub when it starts a line: the rest goes then too.
pub fn clean(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            // Invisible characters go before comments are looked for: one of them inside `<!--` would hide it from us.
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => seen.push('\n'),
            _ if is_invisible(char) => {}
            _ => seen.push(char),
        }
    }
    without_comments(seen)
}

fn without_comments(text: String) -> String {
    if !text.contains("<!--") {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find("<!--") {
        out.push_str(&rest[..start]);
        let inside = &rest[start + 4..];
        // `<!-->` and `<!--->` are whole comments. Source: CommonMark 0.31, 6.6 "Raw HTML".
        let end = if inside.starts_with('>') {
            Some(1)
        } else if inside.starts_with("->") {
            Some(2)
        } else {
            inside.find("-->").map(|at| at + 3)
        };
        match end {
            Some(end) => rest = &inside[end..],
            None if out.rsplit('\n').next().is_some_and(|line| line.trim().is_empty()) => rest = "",
            None => {
                out.push_str("<!--");
                rest = inside;
                break;
            }
        }
    }
    out.push_str(rest);
    // What is left of nested ones must not join to a new comment.
    if out.contains("<!--") { out.replace("<!--", "<! --") } else { out }
}

/// The most characters of words in a line or of a code span. Nothing that a line of ours names is longer, unless somebody
/// means to fill a page with it.
const LONGEST_INLINE: usize = 400;

/// The text as words in one line of Markdown: no markup, no mention, no reference to an issue. A long one ends in `…`.
pub fn inline(text: &str) -> String {
    let clean = short(text);
    let mut out = String::with_capacity(clean.len() + 16);
    let mut chars = clean.trim().chars().peekable();
    // At the start of a line these would begin a list or a heading; in the middle they are ordinary.
    match chars.peek() {
        Some('-' | '+' | '=') => out.push('\\'),
        Some('0'..='9') => {
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                out.push(digit);
            }
            if let Some(mark) = chars.next_if(|char| matches!(char, '.' | ')')) {
                if chars.peek().is_none_or(|next| next.is_whitespace()) {
                    out.push('\\');
                }
                out.push(mark);
            }
        }
        _ => {}
    }
    while let Some(char) = chars.next() {
        match char {
            '\n' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '{' | '}' | '!' => out.extend(['\\', char]),
            // GitHub looks for mentions and references after Markdown is done: only a character in between helps.
            '@' => out.push_str("@\u{200b}"),
            '#' if out.is_empty() => out.push_str("\\#"),
            '#' if chars.peek().is_some_and(char::is_ascii_digit) => out.push_str("#\u{200b}"),
            _ => out.push(char),
        }
    }
    out
}

/// The text as a code span that it can't leave; newlines become blanks. An empty text gives an empty span of one blank.
pub fn code(text: &str) -> String {
    let clean = short(text).replace(['\n', '\t'], " ");
    // A span ends at a run of backticks as long as the one that began it. Source: CommonMark 0.31, 6.1 "Code spans".
    let longest = clean.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let touches = clean.starts_with('`') || clean.ends_with('`') || clean.trim().is_empty();
    let pad = if touches { " " } else { "" };
    format!("{fence}{pad}{clean}{pad}{fence}")
}

fn short(text: &str) -> String {
    let (head, cut_first) = cut(text, LONGEST_INLINE * 4);
    let clean = clean(head);
    let (head, cut_then) = cut(&clean, LONGEST_INLINE);
    if cut_first || cut_then { format!("{}…", head.trim_end()) } else { clean }
}

/// The same inside a table, where a bar ends the cell even in code. Source: GitHub Flavored Markdown 0.29, 4.10 "Tables".
pub fn code_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// The text as a quotation: its words, as a preformatted block inside `>`, so that no markup in it counts.
pub fn quote(text: &str) -> String {
    let clean = clean(text);
    let clean = clean.trim();
    let fence = "`".repeat(longest_run(clean, '`').max(2) + 1);
    let mut out = format!("> {fence}text\n");
    for line in clean.lines() {
        out.push_str("> ");
        out.push_str(line);
        out.push('\n');
    }
    out.push_str("> ");
    out.push_str(&fence);
    out
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|char| char != wanted).map(str::len).max().unwrap_or(0)
}

/// The agent's Markdown as a block: cleaned, defused for issue `own`, at most `longest` characters, with everything closed
/// that it opened. `note` stands at the end of a text that was cut.
pub fn markdown(text: &str, own: Option<u64>, longest: usize, note: &str) -> String {
    // Cut before the costly parts as well: of a text of megabytes nothing far beyond what can be shown is looked at.
    let (head, cut_first) = cut(text, longest.saturating_mul(4));
    let clean = clean(head);
    let (head, cut_then) = cut(clean.trim(), longest);
    let defused = defuse(&shorter_fences(head), Closes::number(own));
    let (head, cut_last) = cut(&defused, longest);
    let mut out = head.trim_end().to_owned();
    close(&mut out);
    if cut_first || cut_then || cut_last {
        out.push_str("\n\n");
        out.push_str(note);
    }
    out
}

/// The first `longest` characters, and whether there was more. Cuts at the end of a line where one is near.
pub fn cut(text: &str, longest: usize) -> (&str, bool) {
    let Some((end, _)) = text.char_indices().nth(longest) else { return (text, false) };
    let head = &text[..end];
    match head.rfind('\n') {
        Some(line) if end - line < end / 4 => (&head[..line], true),
        _ => (head, true),
    }
}

/// The text with runs of fence characters no longer than anybody needs: closing one takes as many again.
fn shorter_fences(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut last, mut run) = ('\0', 0_u32);
    for char in text.chars() {
        run = if char == last { run.saturating_add(1) } else { 1 };
        last = char;
        if run <= 64 || !matches!(char, '`' | '~') {
            out.push(char);
        }
    }
    out
}

/// Closes a code fence and HTML elements that the text left open: what follows it would stand inside.
fn close(text: &mut String) {
    let (parts, open) = fences::parts(text);
    let mut prose = String::new();
    for part in parts {
        if let fences::Part::Prose(part) = part {
            prose.push_str(&part.to_ascii_lowercase());
        }
    }
    if let Some(fence) = open {
        text.push('\n');
        text.push_str(&fence);
    }
    for tag in
        ["pre", "code", "script", "style", "textarea", "details", "table", "div", "blockquote", "sub", "sup", "h1"]
    {
        let opened = count_tags(&prose, &format!("<{tag}"));
        let closed = count_tags(&prose, &format!("</{tag}"));
        // More than a few nested ones are no mistake but mischief, and GitHub's sanitizer closes those anyway.
        for _ in closed..opened.min(closed + 16) {
            text.push_str(&format!("\n</{tag}>\n"));
        }
    }
    text.truncate(text.trim_end_matches('\n').len());
}

fn count_tags(text: &str, start: &str) -> usize {
    text.match_indices(start)
        .filter(|(at, _)| {
            text[at + start.len()..].chars().next().is_none_or(|next| next.is_whitespace() || matches!(next, '>' | '/'))
        })
        .count()
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_goes() {
        assert_eq!(clean("a\u{200b}b\u{202e}c\u{2066}d\u{feff}e\u{e0041}f\u{0}g\u{1b}[31mh"), "abcdefg[31mh");
        assert_eq!(clean("one\r\ntwo\rthree\ttab\u{2028}four"), "one\ntwo\nthree\ttab\nfour");
        assert_eq!(clean("é 漢字 😀 🇷🇺 ❤\u{fe0f}"), "é 漢字 😀 🇷🇺 ❤\u{fe0f}");
    }

    #[test]
    fn html_comments_go_however_they_are_built() {
        assert_eq!(clean("a <!-- hidden\nlines --> b"), "a  b");
        assert_eq!(clean("a <\u{200b}!-- hidden --> b"), "a  b");
        assert_eq!(clean("<!-->a<!--->b"), "ab");
        assert_eq!(clean("seen\n  <!-- no end\nhidden"), "seen\n  ");
        assert_eq!(clean("in `<!--` code"), "in `<! --` code");
        assert_eq!(clean("<!<!-- x -->-- codexctl:state -->"), "<! -- codexctl:state -->");
    }

    #[test]
    fn ten_megabytes_of_nested_comments_take_one_pass() {
        let hostile = "<!".repeat(5 << 20) + &"-->".repeat(10);
        assert!(!clean(&hostile).contains("<!--"));
        let hostile = "<!--<!-".repeat(1_500_000);
        assert!(!clean(&hostile).contains("<!--"));
    }

    #[test]
    fn words_in_a_line_stay_words_in_a_line() {
        insta::assert_snapshot!(inline("# a | b\n::set-output name=x::y"), @r"\# a \| b ::set-output name=x::y");
        insta::assert_snapshot!(inline("1. <script>alert(1)</script> [x](http://y) ![i](z)"), @r"1\. &lt;script&gt;alert(1)&lt;/script&gt; \[x\](http://y) \!\[i\](z)");
        insta::assert_snapshot!(inline("**bold** _it_ `code` {{x}} {{{y}}}").replace('\u{200b}', "·"), @r"\*\*bold\*\* \_it\_ \`code\` \{\{x\}\} \{\{\{y\}\}\}");
        insta::assert_snapshot!(inline("@octocat fixes #5 and C# too").replace('\u{200b}', "·"), @"@·octocat fixes #·5 and C# too");
        insta::assert_snapshot!(inline("- \u{202e}evil <!-- x -->"), @r"\- evil");
        assert_eq!(inline(""), "");
    }

    #[test]
    fn a_long_line_is_cut() {
        assert_eq!(inline(&"x".repeat(10_000_000)), format!("{}…", "x".repeat(LONGEST_INLINE)));
        assert_eq!(code(&"x".repeat(500)), format!("`{}…`", "x".repeat(LONGEST_INLINE)));
    }

    #[test]
    fn a_code_span_can_not_be_left() {
        assert_eq!(code("codex/issue-7"), "`codex/issue-7`");
        assert_eq!(code("a ` b `` c"), "```a ` b `` c```");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code("two\nlines"), "`two lines`");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
    }

    #[test]
    fn a_quotation_keeps_its_markup_to_itself() {
        insta::assert_snapshot!(quote("one\n```\n@octocat closes #5\n<!-- codexctl:progress -->"), @r"
        > ````text
        > one
        > ```
        > @octocat closes #5
        > ````
        ");
    }

    #[test]
    fn a_block_closes_what_it_opened() {
        assert_eq!(markdown("text\n```rust\nfn x() {}", None, 1000, ""), "text\n```rust\nfn x() {}\n```");
        assert_eq!(markdown("````\n```", None, 1000, ""), "````\n```\n````");
        assert_eq!(markdown("```\n<details>\n```\nfine", None, 1000, ""), "```\n<details>\n```\nfine");
        assert_eq!(
            markdown("<details><summary>x</summary>", None, 1000, ""),
            "<details><summary>x</summary>\n</details>"
        );
    }

    #[test]
    fn a_long_block_is_cut_at_a_line_and_says_so() {
        let long = "0123456789\n".repeat(20);
        let block = markdown(&long, None, 38, "(cut)");
        insta::assert_snapshot!(block, @r"
        0123456789
        0123456789
        0123456789

        (cut)
        ");
        let (head, more) = cut("äöü", 2);
        assert_eq!((head, more), ("äö", true));
    }
}
