//! Looks for secrets in what is about to leave: values that this run knows (as they are, as base64, encoded for an address), and
//! forms of the keys of well-known providers. A hit names place and rule, never the value.
//!
//! What is packed (archives, compressed or encrypted files) is not unpacked.

mod form;
mod harmless;
mod keys;

use std::fmt;

use serde::Serialize;

use crate::secrets::Redactor;

/// The rule of a value that the run itself knows.
const KNOWN: &str = "a secret value of this run";

/// A secret that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The file, or the text, such as `the commit message`.
    pub file: String,
    /// The 1-based line; none where the file has no lines or the name itself holds it.
    pub line: Option<usize>,
    /// What it looks like.
    pub rule: &'static str,
}

impl fmt::Display for Hit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.file, self.rule),
            None => write!(out, "{}: {}", self.file, self.rule),
        }
    }
}

/// Scans a text that goes to GitHub. `name` says which, such as `the pull request's text`.
pub fn text(name: &str, text: &str, redactor: &Redactor) -> Vec<Hit> {
    hits(name, None, text, redactor)
}

/// Scans a whole file.
pub fn file(path: &str, content: &[u8], redactor: &Redactor) -> Vec<Hit> {
    let (shown, told) = shown_name(path, redactor);
    let content = String::from_utf8_lossy(content);
    let binary = content.contains('\0');
    let found = in_file(&shown, path, &content, redactor).into_iter();
    told.into_iter().chain(found.map(|hit| Hit { line: hit.line.filter(|_| !binary), ..hit })).collect()
}

/// Scans the added lines of a diff without context (`-U0 --text`), file by file, and the files' names.
pub(super) fn diff(diff: &[u8], redactor: &Redactor) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in added(diff) {
        let (shown, told) = shown_name(&file.name, redactor);
        hits.extend(told);
        let binary = file.text.contains('\0');
        for hit in in_file(&shown, &file.name, &file.text, redactor) {
            let line = hit.line.and_then(|line| file.lines.get(line - 1).copied()).filter(|_| !binary);
            let hit = Hit { line, ..hit };
            if !hits.contains(&hit) {
                hits.push(hit);
            }
        }
    }
    hits
}

/// The name under which a file may be told, and the hit in the name itself: a name that holds a secret is not told.
fn shown_name(path: &str, redactor: &Redactor) -> (String, Option<Hit>) {
    let unnamed = "a file whose name holds a secret";
    match text("the name of a file", path, redactor).into_iter().next() {
        Some(hit) => (unnamed.to_owned(), Some(Hit { line: None, ..hit })),
        None => (path.to_owned(), None),
    }
}

fn in_file(shown: &str, path: &str, content: &str, redactor: &Redactor) -> Vec<Hit> {
    let mut found = hits(shown, Some(path), content, redactor);
    if content.contains('\0') {
        // UTF-16 has a zero byte beside each character of a token.
        found.extend(hits(shown, Some(path), &content.replace('\0', ""), redactor));
        found.sort_by_key(|hit| hit.line);
        found.dedup();
    }
    found
}

fn hits(name: &str, path: Option<&str>, text: &str, redactor: &Redactor) -> Vec<Hit> {
    let hit = |(line, rule)| Hit { file: name.to_owned(), line: Some(line), rule };
    let mut hits: Vec<_> = keys::find(path, text.as_bytes()).into_iter().map(hit).collect();
    hits.extend(redactor.find_line(text).map(|line| hit((line, KNOWN))));
    hits.sort_by(|a, b| (a.line, a.rule).cmp(&(b.line, b.rule)));
    hits.dedup();
    hits
}

/// What a diff adds to a file.
struct Added {
    name: String,
    /// The added lines, joined.
    text: String,
    /// For each of them its number in the file.
    lines: Vec<usize>,
}

fn added(diff: &[u8]) -> Vec<Added> {
    let mut files: Vec<Added> = Vec::new();
    let mut lines = diff.split(|byte| *byte == b'\n');
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix(b"diff --git ") {
            // Both names are the same without renames; a deleted file adds nothing and keeps this name.
            files.push(Added { name: name_of(rest), text: String::new(), lines: Vec::new() });
        } else if let Some((removed, at, count)) = hunk(line) {
            // Counted, not guessed by their first byte: a line of content may look like a header.
            let mut removed = removed;
            let mut at = at;
            let mut left = count;
            while removed > 0 || left > 0 {
                let Some(line) = lines.next() else { break };
                match line.first() {
                    Some(b'-') => removed = removed.saturating_sub(1),
                    Some(b'+') => {
                        left = left.saturating_sub(1);
                        if let Some(file) = files.last_mut() {
                            file.text.push_str(&String::from_utf8_lossy(&line[1..]));
                            file.text.push('\n');
                            file.lines.push(at);
                        }
                        at += 1;
                    }
                    // `\ No newline at end of file`
                    _ => {}
                }
            }
        }
    }
    files
}

