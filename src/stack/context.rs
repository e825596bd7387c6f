//! What templates see: the names and types that the Go tool's structs gave them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};

use crate::gotmpl::{Error, Struct, StructType, Time, Type, Value};
use crate::policy::models::Effort;

use super::codex::Codex;
use super::mcp::{McpServer, ValueFrom, ValueRef};
use super::types::{Storage, Volume};
use super::vars::Vars;

/// A comment of an issue, for `.IssueComments`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssueComment {
    /// The issue.
    pub issue_number: u64,
    /// The comment's number.
    pub id: u64,
    /// The writer's login.
    pub author: String,
    /// Its page.
    pub url: String,
    /// Its text.
    pub body: String,
    /// When it was written, RFC 3339.
    pub created_at: String,
}

/// A comment of a review, for `.ReviewComments`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewComment {
    /// The pull request.
    pub pr_number: u64,
    /// The comment's number.
    pub id: u64,
    /// The writer's login.
    pub author: String,
    /// Its page.
    pub url: String,
    /// Its text.
    pub body: String,
    /// The thread's GraphQL id.
    pub thread_id: String,
    /// When it was written, RFC 3339.
    pub created_at: String,
}

/// What a run adds to a loaded stack's context.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The model that the run chose; none: the file's.
    pub model: Option<String>,
    /// The effort that the run chose; none: the file's.
    pub effort: Option<Effort>,
    /// The language that the run chose; none: the file's.
    pub lang: Option<String>,
    /// Comments of the issue.
    pub issue_comments: Vec<IssueComment>,
    /// Comments of the review.
    pub review_comments: Vec<ReviewComment>,
}

/// All parts of a context.
pub(super) struct Parts<'a> {
    pub(super) env: &'a str,
    pub(super) namespace: &'a str,
    pub(super) project: &'a str,
    pub(super) root: &'a Path,
    pub(super) slot: Option<u32>,
    pub(super) now: DateTime<Utc>,
    pub(super) vars: &'a Vars,
    pub(super) versions: &'a BTreeMap<String, String>,
    pub(super) base_domain: &'a BTreeMap<String, String>,
    pub(super) storage: &'a Storage,
    pub(super) codex: &'a Codex,
    pub(super) extras: &'a Extras,
}

/// A time as templates have it.
pub(super) fn time(now: DateTime<Utc>) -> Time {
    Time::from_unix(now.timestamp(), now.timestamp_subsec_nanos())
}

/// Makes the context.
///
/// # Errors
/// Never with the types below; an error is a mistake in this file, which its tests find.
pub(super) fn make(parts: &Parts<'_>) -> Result<Value, Error> {
    let named = |entries: &mut dyn Iterator<Item = (&str, &str)>| {
        Value::named_string_map("env.Vars", entries.map(|(name, value)| (name.to_owned(), value)))
    };
    let table = |entries: &BTreeMap<String, String>| {
        Value::string_map(entries.iter().map(|(name, value)| (name.clone(), value.as_str())))
    };
    let issue_comments = parts.extras.issue_comments.iter().map(issue_comment).collect::<Result<_, _>>()?;
    let review_comments = parts.extras.review_comments.iter().map(review_comment).collect::<Result<_, _>>()?;
    let context = Struct::build("config.TemplateContext")
        .field("Env", parts.env)
        .field("Namespace", parts.namespace)
        .field("Project", parts.project)
        .field("ProjectRoot", parts.root.to_string_lossy().as_ref())
        .field("Slot", i64::from(parts.slot.unwrap_or(0)))
        .field("Now", time(parts.now))
        .field("UserVars", named(&mut parts.vars.inline()))
        .field("Vars", named(&mut parts.vars.given()))
        .field("EnvMap", named(&mut parts.vars.iter()))
        .field("Versions", table(parts.versions))
        .field("BaseDomain", table(parts.base_domain))
        .field("Storage", storage(parts.storage)?)
        .field("Codex", codex(parts.codex, parts.extras)?)
        .field("IssueComments", Value::structs(&TYPES.issue_comment, issue_comments)?)
        .field("ReviewComments", Value::structs(&TYPES.review_comment, review_comments)?);
    Ok(context.value())
}

