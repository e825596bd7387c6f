//! MCP servers of services.yaml as `[mcp_servers.*]` of config.toml.

use toml::{Table, Value};

use super::{Error, Wanted, section};
use crate::secrets::Secret;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// `value`: it stands in services.yaml.
    Value(String),
    /// `envRef`: a variable.
    Env(String),
    /// `varRef`: an entry of `--vars` or the var file.
    Var(String),
}

/// A reference of `codex.mcp`: exactly one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Where the value comes from.
    pub source: Source,
    /// Whether it may be missing; then the entry is left out.
    pub optional: bool,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// `stdio`: Codex starts it.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Its variables.
        env: Vec<(String, Reference)>,
    },
    /// `http` and `https`: an address.
    Http {
        /// The address; without a scheme, `scheme` is put before it.
        endpoint: String,
        /// `http` or `https`.
        scheme: &'static str,
        /// Headers.
        headers: Vec<(String, Reference)>,
        /// A variable with a bearer token.
        bearer_token_env_var: Option<String>,
    },
    /// `cluster`: a Service of a cluster.
    Cluster {
        /// The Service.
        name: String,
        /// Its namespace; the caller puts the environment's where the file names none.
        namespace: String,
        /// Its port.
        port: u16,
        /// The path.
        path: String,
        /// `http` or `https`.
        scheme: String,
        /// Headers.
        headers: Vec<(String, Reference)>,
        /// A variable with a bearer token.
        bearer_token_env_var: Option<String>,
    },
}

/// One of `codex.mcp.servers`.
#[derive(Debug, Clone, PartialEq)]
pub struct McpServer {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub transport: Transport,
    /// Seconds for a tool's answer.
    pub tool_timeout_sec: Option<u64>,
    /// Seconds for its start.
    pub startup_timeout_sec: Option<u64>,
}

impl McpServer {
    /// Every variable that this server refers to, for the caller to look up.
    pub fn sources(&self) -> Vec<Source> {
        let (pairs, bearer) = match &self.transport {
            Transport::Stdio { env, .. } => (env, None),
            Transport::Http { headers, bearer_token_env_var, .. }
            | Transport::Cluster { headers, bearer_token_env_var, .. } => (headers, bearer_token_env_var.clone()),
        };
        let named = pairs.iter().map(|(_, reference)| reference.source.clone());
        named.filter(|source| !matches!(source, Source::Value(_))).chain(bearer.map(Source::Env)).collect()
    }
}

/// Notes the servers of a piece of TOML; one that another piece has already is an error.
pub(super) fn note_servers(piece: &Table, place: &str, seen: &mut Vec<(String, String)>) -> Result<(), Error> {
    for name in piece.get("mcp_servers").and_then(Value::as_table).into_iter().flat_map(Table::keys) {
        note(name, place, seen)?;
    }
    Ok(())
}

fn note(name: &str, place: &str, seen: &mut Vec<(String, String)>) -> Result<(), Error> {
    if let Some((_, first)) = seen.iter().find(|(known, _)| known == name) {
        return Err(Error::DuplicateServer { name: name.to_owned(), first: first.clone(), second: place.to_owned() });
    }
    seen.push((name.to_owned(), place.to_owned()));
    Ok(())
}

/// Adds `codex.mcp.servers`, and context7 where its key is set and nobody declared it.
pub(super) fn add_servers(
    table: &mut Table,
    wanted: &Wanted,
    seen: &mut Vec<(String, String)>,
    env: &mut Vec<(String, Secret)>,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let mut built: Vec<(String, Table)> = Vec::new();
    for (index, server) in wanted.servers.iter().enumerate() {
        note(&server.name, &format!("codex.mcp.servers[{index}]"), seen)?;
        built.push((server.name.clone(), server_table(server, wanted, env, warnings)?));
    }
    if let Some(key) = &wanted.context7
        && !seen.iter().any(|(name, _)| name == "context7")
    {
        let mut server = Table::new();
        server.insert("command".to_owned(), "npx".into());
        server.insert("args".to_owned(), Value::Array(vec!["-y".into(), "@upstash/context7-mcp".into()]));
        server.insert("env_vars".to_owned(), Value::Array(vec!["CONTEXT7_API_KEY".into()]));
        push_env(env, "CONTEXT7_API_KEY", key);
        built.push(("context7".to_owned(), server));
    }
    if !built.is_empty() {
        let servers = section(table, "mcp_servers");
        for (name, server) in built {
            servers.insert(name, Value::Table(server));
        }
    }
    Ok(())
}

