//! What codexctl writes on GitHub for people: the comment that follows a run, the one about the environment, the text of a pull
//! request. Typed facts become Markdown; everything that others wrote is escaped, quoted or defused on the way.

mod applied;
mod asides;
mod environment;
mod gone;
mod left;
mod plan;
mod progress;
mod protected;
mod pull;
mod thread;

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::untrusted;
use super::words::{as_millis, as_millis_option};
use crate::agent::verdict::Outcome;

pub use applied::{Applied, applied};
pub(super) use asides::View as AsidesView;
pub use asides::{Asides, LeftOut};
pub use environment::{Environment, EnvironmentLink, environment};
pub use gone::{Because, Gone, gone};
pub use left::left;
pub use plan::{CommentReply, ListedIssue, PlanComment, comment_reply, plan, plan_in, plan_issue};
pub use progress::{Progress, progress};
pub use protected::{Protected, protected};
pub use pull::{PullBody, pull};
pub use thread::thread_answer;

/// The most characters of one text of the agent in a comment. Two of them, questions and steps fit into
/// [`crate::policy::texts::BODY_LIMIT`] even where every character of theirs needs escaping.
const LONGEST_TEXT: usize = 10_000;

/// How a run ended: the agent's verdict, or the one end that isn't the agent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The run went through; this is its word.
    Verdict(Outcome),
    /// The run was stopped from outside: a cancelled workflow, Ctrl-C.
    Interrupted,
}

impl From<Outcome> for Ending {
    fn from(outcome: Outcome) -> Self {
        Self::Verdict(outcome)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict(outcome) => outcome.fmt(out),
            Self::Interrupted => out.write_str("interrupted"),
        }
    }
}

impl Serialize for Ending {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// How people ask for such a run again, as the partial `again` words it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "text", rename_all = "lowercase")]
pub enum Again {
    /// By setting this label.
    Label(String),
    /// By a comment with this on a line of its own.
    Line(String),
    /// By a review that requests changes.
    Review,
}

/// The state of a step in a comment or summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// It has not begun.
    Waiting,
    /// It is going on.
    Running,
    /// It did its work.
    Done,
    /// There was nothing to do, or an earlier run had done it.
    Skipped,
    /// It failed.
    Failed,
}

/// A step of a flow, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// A short stable name. Known ones get a title in the reader's language: `gates acknowledge fetch slot sources images
    /// apply prompt agent collect check commit push pull comment label`, of a review `acknowledge_review issue notice threads`, of a comment `acknowledge_comment`.
    pub id: String,
    /// What stands there for a name that is not known.
    pub title: String,
    /// Its state.
    pub state: StepState,
    /// One short line, perhaps empty.
    pub detail: String,
    /// How long it took, once it ended.
    #[serde(serialize_with = "as_millis_option", rename = "ms")]
    pub took: Option<Duration>,
}

/// What the agent used, in this run alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Turns.
    pub turns: u64,
    /// Tokens that went in, those from the cache included.
    pub input_tokens: u64,
    /// Tokens that went in from the cache.
    pub cached_tokens: u64,
    /// Tokens that came out.
    pub output_tokens: u64,
    /// The model, where one was chosen.
    pub model: Option<String>,
}

/// A pull request as a text names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PullRef {
    /// Its number; none while it stands in the outbox.
    pub number: Option<u64>,
    /// Whether it is a draft.
    pub draft: bool,
    /// Its branch.
    pub branch: String,
}

/// A plan as a text names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanRef {
    /// The issue that is planned.
    pub root: u64,
    /// The page of the plan's comment; none where it has none, or only a file of the outbox.
    pub url: Option<String>,
    /// Whether this run wrote it.
    pub written: bool,
    /// How many comments got an answer.
    pub replies: usize,
}

/// Where unpublished work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "name", rename_all = "lowercase")]
pub enum Kept {
    /// On a branch, from which the next run goes on (`codex/issue-7-wip`).
    Branch(String),
    /// In a patch file of the outbox.
    Patch(String),
    /// On a branch of its own, because the work's branch moved and a merge has conflicts (`codex/issue-7-conflict`).
    Conflict(String),
    /// In the slot, from which the next run goes on.
    Slot(u32),
    /// In the slot and nowhere else, because it could not be saved.
    Alone(u32),
    /// In a patch on a runner that goes with its job.
    Runner(String),
    /// In a patch that stays on the machine, because it may not be published; the next run starts without it.
    Aside(String),
    /// Nowhere: the runner that it was on goes with its job.
    Gone,
}

/// What a run cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// What the agent used; none if it didn't start.
    pub usage: Option<Usage>,
    /// How long the whole run took.
    #[serde(serialize_with = "as_millis", rename = "ms")]
    pub took: Duration,
}

/// Questions of the agent as items of a list. An item goes on in lines that are indented.
fn numbered(questions: &[String], issue: u64, note: &str) -> Vec<String> {
    questions
        .iter()
        .take(10)
        .map(|question| untrusted::markdown(question, Some(issue), 600, note))
        .filter(|question| !question.is_empty())
        .enumerate()
        .map(|(at, question)| format!("{}. {}", at + 1, question.replace('\n', "\n   ").replace("\n   \n", "\n\n")))
        .collect()
}

/// What stands at the end of a text that was cut.
pub(super) fn cut_note(lang: super::Lang, run_url: Option<&str>) -> String {
    match (lang, run_url) {
        (super::Lang::En, Some(url)) => {
            format!("_Cut here: the text is too long for GitHub. [The run has it whole]({url})._")
        }
        (super::Lang::En, None) => "_Cut here: the text is too long for GitHub._".to_owned(),
        (super::Lang::Ru, Some(url)) => {
            format!("_Текст обрезан: он слишком длинный для GitHub. [Полностью — в журнале запуска]({url})._")
        }
        (super::Lang::Ru, None) => "_Текст обрезан: он слишком длинный для GitHub._".to_owned(),
    }
}
