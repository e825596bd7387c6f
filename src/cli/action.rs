//! `codexctl action`: the entry point of the container action, which runs the command that the input `command` names.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::call::Call;
use super::{Asked, Exit, Outcome, args};
use crate::action;
use crate::flows::results;
use crate::flows::trail::{STATE, Trail};
use crate::report::outputs::Outputs;
use crate::secrets::{Secret, random_word};
use crate::settings::inputs::{COMMAND, KUBECONFIG};
use crate::settings::{Scope, Settings, setting, shortened};
use crate::ui::{Level, Note};

/// What the inputs ask for. The post step asks for nothing itself: it only has to know with what the step was run.
pub(super) fn asked(environment: BTreeMap<String, String>) -> Asked {
    let step = action::read(environment);
    let words: Vec<&str> = step.command.iter().map(String::as_str).collect();
    let mut wrong = step.wrong;
    match args::find(&words) {
        None => wrong.push(no_command(&words)),
        Some(own) => {
            let foreign = step.flags.keys().filter(|flag| {
                !setting(flag).is_some_and(|row| {
                    row.scope == Scope::Global || own.is_some_and(|command| row.scope.holds(command))
                })
            });
            wrong.extend(
                foreign.map(|flag| format!("input {flag}: the command `{}` has no such flag", words.join(" "))),
            );
        }
    }
    let settings = Settings::new(BTreeMap::new(), step.variables).with_inputs(step.flags);
    wrong.extend(settings.check_inputs().err().into_iter().flatten().map(|invalid| invalid.to_string()));
    Asked {
        command: step.command,
        settings,
        secrets: step.secrets,
        kubeconfig: step.kubeconfig,
        told: Vec::new(),
        wrong,
    }
}

/// Why these words are no command.
fn no_command(words: &[&str]) -> String {
    let own: Vec<&str> = words.iter().copied().take_while(|word| !word.starts_with('-')).collect();
    if own.len() < words.len() && args::find(&own).is_some() {
        return format!(
            "input {COMMAND}: `{}` goes without its flags here: each of them is an input of its own",
            own.join(" ")
        );
    }
    format!(
        "input {COMMAND}: there is no command `{}` for a workflow, there are {}",
        shortened(&words.join(" ")),
        args::names().join(", ")
    )
}

/// The first line: that it runs, which one it is, and what for.
pub(super) fn greet(call: &Call, post: bool) {
    let command = if post { "post step".to_owned() } else { shortened(&call.command.join(" ")) };
    let variable = |name: &str| call.settings.variable(name).map(shortened);
    let event = call.settings.text("event-name").map_or(String::new(), |name| format!(", event {}", shortened(&name)));
    let repository = variable("GITHUB_REPOSITORY").map_or(String::new(), |name| format!(" of {name}"));
    let version = env!("CARGO_PKG_VERSION");
    call.ui.note(&Note::new(Level::Info, format!("codexctl {version}: {command}{event}{repository}")));
}

/// Begins the step: its trail, the word for its post step, and a file for what was given as text but is read from a file.
///
/// # Errors
/// A sentence: the word or the file can't be written.
pub(super) fn begin(call: &mut Call, kubeconfig: Option<&Secret>) -> Result<(), String> {
    // Outside a workflow nobody comes after it.
    if kubeconfig.is_none() && !call.settings.in_github_actions() {
        return Ok(());
    }
    let trail = match Trail::begin(&call.settings, &call.command) {
        Ok(trail) => trail,
        // Whoever needs state says so; a look at a file needs none.
        Err(_) if kubeconfig.is_none() => return Ok(()),
        Err(why) => return Err(why),
    };
    if let Some(path) = call.settings.variable("GITHUB_STATE") {
        let mut state = Outputs::default();
        state.set(STATE, trail.id());
        let text = state.github(&random_word()).map_err(|error| error.to_string())?;
        results::append(Path::new(path), &text).map_err(|why| format!("GITHUB_STATE: {why}"))?;
    }
    if let Some(text) = kubeconfig {
        let file = trail.file(KUBECONFIG, text)?;
        call.settings.give(KUBECONFIG, file.display().to_string());
    }
    call.trail = Some(Arc::new(trail));
    Ok(())
}

/// The end of the step. That a gate stops a run is nobody's fault: its step is green (spec 4.2). On a runner's log no line of the result
/// is taken for a command, whoever wrote it.
pub(super) fn end(call: &Call, outcome: Outcome) -> Outcome {
    let exit = if outcome.exit == Exit::Gate { Exit::Done } else { outcome.exit };
    let told = !call.settings.in_github_actions() || outcome.text.starts_with("::stop-commands::");
    let text = if told { outcome.text } else { outcome.text.lines().map(tame).collect() };
    Outcome { text, exit }
}

fn tame(line: &str) -> String {
    format!("{}\n", crate::ui::plain::no_command(line))
}
