//! `codexctl run`: event → flow → result.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::{Call, CommandError, Exit, Outcome};
use crate::answer::Answer;
use crate::event::{self, Event, Issue, Repository, Subject};
use crate::flows::cancel::Cancel;
use crate::flows::hands::{self, Making};
use crate::flows::identity::Identity;
use crate::flows::options::Options;
use crate::flows::run::{Found, Run};
use crate::flows::stop::Stop;
use crate::flows::workplace::Workplace;
use crate::flows::{self, plan, results};
use crate::github::outbox::Outbox;
use crate::policy::triggers::{self, Decision, Flow, Kind, Known};
use crate::report::outputs::Outputs;
use crate::report::plan as shown;
use crate::secrets::random_word;
use crate::ui::quiet::NotesOnly;
use crate::ui::{Level, Note};

/// A flow that an event asks for.
struct Asked {
    flow: Flow,
    env: String,
    kind: Option<Kind>,
    issue: Option<u64>,
    reason: String,
}

/// Runs the command.
pub(super) fn run(call: &mut Call) -> Result<Outcome, CommandError> {
    for warning in call.settings.older_names_in_use() {
        call.ui.note(&Note::new(Level::Warning, warning));
    }
    let options = Options::read(&call.settings)?;
    if options.dry_run && call.settings.choice("log-level")? != Some("debug") {
        call.ui = Arc::new(NotesOnly::new(Arc::clone(&call.ui)));
    }
    let call = &*call;
    let payload = read_event(call)?;
    let event = event::parse(call.settings.text("event-name").as_deref(), &payload)?;
    let asked = match decide(&options, &event) {
        Decision::Nothing { why } => return nothing(call, &options, &event, why),
        Decision::Wrong { why } => return Err(CommandError::new(why)),
        Decision::Flow { flow, env, kind, issue, .. } => Asked {
            flow,
            env: options.env.clone().unwrap_or_else(|| env.to_owned()),
            kind,
            issue,
            reason: reason(&options, &event),
        },
    };
    let Some(steps) = flows::steps(asked.flow) else { return not_available(call, &options, &event, &asked) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::new)?;
    runtime.block_on(async {
        let mut run = prepare(call, options, event, &payload, &asked).await?;
        watch_signals(&run.cancel);
        let ended = flows::run(&steps, &mut run).await;
        finish(call, &run, &asked, ended.err().as_ref())
    })
}

/// The payload: a file, or standard input.
fn read_event(call: &Call) -> Result<Vec<u8>, CommandError> {
    let Some((path, source)) = call.settings.raw("event") else {
        return Err(CommandError::new("no event: give --event FILE (`-` is standard input), or set GITHUB_EVENT_PATH"));
    };
    // One byte more than GitHub sends is enough to know that it is too much.
    let most = event::LIMIT as u64 + 1;
    let mut bytes = Vec::new();
    let read = if path == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(&path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| CommandError::new(format!("{source}: can't read {path}: {error}")))?;
    Ok(bytes)
}

fn decide(options: &Options, event: &Event) -> Decision {
    let known = Known { issue: options.issue, pr: options.pr, ..Known::default() };
    match options.flow {
        Some(flow) => triggers::force(flow, event, &known),
        None => triggers::route(event, &known),
    }
}

fn reason(options: &Options, event: &Event) -> String {
    match (&options.flow, &event.subject) {
        (Some(_), _) => "--flow asks for it".to_owned(),
        (None, Subject::IssueLabeled { label, .. }) => format!("label {label} was set"),
        (None, Subject::IssueComment { .. }) => "a comment asks for it".to_owned(),
        (None, Subject::ReviewSubmitted { .. }) => "a review requests changes".to_owned(),
        (None, _) => format!("the event {} asks for it", plan::event(event).name),
    }
}

fn nothing(call: &Call, options: &Options, event: &Event, why: String) -> Result<Outcome, CommandError> {
    let outputs = results::empty("none");
    hand_over(call, options, &outputs)?;
    if options.dry_run {
        let plan = plan::without_flow(event, shown::Decision::Nothing { reason: why });
        return Ok(Outcome { text: show(call, &plan, &outputs)?, exit: Exit::Done });
    }
    call.ui.note(&Note::new(Level::Info, format!("nothing to do: {why}")));
    Ok(Outcome { text: call.render(&outputs)?, exit: Exit::Done })
}

