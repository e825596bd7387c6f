//! `codexctl pr`: pull requests of codexctl's branches.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::project::{Project, Refusal};
use super::{Call, CommandError, Exit, Outcome};
use crate::answer::Answer;
use crate::clock::SystemClock;
use crate::event::{Event, Pull, Repository, Subject};
use crate::flows::about::About;
use crate::flows::access::{Access, Voice};
use crate::flows::cancel::Cancel;
use crate::flows::hands::{self, Making};
use crate::flows::identity::Identity;
use crate::flows::options::Options;
use crate::flows::run::{Found, Run};
use crate::flows::stop::Stop;
use crate::flows::workplace::Workplace;
use crate::flows::{self, apply, origin, results};
use crate::git::Git;
use crate::github::installation::Need;
use crate::github::live::{RealWait, UntilStopped, Wait};
use crate::policy::triggers::Flow;
use crate::report::outputs::Outputs;
use crate::secrets::{Redactor, random_word};
use crate::ui::{Level, Note};

/// Without a token nobody tells anything about pull requests.
const TOKEN: &str = "without a token GitHub can't be asked: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN";

/// `pr detect`: the open pull request of a branch.
pub(super) fn detect(call: &mut Call) -> Result<Outcome, CommandError> {
    if let Err(refusal) = merge_variables(call) {
        return refusal.outcome();
    }
    let Some(branch) = call.settings.text("branch") else {
        return Err(CommandError::new("pr detect has to know the branch: give --branch"));
    };
    let branch = branch.strip_prefix("refs/heads/").unwrap_or(&branch).to_owned();
    runtime()?.block_on(async {
        let repository = repository(call).await?;
        let wait: Arc<dyn Wait> = Arc::new(RealWait);
        let voice = voice(call, &wait);
        let access = Access::of(&call.settings, &repository, Need::Read, &voice).map_err(CommandError::new)?;
        let github = hands::reader(&call.settings, &repository, &access, &voice)?;
        let found = github.pulls_of(&branch).await;
        access.close().await;
        let pulls = match found {
            Ok(Answer::Known(pulls)) => pulls,
            Ok(Answer::Unknown(_)) => return Err(CommandError::new(TOKEN)),
            Err(error) => return Ok(stopped(call, &Stop::failed(error))),
        };
        let open: Vec<_> = pulls.iter().filter(|pull| pull.open).map(|pull| pull.number).collect();
        let mut outputs = Outputs::default();
        match open.first() {
            Some(newest) => outputs.set("codexctl_pr_number", *newest),
            None => call.ui.note(&Note::new(Level::Info, format!("no pull request of {branch} is open"))),
        }
        if let [newest, _, ..] = open.as_slice() {
            let text = format!("{} pull requests of {branch} are open: #{newest} is the newest", open.len());
            call.ui.note(&Note::new(Level::Notice, text));
        }
        done(call, &outputs)
    })
}

/// `pr review-apply`: a slot's work becomes a commit on a pull request's branch.
pub(super) fn review_apply(call: &mut Call) -> Result<Outcome, CommandError> {
    if let Err(refusal) = merge_variables(call) {
        return refusal.outcome();
    }
    let options = Options::of_any_runtime(&call.settings)?;
    let pr = options.pr.ok_or_else(|| CommandError::new("pr review-apply has to know the pull request: give --pr"))?;
    let base = call.settings.text("code-root-base").ok_or_else(|| {
        CommandError::new("pr review-apply has to know where the slots' sources are: give --code-root-base")
    })?;
    let env = options.env.clone().unwrap_or_else(|| "ai".to_owned());
    let folder = apply::folder(&here()?.join(base), &env, options.slot).map_err(CommandError::new)?;
    runtime()?.block_on(async {
        let cancel = Cancel::default();
        super::live::watch_signals(&cancel);
        let wait: Arc<dyn Wait> = Arc::new(UntilStopped(cancel.receiver()));
        let repository = repository(call).await?;
        let access =
            Access::of(&call.settings, &repository, Need::Write, &voice(call, &wait)).map_err(CommandError::new)?;
        let ended = async {
            let mut run = prepare(call, options, env, pr, (repository, &access, &wait, cancel)).await?;
            if !run.hands.has_token {
                return Err(CommandError::new(TOKEN));
            }
            match flows::run(&apply::steps(folder), &mut run).await {
                Ok(()) => done(call, &apply::outputs(&run)),
                Err(stop) => Ok(stopped(call, &stop)),
            }
        };
        let ended = ended.await;
        access.close().await;
        ended
    })
}

