//! The gates `state`, `fork` and `duplicate`.

use super::{Facts, Verdict};
use crate::answer::Answer;
use crate::policy::triggers::Flow;

pub(super) fn state(flow: Flow, facts: &Facts) -> Verdict {
    let (what, open) = match flow {
        Flow::Cleanup => return Verdict::not_asked("a cleanup is for what is closed"),
        Flow::Deploy | Flow::Gc => return Verdict::not_asked(format!("the flow {flow} is about no issue")),
        Flow::Review | Flow::RepairReview => match &facts.pull {
            Some(pull) => (format!("pull request #{}", pull.number), &pull.open),
            None => return Verdict::stop("the event names no pull request"),
        },
        Flow::Plan | Flow::PlanReview | Flow::Dev | Flow::Repair => match &facts.issue {
            Some(issue) => (format!("issue #{}", issue.number), &issue.open),
            None => return Verdict::stop("the event names no issue"),
        },
    };
    match open {
        Answer::Known(true) => Verdict::pass(format!("{what} is open")),
        Answer::Known(false) => Verdict::stop(format!("{what} is closed")),
        Answer::Unknown(would) => Verdict::unknown(would),
    }
}

pub(super) fn fork(facts: &Facts) -> Verdict {
    let Some(pull) = &facts.pull else { return Verdict::not_asked("no pull request is involved") };
    let number = pull.number;
    match &pull.head_repository {
        Answer::Known(Some(head)) if head.eq_ignore_ascii_case(&facts.repository) => {
            Verdict::pass(format!("the head of pull request #{number} is in {}", facts.repository))
        }
        Answer::Known(Some(head)) => Verdict::stop(format!(
            "pull request #{number} comes from {head}, and codexctl works only on branches of {}",
            facts.repository
        )),
        Answer::Known(None) => Verdict::stop(format!("pull request #{number} comes from a fork that is gone")),
        Answer::Unknown(would) => Verdict::unknown(would),
    }
}

pub(super) fn duplicate(flow: Flow, facts: &Facts) -> Verdict {
    match flow {
        Flow::Deploy | Flow::Gc => return Verdict::not_asked(format!("the flow {flow} works for no issue")),
        Flow::Cleanup => return Verdict::not_asked("a cleanup takes the slot from whoever works there"),
        _ => {}
    }
    let what = match (&facts.issue, &facts.pull) {
        (Some(issue), _) => format!("issue #{}", issue.number),
        (None, Some(pull)) => format!("pull request #{}", pull.number),
        (None, None) => "the same".to_owned(),
    };
    match (&facts.handled, &facts.running) {
        (Answer::Known(true), _) => Verdict::stop(format!(
            "this delivery ({}) has been handled: {} to start anew",
            facts.delivery,
            match flow {
                Flow::Review | Flow::RepairReview => "submit another review",
                Flow::PlanReview => "write another comment",
                _ => "set the label again",
            }
        )),
        (_, Answer::Known(Some(holder))) => Verdict::stop(format!("{flow} for {what} is running already ({holder})")),
        (Answer::Unknown(would), _) | (_, Answer::Unknown(would)) => Verdict::unknown(would),
        (Answer::Known(false), Answer::Known(None)) => Verdict::pass(format!("no other run does {flow} for {what}")),
    }
}
