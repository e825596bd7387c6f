//! kill -9 at every place of a review, then the run again: the end is the same as that of a run that nobody disturbed.

use super::scene::{NAMES, answered};
use crate::killed::{PAUSE, differences, killed_at, killed_at_write};
use crate::model::Turn;
use crate::scene::Scene;
use crate::script::run;

fn paused() -> Vec<Turn> {
    vec![run(NAMES), run(PAUSE), answered()]
}

#[test]
fn killed_after_any_step_a_review_ends_the_same_the_second_time() {
    let places = [
        "after gates",
        "after issue",
        "after fetch",
        "after slot",
        "after sources",
        "after prompt",
        "when the agent starts",
        "in the middle of the agent's work",
        "when the agent ends",
        "after agent",
        "after check",
        "after commit",
        "after push",
        "after notice",
        "after threads",
    ];
    let different = differences(&places, || Scene::with_review(paused()), |scene, place| killed_at(scene, place));
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn killed_before_it_hears_of_any_write_to_github_a_review_ends_the_same_the_second_time() {
    let writes = {
        let scene = Scene::with_review(paused());
        assert_eq!(scene.run().exit, 0);
        scene.stand.as_ref().unwrap().writes().len()
    };
    let places: Vec<usize> = (1..=writes).collect();
    let different = differences(&places, || Scene::with_review(paused()), killed_at_write);
    assert!(different.is_empty(), "{}", different.join("\n"));
}
