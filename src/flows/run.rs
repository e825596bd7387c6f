//! One run: what it was asked, with which hands it works, and what its steps have found out so far.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};

use super::about::About;
use super::cancel::Cancel;
use super::choices::Choices;
use super::identity::Identity;
use super::options::Options;
use super::steps::Row;
use super::task::Prompts;
use super::trail::Trail;
use super::upkeep::Removal;
use super::workplace::Workplace;
use crate::agent::place::{AgentEnd, Place};
use crate::agent::verdict::{Outcome, Verdict};
use crate::clock::Clock;
use crate::event::{Event, Issue, Pull};
use crate::github::dry::Plan;
use crate::github::installation::Installation;
use crate::github::{GitHub, PlacedPull};
use crate::policy::gates::GateAnswer;
use crate::policy::limits::Verdict as Allowed;
use crate::policy::triggers::{Flow, Kind};
use crate::publish::{Collected, Heads, PlacedTree, Pushed, SavedWork, Sources};
use crate::report::Lang;
use crate::report::comments::{Kept, ListedIssue};
use crate::secrets::Redactor;
use crate::settings::Settings;
use crate::slots::{Lane, Record, Store};
use crate::stack::Loaded;
use crate::ui::{Level, Note, Ui};

/// The folder of a slot's plan.
pub(super) const PLAN_FOLDER: &str = "plan";

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
    /// The GitHub App that it works as, where it is one.
    pub app: Option<Installation>,
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
    /// No event: somebody gave the command at this machine.
    pub by_hand: bool,
    /// What is done about it.
    pub flow: Flow,
    /// The environment.
    pub env: String,
    /// The prompt.
    pub kind: Option<Kind>,
    /// The issue and the pull request that were asked for.
    pub asked_for: (Option<u64>, Option<u64>),
    /// What it works for, and where people asked.
    pub about: About,
    /// Asks the run to end.
    pub cancel: Cancel,
    /// When it began.
    pub began: Instant,
    /// What stays of it if it is killed, where somebody will look for that.
    pub trail: Option<Arc<Trail>>,
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
    /// The branch that the trusted commit is the head of.
    pub trusted_branch: Option<String>,
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
    /// When the run before was published, where it was: what people wrote since is new.
    pub(super) published_at: Option<DateTime<Utc>>,
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
    /// The review threads that it was told of, by GitHub's ids.
    pub threads: Vec<String>,
    /// What came of it.
    pub verdict: Option<Verdict>,
    /// Whether something that looks like a secret keeps the work from leaving.
    pub(super) secret: bool,
    /// When the work was done, where no agent of this run did it.
    pub(super) worked_at: Option<DateTime<Utc>>,
    /// What changed.
    pub collected: Option<Collected>,
    /// What the publish policy says of it.
    pub allowed: Option<Allowed>,
    /// The protected files that the pull request changes, with those of earlier runs.
    pub protected: Vec<String>,
    /// The commit.
    pub commit: Option<String>,
    /// What the push did.
    pub pushed: Option<Pushed>,
    /// Whether the branch holds work without a pull request: a run before failed behind its push.
    pub unopened: bool,
    /// The pull request.
    pub pull: Option<PlacedPull>,
    /// The pull request that was open on the branch when the work began.
    pub open_pull: Option<u64>,
    /// The trigger label that GitHub did not let us take off.
    pub label_stays: Option<String>,
    /// What of its result is not carried out, a line each.
    pub left: Vec<String>,
    /// Whether the agent was started: there may be work of it, also where nobody knows how it ended.
    pub agent_began: bool,
    /// Where unpublished work is.
    pub kept: Option<Kept>,
    /// Whether people have to be told of the end, although they have seen nothing of the beginning.
    pub told_early: bool,
    /// Whether unpublished work is in the slot and nowhere else.
    pub unsaved: bool,
    /// Whether the change itself may not be published: no other run goes on with it.
    pub refused: bool,
    /// Whether that is how the run before ended, where nothing was saved since.
    pub refused_before: bool,
    /// The issue that people asked on, where the work belongs to the root of its plan.
    pub focus: Option<Issue>,
    /// Whether a run before was cut before its agent's result was published.
    pub interrupted: bool,
    /// The plan as it stands on GitHub.
    pub planned: Option<Planned>,
    /// The slot that goes at the end of this run.
    pub doomed: Option<Record>,
    /// The slots that this run destroys.
    pub removal: Removal,
    /// Where the progress comment stands.
    pub(super) progress: super::progress::State,
}

