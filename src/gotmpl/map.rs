//! Where the bytes of rendered text came from in the template.

use std::fmt;
use std::sync::{Arc, OnceLock};

/// A place in the text of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Offset in bytes, from 0.
    pub offset: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The text of a template, with its lines and characters counted on first use.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) text: Box<str>,
    lines: OnceLock<Vec<usize>>,
    /// How many characters start before each block of [`BLOCK`] bytes: a column deep in a long line is found at once.
    chars: OnceLock<Vec<usize>>,
    /// Whether a carriage return stands in it.
    returns: OnceLock<bool>,
}

/// Bytes that are counted together.
const BLOCK: usize = 1024;

impl Source {
    pub(super) fn new(text: &str) -> Source {
        Source { text: Box::from(text), lines: OnceLock::new(), chars: OnceLock::new(), returns: OnceLock::new() }
    }

    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let mut lines = Vec::with_capacity(self.text.len() / 24 + 1);
            lines.push(0);
            lines.extend(self.text.match_indices('\n').map(|(at, _)| at + 1));
            lines
        })
    }

    /// The place of a byte; the place of the character it belongs to.
    pub(super) fn place(&self, offset: usize) -> Place {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let lines = self.lines();
        let line = lines.partition_point(|start| *start <= offset);
        let start = lines[line - 1];
        let column = match offset - start {
            0..BLOCK => self.text[start..offset].chars().count(),
            _ => self.chars_before(offset) - self.chars_before(start),
        };
        Place { line, column: column + 1, offset }
    }

    /// How many characters start before a byte.
    fn chars_before(&self, offset: usize) -> usize {
        let bytes = self.text.as_bytes();
        let starts = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        let blocks = self.chars.get_or_init(|| {
            let mut sum = 0;
            let counted = bytes.chunks(BLOCK).map(|block| {
                sum += starts(block);
                sum
            });
            std::iter::once(0).chain(counted).collect()
        });
        let block = offset / BLOCK;
        blocks[block] + starts(&bytes[block * BLOCK..offset])
    }

    /// The first place of a line; of the last line when there are fewer.
    pub(super) fn line_start(&self, line: usize) -> Place {
        let lines = self.lines();
        let line = line.clamp(1, lines.len());
        Place { line, column: 1, offset: lines[line - 1] }
    }
}

/// What a run of rendered bytes came from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Origin {
    /// Copied from the template: the run's first byte is at this offset, the others follow.
    Text(usize),
    /// Printed by the action that starts at this offset.
    Action(usize),
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    start: usize,
    origin: Origin,
}

impl Segment {
    /// Where a byte of the run came from.
    fn origin(self, at: usize) -> usize {
        match self.origin {
            Origin::Text(start) => start + (at - self.start),
            Origin::Action(start) => start,
        }
    }
}

/// Leads from offsets in rendered text to places in the template. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SourceMap {
    source: Arc<Source>,
    segments: Arc<[Segment]>,
    length: usize,
}

impl SourceMap {
    /// The text of the template.
    pub fn template(&self) -> &str {
        &self.source.text
    }

    /// Place in the template's text that the byte at `offset` of the rendered text came from. A byte that an action
    /// printed comes from the action's `{{`. Past the end: the place behind the last byte's.
    pub fn origin(&self, offset: usize) -> Place {
        self.source.place(self.origin_offset(offset))
    }

    /// The same without line and column, which cost a search. It may lie inside a character.
    pub fn origin_offset(&self, offset: usize) -> usize {
        let at = offset.min(self.length);
        match self.segment(at) {
            Some((segment, _)) => segment.origin(at),
            None => 0,
        }
    }

    /// The run that an offset belongs to, and where it ends.
    fn segment(&self, at: usize) -> Option<(Segment, usize)> {
        // The end belongs to the segment of the last byte.
        let inside = if at == self.length { at.saturating_sub(1) } else { at };
        let index = self.segments.partition_point(|segment| segment.start <= inside);
        let segment = self.segments.get(index.checked_sub(1)?)?;
        Some((*segment, self.segments.get(index).map_or(self.length, |next| next.start)))
    }

    /// Leads from many places, which mostly follow each other, without a search for each of them.
    pub fn guide(&self) -> Guide<'_> {
        // A line that ends in a carriage return alone is one for readers of the rendered text, but not for the template's.
        let returns = self.source.returns.get_or_init(|| self.source.text.contains('\r'));
        Guide { map: self, whole: !returns, last: None }
    }

    /// The text of the template.
    pub fn source(&self) -> &str {
        &self.source.text
    }
}

