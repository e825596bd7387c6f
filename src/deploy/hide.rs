//! Secrets of variables in objects that are shown: each text that holds one is replaced as a whole value is, so that what is
//! printed stays what it is, YAML or JSON (spec 7.5).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::manifests::Manifest;
use crate::secrets::{HIDDEN, Redactor, Secret, is_searchable, is_secret_name};
use crate::stack::yaml::{self, Limits, Node, Scalar, Value};
use crate::stack::{Loaded, Resolved};

/// What stands in Secrets and is no secret: to hide it everywhere would make the rest unreadable.
#[derive(Debug)]
pub struct Open<'a>(BTreeSet<&'a str>);

impl<'a> Open<'a> {
    /// The names that services.yaml gives: project, environment, namespace, groups and services.
    pub fn of(loaded: &'a Loaded) -> Self {
        let stack = &loaded.stack;
        let names = [stack.project.as_str(), &loaded.env.name, &loaded.namespace].into_iter();
        let groups = stack.infrastructure.iter().map(|group| group.name.as_str());
        Self(names.chain(groups).chain(stack.services.iter().map(|service| service.name.as_str())).collect())
    }

    /// Such a name, or a plain word such as `postgres`.
    fn has(&self, value: &str) -> bool {
        self.0.contains(value) || value.bytes().all(|byte| byte.is_ascii_lowercase())
    }
}

/// Makes the values of Secret objects known, so that they are hidden wherever else they stand: all that are long enough to be
/// searched for, but for those that are [`Open`] under a key that is no secret's name.
/// To be called with all Secrets of a stack before the first object is shown.
pub fn learn(manifests: &[Manifest], open: &Open<'_>, redactor: &Redactor) {
    for manifest in manifests.iter().filter(|manifest| &*manifest.kind == SECRET) {
        learn_of(&manifest.node, open, redactor);
    }
}

fn learn_of(secret: &Node, open: &Open<'_>, redactor: &Redactor) {
    for part in PARTS {
        for (key, value) in secret.get(part).and_then(Node::entries).unwrap_or_default() {
            if let Some(value) = value.as_str() {
                let decoded = STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let plain = decoded.filter(|_| part == "data").unwrap_or_else(|| value.to_owned());
                if key.key().is_some_and(|key| is_secret_name(&key)) || !open.has(plain.trim()) {
                    redactor.add(&Secret::new(plain));
                }
            }
        }
    }
}

/// The fields of a Secret that hold its values.
const PARTS: [&str; 2] = ["data", "stringData"];

/// A text as it rendered, with the data of its Secrets hidden where it is YAML or JSON, and all that the redactor knows.
/// None where its Secrets can't be found, as the text can't be read.
pub fn hide_text(text: &str, open: &Open<'_>, redactor: &Redactor) -> Option<String> {
    let parsed = yaml::parse(text, &Limits::default());
    let squeezed: String = text.chars().filter(|char| !char.is_whitespace() && !"\"'".contains(*char)).collect();
    if !parsed.problems.is_empty() && squeezed.to_ascii_lowercase().contains("kind:secret") {
        return None;
    }
    let mut spans = Vec::new();
    parsed.documents.iter().for_each(|document| find(document, open, redactor, &mut spans));
    spans.sort_by_key(|span| span.start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for Range { start, end } in spans {
        // What an alias repeats is hidden where it stands.
        let (Some(before), Some(hidden)) = (text.get(at..start), text.get(start..end)) else { continue };
        out.push_str(before);
        out.push_str(HIDDEN);
        out.push_str(&hidden[hidden.trim_end().len()..]);
        at = end;
    }
    out.push_str(&text[at..]);
    Some(redactor.redact(&out).into_owned())
}

/// Where the values of an object's Secrets stand, also of those in lists. They are made known.
fn find(node: &Node, open: &Open<'_>, redactor: &Redactor, spans: &mut Vec<Range<usize>>) {
    if node.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case(SECRET)) {
        learn_of(node, open, redactor);
        let parts = PARTS.iter().filter_map(|part| node.get(part));
        let values = parts.flat_map(|part| match part.entries() {
            Some(entries) => entries.iter().map(|(_, value)| value).collect(),
            None => vec![part],
        });
        spans.extend(values.filter(|value| value.end > value.place.offset).map(|value| value.place.offset..value.end));
    }
    for item in node.get("items").and_then(Node::items).unwrap_or_default() {
        find(item, open, redactor, spans);
    }
}

/// The kind whose values are learnt.
pub(super) const SECRET: &str = "Secret";

/// Hides what the redactor knows in every value of the objects.
pub fn hide(manifests: &mut [Manifest], redactor: &Redactor) {
    for manifest in manifests {
        hide_in(&mut manifest.node, redactor);
    }
}

fn hide_in(node: &mut Node, redactor: &Redactor) {
    match &mut node.value {
        Value::Scalar(scalar) => hide_scalar(scalar, redactor),
        Value::Seq(items) => items.iter_mut().for_each(|item| hide_in(item, redactor)),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            hide_in(key, redactor);
            hide_in(value, redactor);
        }),
    }
}

fn hide_scalar(scalar: &mut Scalar, redactor: &Redactor) {
    if !is_searchable(&scalar.text) {
        return;
    }
    if let Cow::Owned(hidden) = redactor.redact(&scalar.text) {
        *scalar = Scalar { text: Arc::from(hidden), resolved: Resolved::Str, quoted: true };
    }
}