/// Go's types of everything that stands in a list or behind a pointer.
struct Types {
    volume: Arc<StructType>,
    storage: Arc<StructType>,
    link: Arc<StructType>,
    block: Arc<StructType>,
    server: Arc<StructType>,
    service: Arc<StructType>,
    tool: Arc<StructType>,
    value_ref: Arc<StructType>,
    issue_comment: Arc<StructType>,
    review_comment: Arc<StructType>,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let texts = || Type::slice_of(Type::String);
    let of = |ty: &Arc<StructType>| Type::Struct(Arc::clone(ty));
    let volume = StructType::new(
        "config.StorageVolume",
        &[("Size", Type::String), ("StorageClass", Type::String), ("AccessModes", texts())],
    );
    let storage = StructType::new(
        "config.StorageConfig",
        &["Workspace", "Data", "Registry"].map(|name| (name, Type::pointer_to(&volume))),
    );
    let link = StructType::new("config.Link", &[("Title", Type::String), ("Path", Type::String)]);
    let block = StructType::new(
        "config.CodexConfigBlock",
        &[("Name", Type::String), ("TOML", Type::String), ("File", Type::String)],
    );
    let value_ref = StructType::new(
        "config.ValueRef",
        &[("Value", Type::String), ("EnvRef", Type::String), ("VarRef", Type::String), ("Optional", Type::Bool)],
    );
    let service = StructType::new(
        "config.MCPServiceRef",
        &[
            ("Name", Type::String),
            ("Namespace", Type::String),
            ("Port", Type::Int),
            ("Path", Type::String),
            ("Scheme", Type::String),
        ],
    );
    let tool = StructType::new("config.MCPTool", &[("Name", Type::String), ("Description", Type::String)]);
    let server = StructType::new(
        "config.MCPServer",
        &[
            ("Name", Type::String),
            ("Type", Type::String),
            ("Description", Type::String),
            ("ToolTimeoutSec", Type::Int),
            ("StartupTimeoutSec", Type::Int),
            ("Command", Type::String),
            ("Args", texts()),
            ("Env", Type::dict_of(of(&value_ref))),
            ("Endpoint", Type::String),
            ("Headers", Type::dict_of(of(&value_ref))),
            ("BearerTokenEnvVar", Type::String),
            ("Service", Type::pointer_to(&service)),
            ("Tools", Type::slice_of(of(&tool))),
        ],
    );
    let comment = [("ID", Type::Int64), ("Author", Type::String), ("URL", Type::String), ("Body", Type::String)];
    let with = |first: (&'static str, Type), last: &[(&'static str, Type)]| {
        let mut fields = vec![first];
        fields.extend(comment.clone());
        fields.extend(last.iter().cloned());
        fields
    };
    let issue_comment =
        StructType::new("config.IssueComment", &with(("IssueNumber", Type::Int), &[("CreatedAt", Type::String)]));
    let review_comment = StructType::new(
        "config.ReviewComment",
        &with(("PRNumber", Type::Int), &[("ThreadID", Type::String), ("CreatedAt", Type::String)]),
    );
    Types { volume, storage, link, block, server, service, tool, value_ref, issue_comment, review_comment }
});

fn storage(storage: &Storage) -> Result<Value, Error> {
    let volume = |volume: &Option<Volume>| {
        let Some(volume) = volume else { return Ok(Value::nil_pointer(&TYPES.volume)) };
        let values = vec![text(&volume.size), text(&volume.storage_class), strings(&volume.access_modes)];
        Struct::new(&TYPES.volume, values).map(Value::pointer)
    };
    let values = vec![volume(&storage.workspace)?, volume(&storage.data)?, volume(&storage.registry)?];
    Struct::new(&TYPES.storage, values).map(Value::Struct)
}

