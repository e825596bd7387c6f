//! MCP servers of services.yaml as the agent's configuration wants them, with the values that their references lead to.

use crate::agent::config::{McpServer, Reference, Source, Transport};
use crate::secrets::Secret;
use crate::stack::{self, Loaded, McpKind, ValueFrom, ValueRef};

/// One server: its index in services.yaml, what stands there, and the environment's namespace.
pub(super) fn server(index: usize, of: &stack::McpServer, namespace: &str) -> McpServer {
    let bearer = Some(of.bearer_token_env_var.clone()).filter(|name| !name.trim().is_empty());
    let headers = of.headers.iter().map(pair).collect();
    let transport = match (&of.kind, &of.service) {
        (McpKind::Stdio, _) => Transport::Stdio {
            command: of.command.clone(),
            args: of.args.clone(),
            env: of.env.iter().map(pair).collect(),
        },
        (McpKind::Cluster, Some(service)) => Transport::Cluster {
            name: service.name.clone(),
            namespace: service.namespace.clone().unwrap_or_else(|| namespace.to_owned()),
            port: service.port,
            path: service.path.clone(),
            scheme: service.scheme.clone(),
            headers,
            bearer_token_env_var: bearer,
        },
        (kind, _) => Transport::Http {
            endpoint: of.endpoint.clone(),
            scheme: if *kind == McpKind::Https { "https" } else { "http" },
            headers,
            bearer_token_env_var: bearer,
        },
    };
    McpServer {
        index,
        name: of.name.clone(),
        transport,
        tool_timeout_sec: of.tool_timeout_sec.map(u64::from),
        startup_timeout_sec: of.startup_timeout_sec.map(u64::from),
    }
}

fn pair((name, of): (&String, &ValueRef)) -> (String, Reference) {
    let source = match &of.from {
        ValueFrom::Value(value) => Source::Value(value.clone()),
        ValueFrom::EnvRef(name) => Source::Env(name.clone()),
        ValueFrom::VarRef(name) => Source::Var(name.clone()),
    };
    (name.clone(), Reference { source, optional: of.optional })
}

/// What the references lead to, for those that lead somewhere.
pub(super) fn values(servers: &[McpServer], loaded: &Loaded) -> Vec<(Source, Secret)> {
    let found = |source: Source| {
        let value = match &source {
            Source::Value(_) => return None,
            Source::Env(name) | Source::Var(name) => loaded.vars.get(name).filter(|value| !value.is_empty())?,
        };
        Some((source.clone(), Secret::new(value.to_owned())))
    };
    servers.iter().flat_map(McpServer::sources).filter_map(found).collect()
}
