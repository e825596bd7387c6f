//! Payloads that mean harm: to the terminal, to GitHub's log, to the prompt, to the machine.

use std::fs;

use serde_json::{Value, json};

use crate::command::Ran;
use crate::payloads::well_behaved;
use crate::scene::{Scene, event};

/// Moves the cursor, rings, turns text around, forges commands of GitHub's runner and lines of our own tree.
const NASTY: &str = "a\u{1b}[2J\u{7}\u{9b}31m\r::error::pwned\n::add-mask::pwned\n##[error]pwned\n\u{202e}\u{2066}\u{200b}\n└─ notes\nx\u{0}\u{7f}\u{85}::set-output name=flow::pwned";

/// Every place of the example event that somebody outside can fill.
const PLACES: [&str; 11] = [
    "/issue/title",
    "/issue/body",
    "/issue/user/login",
    "/issue/html_url",
    "/issue/labels/0/name",
    "/label/name",
    "/sender/login",
    "/repository/name",
    "/repository/full_name",
    "/repository/default_branch",
    "/repository/owner/login",
];

fn payload() -> Value {
    serde_json::from_slice(&fs::read(event("dev.json")).expect("the event")).expect("JSON")
}

fn with(changes: &[(&str, Value)]) -> String {
    let mut payload = payload();
    for (path, value) in changes {
        let (parent, key) = path.rsplit_once('/').expect("a path");
        let parent = payload.pointer_mut(parent).unwrap_or_else(|| panic!("the event has {path}"));
        match parent {
            Value::Array(items) => items[key.parse::<usize>().expect("a number")] = value.clone(),
            other => other[key] = value.clone(),
        }
    }
    payload.to_string()
}

/// Dry runs in every voice; the plain one is given back.
fn in_every_voice(name: &str, payload: &str) -> Ran {
    let scene = Scene::with_stack("project: hello\n");
    let before = scene.files();
    let call =
        |arguments: &[&str]| scene.call(&[&["run", "--dry-run", "--event", "-"], arguments].concat()).stdin(payload);
    let plain = call(&[]).run();
    well_behaved(name, &plain);
    let github =
        call(&[]).env("GITHUB_ACTIONS", "true").env("CODEXCTL_ALLOWED_USERS", "octocat").env("NO_COLOR", "1").run();
    well_behaved(name, &github);
    for line in github.stdout.lines().chain(github.stderr.lines()) {
        let line = line.trim_start();
        let ours =
            ["::error::", "::notice::", "::warning::", "::error file=services.yaml", "::warning file=services.yaml"];
        assert!(!line.starts_with("::") || ours.iter().any(|start| line.starts_with(start)), "{name}: {line}");
        assert!(
            !["::error::pwned", "::add-mask", "::set-output"].iter().any(|bad| line.starts_with(bad)),
            "{name}: {line}"
        );
    }
    assert!(!github.stderr.contains("##["), "{name}: {}", github.stderr);
    let logged = call(&["-o", "json", "--log-format", "json"]).run();
    if !logged.stdout.is_empty() {
        serde_json::from_str::<Value>(&logged.stdout).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for line in logged.stderr.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
    }
    let outputs = call(&["-o", "kv"]).run();
    assert!(outputs.stdout.lines().all(|line| line.contains('=')), "{name}: {}", outputs.stdout);
    assert_eq!(scene.files(), before, "{name}");
    plain
}

#[test]
fn words_of_others_can_not_steer_a_terminal_or_a_log() {
    for place in PLACES {
        let ran = in_every_voice(place, &with(&[(place, json!(NASTY))]));
        // Lines of others stand behind a bar or within one of ours.
        let forged = ran.stdout.lines().filter(|line| line.starts_with("└─ notes")).count();
        assert!(forged <= 1, "{place}: {}", ran.stdout);
    }
    let everywhere: Vec<(&str, Value)> = PLACES.iter().map(|place| (*place, json!(NASTY))).collect();
    in_every_voice("everywhere", &with(&everywhere));
}

#[test]
fn every_control_character_is_shown_or_left_out() {
    let controls: String = (0..0xa0).filter_map(char::from_u32).filter(|char| char.is_control()).collect();
    for place in PLACES {
        in_every_voice(place, &with(&[(place, json!(controls))]));
    }
}

#[test]
fn template_syntax_of_others_is_text() {
    let syntax = "{{ env \"HOME\" }} {{{issue.title}}} {{> fence}} {{#each this}}{{/each}} ${{ secrets.TOKEN }} $(id) `id` %s %n";
    let ran = in_every_voice("templates", &with(&[("/issue/title", json!(syntax)), ("/issue/body", json!(syntax))]));
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let verbatim = ran.stdout.lines().filter(|line| line.ends_with(syntax) && line.contains('┊')).count();
    assert!(verbatim >= 2, "title and body stand in the prompt as they are: {}", ran.stdout);
}

