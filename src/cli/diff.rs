//! `codexctl diff`: what an apply would change.

use std::io::IsTerminal as _;

use serde_json::json;

use super::apply::{Ended, Ground, until_stopped};
use super::call::{Call, block_on};
use super::project::Refusal;
use super::{CommandError, Exit, Outcome};
use crate::deploy::{self, Conflicts, Difference, Undecided, Unfinished};
use crate::flows::cancel::Cancel;
use crate::ui::{Level, Note};

/// Runs the command.
pub(super) fn diff(call: &mut Call) -> Result<Outcome, CommandError> {
    differences(call).or_else(Refusal::outcome)
}

fn differences(call: &mut Call) -> Result<Outcome, Refusal> {
    let json = match call.settings.choice("output")? {
        Some("kv") => {
            return Err(CommandError::new("-o kv: a diff is no keys and values; leave it out, or take json").into());
        }
        output => output == Some("json"),
    };
    let tells = call.settings.switch("exit-code")?;
    let ground = Ground::open(call)?;
    let cancel = Cancel::default();
    let found = block_on(async {
        let asked = async {
            let cluster = ground.connect(call).await?;
            let selection = ground.selection();
            let rollout = ground.rollout(call, &cluster, &selection, Conflicts::Take, &cancel)?;
            let mut plan = rollout.plan().await?;
            let found = deploy::diff(&cluster, &mut plan, rollout.concurrency).await;
            found.map_err(|why| {
                Ended::from(match why {
                    Undecided::Failed(error) => Unfinished::Failed(cluster.in_words(&error)),
                    Undecided::Refused(refused) => rollout.refused(&refused),
                })
            })
        };
        until_stopped(&cancel, asked).await
    })?;
    match found {
        Ok(found) => {
            let exit = if tells && !found.is_empty() { Exit::Failed } else { Exit::Done };
            if found.is_empty() {
                let text = format!("{} is as its manifests say", ground.loaded.env.name);
                call.ui.note(&Note::new(Level::Info, text));
            }
            let text = if json { as_json(&found)? } else { as_text(&found, colored(call)?) };
            Ok(Outcome { text: call.redactor.redact(&text).into_owned(), exit })
        }
        Err(ended) => ended.outcome(call),
    }
}

/// Whether standard output takes colours.
fn colored(call: &Call) -> Result<bool, CommandError> {
    let settings = &call.settings;
    Ok(match settings.choice("color")? {
        Some("always") => true,
        Some("never") => false,
        _ => {
            std::io::stdout().is_terminal()
                && settings.variable("NO_COLOR").is_none()
                && settings.variable("TERM") != Some("dumb")
        }
    })
}

fn as_text(found: &[Difference], colored: bool) -> String {
    let mut text = String::new();
    for line in found.iter().flat_map(|one| one.text.lines()) {
        let code = match line.as_bytes() {
            _ if !colored => None,
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => Some("1"),
            [b'+', ..] => Some("32"),
            [b'-', ..] => Some("31"),
            [b'@', ..] => Some("36"),
            _ => None,
        };
        match code {
            Some(code) => text.push_str(&format!("\u{1b}[{code}m{line}\u{1b}[0m\n")),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

fn as_json(found: &[Difference]) -> Result<String, CommandError> {
    let differences: Vec<_> = found
        .iter()
        .map(|one| {
            json!({
                "apiVersion": &*one.id.api_version,
                "kind": &*one.id.kind,
                "namespace": one.id.namespace.as_deref(),
                "name": &*one.id.name,
                "change": if one.created { "created" } else { "changed" },
                "diff": one.text,
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&json!({"differences": differences})).map_err(CommandError::new)? + "\n")
}
