//! The run's `config.toml` (spec 7.2): template or built-in, blocks, MCP servers, and last what codexctl itself decides.
//! Source of keys: <https://developers.openai.com/codex/config-reference>.

mod error; // what is wrong, and which piece said it
mod mcp; // `[mcp_servers.*]`
mod permissions; // what commands can reach in Codex's own sandbox
mod piece; // pieces of TOML, with the places of their keys

use std::path::{Path, PathBuf};

use toml::{Table, Value};

pub use self::error::{At, Error, Mistake, Mistakes};
use self::mcp::Adding;
pub use self::mcp::{McpServer, Reference, Source, Transport};
pub(super) use self::permissions::alone as permissions_alone;
use self::piece::{Piece, section};
use crate::secrets::{HIDDEN, Secret};

/// Name of our provider block.
const PROVIDER: &str = "codexctl";

/// The variable that carries the run's bearer to Codex.
pub const BEARER_VARIABLE: &str = "CODEXCTL_RUN_BEARER";

/// What commands get whatever tools refer to: they don't run without.
const FOR_COMMANDS: [&str; 3] = ["PATH", "HOME", "LANG"];

/// How often Codex repeats a request that failed. The proxy passes Retry-After through, so a busy model is waited for.
const RETRIES: i64 = 6;

/// A piece of TOML from services.yaml, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What an error calls it, such as `codex.configBlocks[1] (tools)`.
    pub place: String,
    /// The text.
    pub toml: String,
}

/// What keeps the agent's commands apart from everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxMode {
    /// Codex's own sandbox: writes only in the tree and temporary folders, network on.
    WorkspaceWrite,
    /// None of Codex's: codexctl, a container or a pod isolates.
    DangerFullAccess,
}

impl SandboxMode {
    /// As config.toml spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkspaceWrite => "workspace-write",
            Self::DangerFullAccess => "danger-full-access",
        }
    }
}

/// What services.yaml and the labels say about the configuration.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The chosen model; none leaves it to the template, then to Codex.
    pub model: Option<String>,
    /// The chosen effort, as Codex spells it: `low`, `medium`, `high`, `xhigh`.
    pub effort: Option<String>,
    /// `codex.configTemplate`; it takes the built-in configuration's place.
    pub template: Option<Block>,
    /// `codex.configBlocks`, in order.
    pub blocks: Vec<Block>,
    /// `codex.mcp.servers`, in order.
    pub servers: Vec<McpServer>,
    /// `CONTEXT7_API_KEY`, where it is set.
    pub context7: Option<Secret>,
    /// What [`McpServer::sources`] lead to, for those that lead somewhere; the caller looks them up.
    pub values: Vec<(Source, Secret)>,
}

/// What the place of the run adds.
#[derive(Debug, Clone)]
pub struct Surroundings<'a> {
    /// Base address of the key proxy; none where Codex has a login of its own, as in a pod.
    pub base_url: Option<&'a str>,
    /// The agent's tree; its own `.codex/` stays untrusted.
    pub tree: &'a Path,
    /// Who isolates.
    pub sandbox: SandboxMode,
    /// Folders beside the tree that commands may write to.
    pub writable: &'a [PathBuf],
    /// Whether `/tmp` is kept out of what commands may write to.
    pub exclude_slash_tmp: bool,
    /// Files and folders that commands can't even read in Codex's own sandbox; those of the tree and of `writable` that lie in them can.
    pub hidden: &'a [PathBuf],
    /// Where MCP servers start that don't say it themselves; none leaves it to Codex, which takes the tree.
    pub servers_in: Option<&'a Path>,
}

/// A finished configuration.
#[derive(Debug, Clone)]
pub struct Built {
    /// The text of config.toml. It may hold secret values of MCP servers: mode 0600, never shown.
    pub text: Secret,
    /// Variables that Codex needs for its MCP servers.
    pub env: Vec<(String, Secret)>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Wanted {
    /// The same with [`HIDDEN`] for every value that a reference of `codex.mcp` leads to (spec 7.5): the configuration as it may be
    /// shown.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.servers.iter_mut().for_each(McpServer::hide_values);
        for (_, value) in &mut self.values {
            *value = Secret::new(HIDDEN.to_owned());
        }
        self
    }
}

/// Builds the configuration.
///
/// # Errors
/// Everything that is wrong: invalid TOML in a piece, a server declared twice, a reference that isn't optional and leads nowhere.
pub fn build(wanted: &Wanted, surroundings: &Surroundings<'_>) -> Result<Built, Mistakes> {
    let mut told = Vec::new();
    let mut table = Table::new();
    let mut adding = Adding::new(wanted);
    if let Some(template) = wanted.template.as_ref().and_then(|block| Piece::template(block, &mut told)) {
        adding.note_servers(&template, &mut told);
        template.put_over(&mut table, &mut told);
    }
    for (index, block) in wanted.blocks.iter().enumerate() {
        if let Some(piece) = Piece::block(block, index, &mut told) {
            adding.note_servers(&piece, &mut told);
            piece.put_over(&mut table, &mut told);
        }
    }
    adding.add_servers(&mut table, &mut told);
    if let Some(folder) = surroundings.servers_in {
        mcp::start_in(&mut table, folder);
    }
    let Adding { env, mut warnings, .. } = adding;
    add_defaults(&mut table, wanted);
    decide(&mut table, wanted, surroundings, &mut warnings);
    keep_from_commands(&mut table, env.iter().map(|(name, _)| name.as_str()));
    let written = toml::to_string(&table).map_err(|error| Error::Write(error.to_string()));
    match written {
        Ok(text) if told.is_empty() => Ok(Built { text: Secret::new(text), env, warnings }),
        Ok(_) => Err(Mistakes(told)),
        Err(error) => {
            told.push(Mistake { at: At::Whole, error });
            Err(Mistakes(told))
        }
    }
}

