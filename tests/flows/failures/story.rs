//! The runs that something goes wrong in, as they would go if nothing did.

use std::collections::BTreeMap;

use codexctl_action::policy::triggers::Flow;
use serde_json::Value;

use crate::command::Ran;
use crate::plan::plan;
use crate::review::scene::{BRANCH, answered, worked_in};
use crate::scene::{REPO, Scene, TOKEN, git};
use crate::script::{discount, done, run};

/// A run of a flow, and what was there before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Story {
    Dev,
    /// The first agent writes codexctl's token into a file.
    DevLeaks,
    Plan,
    PlanReview,
    Review,
    /// The agent changes a protected file.
    ReviewProtected,
    /// The pull request was merged.
    Cleanup,
    /// The issue was closed over unfinished work.
    CleanupUnfinished,
    /// The pull request was closed.
    Gc,
    /// Unfinished work that nobody touched for long.
    GcUnfinished,
}

impl Story {
    pub(super) const ALL: [Self; 10] = [
        Self::Dev,
        Self::DevLeaks,
        Self::Plan,
        Self::PlanReview,
        Self::Review,
        Self::ReviewProtected,
        Self::Cleanup,
        Self::CleanupUnfinished,
        Self::Gc,
        Self::GcUnfinished,
    ];

    pub(super) fn flow(self) -> Flow {
        match self {
            Self::Dev | Self::DevLeaks => Flow::Dev,
            Self::Plan => Flow::Plan,
            Self::PlanReview => Flow::PlanReview,
            Self::Review | Self::ReviewProtected => Flow::Review,
            Self::Cleanup | Self::CleanupUnfinished => Flow::Cleanup,
            Self::Gc | Self::GcUnfinished => Flow::Gc,
        }
    }

    /// The story whose end this one must come to.
    pub(super) fn undisturbed(self) -> Self {
        match self {
            Self::DevLeaks => Self::Dev,
            other => other,
        }
    }

    /// Everything up to the run.
    pub(super) fn scene(self) -> Scene {
        match self {
            Self::Dev => Scene::new(discount()).on_github(),
            Self::DevLeaks => {
                let leak = format!("echo '// {TOKEN}' >> services/checkout/cart.js");
                let turns = [vec![run(&leak), done()], discount()].concat();
                Scene::new(turns).on_github()
            }
            Self::Plan => Scene::new(plan()).asked_by("plan").on_github(),
            Self::PlanReview => crate::plan_review::again_and_again(),
            Self::Review => Scene::with_review(worked_in()),
            Self::ReviewProtected => {
                let turn = run("mkdir -p .github && echo 'on: push' > .github/ci.yml");
                Scene::with_review(vec![turn, answered()])
            }
            Self::Cleanup => {
                let scene = Self::after_dev();
                scene.pull_is_closed(true);
                scene
            }
            Self::Gc => {
                let scene = Self::after_dev();
                scene.issue_is_closed();
                scene.pull_is_closed(false);
                scene
            }
            Self::CleanupUnfinished => {
                let scene = Self::after_a_kill();
                scene.issue_is_closed();
                scene
            }
            Self::GcUnfinished => {
                let scene = Self::after_a_kill();
                scene.change_record(1, |record| {
                    record["updatedAt"] = "2026-01-05T08:00:00Z".into();
                    record["lease"] = Value::Null;
                });
                scene
            }
        }
    }

    fn after_dev() -> Scene {
        let scene = Self::Dev.scene();
        let ran = scene.run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        scene
    }

