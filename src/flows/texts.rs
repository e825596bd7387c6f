//! Puts the facts of a run into the shapes that the texts for people are made from.

use super::run::Run;
use super::steps::{acknowledge, agent, check};
use super::stop::Stop;
use crate::agent::verdict::Outcome;
use crate::github::{OwnComment, Reacted, Thread, WantedPull, markers};
use crate::policy::triggers::Flow;
use crate::policy::{labels, limits, texts};
use crate::publish::Pushed;
use crate::report::comments::{
    Again, Asides, Cost, Ending, Environment, EnvironmentLink, LeftOut, PlanRef, Progress, PullBody, PullRef, Step,
    StepState, Usage, environment, pull,
};
use crate::slots::Lane;
use crate::ui::StepEnd;

/// What the run cost so far.
pub(super) fn cost(run: &Run) -> Cost {
    let usage = run.found.agent.as_ref().map(|agent| Usage {
        turns: 1,
        input_tokens: agent.usage.input,
        cached_tokens: agent.usage.cached,
        output_tokens: agent.usage.output,
        model: run.found.choices.model.as_ref().map(|choice| choice.value.clone()),
    });
    Cost { usage, took: run.began.elapsed() }
}

/// The steps as a reader of the job summary sees them: with the details of the log.
pub(super) fn steps(run: &Run) -> Vec<Step> {
    run.rows
        .iter()
        .map(|row| Step {
            id: match (row.name, run.about.reacted()) {
                (acknowledge::NAME, _) if run.reviewed().is_some() => "acknowledge_review".to_owned(),
                (acknowledge::NAME, Reacted::Comment(_)) => "acknowledge_comment".to_owned(),
                (name, _) => name.to_owned(),
            },
            title: row.name.to_owned(),
            state: match row.end {
                None => StepState::Running,
                Some(StepEnd::Done) => StepState::Done,
                // There is always something to react to: what was skipped was refused.
                Some(StepEnd::Skipped) if row.name == acknowledge::NAME && !run.options.dry_run => StepState::Failed,
                Some(StepEnd::Skipped) => StepState::Skipped,
                Some(StepEnd::Failed) => StepState::Failed,
            },
            detail: row.detail.clone(),
            took: row.end.map(|_| row.took),
        })
        .map(|step| as_people_see_it(run, step))
        .collect()
}

/// The step `check` judges the agent before it asks the publish policy: a failure of the agent is the agent's, and nobody asked the
/// policy then.
fn as_people_see_it(run: &Run, step: Step) -> Step {
    let failed = run.found.verdict.as_ref().is_some_and(|verdict| !verdict.outcome.succeeded());
    match step.id.as_str() {
        agent::NAME if failed => Step { state: StepState::Failed, ..step },
        check::NAME if failed => Step { state: StepState::Waiting, detail: String::new(), took: None, ..step },
        _ => step,
    }
}

/// What was left out of the agent's change, and why.
fn left_out(run: &Run) -> Vec<LeftOut> {
    let notices = run.found.collected.iter().flat_map(|collected| &collected.notices);
    notices
        .filter_map(|notice| {
            notice.reason.left_out().map(|why| LeftOut { path: notice.path.clone(), why: why.to_owned() })
        })
        .collect()
}

/// What no text about the run may leave unsaid.
pub(super) fn asides(run: &Run) -> Asides {
    Asides {
        protected: run.found.protected.clone(),
        left_out: left_out(run),
        label_stays: run.found.label_stays.clone(),
    }
}

/// The steps for the comment: who reads it on GitHub wants to know how far the run is, not what the log says. At the end the comment
/// itself is the last step, so it is done when it can be read.
fn steps_for_comment(run: &Run, ended_well: bool) -> Vec<Step> {
    let mut steps = steps(run);
    for step in &mut steps {
        step.detail.clear();
        // A dry run skips what a run would do, and shows the comment as that run would write it.
        if run.options.dry_run && step.state == StepState::Skipped {
            step.state = StepState::Done;
        }
        if ended_well && step.state == StepState::Running {
            step.state = StepState::Done;
        }
    }
    steps
}

