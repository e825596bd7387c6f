//! Hostile words in a review, and secrets around one; and a review that `prompt run` works in.

use super::scene::{PULL, answered, thread, worked_in};
use crate::canaries::{assert_found_nowhere, look, with_canaries};
use crate::hostile::{HARMLESS, HOSTILE, assert_same, in_workflow, traces_of};
use crate::scene::{REPO, Scene};
use crate::script::run;

fn with_words(words: &str) -> Vec<(&'static str, String)> {
    traces_of(in_workflow(Scene::with_review(worked_in())), words, |scene| {
        scene.change_event(|event| {
            event["review"]["body"] = words.into();
            event["pull_request"]["body"] = words.into();
        });
        scene.set_pull(|pull| {
            pull.threads[0] = thread(3, words);
            pull.review_texts = vec![("octocat".to_owned(), words.to_owned())];
        });
        scene.stand.as_ref().unwrap().set(|state| {
            state.issue_mut(REPO, PULL).body = words.to_owned();
            state.issue_mut(REPO, 7).body = words.to_owned();
            state.add_comment(REPO, PULL, "octocat", words);
            state.add_comment(REPO, PULL, "Codertocat", words);
        });
    })
}

#[test]
fn hostile_words_in_a_review_change_nothing_but_the_text_between_the_delimiters() {
    assert_same(&with_words(HARMLESS), &with_words(HOSTILE.trim_end()), &[]);
}

#[test]
fn a_review_keeps_every_secret() {
    let (scene, calls) = with_canaries(Scene::with_review(vec![look(), run(super::scene::NAMES), answered()]));
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_found_nowhere("review", &scene, &calls, &ran);
}

#[test]
fn prompt_run_works_in_a_review_as_the_flow_does() {
    let flow = Scene::with_review(worked_in());
    assert_eq!(flow.run().exit, 0);
    let scene = Scene::with_review(worked_in());
    let ran = scene.prompt_run(&["--kind", "dev_review", "--pr", "8"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    // The delivery is another one: the review's own, and that of the call. And a call has no review that it could put eyes on.
    let left = |scene: &Scene| {
        let all = [scene.origin(), scene.threads(), scene.github()].concat();
        all.replace("\"review-80000\"", "\"<delivery>\"").replace("[\"eyes by codex-bot\"]", "[]")
    };
    assert_eq!(left(&scene), left(&flow));
    // What separate steps of older workflows would do is done.
    let kept = scene.prompt_run(&["--kind", "dev_review", "--pr", "8", "--no-publish", "--dry-run"]).run();
    assert_eq!(kept.exit, 0, "{}", kept.stderr);
}

#[test]
fn a_review_whose_work_is_not_published_is_published_by_the_next_call() {
    let scene = Scene::with_review(worked_in());
    let before = (scene.origin(), scene.threads());
    let ran = scene.prompt_run(&["--kind", "dev_review", "--pr", "8", "--no-publish"]).run();
    assert_eq!((ran.exit, scene.asked()), (0, 2), "{}", ran.stderr);
    assert_eq!((scene.origin(), scene.threads()), before);
    let published = scene.prompt_run(&["--kind", "dev_review", "--pr", "8"]).run();
    assert_eq!((published.exit, scene.asked()), (0, 2), "{}", published.stderr);
    assert_ne!((scene.origin(), scene.threads()), before);
}

#[test]
fn without_a_pull_request_a_review_can_not_begin() {
    let scene = Scene::with_review(worked_in());
    let ran = scene.prompt_run(&["--kind", "dev_review"]).run();
    assert_eq!((ran.exit, scene.asked()), (2, 0), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @"error: the prompt dev_review needs a pull request: give --pr, or --slot with the number of a slot that has one");
}
