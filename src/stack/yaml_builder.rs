//! Makes nodes of the YAML parser's events: anchors, merges, limits, and words for what is wrong.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag};

use super::scalar::{self, Resolved};
use super::yaml::{Anchors, Limits, Node, Parsed, Place, Problem, Value, Weight};

/// How many values are kept for aliases: ten times what a document of manifests has.
pub(super) const KEPT: usize = 1_000_000;

/// Up to this many keys are compared with each other faster than they are hashed.
const FEW: usize = 16;

/// A list or mapping that is still being read.
struct Open {
    anchor: usize,
    place: Place,
    tag: Option<Arc<str>>,
    parts: Parts,
}

enum Parts {
    Seq(Vec<Node>),
    Map { entries: Vec<(Node, Node)>, key: Option<Node> },
}

/// Why a reading stopped before the end.
pub(super) enum Stop {
    /// A line of a quoted text stands too far left: its offset.
    QuotedLine(usize),
    /// Anything else.
    Other,
}

/// Reads one text.
pub(super) struct Builder<'a> {
    text: &'a str,
    limits: &'a Limits,
    open: Vec<Open>,
    anchors: Anchors,
    spent: Weight,
    kept: usize,
    nodes: usize,
    parsed: Parsed,
    document: Option<Node>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, limits: &'a Limits) -> Self {
        let (open, anchors, parsed) = (Vec::new(), HashMap::new(), Parsed::default());
        Self { text, limits, open, anchors, spent: Weight::default(), kept: 0, nodes: 0, parsed, document: None }
    }

    /// What there is, and why the reading stopped before the end.
    pub(super) fn run(mut self) -> (Parsed, Option<Stop>) {
        // The builder's own depth limit speaks first: it names the number.
        let nesting = self.limits.depth + 2;
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            flow_nesting_limit: nesting,
            block_nesting_limit: nesting,
        };
        let mut options = options;
        options.set_emit_comments(false);
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = match next {
                Ok(found) => found,
                Err(error) => {
                    let problem = self.broken(&error);
                    let stop = match error.kind() {
                        ErrorKind::InvalidQuotedScalarIndent => Stop::QuotedLine(problem.place.offset),
                        _ => Stop::Other,
                    };
                    self.parsed.problems.push(problem);
                    return (self.parsed, Some(stop));
                }
            };
            if !self.event(event, &span) {
                return (self.parsed, Some(Stop::Other));
            }
        }
        (self.parsed, None)
    }

    /// Takes one event; false ends the reading.
    fn event(&mut self, event: Event<'_>, span: &Span) -> bool {
        let place = self.place(&span.start);
        let end = self.place(&span.end).offset;
        if matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..)) {
            self.nodes += 1;
            if self.nodes > self.limits.nodes {
                let text = format!("the file has more than {} values", self.limits.nodes);
                return self.over_limit(Problem::here(place, text));
            }
        }
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.document = None;
            }
            Event::DocumentEnd => {
                let node = self.document.take().unwrap_or_else(|| Node::null(place));
                self.parsed.documents.push(node);
            }
            Event::Scalar(mut text, style, anchor, tag) => {
                // A block text that the file ends in without a line break has none for yaml.v3 either.
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                if block && end == self.text.len() && self.lacks_break(&text) {
                    text.to_mut().pop();
                }
                let tag = tag_of(tag.as_deref());
                let quoted = style != ScalarStyle::Plain;
                let node = match scalar::make(text, quoted, tag.as_deref()) {
                    Ok(scalar) => Node { value: Value::Scalar(scalar), place, end, tag },
                    Err(why) => {
                        self.parsed.problems.push(Problem { end, ..Problem::here(place, why) });
                        Node::null(place)
                    }
                };
                self.done(node, anchor);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.refuse_tab(style, place);
                let parts = Parts::Seq(Vec::new());
                return self.start(Open { anchor, place, tag: tag_of(tag.as_deref()), parts });
            }
            Event::MappingStart(style, anchor, tag) => {
                self.refuse_tab(style, place);
                let parts = Parts::Map { entries: Vec::new(), key: None };
                return self.start(Open { anchor, place, tag: tag_of(tag.as_deref()), parts });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let value = match open.parts {
                        Parts::Seq(items) => Value::Seq(items),
                        Parts::Map { entries, .. } => Value::Map(self.finish_map(entries)),
                    };
                    let node = Node { value, place: open.place, end: end.max(open.place.offset), tag: open.tag };
                    self.done(node, open.anchor);
                }
            }
            Event::Alias(id) => return self.alias(id, place, end),
            Event::UnresolvedAlias(name) => {
                let problem =
                    Problem { end, ..Problem::here(place, format!("there is no anchor `&{name}` before this")) };
                self.parsed.problems.push(problem);
                self.done(Node::null(place), 0);
            }
            _ => {}
        }
        true
    }

    /// Whether the text of a block at the file's end has a line break that the file lacks. A last line of blanks counts
    /// as far as it goes beyond the block's indentation.
    fn lacks_break(&self, block: &str) -> bool {
        let last = |text: &str| text.rsplit(['\n', '\r']).next().is_some_and(|line| line.trim().is_empty());
        block
            .strip_suffix('\n')
            .is_some_and(|block| !self.text.ends_with(['\n', '\r']) && (!last(self.text) || last(block)))
    }

    /// The parser lets a tab pass before the first key of a document.
    fn refuse_tab(&mut self, style: StructureStyle, place: Place) {
        if style == StructureStyle::Flow {
            return;
        }
        let line = self.text[..place.offset].rfind('\n').map_or(0, |at| at + 1);
        let indent = &self.text[line..place.offset];
        if indent.contains('\t') && indent.trim().is_empty() {
            let (text, hint) = TAB;
            self.parsed.problems.push(Problem::here(place, text).hint(hint));
        }
    }

    fn start(&mut self, open: Open) -> bool {
        if self.open.len() >= self.limits.depth {
            let text = format!("nested deeper than {} levels", self.limits.depth);
            return self.over_limit(Problem::here(open.place, text));
        }
        self.open.push(open);
        true
    }

    fn alias(&mut self, id: usize, place: Place, end: usize) -> bool {
        let name = self.text.get(place.offset..end).unwrap_or_default().trim_start_matches('*').to_owned();
        let Some((node, weight)) = self.anchors.get(&id) else {
            let text = format!("anchor `&{name}` contains itself");
            self.parsed.problems.push(Problem { end, ..Problem::here(place, text) });
            self.done(Node::null(place), 0);
            return true;
        };
        self.spent.nodes += weight.nodes;
        self.spent.bytes += weight.bytes;
        if self.spent.nodes > self.limits.alias_nodes || self.spent.bytes > self.limits.alias_bytes {
            let text = "aliases make the document too big".to_owned();
            let hint = format!(
                "aliases may add {} values and {} bytes; `*{name}` goes over it",
                self.limits.alias_nodes, self.limits.alias_bytes
            );
            self.parsed.problems.push(Problem { end, ..Problem::here(place, text).hint(hint) });
            return false;
        }
        let node = node.clone();
        self.done(node, 0);
        true
    }

    /// Tells it and ends the reading.
    fn over_limit(&mut self, problem: Problem) -> bool {
        self.parsed.problems.push(problem);
        self.parsed.over_limit = true;
        false
    }

    /// Puts a finished node where it belongs.
    fn done(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            let weight = Weight::of(&node);
            self.kept += weight.nodes;
            // Anchors inside each other are kept once for each of them; a file that makes much of it gets no copies, and
            // its aliases are refused as too big.
            let kept = if self.kept > KEPT { Node::null(node.place) } else { node.clone() };
            let weight =
                if self.kept > KEPT { Weight { nodes: self.limits.alias_nodes + 1, ..weight } } else { weight };
            self.anchors.insert(anchor, (kept, weight));
        }
        match self.open.last_mut().map(|open| &mut open.parts) {
            None => self.document = Some(node),
            Some(Parts::Seq(items)) => items.push(node),
            Some(Parts::Map { entries, key }) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
    }

    /// Refuses keys that are said twice and merges what stands under `<<`.
    fn finish_map(&mut self, entries: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
        if is_simple(&entries) {
            return entries;
        }
        let mut seen: HashMap<String, Place> = HashMap::with_capacity(entries.len());
        let mut own = Vec::with_capacity(entries.len());
        let mut merged = Vec::new();
        for (key, value) in entries {
            let Some(name) = key.key().map(Cow::into_owned) else {
                let text = format!("{} can't be a key", key.kind());
                self.parsed.problems.push(Problem::at(&key, text).hint("quote it if it is text: `\"{{ … }}\": …`"));
                continue;
            };
            if let Some(earlier) = seen.get(&name) {
                let mut problem = Problem::at(&key, format!("`{name}` is set twice"));
                problem.earlier = Some(*earlier);
                self.parsed.problems.push(problem);
                continue;
            }
            let merge = is_merge(&key);
            seen.insert(name, key.place);
            if !merge {
                own.push((key, value));
                continue;
            }
            let wrong = Problem::at(&value, "`<<` merges a mapping or a list of mappings");
            match value.value {
                Value::Map(entries) => merged.extend(entries),
                Value::Seq(items) if items.iter().all(|item| item.entries().is_some()) => {
                    for item in items {
                        if let Value::Map(entries) = item.value {
                            merged.extend(entries);
                        }
                    }
                }
                _ => self.parsed.problems.push(wrong),
            }
        }
        // What the mapping says itself wins, then the first that is merged.
        for (key, value) in merged {
            let Some(name) = key.key().map(Cow::into_owned) else { continue };
            if let Entry::Vacant(free) = seen.entry(name) {
                free.insert(key.place);
                own.push((key, value));
            }
        }
        own
    }

    fn place(&self, marker: &Marker) -> Place {
        let (line, column) = (marker.line(), marker.col() + 1);
        // The parser counts bytes when it reads from a `&str`, as it does here.
        let offset = marker.byte_offset().unwrap_or_default().min(self.text.len());
        Place { line, column, offset }
    }

    /// The innermost `[` or `{` that is still open. The parser's own place is where it gave up, which may be lines below, and
    /// it takes `key: value` inside `[` for a mapping of its own.
    fn unclosed(&self) -> Option<Problem> {
        self.open.iter().rev().find_map(|open| {
            let text = self.text.get(open.place.offset..)?;
            let (bracket, hint) = match text.chars().next()? {
                '[' => ('[', "close it with `]`"),
                '{' if text.starts_with("{{") || self.text[..open.place.offset].ends_with('{') => {
                    ('{', "quote templates: '{{ … }}'")
                }
                '{' => ('{', "close it with `}`"),
                _ => return None,
            };
            Some(Problem::here(open.place, format!("`{bracket}` is not closed")).hint(hint))
        })
    }

    /// The parser's complaint in words that say what to do.
    fn broken(&self, error: &ScanError) -> Problem {
        let place = self.place(error.marker());
        if let ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator = error.kind()
            && let Some(problem) = self.unclosed()
        {
            return problem;
        }
        let (text, hint) = explain(error.kind(), self.limits);
        let problem = Problem::here(place, text);
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// Whether all keys are texts, each of them once, and nothing is merged: nearly every mapping is like that.
pub(super) fn is_simple(entries: &[(Node, Node)]) -> bool {
    fn text((key, _): &(Node, Node)) -> Option<&str> {
        let scalar = key.scalar().filter(|scalar| scalar.resolved == Resolved::Str)?;
        (!is_merge(key)).then_some(&*scalar.text)
    }
    if entries.len() > FEW {
        let mut seen = HashSet::with_capacity(entries.len());
        return entries.iter().all(|entry| text(entry).is_some_and(|text| seen.insert(text)));
    }
    entries.iter().enumerate().all(|(at, entry)| {
        text(entry).is_some_and(|name| entries[..at].iter().all(|earlier| text(earlier) != Some(name)))
    })
}

/// Whether a key is YAML's merge key: `<<`, not in quotes.
fn is_merge(key: &Node) -> bool {
    let tagged = key.tag.as_deref().is_none_or(|tag| tag == "tag:yaml.org,2002:merge");
    tagged && key.scalar().is_some_and(|scalar| !scalar.quoted && &*scalar.text == "<<")
}

fn tag_of(tag: Option<&Tag>) -> Option<Arc<str>> {
    tag.map(|tag| Arc::from(format!("{}{}", tag.handle(), tag.suffix())))
}

const TAB: (&str, &str) = ("a tab stands where YAML wants spaces", "indent with spaces");

/// What a syntax error means and the likely way out.
fn explain(kind: &ErrorKind, limits: &Limits) -> (String, Option<&'static str>) {
    let (text, hint) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => TAB,
        ErrorKind::UnclosedQuotedScalar => ("a quote is opened and never closed", "close it, or quote the other way"),
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            ("text follows the closing quote", "inside '…' write a quote as ''")
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("text follows the closing quote", "inside \"…\" write a quote as \\\", or put the text in '…'")
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            ("unknown escape in double quotes", "write \\\\ for a backslash, or put the text in '…'")
        }
        ErrorKind::UnclosedFlowCollection { open: '{' } | ErrorKind::ExpectedFlowMappingSeparator => {
            ("`{` is not closed", "quote templates: '{{ … }}'")
        }
        ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::ExpectedFlowSequenceSeparator => {
            ("`[` is not closed", "close it with `]`")
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            ("this line belongs to a quoted text that starts above it", "close the quote there")
        }
        ErrorKind::InvalidColonPlacement => {
            ("this `:` stands inside a `[` or `{` that is not closed", "close it, or quote the text it is part of")
        }
        ErrorKind::MappingValueNotAllowed => (
            "a `:` stands where no key can be",
            "quote text that has `: ` in it; keys of one mapping start in the same column",
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
            ("this line's indentation fits nothing above it", "keys of one mapping start in the same column")
        }
        ErrorKind::SimpleKeyExpected => ("a `:` is missing after the key", "write `key: value`"),
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::ExpectedBlockSequenceEntry => {
            ("a `-` stands where no list can be", "items of one list start in the same column")
        }
        ErrorKind::MissingAnchorOrAliasName => {
            ("a name is missing after `&` or `*`", "quote text that starts with them")
        }
        ErrorKind::BomInsideDocument => {
            ("a byte order mark stands in the middle of the file", "take it out; it may stand at the start only")
        }
        ErrorKind::UnexpectedCharacter { character: character @ ('\0'..='\u{1f}' | '\u{7f}'..='\u{9f}') } => {
            return (
                format!("the character U+{:04X} can't stand in a text file", u32::from(*character)),
                Some("save it as UTF-8 text; in double quotes it can be written as \\xNN"),
            );
        }
        ErrorKind::ExpectedDocumentStart => {
            ("this line belongs to nothing above it", "keys of one mapping start in the same column")
        }
        ErrorKind::CommentNotSeparated => ("a `#` follows without a blank", "put a blank before a comment"),
        ErrorKind::RecursionLimitExceeded => return (format!("nested deeper than {} levels", limits.depth), None),
        other => return (format!("broken YAML: {other}"), None),
    };
    (text.to_owned(), Some(hint))
}
