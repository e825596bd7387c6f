//! Judges what the agent did: verdict, collected change, publish policy. Nothing leaves the run before this has said yes.

use async_trait::async_trait;

use super::{Did, Step};
use crate::agent::place::AgentEnd;
use crate::agent::result::Shape;
use crate::agent::verdict::{self, Facts, Outcome, Verdict};
use crate::cli::Exit;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::{facts, policy};
use crate::policy::limits;
use crate::publish::{Collect, Collected, Error, Limits, scan};
use crate::slots::Lane;
use crate::ui::Level;

/// What leaves a run leaves it behind this step.
pub const NAME: &str = "check";

/// Verdict and policy.
pub struct Check;

#[async_trait]
impl Step for Check {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        super::slot::still_ours(run).await?;
        facts::still_allowed(run).await?;
        let Some(agent) = run.found.agent.clone() else {
            return Ok(Did::Skipped("would judge events, result and diff, and ask the publish policy".to_owned()));
        };
        if let Err(stop) = scan_said(run, &agent) {
            // What the comments would quote is gone, whatever becomes of the run.
            if let Some(agent) = &mut run.found.agent {
                agent.result = None;
                (agent.totals.last_message, agent.totals.last_error) = (None, None);
            }
            return Err(stop);
        }
        let collected = match run.lane() {
            Lane::Work => {
                let collected = collect(run).await;
                refused_change(run, collected)?.unwrap_or_default()
            }
            Lane::Plan => Collected::default(),
        };
        for notice in &collected.notices {
            run.say(Level::Warning, notice.to_string());
        }
        let verdict = verdict::decide(&Facts {
            shape: Shape::of_kind(run.prompt_kind()),
            ended: &agent.ended,
            totals: &agent.totals,
            result: agent.result.as_ref(),
            changed: !collected.files.is_empty(),
            refused: None,
        });
        let said = describe(&verdict, &collected);
        run.found.collected = Some(collected);
        run.found.verdict = Some(verdict.clone());
        if !verdict.outcome.succeeded() {
            return Err(failure(run, &verdict));
        }
        if verdict.outcome == Outcome::Done {
            let allowed = allowed(run);
            run.found.allowed = Some(refused_change(run, allowed)?);
        }
        if verdict.outcome == Outcome::Blocked
            && run.found.collected.as_ref().is_some_and(|collected| !collected.files.is_empty())
        {
            let saved = super::agent::save(run).await;
            refused_change(run, saved)?;
        }
        Ok(Did::Done(said))
    }
}

/// Everything that the agent said and that comments, summary or pull request may quote.
fn scan_said(run: &Run, agent: &AgentEnd) -> Result<(), Stop> {
    let mut said = Vec::new();
    match &agent.result {
        Some(result) => {
            said.push(("the agent's summary", result.summary.as_str()));
            said.extend(result.title.iter().map(|text| ("the agent's title", text.as_str())));
            said.extend(result.body.iter().map(|text| ("the agent's text of the pull request", text.as_str())));
            said.extend(result.verification.iter().map(|text| ("the agent's verification", text.as_str())));
            said.extend(result.plan.iter().map(|text| ("the agent's plan", text.as_str())));
            said.extend(result.issues.iter().map(|issue| ("the title of an issue", issue.title.as_str())));
            said.extend(result.issues.iter().map(|issue| ("the text of an issue", issue.body.as_str())));
            said.extend(result.edits.iter().map(|edit| ("the new text of an issue", edit.body.as_str())));
            said.extend(result.replies.iter().map(|reply| ("an answer to a comment", reply.body.as_str())));
            said.extend(result.questions.iter().map(|text| ("a question of the agent", text.as_str())));
            let replies = result.threads.iter().filter_map(|answer| answer.reply.as_deref());
            said.extend(replies.map(|text| ("an answer of the agent in a review thread", text)));
        }
        None => said.extend(agent.totals.last_message.iter().map(|text| ("the agent's last message", text.as_str()))),
    }
    said.extend(agent.totals.last_error.iter().map(|text| ("the agent's last error", text.as_str())));
    scan_texts(run, &said)
}