    fn after_a_kill() -> Scene {
        let scene = Self::Dev.scene();
        let arguments = scene.arguments();
        scene.dies_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), "after agent");
        scene
    }

    /// The run.
    pub(super) fn run(self, scene: &Scene) -> Ran {
        match self {
            Self::Cleanup => scene.run_event("cleanup-pr.json"),
            Self::CleanupUnfinished => scene.run_event("cleanup-issue.json"),
            Self::Gc | Self::GcUnfinished => {
                let call = scene.command(&["run", "--event", "events/schedule.json", "--event-name", "schedule"]);
                call.env("GITHUB_REPOSITORY", REPO).run()
            }
            _ => scene.run(),
        }
    }

    /// The issue that has the trigger label, and the label.
    fn label(self) -> Option<(u64, &'static str)> {
        match self.flow() {
            Flow::Dev => Some((7, "[ai-dev]")),
            Flow::Plan => Some((3, "[ai-plan]")),
            _ => None,
        }
    }

    /// What a user sees of it now.
    pub(super) fn seen(self, scene: &Scene) -> Seen {
        let state = scene.stand.as_ref().unwrap().state();
        let repo = &state.repos[REPO];
        let mut comments: Vec<String> = Vec::new();
        for comment in repo.comments.values().filter(|comment| comment.author == "codex-bot") {
            let headline = comment.body.lines().find_map(|line| line.strip_prefix("### "));
            comments.extend(headline.map(|headline| format!("#{} {headline}", comment.issue)));
        }
        let mut open = BTreeMap::new();
        for (number, issue) in &repo.issues {
            let kind = if issue.pull.is_some() { "pull request" } else { "issue" };
            open.insert(*number, (kind, !issue.closed));
        }
        let label = self.label().map(|(number, label)| repo.issues[&number].labels.iter().any(|has| has == label));
        let replies = repo.issues.values().flat_map(|issue| &issue.pull).flat_map(|pull| &pull.threads);
        let replies = replies.flat_map(|thread| &thread.comments).filter(|(author, _)| author == "codex-bot").count();
        drop(state);
        let origin = scene.path("origin.git");
        let mut branches = BTreeMap::new();
        for line in git(&origin, &["for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads"]).lines()
        {
            let (name, commit) = line.split_once(' ').unwrap();
            branches.insert(name.to_owned(), commit.to_owned());
        }
        Seen { comments, open, label, replies, branches, slot: self.slot(scene) }
    }

    /// How far slot 1 is by its record; none where there is none.
    fn slot(self, scene: &Scene) -> Option<String> {
        let text = std::fs::read_to_string(scene.record_file(1)).ok()?;
        let Ok(record) = serde_json::from_str::<Value>(&text) else { return Some("unreadable".to_owned()) };
        let lane = if matches!(self.flow(), Flow::Plan | Flow::PlanReview) { &record["plan"] } else { &record };
        Some(lane["phase"].as_str().unwrap_or("allocated").to_owned())
    }
}

/// What people see on GitHub and on the machine.
pub(super) struct Seen {
    /// Headlines of our comments.
    comments: Vec<String>,
    /// Kind, and whether it is open, by number.
    open: BTreeMap<u64, (&'static str, bool)>,
    /// Whether the trigger label is there.
    label: Option<bool>,
    /// Our answers in review threads.
    replies: usize,
    branches: BTreeMap<String, String>,
    slot: Option<String>,
}

impl Seen {
    /// What our comments say that they did not say before.
    pub(super) fn told(&self, before: &Self) -> Vec<String> {
        self.comments.iter().filter(|line| !before.comments.contains(line)).cloned().collect()
    }

    /// What else is other than before.
    pub(super) fn left(&self, before: &Self) -> Vec<String> {
        let mut left = Vec::new();
        if before.label == Some(true) {
            left.push(if self.label == Some(true) { "label stays" } else { "label off" }.to_owned());
        }
        for (number, (kind, open)) in &self.open {
            match before.open.get(number) {
                None => left.push(format!("{kind} #{number}")),
                Some((_, was)) if was != open => left.push(format!("{kind} #{number} closed")),
                Some(_) => {}
            }
        }
        if self.replies > before.replies {
            let count = self.replies - before.replies;
            left.push(format!("{count} answer{} in threads", if count == 1 { "" } else { "s" }));
        }
        for name in before.branches.keys().chain(self.branches.keys()).collect::<std::collections::BTreeSet<_>>() {
            match (before.branches.get(name), self.branches.get(name)) {
                (None, Some(_)) => left.push(format!("branch `{name}`")),
                (Some(_), None) => left.push(format!("`{name}` deleted")),
                (Some(was), Some(is)) if was != is => left.push(format!("`{name}` moved")),
                _ => {}
            }
        }
        left.push(match (&before.slot, &self.slot) {
            (None, None) => "no slot".to_owned(),
            (Some(_), None) => "slot gone".to_owned(),
            (_, Some(phase)) => format!("slot: {phase}"),
        });
        left
    }
}

/// The branch of the reviewed pull request.
pub(super) const REVIEWED: &str = BRANCH;
