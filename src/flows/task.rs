//! The agent's task in a run: its prompts, its configuration, and everything else that its place has to know.

use std::sync::Arc;

use super::comments::Telling;
use super::run::Run;
use super::stop::Stop;
use super::{agent_config, loading, prompt as facts};
use crate::agent::place::{AgentRun, OnThread, Resume};
use crate::agent::prompt::{
    self, Fence, Found, LastRun, Mode, OpenPull, Project, Prompt, PromptData, Runtime, TreeState,
};
use crate::agent::proxy::{DEFAULT_BASE, Upstream};
use crate::agent::result::Shape;
use crate::publish::TakenUp;
use crate::secrets::{Secret, random};
use crate::slots::Phase;
use crate::stack::{GithubAccess, Loaded};
use crate::ui::Level;

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

/// Where agents of a run work.
const RUNTIME: Runtime = Runtime::Local;

/// Writes the prompts.
///
/// # Errors
/// GitHub does not give the comments, or a template of the project is wrong.
pub(super) async fn prompts(run: &Run) -> Result<Prompts, Stop> {
    let kind = super::dev::KIND;
    let lang = run.lang();
    let github = run.hands.github.as_ref();
    let comments = Telling::new(github, run.options.all_comments).issue(&run.issue).await.map_err(Stop::failed)?;
    let comments = comments.into_known().unwrap_or_default();
    let session = run.found.slot.as_ref().and_then(|slot| slot.session.clone());
    let kept = has_unfinished_work(run);
    let taken_up = run.found.tree.as_ref().is_some_and(|tree| tree.taken_up == TakenUp::Whole);
    let tree = if kept { TreeState::Kept } else { TreeState::Fresh };
    let full_mode = if kept || taken_up || session.is_some() { Mode::SessionLost { tree } } else { Mode::Whole };
    let fence = Fence::new(random());
    let found = match &run.found.stack {
        Some(stack) => prompt::find(stack, kind, lang, None).map_err(Stop::Usage)?,
        None => Found::default(),
    };
    for warning in &found.warnings {
        run.say(Level::Warning, warning.clone());
    }
    let project =
        found.template.as_ref().zip(run.found.stack.as_ref()).map(|(template, stack)| Project { template, stack });
    let count = comments.len();
    let mut data = data(run, comments, full_mode)?;
    let full = prompt::render(kind, lang, &data, &fence, project).map_err(|error| Stop::Usage(error.to_string()))?;
    // Only what an interrupted run left goes on in its thread; an issue that is labelled again is told whole.
    let resume = match session.filter(|_| kept || taken_up) {
        Some(thread) => {
            data.mode = Mode::New { since: None, last: LastRun::Interrupted, tree, told: true };
            let short =
                prompt::render(kind, lang, &data, &fence, project).map_err(|error| Stop::Usage(error.to_string()))?;
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

fn data(run: &Run, comments: Vec<prompt::Comment>, mode: Mode) -> Result<PromptData, Stop> {
    let (Some(slot), Some(loaded)) = (&run.found.slot, &run.found.stack) else {
        return Err(Stop::failed("the prompt needs a slot and services.yaml"));
    };
    let given = facts::Facts {
        repository: run.repo(),
        runtime: RUNTIME,
        slot: slot.slot,
        branch: slot.branch.clone().unwrap_or_default(),
        base: run.default_branch(),
        base_commit: run.found.tree.as_ref().map(|tree| tree.start.clone()),
        choices: &run.found.choices,
        issue: Some(&run.issue),
        plan: None,
        pull: slot.pr.map(|number| OpenPull {
            number,
            url: format!("{}/{}/pull/{number}", run.identity.server, run.repo()),
            ..OpenPull::default()
        }),
        reviews: Vec::new(),
        threads: Vec::new(),
        comments,
        mode,
        infra_unhealthy: false,
        context_budget: run.options.context_budget,
    };
    Ok(facts::data(loaded, given))
}

/// Everything about the agent's run.
///
/// # Errors
/// What is wrong with the pieces of config.toml, each told at its place.
pub(super) fn agent_run(run: &Run, on_thread: OnThread) -> Result<AgentRun, Stop> {
    let (Some(loaded), Some(prompts)) = (&run.found.stack, &run.found.prompts) else {
        return Err(Stop::failed("the agent needs services.yaml and a prompt"));
    };
    let folder = run.slot_folder();
    if let Some(told) = facts::out_of_reach(loaded, RUNTIME) {
        run.say(Level::Notice, told);
    }
    if loaded.stack.codex.github_access != GithubAccess::None {
        run.say(
            Level::Warning,
            "codex.githubAccess is not available on the runtime local yet: the agent gets no GitHub token".to_owned(),
        );
    }
    let config = agent_config::wanted(loaded, &run.found.choices, run.lang(), RUNTIME)
        .map_err(|error| loading::tell(run.hands.ui.as_ref(), loading::CONFIGURATION, &error))?;
    for (_, value) in &config.values {
        run.hands.ui.mask(value);
    }
    Ok(AgentRun {
        shape: Shape::of_kind(super::dev::KIND),
        tree: run.found.tree.as_ref().map_or_else(|| folder.join("tree"), |tree| tree.folder.clone()),
        home: folder.join("codex-home"),
        folder: folder.join("run"),
        prompt: prompts.full.text.clone(),
        resume: prompts.resume.clone(),
        config,
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
        timeout: facts::timeout(loaded),
        redactor: run.hands.redactor.clone(),
        on_thread,
    })
}

/// The agent's fixed list of variables (spec 2.1): `CODEXCTL_*` without secrets, and what a program needs to run at all.
fn environment(run: &Run, loaded: &Loaded) -> Vec<(String, Secret)> {
    let open = loaded.vars.without_secrets();
    let ours = open.iter().filter(|(name, _)| name.starts_with("CODEXCTL_") && !crate::stack::is_protected(name));
    let basic = ["PATH", "HOME", "LANG"].into_iter().filter_map(|name| Some((name, run.settings.variable(name)?)));
    ours.chain(basic).map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned()))).collect()
}

/// The project's instructions at the trusted commit; the tree's own AGENTS.md is switched off.
fn instructions(run: &Run) -> Option<String> {
    let root = run.found.trusted.clone().or_else(|| run.workplace.top.clone())?;
    std::fs::read_to_string(root.join("AGENTS.md")).ok()
}

/// Whether the tree was kept from a run whose agent had begun.
pub(super) fn has_unfinished_work(run: &Run) -> bool {
    let began = run.found.slot.as_ref().is_some_and(|slot| slot.session.is_some() || slot.phase >= Phase::Ready);
    began && run.found.tree.as_ref().is_some_and(|tree| tree.kept)
}

/// Whether an earlier run of this delivery has had its agent already.
pub(super) fn agent_has_ended(run: &Run) -> bool {
    run.found.slot.as_ref().is_some_and(|slot| slot.phase >= Phase::Agent)
}

/// Records the thread as soon as it is known, so that a run that is killed can be gone on with.
pub(super) fn record_thread(run: &Run) -> OnThread {
    let (store, slot) = (run.found.store.clone(), run.found.slot.as_ref().map(|slot| slot.slot));
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
