//! The agent: its command, whether it starts, and what would keep it from codexctl's secrets here.

use super::{Finding, Patient, State};
use crate::agent::CODEX_VERSION;
use crate::agent::place::Isolation;
use crate::agent::place::look::{self, Start};

pub(super) async fn look(patient: &Patient<'_>, findings: &mut Vec<Finding>) {
    let asked = patient.settings.variable("CODEXCTL_AGENT_COMMAND");
    let path = patient.settings.variable("PATH").unwrap_or_default();
    let install = format!("npm install -g @openai/codex@{CODEX_VERSION}, or name a binary in CODEXCTL_AGENT_COMMAND");
    let Some(state) = patient.settings.state_home() else {
        findings.push(Finding::skipped("agent", "not tried: there is no folder for its state"));
        return;
    };
    let start = look::start(asked, path, &state.join("doctor")).await;
    let finding = match &start {
        Start::Runs { command, version } => {
            Finding::ok("agent", format!("{version} ({command}); tried with {CODEX_VERSION}"))
        }
        Start::Fetched { command } => Finding::warning(
            "agent",
            format!("no codex on PATH: each run would fetch it first, 300 MB ({command})"),
            install,
        ),
        Start::Fails { command, why } => Finding::failed("agent", format!("{command} does not start: {why}"), install),
        // What to install is said below.
        Start::Missing { why } => Finding::failed("agent", why.split(": npm ").next().unwrap_or_default(), install),
    };
    findings.push(finding);
    findings.push(match &start {
        Start::Runs { .. } => isolation(patient, &state, asked, path).await,
        _ => Finding::skipped("isolation", "not tried: it takes the agent's own sandbox"),
    });
}

/// Tried out as a run does it: a canary in a process of ours, and the agent's way of running commands that looks for it.
async fn isolation(patient: &Patient<'_>, state: &std::path::Path, asked: Option<&str>, path: &str) -> Finding {
    const CHECK: &str = "isolation";
    match look::isolation(asked, path, state).await {
        Ok(isolation) => {
            debug_assert!(isolation != Isolation::Nothing, "the look never allows that");
            Finding::ok(CHECK, format!("kept from codexctl's secrets by {isolation}"))
        }
        Err(error) => {
            let text = error.to_string();
            let (said, way_out) = text.rsplit_once('\n').unwrap_or((&text, ""));
            let allowed = patient.settings.switch("allow-unsandboxed").unwrap_or(false);
            let state = if allowed { State::Warning } else { State::Failed };
            Finding { way_out: Some(way_out.to_owned()), ..Finding::new(CHECK, state, said) }
        }
    }
}
