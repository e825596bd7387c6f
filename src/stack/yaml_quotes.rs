//! Quoted texts whose further lines stand no deeper than the key: YAML 1.2 refuses them, Go's yaml.v3 takes them, and
//! templates make them of values with several lines. The blanks before such a line mean nothing, so the lines are
//! indented in a copy, and all places are led back.

use super::yaml::{Limits, Node, Parsed, Place, Value};
use super::yaml_builder::{Builder, Stop};

/// How many texts of a file are mended. Each costs another reading of the file.
const MOST: usize = 100;

/// Blanks for a line: one more than the deepest key that the depth limit lets through in any sane file.
const BLANKS: usize = 512;

/// A copy of a text with blanks put in.
struct Mended {
    text: String,
    /// The lines that blanks were put before: where each starts in the text as it was.
    lines: Vec<usize>,
    /// And where its blanks start in the copy.
    starts: Vec<usize>,
}

/// Reads a text again whose reading stopped at a line of a quoted text, `stop`. None where it is wrong all the same:
/// then what was said first says it best.
pub(super) fn parse(text: &str, limits: &Limits, stop: usize) -> Option<Parsed> {
    let mut mended = Mended::new(text, Vec::new());
    let mut stop = stop;
    for _ in 0..MOST {
        let (next, parsed, stopped) =
            ['"', '\''].into_iter().find_map(|quote| attempt(text, &mended, limits, stop, quote))?;
        mended = next;
        match stopped {
            None => return Some(mended.lead_back(text, parsed)),
            Some(offset) => stop = offset,
        }
    }
    None
}

/// Indents the lines from the one at `stop` to that of the closing quote. Gives what a reading then finds, and where
/// it stopped at the next such text; nothing where it doesn't get that far.
fn attempt(
    text: &str,
    mended: &Mended,
    limits: &Limits,
    stop: usize,
    quote: char,
) -> Option<(Mended, Parsed, Option<usize>)> {
    let close = stop + closing(&text[stop..], quote)?;
    let mut lines = mended.lines.clone();
    lines.push(text[..stop].rfind(['\n', '\r']).map_or(0, |at| at + 1));
    let breaks = text[stop..close].match_indices(['\n', '\r']).map(|(at, _)| stop + at + 1);
    // The two bytes of a Windows line end are one break.
    lines.extend(breaks.filter(|at| !text[at - 1..].starts_with("\r\n")));
    let next = Mended::new(text, lines);
    let (parsed, stopped) = Builder::new(&next.text, limits).run();
    match stopped {
        None => Some((next, parsed, None)),
        Some(Stop::QuotedLine(offset)) => {
            let offset = next.offset(offset);
            (offset > close).then_some((next, parsed, Some(offset)))
        }
        Some(Stop::Other) => None,
    }
}

/// Where a quoted text ends that goes on at the start of `text`.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote == '"' => {
                chars.next();
            }
            c if c == quote => match chars.next_if(|(_, next)| quote == '\'' && *next == quote) {
                Some(_) => {}
                None => return Some(at),
            },
            _ => {}
        }
    }
    None
}

impl Mended {
    fn new(text: &str, lines: Vec<usize>) -> Mended {
        let mut out = String::with_capacity(text.len() + lines.len() * BLANKS);
        let mut starts = Vec::with_capacity(lines.len());
        let mut from = 0;
        for line in &lines {
            out.push_str(&text[from..*line]);
            starts.push(out.len());
            out.extend(std::iter::repeat_n(' ', BLANKS));
            from = *line;
        }
        out.push_str(&text[from..]);
        Mended { text: out, lines, starts }
    }

    /// The offset in the text as it was.
    fn offset(&self, offset: usize) -> usize {
        let before = self.starts.partition_point(|start| *start < offset);
        match before.checked_sub(1) {
            None => offset,
            // Among the blanks themselves, it is where the line starts.
            Some(last) => self.lines[last] + (offset - self.starts[last]).saturating_sub(BLANKS),
        }
    }

    fn lead_back(&self, text: &str, mut parsed: Parsed) -> Parsed {
        let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let origin = |offset: usize| {
            let mut offset = self.offset(offset).min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            let line = starts.partition_point(|start| *start <= offset);
            let start = starts[line - 1];
            Place { line, column: text[start..offset].chars().count() + 1, offset }
        };
        parsed.documents.iter_mut().for_each(|node| self.lead_node_back(node, &origin));
        for problem in &mut parsed.problems {
            problem.end = self.end(problem.end);
            problem.place = origin(problem.place.offset);
            problem.earlier = problem.earlier.map(|place| origin(place.offset));
        }
        parsed
    }

    fn lead_node_back(&self, node: &mut Node, origin: &impl Fn(usize) -> Place) {
        node.end = self.end(node.end);
        node.place = origin(node.place.offset);
        match &mut node.value {
            Value::Scalar(_) => {}
            Value::Seq(items) => items.iter_mut().for_each(|item| self.lead_node_back(item, origin)),
            Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                self.lead_node_back(key, origin);
                self.lead_node_back(value, origin);
            }),
        }
    }

    /// An end, seen from the byte before it: behind it blanks may have been put in.
    fn end(&self, end: usize) -> usize {
        end.checked_sub(1).map_or(0, |last| self.offset(last) + 1)
    }
}
