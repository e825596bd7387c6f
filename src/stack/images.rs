//! Images of a stack: copied from registry to registry, or built.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::decode::Reader;
use super::yaml::{Node, Problem};

/// An image that the stack needs: copied from another registry, or built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Image {
    /// Copied from one registry to another.
    External {
        /// The reference that it is copied from.
        from: String,
        /// The reference that it is copied to.
        local: String,
    },
    /// Built from a Dockerfile.
    Build(Build),
}

/// An image that is built from a Dockerfile and pushed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "BuiltImage")]
pub struct Build {
    /// The image's name without a tag, such as `registry.example.com/shop/catalog`.
    pub repository: String,
    /// The tag; where it is there, `tagTemplate` doesn't count.
    pub tag: Option<String>,
    /// The tag, usually a template.
    pub tag_template: Option<String>,
    /// The Dockerfile, relative to this file; without one `Dockerfile` in the context.
    pub dockerfile: Option<String>,
    /// The folder that is built, relative to this file; without one this file's own.
    pub context: Option<String>,
    /// Build arguments (`ARG` of the Dockerfile) by name.
    #[schemars(default)]
    pub build_args: BTreeMap<String, String>,
    /// Further folders that the Dockerfile copies from, by the name that its `--from` uses.
    #[schemars(default)]
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
            Kind::External => Self::External { from: fields.written("from"), local: fields.written("local") },
            Kind::Build => Self::Build(Build {
                repository: fields.written("repository"),
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