fn server_table(
    server: &McpServer,
    wanted: &Wanted,
    env: &mut Vec<(String, Secret)>,
    warnings: &mut Vec<String>,
) -> Result<Table, Error> {
    let refuse = |reason: &str| Error::Server { server: server.name.clone(), reason: reason.to_owned() };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if server.name.is_empty() || !server.name.chars().all(plain) {
        // Codex makes tool names of it, and models take only these characters there.
        return Err(refuse("its name may have letters, digits, `-` and `_` only"));
    }
    let mut out = Table::new();
    match &server.transport {
        Transport::Stdio { command, args, env: pairs } => {
            if command.trim().is_empty() {
                return Err(refuse("type stdio needs a `command`"));
            }
            out.insert("command".to_owned(), command.as_str().into());
            out.insert("args".to_owned(), Value::Array(args.iter().map(|arg| arg.as_str().into()).collect()));
            let mut values = Table::new();
            let mut passed = Vec::new();
            for (key, reference) in pairs {
                let Some(value) = resolve(server, reference, &format!("variable {key}"), wanted)? else { continue };
                // A variable that keeps its name need not stand in the file.
                if reference.source == Source::Env(key.clone()) {
                    passed.push(Value::from(key.as_str()));
                    push_env(env, key, &value);
                } else {
                    values.insert(key.clone(), value.expose().as_str().into());
                }
            }
            insert_filled(&mut out, "env", values);
            if !passed.is_empty() {
                out.insert("env_vars".to_owned(), Value::Array(passed));
            }
        }
        Transport::Http { endpoint, scheme, headers, bearer_token_env_var } => {
            if endpoint.trim().is_empty() {
                return Err(refuse("types http and https need an `endpoint`"));
            }
            let url = if endpoint.contains("://") { endpoint.clone() } else { format!("{scheme}://{endpoint}") };
            remote(&mut out, server, &url, headers, bearer_token_env_var.as_deref(), wanted, env, warnings)?;
        }
        Transport::Cluster { name, namespace, port, path, scheme, headers, bearer_token_env_var } => {
            let url =
                format!("{scheme}://{name}.{namespace}.svc.cluster.local:{port}/{}", path.trim_start_matches('/'));
            remote(&mut out, server, &url, headers, bearer_token_env_var.as_deref(), wanted, env, warnings)?;
        }
    }
    for (key, seconds) in
        [("tool_timeout_sec", server.tool_timeout_sec), ("startup_timeout_sec", server.startup_timeout_sec)]
    {
        if let Some(seconds) = seconds {
            let seconds = i64::try_from(seconds).map_err(|_| refuse("its timeout is too long"))?;
            out.insert(key.to_owned(), seconds.into());
        }
    }
    Ok(out)
}

#[expect(clippy::too_many_arguments, reason = "the two remote transports share all of it")]
fn remote(
    out: &mut Table,
    server: &McpServer,
    url: &str,
    headers: &[(String, Reference)],
    bearer: Option<&str>,
    wanted: &Wanted,
    env: &mut Vec<(String, Secret)>,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    url::Url::parse(url).map_err(|error| Error::Server {
        server: server.name.clone(),
        reason: format!("`{url}` is no address: {error}"),
    })?;
    out.insert("url".to_owned(), url.into());
    let mut plain = Table::new();
    let mut named = Table::new();
    for (header, reference) in headers {
        let Some(value) = resolve(server, reference, &format!("header {header}"), wanted)? else { continue };
        if let Source::Env(variable) = &reference.source {
            named.insert(header.clone(), variable.as_str().into());
            push_env(env, variable, &value);
        } else {
            plain.insert(header.clone(), value.expose().as_str().into());
        }
    }
    insert_filled(out, "http_headers", plain);
    insert_filled(out, "env_http_headers", named);
    if let Some(variable) = bearer {
        match find(wanted, &Source::Env(variable.to_owned())) {
            Some(value) => push_env(env, variable, value),
            None => warnings.push(format!(
                "MCP server `{}`: {variable} (bearer_token_env_var) is not set, it will be asked without a token",
                server.name
            )),
        }
        out.insert("bearer_token_env_var".to_owned(), variable.into());
    }
    Ok(())
}

fn insert_filled(out: &mut Table, key: &str, table: Table) {
    if !table.is_empty() {
        out.insert(key.to_owned(), Value::Table(table));
    }
}

fn push_env(env: &mut Vec<(String, Secret)>, name: &str, value: &Secret) {
    if !env.iter().any(|(known, _)| known == name) {
        env.push((name.to_owned(), value.clone()));
    }
}

fn find<'a>(wanted: &'a Wanted, source: &Source) -> Option<&'a Secret> {
    wanted.values.iter().find(|(known, _)| known == source).map(|(_, value)| value)
}

/// The value of a reference; `None` where it is missing and may be.
fn resolve(server: &McpServer, reference: &Reference, what: &str, wanted: &Wanted) -> Result<Option<Secret>, Error> {
    let source_name = match &reference.source {
        Source::Value(value) => return Ok(Some(Secret::new(value.clone()))),
        Source::Env(name) => format!("the variable {name}"),
        Source::Var(name) => format!("the var {name} (--vars, --var-file)"),
    };
    match find(wanted, &reference.source) {
        Some(value) => Ok(Some(value.clone())),
        None if reference.optional => Ok(None),
        None => Err(Error::MissingReference { server: server.name.clone(), source_name, what: what.to_owned() }),
    }
}
