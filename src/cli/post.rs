//! `codexctl action --post`: takes back what a step left that was killed before it could do so itself.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::call::{Call, block_on};
use super::live::{Asked, Begun, prepare, put_summary, read_event, repository, watch_signals};
use super::{CommandError, Exit, Outcome};
use crate::event::{self, Event, Subject};
use crate::flows::cancel::Cancel;
use crate::flows::options::Options;
use crate::flows::stop::Stop;
use crate::flows::trail::{self, FlowNote, Left};
use crate::flows::{TakenBack, results, take_back};
use crate::github::installation::Need;
use crate::github::live::{UntilStopped, Wait};
use crate::report::comments::Kept;
use crate::settings::setting;
use crate::ui::{Level, Note};

/// So long a step that is still ending may take: its agent has ten seconds, and its work is saved after that. GitHub gives the steps
/// that follow a cancelled one five minutes in all.
const PATIENCE: Duration = Duration::from_secs(90);

/// So long its process may take to go once it is killed.
const KILLED: Duration = Duration::from_secs(5);

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Runs the command.
pub(super) fn post(call: &mut Call) -> Result<Outcome, CommandError> {
    let found = trail::find(&call.settings);
    let mut exit = Exit::Done;
    if found.left.is_empty() {
        let why = if found.named { "the step ended by itself" } else { "no step of this job was cut on this machine" };
        say(call, Level::Info, format!("nothing to take back: {why}"));
    }
    for left in &found.left {
        let ended = if left.is_alive() && !found.named {
            say(call, Level::Info, "a step of this job is at work: it is left alone");
            Ok(())
        } else {
            one(call, left)
        };
        if let Err(why) = ended {
            say(call, Level::Error, why.to_string());
            exit = Exit::Failed;
        }
    }
    Ok(Outcome { text: String::new(), exit })
}

fn say(call: &Call, level: Level, text: impl Into<String>) {
    call.ui.note(&Note::new(level, text));
}

/// Takes back what one step left.
fn one(call: &mut Call, left: &Left) -> Result<(), CommandError> {
    if left.is_alive() {
        call.ui.progress("the step is still ending: waiting for it");
        left.signal(Signal::TERM);
        if !ends(left, PATIENCE) {
            left.signal(Signal::KILL);
            if !ends(left, KILLED) {
                say(call, Level::Warning, "the step's process does not end: its slot is taken from it");
            }
        }
    }
    if left.is_gone() {
        say(call, Level::Info, "nothing to take back: the step ended by itself");
        return Ok(());
    }
    left.remove_files();
    let command = left.note.command.join(" ");
    let Some(flow) = &left.note.flow else {
        say(call, Level::Info, format!("`{command}` was cut before it began anything"));
        left.remove();
        return Ok(());
    };
    say(call, Level::Notice, format!("`{command}` was cut before its end: taking back what it left"));
    // A step that ran codexctl by itself had flags, which nobody repeats here.
    for (name, value) in &left.note.given {
        if let Some(row) = setting(name) {
            call.settings.give(row.flag, value.clone());
        }
    }
    run(call, &left.note.command, flow)?;
    left.remove();
    Ok(())
}

/// Whether the step's process ends in this time.
fn ends(left: &Left, within: Duration) -> bool {
    let until = Instant::now() + within;
    while left.is_alive() {
        if Instant::now() >= until {
            return false;
        }
        sleep(LOOK_AGAIN);
    }
    true
}

/// Makes the run again from what made it, and ends it.
fn run(call: &Call, command: &[String], left: &FlowNote) -> Result<(), CommandError> {
    let options = match command {
        [first, _] if first == "prompt" => Options::read_for_prompt(&call.settings)?.0,
        _ => Options::read(&call.settings)?,
    };
    let (event, payload) = match call.settings.raw("event") {
        Some(_) => {
            let payload = read_event(call)?;
            (event::parse(call.settings.text("event-name").as_deref(), &payload)?, payload)
        }
        None => (nobodys(), Vec::new()),
    };
    let asked = Asked {
        flow: left.flow.parse().map_err(CommandError::new)?,
        env: left.env.clone(),
        kind: left.kind.as_deref().map(str::parse).transpose().map_err(CommandError::new)?,
        issue: left.issue,
        pr: left.pr,
        reason: "the step was cut before its end".to_owned(),
        by_hand: left.by_hand,
    };
    block_on(async {
        let cancel = Cancel::default();
        watch_signals(&cancel);
        let wait: Arc<dyn Wait> = Arc::new(UntilStopped(cancel.receiver()));
        let repository = repository(call, &options, &event).await?;
        let access = call.access(&repository, Need::Write, &wait)?;
        let ended = async {
            let begun = Begun { repository, access: &access, wait: &wait, cancel: &cancel, trail: None };
            let (mut run, asked) = prepare(call, options, event, &payload, asked, begun).await?;
            let became = take_back(&mut run, left).await.map_err(|stop| CommandError::new(stop.headline()))?;
            say(call, Level::Info, words(became, run.found.kept.as_ref()));
            if became == TakenBack::Told {
                let stop = Stop::Interrupted;
                let text = results::summary_text(&run, &asked.reason, Some(&stop)).map_err(|stop| stop.headline());
                let written = text.and_then(|text| put_summary(call, &run, Some(&stop), &text));
                if let Err(error) = written {
                    say(call, Level::Warning, format!("no job summary: {error}"));
                }
            }
            Ok(())
        };
        let ended = ended.await;
        access.close().await;
        ended
    })?
}

/// What became of it, for the log.
fn words(became: TakenBack, kept: Option<&Kept>) -> String {
    let work = match kept {
        Some(Kept::Branch(name)) => format!("; the work so far is on branch {name}"),
        Some(Kept::Patch(path) | Kept::Runner(path)) => format!("; the work so far is in {path}"),
        _ => String::new(),
    };
    match became {
        TakenBack::Told => format!("done: people are told that the run was stopped{work}"),
        TakenBack::WasThrough => "done: the run had said its last word before it was cut".to_owned(),
        TakenBack::HadNotBegun => "done: the run had come to nothing that anybody could see".to_owned(),
        TakenBack::GivenBack => "done: what the run had not cleaned up yet is left to the next one".to_owned(),
        TakenBack::Superseded => "done: another run goes on, or has cleaned up".to_owned(),
    }
}

/// A command that was given without any event.
fn nobodys() -> Event {
    Event { name: "prompt run".to_owned(), action: None, repository: None, sender: None, subject: Subject::Other }
}
