//! How a run went, as a pure decision: exit code, events, result and diff together. The exit code alone proves nothing (spec 7.4).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::events::Totals;
use super::result::{AgentResult, Shape, Status};

/// How the agent's process came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// By itself, with this exit code; none where a signal from outside ended it.
    Exited(Option<i32>),
    /// `codex.timeouts.exec` was over.
    TimedOut,
    /// The next request would have gone over `codex.budget`.
    OverBudget,
    /// Somebody ended the run (Ctrl-C, a cancelled workflow).
    Cancelled,
    /// It never started; the text says why.
    Unavailable(String),
}

/// The word for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The work is there.
    Done,
    /// The agent ended well and changed nothing.
    NoChange,
    /// The agent needs an answer first.
    Blocked,
    /// The run failed.
    Failed,
    /// No command of the agent could be started.
    SandboxBroken,
    /// The time was over.
    TimedOut,
    /// The token budget was used up.
    OverBudget,
    /// The agent could not be started.
    Unavailable,
    /// The publish policy refused what came out.
    Refused,
}

impl Outcome {
    /// codexctl's exit code (spec 7.4). `infra_unhealthy`: the run was told that its environment is not well, so that an agent that
    /// could not start is nobody's surprise.
    pub fn exit_code(self, infra_unhealthy: bool) -> u8 {
        match self {
            Self::Done | Self::NoChange | Self::Blocked => 0,
            Self::TimedOut => 4,
            Self::Unavailable if infra_unhealthy => 0,
            Self::Failed | Self::SandboxBroken | Self::OverBudget | Self::Unavailable | Self::Refused => 1,
        }
    }

    /// Whether the agent came to an end that it chose itself.
    pub fn succeeded(self) -> bool {
        matches!(self, Self::Done | Self::NoChange | Self::Blocked)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Done => "done",
            Self::NoChange => "no-change",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::SandboxBroken => "sandbox-broken",
            Self::TimedOut => "timed-out",
            Self::OverBudget => "over-budget",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
        })
    }
}

/// The word for a run, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The word.
    pub outcome: Outcome,
    /// Why, one short text; empty for `done`. Parts of it are the agent's or the provider's words.
    pub reason: String,
}

/// Everything that a verdict is made of.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What was asked for.
    pub shape: Shape,
    /// How the process ended.
    pub ended: &'a Ended,
    /// What the events come to.
    pub totals: &'a Totals,
    /// What the agent handed in, where it can be read.
    pub result: Option<&'a AgentResult>,
    /// Whether the tree differs from where the agent began.
    pub changed: bool,
    /// Why the publish policy refuses the work, where it does.
    pub refused: Option<&'a str>,
}