fn codex(codex: &Codex, extras: &Extras) -> Result<Value, Error> {
    let effort = extras.effort.or(codex.model_reasoning_effort).map(|effort| effort.to_string());
    let links = codex
        .links
        .iter()
        .map(|link| Struct::new(&TYPES.link, vec![link.title.as_str().into(), link.path.as_str().into()]));
    let blocks = codex
        .config_blocks
        .iter()
        .map(|block| Struct::new(&TYPES.block, vec![block.name.as_str().into(), text(&block.toml), text(&block.file)]));
    let servers = codex.mcp_servers.iter().map(server).collect::<Result<_, _>>()?;
    let duration = |found: &Option<super::units::GoDuration>| {
        Value::from(found.as_ref().map_or("", super::units::GoDuration::as_str))
    };
    let timeouts = Struct::build("config.CodexTimeouts")
        .field("Exec", duration(&codex.timeouts.exec))
        .field("Rollout", duration(&codex.timeouts.rollout))
        .field("DeployWait", duration(&codex.timeouts.deploy_wait));
    let mcp = Struct::build("config.CodexMCPConfig").field("Servers", Value::structs(&TYPES.server, servers)?);
    let made = Struct::build("config.CodexConfig")
        .field("ConfigTemplate", text(&codex.config_template))
        .field("PromptLang", text(&extras.lang.clone().or_else(|| codex.prompt_lang.clone())))
        .field("Model", text(&extras.model.clone().or_else(|| codex.model.clone())))
        .field("ModelReasoningEffort", text(&effort))
        .field("Links", Value::structs(&TYPES.link, links.collect::<Result<_, _>>()?)?)
        .field("ExtraTools", strings(&codex.extra_tools))
        .field("ProjectContext", text(&codex.project_context))
        .field("ServicesOverview", text(&codex.services_overview))
        .field("Timeouts", timeouts.value())
        .field("ConfigBlocks", Value::structs(&TYPES.block, blocks.collect::<Result<_, _>>()?)?)
        .field("ReviewMCPEnabled", codex.review_mcp_enabled)
        .field("MCP", mcp.value());
    Ok(made.value())
}

fn server(server: &McpServer) -> Result<Struct, Error> {
    let service = match &server.service {
        None => Value::nil_pointer(&TYPES.service),
        Some(service) => {
            let values = vec![
                service.name.as_str().into(),
                text(&service.namespace),
                Value::Int(i64::from(service.port)),
                service.path.as_str().into(),
                service.scheme.as_str().into(),
            ];
            Value::pointer(Struct::new(&TYPES.service, values)?)
        }
    };
    let tools = server
        .tools
        .iter()
        .map(|tool| Struct::new(&TYPES.tool, vec![tool.name.as_str().into(), tool.description.as_str().into()]));
    Struct::new(
        &TYPES.server,
        vec![
            server.name.as_str().into(),
            server.kind.as_str().into(),
            server.description.as_str().into(),
            Value::Int(server.tool_timeout_sec.unwrap_or(0).into()),
            Value::Int(server.startup_timeout_sec.unwrap_or(0).into()),
            server.command.as_str().into(),
            strings(&server.args),
            refs(&server.env)?,
            server.endpoint.as_str().into(),
            refs(&server.headers)?,
            server.bearer_token_env_var.as_str().into(),
            service,
            Value::structs(&TYPES.tool, tools.collect::<Result<_, _>>()?)?,
        ],
    )
}

fn refs(found: &BTreeMap<String, ValueRef>) -> Result<Value, Error> {
    let mut entries = BTreeMap::new();
    for (name, found) in found {
        let mut values = [Value::from(""), Value::from(""), Value::from("")];
        match &found.from {
            ValueFrom::Value(value) => values[0] = value.as_str().into(),
            ValueFrom::EnvRef(name) => values[1] = name.as_str().into(),
            ValueFrom::VarRef(name) => values[2] = name.as_str().into(),
        }
        let mut values = values.to_vec();
        values.push(Value::Bool(found.optional));
        entries.insert(name.clone(), Value::Struct(Struct::new(&TYPES.value_ref, values)?));
    }
    let dict = crate::gotmpl::Dict::new(None, Type::Struct(Arc::clone(&TYPES.value_ref)), entries)?;
    Ok(Value::Dict(dict))
}

fn issue_comment(comment: &IssueComment) -> Result<Struct, Error> {
    let values = vec![
        Value::Int(number(comment.issue_number)),
        Value::Int64(number(comment.id)),
        comment.author.as_str().into(),
        comment.url.as_str().into(),
        comment.body.as_str().into(),
        comment.created_at.as_str().into(),
    ];
    Struct::new(&TYPES.issue_comment, values)
}

fn review_comment(comment: &ReviewComment) -> Result<Struct, Error> {
    let values = vec![
        Value::Int(number(comment.pr_number)),
        Value::Int64(number(comment.id)),
        comment.author.as_str().into(),
        comment.url.as_str().into(),
        comment.body.as_str().into(),
        comment.thread_id.as_str().into(),
        comment.created_at.as_str().into(),
    ];
    Struct::new(&TYPES.review_comment, values)
}

/// GitHub's numbers stay far below the range of Go's int.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn text(text: &Option<String>) -> Value {
    Value::from(text.as_deref().unwrap_or_default())
}

fn strings(items: &[String]) -> Value {
    Value::strings(items.iter().map(String::as_str))
}
