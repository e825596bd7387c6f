//! The table of failures: each step of each flow fails once as it would for a user. What is left, what is said, which exit code, and
//! where the same run ends once that is mended. The table stands in docs/architecture.md.

mod fault;
mod outage;
mod page;
mod rows;
mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use codexctl_action::flows;
use codexctl_action::policy::triggers::Flow;

use crate::command::Ran;
use crate::scene::Scene;
use rows::{Again, Fails, NOTHING_FAILS};
use story::Story;

/// What came of a failure, as the table shows it.
struct Outcome {
    exit: String,
    said: String,
    comments: Vec<String>,
    left: Vec<String>,
    /// What is not as it has to be.
    problems: Vec<String>,
}

impl Outcome {
    /// The story itself could not go on: what stopped it stands above.
    fn stopped(row: &Fails) -> Self {
        let problem = format!("### {:?} {}, {}: the story stopped", row.story, row.step, row.what);
        let (exit, said, comments, left) = <(String, String, Vec<String>, Vec<String>)>::default();
        Self { exit, said, comments, left, problems: vec![problem] }
    }
}

/// The ends of runs that nothing disturbed, each found out once.
type Ends = BTreeMap<Story, OnceLock<String>>;

#[test]
fn every_step_of_every_flow_has_a_row() {
    let mut rows: BTreeSet<(Flow, &str)> = rows::all().iter().map(|row| (row.story.flow(), row.step)).collect();
    rows.extend(NOTHING_FAILS.iter().map(|(story, step, _)| (story.flow(), *step)));
    let all = Flow::ALL.into_iter().filter_map(|flow| Some((flow, flows::steps(flow)?)));
    let steps: BTreeSet<(Flow, &str)> =
        all.flat_map(|(flow, steps)| steps.iter().map(|step| (flow, step.name())).collect::<Vec<_>>()).collect();
    assert_eq!(rows.difference(&steps).collect::<Vec<_>>(), Vec::<&(Flow, &str)>::new(), "rows of no step");
    assert_eq!(steps.difference(&rows).collect::<Vec<_>>(), Vec::<&(Flow, &str)>::new(), "steps without a row");
}

#[test]
fn whatever_step_fails_people_are_told_and_the_same_run_comes_to_its_end_afterwards() {
    let rows = rows::all();
    let ends: Ends = Story::ALL.map(|story| (story, OnceLock::new())).into();
    let outcomes = every(6, &rows, |row| fail(row, &ends));
    let problems: Vec<&str> = outcomes.iter().flat_map(|outcome| &outcome.problems).map(String::as_str).collect();
    let table = page::table(&rows, &outcomes);
    page::renew(&table);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    page::hold(&table);
}

/// Goes through the rows, several at once.
fn every(at_once: usize, rows: &[Fails], one: impl Fn(&Fails) -> Outcome + Sync) -> Vec<Outcome> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(row) = rows.get(at) else { return };
                    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(row)))
                        .unwrap_or_else(|_| Outcome::stopped(row));
                    done.lock().unwrap().insert(at, outcome);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

fn undisturbed(story: Story, ends: &Ends) -> &str {
    ends[&story].get_or_init(|| {
        let scene = story.scene();
        let ran = story.run(&scene);
        assert_eq!(ran.exit, 0, "{story:?} undisturbed: {}", ran.stderr);
        scene.end_state()
    })
}

/// The run fails, is mended, and done again.
fn fail(row: &Fails, ends: &Ends) -> Outcome {
    let story = row.story;
    let wanted = undisturbed(story.undisturbed(), ends);
    let scene = story.scene();
    let before = story.seen(&scene);
    let (scene, broken) = row.breaks.apply(scene);
    let ran = story.run(&scene);
    let scene = broken.mend(scene);
    let after = story.seen(&scene);
    let mut outcome = Outcome {
        exit: exit(&ran),
        said: said(&scene, &ran),
        comments: after.told(&before),
        left: after.left(&before),
        problems: Vec::new(),
    };
    let log = scene.log(&ran);
    let failed = log.lines().find_map(|line| line.strip_prefix("✗ ")?.split_whitespace().next());
    if failed.is_some_and(|failed| failed != row.step) || (failed.is_none() && !log.contains("warning: ")) {
        outcome.problems.push(format!("{story:?} {}, {}: it failed at {failed:?}\n{log}", row.step, row.what));
    }
    let ran = story.run(&scene);
    let end = scene.end_state();
    let (wanted_exit, same) = match row.again {
        Again::Same => (0, true),
        Again::Otherwise(exit, _) => (exit, false),
    };
    if ran.exit != wanted_exit || (end == wanted) != same {
        let changes = crate::killed::changes(wanted, &end);
        let again = scene.log(&ran);
        outcome.problems.push(format!(
            "### {story:?} {}, {}: the next run ended otherwise\n{log}\n--- again\n{again}\n{changes}",
            row.step, row.what
        ));
    }
    outcome
}

/// The exit code and the word of the outputs.
fn exit(ran: &Ran) -> String {
    let word =
        |name: &str| ran.stdout.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    match (word("gate:"), word("verdict:")) {
        (gate, _) if !gate.is_empty() => format!("{} gate {gate}", ran.exit),
        (_, verdict) if !verdict.is_empty() => format!("{} {verdict}", ran.exit),
        _ => ran.exit.to_string(),
    }
}

/// The last error with the lines that belong to it; else what the step that failed says, else the last warning.
fn said(scene: &Scene, ran: &Ran) -> String {
    let log = scene.log(ran);
    let lines: Vec<&str> = log.lines().collect();
    let error = lines.iter().rposition(|line| line.starts_with("error: ")).map(|at| {
        let more = lines[at + 1..].iter().take_while(|line| line.starts_with("  "));
        let words: Vec<&str> =
            std::iter::once(&lines[at]).chain(more).flat_map(|line| line.split_whitespace()).collect();
        words[1..].join(" ")
    });
    let failed = || {
        let line = lines.iter().find_map(|line| line.strip_prefix("✗ "))?;
        Some(line.split_once(' ')?.1.trim().to_owned())
    };
    let warning = || lines.iter().rfind(|line| line.starts_with("warning: ")).map(|line| (*line).to_owned());
    error.or_else(failed).or_else(warning).unwrap_or_default()
}
