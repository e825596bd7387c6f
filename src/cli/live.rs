//! What commands share that run a flow: the event's bytes, the run and its hands, signals, and how its end is told.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::call::{Call, block_on};
use super::{CommandError, Exit, Outcome};
use crate::answer::Answer;
use crate::event::{self, Event, Issue, Pull, Repository};
use crate::flows::about::About;
use crate::flows::access::Access;
use crate::flows::cancel::Cancel;
use crate::flows::identity::Identity;
use crate::flows::options::Options;
use crate::flows::run::{Found, Hands, Run};
use crate::flows::stop::Stop;
use crate::flows::trail::Trail;
use crate::flows::workplace::Workplace;
use crate::flows::{self, plan, results};
use crate::github::installation::Need;
use crate::github::live::{UntilStopped, Wait};
use crate::github::outbox::Outbox;
use crate::policy::triggers::{Flow, Kind};
use crate::report::outputs::Outputs;
use crate::report::plan as shown;
use crate::report::summary;
use crate::slots::Record;
use crate::stack::RawStack;
use crate::ui::{Level, Note};

/// A flow that is asked for.
pub(super) struct Asked {
    /// Which one.
    pub(super) flow: Flow,
    /// The environment that it works in.
    pub(super) env: String,
    /// The prompt that its agent gets.
    pub(super) kind: Option<Kind>,
    /// The issue that it is about.
    pub(super) issue: Option<u64>,
    /// The pull request that it is about.
    pub(super) pr: Option<u64>,
    /// Why, for people.
    pub(super) reason: String,
    /// No event asks: somebody gave the command at this machine.
    pub(super) by_hand: bool,
}

/// Runs a flow to its end and tells how it ended.
pub(super) fn run_flow(
    call: &Call,
    options: Options,
    event: Event,
    payload: &[u8],
    asked: Asked,
) -> Result<Outcome, CommandError> {
    let steps =
        if options.publishes() { flows::steps(asked.flow) } else { flows::steps_that_publish_nothing(asked.flow) };
    let Some(steps) = steps else { return not_available(call, &options, &event, &asked) };
    if !options.dry_run {
        call.look_at_runner_files()?;
    }
    let trail = if options.dry_run { None } else { call.trail() };
    block_on(async {
        let cancel = Cancel::default();
        watch_signals(&cancel);
        let wait: Arc<dyn Wait> = Arc::new(UntilStopped(cancel.receiver()));
        let repository = repository(call, &options, &event).await?;
        // A dry run only reads.
        let need = if options.dry_run { Need::Read } else { Need::Write };
        let access = call.access(&repository, need, &wait)?;
        let ended = async {
            let begun = Begun { repository, access: &access, wait: &wait, cancel: &cancel, trail };
            let (mut run, asked) = tokio::select! {
                prepared = prepare(call, options, event, payload, asked, begun) => prepared?,
                () = cancel.cancelled() => {
                    return Ok(call.stopped(&Stop::Interrupted));
                }
            };
            let ended = flows::run(&steps, &mut run).await;
            finish(call, &run, &asked, ended.err().as_ref())
        };
        let ended = ended.await;
        access.close().await;
        ended
    })?
}

/// What is there before the run is.
pub(super) struct Begun<'a> {
    pub(super) repository: Repository,
    pub(super) access: &'a Access,
    pub(super) wait: &'a Arc<dyn Wait>,
    pub(super) cancel: &'a Cancel,
    pub(super) trail: Option<Arc<Trail>>,
}

/// Where a payload comes from, for whoever has none yet.
const NO_EVENT: &str = ". In a job of a workflow `cp \"$GITHUB_EVENT_PATH\" event.json` keeps one; without an event \
                        `codexctl prompt run --kind dev_issue --issue 7` does the same work";

/// The payload: a file, or standard input.
pub(super) fn read_event(call: &Call) -> Result<Vec<u8>, CommandError> {
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
    read.map_err(|error| {
        let way_out = if error.kind() == std::io::ErrorKind::NotFound { NO_EVENT } else { "" };
        CommandError::new(format!("{source}: can't read {path}: {error}{way_out}"))
    })?;
    Ok(bytes)
}

