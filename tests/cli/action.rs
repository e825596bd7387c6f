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

/// What is said behind the first line, which tells that the step has begun.
fn told(ran: &Ran) -> &str {
    assert_eq!((ran.exit, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    let (first, rest) = ran.stderr.split_once('\n').expect("a line");
    if first.starts_with("codexctl ") { rest } else { &ran.stderr }
}

/// A kubeconfig of a cluster that isn't there.
const KUBECONFIG: &str = "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]\n\
    users: [{name: u, user: {token: canary-of-the-cluster}}]\n\
    contexts: [{name: x, context: {cluster: c, user: u}}]\n\
    current-context: x\n";

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
    assert_snapshot!(told(&step(&scene, &[("command", "manage-env")]).run()), @"error: input command: there is no command `manage-env` for a workflow, there are run, init, validate, doctor, render, apply, diff, destroy, status, schema, prompt run, prompt render, plan resolve-root, pr detect, pr review-apply, ci ensure-slot, ci apply, manage-env list, manage-env set, manage-env comment, manage-env comment-pr, manage-env cleanup, manage-env cleanup-pr, manage-env cleanup-issue, manage-env close-linked-issue, manage-env delete-branch, manage-env gc, version");
    assert_snapshot!(told(&step(&scene, &[("command", "run; rm -rf /")]).run()), @"error: input command: there is no command `run; rm -rf /` for a workflow, there are run, init, validate, doctor, render, apply, diff, destroy, status, schema, prompt run, prompt render, plan resolve-root, pr detect, pr review-apply, ci ensure-slot, ci apply, manage-env list, manage-env set, manage-env comment, manage-env comment-pr, manage-env cleanup, manage-env cleanup-pr, manage-env cleanup-issue, manage-env close-linked-issue, manage-env delete-branch, manage-env gc, version");
    assert_snapshot!(told(&step(&scene, &[("command", "render --env ai")]).run()), @"error: input command: `render` goes without its flags here: each of them is an input of its own");
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

#[test]
fn the_first_line_says_what_runs_and_comes_behind_the_masks_alone() {
    let scene = Scene::shop();
    let first = |call: crate::command::Codexctl| {
        let ran = call.env("GITHUB_ACTIONS", "true").env("NO_COLOR", "1").run();
        let masks = ran.stderr.lines().take_while(|line| line.starts_with("::add-mask::")).count();
        ran.stderr.lines().nth(masks).expect("a line").to_owned()
    };
    let of_event = step(&scene, &[("github-token", "ghs_the-workflow-s-own"), ("slot", "none")])
        .env("GITHUB_EVENT_NAME", "issues")
        .env("GITHUB_REPOSITORY", "codex-k8s/shop");
    assert_snapshot!(first(of_event), @"codexctl 0.1.0: run, event issues of codex-k8s/shop");
    assert_snapshot!(first(step(&scene, &[("command", "manage-env list")])), @"codexctl 0.1.0: manage-env list");
    assert_snapshot!(first(scene.call(&["action", "--post"])), @"codexctl 0.1.0: post step");
    let forged =
        step(&scene, &[]).env("GITHUB_EVENT_NAME", "x\n::error::forged").env("GITHUB_REPOSITORY", "a\r##[error]b");
    let ran = forged.env("GITHUB_ACTIONS", "true").run();
    let command = |line: &str| line.trim_start().starts_with("::error::forged") || line.contains("##[");
    assert!(ran.stderr.contains("forged") && !ran.stderr.lines().any(command), "{}", ran.stderr);
}

#[test]
fn under_its_other_names_the_program_is_the_entry_point_or_the_post_step() {
    let scene = Scene::shop();
    let run = |name: &str, arguments: &[&str]| {
        let program = scene.home().join(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_codexctl"), &program).expect("a link");
        let ran = std::process::Command::new(program)
            .args(arguments)
            .env_clear()
            .env("HOME", scene.home())
            .env("GITHUB_WORKSPACE", scene.work())
            .env("INPUT_COMMAND", "version")
            .current_dir(scene.work())
            .output()
            .expect("codexctl starts");
        std::fs::remove_file(scene.home().join(name)).expect("the link");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (ran.status.code(), text(ran.stdout), text(ran.stderr))
    };
    let (exit, out, said) = run("codexctl-action", &[]);
    assert!(exit == Some(0) && out.starts_with("version: ") && said.contains(": version\n"), "{exit:?} {out} {said}");
    let (exit, out, said) = run("codexctl-post", &[]);
    assert_eq!((exit, out.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("nothing to take back"), "{said}");
    let (exit, _, said) = run("codexctl-post", &["--nonsense"]);
    assert!(exit == Some(2) && said.contains("--nonsense"), "{said}");
    let (exit, out, _) = run("another-name", &["version"]);
    assert!(exit == Some(0) && out.starts_with("version: "), "{out}");
}

#[test]
fn switches_numbers_and_lists_are_read_as_people_write_them_and_no_further() {
    let scene = Scene::shop();
    let exit = |name: &str, value: &str| {
        step(&scene, &[("dry-run", "true"), (name, value)]).env("GITHUB_EVENT_PATH", event("dev.json")).run().exit
    };
    for (name, value) in [
        ("dry-run", "TRUE"),
        ("dry-run", " t\n"),
        ("verbose", "F"),
        ("slot", " 7 "),
        ("wait-for-slot", "1h30m"),
        ("context-budget", "64KiB"),
        ("allowed-users", "ada, Octocat ,,"),
    ] {
        assert_eq!(exit(name, value), 0, "{name}: {value}");
    }
    for (name, value) in [
        ("verbose", "yes"),
        ("verbose", "true false"),
        ("slot", "-1"),
        ("slot", "1e3"),
        ("slot", "99999999999999999999999"),
        ("slot", "1\n2"),
        ("pr", "#9"),
        ("wait-for-slot", "30"),
        ("context-budget", "much"),
        ("allowed-users", "*"),
        ("allowed-users", "ada\nmallory"),
        ("lang", "en,ru"),
        ("command", "run\n--dry-run=false"),
        ("command", "run --dry-run"),
        ("command", "action"),
    ] {
        assert_eq!(exit(name, value), 2, "{name}: {value}");
    }
}

#[test]
fn hostile_values_are_refused_without_being_repeated_in_full() {
    let scene = Scene::shop();
    let huge = "9".repeat(100_000);
    let ran = step(&scene, &[("slot", &huge), ("vars", "A=\u{1b}[2J::error::x"), ("lang", "::error::%0A,:")])
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .run();
    assert_eq!(ran.exit, 2);
    let told: Vec<&str> = ran.stderr.lines().filter(|line| !line.starts_with("::add-mask::")).skip(1).collect();
    assert_snapshot!(told.join("\n"), @r"
    ::error::input vars: it holds a control character, \u{1b}
    ::error::input lang: `::error::%250A,:` is not one of en, ru
    ::error::input slot: `99999999999999999999999999999999999999999999999999999999999999999999999999999999…` is not a whole number from 1
    ");
    let broken =
        step(&scene, &[]).env("INPUT_CONFIG", <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"a\xffb"));
    assert_snapshot!(self::told(&broken.run()), @"error: input config: it is no UTF-8 text");
}

#[test]
fn a_place_in_an_annotation_is_escaped() {
    let scene = Scene::empty();
    scene.write("a,b:c%0A::x/services.yaml", "project: [\n");
    let ran = step(&scene, &[("command", "validate"), ("config", "a,b:c%0A::x/services.yaml")])
        .env("GITHUB_ACTIONS", "true")
        .env("NO_COLOR", "1")
        .run();
    let told: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("::error")).collect();
    assert!(told[0].starts_with("::error file=a%2Cb%3Ac%250A%3A%3Ax/services.yaml,line="), "{}", ran.stderr);
}

#[test]
fn no_line_of_a_result_is_a_command_for_the_runner() {
    let scene = Scene::shop();
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: |\n    ::set-output name=flow::forged\n    ##[error]x\n";
    scene.write(
        "services.yaml",
        "project: shop\nenvironments: {dev: {}}\ninfrastructure:\n  - name: a\n    manifests: [{path: a.yaml}]\n",
    );
    scene.write("a.yaml", manifest);
    let call = || step(&scene, &[("command", "render"), ("env", "dev")]);
    let plain = call().run();
    assert!(plain.stdout.contains("    ::set-output name=flow::forged\n"), "{}{}", plain.stdout, plain.stderr);
    let ran = call().env("GITHUB_ACTIONS", "true").run();
    assert!(ran.stdout.contains("set-output name=flow") && ran.stdout.contains("[error]x"), "{}", ran.stdout);
    let taken = ran.stdout.lines().filter(|line| line.trim_start().starts_with("::") || line.contains("##["));
    assert_eq!(taken.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_gate_that_stops_a_run_leaves_the_step_green_and_names_itself() {
    let scene = Scene::shop();
    let outputs = scene.home().join("outputs");
    let ran = step(&scene, &[])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_EVENT_PATH", event("dev.json"))
        .env("GITHUB_OUTPUT", &outputs)
        .run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("::notice::stopped by the gate actor"), "{}", ran.stderr);
    let written = std::fs::read_to_string(outputs).expect("outputs");
    assert!(written.contains("flow=dev\ngate=actor\n"), "{written}");
}

#[test]
fn every_output_that_a_run_writes_is_declared_and_the_other_way_round() {
    let scene = Scene::shop();
    let outputs = scene.home().join("outputs");
    let other = std::fs::read_to_string(event("dev.json")).expect("the event").replace("[ai-dev]", "question");
    scene.write("event.json", other);
    let ran = step(&scene, &[]).env("GITHUB_EVENT_PATH", "event.json").env("GITHUB_OUTPUT", &outputs).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let written = std::fs::read_to_string(outputs).expect("outputs");
    let written: Vec<&str> = written.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert_eq!(written, codexctl_action::report::outputs::RUN_OUTPUTS.map(|output| output.name));
}

#[test]
fn a_kubeconfig_that_is_text_is_a_file_of_this_step_alone() {
    let scene = Scene::shop();
    let encoded = base64(KUBECONFIG);
    for given in [KUBECONFIG, encoded.as_str()] {
        let ran = step(&scene, &[("command", "validate"), ("kubeconfig", given)]).env("GITHUB_ACTIONS", "true").run();
        assert!(ran.stderr.contains("::add-mask::canary-of-the-cluster\n"), "{}", ran.stderr);
        assert!(ran.stderr.contains("127.0.0.1:9"), "the cluster that it names is asked: {}", ran.stderr);
        let left: Vec<_> = scene.files().into_iter().filter(|path| path.ends_with("kubeconfig")).collect();
        assert!(left.is_empty(), "{left:?}");
        assert!(!ran.stderr.replace("::add-mask::canary-of-the-cluster", "").contains("canary-of-the-cluster"));
    }
    scene.write("cluster.yaml", KUBECONFIG);
    let ran = step(&scene, &[("command", "validate"), ("kubeconfig", "cluster.yaml")]).run();
    assert!(ran.stderr.contains("127.0.0.1:9"), "{}", ran.stderr);
    let wrong = step(&scene, &[("command", "validate"), ("kubeconfig", "canary\nof\nthe\ncluster")]).run();
    assert_snapshot!(told(&wrong), @"error: input kubeconfig: it is neither a kubeconfig, nor base64 of one, nor the path of a file");
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn secrets_of_several_lines_are_masked_line_by_line_in_every_form_of_the_log() {
    let scene = Scene::shop();
    let key = "-----BEGIN KEY-----\r\nfirst-line-of-it\nsecond%line-of-it\nx\n-----END KEY-----";
    let file = format!("SHOP_CERT=\"{}\"\n", key.replace("\r\n", "\\n").replace('\n', "\\n"));
    for format in ["text", "json"] {
        let ran = step(&scene, &[("command", "version"), ("env-file", &file), ("log-format", format)])
            .env("GITHUB_ACTIONS", "true")
            .env("SHOP_TOKEN", key)
            .run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let masks: Vec<&str> = ran.stderr.lines().filter_map(|line| line.strip_prefix("::add-mask::")).collect();
        for line in ["-----BEGIN KEY-----", "first-line-of-it", "second%25line-of-it", "-----END KEY-----"] {
            assert!(masks.contains(&line), "{format} {line}: {}", ran.stderr);
        }
        assert!(!masks.contains(&"x"), "an ordinary letter is not hidden");
        let first = ran.stderr.lines().position(|line| !line.starts_with("::add-mask::"));
        assert!(first.is_some_and(|at| at >= masks.len()), "masks come first: {}", ran.stderr);
    }
}

#[test]
fn secrets_are_masked_even_where_the_step_is_refused() {
    let scene = Scene::shop();
    let given = [("openai-api-key", "sk-the-model-s-key"), ("env-file", "SHOP=a-value-of-the-project")];
    for wrong in [("dry-run", "perhaps"), ("log-level", "sk-the-model-s-key")] {
        let ran = step(&scene, &[&given[..], &[wrong]].concat()).env("GITHUB_ACTIONS", "true").run();
        assert_eq!(ran.exit, 2);
        for secret in ["sk-the-model-s-key", "a-value-of-the-project"] {
            let masked = format!("::add-mask::{secret}\n");
            assert!(ran.stderr.contains(&masked), "{wrong:?} {}", ran.stderr);
            assert!(!ran.stderr.replace(&masked, "").contains(secret), "{wrong:?} {}", ran.stderr);
        }
    }
}

#[test]
fn the_state_for_the_post_step_is_one_word_that_nobody_can_guess() {
    let scene = Scene::shop();
    let state = scene.home().join("state.txt");
    std::fs::write(&state, "").expect("the runner's file");
    for _ in 0..2 {
        let call = step(&scene, &[("command", "version"), ("github-token", "ghs_the-workflow-s-own")]);
        let ran = call.env("GITHUB_ACTIONS", "true").env("GITHUB_STATE", &state).run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
    }
    let written = std::fs::read_to_string(&state).expect("state");
    let words: Vec<&str> = written.lines().filter_map(|line| line.strip_prefix("codexctl_step=")).collect();
    assert_eq!(words.len(), written.lines().count(), "{written}");
    assert!(words[0] != words[1] && words.iter().all(|word| word.len() == 32), "{written}");
    let ran = scene.call(&["action", "--post"]).env("STATE_codexctl_step", words[1]).run();
    assert!(ran.stderr.contains("nothing to take back: the step ended by itself"), "{}", ran.stderr);
    let refused =
        step(&scene, &[("command", "version")]).env("GITHUB_ACTIONS", "true").env("GITHUB_STATE", "/dev/null/x");
    assert!(told(&refused.run()).contains("GITHUB_STATE: can't write /dev/null/x"));
}