fn describe(verdict: &Verdict, collected: &Collected) -> String {
    let files = match collected.files.len() {
        0 => String::new(),
        1 => format!(", 1 file, +{} −{}", collected.insertions, collected.deletions),
        count => format!(", {count} files, +{} −{}", collected.insertions, collected.deletions),
    };
    format!("{}{files}", verdict.outcome)
}

fn failure(run: &Run, verdict: &Verdict) -> Stop {
    let exit = match verdict.outcome.exit_code(run.options.infra_unhealthy()) {
        0 => Exit::Done,
        4 => Exit::TimedOut,
        _ => Exit::Failed,
    };
    Stop::Failed { verdict: verdict.outcome, why: verdict.reason.clone(), exit, secret: false }
}

/// What is taken although it may be too much, so that the refusal can say how much it is and where.
const SEEN: Limits = Limits { files: 10_000, bytes: 64 << 20 };

/// Takes the agent's work into our own clone; none in a dry run.
pub(super) async fn collect(run: &Run) -> Result<Option<Collected>, Stop> {
    let Some(stack) = &run.found.stack else { return Ok(None) };
    let publish = &stack.stack.publish;
    let files = publish.max_files.max(SEEN.files);
    collect_of(run, Limits { files, bytes: publish.max_bytes.bytes().max(SEEN.bytes) }).await
}

async fn collect_of(run: &Run, limits: Limits) -> Result<Option<Collected>, Stop> {
    let (Some(tree), Some(stack)) = (&run.found.tree, &run.found.stack) else { return Ok(None) };
    let publish = &stack.stack.publish;
    let wanted = Collect {
        slot: run.clone_name(),
        tree: tree.folder.clone(),
        start: tree.start.clone(),
        skip: publish.skip.clone(),
        limits,
    };
    Ok(run.hands.sources.collect(&wanted).await.map_err(refused_or_failed)?.into_known())
}

/// The same for work that nobody goes on with now: only its size is bounded, for whoever takes it up may still make it less.
pub(super) async fn collect_all(run: &Run) -> Result<Option<Collected>, Stop> {
    let Some(stack) = &run.found.stack else { return Ok(None) };
    collect_of(run, Limits { files: u64::MAX, bytes: stack.stack.publish.max_bytes.bytes() }).await
}

/// Notes that the change itself is what may not be published.
pub(super) fn refused_change<T>(run: &mut Run, ended: Result<T, Stop>) -> Result<T, Stop> {
    if let Err(Stop::Failed { verdict: Outcome::Refused, .. }) = &ended {
        run.found.refused = true;
    }
    ended
}

/// What the policy says of the collected change.
pub(super) fn allowed(run: &Run) -> Result<limits::Verdict, Stop> {
    let Some(collected) = &run.found.collected else { return Ok(limits::Verdict::Allowed) };
    match policy::judge(run, collected)? {
        limits::Verdict::Refused { reason } => Err(refused(reason, false)),
        other => Ok(other),
    }
}

/// Texts for GitHub must hold no secret either.
pub(super) fn scan_texts(run: &Run, texts: &[(&str, &str)]) -> Result<(), Stop> {
    let hits: Vec<String> = texts
        .iter()
        .flat_map(|(name, text)| scan::text(name, text, &run.hands.redactor))
        .map(|hit| hit.to_string())
        .collect();
    if hits.is_empty() {
        return Ok(());
    }
    Err(refused(format!("secrets would leave the run:\n{}", hits.join("\n")), true))
}

fn refused(why: String, secret: bool) -> Stop {
    Stop::Failed { verdict: Outcome::Refused, why, exit: Exit::Failed, secret }
}

/// The publish policy's own refusals have their own verdict; everything else is a failure.
pub(super) fn refused_or_failed(error: Error) -> Stop {
    match error {
        Error::Secrets(_) => refused(error.to_string(), true),
        Error::Limit { .. } | Error::Lfs { .. } => refused(error.to_string(), false),
        other => Stop::failed(other),
    }
}
