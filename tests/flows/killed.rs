//! kill -9 at every place of a run, then the run again: the end is the same as that of a run that nobody disturbed.
//!
//! To die at an exact place this test program starts itself once more and calls the library, with a voice that kills its own process.

use std::ffi::OsString;
use std::fmt::Display;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use codexctl_action::secrets::Secret;
use codexctl_action::ui::{Note, StepEnd, Ui};
use regex::Regex;
use rustix::process::{Signal, getpid, kill_process};

use crate::model::Turn;
use crate::plan::plan;
use crate::scene::Scene;
use crate::script::{discount, run};

/// Where the started process dies.
const DIES_AT: &str = "FLOWS_DIES_AT";
/// Its arguments, one a line.
const ARGUMENTS: &str = "FLOWS_ARGUMENTS";

/// The steps of the flow `dev`.
const STEPS: [&str; 12] = [
    "gates",
    "acknowledge",
    "fetch",
    "slot",
    "sources",
    "prompt",
    "agent",
    "check",
    "commit",
    "push",
    "pull",
    "comment",
];

/// The steps of the flow `plan-review`, the longest one that plans.
const PLANNING: [&str; 14] = [
    "gates",
    "acknowledge",
    "fetch",
    "root",
    "slot",
    "sources",
    "prompt",
    "agent",
    "check",
    "plan",
    "answers",
    "comment",
    "when the agent starts",
    "when the agent ends",
];

/// A voice that ends its process at one place.
struct Mortal(String);

impl Mortal {
    fn at(&self, place: &str) {
        if self.0 == place {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
    }
}

impl Ui for Mortal {
    fn step_started(&self, title: &str) {
        self.at(&format!("before {title}"));
    }
    fn step_ended(&self, title: &str, _: StepEnd, _: &str, _: Duration) {
        self.at(&format!("after {title}"));
    }
    fn progress(&self, _: &str) {}
    fn agent_started(&self) {
        self.at("when the agent starts");
    }
    fn agent_line(&self, line: &str) {
        if line.trim_end() == format!("$ {PAUSE}") {
            self.at("in the middle of the agent's work");
        }
    }
    fn agent_ended(&self) {
        self.at("when the agent ends");
    }
    fn note(&self, _: &Note) {}
    fn mask(&self, _: &Secret) {}
}

impl Scene {
    /// A run that dies at this place.
    fn dies(&self, place: &str) -> ExitStatus {
        let arguments = self.arguments();
        self.dies_with(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), place)
    }

    /// Another command that dies at this place.
    pub(crate) fn dies_with(&self, arguments: &[&str], place: &str) -> ExitStatus {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::a_run_dies_where_it_is_told_to", "--quiet"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.variables())
            .env(DIES_AT, place)
            .env(ARGUMENTS, arguments.join("\n"))
            .current_dir(self.path("shop"))
            .output()
            .unwrap()
            .status
    }

    /// What must be the same, however often a run was killed. The summary tells of the run itself, and the lease of a process that
    /// is gone may be taken by anybody.
    pub(crate) fn end_state(&self) -> String {
        let _ = std::fs::remove_file(self.path("shop/.codexctl/outbox/summary.md"));
        let text = format!("{}\n{}", self.everything(), self.trees());
        // What an agent spent that died with its run, nobody knows.
        let spent = Regex::new(r"[\d,]+ tokens in \([\d,]+ cached\), [\d,]+ out").unwrap();
        let text = spent.replace_all(&text, "<tokens>");
        text.lines().filter(|line| !line.starts_with("  lease: ")).map(|line| format!("{line}\n")).collect()
    }
}

#[test]
fn a_run_dies_where_it_is_told_to() {
    if let (Ok(place), Ok(arguments)) = (std::env::var(DIES_AT), std::env::var(ARGUMENTS)) {
        // This is the process that dies.
        let arguments: Vec<_> = std::iter::once("codexctl").chain(arguments.lines()).map(OsString::from).collect();
        let outcome = codexctl_action::cli::run_with(&arguments, Arc::new(Mortal(place)));
        panic!("it lived on: {outcome:?}");
    }
    let scene = Scene::new(paused());
    assert_eq!(scene.dies("after fetch").signal(), Some(9));
    assert_eq!(scene.dies("nowhere").signal(), None);
}

