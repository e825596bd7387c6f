//! What a run leaves for other programs and for the page of the run: outputs and job summary.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::run::Run;
use super::stop::Stop;
use super::{end, texts};
use crate::blocked::explained;
use crate::report::outputs::{Outputs, RUN_OUTPUTS};
use crate::report::phrases::said;
use crate::report::summary::{FileChange, Link, Summary, summary};
use crate::slots::Lane;

/// The outputs of spec 4.5, all of them, empty where there is nothing to say.
pub fn outputs(run: &Run, stop: Option<&Stop>, summary_file: Option<&Path>) -> Outputs {
    let mut outputs = empty(run.flow.name());
    let usage = run.found.agent.as_ref().map(|agent| agent.usage);
    match stop {
        Some(Stop::Gate { gate, .. }) => outputs.set("gate", gate.to_string()),
        Some(Stop::Interrupted) => outputs.set("verdict", "interrupted"),
        Some(Stop::Failed { verdict, .. }) => outputs.set("verdict", verdict.to_string()),
        Some(Stop::Usage(_) | Stop::Config { .. }) => outputs.set("verdict", "failed"),
        None => outputs.set("verdict", run.found.verdict.as_ref().map(|verdict| verdict.outcome.to_string())),
    }
    outputs.set("env", run.env.clone());
    if let Some(slot) = &run.found.slot {
        outputs.set("slot", slot.slot);
        outputs.set("namespace", slot.namespace.clone());
        outputs.set("branch", slot.branch.clone().filter(|_| run.lane() == Lane::Work));
        outputs.set("session_id", run.session().map(str::to_owned));
        outputs.set("created", run.found.slot_is_new);
        outputs.set("recreated", false);
        outputs.set("codexctl_new_env", run.found.slot_is_new);
        let pr = slot.pr.map_or(String::new(), |pr| format!(" --pr {pr}"));
        let issue = slot.issue.map_or(String::new(), |issue| format!(" --issue {issue}"));
        let arguments = format!("--env {} --slot {} --namespace {}{issue}{pr}", run.env, slot.slot, slot.namespace);
        outputs.set("codexctl_run_args", arguments);
        outputs.set("pr_number", slot.pr);
    }
    outputs.set("pr_url", run.found.pull.as_ref().filter(|pull| pull.number.is_some()).map(|pull| pull.url.clone()));
    outputs.set("commit", texts::commit(run).map(str::to_owned));
    outputs.set("input_tokens", usage.map(|usage| usage.input));
    outputs.set("output_tokens", usage.map(|usage| usage.output));
    outputs.set("duration_seconds", run.began.elapsed().as_secs());
    outputs.set("summary_file", summary_file.map(|path| path.display().to_string()));
    outputs
}

/// All outputs with the flow's name and nothing else.
pub fn empty(flow: &str) -> Outputs {
    let mut outputs = Outputs::default();
    for output in RUN_OUTPUTS {
        outputs.set(output.name, "");
    }
    outputs.set("flow", flow);
    outputs
}

/// The job summary as Markdown.
///
/// # Errors
/// It can't be rendered.
pub fn summary_text(run: &Run, decision: &str, stop: Option<&Stop>) -> Result<String, Stop> {
    let gate = match stop {
        Some(Stop::Gate { gate, why }) => Some((gate.to_string(), why.clone())),
        _ => None,
    };
    let link = |title: &str, url: Option<String>| url.map(|url| Link { title: said(title, run.lang()), url });
    let of = Summary {
        event: super::plan::event(&run.event).name,
        flow: Some(run.flow.to_string()),
        decision: decision.to_owned(),
        ending: gate.is_none().then(|| end::ending(run, stop)),
        gate,
        reason: match stop {
            Some(stop @ (Stop::Failed { .. } | Stop::Usage(_) | Stop::Config { .. })) => stop.why(),
            _ => run.found.verdict.as_ref().map(|verdict| verdict.reason.clone()).filter(|reason| !reason.is_empty()),
        },
        issue: run.about.issue_number().or(run.about.pull_number()),
        slot: run.found.slot.as_ref().map(|slot| slot.slot),
        env: Some(run.env.clone()),
        commit: texts::commit(run).map(str::to_owned),
        pull: texts::pull_ref(run),
        steps: texts::steps(run),
        asides: texts::asides(run),
        cost: texts::cost(run),
        links: [
            link("Issue", run.about.issue.as_ref().map(|issue| issue.url.clone()).filter(|url| !url.is_empty())),
            link(
                "Pull request",
                run.found.pull.as_ref().filter(|pull| pull.number.is_some()).map(|pull| pull.url.clone()),
            ),
            link(
                "Plan",
                run.found.planned.as_ref().and_then(|planned| planned.url.clone()).map(|url| shown(run, &url)),
            ),
            link("Run", run.identity.run_url.clone()),
        ]
        .into_iter()
        .flatten()
        .chain(run.found.planned.iter().flat_map(|planned| &planned.issues).map(|(issue, url)| Link {
            title: issue.number.map_or_else(|| issue.title.clone(), |number| format!("#{number} {}", issue.title)),
            url: shown(run, url),
        }))
        .collect(),
        files: run
            .found
            .collected
            .iter()
            .flat_map(|collected| &collected.files)
            .map(|file| FileChange { path: file.path.clone(), lines: file.lines })
            .collect(),
        requests: run.hands.has_token.then(|| (run.hands.github.requests(), run.hands.github.unchanged())),
        outbox: (!run.hands.has_token).then(|| ".codexctl/outbox".to_owned()),
    };
    let text = summary(&of, run.lang()).map_err(Stop::failed)?;
    Ok(run.hands.redactor.redact(&text).into_owned())
}

/// An address, or a file of the outbox as people know it.
fn shown(run: &Run, url: &str) -> String {
    run.workplace.shown(Path::new(url))
}

/// Adds a text to the file that GitHub's runner reads (`GITHUB_STEP_SUMMARY`, `GITHUB_OUTPUT`).
///
/// # Errors
/// The system's, with the path.
pub fn append(path: &Path, text: &str) -> Result<PathBuf, String> {
    let failed = |error: std::io::Error| format!("can't write {}: {}", path.display(), explained(path, error));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(path.to_owned())
}
