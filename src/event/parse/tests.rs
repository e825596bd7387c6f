//! What a payload becomes, and what a wrong one is told.

use serde_json::json;

use super::*;

fn read(name: &str, payload: &Value) -> Result<Event, EventError> {
    parse(Some(name), payload.to_string().as_bytes())
}

fn complaint(name: &str, payload: &Value) -> String {
    read(name, payload).unwrap_err().to_string()
}

fn labeled() -> Value {
    json!({
        "action": "labeled",
        "issue": {"number": 7, "title": "Dark mode", "body": null, "state": "open", "labels": [{"name": "feature"}, "[ai-dev]"],
                  "user": {"login": "ann"}, "html_url": "https://github.com/o/r/issues/7", "updated_at": "2026-01-31T12:00:00Z"},
        "label": {"name": "[ai-dev]"},
        "repository": {"full_name": "o/r", "default_branch": "main", "html_url": "https://github.com/o/r"},
        "sender": {"login": "ann", "type": "User"}
    })
}

#[test]
fn a_label_on_an_issue_is_read_whole() {
    let event = read("issues", &labeled()).unwrap();
    insta::assert_json_snapshot!(event, @r#"
    {
      "name": "issues",
      "action": "labeled",
      "repository": {
        "owner": "o",
        "name": "r",
        "default_branch": "main",
        "url": "https://github.com/o/r"
      },
      "sender": {
        "login": "ann",
        "bot": false
      },
      "subject": {
        "kind": "issue_labeled",
        "issue": {
          "number": 7,
          "title": "Dark mode",
          "body": "",
          "labels": [
            "feature",
            "[ai-dev]"
          ],
          "open": true,
          "author": "ann",
          "url": "https://github.com/o/r/issues/7",
          "updated_at": "2026-01-31T12:00:00Z"
        },
        "label": "[ai-dev]"
      }
    }
    "#);
}

#[test]
fn a_byte_order_mark_and_a_missing_name_are_no_hindrance() {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    bytes.extend(labeled().to_string().bytes());
    for name in [None, Some(""), Some("  ")] {
        assert_eq!(parse(name, &bytes).unwrap().name, "issues");
    }
}

#[test]
fn what_is_no_payload_is_told_what_it_is() {
    let tell = |bytes: &[u8]| parse(None, bytes).unwrap_err().to_string();
    insta::assert_snapshot!(tell(b" \n"), @"the event payload is empty: give the file that GITHUB_EVENT_PATH names, or --event FILE");
    insta::assert_snapshot!(tell(b"{\n  \"action\": \n"), @"the event payload is not JSON: it ends in the middle of a value, so it may not be whole (line 3, column 0)");
    insta::assert_snapshot!(tell(b"{\"a\": \"\\ud800\"}"), @"the event payload is not JSON: unexpected end of hex escape (line 1, column 14)");
    insta::assert_snapshot!(tell(b"{\"a\": \"\xff\"}"), @"the event payload is not JSON: invalid unicode code point (line 1, column 8)");
    insta::assert_snapshot!(tell(b"[1]"), @"the event payload is a list, expected an object as GitHub sends it");
    insta::assert_snapshot!(tell(b"{}"), @"can't tell which event this payload is (it has no fields): say it with --event-name, for example --event-name issues");
    insta::assert_snapshot!(tell(b"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7}"), @r#"can't tell which event this payload is (it has "a", "b", "c", "d", "e", "f", …): say it with --event-name, for example --event-name issues"#);
    let deep = "[".repeat(100_000);
    insta::assert_snapshot!(tell(format!("{{\"action\":{deep}").as_bytes()), @"the event payload is not JSON: recursion limit exceeded (line 1, column 137)");
    insta::assert_snapshot!(tell(&vec![b' '; LIMIT + 1]), @"the event payload has 26214401 bytes, GitHub sends at most 26214400 (25 MB): is this the right file?");
}

#[test]
fn a_wrong_field_is_named_with_its_path_what_was_expected_and_what_was_found() {
    let with = |path: &str, value: Value| {
        let mut payload = labeled();
        *payload.pointer_mut(path).unwrap() = value;
        complaint("issues", &payload)
    };
    insta::assert_snapshot!(with("/action", json!(null)), @"event `issues`: `action` is missing, expected a string that isn't empty");
    insta::assert_snapshot!(with("/issue", json!("x")), @r#"event `issues`: `issue` is the string "x", expected an object"#);
    insta::assert_snapshot!(with("/issue/number", json!(-3)), @"event `issues`: `issue.number` is the number -3, expected a whole number from 1");
    insta::assert_snapshot!(with("/issue/number", json!(0)), @"event `issues`: `issue.number` is the number 0, expected a whole number from 1");
    insta::assert_snapshot!(with("/issue/number", json!(1e300)), @"event `issues`: `issue.number` is the number 1e+300, expected a whole number from 1");
    insta::assert_snapshot!(with("/issue/state", json!("merged")), @r#"event `issues`: `issue.state` is the string "merged", expected open or closed"#);
    insta::assert_snapshot!(with("/issue/labels/0", json!(5)), @"event `issues`: `issue.labels[0]` is the number 5, expected a label");
    insta::assert_snapshot!(with("/issue/labels/0/name", json!([])), @"event `issues`: `issue.labels[0].name` is a list, expected a string");
    insta::assert_snapshot!(with("/issue/updated_at", json!("yesterday")), @r#"event `issues`: `issue.updated_at` is the string "yesterday", expected a time such as 2026-01-31T12:00:00Z"#);
    insta::assert_snapshot!(with("/issue/title", json!({})), @"event `issues`: `issue.title` is an object, expected a string");
    insta::assert_snapshot!(with("/label", json!(null)), @"event `issues`: `label` is missing, expected a label");
    insta::assert_snapshot!(with("/repository/full_name", json!("x".repeat(100))), @r#"event `issues`: `repository.full_name` is the string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…", expected owner/name"#);
    insta::assert_snapshot!(with("/sender", json!(true)), @"event `issues`: `sender` is true, expected an object");
}

#[test]
fn what_starts_nothing_never_fails_for_a_field() {
    let odd = json!({"action": 5, "repository": "x", "sender": {"login": 3}});
    let event = read("watch", &odd).unwrap();
    assert_eq!((event.repository, event.sender, event.action, event.subject), (None, None, None, Subject::Other));
    let edited = json!({"action": "edited", "issue": null, "repository": []});
    assert_eq!(read("issues", &edited).unwrap().subject, Subject::Other);
}

#[test]
fn a_pull_request_sent_as_an_issue_starts_nothing() {
    let mut payload = labeled();
    payload["issue"]["pull_request"] = json!({"url": "x"});
    assert_eq!(read("issues", &payload).unwrap().subject, Subject::Other);
}

#[test]
fn strings_with_nul_and_of_a_megabyte_are_kept_as_they_are() {
    let mut payload = labeled();
    payload["issue"]["title"] = json!("a\0b");
    payload["issue"]["body"] = json!("x".repeat(1 << 20));
    let Subject::IssueLabeled { issue, .. } = read("issues", &payload).unwrap().subject else { panic!("not labeled") };
    assert_eq!((issue.title.as_str(), issue.body.len()), ("a\0b", 1 << 20));
}

#[test]
fn the_author_of_a_deleted_account_is_empty() {
    let mut payload = labeled();
    payload["issue"]["user"] = json!(null);
    let Subject::IssueLabeled { issue, .. } = read("issues", &payload).unwrap().subject else { panic!("not labeled") };
    assert_eq!(issue.author, "");
}

#[test]
fn dispatched_numbers_may_be_strings_or_numbers() {
    let ask = |issue: Value, pr: Value| {
        read("workflow_dispatch", &json!({"inputs": {"flow": " dev ", "issue": issue, "pr": pr}, "ref": "x"}))
    };
    let dev = |issue, pr| Subject::Dispatch { flow: Some("dev".to_owned()), issue, pr };
    assert_eq!(ask(json!("7"), json!("")).unwrap().subject, dev(Some(7), None));
    assert_eq!(ask(json!(" 7 "), json!(12)).unwrap().subject, dev(Some(7), Some(12)));
    assert_eq!(ask(json!(null), json!(null)).unwrap().subject, dev(None, None));
    let tell = |issue: Value| ask(issue, json!(null)).unwrap_err().to_string();
    insta::assert_snapshot!(tell(json!("seven")), @r#"event `workflow_dispatch`: `inputs.issue` is the string "seven", expected the number of an issue or pull request, such as 7"#);
    insta::assert_snapshot!(tell(json!(-7)), @"event `workflow_dispatch`: `inputs.issue` is the number -7, expected the number of an issue or pull request, such as 7");
    insta::assert_snapshot!(tell(json!("99999999999999999999")), @r#"event `workflow_dispatch`: `inputs.issue` is the string "99999999999999999999", expected the number of an issue or pull request, such as 7"#);
    for wrong in [json!("+7"), json!("0"), json!(7.5), json!([7]), json!(true), json!("٧")] {
        assert!(ask(wrong.clone(), json!(null)).is_err(), "{wrong}");
    }
}

#[test]
fn a_dispatch_of_another_workflow_is_left_alone() {
    for inputs in [json!(null), json!({}), json!({"issue": "none of ours"})] {
        let event = read("repository_dispatch", &json!({"action": "deploy", "client_payload": inputs})).unwrap();
        assert_eq!(event.subject, Subject::Dispatch { flow: None, issue: None, pr: None });
    }
}

#[test]
fn a_deleted_branch_points_to_zeros_and_has_no_message() {
    let event =
        read("push", &json!({"ref": "refs/heads/main", "deleted": true, "after": "abc", "head_commit": null})).unwrap();
    let Subject::Push { after, message, .. } = event.subject else { panic!("not a push") };
    assert_eq!((after, message), ("0".repeat(40), String::new()));
}

#[test]
fn a_review_tells_the_head_and_whether_its_fork_is_gone() {
    let payload = json!({
        "action": "submitted",
        "review": {"id": 5, "state": "CHANGES_REQUESTED", "body": null},
        "pull_request": {"number": 3, "state": "closed", "merged_at": "2026-01-01T00:00:00Z", "head": {"ref": "codex/issue-7", "sha": "abc", "repo": null},
                         "base": {"ref": "main"}}
    });
    let Subject::ReviewSubmitted { pull, state, review_id, body } =
        read("pull_request_review", &payload).unwrap().subject
    else {
        panic!("not a review")
    };
    assert_eq!((state.as_str(), review_id, body.as_str()), ("changes_requested", 5, ""));
    assert_eq!((pull.head_repository, pull.merged, pull.open), (None, true, false));
}

#[test]
fn a_schedule_needs_no_repository() {
    let event = parse(None, br#"{"schedule": "17 3 * * *"}"#).unwrap();
    assert_eq!((event.name.as_str(), event.repository, event.subject), ("schedule", None, Subject::Schedule));
}
