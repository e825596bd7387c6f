//! Texts of the agent made harmless for GitHub: nobody is called, no other issue is closed, no check is skipped.

mod defuse;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

pub use defuse::defuse;

/// The most characters (Unicode code points) that GitHub takes in a comment, issue or pull request: it answers "body is too long
/// (maximum is 65536 characters)".
pub const BODY_LIMIT: usize = 65_536;

/// The most characters that GitHub takes in a title: "title is too long (maximum is 256 characters)".
pub const TITLE_LIMIT: usize = 256;

/// The issue that a text may close, and the repository that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closes<'a> {
    /// `owner/name`; empty: only a bare number names the issue.
    pub repository: &'a str,
    /// The issue; none: the text may close nothing.
    pub issue: Option<u64>,
}

impl Closes<'static> {
    /// The issue by its bare number.
    pub const fn number(issue: Option<u64>) -> Self {
        Self { repository: "", issue }
    }
}

// The patterns below are constants that the tests compile, so that failing to compile can't happen in a release.
fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the pattern is a constant, compiled by the tests")]
    Regex::new(text).expect("a constant pattern")
}

static SKIP: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\[\s*(?:(?:skip|no)[\s_-]*(?:ci|actions)|(?:ci|actions)[\s_-]*skip)\s*\]"));

/// The trailer `skip-checks: true`, however it is written. Source: the same page as for [`skip_mark`].
static SKIP_TRAILER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?im)^[\s>*_`-]*skip[-_ ]checks[ \t]*[:=][ \t"'`]*true\b.*$"#));

/// The first mark in a commit message that asks for no checks: the four of spec 4.1 and the others that GitHub knows, in any case.
///
/// GitHub's docs say nothing of case; a push that might ask to be left alone is left alone.
/// Source: <https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs>.
pub fn skip_mark(message: &str) -> Option<&str> {
    SKIP.find(message).map(|found| found.as_str())
}

/// Takes marks out that would skip checks, also those that only appear when another is gone.
fn without_skip_marks(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    while text.contains('[') && SKIP.is_match(&text) {
        text = Cow::Owned(SKIP.replace_all(&text, " ").into_owned());
    }
    text
}

/// A title for GitHub, also fit to be a commit's first line: one line of at most [`TITLE_LIMIT`] characters without control and
/// direction characters, mentions, closing keywords and marks that skip checks; `fallback` where nothing is left.
pub fn title(text: &str, fallback: &str, closes: Closes<'_>) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() || is_line_end(c) { ' ' } else { c })
        .filter(|c| !is_invisible(*c))
        .collect();
    // A title has no markup that a character could become part of.
    let words = without_skip_marks(&defuse::spelled_out(&plain)).split_whitespace().collect::<Vec<_>>().join(" ");
    let defused = defuse::defuse_words(&words, closes);
    let title = if defused.is_empty() { fallback } else { &defused };
    match title.char_indices().nth(TITLE_LIMIT) {
        None => title.to_owned(),
        Some(_) => {
            let kept: String = title.chars().take(TITLE_LIMIT - 1).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

/// A message in which nothing skips checks: marks in brackets are taken out, and lines `skip-checks: true`, which count as a trailer.
/// Whoever wrote the message, what goes out as a commit of ours goes through this. A first line can be no trailer.
pub fn checked(message: &str) -> String {
    let message = without_skip_marks(message);
    let (first, rest) = message.split_once('\n').unwrap_or((&message, ""));
    if !SKIP_TRAILER.is_match(rest) {
        return message.into_owned();
    }
    let lines = rest.split('\n').filter(|line| !SKIP_TRAILER.is_match(line));
    std::iter::once(first).chain(lines).collect::<Vec<_>>().join("\n")
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character takes no place of its own, steers the direction of text, or is a control other than newline and tab.
pub fn is_invisible(char: char) -> bool {
    matches!(char,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'     // C0 and C1 controls
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}'  // soft hyphen, joiners, Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'           // Hangul fillers
        | '\u{17b4}' | '\u{17b5}'                                     // Khmer inherent vowels
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'           // zero width, marks and embeddings
        | '\u{2060}'..='\u{206f}' | '\u{feff}'                        // word joiner, isolates, byte order mark
        | '\u{fff0}'..='\u{fffb}'                                     // interlinear annotations
        | '\u{1d173}'..='\u{1d17a}'                                   // musical format controls
        | '\u{e0000}'..='\u{e0fff}'                                   // tags and the selectors beyond the first sixteen
    )
}

#[cfg(test)]
mod tests;