fn voice(call: &Call, wait: &Arc<dyn Wait>) -> Voice {
    let (ui, clock) = (Arc::clone(&call.ui), Arc::new(SystemClock));
    Voice { ui, clock, wait: Arc::clone(wait), redactor: call.redactor.clone() }
}

/// The run that carries the work over: a review's, begun where its agent has ended.
async fn prepare(
    call: &Call,
    options: Options,
    env: String,
    pr: u64,
    (repository, access, wait, cancel): (Repository, &Access, &Arc<dyn Wait>, Cancel),
) -> Result<Run, CommandError> {
    let identity = Identity::new(&call.settings, b"", repository);
    let state = call
        .settings
        .state_home()
        .ok_or_else(|| CommandError::new("neither XDG_STATE_HOME nor HOME is set: there is no place for state"))?;
    let (owner, name) = (identity.repository.owner.clone(), identity.repository.name.clone());
    let workplace = Workplace::find(&here()?, &options.config, &state, &owner, &name).map_err(CommandError::new)?;
    let making = Making {
        settings: &call.settings,
        options: &options,
        workplace: &workplace,
        repository: &identity.repository,
        server: &identity.server,
        ui: &call.ui,
        redactor: &call.redactor,
        access,
        wait,
    };
    let hands = hands::make(&making).await.map_err(CommandError::new)?;
    let event = Event { name: String::new(), action: None, repository: None, sender: None, subject: Subject::Other };
    let flow = if env == "ai-repair" { Flow::RepairReview } else { Flow::Review };
    Ok(Run {
        hands,
        settings: call.settings.clone(),
        options,
        identity,
        workplace,
        event,
        by_hand: false,
        flow,
        env,
        kind: None,
        // The first step asks GitHub for it.
        about: About::of_pull(Pull::placeholder(pr), None),
        cancel,
        began: Instant::now(),
        rows: Vec::new(),
        found: Found::default(),
    })
}

/// Values may stand in services.yaml's own files of variables; where there is no such file, in the environment alone.
fn merge_variables(call: &mut Call) -> Result<(), Refusal> {
    let there = call.settings.text("config").is_some_and(|config| Path::new(&config).exists());
    if there { Project::read(call).map(drop) } else { Ok(()) }
}

/// The repository: named, or that of the work tree.
async fn repository(call: &Call) -> Result<Repository, CommandError> {
    if let Some(named) = call.settings.text("repo") {
        return Repository::named(&named).map_err(|why| CommandError::new(format!("--repo: {why}")));
    }
    let server = call.settings.variable("GITHUB_SERVER_URL").unwrap_or("https://github.com").trim_end_matches('/');
    let git = Git::new(call.settings.process(), Path::new("/nonexistent"), None, &Redactor::default());
    let found = origin::repository(&git, &here()?, server).await;
    found.map_err(|why| CommandError::new(format!("no repository: {why}; --repo owner/name names it")))
}

fn here() -> Result<PathBuf, CommandError> {
    std::env::current_dir().map_err(|error| CommandError::new(format!("the working directory can't be used: {error}")))
}

fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::new)
}

fn stopped(call: &Call, stop: &Stop) -> Outcome {
    super::live::tell(call, stop);
    Outcome { text: String::new(), exit: stop.exit() }
}

/// Prints the outputs, and hands them over to later steps of a workflow.
fn done(call: &Call, outputs: &Outputs) -> Result<Outcome, CommandError> {
    if let Some(path) = call.settings.variable("GITHUB_OUTPUT") {
        let text = outputs.github(&random_word()).map_err(CommandError::new)?;
        results::append(&PathBuf::from(path), &text).map_err(CommandError::new)?;
    }
    Ok(Outcome { text: call.render(outputs)?, exit: Exit::Done })
}
