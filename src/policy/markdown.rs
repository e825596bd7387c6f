//! Which lines of a Markdown text its author says, and doesn't quote, show as code or hide.
//!
//! It is meant for commands in comments, so it errs to one side: a line that might be a quote or code isn't said. It is no Markdown
//! parser. Source of the rules: <https://spec.commonmark.org/0.31.2/>.

use super::fences::fence;

/// Elements whose content is shown as it is, quoted or not shown at all.
const CLOSED_ELEMENTS: [&str; 7] = ["pre", "code", "blockquote", "script", "style", "textarea", "samp"];

/// The lines that are said, trimmed.
pub(super) fn said_lines(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    // A fence inside a list item is indented by any amount; outside one, four blanks make it plain code. Which of the two it is
    // takes a whole parser to tell, so a line has to be outside of code by either reading.
    let strict = unfenced(&lines, Fences::AtTheMargin);
    let loose = unfenced(&lines, Fences::Anywhere);
    let shown = shown(&lines);
    let mut said: Vec<bool> = (0..lines.len()).map(|at| strict[at] && loose[at] && shown[at]).collect();
    unquote(&lines, &mut said);
    unspan(&lines, &mut said);
    lines
        .iter()
        .zip(said)
        .filter(|(line, said)| *said && !line.trim().is_empty() && indent(line) < 4)
        .map(|(line, _)| line.trim())
        .collect()
}

/// The width of the blanks at a line's start; a tab counts as four, which is all that the rules here ask.
fn indent(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ' || *c == '\t').map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

#[derive(Clone, Copy, PartialEq)]
enum Fences {
    AtTheMargin,
    Anywhere,
}

/// For each line whether it is outside of fenced code; the fences themselves are inside.
fn unfenced(lines: &[&str], fences: Fences) -> Vec<bool> {
    let mut open: Option<(char, usize)> = None;
    lines
        .iter()
        .map(|line| {
            let body = match fences {
                Fences::AtTheMargin if indent(line) >= 4 => return open.is_none(),
                Fences::AtTheMargin => line.trim_start(),
                Fences::Anywhere => {
                    line.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || "-*+>.)".contains(c))
                }
            };
            let Some((mark, run, bare)) = fence(body) else { return open.is_none() };
            match open {
                Some((opened, length)) if mark == opened && run >= length && bare => open = None,
                Some(_) => {}
                None => open = Some((mark, run)),
            }
            false
        })
        .collect()
}

/// For each line whether no HTML comment and no element that hides or quotes its content touches it.
fn shown(lines: &[&str]) -> Vec<bool> {
    let mut inside: Option<String> = None;
    lines
        .iter()
        .map(|line| {
            let line = line.to_ascii_lowercase();
            let mut rest = line.as_str();
            let mut touched = inside.is_some();
            loop {
                if let Some(end) = &inside {
                    let Some(at) = rest.find(end.as_str()) else { break };
                    rest = &rest[at + end.len()..];
                    inside = None;
                } else {
                    let Some((at, end)) = first_opening(rest) else { break };
                    touched = true;
                    rest = &rest[at..];
                    inside = Some(end);
                }
            }
            !touched
        })
        .collect()
}

/// Where the text behind the first opening starts, and what ends it.
fn first_opening(line: &str) -> Option<(usize, String)> {
    let comment = line.find("<!--").map(|at| (at + 4, "-->".to_owned()));
    let elements = CLOSED_ELEMENTS.iter().filter_map(|name| {
        let opening = format!("<{name}");
        let at = line.find(&opening)? + opening.len();
        let ends = line[at..].chars().next().is_none_or(|next| !next.is_ascii_alphanumeric() && next != '-');
        ends.then(|| (at, format!("</{name}")))
    });
    comment.into_iter().chain(elements).min_by_key(|(at, _)| *at)
}

/// Takes out quotes, with the lines after them that GitHub draws into the quote because no blank line stands between.
fn unquote(lines: &[&str], said: &mut [bool]) {
    let mut quoted = false;
    for (line, said) in lines.iter().zip(said) {
        let body = line.trim_start();
        quoted = body.starts_with('>') || (quoted && !body.is_empty());
        *said &= !quoted;
    }
}

/// Takes out lines that a code span reaches over: a run of backticks up to the next run of the same length in a paragraph.
fn unspan(lines: &[&str], said: &mut [bool]) {
    let mut start = 0;
    while start < lines.len() {
        if lines[start].trim().is_empty() {
            start += 1;
            continue;
        }
        let length = lines[start..].iter().take_while(|line| !line.trim().is_empty()).count();
        let end = start + length;
        // (line, length) of every run of backticks in the paragraph
        let runs: Vec<(usize, usize)> =
            (start..end).flat_map(|at| runs(lines[at]).into_iter().map(move |run| (at, run))).collect();
        let mut at = 0;
        while at < runs.len() {
            let (from, run) = runs[at];
            if let Some(close) = (at + 1..runs.len()).find(|other| runs[*other].1 == run) {
                for said in &mut said[from..=runs[close].0] {
                    *said = false;
                }
                at = close;
            }
            at += 1;
        }
        start = end;
    }
}

fn runs(line: &str) -> Vec<usize> {
    line.split(|c| c != '`').map(str::len).filter(|length| *length > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> bool {
        said_lines(text).contains(&"[x]")
    }

    #[test]
    fn a_line_of_its_own_is_said() {
        for text in [
            "[x]",
            "  [x]  ",
            "hello\n[x]\r\nbye",
            "> quote\n\n[x]",
            "```\ncode\n```\n[x]",
            "~~~\n```\n~~~\n[x]",
            "<!-- a -->\n[x]",
            "`a`\n\n[x]",
        ] {
            assert!(says(text), "{text:?}");
        }
    }

    #[test]
    fn quotes_code_and_hidden_text_are_not_said() {
        for text in [
            "please [x]",
            "> [x]",
            "   > [x]",
            "> quote goes on\n[x]",
            "    [x]",
            "\t[x]",
            "`[x]`",
            "``a\n[x]\nb``",
            "```\n[x]\n```",
            "```\n[x]",
            "````\n```\n[x]\n````",
            "~~~ text\n[x]\n~~~",
            "- item\n  ```\n[x]\n  ```",
            "- ```\n  [x]\n  ```",
            "    ```\n```\n[x]\n```",
            "<!-- [x] -->",
            "<!--\n[x]\n-->",
            "<!-- a --> <!--\n[x]\n-->",
            "<pre>\n[x]\n</pre>",
            "<CODE class=a>\n[x]\n</code>",
            "<blockquote>\n\n[x]\n\n</blockquote>",
        ] {
            assert!(!says(text), "{text:?}");
        }
    }
}
