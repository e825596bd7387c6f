//! `codexctl doctor`: what a run needs, looked at one by one.

use std::sync::Arc;

use serde_json::json;

use super::call::{Call, block_on};
use super::project::{Project, Refusal, filters};
use super::{CommandError, Exit, Outcome};
use crate::clock::SystemClock;
use crate::deploy::{self, Checker, Offline};
use crate::doctor::{Finding, Patient, Stack, State, examine};
use crate::flows;
use crate::stack::{Decided, GithubAccess, LoadRequest, Loaded};
use crate::ui::Level;

/// Runs the command.
pub(super) fn doctor(call: &mut Call) -> Result<Outcome, CommandError> {
    let stack = stack(call)?;
    let patient = Patient {
        settings: &call.settings,
        stack,
        folder: Call::folder()?,
        clock: Arc::new(SystemClock),
        ui: Arc::clone(&call.ui),
        redactor: call.redactor.clone(),
    };
    let findings = block_on(examine(&patient))?;
    let exit = if findings.iter().any(|one| one.state == State::Failed) { Exit::Failed } else { Exit::Done };
    let text = show(call, &findings)?;
    Ok(Outcome { text: call.redactor.redact(&text).into_owned(), exit })
}

/// services.yaml in every environment, as `validate` looks at it without a cluster.
fn stack(call: &mut Call) -> Result<Stack, CommandError> {
    let file = call.settings.text("config").unwrap_or_default();
    if !std::path::Path::new(&file).exists() {
        return Ok(Stack::Unreadable { file, there: false });
    }
    let (project, broken) = match Project::read_all(call) {
        Ok(found) => found,
        Err(Refusal::Told(_)) => return Ok(Stack::Unreadable { file, there: true }),
        Err(Refusal::Says(error)) => return Err(error),
    };
    let environments = match project.request() {
        Some(request) => vec![request.env],
        None => deploy::environments(&project.raw),
    };
    let request = |env: &str| {
        let request = project.request_for(env);
        let decided = Decided { slot: request.decided.slot.or(Some(1)), ..request.decided };
        LoadRequest { decided, ..request }
    };
    let mut access = GithubAccess::None;
    let mut checker = |loaded: &Loaded| -> Box<dyn Checker> {
        access = match (access, loaded.stack.codex.github_access) {
            (GithubAccess::Write, _) | (_, GithubAccess::Write) => GithubAccess::Write,
            (GithubAccess::Read, _) | (_, GithubAccess::Read) => GithubAccess::Read,
            (GithubAccess::None, GithubAccess::None) => GithubAccess::None,
        };
        Box::new(Offline)
    };
    let count = environments.len();
    let survey =
        deploy::survey(&project.raw, environments, &request, &filters(call), &mut checker, &flows::agent_mistakes);
    let problems = (survey.count(Level::Error) + broken.len(), survey.count(Level::Warning));
    Ok(Stack::Read { file, environments: count, problems, access })
}

fn show(call: &Call, findings: &[Finding]) -> Result<String, CommandError> {
    let count = |state| findings.iter().filter(|one| one.state == state).count();
    let (failed, warnings) = (count(State::Failed), count(State::Warning));
    match call.settings.choice("output")? {
        Some("json") => {
            let whole = json!({"ok": failed == 0, "failed": failed, "warnings": warnings, "checks": findings});
            Ok(serde_json::to_string_pretty(&whole).map_err(CommandError::new)? + "\n")
        }
        Some("kv") => {
            let key = |check: &str| {
                check.to_lowercase().replace(|one: char| !one.is_ascii_alphanumeric(), "_").trim_matches('_').to_owned()
            };
            let states = findings.iter().map(|one| format!("{}={}\n", key(one.check), word(one.state)));
            Ok(states.collect::<String>() + &format!("failed={failed}\nwarnings={warnings}\n"))
        }
        _ => Ok(table(findings, failed, warnings)),
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Failed => "failed",
        State::Skipped => "skipped",
    }
}

fn table(findings: &[Finding], failed: usize, warnings: usize) -> String {
    let width = findings.iter().map(|one| one.check.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for one in findings {
        // Whatever a program said stays in its column.
        let indent = format!("\n  {:width$}  ", "");
        let found = one.found.trim().replace('\n', &indent);
        out += &format!("{} {:width$}  {found}\n", one.state.mark(), one.check);
        if let Some(way_out) = one.way_out.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            out += &format!("  {:width$}  → {}\n", "", way_out.replace('\n', &indent));
        }
    }
    let plural = |number: usize, what: &str| {
        if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
    };
    let last = match (failed, warnings) {
        (0, 0) => "All is well.".to_owned(),
        (0, _) => format!("A run works. {}.", plural(warnings, "warning")),
        (_, 0) => format!("A run would fail: {}.", plural(failed, "problem")),
        _ => format!("A run would fail: {}, {}.", plural(failed, "problem"), plural(warnings, "warning")),
    };
    out + "\n" + &last + "\n"
}
