//! The agent's task in a run: its prompts, its configuration, and everything else that its place has to know.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::comments::Telling;
use super::memory::{self, Modes};
use super::reviewed::{self, Reviewed};
use super::run::Run;
use super::stop::Stop;
use super::told::{self, Told};
use super::{agent_config, agent_token, loading, prompt as facts};
use crate::agent::place::{AgentRun, OnThread, Resume};
use crate::agent::prompt::{
    self, Fence, Found, LastRun, Mode, OpenPull, Project, Prompt, PromptData, Runtime, TreeState, Wanted,
};
use crate::agent::proxy::{DEFAULT_BASE, Upstream};
use crate::agent::result::Shape;
use crate::answer::Answer;
use crate::publish::TakenUp;
use crate::secrets::{Secret, random};
use crate::slots::{Lane, Phase};
use crate::stack::Loaded;
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
    /// For a plan: what was told of it.
    pub told: Option<Told>,
}

/// Where agents of a run work.
const RUNTIME: Runtime = Runtime::Local;

/// Writes the prompts.
///
/// # Errors
/// GitHub does not give the comments, or a template of the project is wrong.
pub(super) async fn prompts(run: &Run) -> Result<Prompts, Stop> {
    let kind = run.prompt_kind();
    let lang = run.lang();
    let mut told = match run.lane() {
        Lane::Work => None,
        Lane::Plan => Some(told::of_run(run).await?),
    };
    let issue_changed = told.as_mut().is_some_and(|told| memory::mark_changes(run, told));
    let said = match &told {
        Some(told) => Reviewed { comments: told.comments.clone(), ..Reviewed::default() },
        None => said(run).await?,
    };
    let modes = match run.lane() {
        Lane::Work => modes(run),
        Lane::Plan => memory::modes(run),
    };
    let asked = run.options.prompted.as_ref();
    let (modes, thread) = as_asked(run, modes);
    let fence = Fence::new(random());
    let found = match &run.found.stack {
        Some(stack) => {
            prompt::find(stack, kind, lang, asked.and_then(|asked| asked.template.as_deref())).map_err(Stop::Usage)?
        }
        None => Found::default(),
    };
    for warning in &found.warnings {
        run.say(Level::Warning, warning.clone());
    }
    let project =
        found.template.as_ref().zip(run.found.stack.as_ref()).map(|(template, stack)| Project { template, stack });
    let mut data = data(run, said, modes.full)?;
    data.plan = match &told {
        Some(told) => Some(told.plan.clone()),
        None => told::plan_of_issue(run).await?,
    };
    if let Some(issue) = &mut data.issue {
        issue.changed = issue_changed;
    }
    let full = prompt::render(kind, lang, &data, &fence, project).map_err(|error| Stop::Usage(error.to_string()))?;
    let resume = match thread {
        Some(thread) if modes.short.is_none() => Some(Resume { thread, prompt: full.text.clone() }),
        Some(thread) => {
            data.mode = modes.short.unwrap_or(Mode::Whole);
            let short =
                prompt::render(kind, lang, &data, &fence, project).map_err(|error| Stop::Usage(error.to_string()))?;
            Some(Resume { thread, prompt: short.text })
        }
        None => None,
    };
    for (count, what) in [(full.left_out, "older comments"), (full.threads_left_out, "review threads")] {
        if count > 0 {
            run.say(Level::Notice, format!("{count} {what} do not fit into --context-budget and were left out"));
        }
    }
    let all = data.comments.len() + data.reviews.len();
    let comments = all.saturating_sub(full.left_out);
    Ok(Prompts { full, resume, comments, told })
}

/// How much the agent is told of work on an issue or a review.
fn modes(run: &Run) -> Modes {
    let kept = has_unfinished_work(run);
    let taken_up = run.found.tree.as_ref().is_some_and(|tree| tree.taken_up == TakenUp::Whole);
    let tree = if kept { TreeState::Kept } else { TreeState::Fresh };
    let (interrupted, reviewed) = (kept || taken_up, run.reviewed().is_some());
    Modes {
        full: if interrupted || run.session().is_some() { Mode::SessionLost { tree } } else { Mode::Whole },
        // What an interrupted run left goes on in its thread, and so does a review: whoever made the change knows why. An issue that
        // is labelled again is told whole.
        short: (interrupted || reviewed).then_some(Mode::New {
            since: run.found.published_at,
            last: if interrupted { LastRun::Interrupted } else { LastRun::Done },
            tree,
            // The thread may have begun with the issue's prompt: the rules of a review are told again rather than not at all.
            told: !reviewed,
        }),
    }
}