/// What holds unless the project says otherwise.
fn add_defaults(table: &mut Table, wanted: &Wanted) {
    if wanted.template.is_none() {
        table.entry("model_verbosity").or_insert_with(|| "low".into());
    }
    // These would ask other hosts, on a runner for nothing.
    table.entry("check_for_update_on_startup").or_insert_with(|| false.into());
    section(table, "analytics").entry("enabled").or_insert_with(|| false.into());
    let features = section(table, "features");
    for name in ["apps", "plugins"] {
        features.entry(name).or_insert_with(|| false.into());
    }
    section(table, "sandbox_workspace_write").entry("network_access").or_insert_with(|| true.into());
}

/// What codexctl alone decides: the choice of 4.4, and everything that keeps the agent where it belongs.
fn decide(table: &mut Table, wanted: &Wanted, around: &Surroundings<'_>, warnings: &mut Vec<String>) {
    for (key, chosen) in [("model", &wanted.model), ("model_reasoning_effort", &wanted.effort)] {
        if let Some(chosen) = chosen {
            table.insert(key.to_owned(), chosen.as_str().into());
        }
    }
    let fixed: [(&str, Value); 3] = [
        ("approval_policy", "never".into()),
        ("sandbox_mode", around.sandbox.name().into()),
        // The tree's own AGENTS.md is not trusted; the trusted one stands in CODEX_HOME.
        ("project_doc_max_bytes", 0.into()),
    ];
    let provider = around.base_url.map(|_| ("model_provider", PROVIDER.into()));
    for (key, value) in fixed.into_iter().chain(provider) {
        if let Some(before) = table.insert(key.to_owned(), value.clone())
            && before != value
        {
            warnings.push(format!("the configuration says {key} = {before}; here codexctl sets {value}"));
        }
    }
    // Another profile would bring back what was just decided.
    for key in ["profile", "profiles", "default_permissions"] {
        if table.remove(key).is_some() {
            warnings.push(format!("`{key}` in the agent's configuration is left out: codexctl decides the sandbox"));
        }
    }

    let sandbox = section(table, "sandbox_workspace_write");
    if !around.writable.is_empty() {
        let mut roots: Vec<Value> =
            sandbox.get("writable_roots").and_then(Value::as_array).cloned().unwrap_or_default();
        roots.extend(around.writable.iter().map(|path| Value::from(path.display().to_string())));
        sandbox.insert("writable_roots".to_owned(), Value::Array(roots));
    }
    if around.exclude_slash_tmp {
        sandbox.insert("exclude_slash_tmp".to_owned(), true.into());
    }
    if around.sandbox == SandboxMode::WorkspaceWrite && !around.hidden.is_empty() {
        permissions::add(table, around.tree, around.hidden);
    }

    let mut project = Table::new();
    project.insert("trust_level".to_owned(), "untrusted".into());
    section(table, "projects").insert(around.tree.display().to_string(), Value::Table(project));

    let Some(base_url) = around.base_url else { return };
    keep_from_commands(table, [BEARER_VARIABLE]);

    let mut provider = Table::new();
    provider.insert("name".to_owned(), "the key proxy of codexctl".into());
    provider.insert("base_url".to_owned(), base_url.into());
    provider.insert("wire_api".to_owned(), "responses".into());
    provider.insert("env_key".to_owned(), BEARER_VARIABLE.into());
    provider.insert("request_max_retries".to_owned(), RETRIES.into());
    provider.insert("stream_max_retries".to_owned(), RETRIES.into());
    section(table, "model_providers").insert(PROVIDER.to_owned(), Value::Table(provider));
}

/// What Codex and its tools need, and commands have no use for: one of them that printed its environment would tell it to the model.
fn keep_from_commands<'a>(table: &mut Table, names: impl IntoIterator<Item = &'a str>) {
    let mut names = names.into_iter().filter(|name| !FOR_COMMANDS.contains(name)).peekable();
    if names.peek().is_none() {
        return;
    }
    let policy = section(table, "shell_environment_policy");
    let mut excluded: Vec<Value> = policy.get("exclude").and_then(Value::as_array).cloned().unwrap_or_default();
    excluded.extend(names.map(Value::from));
    policy.insert("exclude".to_owned(), Value::Array(excluded));
}

#[cfg(test)]
mod tests;
