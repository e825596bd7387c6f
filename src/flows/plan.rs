//! What a dry run has found out, in the shape in which it is shown.

use super::run::Run;
use super::stop::Stop;
use crate::answer::Answer;
use crate::event::{Event, Subject};
use crate::github::dry;
use crate::policy::gates::{GateAnswer, Verdict};
use crate::report::plan::{Chosen, Decision, Gate, Plan, PlanAgent, PlanEvent, PlanSlot, Target, Write};
use crate::slots::Lane;

/// The event as the plan names it.
pub fn event(event: &Event) -> PlanEvent {
    let name = match &event.action {
        Some(action) => format!("{}.{action}", event.name),
        None => event.name.clone(),
    };
    let subject = match &event.subject {
        Subject::IssueLabeled { issue, label } => {
            Some(format!("label {label} on issue #{} {:?}", issue.number, issue.title))
        }
        Subject::IssueClosed { issue } => Some(format!("issue #{} {:?}", issue.number, issue.title)),
        Subject::IssueComment { issue, on_pull_request: true, .. } => {
            Some(format!("comment on pull request #{}", issue.number))
        }
        Subject::IssueComment { issue, .. } => Some(format!("comment on issue #{} {:?}", issue.number, issue.title)),
        Subject::ReviewSubmitted { pull, state, .. } => {
            Some(format!("review {state} of pull request #{} from {}", pull.number, pull.head_branch))
        }
        Subject::PullClosed { pull } => Some(format!("pull request #{} from {}", pull.number, pull.head_branch)),
        Subject::Push { reference, .. } => Some(reference.clone()),
        Subject::Dispatch { flow, issue, pr } => {
            let parts = [flow.clone(), issue.map(|n| format!("issue #{n}")), pr.map(|n| format!("pull request #{n}"))];
            Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
        }
        Subject::Schedule | Subject::Other => None,
    };
    PlanEvent {
        name,
        repository: event.repository.as_ref().map(crate::event::Repository::full_name),
        subject,
        sender: event.sender.as_ref().map(|sender| sender.login.clone()),
    }
}

/// A plan that ends with its decision.
pub fn without_flow(of: &Event, decision: Decision) -> Plan {
    Plan {
        event: event(of),
        decision,
        gates: Vec::new(),
        slot: None,
        agent: None,
        writes: Vec::new(),
        notes: Vec::new(),
    }
}

/// Everything that the dry run found out; `stop` is what ended it early.
pub fn of_run(run: &Run, decision: Decision, stop: Option<&Stop>) -> Plan {
    let mut notes = Vec::new();
    match stop {
        Some(Stop::Gate { .. }) | None => {}
        Some(Stop::Config { mistakes, .. }) => notes.extend(mistakes.iter().cloned()),
        Some(stop) => notes.push(stop.headline()),
    }
    if run.about.unread.is_some() {
        notes.push(format!("the event does not carry {}: its title and text are placeholders here", run.about.thread));
    }
    if run.found.heads.is_none() && run.found.stack.is_some() {
        notes.push(format!(
            "{} and prompts were read from the work tree; a run reads them from the head of {}",
            run.workplace.config_in_repository.display(),
            run.default_branch()
        ));
    }
    if !run.hands.has_token {
        notes.push("no GitHub token: what is written to GitHub would go to .codexctl/outbox/".to_owned());
    }
    Plan {
        event: event(&run.event),
        decision,
        gates: run.found.gates.iter().map(gate).collect(),
        slot: slot(run),
        agent: agent(run),
        writes: run
            .hands
            .plan
            .all()
            .into_iter()
            .map(|planned| Write {
                target: match planned.target {
                    dry::Target::Git => Target::Git,
                    dry::Target::GitHub => Target::GitHub,
                    dry::Target::State => Target::State,
                },
                // An answer that would be asked for says "would …"; in a list of what would be written that word is said once.
                action: planned.what.strip_prefix("would ").map_or_else(|| planned.what.clone(), str::to_owned),
                condition: None,
                text: planned.detail,
            })
            .collect(),
        notes,
    }
}

fn gate(answer: &GateAnswer) -> Gate {
    let (passed, detail) = match &answer.verdict {
        Verdict::Pass { why } => (Answer::Known(true), why.clone()),
        Verdict::Stop { why } => (Answer::Known(false), why.clone()),
        Verdict::NotAsked { why } => (Answer::Known(true), format!("not asked: {why}")),
        Verdict::Unknown { would } => (Answer::Unknown(would.clone()), String::new()),
    };
    Gate { name: answer.gate.to_string(), passed, detail }
}

fn slot(run: &Run) -> Option<PlanSlot> {
    let record = run.found.slot.as_ref()?;
    let branch = record.branch.clone().unwrap_or_default();
    Some(PlanSlot {
        number: record.slot,
        existed: !run.found.slot_is_new,
        namespace: run.found.stack.as_ref().map_or_else(|| record.namespace.clone(), |stack| stack.namespace.clone()),
        record: run.workplace.state.join("slots").join(format!("{}.json", record.slot)).display().to_string(),
        branch: if run.lane() == Lane::Plan {
            Answer::Known(format!("{}, to look into: nothing is committed", run.default_branch()))
        } else if branch.is_empty() {
            Answer::Unknown("would ask the remote and GitHub".to_owned())
        } else if run.found.heads.is_some() {
            Answer::Known(branch)
        } else {
            Answer::Unknown(format!("{branch}, unless its pull request is closed: would ask the remote and GitHub"))
        },
    })
}

fn agent(run: &Run) -> Option<PlanAgent> {
    let prompts = run.found.prompts.as_ref()?;
    Some(PlanAgent {
        command: run.found.command.clone(),
        folder: run.work_folder().join("tree").display().to_string(),
        model: run
            .found
            .choices
            .model
            .as_ref()
            .map(|choice| Chosen { value: choice.value.clone(), from: choice.from.to_string() }),
        effort: run
            .found
            .choices
            .effort
            .as_ref()
            .map(|choice| Chosen { value: choice.value.to_string(), from: choice.from.to_string() }),
        template: prompts.full.template.clone(),
        prompt: prompts.full.text.clone(),
    })
}
