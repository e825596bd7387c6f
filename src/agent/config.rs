//! The run's `config.toml` (spec 7.2): template or built-in, blocks, MCP servers, and last what codexctl itself decides.
//! Source of keys: <https://developers.openai.com/codex/config-reference>.

mod mcp;

use std::path::{Path, PathBuf};

use toml::{Table, Value};

pub use self::mcp::{McpServer, Reference, Source, Transport};
use crate::secrets::Secret;

/// Name of our provider block.
const PROVIDER: &str = "codexctl";

/// The variable that carries the run's bearer to Codex.
pub const BEARER_VARIABLE: &str = "CODEXCTL_RUN_BEARER";

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
    /// Base address of the key proxy.
    pub base_url: &'a str,
    /// The agent's tree; its own `.codex/` stays untrusted.
    pub tree: &'a Path,
    /// Who isolates.
    pub sandbox: SandboxMode,
    /// Folders beside the tree that commands may write to.
    pub writable: &'a [PathBuf],
    /// Whether `/tmp` is kept out of what commands may write to.
    pub exclude_slash_tmp: bool,
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

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A piece is no TOML.
    #[error("{place} is not valid TOML: {reason}")]
    Toml {
        /// Which piece.
        place: String,
        /// The parser's words, with line and column in the piece.
        reason: String,
    },
    /// Two pieces disagree on what a key is.
    #[error("{place} has {key} as {found}, an earlier part of the configuration as {before}: make them the same")]
    Shape {
        /// Which piece.
        place: String,
        /// The dotted key.
        key: String,
        /// Type in this piece.
        found: &'static str,
        /// Type before.
        before: &'static str,
    },
    /// An MCP server is there twice.
    #[error(
        "MCP server `{name}` is declared twice, in {first} and in {second}: remove one of them or give it another name"
    )]
    DuplicateServer {
        /// Its name.
        name: String,
        /// Where first.
        first: String,
        /// Where again.
        second: String,
    },
    /// A reference leads nowhere.
    #[error(
        "MCP server `{server}` needs {source_name} for {what}, which is not set: set it, or mark the reference `optional: true`"
    )]
    MissingReference {
        /// The server.
        server: String,
        /// The variable, as `the variable X` or `vars.X`.
        source_name: String,
        /// What it is for, as `header Authorization`.
        what: String,
    },
    /// An MCP server's declaration makes no sense.
    #[error("MCP server `{server}`: {reason}")]
    Server {
        /// The server.
        server: String,
        /// What is wrong, and the way out.
        reason: String,
    },
    /// The result can't be written as TOML.
    #[error("the agent's configuration can't be written: {0}")]
    Write(toml::ser::Error),
}

/// Builds the configuration.
///
/// # Errors
/// Invalid TOML in a piece, a server declared twice, a reference that isn't optional and leads nowhere.
pub fn build(wanted: &Wanted, surroundings: &Surroundings<'_>) -> Result<Built, Error> {
    let mut table = match &wanted.template {
        Some(block) => parse(block)?,
        None => Table::new(),
    };
    let mut servers_from: Vec<(String, String)> = Vec::new();
    if let Some(block) = &wanted.template {
        mcp::note_servers(&table, &block.place, &mut servers_from)?;
    }
    for block in &wanted.blocks {
        let piece = parse(block)?;
        mcp::note_servers(&piece, &block.place, &mut servers_from)?;
        merge(&mut table, piece, &block.place, "")?;
    }
    let mut warnings = Vec::new();
    let mut env = Vec::new();
    mcp::add_servers(&mut table, wanted, &mut servers_from, &mut env, &mut warnings)?;
    add_defaults(&mut table, wanted);
    decide(&mut table, wanted, surroundings, &mut warnings);
    let text = toml::to_string(&table).map_err(Error::Write)?;
    Ok(Built { text: Secret::new(text), env, warnings })
}

fn parse(block: &Block) -> Result<Table, Error> {
    block
        .toml
        .parse::<Table>()
        .map_err(|error| Error::Toml { place: block.place.clone(), reason: error.to_string().trim_end().to_owned() })
}

/// Puts `piece` over `table`: tables are merged, any other value takes the earlier one's place.
fn merge(table: &mut Table, piece: Table, place: &str, prefix: &str) -> Result<(), Error> {
    for (key, value) in piece {
        let dotted = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match (table.get_mut(&key), value) {
            (Some(Value::Table(before)), Value::Table(inner)) => merge(before, inner, place, &dotted)?,
            (Some(before), value) if before.is_table() != value.is_table() => {
                return Err(Error::Shape {
                    place: place.to_owned(),
                    key: dotted,
                    found: value.type_str(),
                    before: before.type_str(),
                });
            }
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
    Ok(())
}

/// The table of this name, made where it is missing or something else.
fn section<'a>(table: &'a mut Table, name: &str) -> &'a mut Table {
    let slot = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
    if !slot.is_table() {
        *slot = Value::Table(Table::new());
    }
    match slot {
        Value::Table(inner) => inner,
        _ => unreachable!("the line above made it a table"),
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
    let fixed: [(&str, Value); 4] = [
        ("approval_policy", "never".into()),
        ("sandbox_mode", around.sandbox.name().into()),
        ("model_provider", PROVIDER.into()),
        // The tree's own AGENTS.md is not trusted; the trusted one stands in CODEX_HOME.
        ("project_doc_max_bytes", 0.into()),
    ];
    for (key, value) in fixed {
        if let Some(before) = table.insert(key.to_owned(), value.clone())
            && before != value
        {
            warnings.push(format!("the configuration says {key} = {before}; on this machine codexctl sets {value}"));
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

    // Commands have no use for the bearer.
    let policy = section(table, "shell_environment_policy");
    let mut excluded: Vec<Value> = policy.get("exclude").and_then(Value::as_array).cloned().unwrap_or_default();
    excluded.push(BEARER_VARIABLE.into());
    policy.insert("exclude".to_owned(), Value::Array(excluded));

    let mut project = Table::new();
    project.insert("trust_level".to_owned(), "untrusted".into());
    section(table, "projects").insert(around.tree.display().to_string(), Value::Table(project));

    let mut provider = Table::new();
    provider.insert("name".to_owned(), "the key proxy of codexctl".into());
    provider.insert("base_url".to_owned(), around.base_url.into());
    provider.insert("wire_api".to_owned(), "responses".into());
    provider.insert("env_key".to_owned(), BEARER_VARIABLE.into());
    provider.insert("request_max_retries".to_owned(), RETRIES.into());
    provider.insert("stream_max_retries".to_owned(), RETRIES.into());
    section(table, "model_providers").insert(PROVIDER.to_owned(), Value::Table(provider));
}

#[cfg(test)]
mod tests;
