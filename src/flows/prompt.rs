//! What the agent is told: services.yaml and the facts of a run, or of a look at one, become the prompt's data.

use std::time::Duration;

use super::choices::Choices;
use crate::agent::prompt::{
    Access, Comment, Issue, Limits, Link, McpServer, Mode, OpenPull, Plan, PromptData, PromptStack, ReviewThread,
    Runtime, Tool,
};
use crate::event;
use crate::policy::limits::OnProtected;
use crate::report::Lang;
use crate::stack::{self, GithubAccess, Loaded, McpKind};

/// What services.yaml doesn't say.
pub(super) struct Facts<'a> {
    /// `owner/name`.
    pub repository: String,
    /// Where the agent works.
    pub runtime: Runtime,
    /// The slot.
    pub slot: u32,
    /// The branch that the work goes to.
    pub branch: String,
    /// The branch that the pull request goes into.
    pub base: String,
    /// The commit that the work starts from.
    pub base_commit: Option<String>,
    /// Model and effort.
    pub choices: &'a Choices,
    /// The issue; a review of a pull request may have none.
    pub issue: Option<&'a event::Issue>,
    /// The plan.
    pub plan: Option<Plan>,
    /// The open pull request of the branch.
    pub pull: Option<OpenPull>,
    /// Texts that its reviews begin with.
    pub reviews: Vec<Comment>,
    /// Its review threads.
    pub threads: Vec<ReviewThread>,
    /// Comments of issue and pull request.
    pub comments: Vec<Comment>,
    /// How much is told.
    pub mode: Mode,
    /// The stack did not get ready.
    pub infra_unhealthy: bool,
    /// `--context-budget`, in bytes.
    pub context_budget: u64,
    /// What the agent may do on GitHub; none: what services.yaml says.
    pub access: Option<Access>,
}

/// Puts the data together.
pub(super) fn data(loaded: &Loaded, facts: Facts<'_>) -> PromptData {
    let (codex, publish) = (&loaded.stack.codex, &loaded.stack.publish);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    PromptData {
        repository: facts.repository,
        project: loaded.stack.project.clone(),
        env: loaded.env.name.clone(),
        namespace: loaded.namespace.clone(),
        slot: facts.slot,
        runtime: facts.runtime,
        branch: facts.branch,
        base: facts.base,
        base_commit: facts.base_commit,
        stack: PromptStack {
            model: facts.choices.model.as_ref().map(|choice| choice.value.clone()),
            model_reasoning_effort: facts.choices.effort.as_ref().map(|choice| choice.value.to_string()),
            project_context: text(&codex.project_context),
            services_overview: text(&codex.services_overview),
            extra_tools: codex.extra_tools.clone(),
            links: codex
                .links
                .iter()
                .map(|link| Link { title: link.title.clone(), path: link.path.clone(), url: None })
                .collect(),
            mcp_servers: servers(loaded, facts.runtime).map(|(_, server)| told(server)).collect(),
        },
        issue: facts.issue.map(|issue| Issue {
            number: issue.number,
            title: issue.title.clone(),
            body: issue.body.clone(),
            labels: issue.labels.clone(),
            author: issue.author.clone(),
            url: issue.url.clone(),
            changed: false,
        }),
        plan: facts.plan,
        pull: facts.pull,
        reviews: facts.reviews,
        threads: facts.threads,
        comments: facts.comments,
        mode: facts.mode,
        access: facts.access.unwrap_or(match codex.github_access {
            GithubAccess::None => Access::None,
            GithubAccess::Read => Access::Read,
            GithubAccess::Write => Access::Write,
        }),
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
        infra_unhealthy: facts.infra_unhealthy,
        health: Vec::new(),
        context_budget: usize::try_from(facts.context_budget).unwrap_or(usize::MAX),
        vars: loaded.vars.without_secrets().iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        versions: loaded.stack.versions.clone(),
    }
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
