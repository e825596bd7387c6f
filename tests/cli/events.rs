//! Events that can't be read, and the ways to hand one over.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::scene::{Scene, event};

/// What is said about a payload in a file.
fn refused(payload: &[u8]) -> String {
    let scene = Scene::empty();
    fs::write(scene.work().join("event.json"), payload).expect("an event");
    scene.run(&["run", "--dry-run", "--event", "event.json"]).refused()
}

#[test]
fn an_event_that_is_not_there_is_told_with_what_named_it() {
    let scene = Scene::empty();
    assert_snapshot!(scene.run(&["run"]).refused(), @"error: no event: give --event FILE (`-` is standard input), or set GITHUB_EVENT_PATH");
    assert_snapshot!(scene.run(&["run", "--event", "none.json"]).refused(), @r#"error: --event: can't read none.json: No such file or directory (os error 2). In a job of a workflow `cp "$GITHUB_EVENT_PATH" event.json` keeps one; without an event `codexctl prompt run --kind dev_issue --issue 7` does the same work"#);
    assert_snapshot!(scene.call(&["run"]).env("GITHUB_EVENT_PATH", "none.json").run().refused(), @r#"error: GITHUB_EVENT_PATH: can't read none.json: No such file or directory (os error 2). In a job of a workflow `cp "$GITHUB_EVENT_PATH" event.json` keeps one; without an event `codexctl prompt run --kind dev_issue --issue 7` does the same work"#);
    assert_snapshot!(scene.run(&["run", "--event", "."]).refused(), @"error: --event: can't read .: Is a directory (os error 21)");
}

#[test]
fn an_event_that_may_not_be_read_is_told() {
    let scene = Scene::empty();
    let file = scene.work().join("event.json");
    fs::write(&file, "{}").expect("an event");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).expect("its rights");
    // The superuser may read everything; for them the file is one that says nothing.
    let everything_is_readable = fs::read(&file).is_ok();
    let said = scene.run(&["run", "--event", "event.json"]).refused();
    let wanted = if everything_is_readable { "can't tell which event" } else { "Permission denied" };
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn a_payload_that_is_none_is_told_with_the_way_out() {
    assert_snapshot!(refused(b""), @"error: the event payload is empty: give the file that GITHUB_EVENT_PATH names, or --event FILE");
    assert_snapshot!(refused(b" \n\t"), @"error: the event payload is empty: give the file that GITHUB_EVENT_PATH names, or --event FILE");
    assert_snapshot!(refused(b"{\"action\": \"labeled\",\n \"issue\": {\"numb"), @"error: the event payload is not JSON: it ends in the middle of a value, so it may not be whole (line 2, column 16)");
    assert_snapshot!(refused(b"{\"action\": labeled}"), @"error: the event payload is not JSON: expected value (line 1, column 12)");
    assert_snapshot!(refused(b"[1, 2]"), @"error: the event payload is a list, expected an object as GitHub sends it");
    assert_snapshot!(refused(b"\"labeled\""), @r#"error: the event payload is the string "labeled", expected an object as GitHub sends it"#);
    assert_snapshot!(refused(b"{\"some\": 1, \"thing\": 2}"), @r#"error: can't tell which event this payload is (it has "some", "thing"): say it with --event-name, for example --event-name issues"#);
    assert_snapshot!(refused(b"{}"), @"error: can't tell which event this payload is (it has no fields): say it with --event-name, for example --event-name issues");
    assert_snapshot!(refused(b"\xff\xfe{\x00}\x00"), @"error: the event payload is not JSON: expected value (line 1, column 1)");
    assert_snapshot!(refused(b"\x89PNG\r\n\x1a\n\x00\x00"), @"error: the event payload is not JSON: expected value (line 1, column 1)");
}

#[test]
fn a_field_that_is_missing_or_of_another_kind_is_named() {
    assert_snapshot!(refused(br#"{"action": "labeled", "issue": {}}"#), @"error: event `issues`: `issue.number` is missing, expected a whole number from 1");
    assert_snapshot!(refused(br#"{"action": "labeled", "issue": {"number": "7"}}"#), @r#"error: event `issues`: `issue.number` is the string "7", expected a whole number from 1"#);
    assert_snapshot!(refused(br#"{"action": 7, "issue": {"number": 7}}"#), @"error: event `issues`: `action` is the number 7, expected a string");
    assert_snapshot!(refused(br#"{"client_payload": {"flow": "dev"}, "action": "x"}"#), @"error: the flow dev needs an issue: give --issue, or the input `issue`");
    assert_snapshot!(refused(br#"{"client_payload": {"flow": "dve", "issue": 7}, "action": "x"}"#), @"error: repository_dispatch: there is no flow `dve` (did you mean dev?): known are plan, plan-review, dev, review, repair, repair-review, cleanup, deploy, gc");
}

#[test]
fn a_file_larger_than_anything_that_github_sends_is_not_read_to_its_end() {
    let scene = Scene::empty();
    let file = fs::File::create(scene.work().join("event.json")).expect("an event");
    // Sparse: the size alone matters.
    file.set_len(8 << 30).expect("8 GiB of nothing");
    assert_snapshot!(scene.run(&["run", "--dry-run", "--event", "event.json"]).refused(), @"error: the event payload has 26214401 bytes, GitHub sends at most 26214400 (25 MB): is this the right file?");
}

#[test]
fn an_event_can_come_from_standard_input_or_by_variable() {
    let scene = Scene::empty();
    let payload = fs::read(event("deploy.json")).expect("the example event");
    let piped = scene.call(&["run", "--dry-run", "--event", "-"]).stdin(payload).run();
    let named = scene.call(&["run", "--dry-run"]).env("GITHUB_EVENT_PATH", event("deploy.json")).run();
    assert_eq!((piped.exit, piped.stderr.as_str()), (0, ""));
    assert!(piped.stdout.contains("flow deploy"), "{}", piped.stdout);
    assert_eq!(named.stdout, piped.stdout);
    let nothing = scene.call(&["run", "--dry-run", "--event", "-"]).stdin("").run().refused();
    assert_snapshot!(nothing, @"error: the event payload is empty: give the file that GITHUB_EVENT_PATH names, or --event FILE");
}

#[test]
fn the_name_of_the_event_is_guessed_but_a_given_one_counts() {
    let scene = Scene::empty();
    let run = |arguments: &[&str]| {
        let ran = scene.run(&[&["run", "--dry-run", "--event", &event("dev.json")], arguments].concat());
        format!("exit {}: {}", ran.exit, ran.stdout.lines().nth(2).unwrap_or(ran.stderr.trim_end()))
    };
    assert_snapshot!(run(&["--event-name", "issues"]), @"exit 2: ├─ flow dev");
    assert_snapshot!(run(&["--event-name", "issue_comment"]), @"exit 0: └─ nothing to do: `issue_comment.labeled` starts no flow");
    assert_snapshot!(run(&["--event-name", "milestone"]), @"exit 0: └─ nothing to do: `milestone.labeled` starts no flow");
    assert_snapshot!(run(&["--event-name", "issuse"]), @"exit 0: └─ nothing to do: `issuse.labeled` starts no flow");
}
