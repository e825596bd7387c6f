//! The lines of a file that a picture shows: few, short ones, and none of a Secret.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Bytes of a line that are shown around what is marked.
const WINDOW: usize = 100;

/// A line and its neighbours.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// How many lines of the file stand before the excerpt.
    before: usize,
    /// The column of what is marked, in the file; from 0.
    column: usize,
}

impl Excerpt {
    /// The lines around a place of a file, and the place in them as start and length; none where they may show a Secret's data.
    pub(super) fn of(name: &str, text: &str, start: usize, length: usize) -> Option<(Self, (usize, usize))> {
        let line = line_start(text, start);
        let first = line.checked_sub(1).map_or(line, |end| line_start(text, end));
        // Above the line that starts a document stands the last one of another.
        let above = if text[line..].starts_with("---") { first } else { start };
        if [start, above].into_iter().any(|at| document(text, at).is_none_or(has_secret)) {
            return None;
        }
        let mut excerpt = String::new();
        if first < line {
            excerpt.push_str(&window(text[first..line].trim_end(), 0, 0).0);
            excerpt.push('\n');
        }
        let mut rest = text[line..].split('\n');
        let whole = rest.next().unwrap_or_default().trim_end_matches('\r');
        // What is marked may be a carriage return, which is not shown.
        let (marked, at) = window(whole, (start - line).min(whole.len()), length);
        let at = excerpt.len() + at;
        excerpt.push_str(&marked);
        let length = length.min(excerpt.len().saturating_sub(at)).min(2 * WINDOW);
        let length = (length..).find(|end| excerpt.is_char_boundary(at + end)).unwrap_or(length);
        if let Some(next) = rest.next() {
            excerpt.push('\n');
            excerpt.push_str(&window(next.trim_end_matches('\r'), 0, 0).0);
            excerpt.extend(rest.next().map(|_| '\n'));
        }
        let before = text[..first].matches('\n').count();
        Some((
            Self { name: name.to_owned(), text: excerpt, before, column: text[line..start].chars().count() },
            (at, length),
        ))
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.read_span(span, before, after)?;
        // Without its neighbours a line is read for the place of what is marked.
        let column = if before == 0 && after == 0 { self.column } else { found.column() };
        let (line, lines) = (found.line() + self.before, found.line_count());
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, found.data(), *found.span(), line, column, lines)))
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// A line, cut to what is around a place in it where it is long, and the place in that.
fn window(line: &str, at: usize, length: usize) -> (String, usize) {
    if line.len() <= 2 * WINDOW {
        return (line.to_owned(), at);
    }
    let boundary = |at: usize| (at..=line.len()).find(|at| line.is_char_boundary(*at)).unwrap_or(line.len());
    let from = boundary(at.saturating_sub(WINDOW));
    let to = boundary((at + length.min(WINDOW) + WINDOW).min(line.len()));
    let open = if from > 0 { "…" } else { "" };
    let close = if to < line.len() { "…" } else { "" };
    (format!("{open}{}{close}", &line[from..to]), at - from + open.len())
}

/// The document of a file of YAML in which a place is.
fn document(text: &str, at: usize) -> Option<&str> {
    let (before, after) = text.split_at_checked(at)?;
    let start = before.rfind("\n---").map_or(0, |at| at + 1);
    let end = after.find("\n---").map_or(text.len(), |end| at + end);
    text.get(start..end)
}

/// Whether some object of a document is a Secret, as far as its text tells: the word stands behind `kind`, in a template perhaps.
fn has_secret(document: &str) -> bool {
    document.match_indices("kind").any(|(at, kind)| {
        let behind = document[at + kind.len()..].trim_start_matches(['"', '\'']).trim_start();
        let Some(value) = behind.strip_prefix(':') else { return false };
        let value = value.trim_start().split(['\n', ',']).next().unwrap_or_default();
        let mut words = value.split(|char: char| !char.is_ascii_alphanumeric());
        words.any(|word| word.eq_ignore_ascii_case("Secret") || word.eq_ignore_ascii_case("SecretList"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_on_a_carriage_return_stands_at_the_end_of_the_line() {
        for start in 0..=4 {
            let (excerpt, (at, length)) = Excerpt::of("a.yaml", "a\r\r\r\nb\n", start, 1).unwrap();
            assert_eq!((excerpt.text.as_str(), at), ("a\nb\n", start.min(1)));
            assert_eq!(length, usize::from(start == 0));
        }
    }
}