/// The name in `a/NAME b/NAME` or `"a/NAME" "b/NAME"`.
fn name_of(rest: &[u8]) -> String {
    let text = String::from_utf8_lossy(rest);
    let half = &text[text.len().div_ceil(2)..];
    half.trim_matches('"').strip_prefix("b/").unwrap_or(half).to_owned()
}

/// Removed lines, first added line and added lines of `@@ -a,b +c,d @@`.
fn hunk(line: &[u8]) -> Option<(usize, usize, usize)> {
    let text = std::str::from_utf8(line.strip_prefix(b"@@ -")?.split(|byte| *byte == b'@').next()?).ok()?;
    let (old, new) = text.trim_end().split_once(" +")?;
    let parse = |range: &str| -> Option<(usize, usize)> {
        let (at, count) = range.split_once(',').unwrap_or((range, "1"));
        Some((at.parse().ok()?, count.parse().ok()?))
    };
    let (new_at, new_count) = parse(new)?;
    Some((parse(old)?.1, new_at, new_count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secret;

    fn redactor() -> Redactor {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("known-canary-value".to_owned()));
        redactor
    }

    #[test]
    fn only_added_lines_count_and_carry_their_number_in_the_file() {
        let token = format!("ghp_{}", "aB3dE6gH9".repeat(4));
        let text = format!(
            "diff --git a/web/a.rs b/web/a.rs\nindex 1..2 100644\n--- a/web/a.rs\n+++ b/web/a.rs\n@@ -3 +3,0 @@\n-let old = \"{token}\";\n@@ -10,0 +9,2 @@ fn x()\n+one\n+let new = \"{token}\";\n\
             diff --git a/b.txt b/b.txt\n--- a/b.txt\n+++ b/b.txt\n@@ -0,0 +1,2 @@\n++++ b/known-canary-value\n+fine\n\\ No newline at end of file\n"
        );
        let hits: Vec<_> = diff(text.as_bytes(), &redactor()).iter().map(ToString::to_string).collect();
        assert_eq!(hits, ["web/a.rs:10: GitHub token", "b.txt:1: a secret value of this run"]);
    }

    #[test]
    fn a_line_that_looks_like_a_header_hides_nothing() {
        let text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,3 @@\n+@@ -0,0 +0,0 @@\n+diff --git a/y b/y\n+known-canary-value\n";
        let hits = diff(text.as_bytes(), &redactor());
        assert_eq!(hits, [Hit { file: "x".into(), line: Some(3), rule: KNOWN }]);
    }

    #[test]
    fn a_binary_file_is_scanned_and_named_without_a_line() {
        let text = b"diff --git a/x.bin b/x.bin\n@@ -0,0 +1 @@\n+\0\xff\0known-canary-value\0\n";
        assert_eq!(diff(text, &redactor()), [Hit { file: "x.bin".into(), line: None, rule: KNOWN }]);
    }

    #[test]
    fn a_name_with_a_secret_is_not_told() {
        let text = b"diff --git a/known-canary-value b/known-canary-value\nnew file mode 100644\n";
        let hits = diff(text, &redactor());
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].to_string(), "the name of a file: a secret value of this run");
        assert!(!hits[0].to_string().contains("known-canary"), "{}", hits[0]);
    }

    #[test]
    fn a_text_of_two_bytes_a_character_hides_nothing() {
        for bytes in [str::encode_utf16, str::encode_utf16].into_iter().zip([u16::to_le_bytes, u16::to_be_bytes]) {
            let content: Vec<u8> = bytes.0("key: known-canary-value\n").flat_map(bytes.1).collect();
            assert_eq!(file("x.txt", &content, &redactor()), [Hit { file: "x.txt".into(), line: None, rule: KNOWN }]);
        }
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("p@ss word/\"1234".to_owned()));
        for text in
            ["p%40ss%20word%2F%221234", "p%40ss%20word%2f%221234", "p%40ss+word%2F%221234", "p@ss word/\\\"1234"]
        {
            assert_eq!(super::text("x", text, &redactor).len(), 1, "{text}");
        }
    }

    #[test]
    fn odd_names_are_shown_as_git_shows_them() {
        let text = b"diff --git \"a/we\\\"ird\" \"b/we\\\"ird\"\n@@ -0,0 +1 @@\n+known-canary-value\ndiff --git a/a b.txt b/a b.txt\n@@ -0,0 +2 @@\n+known-canary-value\n";
        let hits: Vec<_> = diff(text, &redactor()).iter().map(ToString::to_string).collect();
        assert_eq!(hits, ["we\\\"ird:1: a secret value of this run", "a b.txt:2: a secret value of this run"]);
    }

    #[test]
    fn a_hit_in_a_text_names_its_line_and_not_the_value() {
        let hits = text("the pull request's text", "fine\nit is known-canary-value", &redactor());
        assert_eq!(hits[0].to_string(), "the pull request's text:2: a secret value of this run");
    }
}
