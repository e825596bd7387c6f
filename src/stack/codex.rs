//! The agent's settings: model, prompt texts, timeouts, MCP servers, what it may do on GitHub and spend.

use serde::Serialize;

use super::decode::{Fields, Reader, nearest, shown};
use super::mcp::McpServer;
use super::units::GoDuration;
use super::yaml::{Node, Problem};
use crate::policy::models::{Effort, is_model};

/// The agent's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Codex {
    /// A template of the agent's `config.toml`, relative to the stack file; none: the built-in one.
    pub config_template: Option<String>,
    /// The language of prompts and comments: `en` or `ru`.
    pub prompt_lang: Option<String>,
    /// The model; none: what `config.toml` says.
    pub model: Option<String>,
    /// The reasoning effort; none: what `config.toml` says.
    pub model_reasoning_effort: Option<Effort>,
    /// Pages of the environment that its comment links to.
    pub links: Vec<Link>,
    /// Tools that the prompt tells the agent about.
    pub extra_tools: Vec<String>,
    /// What the agent should know about the project.
    pub project_context: Option<String>,
    /// What runs in the environment and where.
    pub services_overview: Option<String>,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// Pieces of TOML that are added to `config.toml`.
    pub config_blocks: Vec<ConfigBlock>,
    /// Whether reviews get the review MCP server.
    #[serde(rename = "reviewMCPEnabled")]
    pub review_mcp_enabled: bool,
    /// MCP servers that the agent gets.
    pub mcp_servers: Vec<McpServer>,
    /// What GitHub token the agent gets.
    pub github_access: GithubAccess,
    /// The tokens that a run may use; 0: no limit.
    pub budget_tokens: u64,
}

/// A page of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it is called.
    pub title: String,
    /// Its path below the environment's host.
    pub path: String,
}

/// How long things may take; none: the built-in default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeouts {
    /// A run of the agent (60m).
    pub exec: Option<GoDuration>,
    /// The rollout of the agent's pod (20m).
    pub rollout: Option<GoDuration>,
    /// The stack becoming ready (10m).
    pub deploy_wait: Option<GoDuration>,
}

/// A piece of TOML that is added to the agent's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConfigBlock {
    /// What errors call it.
    pub name: String,
    /// The text.
    pub toml: Option<String>,
    /// A file with the text, relative to the stack file.
    pub file: Option<String>,
}

/// What GitHub token the agent gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GithubAccess {
    /// None: codexctl publishes.
    #[default]
    None,
    /// A token that reads.
    Read,
    /// The run's own token, as the Go tool gave it.
    Write,
}

impl Codex {
    pub(super) fn read(reader: &Reader, node: &Node, path: &str) -> Option<Self> {
        let mut fields = reader.fields(node, path)?;
        let access = [("none", GithubAccess::None), ("read", GithubAccess::Read), ("write", GithubAccess::Write)];
        let made = Self {
            config_template: fields.text("configTemplate"),
            prompt_lang: read_lang(&mut fields),
            model: read_model(&mut fields),
            model_reasoning_effort: read_effort(&mut fields),
            links: fields.list("links", read_link),
            extra_tools: fields.texts("extraTools").unwrap_or_default(),
            project_context: fields.text("projectContext"),
            services_overview: fields.text("servicesOverview"),
            timeouts: fields.table("timeouts", read_timeouts).unwrap_or_default(),
            config_blocks: fields.list("configBlocks", read_block),
            review_mcp_enabled: fields.truth("reviewMCPEnabled").unwrap_or(false),
            mcp_servers: fields.table("mcp", McpServer::read_all).unwrap_or_default(),
            github_access: fields.choice("githubAccess", &access).unwrap_or_default(),
            budget_tokens: fields.table("budget", read_budget).unwrap_or(0),
        };
        fields.finish();
        Some(made)
    }
}

fn read_lang(fields: &mut Fields<'_, '_>) -> Option<String> {
    let lang = fields.text("promptLang")?;
    if ["en", "ru"].contains(&lang.as_str()) {
        return Some(lang);
    }
    let node = fields.node("promptLang")?;
    let text = format!("`{}` is {}; en is used", fields.path("promptLang"), shown(node));
    fields.tell(Problem::at(node, text).hint("there are texts in `en` and `ru`").warning());
    Some("en".to_owned())
}

fn read_model(fields: &mut Fields<'_, '_>) -> Option<String> {
    let model = fields.text("model")?;
    if is_model(&model) {
        return Some(model);
    }
    let node = fields.node("model")?;
    let text = format!("`{}` can't be {}", fields.path("model"), shown(node));
    fields.tell(Problem::at(node, text).hint("a model's name has lower-case letters, digits, `.`, `_` and `-`"));
    None
}

fn read_effort(fields: &mut Fields<'_, '_>) -> Option<Effort> {
    const NAMES: [&str; 4] = ["low", "medium", "high", "extra-high"];
    let effort = fields.text("modelReasoningEffort")?;
    let found: Option<Effort> = effort.parse().ok();
    if found.is_none() {
        let node = fields.node("modelReasoningEffort")?;
        let name = fields.path("modelReasoningEffort");
        let text = format!("`{name}` must be {}, not {}", super::decode::either(&NAMES), shown(node));
        let problem = Problem::at(node, text);
        fields.tell(match nearest(&effort, NAMES) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        });
    }
    found
}

fn read_link(reader: &Reader, node: &Node, path: &str) -> Option<Link> {
    let mut fields = reader.fields(node, path)?;
    let made = Link { title: fields.text("title").unwrap_or_default(), path: fields.text("path").unwrap_or_default() };
    fields.finish();
    Some(made)
}

fn read_timeouts(reader: &Reader, node: &Node, path: &str) -> Option<Timeouts> {
    let mut fields = reader.fields(node, path)?;
    let made = Timeouts {
        exec: fields.duration("exec"),
        rollout: fields.duration("rollout"),
        deploy_wait: fields.duration("deployWait"),
    };
    fields.finish();
    Some(made)
}

fn read_block(reader: &Reader, node: &Node, path: &str) -> Option<ConfigBlock> {
    let mut fields = reader.fields(node, path)?;
    let made = ConfigBlock {
        name: fields.text("name").unwrap_or_default(),
        toml: fields.text("toml"),
        file: fields.text("file"),
    };
    match (&made.toml, &made.file) {
        (Some(_), Some(_)) => {
            fields
                .tell(Problem::at(node, format!("`{path}` has both `toml` and `file`")).hint("make two blocks of it"));
        }
        // A block that a template left empty adds nothing.
        (None, None) if node.get("toml").is_none() && node.get("file").is_none() => {
            fields.tell(Problem::at(node, format!("`{path}` has neither `toml` nor `file`")));
        }
        _ => {}
    }
    fields.finish();
    Some(made)
}

fn read_budget(reader: &Reader, node: &Node, path: &str) -> Option<u64> {
    let mut fields = reader.fields(node, path)?;
    let tokens = fields.number("tokens", 0, u64::MAX);
    fields.finish();
    tokens
}
