//! What the agent is given: services.yaml for its slot, the prompt, and everything about its run.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::run::Run;
use super::stop::Stop;
use crate::agent::config::{Block, Wanted};
use crate::agent::place::{AgentRun, OnThread, Resume};
use crate::agent::prompt::{
    self, Access, Comment, Fence, Issue, LastRun, Limits, Link, McpServer, Mode, OpenPull, ProjectTemplate, Prompt,
    PromptData, PromptStack, Runtime, Tool, TreeState,
};
use crate::agent::proxy::{DEFAULT_BASE, Upstream};
use crate::agent::result::Shape;
use crate::github::Permission;
use crate::gotmpl::{Limits as TemplateLimits, Template};
use crate::policy::limits::OnProtected;
use crate::policy::triggers::Kind;
use crate::publish::TakenUp;
use crate::secrets::{Secret, is_secret_name, random};
use crate::slots::Phase;
use crate::stack::{
    Decided, Diagnostic, Extras, GithubAccess, LoadRequest, Loaded, RawStack, Severity, StackError, VarsInput,
};
use crate::ui::{Level, Note, Spot};

/// The agent's prompts.
#[derive(Debug, Clone)]
pub(super) struct Prompts {
    /// The full one.
    pub full: Prompt,
    /// The one for a thread that goes on, where there is one.
    pub resume: Option<Resume>,
    /// How many comments are in it.
    pub comments: usize,
}

/// Reads services.yaml: from the trusted tree, or from the work tree where nothing was fetched.
///
/// # Errors
/// It is missing or no YAML at all.
pub(super) fn read_stack(run: &Run) -> Result<RawStack, Stop> {
    let shown = &run.workplace.config_in_repository;
    let path = run.trusted.as_ref().map_or_else(|| run.workplace.config.clone(), |tree| tree.join(shown));
    if let Some(heads) = run.heads.as_ref().filter(|_| !path.exists()) {
        // It may well stand in the work tree, but that one doesn't count.
        return Err(Stop::Usage(format!(
            "{} is read from branch {} as it is on origin, and is not there: commit and push it",
            shown.display(),
            heads.default
        )));
    }
    RawStack::read_as(&path, shown).map_err(|error| wrong(run, &error))
}

/// What the file is loaded for.
pub(super) fn request(run: &Run, raw: &RawStack, slot: Option<u32>) -> LoadRequest {
    LoadRequest {
        path: raw.path().to_owned(),
        env: run.env.clone(),
        namespace: run.options.namespace.clone(),
        vars: VarsInput {
            process: run.settings.process().clone(),
            var_file: run.options.var_file.as_ref().map(PathBuf::from),
            vars: run.options.vars.clone(),
        },
        decided: Decided {
            slot,
            issue: Some(run.issue.number),
            pr: run.slot.as_ref().and_then(|slot| slot.pr).or(run.options.pr),
            repo: Some(run.repo()),
            branch: run.branch().map(str::to_owned),
            lang: run.options.lang.map(str::to_owned),
            ..Decided::default()
        },
        now: run.hands.clock.now(),
    }
}

/// Loads the file for a slot.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub(super) fn load(run: &Run, raw: &RawStack, slot: Option<u32>) -> Result<Loaded, Stop> {
    raw.load(&request(run, raw, slot)).map_err(|error| wrong(run, &error))
}

/// Tells every mistake at its place.
fn wrong(run: &Run, error: &StackError) -> Stop {
    for one in &error.diagnostics {
        run.hands.ui.note(&note(one, error.picture(one)));
    }
    Stop::Config {
        file: run.workplace.config_in_repository.display().to_string(),
        mistakes: error.errors().map(one_line).collect(),
    }
}

/// A diagnostic as one line: place, mistake, and the way out in brackets.
fn one_line(one: &Diagnostic) -> String {
    let told = Diagnostic { hint: None, ..one.clone() }.to_string();
    one.hint.as_ref().map_or_else(|| told.clone(), |hint| format!("{told} ({hint})"))
}

/// A diagnostic as a message.
pub(super) fn note(one: &Diagnostic, picture: String) -> Note {
    let hint = one.hint.as_ref().map_or(String::new(), |hint| format!("\n{hint}"));
    Note {
        level: if one.severity == Severity::Error { Level::Error } else { Level::Warning },
        text: format!("{}{hint}", one.text),
        place: one.file.as_ref().map(|file| Spot {
            file: file.display().to_string(),
            line: Some(one.line).filter(|line| *line > 0),
            column: Some(one.column).filter(|column| *column > 0),
        }),
        picture: Some(picture),
    }
}

