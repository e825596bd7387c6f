//! MCP servers that the agent gets, and references to values that don't stand in the file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::decode::{Fields, Reader, named_twice};
use super::schema;
use super::types::port;
use super::yaml::{Node, Problem};

/// An MCP server that the agent gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct McpServer {
    /// Its name in the agent's `config.toml`; no two servers have the same.
    pub name: String,
    /// How it is reached.
    #[serde(rename = "type")]
    pub kind: McpKind,
    /// What the prompt says about it.
    #[schemars(default)]
    pub description: String,
    /// How long a tool may take, in seconds; without it the agent's own default.
    pub tool_timeout_sec: Option<u32>,
    /// How long it may take to start, in seconds; without it the agent's own default.
    pub startup_timeout_sec: Option<u32>,
    /// The program of a `stdio` server, which has to have one.
    #[schemars(default)]
    pub command: String,
    /// The program's arguments.
    #[schemars(default)]
    pub args: Vec<String>,
    /// The program's environment variables, by name.
    #[schemars(default, with = "BTreeMap<String, schema::Reference>")]
    pub env: BTreeMap<String, ValueRef>,
    /// The address of a `http` or `https` server, which has to have one.
    #[schemars(default)]
    pub endpoint: String,
    /// HTTP headers, by name.
    #[schemars(default, with = "BTreeMap<String, schema::Reference>")]
    pub headers: BTreeMap<String, ValueRef>,
    /// The name of the environment variable that holds the bearer token.
    #[schemars(default)]
    pub bearer_token_env_var: String,
    /// The service of a `cluster` server, which has to have one.
    pub service: Option<McpService>,
    /// Tools of it that the prompt tells about.
    #[schemars(default)]
    pub tools: Vec<McpTool>,
}

/// How an MCP server is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum McpKind {
    /// A program that speaks on its standard input and output.
    #[default]
    Stdio,
    /// An address that starts with `http://`.
    Http,
    /// An address that starts with `https://`.
    Https,
    /// A service of the cluster.
    Cluster,
}

impl McpKind {
    /// The name in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
            Self::Https => "https",
            Self::Cluster => "cluster",
        }
    }
}

/// A service of the cluster that is an MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct McpService {
    /// The service's name.
    pub name: String,
    /// Its namespace; without one the environment's.
    pub namespace: Option<String>,
    /// Its port.
    #[schemars(default = "usual_port", range(min = 1))]
    pub port: u16,
    /// The server's path.
    #[schemars(default = "usual_path")]
    pub path: String,
    /// The protocol.
    #[schemars(default = "usual_scheme", extend("enum" = SCHEMES))]
    pub scheme: String,
}

/// A tool of an MCP server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct McpTool {
    /// Its name.
    pub name: String,
    /// What it does.
    #[schemars(default)]
    pub description: String,
}

/// A value, or where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueRef {
    /// Which of the three ways.
    #[serde(flatten)]
    pub from: ValueFrom,
    /// Whether it may be missing.
    pub optional: bool,
}

/// The three ways to give a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ValueFrom {
    /// The value itself.
    Value(String),
    /// The name of a variable of the agent's environment.
    EnvRef(String),
    /// The name of one of codexctl's variables.
    VarRef(String),
}

impl McpServer {
    pub(super) fn read_all(reader: &Reader, node: &Node, path: &str) -> Option<Vec<Self>> {
        let mut fields = reader.fields(node, path)?;
        let servers = fields.list("servers", Self::read);
        let items = node.get("servers").and_then(Node::items).unwrap_or_default();
        let names = items.iter().filter_map(|item| item.get("name"));
        for problem in named_twice(names.filter_map(|name| Some((name.as_str()?, name))), "MCP servers") {
            reader.tell(problem);
        }
        fields.finish();
        Some(servers)
    }

    fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        const KINDS: [(&str, McpKind); 4] = [
            ("stdio", McpKind::Stdio),
            ("http", McpKind::Http),
            ("https", McpKind::Https),
            ("cluster", McpKind::Cluster),
        ];
        let mut fields = reader.fields(node, path)?;
        let name = fields.required("name");
        let kind = match fields.node("type") {
            Some(_) => fields.choice("type", &KINDS),
            None => {
                let problem = Problem::at(node, format!("`{path}.type` is missing"));
                reader.tell(problem.hint("one of stdio, http, https, cluster"));
                None
            }
        };
        let made = Self {
            name,
            kind: kind.unwrap_or_default(),
            description: fields.text("description").unwrap_or_default(),
            tool_timeout_sec: seconds(&mut fields, "tool_timeout_sec"),
            startup_timeout_sec: seconds(&mut fields, "startup_timeout_sec"),
            command: needed(&mut fields, "command", kind == Some(McpKind::Stdio)),
            args: fields.texts("args").unwrap_or_default(),
            env: fields.map("env", ValueRef::read),
            endpoint: needed(&mut fields, "endpoint", matches!(kind, Some(McpKind::Http | McpKind::Https))),
            headers: fields.map("headers", ValueRef::read),
            bearer_token_env_var: fields.text("bearer_token_env_var").unwrap_or_default(),
            service: fields.table("service", read_service),
            tools: fields.list("tools", read_tool),
        };
        if kind == Some(McpKind::Cluster) && node.get("service").is_none_or(Node::is_null) {
            reader.tell(Problem::at(node, format!("`{path}.service` is missing: a cluster server is a service")));
        }
        fields.finish();
        Some(made)
    }
}

fn needed(fields: &mut Fields<'_, '_>, name: &'static str, needed: bool) -> String {
    if needed { fields.required(name) } else { fields.text(name).unwrap_or_default() }
}

fn seconds(fields: &mut Fields<'_, '_>, name: &'static str) -> Option<u32> {
    fields.number(name, 0, u32::MAX.into()).and_then(|number| number.try_into().ok())
}

const SCHEMES: [&str; 2] = ["http", "https"];

fn usual_port() -> u16 {
    80
}

fn usual_path() -> String {
    "/mcp".to_owned()
}

fn usual_scheme() -> String {
    "http".to_owned()
}

fn read_service(reader: &Reader, node: &Node, path: &str) -> Option<McpService> {
    let mut fields = reader.fields(node, path)?;
    let made = McpService {
        name: fields.required("name"),
        namespace: fields.text("namespace"),
        port: port(&mut fields, "port").unwrap_or_else(usual_port),
        path: fields.text("path").unwrap_or_else(usual_path),
        scheme: fields.choice("scheme", &SCHEMES.map(|name| (name, name))).map_or_else(usual_scheme, str::to_owned),
    };
    fields.finish();
    Some(made)
}

fn read_tool(reader: &Reader, node: &Node, path: &str) -> Option<McpTool> {
    let mut fields = reader.fields(node, path)?;
    let made = McpTool { name: fields.required("name"), description: fields.text("description").unwrap_or_default() };
    fields.finish();
    Some(made)
}

impl ValueRef {
    fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        if node.scalar().is_some() && !node.is_null() {
            let problem = Problem::at(node, format!("`{path}` must be a reference, not a value"));
            reader.tell(problem.hint("write `value: …`, `envRef: NAME` or `varRef: NAME` below it"));
            return None;
        }
        let mut fields = reader.fields(node, path)?;
        let mut take = |name| {
            let path = fields.path(name);
            fields.node(name).and_then(|node| reader.text(node, &path))
        };
        let ways = [
            take("value").map(ValueFrom::Value),
            take("envRef").map(ValueFrom::EnvRef),
            take("varRef").map(ValueFrom::VarRef),
        ];
        let optional = fields.truth("optional").unwrap_or(false);
        fields.finish();
        let mut ways = ways.into_iter().flatten();
        match (ways.next(), ways.next()) {
            (Some(from), None) => Some(Self { from, optional }),
            (first, _) => {
                let how = if first.is_some() { "more than one" } else { "none" };
                let text = format!("`{path}` has {how} of `value`, `envRef` and `varRef`");
                reader.tell(Problem::at(node, text).hint("it needs exactly one"));
                None
            }
        }
    }
}
