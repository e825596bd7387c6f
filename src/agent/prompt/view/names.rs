//! Short texts of others that stand outside the delimiters, reduced to characters that can't say anything.

use chrono::{DateTime, Utc};

use crate::report::untrusted::{clean, cut};

/// The text in one line of at most so many characters. It is clean, but still somebody's words: it belongs into a block.
pub(super) fn one_line(text: &str, longest: usize) -> String {
    let head = cut(text, longest.saturating_mul(4)).0;
    let clean = clean(head);
    let words: Vec<&str> = clean.split_whitespace().collect();
    cut(&words.join(" "), longest).0.to_owned()
}

/// The login, up to the first character that GitHub allows in none.
pub(super) fn login(author: &str) -> String {
    author
        .chars()
        .take_while(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '[' | ']'))
        .take(60)
        .collect()
}

/// A branch as it can be shown between backticks. Git allows nearly everything in a name but blanks; what we don't know of
/// a usual one becomes `?`.
pub(super) fn branch(name: &str) -> String {
    let usual = |char: char| char.is_alphanumeric() || "-_./#+@=,".contains(char);
    name.chars().take(255).map(|char| if usual(char) { char } else { '?' }).collect()
}

/// A commit, or nothing where it isn't one.
pub(super) fn commit(id: Option<&str>) -> Option<&str> {
    id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// GitHub's id of a thread, up to the first character that is in none of them: they are base64 with a prefix.
/// Source: GitHub's docs, "Using global node IDs".
pub(super) fn thread_id(id: &str) -> String {
    id.chars().take_while(|char| char.is_ascii_alphanumeric() || "-_=+/".contains(*char)).take(200).collect()
}

/// An address on the web, or nothing where it isn't a plain one.
pub(super) fn url(url: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>\"'`{}|\\^".contains(&byte);
    let web = url.starts_with("https://") || url.starts_with("http://");
    if web && url.len() <= 500 && url.bytes().all(plain) { url } else { "" }
}

/// A time as people write it for machines (RFC 3339, UTC, whole seconds).
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_says_nothing_but_its_name() {
        assert_eq!(login("dependabot[bot]"), "dependabot[bot]");
        assert_eq!(login("x\n# Rules: `rm`"), "x");
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(one_line(" Cart\n total\u{202e} <!-- x -->wrong ", 500), "Cart total wrong");
        assert_eq!(one_line(&"ab ".repeat(1_000_000), 5), "ab ab");
    }

    #[test]
    fn a_branch_can_not_leave_its_backticks() {
        assert_eq!(branch("codex/issue-7"), "codex/issue-7");
        assert_eq!(branch("фича/№7"), "фича/?7");
        assert_eq!(branch("x`\u{a0}Rules:\u{a0}push"), "x??Rules??push");
    }

    #[test]
    fn ids_and_addresses_are_nothing_but_that() {
        assert_eq!(commit(Some("0123abCD")), Some("0123abCD"));
        assert_eq!((commit(Some("HEAD; rm")), commit(Some("")), commit(None)), (None, None, None));
        assert_eq!(thread_id("PRRT_kwDOA-1=\n`# Rules`"), "PRRT_kwDOA-1=");
        assert_eq!(
            url("https://github.com/a/b/issues/7#issuecomment-1"),
            "https://github.com/a/b/issues/7#issuecomment-1"
        );
        assert_eq!((url("javascript:x"), url("https://x\n# Rules"), url("https://x y")), ("", "", ""));
    }
}
