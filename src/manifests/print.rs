//! Objects as YAML that any reader, of YAML 1.1 or of 1.2, reads back the same.

use serde_json::Value as Json;

use crate::secrets::HIDDEN;
use crate::stack::yaml::{self, Limits, Node, Value};

use super::secret::{Guard, View};
use super::{Manifest, scalar};

/// Whether the data of Secrets is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// `<hidden>` stands in the place of each value.
    Hidden,
    /// As it is.
    Shown,
}

/// The objects as a stream of YAML documents, each after a comment that names its file, line and owner.
pub fn print(manifests: &[Manifest], secrets: Secrets) -> String {
    let mut printer = Printer { out: String::with_capacity(manifests.len() * 1024), secrets };
    for (index, manifest) in manifests.iter().enumerate() {
        if index > 0 {
            printer.out.push_str("---\n");
        }
        printer.comment(manifest);
        match &manifest.node.value {
            Value::Map(entries) if !entries.is_empty() => printer.mapping(entries, 0, View::Open),
            // No object is a list or a scalar, but what is printed is what is there.
            Value::Seq(items) if !items.is_empty() => printer.sequence(items, 0),
            _ => printer.value(&manifest.node, 0),
        }
    }
    printer.out
}

/// A value as YAML, with the data of Secrets as it is.
pub fn text(value: &Json) -> String {
    // JSON is YAML.
    let parsed = yaml::parse(&value.to_string(), &Limits::default());
    let mut printer = Printer { out: String::new(), secrets: Secrets::Shown };
    match parsed.documents.first().map(|node| (&node.value, node)) {
        Some((Value::Map(entries), _)) if !entries.is_empty() => printer.mapping(entries, 0, View::Open),
        Some((_, node)) => printer.value(node, 0),
        None => {}
    }
    printer.out
}

struct Printer {
    out: String,
    secrets: Secrets,
}

impl Printer {
    fn comment(&mut self, manifest: &Manifest) {
        let (file, owner) = (manifest.file.to_string_lossy(), &manifest.owner);
        self.out.push_str("# ");
        self.plain(&file);
        self.out.push_str(&format!(":{} ({} ", manifest.place.line, owner.kind.as_str()));
        self.plain(&owner.name);
        self.out.push_str(")\n");
    }

    /// Text in a comment, which no character of it may end.
    fn plain(&mut self, text: &str) {
        for char in text.chars() {
            if scalar::is_printable(char) && char != '\n' && char != '\t' {
                self.out.push(char);
            } else {
                self.out.extend(char.escape_unicode());
            }
        }
    }

    /// The entries of a mapping. The caller has written what stands before the first key.
    fn mapping(&mut self, entries: &[(Node, Node)], column: usize, view: View) {
        let guard = match self.secrets {
            Secrets::Hidden if view == View::Open => Guard::of(entries),
            _ => None,
        };
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                scalar::blanks(&mut self.out, column);
            }
            let name = key.key().unwrap_or_default();
            self.key(&name, column);
            match (&guard, view) {
                (Some(guard), _) => match guard.field(&name) {
                    View::Open => self.field(value, column),
                    View::Values => self.values(value, column),
                    View::Metadata => self.metadata(value, column, guard),
                },
                (None, View::Values) => self.hidden(),
                (None, _) => self.field(value, column),
            }
        }
    }

    fn key(&mut self, name: &str, column: usize) {
        if scalar::key(&mut self.out, name) {
            self.out.push('\n');
            scalar::blanks(&mut self.out, column);
        }
        self.out.push(':');
    }

    /// What stands behind `key:`, with the end of the line.
    fn field(&mut self, node: &Node, column: usize) {
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => self.below(entries, column, View::Open),
            Value::Seq(items) if !items.is_empty() => {
                self.out.push('\n');
                scalar::blanks(&mut self.out, column + 2);
                self.sequence(items, column + 2);
            }
            _ => {
                self.out.push(' ');
                self.value(node, column);
            }
        }
    }

    fn below(&mut self, entries: &[(Node, Node)], column: usize, view: View) {
        self.out.push('\n');
        scalar::blanks(&mut self.out, column + 2);
        self.mapping(entries, column + 2, view);
    }

    /// The items of a list. The caller has written the blanks before the first `-`.
    fn sequence(&mut self, items: &[Node], column: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                scalar::blanks(&mut self.out, column);
            }
            self.out.push_str("- ");
            match &item.value {
                Value::Map(entries) if !entries.is_empty() => self.mapping(entries, column + 2, View::Open),
                Value::Seq(items) if !items.is_empty() => self.sequence(items, column + 2),
                _ => self.value(item, column),
            }
        }
    }

    /// A scalar or something empty, with the end of the line.
    fn value(&mut self, node: &Node, column: usize) {
        match &node.value {
            Value::Scalar(scalar) => scalar::value(&mut self.out, scalar, column + 2),
            Value::Map(_) => self.out.push_str("{}"),
            Value::Seq(_) => self.out.push_str("[]"),
        }
        self.out.push('\n');
    }

    fn hidden(&mut self) {
        self.out.push(' ');
        self.out.push_str(HIDDEN);
        self.out.push('\n');
    }

    /// `data` of a Secret: its keys.
    fn values(&mut self, node: &Node, column: usize) {
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => self.below(entries, column, View::Values),
            Value::Map(_) => self.field(node, column),
            _ if node.is_null() => self.field(node, column),
            _ => self.hidden(),
        }
    }

    /// The metadata of a Secret.
    fn metadata(&mut self, node: &Node, column: usize, guard: &Guard) {
        let Some(entries) = node.entries().filter(|entries| !entries.is_empty()) else {
            self.field(node, column);
            return;
        };
        self.out.push('\n');
        for (key, value) in entries {
            let name = key.key().unwrap_or_default();
            scalar::blanks(&mut self.out, column + 2);
            self.key(&name, column + 2);
            match value.entries() {
                Some(annotations) if name == "annotations" && !annotations.is_empty() => {
                    self.out.push('\n');
                    for (key, value) in annotations {
                        let name = key.key().unwrap_or_default();
                        scalar::blanks(&mut self.out, column + 4);
                        self.key(&name, column + 4);
                        if guard.hides(&name, value) { self.hidden() } else { self.field(value, column + 4) }
                    }
                }
                _ => self.field(value, column + 2),
            }
        }
    }
}
