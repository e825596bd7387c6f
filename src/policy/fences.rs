//! Which parts of a Markdown text are fenced code for certain. In doubt a part is prose: prose gets the stricter treatment.

/// A part of a text.
pub(crate) enum Part<'a> {
    /// Fenced code with its fences.
    Code(&'a str),
    /// All else.
    Prose(&'a str),
}

/// The text's parts in order, and the fence that is still open at its end.
///
/// Rules: CommonMark 0.31, 4.5 (fences), 4.6 (an HTML block lasts to the next blank line) and 5.2 (a fence that is
/// indented below a list ends with its item, so such a one is not certain).
pub(crate) fn parts(text: &str) -> (Vec<Part<'_>>, Option<String>) {
    let mut parts = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let (mut start, mut at) = (0, 0);
    let (mut in_html, mut seen_list) = (false, false);
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let trimmed = line.trim_start_matches(' ');
        let indent = line.len() - trimmed.len();
        let fence = fence(trimmed).filter(|_| indent == 0 || (indent < 4 && !seen_list));
        match (open, fence) {
            (None, Some((char, length, _))) if !in_html => {
                if start < at {
                    parts.push(Part::Prose(&text[start..at]));
                }
                start = at;
                open = Some((char, length));
            }
            (Some((char, least)), Some((found, length, true))) if found == char && length >= least => {
                parts.push(Part::Code(&text[start..end]));
                start = end;
                open = None;
            }
            (Some(_), _) => {}
            (None, _) => {
                in_html = !trimmed.trim().is_empty() && (in_html || (indent < 4 && trimmed.starts_with('<')));
                seen_list |= trimmed.starts_with(['-', '*', '+', '>'])
                    || trimmed.starts_with(|char: char| char.is_ascii_digit());
            }
        }
        at = end;
    }
    if start < text.len() {
        parts.push(if open.is_some() { Part::Code(&text[start..]) } else { Part::Prose(&text[start..]) });
    }
    (parts, open.map(|(char, length)| char.to_string().repeat(length)))
}

/// The fence that a line begins with: its character, its length, and whether it may end a block.
pub(super) fn fence(line: &str) -> Option<(char, usize, bool)> {
    let char = line.chars().next().filter(|char| matches!(char, '`' | '~'))?;
    let length = line.chars().take_while(|next| *next == char).count();
    let info = &line[length..];
    if length < 3 || (char == '`' && info.contains('`')) {
        return None;
    }
    Some((char, length, info.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let (parts, open) = parts(text);
        let mut out: String = parts
            .iter()
            .map(|part| match part {
                Part::Code(code) => format!("code {code:?}; "),
                Part::Prose(prose) => format!("prose {prose:?}; "),
            })
            .collect();
        out.push_str(&format!("open {open:?}"));
        out
    }

    #[test]
    fn plain_fences_are_certain() {
        insta::assert_snapshot!(told("a\n```rust\n~~~\n```\nb"), @r#"prose "a\n"; code "```rust\n~~~\n```\n"; prose "b"; open None"#);
        insta::assert_snapshot!(told("~~~~\n~~~\n"), @r#"code "~~~~\n~~~\n"; open Some("~~~~")"#);
        insta::assert_snapshot!(told("  ```\n  x\n"), @r#"code "  ```\n  x\n"; open Some("```")"#);
    }

    #[test]
    fn what_only_looks_like_a_fence_is_prose() {
        insta::assert_snapshot!(told("    ```\n@x"), @r#"prose "    ```\n@x"; open None"#);
        insta::assert_snapshot!(told("- a\n  ```\n@x"), @r#"prose "- a\n  ```\n@x"; open None"#);
        insta::assert_snapshot!(told("> ```\n@x"), @r#"prose "> ```\n@x"; open None"#);
        insta::assert_snapshot!(told("<div>\n```\n@x"), @r#"prose "<div>\n```\n@x"; open None"#);
        insta::assert_snapshot!(told("``` a`b\n@x"), @r#"prose "``` a`b\n@x"; open None"#);
    }
}