/// Writes the prompts.
///
/// # Errors
/// GitHub does not give the comments, or a template of the project is wrong.
pub(super) async fn prompts(run: &Run) -> Result<Prompts, Stop> {
    let kind = super::dev::KIND;
    let lang = run.lang();
    let comments = comments(run).await?;
    let session = run.slot.as_ref().and_then(|slot| slot.session.clone());
    let kept = has_unfinished_work(run);
    let taken_up = run.tree.as_ref().is_some_and(|tree| tree.taken_up == TakenUp::Whole);
    let tree = if kept { TreeState::Kept } else { TreeState::Fresh };
    let full_mode = if kept || taken_up || session.is_some() { Mode::SessionLost { tree } } else { Mode::Whole };
    let fence = Fence::new(random());
    let project = project_template(run, kind)?;
    let count = comments.len();
    let mut data = data(run, comments, full_mode)?;
    let full =
        prompt::render(kind, lang, &data, &fence, project.as_ref()).map_err(|error| Stop::Usage(error.to_string()))?;
    // Only what an interrupted run left goes on in its thread; an issue that is labelled again is told whole.
    let resume = match session.filter(|_| kept || taken_up) {
        Some(thread) => {
            data.mode = Mode::New { since: None, last: LastRun::Interrupted, tree };
            let short =
                prompt::render(kind, lang, &data, &fence, None).map_err(|error| Stop::Usage(error.to_string()))?;
            Some(Resume { thread, prompt: short.text })
        }
        None => None,
    };
    if full.left_out > 0 {
        run.say(
            Level::Notice,
            format!("{} older comments do not fit into --context-budget and were left out", full.left_out),
        );
    }
    let comments = count - full.left_out;
    Ok(Prompts { full, resume, comments })
}

/// The project's own template, from the trusted tree.
fn project_template(run: &Run, kind: Kind) -> Result<Option<ProjectTemplate>, Stop> {
    let path = prompt::project_template_path(kind, run.lang());
    let Some(root) = run.stack.as_ref().map(|stack| stack.root.clone()) else { return Ok(None) };
    match std::fs::read_to_string(root.join(&path)) {
        Ok(source) => Ok(Some(ProjectTemplate { path, source })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Stop::Usage(format!("can't read {path}: {error}"))),
    }
}

/// The comments of the issue that people with write access last edited before the event; all of them with `--all-comments`.
async fn comments(run: &Run) -> Result<Vec<Comment>, Stop> {
    let github = &run.hands.github;
    let Some(all) = github.comments(run.issue.number).await.map_err(Stop::failed)?.into_known() else {
        return Ok(Vec::new());
    };
    let own = github.viewer().await.map_err(Stop::failed)?.into_known().map(|account| account.login);
    let (mut told, mut authors) = (Vec::new(), BTreeMap::new());
    for comment in all {
        let edited = comment.updated_at.or(comment.created_at);
        if own.as_deref() == Some(comment.author.as_str()) || edited > run.issue.updated_at.or(edited) {
            continue;
        }
        let may_write = match authors.get(&comment.author) {
            Some(known) => *known,
            None => {
                let permission = github.permission(&comment.author).await.map_err(Stop::failed)?;
                let may_write = permission.known().is_some_and(|permission| *permission >= Permission::Write);
                authors.insert(comment.author.clone(), may_write);
                may_write
            }
        };
        if may_write || run.options.all_comments {
            told.push(Comment {
                id: comment.id,
                issue: run.issue.number,
                author: comment.author,
                body: comment.body,
                url: comment.url,
                created_at: comment.created_at,
                updated_at: comment.updated_at,
                may_write,
            });
        }
    }
    Ok(told)
}