/// A plan that was published, as texts name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planned {
    /// The page of its comment, or the outbox file; none where it has no comment.
    pub url: Option<String>,
    /// Whether this run wrote it.
    pub written: bool,
    /// Its issues, as far as codexctl made them, with their pages or files of the outbox.
    pub issues: Vec<(ListedIssue, String)>,
    /// How many comments got their answer.
    pub replies: usize,
}

impl Run {
    /// The language of prompts and comments.
    pub fn lang(&self) -> Lang {
        super::prompt::lang(self.options.lang, self.found.stack.as_ref())
    }

    /// Which prompt the agent of this flow gets.
    pub fn prompt_kind(&self) -> Kind {
        // A flow without an agent asks for none; the flow's own kind is what `--flow` decides.
        self.kind.or(self.flow.kind()).unwrap_or(Kind::DevIssue)
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

    /// The pull request whose review this run works on; none in other flows.
    pub fn reviewed(&self) -> Option<&Pull> {
        self.about.pull.as_ref().filter(|_| matches!(self.flow, Flow::Review | Flow::RepairReview))
    }

    /// The branch that the work goes into in the end: the default branch, or that of the reviewed pull request.
    pub fn base_branch(&self) -> String {
        self.reviewed().map_or_else(|| self.default_branch(), |pull| pull.base_branch.clone())
    }

    /// Whether a review that requests changes starts a run for the pull request of this one. What stands in the outbox has none yet
    /// that could be reviewed.
    pub fn review_starts_run(&self) -> bool {
        let flow = match self.flow {
            Flow::Repair | Flow::RepairReview => Flow::RepairReview,
            _ => Flow::Review,
        };
        super::steps(flow).is_some() && (self.hands.has_token || self.reviewed().is_some())
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

    /// Which of the slot's two kinds of work this run does.
    pub fn lane(&self) -> Lane {
        match self.prompt_kind() {
            Kind::PlanIssue | Kind::PlanReview => Lane::Plan,
            Kind::DevIssue | Kind::DevReview | Kind::AiRepairIssue | Kind::AiRepairReview => Lane::Work,
        }
    }

    /// The folder in which the agent of this run works: a plan has one of its own, so that unfinished work on the issue stays as it is.
    pub fn work_folder(&self) -> PathBuf {
        match self.lane() {
            Lane::Work => self.slot_folder(),
            Lane::Plan => self.slot_folder().join(PLAN_FOLDER),
        }
    }

    /// The agent's thread, where there is one.
    pub fn session(&self) -> Option<&str> {
        self.found.slot.as_ref().and_then(|slot| slot.session_of(self.lane()))
    }

    /// The date of the run's commit: when the agent ended.
    pub fn date(&self) -> DateTime<Utc> {
        self.found
            .worked_at
            .or_else(|| super::kept::date(&self.work_folder()))
            .unwrap_or_else(|| self.hands.clock.now())
    }

    /// Whether the slot is not another run's by now. Before there is a lease there is nothing to lose.
    pub(super) async fn is_ours(&self) -> bool {
        match &self.found.lease {
            Some(held) => held.check().await.is_ok(),
            None => true,
        }
    }

    /// Whether this machine goes with the job: what only it holds is lost then.
    /// Source: GitHub's default variables; other runners say `self-hosted`.
    pub fn machine_goes(&self) -> bool {
        self.settings.variable("RUNNER_ENVIRONMENT") == Some("github-hosted")
    }

    /// Whether there is something to commit, push and open; a dry run goes on as if there were.
    pub fn publishes(&self) -> bool {
        self.found.verdict.as_ref().is_none_or(|verdict| verdict.outcome == Outcome::Done)
    }

    /// Notes how far it is, for whoever comes after a kill.
    pub(super) fn note(&self) {
        if let Some(trail) = &self.trail {
            trail.follow(self);
        }
    }

    /// Says something to whoever reads the log.
    pub fn say(&self, level: Level, text: impl Into<String>) {
        self.hands.ui.note(&Note::new(level, text));
    }
}
