//! The YAML that nearly every file is written in, read in a fraction of the parser's time: block mappings and lists, texts of one line,
//! `|` blocks, brackets that close on their line, anchors of values. Whatever else stands in a file, a mistake among it, and the file is
//! left to the parser: what is told here is what the parser would tell, node by node and place by place.

use std::collections::HashMap;
use std::mem;

use super::yaml::{Limits, Node, Place, Value, Weight};
use super::yaml_builder::{KEPT, is_simple};

mod text;

/// Longer keys are left to the parser: YAML wants the `:` within 1,024 characters.
const LONGEST_KEY: usize = 1000;

/// Characters of longer lines are not counted again and again for each of their columns.
const LONGEST_COUNTED: usize = 1000;

/// The documents of a text; none where any part of it is for the parser.
pub(super) fn parse(text: &str, limits: &Limits) -> Option<Vec<Node>> {
    let ascii = is_readable(text)?;
    let (anchors, spent) = (HashMap::new(), Weight::default());
    let (items, entries) = (Vec::new(), Vec::new());
    let mut reading = Reading {
        text,
        limits,
        ascii,
        at: 0,
        line: 1,
        start: 0,
        nodes: 0,
        depth: 0,
        items,
        entries,
        anchors,
        spent,
        kept: 0,
    };
    reading.settle();
    reading.documents()
}

/// Whether a text has no tabs, foreign line breaks, controls or marks; if so, whether it is all ASCII.
fn is_readable(text: &str) -> Option<bool> {
    let mut fits = true;
    let mut bits = 0;
    for byte in text.bytes() {
        fits &= byte >= b' ' && byte != 0x7f || byte == b'\n';
        bits |= byte;
    }
    let ascii = bits < 0x80;
    let reads = |char: char| char.is_ascii() || char.is_alphanumeric() || matches!(char, '«' | '»' | '‐'..='‧');
    let short = || text.lines().all(|line| line.len() <= LONGEST_COUNTED);
    (fits && (ascii || (text.chars().all(reads) && short()))).then_some(ascii)
}

/// Where the reading stands. Between tokens that is at the first character of the next one, behind blank lines and comments.
struct Reading<'a> {
    text: &'a str,
    limits: &'a Limits,
    /// Whether columns can be told from bytes.
    ascii: bool,
    at: usize,
    /// The line of `at`, from 1, and where it starts.
    line: usize,
    start: usize,
    nodes: usize,
    /// Lists and mappings that are open.
    depth: usize,
    /// Parts of the open lists and mappings, the innermost's last: each gets a place of just its size when it is closed.
    items: Vec<Node>,
    entries: Vec<(Node, Node)>,
    /// The values under anchors; none of one that is not read to its end.
    anchors: HashMap<&'a str, Option<(Node, Weight)>>,
    /// What aliases added.
    spent: Weight,
    /// How many values stand under anchors.
    kept: usize,
}