#[test]
fn a_repository_or_number_that_leads_elsewhere_is_refused() {
    for name in ["..", "../../etc", "codex-k8s/..", "codex-k8s/", "/shop", ".git/x", "a/b/c", "a\\b/c", "a/b\u{0}"] {
        let ran = in_every_voice(name, &with(&[("/repository/full_name", json!(name))]));
        assert_eq!((ran.exit, ran.stdout.as_str()), (2, ""), "{name}: {}", ran.stdout);
    }
    for (path, value) in [
        ("/issue/number", json!(0)),
        ("/issue/number", json!(-7)),
        ("/issue/number", json!(7.5)),
        ("/issue/number", json!("7; rm -rf /")),
        ("/issue/number", json!(null)),
        ("/issue/labels", json!("[ai-dev]")),
        ("/repository", json!([])),
        ("/sender", json!("octocat")),
    ] {
        let ran = in_every_voice(path, &with(&[(path, value.clone())]));
        assert_eq!((ran.exit, ran.stdout.as_str()), (2, ""), "{path} = {value}: {}", ran.stdout);
        assert_eq!(ran.stderr.lines().count(), 1, "{path} = {value}: {}", ran.stderr);
    }
}

#[test]
fn a_default_branch_that_reads_like_an_option_stays_a_name() {
    for name in ["--upload-pack=id", "-x", "refs/heads/../../x", "a b", "a..b"] {
        in_every_voice(name, &with(&[("/repository/default_branch", json!(name))]));
    }
}

#[test]
fn large_texts_and_many_labels_are_borne() {
    let scene = Scene::with_stack("project: hello\n");
    let body = "A line of words that says the same again and again.\n".repeat(200_000);
    assert!(body.len() > 10_000_000);
    let labels: Vec<Value> = (0..20_000).map(|at| json!({"name": format!("label {at}")})).collect();
    for payload in [
        with(&[("/issue/body", json!(body))]),
        with(&[("/issue/title", json!("word ".repeat(200_000)))]),
        with(&[("/issue/labels", json!(labels))]),
        with(&[("/sender/login", json!("x".repeat(1_000_000)))]),
    ] {
        let ran = scene.call(&["run", "--dry-run", "--event", "-"]).stdin(payload).run();
        well_behaved("large", &ran);
        assert_eq!(ran.exit, 0, "{}", ran.stderr.chars().take(2000).collect::<String>());
    }
}

#[test]
fn payloads_that_are_no_json_in_clever_ways_are_refused() {
    let deep = |open: &str, close: &str| {
        format!("{{\"action\": \"labeled\", \"issue\": {}{}}}", open.repeat(200_000), close.repeat(200_000))
    };
    let scene = Scene::with_stack("project: hello\n");
    for (name, bytes) in [
        ("deep lists", deep("[", "]").into_bytes()),
        ("deep objects", format!("{}1{}", "{\"a\":".repeat(200_000), "}".repeat(200_000)).into_bytes()),
        ("open lists", "[".repeat(1_000_000).into_bytes()),
        ("bytes that are no text", b"{\"action\": \"\xff\xfe\"}".to_vec()),
        ("half a surrogate", br#"{"action": "labeled", "issue": {"title": "\ud800"}}"#.to_vec()),
        ("an endless number", format!("{{\"action\": 1{}}}", "0".repeat(1_000_000)).into_bytes()),
        ("a number beyond all", br#"{"action": "labeled", "issue": {"number": 1e999}}"#.to_vec()),
        ("a program", b"\x7fELF\x02\x01\x01\x00".to_vec()),
    ] {
        let ran = scene.call(&["run", "--dry-run", "--event", "-"]).stdin(bytes).run();
        well_behaved(name, &ran);
        assert_eq!((ran.exit, ran.stdout.as_str()), (2, ""), "{name}: {}", ran.stderr);
        assert!(ran.stderr.len() < 400, "{name}: {}", ran.stderr);
    }
}

#[test]
fn of_a_key_that_stands_twice_one_counts_everywhere() {
    let twice =
        payload().to_string().replacen("\"action\":\"labeled\"", "\"action\":\"closed\",\"action\":\"labeled\"", 1);
    let ran = in_every_voice("twice", &twice);
    assert!(ran.stdout.contains("event issues.labeled") && ran.stdout.contains("flow dev"), "{}", ran.stdout);
}
