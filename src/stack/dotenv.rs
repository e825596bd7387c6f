//! Files of variables: dotenv files as the `godotenv` package of Go reads them, var files, and `A=1,B=2`.

/// One assignment of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) value: String,
    /// 1-based line; for an inline list the number of the item.
    pub(super) line: usize,
}

/// A line that is no assignment. Never shows its text: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadLine {
    pub(super) line: usize,
    pub(super) text: &'static str,
}

/// Reads a dotenv file: `KEY=value`, `KEY: value`, `export`, comments, quotes, several lines in quotes, `${NAME}` of this file.
pub(super) fn dotenv(text: &str) -> Result<Vec<Assignment>, BadLine> {
    let mut found: Vec<Assignment> = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    while !rest.is_empty() {
        let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let start = rest[..end].trim();
        if start.is_empty() || start.starts_with('#') {
            line += 1;
            rest = &rest[end..];
            continue;
        }
        let indent = rest.len() - rest.trim_start().len();
        let (name, value_at) = name_of(&rest[indent..end], line)?;
        let value = &rest[indent + value_at..];
        let (value, used) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted(value, quote, line, &found)?,
            _ => bare(value, &found),
        };
        found.push(Assignment { name, value, line });
        let mut next = indent + value_at + used;
        // What follows a closing quote on its line is a comment.
        next += rest[next..].find('\n').map_or(rest.len() - next, |at| at + 1);
        line += rest[..next].matches('\n').count();
        rest = &rest[next..];
    }
    Ok(found)
}

/// The pairs of a dotenv text that is no file.
///
/// # Errors
/// A line that is no assignment, by its number; its text stays unsaid.
pub(crate) fn dotenv_text(text: &str) -> Result<Vec<(String, String)>, String> {
    let found = dotenv(text).map_err(|bad| format!("line {}: {}", bad.line, bad.text))?;
    Ok(found.into_iter().map(|one| (one.name, one.value)).collect())
}

/// The name at the start of a line and the offset where its value starts.
fn name_of(line: &str, number: usize) -> Result<(String, usize), BadLine> {
    let bad = |text| BadLine { line: number, text };
    let body = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t'])).map_or(line, str::trim_start);
    let skipped = line.len() - body.len();
    let separator = body.find(['=', ':', '\n']).unwrap_or(body.len());
    let name = body[..separator].trim();
    if !matches!(body.as_bytes().get(separator), Some(b'=' | b':')) {
        return Err(bad("expected `KEY=value`"));
    }
    if name.is_empty() {
        return Err(bad("the name before `=` is missing"));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.') {
        return Err(bad("a variable's name has letters, digits and `_` only"));
    }
    let after = &body[separator + 1..];
    let blank = after.len() - after.trim_start_matches([' ', '\t']).len();
    Ok((name.to_owned(), skipped + separator + 1 + blank))
}

/// An unquoted value up to the end of the line or a comment, and how many bytes it took.
fn bare(text: &str, known: &[Assignment]) -> (String, usize) {
    let line = text.split('\n').next().unwrap_or_default();
    let mut end = line.len();
    for (at, _) in line.match_indices('#') {
        if at == 0 || line[..at].ends_with([' ', '\t']) {
            end = at;
            break;
        }
    }
    (expand(line[..end].trim(), known), line.len())
}

/// A quoted value, which may go over several lines, and how many bytes it took with its quotes.
fn quoted(text: &str, quote: char, line: usize, known: &[Assignment]) -> Result<(String, usize), BadLine> {
    let mut escaped = false;
    for (at, found) in text.char_indices().skip(1) {
        if found == quote && !escaped {
            let body = &text[1..at];
            let value = if quote == '"' { expand(&unescape(body), known) } else { body.to_owned() };
            return Ok((value, at + 1));
        }
        escaped = found == '\\' && !escaped;
    }
    Err(BadLine { line, text: "the quote that starts this value is never closed" })
}

/// `\n` and `\r`; any other escaped character but `$` stands for itself.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(found) = chars.next() {
        if found != '\\' {
            out.push(found);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('$') => out.push_str("\\$"),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

/// Puts in `$NAME` and `${NAME}` (upper case, as godotenv has it) from the lines above; `\$` is a dollar.
fn expand(text: &str, known: &[Assignment]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        if let Some(before) = before.strip_suffix('\\') {
            out.push_str(before);
            out.push('$');
            rest = after;
            continue;
        }
        out.push_str(before);
        let braced = after.starts_with('{');
        let body = if braced { &after[1..] } else { after };
        let end = body.find(|found: char| !(found.is_ascii_uppercase() || found.is_ascii_digit() || found == '_'));
        let name = &body[..end.unwrap_or(body.len())];
        let closed = !braced || body[name.len()..].starts_with('}');
        if name.is_empty() || !closed {
            out.push('$');
            rest = after;
            continue;
        }
        if let Some(found) = known.iter().rev().find(|found| found.name == name) {
            out.push_str(&found.value);
        }
        rest = &body[name.len() + usize::from(braced)..];
    }
    out.push_str(rest);
    out
}