/// The pull request as texts name it.
pub(super) fn pull_ref(run: &Run) -> Option<PullRef> {
    let pull = run.found.pull.as_ref()?;
    Some(PullRef { number: pull.number, draft: pull.draft, branch: run.branch().unwrap_or_default().to_owned() })
}

/// How people ask for such a run again.
pub(super) fn again(run: &Run) -> Again {
    match run.flow {
        Flow::PlanReview => Again::Line(labels::PLAN.to_owned()),
        Flow::Review | Flow::RepairReview => Again::Review,
        // The label stays where a plan stands: setting it again takes two clicks more.
        Flow::Plan if run.found.planned.is_some() => Again::Line(labels::PLAN.to_owned()),
        Flow::Plan => Again::Label(labels::PLAN.to_owned()),
        Flow::Repair => Again::Label(labels::REPAIR.to_owned()),
        Flow::Dev | Flow::Cleanup | Flow::Deploy | Flow::Gc => Again::Label(labels::DEV.to_owned()),
    }
}

/// The progress comment's facts.
pub(super) fn progress(run: &Run, marker: String, ending: Option<(Ending, Option<String>)>) -> Progress {
    let result = run.found.agent.as_ref().and_then(|agent| agent.result.as_ref());
    let last = || run.found.agent.as_ref().and_then(|agent| agent.totals.last_message.clone());
    let (ending, reason) = ending.map_or((None, None), |(ending, reason)| (Some(ending), reason));
    let exec = run.found.stack.as_ref().map(super::prompt::timeout);
    let budget = run.found.stack.as_ref().map(|stack| stack.stack.codex.budget_tokens);
    Progress {
        marker,
        issue: run.about.number(),
        again: again(run),
        run_url: run.identity.run_url.clone(),
        steps: steps_for_comment(run, matches!(ending, Some(Ending::Verdict(outcome)) if outcome.succeeded())),
        ending,
        reason,
        secret: run.found.secret,
        said: ending.and_then(|ending| match &run.found.agent {
            Some(_) => result.map(|result| result.summary.clone()).or_else(last),
            // A dry run: nobody has worked.
            None if ending == Ending::Verdict(Outcome::Done) => Some("(the agent's summary)".to_owned()),
            None => None,
        }),
        questions: result.map(|result| result.questions.clone()).unwrap_or_default(),
        // A plan has a comment of its own.
        plan: result.and_then(|result| result.plan.clone()).filter(|_| run.lane() == Lane::Work),
        pull: pull_ref(run),
        kept: run.found.kept.clone(),
        limit: match ending {
            // Who waited in vain for a slot had no agent, and no time of its own.
            Some(Ending::Verdict(Outcome::TimedOut)) => {
                exec.filter(|_| run.found.agent.is_some()).map(|time| time.as_secs())
            }
            Some(Ending::Verdict(Outcome::OverBudget)) => budget,
            _ => None,
        },
        planned: planned(run),
        left: run.found.left.clone(),
        open_pull: run.found.open_pull,
        asides: asides(run),
        cost: cost(run),
        review_starts_run: run.review_starts_run(),
    }
}

/// The plan as texts name it.
fn planned(run: &Run) -> Option<PlanRef> {
    let planned = run.found.planned.as_ref()?;
    Some(PlanRef {
        root: run.about.issue_number().unwrap_or(run.about.number()),
        url: planned.url.clone().filter(|url| url.starts_with("http")),
        written: planned.written,
        replies: planned.replies,
    })
}

