//! `codexctl prompt`: what the agent would be told, or its config.toml; and its work without an event's flow.

use std::sync::Arc;

use super::call::{Call, block_on};
use super::live::{Asked, read_event, run_flow};
use super::project::Project;
use super::{CommandError, Exit, Outcome};
use crate::event::{self, Event, Subject};
use crate::flows::options::Options;
use crate::flows::preview::Preview;
use crate::flows::stop::Stop;
use crate::policy::triggers::{self, Kind};
use crate::report::outputs::Outputs;
use crate::secrets::random_word;
use crate::ui::quiet::NotesOnly;
use crate::ui::{Level, Note};

/// Prints the prompt or the agent's configuration.
pub(super) fn render(call: &mut Call) -> Result<Outcome, CommandError> {
    let project = match Project::read(call) {
        Ok(project) => project,
        Err(refusal) => return refusal.outcome(),
    };
    let config = call.settings.switch("agent-config")?;
    let shown = block_on(async {
        let request = project.request_for("");
        let preview =
            Preview::open(&call.settings, &project.raw, request, Arc::clone(&call.ui), &call.redactor).await?;
        let shown =
            if config { preview.config().await.map(|toml| with("config", toml)) } else { prompt(&preview).await };
        preview.close().await;
        shown
    })?;
    match shown {
        Ok((text, outputs)) => Ok(Outcome { text: print(call, text, &outputs)?, exit: Exit::Done }),
        Err(stop) => Ok(call.stopped(&stop)),
    }
}

fn with(key: &str, text: String) -> (String, Outputs) {
    let mut outputs = Outputs::default();
    outputs.set(key, text.as_str());
    (text, outputs)
}

async fn prompt(preview: &Preview) -> Result<(String, Outputs), Stop> {
    let prompt = preview.prompt().await?;
    let mut outputs = Outputs::default();
    outputs.set("template", prompt.template);
    outputs.set("kind", preview.kind().name());
    outputs.set("lang", preview.lang().code());
    outputs.set("left_out", prompt.left_out);
    outputs.set("threads_left_out", prompt.threads_left_out);
    outputs.set("cut", prompt.cut);
    outputs.set("prompt", prompt.text.as_str());
    Ok((prompt.text, outputs))
}

/// The text alone, or with what is known about it where `-o` asks for that.
fn print(call: &Call, mut text: String, outputs: &Outputs) -> Result<String, CommandError> {
    if call.settings.choice("output")? != Some("plain") {
        return call.render(outputs);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let text = call.redactor.redact(&text);
    // In a workflow's log a line that somebody wrote into an issue must not be taken for a command; in a file it is just a line.
    Ok(if call.settings.in_github_actions() && !into_file() {
        let word = random_word();
        format!("::stop-commands::{word}\n{text}::{word}::\n")
    } else {
        text.into_owned()
    })
}

/// Whether standard output is a file.
fn into_file() -> bool {
    rustix::fs::fstat(std::io::stdout())
        .is_ok_and(|found| rustix::fs::FileType::from_raw_mode(found.st_mode) == rustix::fs::FileType::RegularFile)
}

/// Runs the agent, and publishes by kind what the flow would.
pub(super) fn run(call: &mut Call) -> Result<Outcome, CommandError> {
    for warning in call.settings.older_names_in_use() {
        call.ui.note(&Note::new(Level::Warning, warning));
    }
    let (options, warning) = Options::read_for_prompt(&call.settings)?;
    if options.dry_run && call.settings.choice("log-level")? != Some("debug") {
        call.ui = Arc::new(NotesOnly::new(Arc::clone(&call.ui)));
    }
    let call = &*call;
    if let Some(warning) = warning {
        call.ui.note(&Note::new(Level::Warning, warning));
    }
    let kind = match call.settings.choice("kind")? {
        Some(name) => name.parse().map_err(CommandError::new)?,
        None => Kind::DevIssue,
    };
    // An event is not needed; where there is one it is the run's, with its sender.
    let (event, payload) = match call.settings.raw("event") {
        Some(_) => {
            let payload = read_event(call)?;
            (Some(event::parse(call.settings.text("event-name").as_deref(), &payload)?), payload)
        }
        None => (None, Vec::new()),
    };
    let by_hand = event.is_none() && !call.settings.in_github_actions();
    let event = event.unwrap_or_else(|| Event {
        name: "prompt run".to_owned(),
        action: None,
        repository: None,
        sender: None,
        subject: Subject::Other,
    });
    let asked = asked(&options, &event, kind, by_hand);
    run_flow(call, options, event, &payload, asked)
}

/// The flow of the kind, for what is named, else for what the event is about.
fn asked(options: &Options, event: &Event, kind: Kind, by_hand: bool) -> Asked {
    let flow = kind.flow();
    let focus = options.prompted.as_ref().and_then(|prompted| prompted.focus_issue);
    // A comment on a plan is answered where it was written; its root is found from there.
    let issue = focus.filter(|_| kind == Kind::PlanReview).or(options.issue);
    let (of_event, pull_of_event) = triggers::numbers(event);
    let pr = options.pr.or(pull_of_event.filter(|_| options.issue.is_none()));
    Asked {
        flow,
        env: options.env.clone().unwrap_or_else(|| flow.envs()[0].to_owned()),
        kind: Some(kind),
        issue: issue.or(of_event.filter(|_| options.pr.is_none())),
        pr,
        reason: format!("prompt run asks for {kind}"),
        by_hand,
    }
}