/// What `prompt run` asks of the prompt counts before what the slot's state asks for. Gives the thread that goes on, too; without a
/// short mode it is told everything.
fn as_asked(run: &Run, modes: Modes) -> (Modes, Option<String>) {
    let asked = run.options.prompted.as_ref();
    let named = asked.and_then(|asked| asked.resume.clone());
    let thread = named.clone().or_else(|| run.session().map(str::to_owned));
    let tree = if has_unfinished_work(run) { TreeState::Kept } else { TreeState::Fresh };
    let Some(told) = asked.and_then(|asked| asked.told) else {
        let thread = thread.filter(|_| modes.short.is_some());
        return (modes, thread);
    };
    match told {
        Wanted::SessionLost => (Modes { full: Mode::SessionLost { tree }, short: None }, None),
        // The whole prompt goes into a thread only where somebody named that thread.
        Wanted::Whole => (Modes { full: Mode::Whole, short: None }, named),
        Wanted::New if thread.is_none() => {
            run.say(Level::Notice, "no session is known that could go on: the agent gets the full prompt");
            (Modes { short: None, ..modes }, None)
        }
        Wanted::New => {
            let since = run.found.published_at;
            let last = if since.is_some() { LastRun::Done } else { LastRun::Interrupted };
            let short = modes.short.unwrap_or(Mode::New { since, last, tree, told: true });
            (Modes { full: Mode::SessionLost { tree }, short: Some(short) }, thread)
        }
    }
}

/// What people wrote: about the issue, or about the reviewed pull request.
async fn said(run: &Run) -> Result<Reviewed, Stop> {
    let (github, of_all) = (run.hands.github.as_ref(), run.options.all_comments);
    let Some(pull) = run.reviewed() else {
        let comments = match &run.about.issue {
            Some(issue) => Telling::new(github, of_all).issue(issue).await.map_err(Stop::failed)?,
            None => Answer::Known(Vec::new()),
        };
        return Ok(Reviewed { comments: comments.into_known().unwrap_or_default(), ..Reviewed::default() });
    };
    let sender = run.event.sender.as_ref().map(|sender| sender.login.as_str());
    let telling = Telling::new(github, of_all).trusting(sender);
    let asked = reviewed::read(github, pull.number, run.about.issue_number(), telling).await.map_err(Stop::failed)?;
    if let Answer::Known(reviewed) = asked {
        return Ok(reviewed);
    }
    let reviewed = reviewed::of_event(run);
    if !run.options.dry_run {
        if reviewed.reviews.is_empty() {
            return Err(Stop::Usage(
                "the review says nothing by itself, and its threads can't be read without a token: set CODEXCTL_GH_PAT, GH_TOKEN or \
                 GITHUB_TOKEN"
                    .to_owned(),
            ));
        }
        run.say(Level::Warning, "the review's threads can't be read without a token: the agent is told its text alone");
    }
    Ok(reviewed)
}

fn data(run: &Run, said: Reviewed, mode: Mode) -> Result<PromptData, Stop> {
    let (Some(slot), Some(loaded)) = (&run.found.slot, &run.found.stack) else {
        return Err(Stop::failed("the prompt needs a slot and services.yaml"));
    };
    Ok(PromptData {
        repository: run.repo(),
        slot: slot.slot,
        branch: match run.lane() {
            Lane::Work => slot.branch.clone().unwrap_or_default(),
            Lane::Plan => run.default_branch(),
        },
        base: run.base_branch(),
        base_commit: run.found.tree.as_ref().map(|tree| tree.start.clone()),
        issue: run.about.issue.as_ref().map(facts::issue),
        pull: match run.reviewed() {
            Some(_) => Some(said.pull),
            None => slot.pr.filter(|_| run.lane() == Lane::Work).map(|number| OpenPull {
                number,
                url: format!("{}/{}/pull/{number}", run.identity.server, run.repo()),
                ..OpenPull::default()
            }),
        },
        reviews: said.reviews,
        threads: said.threads,
        comments: said.comments,
        mode,
        infra_unhealthy: run.options.infra_unhealthy(),
        context_budget: facts::budget(run.options.context_budget),
        access: agent_token::of(run, loaded).access,
        ..facts::of_stack(loaded, &run.found.choices, RUNTIME)
    })
}

