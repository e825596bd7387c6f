//! MCP servers of services.yaml as `[mcp_servers.*]` of config.toml.

use toml::{Table, Value};

use super::error::{At, Error, Mistake};
use super::piece::{Piece, section};
use super::{HIDDEN, Wanted};
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
    /// Its index in that list, which may hold servers that can't be reached from here.
    pub index: usize,
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
    /// Puts [`HIDDEN`] in the place of values that stand in services.yaml itself.
    pub(super) fn hide_values(&mut self) {
        let pairs = match &mut self.transport {
            Transport::Stdio { env, .. } => env,
            Transport::Http { headers, .. } | Transport::Cluster { headers, .. } => headers,
        };
        for (_, reference) in pairs {
            if let Source::Value(value) = &mut reference.source {
                HIDDEN.clone_into(value);
            }
        }
    }

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

/// Puts servers into the configuration, and gathers what they need and what is wrong with them.
pub(super) struct Adding<'a> {
    wanted: &'a Wanted,
    /// Names that are taken, and by which piece.
    taken: Vec<(String, String)>,
    /// Variables that Codex needs for its servers.
    pub(super) env: Vec<(String, Secret)>,
    /// What the user should know.
    pub(super) warnings: Vec<String>,
}

impl<'a> Adding<'a> {
    pub(super) fn new(wanted: &'a Wanted) -> Self {
        Self { wanted, taken: Vec::new(), env: Vec::new(), warnings: Vec::new() }
    }

    /// Notes the servers of a piece of TOML; one that another piece has already is an error.
    pub(super) fn note_servers(&mut self, piece: &Piece<'_>, told: &mut Vec<Mistake>) {
        for name in piece.table.get("mcp_servers").and_then(Value::as_table).into_iter().flat_map(Table::keys) {
            self.take(name, piece.place, || piece.at(&["mcp_servers", name]), told);
        }
    }

    fn take(&mut self, name: &str, place: &str, at: impl FnOnce() -> At, told: &mut Vec<Mistake>) {
        match self.taken.iter().find(|(known, _)| known == name) {
            Some((_, first)) => {
                let (name, first, second) = (name.to_owned(), first.clone(), place.to_owned());
                told.push(Mistake { at: at(), error: Error::DuplicateServer { name, first, second } });
            }
            None => self.taken.push((name.to_owned(), place.to_owned())),
        }
    }

    /// Adds `codex.mcp.servers`; to the built-in configuration also context7, where its key is set and nobody declared it.
    pub(super) fn add_servers(&mut self, table: &mut Table, told: &mut Vec<Mistake>) {
        let wanted = self.wanted;
        let mut built: Vec<(String, Table)> = Vec::new();
        for server in &wanted.servers {
            let index = server.index;
            self.take(&server.name, &format!("codex.mcp.servers[{index}]"), || At::Server(index), told);
            let mut one = One { adding: self, server, index, told };
            built.push((server.name.clone(), one.table()));
        }
        if let (Some(key), None) = (&wanted.context7, &wanted.template)
            && !self.taken.iter().any(|(name, _)| name == "context7")
        {
            let mut server = Table::new();
            server.insert("command".to_owned(), "npx".into());
            server.insert("args".to_owned(), Value::Array(vec!["-y".into(), "@upstash/context7-mcp".into()]));
            server.insert("env_vars".to_owned(), Value::Array(vec!["CONTEXT7_API_KEY".into()]));
            self.pass("CONTEXT7_API_KEY", key);
            built.push(("context7".to_owned(), server));
        }
        if !built.is_empty() {
            let servers = section(table, "mcp_servers");
            for (name, server) in built {
                servers.insert(name, Value::Table(server));
            }
        }
    }

    /// Has Codex get a variable.
    fn pass(&mut self, name: &str, value: &Secret) {
        if !self.env.iter().any(|(known, _)| known == name) {
            self.env.push((name.to_owned(), value.clone()));
        }
    }

    fn find(&self, source: &Source) -> Option<&'a Secret> {
        self.wanted.values.iter().find(|(known, _)| known == source).map(|(_, value)| value)
    }
}

/// One server on its way into the configuration.
struct One<'a, 'w> {
    adding: &'a mut Adding<'w>,
    server: &'w McpServer,
    index: usize,
    told: &'a mut Vec<Mistake>,
}

impl One<'_, '_> {
    fn refuse(&mut self, reason: impl Into<String>) {
        let error = Error::Server { server: self.server.name.clone(), reason: reason.into() };
        self.told.push(Mistake { at: At::Server(self.index), error });
    }