/// The pull request as it shall be: title and text from the agent's result, limits of GitHub and rules of the policy applied. Where
/// it is known whether the pull request is a draft the text says so.
///
/// # Errors
/// The text can't be rendered.
pub(super) fn wanted_pull(run: &Run, is_draft: Option<bool>) -> Result<WantedPull, Stop> {
    let publish = run.found.stack.as_ref().map(|stack| &stack.stack.publish);
    let result = run.found.agent.as_ref().and_then(|agent| agent.result.as_ref());
    let protected = run.found.protected.clone();
    // Who made it ready has seen what earlier runs changed; what this one changed nobody has seen.
    let redraft = match &run.found.allowed {
        Some(limits::Verdict::Draft { protected: of_run }) => of_run.iter().any(|path| protected.contains(path)),
        _ => false,
    };
    let draft = publish.is_none_or(|publish| publish.draft) || !protected.is_empty();
    let repository = run.repo();
    let closes = texts::Closes { repository: &repository, issue: run.about.issue_number() };
    let issue_title = texts::title(run.about.title(), &format!("Issue #{}", run.about.number()), closes);
    let title =
        texts::title(result.and_then(|result| result.title.as_deref()).unwrap_or_default(), &issue_title, closes);
    let body = match result {
        Some(result) => {
            result.body.clone().filter(|body| !body.trim().is_empty()).unwrap_or_else(|| result.summary.clone())
        }
        None => match &run.found.agent {
            Some(agent) => agent.totals.last_message.clone().unwrap_or_default(),
            // A dry run: nobody has worked.
            None => "(the agent's text: what changed and why)".to_owned(),
        },
    };
    let body = PullBody {
        issue: run.about.number(),
        body,
        verification: result.and_then(|result| result.verification.clone()),
        protected,
        left_out: left_out(run),
        draft: is_draft.unwrap_or(draft),
        run_url: run.identity.run_url.clone(),
        cost: cost(run),
    };
    Ok(WantedPull {
        head: run.branch().unwrap_or_default().to_owned(),
        base: run.default_branch(),
        title,
        body: pull(&body, run.lang()).map_err(Stop::failed)?,
        draft,
        redraft,
        labels: publish.map(|publish| publish.labels.clone()).unwrap_or_default(),
        reviewers: publish.map(|publish| publish.reviewers.clone()).unwrap_or_default(),
    })
}

/// The comment on the pull request with slot and links; none without a pull request.
///
/// # Errors
/// The text can't be rendered.
pub(super) fn environment_comment(run: &Run) -> Result<Option<OwnComment>, Stop> {
    let (Some(slot), Some(stack), Some(branch)) = (&run.found.slot, &run.found.stack, run.branch()) else {
        return Ok(None);
    };
    if run.found.commit.is_none() {
        return Ok(None);
    }
    let number = run.found.pull.as_ref().and_then(|pull| pull.number);
    let thread = number.map_or_else(|| Thread::PullOf(branch.to_owned()), Thread::Pull);
    let state = markers::State { branch: Some(branch.to_owned()), pr: number, ..markers::State::default() };
    // While the pull request has no number the comment is about its issue; the file in the outbox tells the two apart.
    let marker =
        markers::marker("environment", &run.repo(), &run.found.project, number.unwrap_or(run.about.number()), &state);
    let of = Environment {
        marker: marker.clone(),
        deployed: false,
        slot: slot.slot,
        env: run.env.clone(),
        namespace: None,
        host: None,
        links: stack
            .stack
            .codex
            .links
            .iter()
            .map(|link| EnvironmentLink { title: link.title.clone(), path: link.path.clone() })
            .collect(),
        unready: None,
        issue: run.about.issue_number().unwrap_or_else(|| run.about.number()),
        again: again(run),
        pull: pull_ref(run).unwrap_or(PullRef { number, draft: true, branch: branch.to_owned() }),
        run_url: run.identity.run_url.clone(),
        review_starts_run: run.review_starts_run(),
    };
    let body = environment(&of, run.lang()).map_err(Stop::failed)?;
    Ok(Some(OwnComment { thread, kind: "environment".to_owned(), marker, body }))
}

/// The commit that people see: after a merge the merge.
pub(super) fn commit(run: &Run) -> Option<&str> {
    match run.found.pushed.as_ref()? {
        Pushed::Done { commit, .. }
        | Pushed::AlreadyThere { commit }
        | Pushed::Merged { commit, .. }
        | Pushed::Conflict { commit, .. } => Some(commit),
    }
}