/// Everything about the agent's run.
///
/// # Errors
/// What is wrong with the pieces of config.toml, each told at its place; GitHub makes no token for the agent.
pub(super) async fn agent_run(run: &Run, on_thread: OnThread) -> Result<AgentRun, Stop> {
    let (Some(loaded), Some(prompts)) = (&run.found.stack, &run.found.prompts) else {
        return Err(Stop::failed("the agent needs services.yaml and a prompt"));
    };
    let folder = run.work_folder();
    if let Some(told) = facts::out_of_reach(loaded, RUNTIME) {
        run.say(Level::Notice, told);
    }
    let github = agent_token::of(run, loaded);
    if let Some(warning) = github.warning {
        run.say(Level::Warning, warning);
    }
    let config = agent_config::wanted(loaded, &run.found.choices, run.lang(), RUNTIME)
        .map_err(|error| loading::tell(run.hands.ui.as_ref(), loading::CONFIGURATION, &error))?;
    for (_, value) in &config.values {
        run.hands.ui.mask(value);
    }
    let token = agent_token::token(run, github.access).await?;
    Ok(AgentRun {
        shape: Shape::of_kind(run.prompt_kind()),
        tree: run.found.tree.as_ref().map_or_else(|| folder.join("tree"), |tree| tree.folder.clone()),
        home: folder.join("codex-home"),
        folder: folder.join("run"),
        prompt: prompts.full.text.clone(),
        resume: prompts.resume.clone(),
        config,
        instructions: instructions(run),
        env: environment(run, loaded, token),
        writable: Vec::new(),
        passage: run.workplace.passage(&folder),
        hidden: hidden(run),
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

/// Beside the tree, what the agent has no business with: codexctl's state with all other slots, the address that a checkout may have
/// left a token in, files that steps of a job keep for each other, and Docker where it is somewhere else than usual.
fn hidden(run: &Run) -> Vec<PathBuf> {
    let set = |name| run.settings.variable(name).filter(|value| !value.is_empty());
    let docker = set("DOCKER_HOST").and_then(|host| host.strip_prefix("unix://"));
    let job = set("RUNNER_TEMP").map(PathBuf::from).filter(|folder| !is_everybodys(folder));
    let state = run.workplace.passage(&run.work_folder()).into_iter().next();
    let config = run.workplace.base.join(".git/config");
    state.into_iter().chain([config]).chain(job).chain(docker.map(PathBuf::from)).collect()
}

/// Whether a folder is, or holds, one that every program may write to: some runners keep a job's files there, and no command could
/// do without it.
fn is_everybodys(folder: &Path) -> bool {
    ["/tmp", "/var/tmp"].iter().any(|temporary| Path::new(temporary).starts_with(folder))
}

/// The agent's fixed list of variables (spec 2.1): `CODEXCTL_*` without secrets, and what a program needs to run at all.
fn environment(run: &Run, loaded: &Loaded, github: Option<Secret>) -> Vec<(String, Secret)> {
    let open = loaded.vars.without_secrets();
    let ours = open.iter().filter(|(name, _)| name.starts_with("CODEXCTL_") && !crate::stack::is_protected(name));
    // `CODEXCTL_VARS` and its like hold values of others under a name that tells nothing.
    let ours = ours.filter(|(_, value)| run.hands.redactor.redact(value) == *value);
    let basic = ["PATH", "HOME", "LANG"].into_iter().filter_map(|name| Some((name, run.settings.variable(name)?)));
    let open = ours.chain(basic).map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned())));
    // The name that `gh` reads first.
    open.chain(github.map(|token| ("GH_TOKEN".to_owned(), token))).collect()
}

/// The project's instructions at the trusted commit; the tree's own AGENTS.md is switched off.
fn instructions(run: &Run) -> Option<String> {
    let root = run.found.trusted.clone().or_else(|| run.workplace.top.clone())?;
    std::fs::read_to_string(root.join("AGENTS.md")).ok()
}

/// Whether the tree was kept from a run whose agent had begun.
pub(super) fn has_unfinished_work(run: &Run) -> bool {
    let phase = run.found.slot.as_ref().map(|slot| slot.phase_of(run.lane()));
    let began = run.session().is_some() || phase >= Some(Phase::Ready);
    began && run.found.tree.as_ref().is_some_and(|tree| tree.kept)
}

/// Whether an earlier run of this delivery has had its agent already.
pub(super) fn agent_has_ended(run: &Run) -> bool {
    run.found.slot.as_ref().is_some_and(|slot| slot.phase_of(run.lane()) >= Phase::Agent)
}

/// Records the thread as soon as it is known, so that a run that is killed can be gone on with.
pub(super) fn record_thread(run: &Run) -> OnThread {
    let (store, slot) = (run.found.store.clone(), run.found.slot.as_ref().map(|slot| slot.slot));
    let lane = run.lane();
    Arc::new(move |thread: &str| {
        let (Some(store), Some(slot), thread) = (store.clone(), slot, thread.to_owned()) else { return };
        tokio::spawn(async move {
            let mut change = |record: &mut crate::slots::Record| {
                record.set_session(lane, &thread);
                Ok(())
            };
            // Without this note a rerun starts a new thread: slower, not wrong.
            let _ = store.change(slot, &mut change).await;
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_of_everybody_is_not_hidden_from_the_agent() {
        let everybodys = ["/tmp", "/tmp/", "/var/tmp", "/var", "/"];
        assert!(everybodys.iter().all(|folder| is_everybodys(Path::new(folder))));
        let own = ["/github/runner_temp", "/home/runner/work/_temp", "/tmp/runner"];
        assert!(!own.iter().any(|folder| is_everybodys(Path::new(folder))));
    }
}