/// Reads a var file: lines `key: value` or `KEY=value`, quotes stripped, `#` comments. Other lines are told, not taken.
pub(super) fn var_file(text: &str) -> (Vec<Assignment>, Vec<BadLine>) {
    let mut found = Vec::new();
    let mut bad = Vec::new();
    for (index, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line == "---" {
            continue;
        }
        let Some(at) = line.find(['=', ':']).filter(|at| *at > 0) else {
            bad.push(BadLine { line: number, text: "expected `key: value` or `KEY=value`" });
            continue;
        };
        let name = line[..at].trim().to_owned();
        let value = unquote(line[at + 1..].trim()).to_owned();
        found.push(Assignment { name, value, line: number });
    }
    (found, bad)
}

fn unquote(text: &str) -> &str {
    ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(text)
}

/// Reads `A=1,B=2`. The number of a bad item is counted from 1.
pub(super) fn inline(text: &str) -> Result<Vec<Assignment>, BadLine> {
    let mut found = Vec::new();
    for (index, item) in text.split(',').enumerate() {
        let line = index + 1;
        let item = item.trim();
        if item.is_empty() {
            continue;
        }
        let Some((name, value)) = item.split_once('=') else {
            return Err(BadLine { line, text: "expected `NAME=value`; a value with a comma goes into a var file" });
        };
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err(BadLine { line, text: "the name before `=` is missing" });
        }
        found.push(Assignment { name, value: value.trim().to_owned(), line });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        dotenv(text).unwrap().into_iter().map(|found| (found.name, found.value)).collect()
    }

    #[test]
    fn a_dotenv_file_is_read_as_godotenv_reads_it() {
        let text = "# comment\r\nA=1\r\nexport B = two words # not this\nC: yes\nD='a $A \\n'\nE=\"x\\ny ${A} \\$A\"\n\
                    F=\"two\nlines\" # rest\nG=a#b\nH=\nI=$A-${B}-$lower-${NOPE}\n";
        insta::assert_debug_snapshot!(pairs(text), @r#"
        [
            (
                "A",
                "1",
            ),
            (
                "B",
                "two words",
            ),
            (
                "C",
                "yes",
            ),
            (
                "D",
                "a $A \\n",
            ),
            (
                "E",
                "x\ny 1 $A",
            ),
            (
                "F",
                "two\nlines",
            ),
            (
                "G",
                "a#b",
            ),
            (
                "H",
                "",
            ),
            (
                "I",
                "1-two words-$lower-",
            ),
        ]
        "#);
    }

    #[test]
    fn a_bad_dotenv_line_is_named_by_number_and_never_shown() {
        assert_eq!(dotenv("A=1\nghp_secret\n").unwrap_err().line, 2);
        assert_eq!(dotenv("A=\"open\nB=2\n").unwrap_err().text, "the quote that starts this value is never closed");
        assert_eq!(dotenv("=1\n").unwrap_err().text, "the name before `=` is missing");
        assert_eq!(dotenv("A-B=1\n").unwrap_err().text, "a variable's name has letters, digits and `_` only");
    }

    #[test]
    fn lines_are_counted_across_values_of_several_lines() {
        let found = dotenv("A=\"1\n2\n3\"\n\nB=4\n").unwrap();
        assert_eq!(found[1].line, 5);
    }

    #[test]
    fn a_var_file_takes_both_forms_and_strips_quotes() {
        let (found, bad) = var_file("---\nname: \"shop\"\nURL=https://a/?b=c\nquoted: 'it''s'\nnonsense\n# no\n");
        let found: Vec<_> = found.iter().map(|found| format!("{}={}", found.name, found.value)).collect();
        assert_eq!(found, ["name=shop", "URL=https://a/?b=c", "quoted=it''s"]);
        assert_eq!(bad, [BadLine { line: 5, text: "expected `key: value` or `KEY=value`" }]);
    }

    #[test]
    fn an_inline_list_is_split_at_commas() {
        let found = inline(" A=1 , B = 2=3 ,,C=").unwrap();
        let found: Vec<_> = found.iter().map(|found| format!("{}={}", found.name, found.value)).collect();
        assert_eq!(found, ["A=1", "B=2=3", "C="]);
        assert_eq!(inline("A=1,2").unwrap_err().line, 2);
        assert_eq!(inline("=1").unwrap_err().text, "the name before `=` is missing");
    }
}