fn not_available(call: &Call, options: &Options, event: &Event, asked: &Asked) -> Result<Outcome, CommandError> {
    let outputs = results::empty(asked.flow.name());
    if options.dry_run {
        let decision = shown::Decision::NotAvailable { flow: asked.flow.to_string(), reason: asked.reason.clone() };
        return Ok(Outcome { text: show(call, &plan::without_flow(event, decision), &outputs)?, exit: Exit::Done });
    }
    call.ui.note(&Note::new(Level::Error, format!("the flow {} is not available yet in this version", asked.flow)));
    Ok(Outcome { exit: Exit::Failed, ..call.done(&outputs)? })
}

/// Everything that a run needs before its first step.
pub(super) async fn prepare(
    call: &Call,
    options: Options,
    event: Event,
    payload: &[u8],
    mut asked: Asked,
    begun: Begun<'_>,
) -> Result<(Run, Asked), CommandError> {
    let identity = Identity::new(&call.settings, payload, begun.repository);
    let workplace = call.workplace(&options, &identity.repository)?;
    let hands = call.hands(&options, &workplace, &identity.repository, begun.access, begun.wait).await?;
    if options.prompted.is_some() && asked.issue.is_none() && asked.pr.is_none() {
        (asked.issue, asked.pr) = of_slot(&options, &asked, &workplace, &identity.repository, &hands).await?;
    }
    let about = about(&event, &asked, &hands, &options).await?;
    let identity = match &options.prompted {
        Some(prompted) => {
            let order = format!("{:?} {:?} {:?}", asked.kind, prompted.template, prompted.resume);
            identity.with_order(&order, asked.by_hand.then(|| hands.clock.now()))
        }
        None => identity,
    };
    let run = Run {
        hands,
        settings: call.settings.clone(),
        options,
        identity,
        workplace,
        event,
        by_hand: asked.by_hand,
        flow: asked.flow,
        env: asked.env.clone(),
        kind: asked.kind,
        asked_for: (asked.issue, asked.pr),
        about,
        cancel: begun.cancel.clone(),
        began: Instant::now(),
        trail: begun.trail,
        rows: Vec::new(),
        found: Found::default(),
    };
    Ok((run, asked))
}

/// The repository that the event is about. One that is named besides must be the same; where neither names one, the remote does.
pub(super) async fn repository(call: &Call, options: &Options, event: &Event) -> Result<Repository, CommandError> {
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
        (None, None) => call.repository(Path::new(".")).await,
    }
}

/// The issue and the pull request that a slot works for; the record of `ci ensure-slot` knows them.
async fn of_slot(
    options: &Options,
    asked: &Asked,
    workplace: &Workplace,
    repository: &Repository,
    hands: &Hands,
) -> Result<(Option<u64>, Option<u64>), CommandError> {
    let Some(slot) = options.slot else { return Ok((None, None)) };
    // What is wrong with the file is told where it counts: in the trusted tree.
    let raw = RawStack::read(&workplace.config).ok();
    let folder =
        raw.and_then(|raw| raw.state().dir).map_or_else(|| workplace.state.clone(), |dir| workplace.base.join(dir));
    let records = (hands.store)(folder).list().await.map_err(CommandError::new)?;
    let here = |record: &&Record| {
        record.slot == slot && record.env == asked.env && record.repo.eq_ignore_ascii_case(&repository.full_name())
    };
    Ok(records.iter().find(here).map_or((None, None), |record| (record.issue, record.pr)))
}