fn data(run: &Run, comments: Vec<Comment>, mode: Mode) -> Result<PromptData, Stop> {
    let (Some(slot), Some(loaded)) = (&run.slot, &run.stack) else {
        return Err(Stop::failed("the prompt needs a slot and services.yaml"));
    };
    let (codex, publish) = (&loaded.stack.codex, &loaded.stack.publish);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Ok(PromptData {
        repository: run.repo(),
        project: loaded.stack.project.clone(),
        env: run.env.clone(),
        namespace: loaded.namespace.clone(),
        slot: slot.slot,
        runtime: Runtime::Local,
        branch: slot.branch.clone().unwrap_or_default(),
        base: run.default_branch(),
        base_commit: run.tree.as_ref().map(|tree| tree.start.clone()),
        stack: PromptStack {
            model: run.choices.model.as_ref().map(|choice| choice.value.clone()),
            model_reasoning_effort: run.choices.effort.as_ref().map(|choice| choice.value.to_string()),
            project_context: text(&codex.project_context),
            services_overview: text(&codex.services_overview),
            extra_tools: codex.extra_tools.clone(),
            links: codex
                .links
                .iter()
                .map(|link| Link { title: link.title.clone(), path: link.path.clone(), url: None })
                .collect(),
            mcp_servers: servers(loaded).map(told).collect(),
        },
        issue: Issue {
            number: run.issue.number,
            title: run.issue.title.clone(),
            body: run.issue.body.clone(),
            labels: run.issue.labels.clone(),
            author: run.issue.author.clone(),
            url: run.issue.url.clone(),
            changed: false,
        },
        comments,
        pull: slot
            .pr
            .map(|number| OpenPull { number, url: format!("{}/{}/pull/{number}", run.identity.server, run.repo()) }),
        mode,
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
        time: Some(super::timeout(loaded)),
        tokens: Some(codex.budget_tokens).filter(|tokens| *tokens > 0),
        infra_unhealthy: false,
        context_budget: usize::try_from(run.options.context_budget).unwrap_or(usize::MAX),
        vars: loaded
            .vars
            .iter()
            .filter(|(name, _)| !is_secret_name(name) && !may_hold_secrets(name))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect(),
        versions: loaded.stack.versions.clone(),
    })
}

/// The MCP servers that can be reached from this machine: those of the cluster can't.
fn servers(loaded: &Loaded) -> impl Iterator<Item = &crate::stack::McpServer> {
    loaded.stack.codex.mcp_servers.iter().filter(|server| server.kind != crate::stack::McpKind::Cluster)
}

fn told(server: &crate::stack::McpServer) -> McpServer {
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

/// Everything about the agent's run.
///
/// # Errors
/// A block or the template of config.toml can't be read or rendered.
pub(super) fn agent_run(run: &Run, on_thread: OnThread) -> Result<AgentRun, Stop> {
    let (Some(loaded), Some(prompts)) = (&run.stack, &run.prompts) else {
        return Err(Stop::failed("the agent needs services.yaml and a prompt"));
    };
    let folder = run.slot_folder();
    let skipped: Vec<&str> = loaded
        .stack
        .codex
        .mcp_servers
        .iter()
        .filter(|server| server.kind == crate::stack::McpKind::Cluster)
        .map(|server| server.name.as_str())
        .collect();
    if !skipped.is_empty() {
        run.say(
            Level::Notice,
            format!("no cluster here: the agent goes without the MCP servers {}", skipped.join(", ")),
        );
    }
    if loaded.stack.codex.github_access != GithubAccess::None {
        run.say(
            Level::Warning,
            "codex.githubAccess is not available on the runtime local yet: the agent gets no GitHub token".to_owned(),
        );
    }
    Ok(AgentRun {
        shape: Shape::of_kind(super::dev::KIND),
        tree: run.tree.as_ref().map_or_else(|| folder.join("tree"), |tree| tree.folder.clone()),
        home: folder.join("codex-home"),
        folder: folder.join("run"),
        prompt: prompts.full.text.clone(),
        resume: prompts.resume.clone(),
        config: config(run, loaded)?,
        instructions: instructions(run),
        env: environment(run, loaded),
        writable: Vec::new(),
        passage: run.workplace.passage(&folder),
        verbose: run.options.verbose,
        upstream: Upstream {
            base: run.settings.variable("OPENAI_BASE_URL").unwrap_or(DEFAULT_BASE).to_owned(),
            key: run.settings.model_key(),
        },
        budget: Some(loaded.stack.codex.budget_tokens),
        timeout: super::timeout(loaded),
        redactor: run.hands.redactor.clone(),
        on_thread,
    })
}

/// The agent's fixed list of variables (spec 2.1): `CODEXCTL_*` without secrets, and what a program needs to run at all.
fn environment(run: &Run, loaded: &Loaded) -> Vec<(String, Secret)> {
    let ours = loaded.vars.iter().filter(|(name, _)| {
        name.starts_with("CODEXCTL_")
            && !is_secret_name(name)
            && !crate::stack::is_protected(name)
            && !may_hold_secrets(name)
    });
    let basic = ["PATH", "HOME", "LANG"].into_iter().filter_map(|name| Some((name, run.settings.variable(name)?)));
    ours.chain(basic).map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned()))).collect()
}

