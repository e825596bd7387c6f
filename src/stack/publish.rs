//! What may leave a run.

use std::path::Path;

use globset::Glob;
use schemars::JsonSchema;
use serde::Serialize;

use super::decode::{Fields, Reader};
use super::hooks::{HookAction, ResourceHooks};
use super::types::Stack;
use super::units::Size;
use super::yaml::{Node, Problem};
use crate::policy::limits::{DEFAULT_MAX_FILES, DEFAULT_MAX_MEBIBYTES, DEFAULT_SKIP, OnProtected};

/// What may leave a run. codexctl checks it before anything is pushed.
// Where `protected_paths` is none, [`crate::policy::limits::DEFAULT_PROTECTED`] and the stack's own files count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct Publish {
    /// Whether pull requests are drafts.
    pub draft: bool,
    /// The most files that a run may change. Of a run that changes more, nothing is published.
    pub max_files: u64,
    /// The most bytes that the changed files may have together. Of a run with more, nothing is published.
    pub max_bytes: Size,
    /// Globs of paths that nobody should change unseen; `*` stays within a folder, `**` crosses folders. Without a list:
    /// `.github/**`, `**/AGENTS.md`, `**/CODEOWNERS`, `.codex/**`, `**/.gitattributes`, `.gitmodules`, this file but for its
    /// `versions`, its `envFiles` and the scripts that its hooks run.
    pub protected_paths: Option<Vec<String>>,
    /// What happens when a run changes a protected path.
    pub on_protected: OnProtected,
    /// Globs of paths that are not published.
    pub skip: Vec<String>,
    /// Labels that pull requests get.
    pub labels: Vec<String>,
    /// Logins of people who are asked to review.
    pub reviewers: Vec<String>,
}

impl Default for Publish {
    fn default() -> Self {
        Self {
            draft: true,
            max_files: DEFAULT_MAX_FILES,
            max_bytes: Size::mebibytes(DEFAULT_MAX_MEBIBYTES),
            protected_paths: None,
            on_protected: OnProtected::default(),
            skip: DEFAULT_SKIP.map(str::to_owned).to_vec(),
            labels: Vec::new(),
            reviewers: Vec::new(),
        }
    }
}

impl Publish {
    pub(super) fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let ways = [("draft", OnProtected::Draft), ("refuse", OnProtected::Refuse)];
        let usual = Self::default();
        let mut fields = reader.fields(node, path)?;
        let made = Self {
            draft: fields.truth("draft").unwrap_or(usual.draft),
            max_files: fields.number("maxFiles", 0, u64::MAX).unwrap_or(usual.max_files),
            max_bytes: fields.size("maxBytes").unwrap_or(usual.max_bytes),
            protected_paths: globs(&mut fields, "protectedPaths"),
            on_protected: fields.choice("onProtected", &ways).unwrap_or_default(),
            skip: globs(&mut fields, "skip").unwrap_or(usual.skip),
            labels: fields.texts("labels").unwrap_or_default(),
            reviewers: fields.texts("reviewers").unwrap_or_default(),
        };
        fields.finish();
        Some(made)
    }
}

/// A list of globs, each of which must be one.
fn globs(fields: &mut Fields<'_, '_>, name: &'static str) -> Option<Vec<String>> {
    let found = fields.texts(name)?;
    let items = fields.node(name).and_then(Node::items).unwrap_or_default();
    for item in items {
        if let Some(text) = item.as_str()
            && let Err(error) = Glob::new(text)
        {
            let text = format!("`{}` holds `{text}`, which is no glob: {}", fields.path(name), error.kind());
            fields.tell(Problem::at(item, text));
        }
    }
    Some(found)
}

/// The stack's own files that a change must not slip into: the stack file (publishing lets a change of `versions` alone
/// pass), its files of variables, and scripts that its hooks name.
pub(super) fn own_files(stack: &Stack, file: &str, root: &Path) -> Vec<String> {
    let mut found = vec![globset::escape(file)];
    found.extend(stack.env_files.iter().map(|name| globset::escape(name)));
    let groups = stack.infrastructure.iter().map(|group| &group.hooks);
    let services = stack.services.iter().map(|service| &service.hooks);
    let resources = groups.chain(services).flat_map(ResourceHooks::steps);
    let steps = stack.hooks.before_all.iter().chain(&stack.hooks.after_all).chain(resources);
    for step in steps {
        let HookAction::Run(script) = &step.action else { continue };
        let ends = |found: char| found.is_whitespace() || "\"'`;|&()<>=".contains(found);
        for word in script.split(ends).map(|word| word.trim_start_matches("./")) {
            let inside = !word.is_empty() && !word.starts_with(['/', '-']) && !word.contains("..");
            let glob = globset::escape(word);
            if inside && !found.contains(&glob) && root.join(word).is_file() {
                found.push(glob);
            }
        }
    }
    found
}
