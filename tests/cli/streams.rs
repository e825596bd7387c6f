//! What goes where: results, messages, colours, logs for programs, files of GitHub's runner, and readers that go away.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::Value;

use crate::scene::{Scene, event};

#[test]
fn results_go_to_standard_output_and_everything_else_to_standard_error() {
    let scene = Scene::empty();
    let nothing = scene.run(&["run", "--event", &event("schedule.json"), "--flow", "dev"]);
    assert_eq!(nothing.stdout, "", "an error is no result");
    let label = fs::read_to_string(event("dev.json")).expect("the event").replace("[ai-dev]", "question");
    let ran = scene.call(&["run", "--event", "-"]).stdin(label).run();
    assert_snapshot!(ran.shown(), @"
    exit 0
    ── stdout
    flow: none
    ── stderr
    nothing to do: label `question` starts no flow
    ");
}

#[test]
fn nothing_to_do_is_told_to_later_steps_of_a_workflow() {
    let scene = Scene::empty();
    let outputs = scene.home().join("outputs");
    let label = fs::read_to_string(event("dev.json")).expect("the event").replace("[ai-dev]", "question");
    let ran = scene.call(&["run", "--event", "-"]).stdin(label).env("GITHUB_OUTPUT", &outputs).run();
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let written = fs::read_to_string(&outputs).expect("outputs");
    assert!(written.starts_with("flow=none\ngate=\n"), "{written}");
    assert_eq!(written.lines().count(), codexctl_action::report::outputs::RUN_OUTPUTS.len());
}

#[test]
fn an_output_with_a_newline_can_not_forge_another() {
    let scene = Scene::shop();
    let outputs = scene.home().join("outputs");
    let env = "ai\ncommit=forged";
    let ran = scene
        .call(&["run", "--event", &event("dev.json"), "--env", env])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", &outputs)
        .run();
    assert_eq!(ran.exit, 3, "{}", ran.stderr);
    let written = fs::read_to_string(&outputs).expect("outputs");
    let delimiter = written.lines().find_map(|line| line.strip_prefix("env<<")).expect("the heredoc form");
    assert!(delimiter.len() > 32, "nobody can guess it: {delimiter}");
    assert!(written.contains(&format!("env<<{delimiter}\n{env}\n{delimiter}\n")), "{written}");
    assert!(ran.stdout.contains("env: ai\\ncommit=forged\n"), "{}", ran.stdout);
}

#[test]
fn a_dry_run_leaves_the_files_of_the_runner_alone() {
    let scene = Scene::shop();
    let (outputs, summary) = (scene.home().join("outputs"), scene.home().join("summary"));
    fs::write(&outputs, "before=1\n").expect("outputs of an earlier step");
    for name in ["dev.json", "plan.json", "deploy.json"] {
        let ran = scene.dry(name).env("GITHUB_OUTPUT", &outputs).env("GITHUB_STEP_SUMMARY", &summary).run();
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
    }
    assert_eq!(fs::read_to_string(&outputs).expect("outputs"), "before=1\n");
    assert!(!summary.exists());
}

#[test]
fn an_output_file_that_can_not_be_written_is_an_error() {
    let scene = Scene::empty();
    let label = fs::read_to_string(event("dev.json")).expect("the event").replace("[ai-dev]", "question");
    let ran = scene.call(&["run", "--event", "-"]).stdin(label).env("GITHUB_OUTPUT", "/dev/null/outputs").run();
    assert_eq!(ran.exit, 1);
    assert_snapshot!(ran.stderr, @"
    nothing to do: label `question` starts no flow
    error: can't write /dev/null/outputs: /dev/null is no folder, and a folder has to be there: move it away
    ");
}

#[test]
fn colours_only_where_asked_for() {
    let scene = Scene::empty();
    let colored = |call: crate::command::Codexctl| call.run().stderr.contains("\u{1b}[");
    let broken = ["run", "--event", "none.json"];
    assert!(!colored(scene.call(&broken)), "a pipe gets none");
    assert!(colored(scene.call(&[&["--color", "always"], &broken[..]].concat())));
    assert!(
        colored(scene.call(&broken).env("CODEXCTL_COLOR", "always").env("NO_COLOR", "1")),
        "a flag or its variable is the stronger word"
    );
    assert!(!colored(scene.call(&[&["--color", "never"], &broken[..]].concat()).env("GITHUB_ACTIONS", "true")));
    let stopped = || scene.call(&["run", "--event", &event("dev.json")]).env("GITHUB_ACTIONS", "true");
    assert!(colored(stopped()), "GitHub's log shows colours");
    assert!(!colored(stopped().env("NO_COLOR", "1")));
    let help = scene.run(&["run", "--help"]).stdout;
    assert!(!help.contains('\u{1b}'), "help in a pipe has none either");
    assert!(scene.run(&["run", "--help", "--color=always"]).stdout.contains('\u{1b}'));
    assert!(colored(scene.call(&["--color", "always", "rn"])));
}

#[test]
fn the_log_level_says_what_is_shown() {
    let scene = Scene::shop();
    let stderr = |level: &str| scene.dry("dev.json").env("CODEXCTL_LOG_LEVEL", level).run().stderr;
    assert_snapshot!(stderr("info"), @"note: no cluster here: the agent goes without the MCP servers slot_catalog");
    let debug = stderr("debug");
    assert!(debug.contains("… gates") && debug.contains("✓ gates"), "the steps of a dry run too: {debug}");
    assert_snapshot!(stderr("warn"), @"");
    let broken = Scene::empty().dry("dev.json").env("CODEXCTL_LOG_LEVEL", "error").run();
    assert!(broken.stderr.contains("there is no such file"), "{}", broken.stderr);
}

#[test]
fn as_json_every_line_of_the_log_is_an_object() {
    let scene = Scene::with_stack("project: shop\nmaxSlots: many\n");
    let call =
        scene.dry("dev.json").env("CODEXCTL_LOG_FORMAT", "json").env("GITHUB_RUN_ID", "42").env("PROMPT_LANG", "en");
    let ran = call.run();
    let lines: Vec<Value> =
        ran.stderr.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    let shown: Vec<String> = lines
        .iter()
        .map(|line| {
            let time = line["time"].as_str().expect("a time");
            assert!(chrono::DateTime::parse_from_rfc3339(time).is_ok() && time.ends_with('Z'), "{time}");
            format!("{} {} {} {}", line["level"], line["run"], line["message"], line["place"])
        })
        .collect();
    assert_snapshot!(shown.join("\n"), @r#"
    "warning" "42-1" "variable PROMPT_LANG is an older name: use CODEXCTL_LANG" null
    "error" "42-1" "`maxSlots` must be a whole number, not `many`\n0 or more" {"file":"services.yaml","line":2,"column":11}
    "#);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let scene = Scene::shop();
    for arguments in [
        &["run", "--dry-run", "--event", &event("dev.json")][..],
        &["completions", "zsh"],
        &["run", "--help"],
        &["render", "--env", "dev"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_codexctl"))
            .args(arguments)
            .env_clear()
            .env("HOME", scene.home())
            .current_dir(scene.work())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("codexctl starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("UTF-8");
        let status = child.wait().expect("codexctl ends");
        assert_eq!(status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_full_disk_is_a_failure_and_no_short_result() {
    let scene = Scene::shop();
    for arguments in [&["version"][..], &["schema"], &["completions", "zsh"], &["render", "--env", "dev"]] {
        let full = fs::File::options().write(true).open("/dev/full").expect("a disk that is full");
        let ran = Command::new(env!("CARGO_BIN_EXE_codexctl"))
            .args(arguments)
            .env_clear()
            .env("HOME", scene.home())
            .current_dir(scene.work())
            .stdin(Stdio::null())
            .stdout(full)
            .output()
            .expect("codexctl starts");
        let said = String::from_utf8(ran.stderr).expect("UTF-8");
        assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("the result can't be written to standard output: No space left on device"), "{said}");
    }
}

#[test]
fn without_any_streams_the_exit_code_still_tells() {
    let scene = Scene::empty();
    for (arguments, code) in [("version", 0), ("run", 2), ("--help", 0), ("nonsense", 2)] {
        let script = format!("exec '{}' {arguments} <&- >&- 2>&-", env!("CARGO_BIN_EXE_codexctl"));
        let status = Command::new("sh").args(["-c", &script]).current_dir(scene.work()).status().expect("sh starts");
        assert_eq!(status.code(), Some(code), "{arguments}");
    }
}