/// Goes through places, several at once, each in a scene of its own; gives back what ended differently.
pub(crate) fn differences<P: Display + Sync>(
    places: &[P],
    scene: impl Fn() -> Scene + Sync,
    die: impl Fn(&Scene, &P) -> bool + Sync,
) -> Vec<String> {
    let undisturbed = {
        let scene = scene();
        let ran = scene.run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        scene.end_state()
    };
    let (next, different) = (Mutex::new(places.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some(place) = next.lock().unwrap().next() else { return };
                    let scene = scene();
                    let died = die(&scene, place);
                    let ran = scene.run();
                    let end = scene.end_state();
                    if !died || end != undisturbed {
                        let text = format!(
                            "### killed {place}: {died}, then exit {}\n{}\n{}",
                            ran.exit,
                            ran.stderr,
                            changes(&undisturbed, &end)
                        );
                        different.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    different.into_inner().unwrap()
}

/// Lines that only one of the two has.
pub(crate) fn changes(one: &str, other: &str) -> String {
    let only = |a: &str, b: &str, mark: &str| -> String {
        a.lines().filter(|line| !b.lines().any(|known| known == *line)).map(|line| format!("{mark} {line}\n")).collect()
    };
    only(one, other, "-") + &only(other, one, "+")
}

/// Kills a run once GitHub has had so many of its writes, before it hears of the last one.
pub(crate) fn killed_at_write(scene: &Scene, place: &usize) -> bool {
    let stand = scene.stand.as_ref().unwrap();
    let place = stand.writes().len() + *place;
    let victim = Arc::new(Mutex::new(None));
    let known = Arc::clone(&victim);
    stand.set(|state| {
        state.after_write = Some(Box::new(move |count| {
            if count == place {
                let pid = known.lock().unwrap().expect("writes come long after the start");
                kill_process(pid, Signal::KILL).unwrap();
            }
        }));
    });
    let running = scene.start();
    *victim.lock().unwrap() = Some(running.pid());
    let ran = running.end();
    stand.set(|state| state.after_write = None);
    // How often the comment is brought up to date meanwhile depends on the machine: a run may be through with less.
    ran.exit == -1 || stand.writes().len() < place
}

/// What the agent runs when its change is made: a death at this sight is one in the middle of its work, with the change in its tree.
pub(crate) const PAUSE: &str = "true";

fn paused() -> Vec<Turn> {
    let mut turns = discount();
    turns.insert(1, run(PAUSE));
    turns
}

pub(crate) fn killed_at(scene: &Scene, place: &str) -> bool {
    scene.dies(place).signal() == Some(9)
}

fn after_every_step() -> Vec<String> {
    let steps = STEPS.iter().map(|step| format!("after {step}"));
    // After the last step everything has been said: a second run is a duplicate and changes nothing.
    steps
        .chain(["when the agent starts", "in the middle of the agent's work", "when the agent ends"].map(str::to_owned))
        .collect()
}

#[test]
fn killed_after_any_step_a_run_with_an_outbox_ends_the_same_the_second_time() {
    let different = differences(&after_every_step(), || Scene::new(paused()), |scene, place| killed_at(scene, place));
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn killed_after_any_step_a_run_on_github_ends_the_same_the_second_time() {
    // Steps that write to GitHub have a story of their own below.
    let mut places = after_every_step();
    places.retain(|place| !["after acknowledge", "after pull", "after comment"].contains(&place.as_str()));
    let different = differences(&places, || Scene::new(paused()).on_github(), |scene, place| killed_at(scene, place));
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn killed_before_it_hears_of_any_write_to_github_a_run_ends_the_same_the_second_time() {
    let writes = {
        let scene = Scene::new(paused()).on_github();
        assert_eq!(scene.run().exit, 0);
        scene.stand.as_ref().unwrap().writes().len()
    };
    let places: Vec<usize> = (1..=writes).collect();
    let different = differences(&places, || Scene::new(paused()).on_github(), killed_at_write);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn a_plan_that_is_killed_before_it_hears_of_any_write_ends_the_same_the_second_time() {
    let scene = || Scene::new(plan()).asked_by("plan").on_github();
    let writes = {
        let scene = scene();
        assert_eq!(scene.run().exit, 0);
        scene.stand.as_ref().unwrap().writes().len()
    };
    let places: Vec<usize> = (1..=writes).collect();
    let different = differences(&places, scene, killed_at_write);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn a_plan_review_that_is_killed_after_any_step_ends_the_same_the_second_time() {
    let places = PLANNING.map(|step| if step.starts_with("when") { step.to_owned() } else { format!("after {step}") });
    let different = differences(&places, crate::plan_review::again_and_again, |scene, place| killed_at(scene, place));
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn a_plan_review_that_is_killed_before_it_hears_of_any_write_ends_the_same_the_second_time() {
    let writes = {
        let scene = crate::plan_review::again_and_again();
        let before = scene.stand.as_ref().unwrap().writes().len();
        assert_eq!(scene.run().exit, 0);
        scene.stand.as_ref().unwrap().writes().len() - before
    };
    let places: Vec<usize> = (1..=writes).collect();
    let different = differences(&places, crate::plan_review::again_and_again, killed_at_write);
    assert!(different.is_empty(), "{}", different.join("\n"));
}
