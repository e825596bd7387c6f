//! What of an object is hidden: the data of Secrets, wherever they stand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secrets::is_searchable;
use crate::stack::yaml::Node;

/// Annotations in which tools keep a copy of the whole object.
const COPIES: [&str; 3] =
    ["kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original", "objectset.rio.cattle.io/applied"];

/// How a field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// As it is, but for Secrets further down.
    Open,
    /// Its keys, each with a hidden value.
    Values,
    /// The metadata of a Secret.
    Metadata,
}

/// A Secret that is being shown.
pub(super) struct Guard {
    /// Texts that give its values away.
    held: Vec<String>,
    /// A Secret of Kubernetes itself: no other field can hold anything but a mistyped `data`.
    own: bool,
}

impl Guard {
    /// The guard of a mapping, if it is a Secret.
    pub(super) fn of(entries: &[(Node, Node)]) -> Option<Self> {
        let field = |name: &str| entries.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value);
        if !field("kind")?.as_str()?.eq_ignore_ascii_case("Secret") {
            return None;
        }
        let annotations = field("metadata").and_then(|metadata| metadata.get("annotations")).and_then(Node::entries);
        let mut held = Vec::new();
        // Only annotations are searched, and most Secrets have none.
        if annotations.is_some_and(|annotations| !annotations.is_empty()) {
            for name in ["data", "stringData"] {
                let values = field(name).and_then(Node::entries).unwrap_or_default();
                values
                    .iter()
                    .filter_map(|(_, value)| value.as_str())
                    .for_each(|text| learn(&mut held, text, name == "data"));
            }
        }
        let own = field("apiVersion").and_then(Node::as_str).is_none_or(|version| !version.contains('/'));
        Some(Self { held, own })
    }

    /// How a field of the Secret is shown.
    pub(super) fn field(&self, name: &str) -> View {
        match name {
            "metadata" => View::Metadata,
            "apiVersion" | "kind" | "type" | "immutable" => View::Open,
            "data" | "stringData" => View::Values,
            _ if self.own => View::Values,
            _ => View::Open,
        }
    }

    /// Whether an annotation is hidden: a copy of the object, or one that has a value of it inside.
    pub(super) fn hides(&self, name: &str, value: &Node) -> bool {
        let gives_away = |text: &str| self.held.iter().any(|held| text.contains(held.as_str()));
        COPIES.contains(&name) || value.as_str().is_some_and(gives_away)
    }
}

/// The forms in which a value may stand in another text: as it is, line by line, as base64, inside JSON.
fn learn(held: &mut Vec<String>, text: &str, encoded: bool) {
    let compact: String = text.split_whitespace().collect();
    let decoded = STANDARD.decode(&compact).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = match decoded {
        Some(plain) if encoded => {
            held.extend(Some(compact).filter(|text| is_searchable(text)));
            plain
        }
        _ => text.to_owned(),
    };
    let plain = plain.trim();
    if !is_searchable(plain) {
        return;
    }
    held.push(STANDARD.encode(plain));
    held.push(serde_json::Value::from(plain).to_string().trim_matches('"').to_owned());
    held.extend(plain.lines().map(str::trim).filter(|line| is_searchable(line)).map(str::to_owned));
}
