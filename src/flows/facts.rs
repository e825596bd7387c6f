//! Fetches what the gates look at; they themselves ask nobody.

use super::run::Run;
use super::stop::Stop;
use crate::answer::Answer;
use crate::event::Account;
use crate::policy::gates::{self, Facts, Gate, IssueFacts, PullFacts};
use crate::policy::triggers::Flow;

/// What is known about duplicates, once the slot records can be read.
pub(super) struct Earlier {
    /// Whether this delivery has been handled before.
    pub handled: Answer<bool>,
    /// Who runs the same flow for the same issue right now.
    pub running: Answer<Option<String>>,
}

impl Default for Earlier {
    fn default() -> Self {
        let would = "would look into the slot records";
        Self { handled: Answer::Unknown(would.to_owned()), running: Answer::Unknown(would.to_owned()) }
    }
}

/// Fetches the facts. Questions whose answer can't change a gate are not asked.
///
/// # Errors
/// GitHub does not answer.
pub(super) async fn gather(run: &Run, earlier: Earlier) -> Result<Facts, Stop> {
    let allowed = run.options.allowed_users.clone();
    let github = run.hands.github.as_ref();
    // Who closes something may clean up after it, and the clock may: GitHub would be asked for nothing.
    let of_no_matter = run.flow == Flow::Cleanup || matches!(run.event.name.as_str(), "push" | "schedule");
    let viewer: Answer<Account> = match run.hands.has_token && !of_no_matter {
        true => github.viewer().await.map_err(Stop::failed)?,
        false => unknown("would ask GitHub whose token this is"),
    };
    let sender = match run.by_hand {
        true => viewer.known().cloned(),
        false => run.event.sender.clone(),
    };
    let named =
        sender.as_ref().is_some_and(|sender| allowed.iter().any(|login| login.eq_ignore_ascii_case(&sender.login)));
    let permission = match &sender {
        _ if of_no_matter => unknown("no need to ask GitHub what the sender may do"),
        Some(sender) if run.hands.has_token && allowed.is_empty() => {
            github.permission(&sender.login).await.map_err(Stop::failed)?
        }
        Some(sender) => Answer::Unknown(format!("would ask GitHub what {} may do", sender.login)),
        None => unknown("would ask GitHub what the sender may do"),
    };
    let is_bot = match &sender {
        _ if of_no_matter => unknown("no need to ask GitHub whether the sender is a bot"),
        // Only a bot that is named exactly can pass, so nobody else has to be asked about.
        Some(sender) if run.hands.has_token && named && sender.bot => {
            github.is_bot(&sender.login).await.map_err(Stop::failed)?
        }
        Some(sender) => Answer::Known(sender.bot),
        None => unknown("would ask GitHub whether the sender is a bot"),
    };
    let of_event = |open: bool| run.about.unread.as_ref().map_or(Answer::Known(open), |would| unknown(would));
    Ok(Facts {
        event: run.event.name.clone(),
        repository: run.repo(),
        sender,
        allowed,
        token: run.hands.has_token,
        local_user: local_user(run),
        by_hand: run.by_hand,
        permission,
        viewer,
        is_bot,
        issue: run.about.issue.as_ref().map(|issue| IssueFacts { number: issue.number, open: of_event(issue.open) }),
        pull: run.about.pull.as_ref().map(|pull| PullFacts {
            number: pull.number,
            open: of_event(pull.open),
            head_repository: match &run.about.unread {
                Some(would) => unknown(would),
                None => Answer::Known(pull.head_repository.clone()),
            },
        }),
        delivery: run.identity.delivery.clone(),
        handled: earlier.handled,
        running: earlier.running,
    })
}

fn unknown<T>(would: &str) -> Answer<T> {
    Answer::Unknown(would.to_owned())
}

/// Whoever sits at this machine; in a workflow nobody does, and a forgotten token must not let everybody in.
fn local_user(run: &Run) -> Option<String> {
    if run.settings.in_github_actions() {
        return None;
    }
    let name = run.settings.variable("USER").or(run.settings.variable("LOGNAME"));
    Some(name.unwrap_or("whoever sits").to_owned())
}

/// Brings what the run is about to its present state: since the event the issue or the pull request may have been closed, or a branch
/// moved. The task itself stays as the event told it (spec 4.2).
///
/// # Errors
/// GitHub does not answer.
pub(super) async fn look_again(run: &mut Run) -> Result<(), Stop> {
    if let Some(open) = is_open(run).await?
        && let Some(issue) = &mut run.about.issue
    {
        issue.open = open;
    }
    let Some(number) = run.reviewed().map(|pull| pull.number).filter(|_| run.hands.has_token) else { return Ok(()) };
    if let Answer::Known(pull) = run.hands.github.pull(number).await.map_err(Stop::failed)? {
        run.about.pull = Some(pull);
    }
    Ok(())
}

/// Whether the issue that people asked on is open by now; none where that is no matter or nobody can tell.
async fn is_open(run: &Run) -> Result<Option<bool>, Stop> {
    let asked_on = run.found.focus.as_ref().or(run.about.issue.as_ref()).map(|issue| issue.number);
    let matters = matches!(run.flow, Flow::Plan | Flow::PlanReview | Flow::Dev | Flow::Repair);
    let Some(number) = asked_on.filter(|_| matters && run.hands.has_token) else { return Ok(None) };
    let issue = run.hands.github.issue(number).await.map_err(Stop::failed)?;
    Ok(issue.into_known().map(|issue| issue.open))
}

/// Whether the actor may still write, and what was asked for is still wanted: the issue, or the reviewed pull request, is open. Asked
/// again before anything is published (spec 4.2).
///
/// # Errors
/// The actor may not any more, somebody closed what the run is about, or GitHub does not answer.
pub(super) async fn still_allowed(run: &mut Run) -> Result<(), Stop> {
    if is_open(run).await? == Some(false) {
        let number = run.found.focus.as_ref().or(run.about.issue.as_ref()).map_or(0, |issue| issue.number);
        let why = format!("issue #{number} is closed, which was open when the run began");
        return Err(Stop::Gate { gate: Gate::State, why });
    }
    if run.reviewed().is_some() {
        look_again(run).await?;
    }
    let facts = gather(run, Earlier::default()).await?;
    let answers = gates::judge(run.flow, &facts);
    match gates::first_stop(&answers) {
        Some((gate @ Gate::Actor, why)) => Err(Stop::Gate { gate, why: why.to_owned() }),
        Some((gate @ (Gate::State | Gate::Fork), why)) if run.reviewed().is_some() => {
            Err(Stop::Gate { gate, why: format!("{why}, which was open when the agent began") })
        }
        _ => Ok(()),
    }
}