/// What the flow is about, as the event carries it, else as GitHub has it now. A dry run that can't ask goes on with placeholders,
/// and says what it would ask.
async fn about(event: &Event, asked: &Asked, hands: &Hands, options: &Options) -> Result<About, CommandError> {
    let dry_run = options.dry_run;
    let template = options.prompted.as_ref().is_some_and(|prompted| prompted.template.is_some());
    let carried = About::of_event(event);
    let of_pull =
        matches!(asked.flow, Flow::Review | Flow::RepairReview) || (asked.flow == Flow::Cleanup && asked.pr.is_some());
    if of_pull {
        let number = asked.pr.ok_or_else(|| needs(asked, "a pull request: give --pr"))?;
        if let Some(carried) = carried.filter(|carried| carried.pull_number() == Some(number)) {
            return Ok(carried);
        }
        return match hands.github.pull(number).await.map_err(CommandError::new)? {
            Answer::Known(pull) => Ok(About::of_pull(pull, None)),
            Answer::Unknown(would) if dry_run => Ok(About::of_pull(Pull::placeholder(number), Some(would))),
            Answer::Unknown(_) => Err(not_carried(asked, &format!("pull request #{number}"))),
        };
    }
    let Some(number) = asked.issue else {
        if matches!(asked.flow, Flow::Deploy | Flow::Gc) {
            return Ok(About::nothing());
        }
        return Err(needs(asked, "an issue: give --issue"));
    };
    if let Some(carried) = carried.filter(|carried| carried.issue_number() == Some(number)) {
        return Ok(carried);
    }
    match hands.github.issue(number).await.map_err(CommandError::new)? {
        Answer::Known(issue) => Ok(About::of_issue(issue, None)),
        // A template may do without the issue's text; whether it does is seen when it is rendered.
        Answer::Unknown(would) if dry_run || template => Ok(About::of_issue(Issue::placeholder(number), Some(would))),
        Answer::Unknown(_) => Err(not_carried(asked, &format!("issue #{number}"))),
    }
}

fn needs(asked: &Asked, what: &str) -> CommandError {
    CommandError::new(match asked.kind.filter(|_| asked.by_hand) {
        Some(kind) => format!("the prompt {kind} needs {what}, or --slot with the number of a slot that has one"),
        None => format!("the flow {} needs {what}", asked.flow),
    })
}

fn not_carried(asked: &Asked, what: &str) -> CommandError {
    let token = "set CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN";
    CommandError::new(if asked.by_hand {
        format!(
            "{what} can't be read: without a token GitHub can't be asked for it: {token}, or give its event with --event FILE"
        )
    } else {
        format!("the event does not carry {what}, and without a token GitHub can't be asked for it: {token}")
    })
}

/// The first Ctrl-C or SIGTERM ends the run in good order, the second at once.
pub(super) fn watch_signals(cancel: &Cancel) {
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
                cancel.end_now().await;
                std::process::exit(i32::from(Exit::Interrupted as u8));
            }
            cancel.cancel();
        }
    });
}

/// Says how the run ended: plan or outputs on standard output, the runner's files, exit code.
fn finish(call: &Call, run: &Run, asked: &Asked, stop: Option<&Stop>) -> Result<Outcome, CommandError> {
    if let Some(stop) = stop {
        call.tell(stop);
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
    let done = call.done(&outputs)?;
    Ok(Outcome { exit: if exit == Exit::Done { done.exit } else { exit }, ..done })
}

/// Adds the summary to GitHub's own file where there is one, else writes it into the outbox; there a run that a gate stopped leaves
/// the summary of the run before alone.
pub(super) fn put_summary(call: &Call, run: &Run, stop: Option<&Stop>, text: &str) -> Result<Option<PathBuf>, String> {
    match call.settings.variable("GITHUB_STEP_SUMMARY") {
        Some(path) => {
            let path = PathBuf::from(path);
            let there = std::fs::metadata(&path).map_or(0, |found| usize::try_from(found.len()).unwrap_or(usize::MAX));
            let text = summary::fit(text, summary::LIMIT.saturating_sub(there), run.lang());
            results::append(&path, &text).map(Some)
        }
        None if matches!(stop, Some(Stop::Gate { .. })) => Ok(None),
        None => {
            let outbox = Outbox::new(run.workplace.outbox.clone());
            outbox.write("summary.md", text).map(PathBuf::from).map(Some).map_err(|error| error.to_string())
        }
    }
}

/// The plan: a tree, JSON, or its outputs as `key=value`.
pub(super) fn show(call: &Call, plan: &shown::Plan, outputs: &Outputs) -> Result<String, CommandError> {
    let text = match call.settings.choice("output")? {
        Some("json") => serde_json::to_string_pretty(plan).map_err(CommandError::new)? + "\n",
        Some("kv") => call.render(outputs)?,
        _ => plan.tree(),
    };
    Ok(call.redactor.redact(&text).into_owned())
}