/// Leads from places in rendered text to places in the template, as [`SourceMap`] does. See [`SourceMap::guide`].
#[derive(Debug)]
pub struct Guide<'m> {
    map: &'m SourceMap,
    /// Whether both texts have the same lines.
    whole: bool,
    last: Option<Copied>,
}

/// The run of copied text that was met last.
#[derive(Debug, Clone, Copy)]
struct Copied {
    segment: Segment,
    /// Where its first whole line starts, and where it ends.
    lines: usize,
    end: usize,
    /// A line of it in the rendered text and in the template.
    line: Option<(usize, usize)>,
}

impl Guide<'_> {
    /// The same as [`SourceMap::origin`] of a place whose line in the rendered text is known, and its column in characters.
    pub fn origin(&mut self, place: Place) -> Place {
        let at = place.offset;
        if let Some(Copied { segment, lines, end, line: Some((rendered, written)) }) = self.last
            && (lines..end).contains(&at)
        {
            return Place {
                line: (place.line + written).saturating_sub(rendered),
                column: place.column,
                offset: segment.origin(at),
            };
        }
        let found = self.map.origin(at);
        self.last = self.last.filter(|last| (last.segment.start..last.end).contains(&at)).or_else(|| self.copied(at));
        if let Some(Copied { lines, line, .. }) = &mut self.last
            && at >= *lines
        {
            *line = Some((place.line, found.line));
        }
        found
    }

    /// The same as [`SourceMap::origin_offset`].
    pub fn origin_offset(&self, offset: usize) -> usize {
        match self.last {
            Some(Copied { segment, end, .. }) if (segment.start..end).contains(&offset) => segment.origin(offset),
            _ => self.map.origin_offset(offset),
        }
    }

    fn copied(&self, at: usize) -> Option<Copied> {
        let (segment, end) = self.map.segment(at).filter(|(_, end)| self.whole && at < *end)?;
        let Origin::Text(from) = segment.origin else { return None };
        let copied = self.map.source.text.get(from..from + (end - segment.start))?;
        let skipped = match (segment.start, from) {
            (0, 0) => 0,
            _ => copied.find('\n').map_or(copied.len(), |at| at + 1),
        };
        Some(Copied { segment, lines: segment.start + skipped, end, line: None })
    }
}

/// Collects rendered bytes and their origins.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    segments: Vec<Segment>,
}

impl Output {
    pub(super) fn new(expected: usize) -> Output {
        Output { bytes: Vec::with_capacity(expected), segments: Vec::new() }
    }

    /// Copies text of the template that stands there at `from`.
    pub(super) fn copy(&mut self, text: &str, from: usize) {
        self.segments.push(Segment { start: self.bytes.len(), origin: Origin::Text(from) });
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Says that what is printed next comes from the action at `from`.
    pub(super) fn action(&mut self, from: usize) {
        self.segments.push(Segment { start: self.bytes.len(), origin: Origin::Action(from) });
    }

    /// The text and its map. Each byte that isn't part of UTF-8 becomes U+FFFD, as Go's own decoders do it.
    pub(super) fn finish(self, source: &Arc<Source>) -> (String, SourceMap) {
        let Output { bytes, mut segments } = self;
        // An action that printed nothing leaves no trace: the segment after it starts at the same byte.
        segments.dedup_by(|next, previous| {
            let empty = previous.start == next.start;
            if empty {
                *previous = *next;
            }
            empty
        });
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => mend(error.as_bytes(), &mut segments),
        };
        if segments.last().is_some_and(|last| last.start == text.len()) {
            segments.pop();
        }
        let map = SourceMap { source: Arc::clone(source), segments: segments.into(), length: text.len() };
        (text, map)
    }
}

/// Replaces bad bytes and moves the segments with the text; inside the text only actions can print bad bytes, but a
/// character may begin in one segment and end in another.
fn mend(bytes: &[u8], segments: &mut [Segment]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut starts = segments.iter_mut().peekable();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        let base = text.len();
        text.push_str(chunk.valid());
        let valid_end = at + chunk.valid().len();
        while let Some(segment) = starts.next_if(|segment| segment.start < valid_end) {
            segment.start = base + (segment.start - at);
        }
        at = valid_end;
        for _ in chunk.invalid() {
            while let Some(segment) = starts.next_if(|segment| segment.start == at) {
                segment.start = text.len();
            }
            text.push(char::REPLACEMENT_CHARACTER);
            at += 1;
        }
    }
    for segment in starts {
        segment.start = text.len();
    }
    text
}