    fn table(&mut self) -> Table {
        let server = self.server;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if server.name.is_empty() || !server.name.chars().all(plain) {
            // Codex makes tool names of it, and models take only these characters there.
            self.refuse("its name may have letters, digits, `-` and `_` only");
        }
        let mut out = Table::new();
        match &server.transport {
            Transport::Stdio { command, args, env } => self.program(&mut out, command, args, env),
            Transport::Http { endpoint, scheme, headers, bearer_token_env_var } => {
                if endpoint.trim().is_empty() {
                    self.refuse("types http and https need an `endpoint`");
                } else {
                    let whole = endpoint.contains("://");
                    let url = if whole { endpoint.clone() } else { format!("{scheme}://{endpoint}") };
                    self.remote(&mut out, &url, headers, bearer_token_env_var.as_deref());
                }
            }
            Transport::Cluster { name, namespace, port, path, scheme, headers, bearer_token_env_var } => {
                let path = path.trim_start_matches('/');
                let url = format!("{scheme}://{name}.{namespace}.svc.cluster.local:{port}/{path}");
                self.remote(&mut out, &url, headers, bearer_token_env_var.as_deref());
            }
        }
        for (key, seconds) in
            [("tool_timeout_sec", server.tool_timeout_sec), ("startup_timeout_sec", server.startup_timeout_sec)]
        {
            match seconds.map(i64::try_from) {
                Some(Ok(seconds)) => {
                    out.insert(key.to_owned(), seconds.into());
                }
                Some(Err(_)) => self.refuse(format!("its {key} is too long")),
                None => {}
            }
        }
        out
    }

    fn program(&mut self, out: &mut Table, command: &str, args: &[String], env: &[(String, Reference)]) {
        if command.trim().is_empty() {
            self.refuse("type stdio needs a `command`");
        }
        out.insert("command".to_owned(), command.into());
        out.insert("args".to_owned(), Value::Array(args.iter().map(|arg| arg.as_str().into()).collect()));
        let mut values = Table::new();
        let mut passed = Vec::new();
        for (key, reference) in env {
            let Some(value) = self.resolve(reference, "env", key) else { continue };
            // A variable that keeps its name need not stand in the file.
            if reference.source == Source::Env(key.clone()) {
                passed.push(Value::from(key.as_str()));
                self.adding.pass(key, &value);
            } else {
                values.insert(key.clone(), value.expose().as_str().into());
            }
        }
        insert_filled(out, "env", values);
        if !passed.is_empty() {
            out.insert("env_vars".to_owned(), Value::Array(passed));
        }
    }

    fn remote(&mut self, out: &mut Table, url: &str, headers: &[(String, Reference)], bearer: Option<&str>) {
        if let Err(error) = url::Url::parse(url) {
            self.refuse(format!("`{url}` is no address: {error}"));
        }
        out.insert("url".to_owned(), url.into());
        let mut plain = Table::new();
        let mut named = Table::new();
        for (header, reference) in headers {
            let Some(value) = self.resolve(reference, "headers", header) else { continue };
            if let Source::Env(variable) = &reference.source {
                named.insert(header.clone(), variable.as_str().into());
                self.adding.pass(variable, &value);
            } else {
                plain.insert(header.clone(), value.expose().as_str().into());
            }
        }
        insert_filled(out, "http_headers", plain);
        insert_filled(out, "env_http_headers", named);
        if let Some(variable) = bearer {
            match self.adding.find(&Source::Env(variable.to_owned())) {
                Some(value) => self.adding.pass(variable, value),
                None => self.adding.warnings.push(format!(
                    "MCP server `{}`: {variable} (bearer_token_env_var) is not set, it will be asked without a token",
                    self.server.name
                )),
            }
            out.insert("bearer_token_env_var".to_owned(), variable.into());
        }
    }

    /// The value of a reference; none where it is missing, which is a mistake unless it may be.
    fn resolve(&mut self, reference: &Reference, field: &'static str, name: &str) -> Option<Secret> {
        let source_name = match &reference.source {
            Source::Value(value) => return Some(Secret::new(value.clone())),
            Source::Env(name) => format!("the variable {name}"),
            Source::Var(name) => format!("the var {name} (--vars, --var-file)"),
        };
        let found = self.adding.find(&reference.source).cloned();
        if found.is_none() && !reference.optional {
            let kind = if field == "env" { "its variable" } else { "its header" };
            let (server, what) = (self.server.name.clone(), format!("{kind} {name}"));
            self.told.push(Mistake {
                at: At::Reference(self.index, field, name.to_owned()),
                error: Error::MissingReference { server, source_name, what },
            });
        }
        found
    }
}

/// Has the programs among the servers start in a folder. They run outside of Codex's sandbox, and in the tree they would take
/// programs and settings from there: `npx` prefers a package of the folder that it stands in.
pub(super) fn start_in(table: &mut Table, folder: &std::path::Path) {
    let servers = table.get_mut("mcp_servers").and_then(Value::as_table_mut);
    for server in servers.into_iter().flat_map(Table::iter_mut).filter_map(|(_, server)| server.as_table_mut()) {
        if server.contains_key("command") && !server.contains_key("cwd") {
            server.insert("cwd".to_owned(), folder.display().to_string().into());
        }
    }
}

fn insert_filled(out: &mut Table, key: &str, table: Table) {
    if !table.is_empty() {
        out.insert(key.to_owned(), Value::Table(table));
    }
}