/// Decides how a run went.
pub fn decide(facts: &Facts<'_>) -> Verdict {
    let say = |outcome, reason: &str| Verdict { outcome, reason: reason.to_owned() };
    let totals = facts.totals;
    let last_error = totals.last_error.as_deref();

    match facts.ended {
        Ended::Unavailable(why) => return say(Outcome::Unavailable, why),
        Ended::TimedOut => return say(Outcome::TimedOut, "codex.timeouts.exec was over before the agent had ended"),
        Ended::OverBudget => {
            return say(Outcome::OverBudget, "the next request would have gone over codex.budget.tokens");
        }
        Ended::Cancelled => return say(Outcome::Failed, "the run was interrupted"),
        Ended::Exited(_) => {}
    }
    if totals.commands > 0 && totals.commands == totals.broken_commands && !facts.changed {
        let count = totals.commands;
        return say(
            Outcome::SandboxBroken,
            &format!("none of the agent's {count} commands could be started: Codex's sandbox does not work here"),
        );
    }
    if totals.turn_failed {
        return say(Outcome::Failed, last_error.unwrap_or("Codex says that the turn failed, without a reason"));
    }
    match facts.ended {
        Ended::Exited(Some(0)) => {}
        Ended::Exited(Some(code)) => {
            let why = last_error.map_or_else(
                || format!("Codex ended with exit code {code}"),
                |error| format!("Codex ended with exit code {code}: {error}"),
            );
            return say(Outcome::Failed, &why);
        }
        _ => return say(Outcome::Failed, last_error.unwrap_or("Codex was ended by a signal from outside")),
    }
    if !totals.turn_completed {
        return say(
            Outcome::Failed,
            last_error.unwrap_or("Codex ended with exit code 0 without having finished its turn"),
        );
    }

    if let Some(result) = facts.result.filter(|result| result.status == Status::Blocked) {
        return say(Outcome::Blocked, &result.summary);
    }
    if let Some(why) = facts.refused {
        return say(Outcome::Refused, why);
    }
    let words = facts.result.map_or(totals.last_message.as_deref(), |result| Some(result.summary.as_str()));
    let words = words.map(str::trim).filter(|text| !text.is_empty());
    let delivered = if facts.shape.changes_files() {
        facts.changed
    } else {
        facts.result.map_or(words.is_some(), |result| result.status == Status::Done)
    };
    match (delivered, words) {
        (true, _) => say(Outcome::Done, ""),
        (false, Some(words)) => say(Outcome::NoChange, words),
        (false, None) => say(Outcome::Failed, "Codex ended with exit code 0 without a change and without a word"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished() -> Totals {
        Totals { turn_completed: true, last_message: Some("I am done.".to_owned()), commands: 3, ..Totals::default() }
    }

    fn handed_in(status: Status) -> AgentResult {
        let text = format!(r#"{{"status":"{status}","summary":"The summary."}}"#);
        AgentResult::parse(&text).unwrap()
    }

    fn word(ended: &Ended, totals: &Totals, status: Option<Status>, changed: bool) -> String {
        let result = status.map(handed_in);
        let facts = Facts { shape: Shape::Work, ended, totals, result: result.as_ref(), changed, refused: None };
        let verdict = decide(&facts);
        format!("{}: {}", verdict.outcome, verdict.reason).trim_end_matches([':', ' ']).to_owned()
    }

    #[test]
    fn every_way_to_end_has_its_word() {
        let fine = Ended::Exited(Some(0));
        let failed_turn =
            Totals { turn_failed: true, last_error: Some("no such model".to_owned()), ..Totals::default() };
        let broken = Totals { commands: 2, broken_commands: 2, ..finished() };
        let partly = Totals { commands: 2, broken_commands: 1, ..finished() };
        let silent = Totals { turn_completed: true, ..Totals::default() };
        let words = [
            word(&fine, &finished(), Some(Status::Done), true),
            word(&fine, &finished(), None, true),
            word(&fine, &finished(), Some(Status::NothingToDo), true),
            word(&fine, &finished(), Some(Status::Done), false),
            word(&fine, &finished(), None, false),
            word(&fine, &finished(), Some(Status::Blocked), true),
            word(&fine, &silent, None, false),
            word(&fine, &Totals::default(), None, true),
            word(&Ended::Exited(Some(1)), &failed_turn, None, true),
            word(&fine, &failed_turn, Some(Status::Done), true),
            word(&Ended::Exited(Some(3)), &finished(), Some(Status::Done), true),
            word(&Ended::Exited(None), &Totals::default(), None, false),
            word(&fine, &broken, Some(Status::Done), false),
            word(&fine, &broken, Some(Status::Done), true),
            word(&fine, &partly, None, false),
            word(&Ended::TimedOut, &finished(), None, true),
            word(&Ended::OverBudget, &failed_turn, None, true),
            word(&Ended::Cancelled, &Totals::default(), None, true),
            word(&Ended::Unavailable("no codex here".to_owned()), &Totals::default(), None, false),
        ];
        insta::assert_snapshot!(words.join("\n"), @r"
        done
        done
        done
        no-change: The summary.
        no-change: I am done.
        blocked: The summary.
        failed: Codex ended with exit code 0 without a change and without a word
        failed: Codex ended with exit code 0 without having finished its turn
        failed: no such model
        failed: no such model
        failed: Codex ended with exit code 3
        failed: Codex was ended by a signal from outside
        sandbox-broken: none of the agent's 2 commands could be started: Codex's sandbox does not work here
        done
        no-change: I am done.
        timed-out: codex.timeouts.exec was over before the agent had ended
        over-budget: the next request would have gone over codex.budget.tokens
        failed: the run was interrupted
        unavailable: no codex here
        ");
    }

    #[test]
    fn work_without_files_is_done_when_something_is_handed_in() {
        let totals = finished();
        let result = handed_in(Status::Done);
        let facts = Facts {
            shape: Shape::Plan,
            ended: &Ended::Exited(Some(0)),
            totals: &totals,
            result: Some(&result),
            changed: false,
            refused: None,
        };
        assert_eq!(decide(&facts).outcome, Outcome::Done);
    }

    #[test]
    fn the_publish_policy_has_the_last_word_on_finished_work_only() {
        let totals = finished();
        let refused = |ended| {
            decide(&Facts {
                shape: Shape::Work,
                ended,
                totals: &totals,
                result: None,
                changed: true,
                refused: Some("too much"),
            })
        };
        assert_eq!(
            refused(&Ended::Exited(Some(0))),
            Verdict { outcome: Outcome::Refused, reason: "too much".to_owned() }
        );
        assert_eq!(refused(&Ended::TimedOut).outcome, Outcome::TimedOut);
    }

    #[test]
    fn exit_codes_are_those_of_the_contract() {
        use Outcome::{Blocked, Done, Failed, NoChange, OverBudget, Refused, SandboxBroken, TimedOut, Unavailable};
        let all = [Done, NoChange, Blocked, Failed, SandboxBroken, TimedOut, OverBudget, Unavailable, Refused];
        assert_eq!(all.map(|outcome| outcome.exit_code(false)), [0, 0, 0, 1, 1, 4, 1, 1, 1]);
        assert_eq!(all.map(|outcome| outcome.exit_code(true)), [0, 0, 0, 1, 1, 4, 1, 0, 1]);
    }
}
