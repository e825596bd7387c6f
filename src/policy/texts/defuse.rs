//! Mentions and closing keywords in the agent's Markdown are made harmless: it must not call people or close other issues.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{Closes, pattern};
use crate::policy::fences::{Part, parts};

/// Breaks a word for a machine and not for an eye: ZERO WIDTH SPACE, which no mention or keyword of GitHub's may hold.
pub(super) const BREAK: char = '\u{200b}';

/// Closing keywords with what they point to. Source of keywords and forms:
/// <https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>.
/// Between both, Markdown, HTML and character references that GitHub doesn't draw as words may stand.
static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?is)(?P<before>^|[^\p{Alphabetic}\p{Nd}])",
        r"(?P<word>close[sd]?|fix(?:e[sd])?|resolve[sd]?)",
        r"(?P<gap>(?:<[^>]{0,300}>|\[[^\]\n]{0,300}\]\(|&#?\w{1,31};|[^\p{Alphabetic}\p{Nd}#])*?)",
        r"(?P<to>",
        r"#(?P<number>\d+)",
        r"|gh-(?P<gh>\d+)",
        r"|(?P<repository>[\w.-]+/[\w.-]+)#(?P<far>\d+)",
        r"|https?://[^\s/]+/(?P<path>[\w.-]+/[\w.-]+)/(?:issues|pull)/(?P<url>\d+)",
        r")"
    ))
});

/// A mention, or an address, in which what looks like a mention needs another remedy.
/// One behind a letter or digit is part of an address of mail, which GitHub leaves alone.
static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?P<address>(?i:\bhttps?)://[A-Za-z0-9.-]+[^\s<>`]*)|(?P<before>^|[^A-Za-z0-9])@(?P<login>[A-Za-z0-9])")
});

/// The same inside an address.
static IN_ADDRESS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?P<before>[^A-Za-z0-9])@(?P<login>[A-Za-z0-9])"));

/// Character references; GitHub looks for mentions and keywords in the drawn text. Breaks around one are taken along, so that they
/// don't grow.
static REFERENCES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\x{200b}?(?P<whole>&(?:#0*(?P<dec>\d{1,7})|#[xX]0*(?P<hex>[0-9a-fA-F]{1,6})",
        r"|(?P<name>commat|num|sol|colon|period|lowbar|UnderBar));)\x{200b}?"
    ))
});

/// Defuses mentions and closing keywords, except those of the one issue that this work may close. Doing it twice changes nothing.
///
/// What is code for certain stays as it is: people copy it, and GitHub looks for nothing there. In doubt it is prose, because telling
/// the two apart takes GitHub's own parser, and a reader that errs once calls a stranger.
pub fn defuse(text: &str, closes: Closes<'_>) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for piece in pieces(text) {
        match piece {
            Piece::Code(code) => out.push_str(code),
            Piece::Words(words) => out.push_str(&defuse_words(&words, closes)),
        }
    }
    out
}

/// A part of a text; words are as long as no code interrupts them, because a keyword may stand on another line than its issue.
enum Piece<'a> {
    Code(&'a str),
    Words(Cow<'a, str>),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for part in parts(text).0 {
        match part {
            Part::Code(code) => pieces.push(Piece::Code(code)),
            Part::Prose(prose) => {
                let mut at = 0;
                while at < prose.len() {
                    let end = prose[at..].find("\n\n").map_or(prose.len(), |end| at + end + 2);
                    paragraph(&prose[at..end], &mut pieces);
                    at = end;
                }
            }
        }
    }
    pieces
}

fn add_words<'a>(words: &'a str, pieces: &mut Vec<Piece<'a>>) {
    match pieces.last_mut() {
        Some(Piece::Words(before)) => before.to_mut().push_str(words),
        _ => pieces.push(Piece::Words(Cow::Borrowed(words))),
    }
}

/// Code spans of a paragraph are spared only where no reading of it makes them anything else: each is closed on its line,
/// and nothing is there (tables, HTML, escapes) that is read before code spans are.
fn paragraph<'a>(text: &'a str, pieces: &mut Vec<Piece<'a>>) {
    let doubtful = text.contains(['<', '|', '\\']);
    let lines: Option<Vec<_>> = if doubtful { None } else { text.split_inclusive('\n').map(spans_of_line).collect() };
    let Some(lines) = lines else { return add_words(text, pieces) };
    for (text, code) in lines.into_iter().flatten() {
        if code {
            pieces.push(Piece::Code(text));
        } else {
            add_words(text, pieces);
        }
    }
}