impl<'a> Reading<'a> {
    fn documents(mut self) -> Option<Vec<Node>> {
        let mut documents = Vec::new();
        while self.byte().is_some() {
            if self.is_marker() {
                self.at += 3;
                self.end_of_line()?;
            }
            // Empty documents are the parser's.
            self.column()?;
            documents.push(self.block()?);
            self.anchors.clear();
            if self.column().is_some() {
                return None;
            }
        }
        Some(documents)
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether a blank or the end of the line stands at an offset.
    fn is_gap(&self, at: usize) -> bool {
        matches!(self.text.as_bytes().get(at), None | Some(b' ' | b'\n'))
    }

    fn place(&self) -> Place {
        let column = if self.ascii { self.at - self.start } else { self.text[self.start..self.at].chars().count() };
        Place { line: self.line, column: column + 1, offset: self.at }
    }

    /// Whether the line is `---`.
    fn is_marker(&self) -> bool {
        self.at == self.start && self.text.as_bytes()[self.at..].starts_with(b"---") && self.is_gap(self.at + 3)
    }

    /// The column of the next token, from 0; none at the end of the document.
    fn column(&self) -> Option<usize> {
        (self.at < self.text.len() && !self.is_marker()).then_some(self.at - self.start)
    }

    fn is_dash(&self) -> bool {
        self.byte() == Some(b'-') && self.is_gap(self.at + 1)
    }

    fn blanks(&mut self) {
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Skips blanks, comments and line breaks. A `#` must stand behind a blank or at the start of a line.
    fn settle(&mut self) {
        let bytes = self.text.as_bytes();
        loop {
            self.blanks();
            if self.byte() == Some(b'#') {
                self.at =
                    bytes[self.at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |to| self.at + to);
            }
            if self.byte() != Some(b'\n') {
                return;
            }
            self.at += 1;
            self.line += 1;
            self.start = self.at;
        }
    }

    /// Goes to the next token, where nothing but a comment is left on the line.
    fn end_of_line(&mut self) -> Option<()> {
        let line = self.line;
        if !self.is_gap(self.at) {
            return None;
        }
        self.settle();
        (self.line > line || self.at == self.text.len()).then_some(())
    }

    /// Counts a value.
    fn count(&mut self) -> Option<()> {
        self.nodes += 1;
        (self.nodes <= self.limits.nodes).then_some(())
    }

    /// Counts a list or mapping, which is open until [`Reading::close`].
    fn open(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= self.limits.depth).then_some(())?;
        self.count()
    }

    fn close(&mut self, value: Value, place: Place) -> Node {
        self.depth -= 1;
        Node { value, place, end: self.at, tag: None }
    }

    /// Closes a list, whose items are those from this one on.
    fn close_list(&mut self, from: usize, place: Place) -> Node {
        let items = self.items.split_off(from);
        self.close(Value::Seq(items), place)
    }

    /// Closes a mapping, whose entries are those from this one on.
    fn close_map(&mut self, from: usize, place: Place) -> Option<Node> {
        is_simple(&self.entries[from..]).then_some(())?;
        let entries = self.entries.split_off(from);
        Some(self.close(Value::Map(entries), place))
    }

    /// A mapping or a list that starts here.
    fn block(&mut self) -> Option<Node> {
        if self.is_dash() {
            let place = self.place();
            self.sequence(place)
        } else {
            let key = self.token(false)?;
            self.mapping(key)
        }
    }

    /// A mapping from its first `:` on.
    fn mapping(&mut self, first: Node) -> Option<Node> {
        self.open()?;
        let (place, column) = (first.place, first.place.offset - self.start);
        let from = self.entries.len();
        let mut key = first;
        loop {
            if self.byte() != Some(b':') || !self.is_gap(self.at + 1) || self.at - key.place.offset > LONGEST_KEY {
                return None;
            }
            let value = self.field(column)?;
            self.entries.push((key, value));
            match self.column() {
                Some(next) if next > column => return None,
                Some(next) if next == column && !self.is_dash() => key = self.token(false)?,
                _ => break,
            }
        }
        self.close_map(from, place)
    }

    /// What stands behind the `:` here of a key in this column.
    fn field(&mut self, column: usize) -> Option<Node> {
        // Where nothing does, the parser puts it onto the `:`.
        let colon = self.place();
        self.at += 1;
        let (line, anchor) = (self.line, self.anchor()?);
        let node = if self.line > line || self.column().is_none() {
            match self.column() {
                Some(next) if next > column => self.block()?,
                Some(next) if next == column && self.is_dash() => {
                    // The parser says of such a list that it starts behind its dash.
                    let dash = self.at;
                    self.at += 1;
                    self.blanks();
                    let place = self.place();
                    self.at = dash;
                    self.sequence(place)?
                }
                _ if anchor.is_none() => {
                    self.count()?;
                    text::node("~".into(), false, colon, colon.offset)?
                }
                _ => return None,
            }
        } else {
            // An anchor can't have another name.
            (anchor.is_none() || self.byte() != Some(b'*')).then_some(())?;
            self.inline(column)?
        };
        self.keep(anchor, &node)?;
        Some(node)
    }

    /// A list whose first dash is here.
    fn sequence(&mut self, place: Place) -> Option<Node> {
        self.open()?;
        let column = self.at - self.start;
        let from = self.items.len();
        loop {
            self.at += 1;
            let (line, anchor) = (self.line, self.anchor()?);
            let item = match self.column()? {
                next if self.line > line => {
                    if next > column {
                        self.block()?
                    } else {
                        return None;
                    }
                }
                _ if anchor.is_some() => return None,
                _ if self.is_dash() => self.block()?,
                _ => match self.byte()? {
                    b'[' | b'{' | b'|' | b'*' => self.inline(column)?,
                    _ => {
                        let token = self.token(false)?;
                        if self.byte() == Some(b':') {
                            self.mapping(token)?
                        } else {
                            self.end_of_line()?;
                            token
                        }
                    }
                },
            };
            self.keep(anchor, &item)?;
            self.items.push(item);
            match self.column() {
                Some(next) if next > column => return None,
                Some(next) if next == column && self.is_dash() => {}
                _ => break,
            }
        }
        Some(self.close_list(from, place))
    }

    /// A value on the line of its key or dash, which stands in this column.
    fn inline(&mut self, column: usize) -> Option<Node> {
        let node = match self.byte()? {
            b'|' => return self.literal(column),
            b'*' => self.alias()?,
            b'[' | b'{' => self.flow()?,
            _ => self.token(false)?,
        };
        self.end_of_line()?;
        Some(node)
    }

    /// The name of an anchor behind a `:` or `-`, if one stands there, and on to the next token.
    #[expect(clippy::option_option, reason = "the outer one leaves the file to the parser")]
    fn anchor(&mut self) -> Option<Option<&'a str>> {
        if !self.is_gap(self.at) {
            return None;
        }
        let line = self.line;
        self.settle();
        if self.line > line || self.byte() != Some(b'&') {
            return Some(None);
        }
        let name = self.name()?;
        // Which value a name means that is given twice, the parser knows.
        self.anchors.insert(name, None).is_none().then_some(())?;
        self.settle();
        Some(Some(name))
    }