fn not_available(call: &Call, options: &Options, event: &Event, asked: &Asked) -> Result<Outcome, CommandError> {
    let outputs = results::empty(asked.flow.name());
    if options.dry_run {
        let decision = shown::Decision::NotAvailable { flow: asked.flow.to_string(), reason: asked.reason.clone() };
        return Ok(Outcome { text: show(call, &plan::without_flow(event, decision), &outputs)?, exit: Exit::Done });
    }
    hand_over(call, options, &outputs)?;
    call.ui.note(&Note::new(Level::Error, format!("the flow {} is not available yet in this version", asked.flow)));
    Ok(Outcome { text: call.render(&outputs)?, exit: Exit::Failed })
}

/// Everything that a run needs before its first step.
async fn prepare(
    call: &Call,
    options: Options,
    event: Event,
    payload: &[u8],
    asked: &Asked,
) -> Result<Run, CommandError> {
    let repository = repository(&options, &event)?;
    let identity = Identity::new(&call.settings, payload, repository);
    let state = call
        .settings
        .state_home()
        .ok_or_else(|| CommandError::new("neither XDG_STATE_HOME nor HOME is set: there is no place for state"))?;
    let folder = std::env::current_dir()
        .map_err(|error| CommandError::new(format!("the working directory can't be used: {error}")))?;
    let (owner, name) = (identity.repository.owner.clone(), identity.repository.name.clone());
    let workplace = Workplace::find(&folder, &options.config, &state, &owner, &name).map_err(CommandError::new)?;
    let making = Making {
        settings: &call.settings,
        options: &options,
        workplace: &workplace,
        repository: &identity.repository,
        server: &identity.server,
        ui: &call.ui,
        redactor: &call.redactor,
    };
    let hands = hands::make(&making).await.map_err(CommandError::new)?;
    let (issue, unread) = issue(&event, asked, &hands, options.dry_run).await?;
    Ok(Run {
        hands,
        settings: call.settings.clone(),
        options,
        identity,
        workplace,
        event,
        flow: asked.flow,
        env: asked.env.clone(),
        kind: asked.kind,
        issue,
        unread,
        cancel: Cancel::default(),
        began: Instant::now(),
        rows: Vec::new(),
        found: Found::default(),
    })
}

/// The repository that the event is about. One that is named besides must be the same.
fn repository(options: &Options, event: &Event) -> Result<Repository, CommandError> {
    let named = options.repo.as_deref().map(Repository::named).transpose();
    let named = named.map_err(|why| CommandError::new(format!("--repo: {why}")))?;
    match (event.repository.clone(), named) {
        (Some(event), Some(named)) if !event.full_name().eq_ignore_ascii_case(&named.full_name()) => {
            Err(CommandError::new(format!(
                "the event is about {}, --repo (CODEXCTL_REPO, GITHUB_REPOSITORY) says {}",
                event.full_name(),
                named.full_name()
            )))
        }
        (Some(event), _) => Ok(event),
        (None, Some(named)) => Ok(named),
        (None, None) => Err(CommandError::new("the event names no repository: give --repo owner/name")),
    }
}

/// The issue as the event carries it, else as GitHub has it now. A dry run that can't ask goes on with placeholders, and says
/// what it would ask.
async fn issue(
    event: &Event,
    asked: &Asked,
    hands: &flows::run::Hands,
    dry_run: bool,
) -> Result<(Issue, Option<String>), CommandError> {
    let number = asked
        .issue
        .ok_or_else(|| CommandError::new(format!("the flow {} needs an issue: give --issue", asked.flow)))?;
    if let Subject::IssueLabeled { issue, .. } | Subject::IssueClosed { issue } | Subject::IssueComment { issue, .. } =
        &event.subject
        && issue.number == number
    {
        return Ok((issue.clone(), None));
    }
    match hands.github.issue(number).await.map_err(CommandError::new)? {
        Answer::Known(issue) => Ok((issue, None)),
        Answer::Unknown(would) if dry_run => Ok((Issue::placeholder(number), Some(would))),
        Answer::Unknown(_) => Err(CommandError::new(format!(
            "the event does not carry issue #{number}, and without a token GitHub can't be asked for it: set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN"
        ))),
    }
}

