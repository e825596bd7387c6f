//! services.yaml: read, rendered, validated and typed, with every complaint at its place in the file as written.
//!
//! A run reads the file twice over: [`RawStack::read`] gives what must be known to find the slot (project, patterns, state),
//! then [`RawStack::load`] renders it for that slot. Where the slot is known, [`load`] does both. Nothing here reads the
//! process environment or the clock: both are handed in with the [`LoadRequest`].

mod codex;
mod context;
mod decode;
mod dotenv;
mod environment;
mod error;
mod excerpt;
mod files;
mod hooks;
mod images;
mod load;
mod mcp;
mod namespace;
mod places;
mod publish;
mod raw;
mod render;
mod scalar;
mod schema;
mod services;
mod types;
mod units;
mod validate;
mod vars;
pub mod yaml;
mod yaml_builder;
mod yaml_plain;
mod yaml_quotes;

#[cfg(test)]
mod tests;

pub(crate) use decode::nearest;

pub use codex::{Codex, ConfigBlock, GithubAccess, Link, Timeouts};
pub use context::{Extras, IssueComment, ReviewComment};
pub(crate) use dotenv::dotenv_text;
pub use environment::{Environment, expand};
pub use error::{Diagnostic, Severity, Sources, StackError};
pub use files::{FileError, ProjectFile, same_but_versions};
pub use hooks::{BUILTINS, Builtin, CommentTarget, HookAction, HookStep, ResourceHooks, StackHooks};
pub use images::{Build, Image};
pub use load::{LoadRequest, Loaded, load};
pub use mcp::{McpKind, McpServer, McpService, McpTool, ValueFrom, ValueRef};
pub use publish::Publish;
pub use raw::RawStack;
pub use render::{Renderer, template_error};
pub use scalar::Resolved;
pub use schema::{SCHEMA_ID, schema, schema_text};
pub use services::{HostMount, Infrastructure, Overlay, PvcMount, Service, ServiceImage};
pub use types::{DataPaths, EnvironmentSpec, LocalRegistry, Stack, State, StateBackend, Storage, Volume};
pub use units::{GoDuration, Size};
pub use vars::{Decided, Source, Vars, VarsInput, is_protected};
