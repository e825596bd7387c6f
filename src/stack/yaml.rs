//! YAML as nodes that know their place, resolved the way Go's yaml.v3 does it. Serves the stack file and manifests.
//!
//! The parser's events give the places; serde would lose them and stop at the first error.

use std::collections::HashMap;
use std::sync::Arc;

use crate::gotmpl::{self, Guide, SourceMap};

use super::error::Severity;
use super::scalar::{self, Resolved};
use super::yaml_builder::{Builder, Stop};
use super::{yaml_plain, yaml_quotes};

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// 1-based line.
    pub line: usize,
    /// 1-based column in characters.
    pub column: usize,
    /// 0-based offset in bytes.
    pub offset: usize,
}

impl Place {
    /// Where the text at this place of rendered text came from.
    #[must_use]
    pub fn origin(self, map: &SourceMap) -> Self {
        let place = map.origin(self.offset);
        Self { line: place.line, column: place.column, offset: place.offset }
    }
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it starts.
    pub place: Place,
    /// The offset in bytes after its last character.
    pub end: usize,
    /// Its tag as it resolved, for example `!custom` or `tag:yaml.org,2002:set`; none where there is none.
    pub tag: Option<Arc<str>>,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, a number, a boolean, null or a time.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// Keys and values in the order of the file, `<<` already merged in.
    Map(Vec<(Node, Node)>),
}

/// A value without parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text after unquoting and unescaping.
    pub text: Arc<str>,
    /// What the text means.
    pub resolved: Resolved,
    /// Whether it stood in quotes or in a block.
    pub quoted: bool,
}

/// Something wrong in a file, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether the file can't be used.
    pub severity: Severity,
    /// What is wrong.
    pub text: String,
    /// The way out.
    pub hint: Option<String>,
    /// Where it starts.
    pub place: Place,
    /// The offset in bytes where it ends.
    pub end: usize,
    /// Where the same thing was said first.
    pub earlier: Option<Place>,
}

impl Problem {
    /// An error at a node.
    pub fn at(node: &Node, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { severity: Severity::Error, text, hint: None, place: node.place, end: node.end, earlier: None }
    }

    /// An error at a place.
    pub fn here(place: Place, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { severity: Severity::Error, text, hint: None, place, end: place.offset, earlier: None }
    }

    /// The same with the way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Moves the problem to where its text came from.
    pub fn map_places(&mut self, map: &SourceMap) {
        self.end = end_of(self.end, self.place.offset, map);
        self.place = self.place.origin(map);
        self.earlier = self.earlier.map(|place| place.origin(map));
    }
}

/// How much a file may hold before it is refused.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a file.
    pub bytes: usize,
    /// Lists and mappings inside each other. CRDs, the deepest manifests, stay under 60.
    pub depth: usize,
    /// Values of a file, keys and lists among them. A bundle of the largest CRDs has 200,000.
    pub nodes: usize,
    /// Values that aliases may add. yaml.v3 refuses a document that is nearly all aliases from 400,000 values on.
    pub alias_nodes: usize,
    /// Bytes of text that aliases may add.
    pub alias_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 200, nodes: 1_000_000, alias_nodes: 100_000, alias_bytes: 16 << 20 }
    }
}

/// The documents of a file, and all that is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// The documents; an empty one is a null. After a syntax error those before it.
    pub documents: Vec<Node>,
    /// Errors, in the order they were met.
    pub problems: Vec<Problem>,
    /// Whether a limit ended the reading.
    pub over_limit: bool,
}

/// Reads a file's bytes as text: UTF-8 with or without byte order mark.
///
/// # Errors
/// Says where the first byte is that isn't UTF-8, or that the file is too big.
pub fn text(bytes: Vec<u8>, limits: &Limits) -> Result<String, Problem> {
    if bytes.len() > limits.bytes {
        let text = format!("the file has {} bytes, more than the limit of {}", bytes.len(), limits.bytes);
        return Err(Problem::here(Place::default(), text));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Problem::here(Place::default(), "the file is UTF-16").hint("save it as UTF-8"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let before = String::from_utf8_lossy(&bytes[..offset]);
            let byte = bytes.get(offset).copied().unwrap_or_default();
            Err(Problem::here(place_of(&before, before.len()), format!("byte 0x{byte:02x} is not UTF-8"))
                .hint("save the file as UTF-8"))
        }
    }
}

