//! `codexctl action`: the entry point of the container action, which runs the command that the input `command` names.

use std::collections::BTreeMap;

use super::{Asked, args};
use crate::action;
use crate::settings::inputs::COMMAND;
use crate::settings::{Scope, Settings, setting};

/// What the inputs ask for.
pub(super) fn asked(environment: BTreeMap<String, String>) -> Asked {
    let step = match action::read(environment.clone()) {
        Ok(step) => step,
        Err(wrong) => return Asked { wrong, ..Asked::by_hand(&[], Settings::new(BTreeMap::new(), environment)) },
    };
    let words: Vec<&str> = step.command.iter().map(String::as_str).collect();
    let mut wrong = Vec::new();
    match args::find(&words) {
        None => wrong.push(format!(
            "input {COMMAND}: there is no command `{}` for a workflow, there are {}",
            words.join(" "),
            args::names().join(", ")
        )),
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
    Asked { command: step.command, settings, secrets: step.secrets, wrong }
}
