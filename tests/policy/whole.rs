//! The samples as they are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use codexctl_action::event::{Subject, guess_name, parse};
use codexctl_action::policy::triggers::{Decision, Known, route};

use serde_json::{Value, json};

use crate::samples::{ROUTED, SAMPLES};

#[test]
fn every_sample_is_read_and_decided() {
    // 7.6.1 has 329; a newer package may have more, an older one lacks events that this test is meant to see.
    assert!(SAMPLES.len() >= 329, "only {} samples", SAMPLES.len());
    let mut decided: BTreeMap<String, usize> = BTreeMap::new();
    for sample in SAMPLES.iter() {
        let bytes = sample.payload.to_string();
        let event = parse(Some(&sample.event), bytes.as_bytes())
            .unwrap_or_else(|error| panic!("{} {}: {error}", sample.event, sample.index));
        assert_eq!(event.name, sample.event);
        assert_eq!(event.action.as_deref(), sample.payload["action"].as_str());
        let line = match route(&event, &Known::default()) {
            Decision::Flow { flow, issue, pr, .. } => format!("{flow} (issue {issue:?}, pr {pr:?})"),
            Decision::Nothing { why } if ROUTED.contains(&sample.event.as_str()) => why,
            Decision::Nothing { why } => {
                assert!(why.ends_with(" starts no flow"), "{} {}: {why}", sample.event, sample.index);
                assert_eq!(event.subject, Subject::Other, "{} {}", sample.event, sample.index);
                "an event that starts no flow".to_owned()
            }
            Decision::Wrong { why } => panic!("{} {}: {why}", sample.event, sample.index),
        };
        *decided.entry(line).or_default() += 1;
    }
    let table = decided.iter().fold(String::new(), |mut table, (line, count)| {
        writeln!(table, "{count:3} {line}").expect("a String takes all");
        table
    });
    insta::assert_snapshot!(table, @"
      2 `issue_comment.deleted` starts no flow
      2 `issue_comment.edited` starts no flow
      3 `issues.assigned` starts no flow
      1 `issues.deleted` starts no flow
      2 `issues.demilestoned` starts no flow
      3 `issues.edited` starts no flow
      2 `issues.locked` starts no flow
      2 `issues.milestoned` starts no flow
      4 `issues.opened` starts no flow
      1 `issues.pinned` starts no flow
      1 `issues.reopened` starts no flow
      1 `issues.transferred` starts no flow
      2 `issues.unassigned` starts no flow
      2 `issues.unlabeled` starts no flow
      2 `issues.unlocked` starts no flow
      1 `issues.unpinned` starts no flow
      2 `pull_request.assigned` starts no flow
      3 `pull_request.converted_to_draft` starts no flow
      2 `pull_request.labeled` starts no flow
      2 `pull_request.locked` starts no flow
      4 `pull_request.opened` starts no flow
      3 `pull_request.ready_for_review` starts no flow
      2 `pull_request.reopened` starts no flow
      1 `pull_request.review_request_removed` starts no flow
      1 `pull_request.review_requested` starts no flow
      1 `pull_request.synchronize` starts no flow
      2 `pull_request.unassigned` starts no flow
      2 `pull_request.unlabeled` starts no flow
      2 `pull_request.unlocked` starts no flow
      1 `pull_request_review.dismissed` starts no flow
      5 a push to refs/tags/simple-tag starts no flow, only one to the default branch master does
      3 a review that says `commented` starts no flow, only `changes_requested` does
    247 an event that starts no flow
      2 cleanup (issue None, pr Some(2))
      2 deploy (issue None, pr None)
      2 label `bug` starts no flow
      2 repository_dispatch names no flow
      5 the comment has no line `[ai-plan]`
      2 workflow_dispatch names no flow
    ");
}

#[test]
fn the_shape_alone_tells_every_event_that_starts_a_flow_and_mistakes_none_for_one() {
    for sample in SAMPLES.iter() {
        let guess = guess_name(sample.payload.as_object().expect("a payload is an object"));
        if ROUTED.contains(&sample.event.as_str()) {
            assert_eq!(guess, Some(sample.event.as_str()), "sample {}", sample.index);
        } else if let Some(guess) = guess {
            assert_eq!(guess, sample.event, "sample {}", sample.index);
        }
    }
}

#[test]
fn repository_and_sender_are_what_the_sample_says() {
    for sample in SAMPLES.iter().filter(|sample| ROUTED.contains(&sample.event.as_str())) {
        let event = parse(None, sample.payload.to_string().as_bytes()).expect("the sample is read");
        let repository = event.repository.expect("these events have a repository");
        assert_eq!(Some(repository.full_name().as_str()), sample.payload["repository"]["full_name"].as_str());
        assert_eq!(repository.default_branch.as_deref(), sample.payload["repository"]["default_branch"].as_str());
        let sender = event.sender.expect("these events have a sender");
        assert_eq!(Some(sender.login.as_str()), sample.payload["sender"]["login"].as_str());
        assert_eq!(sender.bot, sample.payload["sender"]["type"] == "Bot");
    }
}

/// What a sample becomes when a few of its values are what GitHub sends in a case that the package has no sample of.
fn changed(event: &str, action: &str, set: &[(&str, Value)]) -> String {
    let mut sample = SAMPLES.iter().filter(|sample| sample.event == event && sample.payload["action"] == action);
    // The newest sample of an event stands last and has the most fields.
    let mut payload = sample.next_back().expect("the package has such an event").payload.clone();
    for (path, value) in set {
        let (parent, key) = path.rsplit_once('/').expect("a path has a slash");
        payload.pointer_mut(parent).expect("the parent is there")[key] = value.clone();
    }
    let event = parse(Some(event), payload.to_string().as_bytes()).expect("a payload as GitHub sends it is read");
    match route(&event, &Known::default()) {
        Decision::Flow { flow, env, issue, pr, .. } => format!("{flow} in {env} (issue {issue:?}, pr {pr:?})"),
        Decision::Nothing { why } | Decision::Wrong { why } => why,
    }
}

#[test]
fn cases_that_the_package_lacks_are_decided_too() {
    let closed = [("/action", json!("closed")), ("/issue/state", json!("closed"))];
    insta::assert_snapshot!(changed("issues", "reopened", &closed), @"cleanup in ai (issue Some(1), pr None)");
    let dev = [("/label/name", json!("[ai-dev]"))];
    insta::assert_snapshot!(changed("issues", "labeled", &dev), @"dev in ai (issue Some(1), pr None)");
    let requested = [("/review/state", json!("changes_requested"))];
    insta::assert_snapshot!(changed("pull_request_review", "submitted", &requested), @"review in ai (issue None, pr Some(2))");
    let repair =
        [("/review/state", json!("changes_requested")), ("/pull_request/head/ref", json!("codex/ai-repair-9"))];
    insta::assert_snapshot!(changed("pull_request_review", "submitted", &repair), @"repair-review in ai-repair (issue Some(9), pr Some(2))");
    let merged = [("/pull_request/merged", json!(true)), ("/pull_request/head/ref", json!("codex/issue-5"))];
    insta::assert_snapshot!(changed("pull_request", "closed", &merged), @"cleanup in ai (issue Some(5), pr Some(2))");
    let on_pull =
        [("/issue/pull_request", json!({"url": "https://api.github.com/x"})), ("/comment/body", json!("[ai-plan]"))];
    insta::assert_snapshot!(changed("issue_comment", "created", &on_pull), @"a comment on a pull request starts no flow");
    let on_issue = [("/comment/body", json!("Shorter, please.\r\n\r\n[ai-plan]"))];
    insta::assert_snapshot!(changed("issue_comment", "created", &on_issue), @"plan-review in ai (issue Some(1), pr None)");
}
