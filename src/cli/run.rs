//! `codexctl run`: event → flow → result.

use std::sync::Arc;

use super::call::Call;
use super::live::{Asked, read_event, run_flow, show};
use super::{CommandError, Exit, Outcome};
use crate::event::{self, Event, Subject};
use crate::flows::options::Options;
use crate::flows::{plan, results};
use crate::policy::triggers::{self, Decision, Known};
use crate::report::plan as shown;
use crate::ui::quiet::NotesOnly;
use crate::ui::{Level, Note};

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
        Decision::Flow { flow, env, kind, issue, pr } => Asked {
            flow,
            env: options.env.clone().unwrap_or_else(|| env.to_owned()),
            kind,
            issue,
            pr,
            reason: reason(&options, &event),
            by_hand: false,
        },
    };
    run_flow(call, options, event, &payload, asked)
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
    if options.dry_run {
        let plan = plan::without_flow(event, shown::Decision::Nothing { reason: why });
        return Ok(Outcome { text: show(call, &plan, &outputs)?, exit: Exit::Done });
    }
    call.ui.note(&Note::new(Level::Info, format!("nothing to do: {why}")));
    call.done(&outputs)
}