/// Variables that carry other variables, secrets among them.
fn may_hold_secrets(name: &str) -> bool {
    matches!(name, "CODEXCTL_VARS" | "CODEXCTL_VAR_FILE" | "CODEXCTL_ENV_FILE")
}

/// The project's instructions at the trusted commit; the tree's own AGENTS.md is switched off.
fn instructions(run: &Run) -> Option<String> {
    let root = run.trusted.clone().or_else(|| run.workplace.top.clone())?;
    std::fs::read_to_string(root.join("AGENTS.md")).ok()
}

/// What services.yaml says about config.toml, rendered.
fn config(run: &Run, loaded: &Loaded) -> Result<Wanted, Stop> {
    let codex = &loaded.stack.codex;
    let context = loaded.context(&Extras::default()).map_err(|error| Stop::Usage(error.to_string()))?;
    let render = |place: &str, text: &str| {
        Template::parse(place, text, &loaded.funcs())
            .and_then(|template| template.render(&context, &TemplateLimits::default()))
            .map(|rendered| rendered.text)
            .map_err(|error| Stop::Usage(error.to_string()))
    };
    let file = |path: &str| loaded.read_file(path).map_err(Stop::Usage);
    let template = match &codex.config_template {
        Some(path) => Some(Block { place: path.clone(), toml: render(path, &file(path)?)? }),
        None => None,
    };
    let mut blocks = Vec::new();
    for (at, block) in codex.config_blocks.iter().enumerate() {
        let place = format!("codex.configBlocks[{at}] ({})", block.name);
        let text = match (&block.toml, &block.file) {
            // Text in services.yaml was rendered with the file itself.
            (Some(toml), _) => toml.clone(),
            (None, Some(path)) => render(path, &file(path)?)?,
            (None, None) => String::new(),
        };
        blocks.push(Block { place, toml: text });
    }
    let servers: Vec<_> = servers(loaded).map(super::mcp::server).collect();
    let values = super::mcp::values(&servers, loaded);
    for (_, value) in &values {
        run.hands.ui.mask(value);
    }
    Ok(Wanted {
        model: run.choices.model.as_ref().map(|choice| choice.value.clone()),
        effort: run.choices.effort.as_ref().map(|choice| choice.value.to_string()),
        template,
        blocks,
        servers,
        context7: loaded.vars.get("CONTEXT7_API_KEY").map(|key| Secret::new(key.to_owned())),
        values,
    })
}

/// Whether the tree was kept from a run whose agent had begun.
pub(super) fn has_unfinished_work(run: &Run) -> bool {
    let began = run.slot.as_ref().is_some_and(|slot| slot.session.is_some() || slot.phase >= Phase::Ready);
    began && run.tree.as_ref().is_some_and(|tree| tree.kept)
}

/// Whether an earlier run of this delivery has had its agent already.
pub(super) fn agent_has_ended(run: &Run) -> bool {
    run.slot.as_ref().is_some_and(|slot| slot.phase >= Phase::Agent)
}

/// Records the thread as soon as it is known, so that a run that is killed can be gone on with.
pub(super) fn record_thread(run: &Run) -> OnThread {
    let (store, slot) = (run.store.clone(), run.slot.as_ref().map(|slot| slot.slot));
    Arc::new(move |thread: &str| {
        let (Some(store), Some(slot), thread) = (store.clone(), slot, thread.to_owned()) else { return };
        tokio::spawn(async move {
            let mut change = |record: &mut crate::slots::Record| {
                record.session = Some(thread.clone());
                Ok(())
            };
            // Without this note a rerun starts a new thread: slower, not wrong.
            let _ = store.change(slot, &mut change).await;
        });
    })
}
