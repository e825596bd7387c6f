//! Hostile words around a plan, and secrets; and plans that `prompt run` makes and answers for.

use crate::canaries::{assert_found_nowhere, look, with_canaries};
use crate::hostile::{HARMLESS, HOSTILE, assert_same, in_workflow, traces_of};
use crate::plan::plan;
use crate::plan_review::again_and_again;
use crate::scene::{REPO, Scene};

fn with_words(scene: Scene, words: &str) -> Vec<(&'static str, String)> {
    traces_of(in_workflow(scene), words, |scene| {
        scene.change_event(|event| event["issue"]["body"] = words.into());
        scene.stand.as_ref().unwrap().set(|state| {
            state.issue_mut(REPO, 3).body = words.to_owned();
            state.add_comment(REPO, 3, "octocat", words);
            state.add_comment(REPO, 3, "Codertocat", words);
        });
    })
}

#[test]
fn hostile_words_about_a_plan_change_nothing_but_the_text_between_the_delimiters() {
    let scene = || Scene::new(plan()).asked_by("plan").on_github();
    assert_same(&with_words(scene(), HARMLESS), &with_words(scene(), HOSTILE.trim_end()), &[]);
}

#[test]
fn hostile_words_about_a_plan_that_is_there_change_nothing_but_the_text_between_the_delimiters() {
    assert_same(&with_words(again_and_again(), HARMLESS), &with_words(again_and_again(), HOSTILE.trim_end()), &[]);
}

#[test]
fn a_plan_keeps_every_secret() {
    let mut turns = plan();
    turns[0] = look();
    let (scene, calls) = with_canaries(Scene::new(turns).asked_by("plan").on_github());
    let ran = scene.run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_found_nowhere("plan", &scene, &calls, &ran);
}

#[test]
fn prompt_run_plans_as_the_flow_does() {
    let flow = Scene::new(plan()).asked_by("plan").on_github();
    assert_eq!(flow.run().exit, 0);
    let scene = Scene::new(plan()).asked_by("plan").on_github();
    let ran = scene.prompt_run(&["--kind", "plan_issue", "--issue", "3"]).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert_eq!(scene.github(), flow.github());
}

#[test]
fn prompt_run_answers_for_a_plan_from_the_issue_in_focus() {
    let scene = again_and_again();
    let call = scene.prompt_run(&["--kind", "plan_review", "--issue", "3"]);
    let ran = call.env("CODEXCTL_FOCUS_ISSUE_NUMBER", "4").run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("issue #3, above #4"), "{}", ran.stderr);
    assert!(scene.github().contains("never paid out"), "{}", scene.github());
}
