//! Images of a stack: copied from registry to registry, or built.

use std::collections::BTreeMap;

use serde::Serialize;

use super::decode::Reader;
use super::yaml::{Node, Problem};

/// An image that the stack needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Image {
    /// Copied from another registry into ours.
    External {
        /// The reference that it is copied from.
        from: String,
        /// The reference that it is copied to.
        local: String,
    },
    /// Built from a Dockerfile.
    Build(Build),
}

/// How an image is built. Tags, arguments and paths are templates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Build {
    /// The repository that it is pushed to.
    pub repository: String,
    /// The tag; wins over `tag_template`.
    pub tag: Option<String>,
    /// A template of the tag.
    pub tag_template: Option<String>,
    /// The Dockerfile, relative to the stack file; none: `Dockerfile` in the context.
    pub dockerfile: Option<String>,
    /// The folder that is built, relative to the stack file; none: the stack file's own.
    pub context: Option<String>,
    /// Build arguments.
    pub build_args: BTreeMap<String, String>,
    /// Further folders by name.
    pub build_contexts: BTreeMap<String, String>,
}

#[derive(Clone, Copy)]
enum Kind {
    External,
    Build,
}

impl Image {
    pub(super) fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let kind = match fields.node("type") {
            Some(_) => fields.choice("type", &[("external", Kind::External), ("build", Kind::Build)])?,
            None => {
                // The Go tool passes over such an image without a word.
                let problem =
                    Problem::at(node, format!("`{path}.type` is missing: the image is neither copied nor built"));
                reader.tell(problem.hint("write `type: external` to copy it, `type: build` to build it").warning());
                return None;
            }
        };
        let made = match kind {
            Kind::External => Self::External { from: fields.required("from"), local: fields.required("local") },
            Kind::Build => Self::Build(Build {
                repository: fields.required("repository"),
                tag: fields.text("tag"),
                tag_template: fields.text("tagTemplate"),
                dockerfile: fields.text("dockerfile"),
                context: fields.text("context"),
                build_args: fields.text_map("buildArgs"),
                build_contexts: fields.text_map("buildContexts"),
            }),
        };
        fields.finish();
        Some(made)
    }
}
