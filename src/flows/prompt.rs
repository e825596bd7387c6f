//! What services.yaml and GitHub say, in the shapes of the prompt's data: for a run, and for a look at what one would be told.

use std::time::Duration;

use super::choices::Choices;
use crate::agent::prompt::{Access, Issue, Limits, Link, McpServer, Mode, PromptData, PromptStack, Runtime, Tool};
use crate::event;
use crate::policy::limits::OnProtected;
use crate::report::Lang;
use crate::stack::{self, GithubAccess, Loaded, McpKind};

/// What services.yaml says for an agent that works there; what a task brings is left empty.
pub(super) fn of_stack(loaded: &Loaded, choices: &Choices, runtime: Runtime) -> PromptData {
    let (codex, publish) = (&loaded.stack.codex, &loaded.stack.publish);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    PromptData {
        repository: String::new(),
        project: loaded.stack.project.clone(),
        env: loaded.env.name.clone(),
        namespace: loaded.namespace.clone(),
        slot: 0,
        runtime,
        branch: String::new(),
        base: String::new(),
        base_commit: None,
        stack: PromptStack {
            model: choices.model.as_ref().map(|choice| choice.value.clone()),
            model_reasoning_effort: choices.effort.as_ref().map(|choice| choice.value.to_string()),
            project_context: text(&codex.project_context),
            services_overview: text(&codex.services_overview),
            extra_tools: codex.extra_tools.clone(),
            links: codex
                .links
                .iter()
                .map(|link| Link { title: link.title.clone(), path: link.path.clone(), url: None })
                .collect(),
            mcp_servers: servers(loaded, runtime).map(|(_, server)| told(server)).collect(),
        },
        issue: None,
        plan: None,
        pull: None,
        reviews: Vec::new(),
        threads: Vec::new(),
        comments: Vec::new(),
        mode: Mode::Whole,
        access: match codex.github_access {
            GithubAccess::None => Access::None,
            GithubAccess::Read => Access::Read,
            GithubAccess::Write => Access::Write,
        },
        limits: Limits {
            max_files: publish.max_files,
            max_bytes: publish.max_bytes.bytes(),
            protected_paths: loaded.protected_paths(),
            protected_refused: publish.on_protected == OnProtected::Refuse,
            skip: publish.skip.clone(),
            draft: publish.draft,
        },
        time: Some(timeout(loaded)),
        tokens: Some(codex.budget_tokens).filter(|tokens| *tokens > 0),
        infra_unhealthy: false,
        health: Vec::new(),
        context_budget: usize::MAX,
        vars: loaded.vars.without_secrets().iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        versions: loaded.stack.versions.clone(),
    }
}

/// An issue of GitHub as the agent is told it.
pub(super) fn issue(issue: &event::Issue) -> Issue {
    Issue {
        number: issue.number,
        title: issue.title.clone(),
        body: issue.body.clone(),
        labels: issue.labels.clone(),
        author: issue.author.clone(),
        url: issue.url.clone(),
        changed: false,
    }
}

/// `--context-budget` as the prompt's data has it.
pub(super) fn budget(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The MCP servers that the agent can reach, with their indexes in services.yaml: those of the cluster only from inside it.
pub(super) fn servers(loaded: &Loaded, runtime: Runtime) -> impl Iterator<Item = (usize, &stack::McpServer)> {
    let all = loaded.stack.codex.mcp_servers.iter().enumerate();
    all.filter(move |(_, server)| runtime == Runtime::Kubernetes || server.kind != McpKind::Cluster)
}

/// Those that it can't.
pub(super) fn out_of_reach(loaded: &Loaded, runtime: Runtime) -> Option<String> {
    let cluster = loaded.stack.codex.mcp_servers.iter().filter(|server| server.kind == McpKind::Cluster);
    let names: Vec<&str> = cluster.filter(|_| runtime == Runtime::Local).map(|server| server.name.as_str()).collect();
    (!names.is_empty()).then(|| format!("no cluster here: the agent goes without the MCP servers {}", names.join(", ")))
}

fn told(server: &stack::McpServer) -> McpServer {
    McpServer {
        name: server.name.clone(),
        description: server.description.clone(),
        tools: server
            .tools
            .iter()
            .map(|tool| Tool { name: tool.name.clone(), description: tool.description.clone() })
            .collect(),
    }
}

/// How long the agent may work.
pub(super) fn timeout(loaded: &Loaded) -> Duration {
    loaded.stack.codex.timeouts.exec.as_ref().map_or(super::EXEC, stack::GoDuration::value)
}

/// The language of prompts and comments: the one asked for, else the file's, else English.
pub(super) fn lang(asked: Option<&str>, loaded: Option<&Loaded>) -> Lang {
    let of_stack = || loaded.and_then(|loaded| loaded.stack.codex.prompt_lang.as_deref());
    asked.or_else(of_stack).and_then(|name| name.parse().ok()).unwrap_or(Lang::En)
}