    /// The name behind `&` or `*`.
    fn name(&mut self) -> Option<&'a str> {
        let text = &self.text[self.at + 1..];
        let length = text.bytes().position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        let name = &text[..length.unwrap_or(text.len())];
        self.at += 1 + name.len();
        (!name.is_empty() && self.is_gap(self.at)).then_some(name)
    }

    /// Keeps a value for its aliases.
    fn keep(&mut self, anchor: Option<&'a str>, node: &Node) -> Option<()> {
        let Some(name) = anchor else { return Some(()) };
        let weight = Weight::of(node);
        self.kept += weight.nodes;
        self.anchors.insert(name, Some((node.clone(), weight)));
        (self.kept <= KEPT).then_some(())
    }

    fn alias(&mut self) -> Option<Node> {
        let name = self.name()?;
        let (node, weight) = self.anchors.get(name)?.as_ref()?;
        self.spent.nodes += weight.nodes;
        self.spent.bytes += weight.bytes;
        let within = self.spent.nodes <= self.limits.alias_nodes && self.spent.bytes <= self.limits.alias_bytes;
        within.then(|| node.clone())
    }

    /// A list or mapping in brackets that close on the same line.
    fn flow(&mut self) -> Option<Node> {
        self.open()?;
        let place = self.place();
        let list = self.byte() == Some(b'[');
        let close = if list { b']' } else { b'}' };
        self.at += 1;
        self.blanks();
        let from = if list { self.items.len() } else { self.entries.len() };
        let mut first = true;
        while self.byte() != Some(close) {
            if !mem::take(&mut first) {
                (self.byte() == Some(b',')).then_some(())?;
                self.at += 1;
                self.blanks();
            }
            if list {
                let item = self.flow_value()?;
                self.items.push(item);
            } else {
                let key = self.token(true)?;
                if self.byte() != Some(b':') || !self.is_gap(self.at + 1) || self.at - key.place.offset > LONGEST_KEY {
                    return None;
                }
                self.at += 1;
                self.blanks();
                let value = self.flow_value()?;
                self.entries.push((key, value));
            }
            self.blanks();
        }
        self.at += 1;
        if list { Some(self.close_list(from, place)) } else { self.close_map(from, place) }
    }

    fn flow_value(&mut self) -> Option<Node> {
        match self.byte()? {
            b'[' | b'{' => self.flow(),
            _ => self.token(true),
        }
    }
}

#[cfg(test)]
mod tests;
