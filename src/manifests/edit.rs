//! Small changes to nodes. What is added takes the place of what it is put into, so that a message about it leads there.

use std::sync::Arc;

use crate::stack::Resolved;
use crate::stack::yaml::{Node, Scalar, Value};

/// Text.
pub(super) fn text(value: &str, at: &Node) -> Node {
    scalar(value, Resolved::Str, at)
}

/// `true`.
pub(super) fn truth(at: &Node) -> Node {
    scalar("true", Resolved::Bool(true), at)
}

fn scalar(value: &str, resolved: Resolved, at: &Node) -> Node {
    let quoted = resolved == Resolved::Str;
    made(Value::Scalar(Scalar { text: Arc::from(value), resolved, quoted }), at)
}

/// A mapping.
pub(super) fn mapping<const N: usize>(entries: [(&str, Node); N], at: &Node) -> Node {
    made(Value::Map(entries.into_iter().map(|(key, value)| (text(key, at), value)).collect()), at)
}

fn made(value: Value, at: &Node) -> Node {
    Node { value, place: at.place, end: at.end, tag: None }
}

/// The value of a key.
pub(super) fn get_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Value::Map(entries) = &mut node.value else { return None };
    entries.iter_mut().find(|(name, _)| name.key().as_deref() == Some(key)).map(|(_, value)| value)
}

/// The value under a path of keys.
pub(super) fn at_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, key| get_mut(node, key))
}

/// Sets a key of a mapping: where it stands, else behind `after`, else at the end.
pub(super) fn set(node: &mut Node, key: &str, value: Node, after: &str) {
    if let Some(old) = get_mut(node, key) {
        *old = value;
        return;
    }
    let name = text(key, node);
    let Value::Map(entries) = &mut node.value else { return };
    let behind = entries.iter().position(|(name, _)| name.key().as_deref() == Some(after)).map(|at| at + 1);
    entries.insert(behind.unwrap_or(entries.len()), (name, value));
}

/// The items of a list under a key, which is made where it is missing or null. None where something else stands there.
pub(super) fn list_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Vec<Node>> {
    if node.get(key).is_none_or(Node::is_null) {
        let empty = made(Value::Seq(Vec::new()), node);
        set(node, key, empty, "");
    }
    match &mut get_mut(node, key)?.value {
        Value::Seq(items) => Some(items),
        _ => None,
    }
}

/// The text of a field, unless it is missing, null or empty.
pub(super) fn filled<'n>(node: &'n Node, key: &str) -> Option<&'n Arc<str>> {
    let scalar = node.get(key)?.scalar()?;
    (scalar.resolved != Resolved::Null && !scalar.text.is_empty()).then_some(&scalar.text)
}
