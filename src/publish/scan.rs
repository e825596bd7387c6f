//! Looks for secrets in what is about to leave: values that this run knows, and shapes of well-known tokens. A hit names place
//! and rule, never the value.

mod rules;

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
    let mut hits: Vec<_> = rules::find(text)
        .into_iter()
        .map(|(line, rule)| Hit { file: name.to_owned(), line: Some(line), rule })
        .collect();
    if let Some(line) = redactor.find_line(text) {
        hits.push(Hit { file: name.to_owned(), line: Some(line), rule: KNOWN });
    }
    hits.sort_by_key(|hit| hit.line);
    hits
}

/// Scans the added lines of a diff without context (`-U0 --text`), file by file, and the files' names.
pub(super) fn diff(diff: &[u8], redactor: &Redactor) -> Vec<Hit> {
    let mut hits = Vec::new();
    for file in added(diff) {
        // A name that holds a secret must not be told.
        if redactor.find_line(&file.name).is_some() || !rules::find(&file.name).is_empty() {
            hits.push(Hit { file: "the name of a file".to_owned(), line: None, rule: KNOWN });
            continue;
        }
        let binary = file.text.contains('\0');
        for hit in text(&file.name, &file.text, redactor) {
            let line = hit.line.and_then(|line| file.lines.get(line - 1).copied()).filter(|_| !binary);
            hits.push(Hit { line, ..hit });
        }
    }
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
        assert!(!hits[0].to_string().contains("known-canary"), "{}", hits[0]);
    }

    #[test]
    fn a_hit_in_a_text_names_its_line_and_not_the_value() {
        let hits = text("the pull request's text", "fine\nit is known-canary-value", &redactor());
        assert_eq!(hits[0].to_string(), "the pull request's text:2: a secret value of this run");
    }
}
