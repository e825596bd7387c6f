//! The agent's settings: model, prompt texts, timeouts, MCP servers, what it may do on GitHub and spend.

use schemars::JsonSchema;
use serde::Serialize;

use super::decode::{Fields, Reader, nearest, shown};
use super::mcp::McpServer;
use super::schema;
use super::units::GoDuration;
use super::yaml::{Node, Problem};
use crate::policy::models::{Effort, is_model};

/// How the agent works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct Codex {
    /// A template of the agent's `config.toml`, relative to this file; without one the built-in `config.toml` is used.
    pub config_template: Option<String>,
    /// The language of prompts and comments; `CODEXCTL_LANG` stands above it. Another one is a warning, and `en` is used.
    #[schemars(extend("enum" = LANGS, "default" = "en"))]
    pub prompt_lang: Option<String>,
    /// The model. A label of the issue or `CODEXCTL_MODEL` names another; without any the agent's own default is used.
    #[schemars(extend("pattern" = schema::MODEL))]
    pub model: Option<String>,
    /// How hard the model thinks. A label of the issue or `CODEXCTL_MODEL_REASONING_EFFORT` names another; without any the
    /// agent's own default is used.
    #[schemars(with = "Option<schema::ReasoningEffort>")]
    pub model_reasoning_effort: Option<Effort>,
    /// Pages of the environment that codexctl's comment links to.
    pub links: Vec<Link>,
    /// Tools that the prompt tells the agent about, a line each.
    pub extra_tools: Vec<String>,
    /// What the agent should know about the project; a part of the prompt.
    pub project_context: Option<String>,
    /// What runs in the environment and where; a part of the prompt.
    pub services_overview: Option<String>,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// Pieces of TOML that are added to the agent's `config.toml`.
    pub config_blocks: Vec<ConfigBlock>,
    /// Whether reviews get the review MCP server.
    #[serde(rename = "reviewMCPEnabled")]
    pub review_mcp_enabled: bool,
    /// MCP servers that the agent gets.
    #[schemars(rename = "mcp", with = "schema::Mcp")]
    pub mcp_servers: Vec<McpServer>,
    /// What GitHub token the agent gets.
    pub github_access: GithubAccess,
    /// What a run may spend.
    #[schemars(rename = "budget", with = "schema::Budget")]
    pub budget_tokens: u64,
}

/// A page of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(default)]
pub struct Link {
    /// What it is called.
    pub title: String,
    /// Its path below the environment's host, such as `/products`.
    pub path: String,
}

/// How long things may take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(default)]
pub struct Timeouts {
    /// A run of the agent.
    #[schemars(extend("default" = "60m"))]
    pub exec: Option<GoDuration>,
    /// The rollout of the agent's pod.
    #[schemars(extend("default" = "20m"))]
    pub rollout: Option<GoDuration>,
    /// The stack becoming ready.
    #[schemars(extend("default" = "10m"))]
    pub deploy_wait: Option<GoDuration>,
}

/// A piece of TOML that is added to the agent's `config.toml`. It stands here (`toml`) or in a file (`file`), and is a
/// template either way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(default)]
pub struct ConfigBlock {
    /// What errors call it.
    pub name: String,
    /// The TOML.
    pub toml: Option<String>,
    /// A file with the TOML, relative to this file.
    pub file: Option<String>,
}

/// What GitHub token the agent gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum GithubAccess {
    /// No token: codexctl publishes.
    #[default]
    None,
    /// A token that can only read, made by a GitHub App; without an App none.
    Read,
    /// The run's own token, which can write.
    Write,
}

/// The languages that there are texts in.
const LANGS: [&str; 2] = ["en", "ru"];

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
    if LANGS.contains(&lang.as_str()) {
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
    let name = fields.path("model");
    let text = match node.scalar() {
        Some(scalar) if scalar.text.contains('\n') => format!("`{name}` is no model's name: it has a line break in it"),
        _ => format!("`{name}` can't be {}", shown(node)),
    };
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