/// The line as words and code spans, and which of the two; `None` when a run of backticks has no partner on the line.
fn spans_of_line(line: &str) -> Option<Vec<(&str, bool)>> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let run = run_of(&rest[start..]);
        let mut at = start + run;
        let end = loop {
            let found = at + rest[at..].find('`')?;
            let length = run_of(&rest[found..]);
            at = found + length;
            if length == run {
                break at;
            }
        };
        spans.extend([(&rest[..start], false), (&rest[start..end], true)]);
        rest = &rest[end..];
    }
    spans.push((rest, false));
    Some(spans)
}

fn run_of(text: &str) -> usize {
    text.chars().take_while(|char| *char == '`').count()
}

/// A reference is not spelled out: the character could begin a list or end a comment, which the reference can't.
fn without_references(words: &str) -> Cow<'_, str> {
    REFERENCES.replace_all(words, |found: &Captures<'_>| match meant(found) {
        Some(_) => format!("{BREAK}{}{BREAK}", &found["whole"]),
        None => found[0].to_owned(),
    })
}

fn without_mentions(words: &str) -> String {
    let tamed = MENTION.replace_all(words, |found: &Captures<'_>| match found.name("address") {
        // A break would lead the address astray, while the encoded character leads to the same place.
        Some(address) => IN_ADDRESS.replace_all(address.as_str(), "${before}%40${login}").into_owned(),
        None => format!("{}@{BREAK}{}", &found["before"], &found["login"]),
    });
    tamed.into_owned()
}

/// The same for a text in which nothing is code, such as a title, which is also a commit's first line.
pub(super) fn defuse_words(words: &str, closes: Closes<'_>) -> String {
    // Each pattern takes milliseconds to compile, and most texts hold nothing that it could be about.
    let words = if words.contains('&') { without_references(words) } else { Cow::Borrowed(words) };
    let words = if words.contains('@') { Cow::Owned(without_mentions(&words)) } else { words };
    if !words.contains(char::is_numeric) {
        return words.into_owned();
    }
    let mut out = String::with_capacity(words.len() + 16);
    let mut done = 0;
    // On from behind the keyword, not from behind the number: what stands between both may hold another pair.
    while let Some(found) = CLOSING.captures_at(&words, done) {
        let Some(word) = found.name("word") else { break };
        // Keywords are ASCII, so the first letter is one byte.
        out.push_str(&words[done..=word.start()]);
        if !may_close(&found, closes) {
            out.push(BREAK);
        }
        out.push_str(&words[word.start() + 1..word.end()]);
        done = word.end();
    }
    out.push_str(&words[done..]);
    out
}

fn may_close(found: &Captures<'_>, closes: Closes<'_>) -> bool {
    let group = |name| found.name(name).map(|part| part.as_str());
    let number = ["number", "gh", "far", "url"].into_iter().find_map(group);
    let here =
        group("repository").or_else(|| group("path")).is_none_or(|named| named.eq_ignore_ascii_case(closes.repository));
    here && closes.issue.is_some() && number.and_then(|number| number.parse().ok()) == closes.issue
}

/// The text with references as the characters that they stand for, where those could be part of a mark.
pub(super) fn spelled_out(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    REFERENCES.replace_all(text, |found: &Captures<'_>| {
        meant(found).map_or_else(|| found[0].to_owned(), |char| char.to_string())
    })
}

/// The character that a reference stands for, where it could be part of a mark.
fn meant(found: &Captures<'_>) -> Option<char> {
    let group = |name| found.name(name).map(|part| part.as_str());
    let code = group("dec").and_then(|dec| dec.parse().ok()).or_else(|| u32::from_str_radix(group("hex")?, 16).ok());
    let char = match group("name") {
        Some("commat") => '@',
        Some("num") => '#',
        Some("sol") => '/',
        Some("colon") => ':',
        Some("period") => '.',
        Some(_) => '_',
        None => char::from_u32(code?)?,
    };
    (char.is_ascii_alphanumeric() || "@#/:._-".contains(char)).then_some(char)
}

#[cfg(test)]
mod tests;
