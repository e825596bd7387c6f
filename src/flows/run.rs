//! One run: what it was asked, with which hands it works, and what its steps have found out so far.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};

use super::cancel::Cancel;
use super::choices::Choices;
use super::identity::Identity;
use super::options::Options;
use super::steps::Row;
use super::task::Prompts;
use super::workplace::Workplace;
use crate::agent::place::{AgentEnd, Place};
use crate::agent::verdict::{Outcome, Verdict};
use crate::clock::Clock;
use crate::event::{Event, Issue};
use crate::github::dry::Plan;
use crate::github::{GitHub, PlacedPull};
use crate::policy::gates::GateAnswer;
use crate::policy::limits::Verdict as Allowed;
use crate::policy::triggers::{Flow, Kind};
use crate::publish::{Collected, Heads, PlacedTree, Pushed, SavedWork, Sources};
use crate::report::Lang;
use crate::report::comments::Kept;
use crate::secrets::Redactor;
use crate::settings::Settings;
use crate::slots::{Record, Store};
use crate::stack::Loaded;
use crate::ui::{Level, Note, Ui};

/// Everything through which a run touches the world. A dry run has other hands and the same steps.
#[derive(Clone)]
pub struct Hands {
    /// How it speaks.
    pub ui: Arc<dyn Ui>,
    /// GitHub, the outbox, or neither.
    pub github: Arc<dyn GitHub>,
    /// Git.
    pub sources: Arc<dyn Sources>,
    /// Where the agent works.
    pub place: Arc<dyn Place>,
    /// Makes the store of slot records in a folder.
    pub store: Arc<dyn Fn(PathBuf) -> Arc<dyn Store> + Send + Sync>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Hides secrets.
    pub redactor: Redactor,
    /// What would be written, where nothing is.
    pub plan: Plan,
    /// Whether there is a GitHub token: without one the person at this machine is the actor.
    pub has_token: bool,
}

/// A run on its way.
pub struct Run {
    /// Its hands.
    pub hands: Hands,
    /// What was said on the command line and in variables; the stack's variables are merged in once it is loaded.
    pub settings: Settings,
    /// The same, typed.
    pub options: Options,
    /// Which run this is.
    pub identity: Identity,
    /// Folders of this run.
    pub workplace: Workplace,
    /// What happened.
    pub event: Event,
    /// What is done about it.
    pub flow: Flow,
    /// The environment.
    pub env: String,
    /// The prompt.
    pub kind: Option<Kind>,
    /// The issue as the event carries it.
    pub issue: Issue,
    /// Set in a dry run that could ask nobody for the issue: what it would ask. The issue's texts are placeholders then.
    pub unread: Option<String>,
    /// Asks the run to end.
    pub cancel: Cancel,
    /// When it began.
    pub began: Instant,
    /// The steps so far.
    pub rows: Vec<Row>,
    /// What they have found out and done.
    pub found: Found,
}

/// What the steps of a run have found out and done so far.
#[derive(Default)]
pub struct Found {
    /// The gates' answers.
    pub gates: Vec<GateAnswer>,
    /// The remote's branches.
    pub heads: Option<Heads>,
    /// The tree of the trusted commit: instructions are read from here.
    pub trusted: Option<PathBuf>,
    /// The project's name.
    pub project: String,
    /// services.yaml, for this environment and slot.
    pub stack: Option<Loaded>,
    /// The slot records.
    pub store: Option<Arc<dyn Store>>,
    /// The slot.
    pub slot: Option<Record>,
    /// Whether this run made it.
    pub slot_is_new: bool,
    /// Keeps the lease alive while the run lasts.
    pub(super) lease: Option<super::lease::Held>,
    /// The agent's tree.
    pub tree: Option<PlacedTree>,
    /// Work of an earlier run that was put into the tree.
    pub resumed_work: Option<SavedWork>,
    /// Model and effort.
    pub(super) choices: Choices,
    /// The agent's prompts.
    pub(super) prompts: Option<Prompts>,
    /// The agent's command, word by word.
    pub command: Vec<String>,
    /// How the agent ended.
    pub agent: Option<AgentEnd>,
    /// What came of it.
    pub verdict: Option<Verdict>,
    /// What changed.
    pub collected: Option<Collected>,
    /// What the publish policy says of it.
    pub allowed: Option<Allowed>,
    /// The commit.
    pub commit: Option<String>,
    /// What the push did.
    pub pushed: Option<Pushed>,
    /// The pull request.
    pub pull: Option<PlacedPull>,
    /// Where unpublished work is.
    pub kept: Option<Kept>,
    /// Whether unpublished work is in the slot and nowhere else.
    pub unsaved: bool,
    /// The slot that goes at the end of this run.
    pub doomed: Option<Record>,
    /// Where the progress comment stands.
    pub(super) progress: super::progress::State,
}

impl Run {
    /// The language of prompts and comments.
    pub fn lang(&self) -> Lang {
        super::prompt::lang(self.options.lang, self.found.stack.as_ref())
    }

    /// `owner/name`.
    pub fn repo(&self) -> String {
        self.identity.repository.full_name()
    }

    /// The default branch: the remote's word, else the event's.
    pub fn default_branch(&self) -> String {
        let of_event = || self.event.repository.as_ref().and_then(|repository| repository.default_branch.clone());
        self.found
            .heads
            .as_ref()
            .map(|heads| heads.default.clone())
            .or_else(of_event)
            .unwrap_or_else(|| "main".to_owned())
    }

    /// The branch that the work goes to, once it is chosen.
    pub fn branch(&self) -> Option<&str> {
        self.found.slot.as_ref().and_then(|slot| slot.branch.as_deref())
    }

    /// The folder of the slot's work on this machine.
    pub fn slot_folder(&self) -> PathBuf {
        self.workplace.slot(&self.env, self.found.slot.as_ref().map_or(0, |slot| slot.slot))
    }

    /// The name of codexctl's own clone for the slot.
    pub fn clone_name(&self) -> String {
        format!("{}-{}", self.env, self.found.slot.as_ref().map_or(0, |slot| slot.slot))
    }

    /// The date of the run's commit: when the agent ended.
    pub fn date(&self) -> DateTime<Utc> {
        super::kept::date(&self.slot_folder()).unwrap_or_else(|| self.hands.clock.now())
    }

    /// Whether the slot is not another run's by now. Before there is a lease there is nothing to lose.
    pub(super) async fn is_ours(&self) -> bool {
        match &self.found.lease {
            Some(held) => held.check().await.is_ok(),
            None => true,
        }
    }

    /// Whether there is something to commit, push and open; a dry run goes on as if there were.
    pub fn publishes(&self) -> bool {
        self.found.verdict.as_ref().is_none_or(|verdict| verdict.outcome == Outcome::Done)
    }

    /// Says something to whoever reads the log.
    pub fn say(&self, level: Level, text: impl Into<String>) {
        self.hands.ui.note(&Note::new(level, text));
    }
}
