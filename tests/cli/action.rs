//! The entry point of the container action: the runner's `INPUT_…` variables in the place of flags.

use insta::assert_snapshot;
use serde_json::Value;

use crate::command::Ran;
use crate::scene::{Scene, event};

/// A step of a workflow with these inputs; every other declared one is there and empty, as the runner gives it.
fn step(scene: &Scene, inputs: &[(&str, &str)]) -> crate::command::Codexctl {
    let declared = codexctl_action::settings::inputs::inputs();
    let empty = declared.map(|input| input.name).filter(|name| inputs.iter().all(|(given, _)| given != name));
    let all = empty.map(|name| (name, "")).chain(inputs.iter().copied());
    all.fold(scene.call(&["action"]), |call, (name, value)| call.env(&format!("INPUT_{}", name.to_uppercase()), value))
}

fn told(ran: &Ran) -> &str {
    assert_eq!((ran.exit, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    &ran.stderr
}

#[test]
fn without_inputs_it_runs_the_event_of_the_step() {
    let scene = Scene::shop();
    let by_flags = scene.run(&["run", "--event", &event("dev.json"), "--dry-run", "-o", "json"]);
    let by_inputs =
        step(&scene, &[("dry-run", "true"), ("output", "json")]).env("GITHUB_EVENT_PATH", event("dev.json")).run();
    assert_eq!(by_inputs.exit, 0, "{}", by_inputs.stderr);
    let planned = |ran: &Ran| {
        let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
        let writes = plan["writes"].as_array().unwrap().iter().map(|one| one["action"].clone()).collect::<Vec<_>>();
        (plan["decision"].clone(), plan["gates"].clone(), writes)
    };
    assert_eq!(planned(&by_inputs), planned(&by_flags));
}

#[test]
fn an_input_stands_above_its_variable() {
    let scene = Scene::shop();
    let version = |inputs: &[(&str, &str)]| {
        let ran = step(&scene, &[inputs, &[("command", "version")]].concat()).env("CODEXCTL_OUTPUT", "json").run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        ran.stdout
    };
    assert!(version(&[]).starts_with('{'));
    assert!(version(&[("output", "kv")]).starts_with("version="));
}

#[test]
fn what_it_does_not_understand_it_refuses_before_anything_starts() {
    let scene = Scene::shop();
    let of_values = step(&scene, &[("dry-run", "yes"), ("slot", "abc"), ("lang", "de"), ("log-level", "loud")]);
    // How messages look is decided first: a wrong word there is the only one that is told.
    assert_snapshot!(told(&of_values.run()), @"error: input log-level: `loud` is not one of debug, info, warn, error");
    assert_snapshot!(told(&step(&scene, &[("dry-run", "yes"), ("slot", "abc"), ("lang", "de")]).run()), @"
    error: input dry-run: `yes` is neither true nor false
    error: input lang: `de` is not one of en, ru
    error: input slot: `abc` is not a whole number from 1
    ");
    assert_snapshot!(told(&step(&scene, &[("allowed-user", "ada"), ("dryrun", "true")]).run()), @"
    error: input allowed-user: the action has no such input: did you mean allowed-users?
    error: input dryrun: the action has no such input: did you mean dry-run?
    ");
    assert_snapshot!(told(&step(&scene, &[("command", "manage-env")]).run()), @"error: input command: there is no command `manage-env` for a workflow, there are run, init, validate, doctor, render, schema, prompt run, prompt render, plan resolve-root, pr detect, pr review-apply, ci ensure-slot, manage-env list, manage-env set, manage-env comment, manage-env comment-pr, manage-env cleanup, manage-env cleanup-pr, manage-env cleanup-issue, manage-env close-linked-issue, manage-env delete-branch, manage-env gc, version");
    assert_snapshot!(told(&step(&scene, &[("command", "run; rm -rf /")]).run()), @"error: input command: there is no command `run; rm -rf /` for a workflow, there are run, init, validate, doctor, render, schema, prompt run, prompt render, plan resolve-root, pr detect, pr review-apply, ci ensure-slot, manage-env list, manage-env set, manage-env comment, manage-env comment-pr, manage-env cleanup, manage-env cleanup-pr, manage-env cleanup-issue, manage-env close-linked-issue, manage-env delete-branch, manage-env gc, version");
    assert_snapshot!(told(&step(&scene, &[("command", "manage-env list"), ("dry-run", "true")]).run()), @"error: input dry-run: the command `manage-env list` has no such flag");
    assert_snapshot!(told(&step(&scene, &[("env-file", "A=1\nno assignment")]).run()), @"error: input env-file: line 2: expected `KEY=value`");
}

#[test]
fn every_command_of_a_workflow_can_be_named() {
    let scene = Scene::shop();
    for command in ["validate", "schema", " manage-env  list "] {
        let ran = step(&scene, &[("command", command)]).env("CODEXCTL_REPO", "codex-k8s/shop").run();
        assert_eq!(ran.exit, 0, "{command}: {}", ran.stderr);
    }
}

#[test]
fn secret_inputs_are_masked_before_anything_is_said() {
    let scene = Scene::shop();
    let (token, key, value) = ("ghs_the-workflow-s-own", "sk-the-model-s-key", "a-value-of-the-project");
    let ran = step(
        &scene,
        &[
            ("command", "version"),
            ("github-token", token),
            ("openai-api-key", key),
            ("env-file", &format!("SHOP={value}")),
        ],
    )
    .env("GITHUB_ACTIONS", "true")
    .run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    for secret in [token, key, value] {
        assert!(ran.stderr.contains(&format!("::add-mask::{secret}\n")), "{}", ran.stderr);
    }
}