/// The first Ctrl-C or SIGTERM ends the run in good order, the second at once.
fn watch_signals(cancel: &Cancel) {
    use tokio::signal::unix::{SignalKind, signal};
    let cancel = cancel.clone();
    tokio::spawn(async move {
        // Without handlers the signals keep their own meaning: the process ends.
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if cancel.is_cancelled() {
                cancel.kill_agent();
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            cancel.cancel();
        }
    });
}

/// Says how the run ended: plan or outputs on standard output, the runner's files, exit code.
fn finish(call: &Call, run: &Run, asked: &Asked, stop: Option<&Stop>) -> Result<Outcome, CommandError> {
    if let Some(stop) = stop {
        tell(call, stop);
    }
    let exit = stop.map_or(Exit::Done, Stop::exit);
    if run.options.dry_run {
        let decision = shown::Decision::Flow {
            flow: asked.flow.to_string(),
            env: asked.env.clone(),
            kind: asked.kind.map(|kind| kind.to_string()),
            runtime: "local".to_owned(),
            reason: asked.reason.clone(),
        };
        let text = show(call, &plan::of_run(run, decision, stop), &results::outputs(run, stop, None))?;
        return Ok(Outcome { text, exit });
    }
    let written = results::summary_text(run, &asked.reason, stop).map_err(|stop| stop.headline());
    let written = written.and_then(|text| put_summary(call, run, stop, &text));
    if let Err(error) = &written {
        call.ui.note(&Note::new(Level::Warning, format!("no job summary: {error}")));
    }
    let outputs = results::outputs(run, stop, written.ok().flatten().as_deref());
    // The work is out: that a later step can't read of it is a failure, but nothing is taken back or hidden.
    let exit = match hand_over(call, &run.options, &outputs) {
        Ok(()) => exit,
        Err(error) => {
            call.ui.note(&Note::new(Level::Error, error.to_string()));
            if exit == Exit::Done { Exit::Failed } else { exit }
        }
    };
    Ok(Outcome { text: call.render(&outputs)?, exit })
}

/// Adds the summary to GitHub's own file where there is one, else writes it into the outbox; there a run that a gate stopped leaves
/// the summary of the run before alone.
fn put_summary(call: &Call, run: &Run, stop: Option<&Stop>, text: &str) -> Result<Option<PathBuf>, String> {
    match call.settings.variable("GITHUB_STEP_SUMMARY") {
        Some(path) => results::append(&PathBuf::from(path), text).map(Some),
        None if matches!(stop, Some(Stop::Gate { .. })) => Ok(None),
        None => {
            let outbox = Outbox::new(run.workplace.outbox.clone());
            outbox.write("summary.md", text).map(PathBuf::from).map(Some).map_err(|error| error.to_string())
        }
    }
}

/// Says why a command ended early.
pub(super) fn tell(call: &Call, stop: &Stop) {
    let note = match stop {
        Stop::Gate { gate, why } => Note::new(Level::Notice, format!("stopped by the gate {gate}: {why}")),
        Stop::Usage(why) | Stop::Failed { why, .. } => Note::new(Level::Error, why.clone()),
        // Told at its place already; how many there are is worth a line only where it isn't obvious.
        Stop::Config { mistakes, .. } if mistakes.len() == 1 => return,
        Stop::Config { .. } => Note::new(Level::Error, stop.headline()),
        Stop::Interrupted => Note::new(Level::Warning, "interrupted"),
    };
    call.ui.note(&note);
}

/// The plan: a tree, JSON, or its outputs as `key=value`.
fn show(call: &Call, plan: &shown::Plan, outputs: &Outputs) -> Result<String, CommandError> {
    let text = match call.settings.choice("output")? {
        Some("json") => serde_json::to_string_pretty(plan).map_err(CommandError::new)? + "\n",
        Some("kv") => call.render(outputs)?,
        _ => plan.tree(),
    };
    Ok(call.redactor.redact(&text).into_owned())
}

/// Hands the outputs over to later steps of a workflow. A dry run writes nothing.
fn hand_over(call: &Call, options: &Options, outputs: &Outputs) -> Result<(), CommandError> {
    let Some(path) = call.settings.variable("GITHUB_OUTPUT").filter(|_| !options.dry_run) else { return Ok(()) };
    let text = outputs.github(&random_word()).map_err(CommandError::new)?;
    results::append(&PathBuf::from(path), &text).map(drop).map_err(CommandError::new)
}
