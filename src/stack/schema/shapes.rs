//! Shapes that the file has and the types don't: the decoder takes them apart. Their comments are descriptions of the schema.
#![expect(dead_code, reason = "only their shape counts; nobody makes one")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::super::hooks::BUILTINS;
use super::super::mcp::McpServer;

/// How the namespaces are called.
#[derive(Default, serde::Serialize, JsonSchema)]
#[schemars(default)]
pub(in super::super) struct Namespace {
    /// A template for the namespace of each environment, by the environment's name. Without one: `<project>-dev-<slot>` for
    /// `ai`, `<project>-ai-staging` for `ai-repair`, else `<project>-<environment>`.
    patterns: BTreeMap<String, String>,
}

/// A file of manifests.
#[derive(JsonSchema)]
pub(in super::super) struct ManifestFile {
    /// A file of manifests, relative to this one; they are applied in this order. It is a Go template and may hold several
    /// documents.
    path: String,
}

/// Where a service answers.
#[derive(Default, serde::Serialize, JsonSchema)]
#[schemars(default)]
pub(in super::super) struct Ingress {
    /// The host of each environment, by the environment's name. Kept for older files: codexctl writes it into no manifest.
    hosts: BTreeMap<String, String>,
}

/// MCP servers that the agent gets.
#[derive(JsonSchema)]
pub(in super::super) struct Mcp {
    /// MCP servers that the agent gets.
    #[schemars(default)]
    servers: Vec<McpServer>,
}

/// What a run may spend.
#[derive(JsonSchema)]
pub(in super::super) struct Budget {
    /// The most tokens that a run may use. One that would go over it is ended; 0: no limit.
    #[schemars(default)]
    tokens: u64,
}

/// How hard the model thinks.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(in super::super) enum ReasoningEffort {
    /// Little.
    Low,
    /// The agent's usual.
    Medium,
    /// Much.
    High,
    /// Most.
    ExtraHigh,
    /// The agent's own word for `extra-high`.
    #[serde(rename = "xhigh")]
    Xhigh,
}

/// What a step does.
#[derive(JsonSchema)]
pub(in super::super) struct Action {
    /// A bash script, a template.
    run: Option<String>,
    /// A built-in step.
    #[schemars(rename = "use", with = "Option<BuiltinName>")]
    uses: (),
    /// The settings of the built-in step.
    #[schemars(with = "Option<With>")]
    with: (),
}

/// The name of a built-in step. `use: run` beside `run` says nothing and is left from the Go tool.
struct BuiltinName;

impl JsonSchema for BuiltinName {
    fn schema_name() -> Cow<'static, str> {
        "BuiltinName".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = BUILTINS.into_iter().chain(["run"]).collect();
        json_schema!({"type": "string", "enum": names})
    }
}

/// Any mapping; the built-in step says which fields it has.
struct With;

impl JsonSchema for With {
    fn schema_name() -> Cow<'static, str> {
        "With".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object"})
    }
}

/// The settings of `github.comment`.
#[derive(JsonSchema)]
#[schemars(inline)]
pub(in super::super) struct Comment {
    /// The number of the pull request.
    pr: Option<String>,
    /// The number of the issue.
    issue: Option<String>,
    /// The text.
    body: String,
}

/// An image; [`super::image`] describes it.
pub(in super::super) struct Image;

impl JsonSchema for Image {
    fn schema_name() -> Cow<'static, str> {
        "Image".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"$ref": "#/$defs/Image"})
    }
}

/// An image that is copied from one registry to another.
#[derive(JsonSchema)]
pub(in super::super) struct CopiedImage {
    /// The reference that it is copied from.
    from: String,
    /// The reference that it is copied to.
    local: String,
}

/// A value, or where it comes from: exactly one of `value`, `envRef` and `varRef`.
#[derive(JsonSchema)]
pub(in super::super) struct Reference {
    /// The value itself. What is secret doesn't belong here.
    value: Option<String>,
    /// The name of a variable of the agent's environment.
    #[serde(rename = "envRef")]
    env_ref: Option<String>,
    /// The name of one of codexctl's variables.
    #[serde(rename = "varRef")]
    var_ref: Option<String>,
    /// Whether it may be missing. Without this a missing variable ends the run before the agent starts.
    #[schemars(default)]
    optional: bool,
}

/// The path of a file that is read before there are variables.
pub(in super::super) struct PlainPath;

impl JsonSchema for PlainPath {
    fn schema_name() -> Cow<'static, str> {
        "PlainPath".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "not": {"pattern": super::TEMPLATE}})
    }
}