/// The place of an offset in a text; past the end is the end.
pub fn place_of(text: &str, offset: usize) -> Place {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    Place { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1, offset }
}

/// Parses all documents of a text. Never panics; what can be told of a broken file is in [`Parsed::problems`].
pub fn parse(text: &str, limits: &Limits) -> Parsed {
    if let Some(documents) = yaml_plain::parse(text, limits) {
        return Parsed { documents, ..Parsed::default() };
    }
    match Builder::new(text, limits).run() {
        (parsed, Some(Stop::QuotedLine(offset))) => yaml_quotes::parse(text, limits, offset).unwrap_or(parsed),
        (parsed, _) => parsed,
    }
}

impl Node {
    /// A null at a place.
    pub fn null(place: Place) -> Self {
        let scalar = Scalar { text: Arc::from(""), resolved: Resolved::Null, quoted: false };
        Self { value: Value::Scalar(scalar), place, end: place.offset, tag: None }
    }

    /// The entries, if it is a mapping.
    pub fn entries(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar that is not null.
    pub fn as_str(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.resolved != Resolved::Null).map(|scalar| scalar.text.as_ref())
    }

    /// Whether it is null or an empty value.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.resolved == Resolved::Null)
    }

    /// The value of a key, if it is a mapping and has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Key and value, if it is a mapping and has the key.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let entries = self.entries()?;
        entries.iter().find(|(name, _)| name.key().as_deref() == Some(key)).map(|(name, value)| (name, value))
    }

    /// The node under a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text that this node is as a key of a mapping in JSON: `0x10` is `16`, `True` is `true`.
    pub fn key(&self) -> Option<std::borrow::Cow<'_, str>> {
        self.scalar().map(scalar::key)
    }

    /// What kind of value it is, in the words of YAML's users.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
            Value::Scalar(scalar) => scalar.resolved.kind(),
        }
    }

    /// Moves every place to where the text came from.
    pub fn map_places(&mut self, map: &SourceMap) {
        self.guide_places(&mut map.guide());
    }

    fn guide_places(&mut self, guide: &mut Guide<'_>) {
        let Place { line, column, offset } = self.place;
        let place = guide.origin(gotmpl::Place { line, column, offset });
        self.place = Place { line: place.line, column: place.column, offset: place.offset };
        // As `end_of` has it.
        self.end = if self.end > offset { guide.origin_offset(self.end - 1) + 1 } else { guide.origin_offset(offset) };
        match &mut self.value {
            Value::Scalar(_) => {}
            Value::Seq(items) => items.iter_mut().for_each(|item| item.guide_places(guide)),
            Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                key.guide_places(guide);
                value.guide_places(guide);
            }),
        }
    }
}

/// The end of a piece of text, seen from its last byte: what follows it may come from elsewhere.
fn end_of(end: usize, start: usize, map: &SourceMap) -> usize {
    if end > start { map.origin_offset(end - 1) + 1 } else { map.origin_offset(start) }
}

/// Anchors of a document by the parser's number, each with what an alias of it costs.
pub(super) type Anchors = HashMap<usize, (Node, Weight)>;

/// What a node and all below it cost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weight {
    pub(super) nodes: usize,
    pub(super) bytes: usize,
}

impl Weight {
    /// Counts a node and all below it.
    pub(super) fn of(node: &Node) -> Self {
        let mut sum = Self { nodes: 1, bytes: 0 };
        let mut add = |part: &Node| {
            let weight = Self::of(part);
            sum.nodes += weight.nodes;
            sum.bytes += weight.bytes;
        };
        match &node.value {
            Value::Scalar(scalar) => sum.bytes += scalar.text.len(),
            Value::Seq(items) => items.iter().for_each(add),
            Value::Map(entries) => entries.iter().for_each(|(key, value)| {
                add(key);
                add(value);
            }),
        }
        sum
    }
}
