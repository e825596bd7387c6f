//! Stories: an event comes in, a decision comes out.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;

fn event(name: &str, mut payload: Value) -> Event {
    payload["repository"] = json!({"full_name": "o/shop", "default_branch": "main"});
    crate::event::parse(Some(name), payload.to_string().as_bytes()).unwrap()
}

/// The decision as one line.
fn decided(event: &Event) -> String {
    said_decision(&route(event, &Known::default()))
}

fn said_decision(decision: &Decision) -> String {
    match decision {
        Decision::Flow { flow, env, kind, issue, pr } => {
            let kind = kind.map_or("-", Kind::name);
            format!("{flow} in {env}, {kind}, issue {issue:?}, pr {pr:?}")
        }
        Decision::Nothing { why } => format!("nothing: {why}"),
        Decision::Wrong { why } => format!("wrong: {why}"),
    }
}

fn label(name: &str) -> String {
    decided(&event(
        "issues",
        json!({"action": "labeled", "issue": {"number": 7, "state": "open"}, "label": {"name": name}}),
    ))
}

fn comment(body: &str) -> String {
    let payload =
        json!({"action": "created", "issue": {"number": 7, "state": "open"}, "comment": {"id": 1, "body": body}});
    decided(&event("issue_comment", payload))
}

fn pull(head: &str, head_repository: &str) -> Value {
    json!({"number": 12, "state": "open", "head": {"ref": head, "repo": {"full_name": head_repository}}})
}

fn review(state: &str, head: &str, head_repository: &str) -> String {
    let payload = json!({"action": "submitted", "review": {"id": 1, "state": state}, "pull_request": pull(head, head_repository)});
    decided(&event("pull_request_review", payload))
}

fn push(reference: &str, message: &str) -> String {
    decided(&event("push", json!({"ref": reference, "after": "abc", "head_commit": {"message": message}})))
}

fn dispatch(inputs: &Value) -> String {
    decided(&event("workflow_dispatch", json!({"ref": "refs/heads/main", "inputs": inputs})))
}

#[test]
fn trigger_labels_start_their_flows_and_other_labels_none() {
    assert_snapshot!(label("[ai-plan]"), @"plan in ai, plan_issue, issue Some(7), pr None");
    assert_snapshot!(label("[ai-dev]"), @"dev in ai, dev_issue, issue Some(7), pr None");
    assert_snapshot!(label("[AI-Dev]"), @"dev in ai, dev_issue, issue Some(7), pr None");
    assert_snapshot!(label("[ai-repair]"), @"repair in ai-repair, ai-repair_issue, issue Some(7), pr None");
    assert_snapshot!(label("bug"), @"nothing: label `bug` starts no flow");
    assert_snapshot!(label("ai-dev"), @"nothing: label `ai-dev` starts no flow");
    assert_snapshot!(label("[ai-model-gpt-5.2]"), @"nothing: label `[ai-model-gpt-5.2]` starts no flow");
}

#[test]
fn a_comment_starts_a_plan_review_by_a_line_of_its_own() {
    assert_snapshot!(comment("Shorter, please.\n\n[AI-plan]\n"), @"plan-review in ai, plan_review, issue Some(7), pr None");
    assert_snapshot!(comment("please [ai-plan] again"), @"nothing: `[ai-plan]` counts on a line of its own, outside quotes and code; this comment has it elsewhere");
    assert_snapshot!(comment("> [ai-plan]"), @"nothing: `[ai-plan]` counts on a line of its own, outside quotes and code; this comment has it elsewhere");
    assert_snapshot!(comment("thanks"), @"nothing: the comment has no line `[ai-plan]`");
    let on_pull = json!({"action": "created", "issue": {"number": 12, "state": "open", "pull_request": {}}, "comment": {"id": 1, "body": "[ai-plan]"}});
    assert_snapshot!(decided(&event("issue_comment", on_pull)), @"nothing: a comment on a pull request starts no flow");
}

#[test]
fn a_review_that_requests_changes_starts_work_on_them() {
    assert_snapshot!(review("changes_requested", "codex/issue-7", "o/shop"), @"review in ai, dev_review, issue Some(7), pr Some(12)");
    assert_snapshot!(review("changes_requested", "feature/x", "o/shop"), @"review in ai, dev_review, issue None, pr Some(12)");
    assert_snapshot!(review("changes_requested", "codex/ai-repair-7", "O/Shop"), @"repair-review in ai-repair, ai-repair_review, issue Some(7), pr Some(12)");
    assert_snapshot!(review("approved", "codex/issue-7", "o/shop"), @"nothing: a review that says `approved` starts no flow, only `changes_requested` does");
}

#[test]
fn a_forks_branch_name_never_names_an_issue_of_ours() {
    assert_snapshot!(review("changes_requested", "codex/issue-7", "mallory/shop"), @"review in ai, dev_review, issue None, pr Some(12)");
}

#[test]
fn what_is_closed_is_cleaned_up() {
    let issue = json!({"action": "closed", "issue": {"number": 7, "state": "closed"}});
    assert_snapshot!(decided(&event("issues", issue)), @"cleanup in ai, -, issue Some(7), pr None");
    let payload = json!({"action": "closed", "pull_request": pull("codex/issue-7-2", "o/shop")});
    assert_snapshot!(decided(&event("pull_request", payload)), @"cleanup in ai, -, issue Some(7), pr Some(12)");
}

#[test]
fn only_a_push_to_the_default_branch_is_deployed() {
    assert_snapshot!(push("refs/heads/main", "feat: x"), @"deploy in ai-staging, -, issue None, pr None");
    assert_snapshot!(push("refs/heads/dev", "feat: x"), @"nothing: a push to branch dev starts no flow, only one to the default branch main does");
    assert_snapshot!(push("refs/tags/main", "feat: x"), @"nothing: a push to refs/tags/main starts no flow, only one to the default branch main does");
    assert_snapshot!(push("refs/heads/main", "docs: x\n\n[No-CI]"), @"nothing: the head commit's message says `[No-CI]`");
    for mark in ["[skip ci]", "[skip-ci]", "[no ci]", "[no-ci]"] {
        assert!(push("refs/heads/main", &format!("docs: x {mark}")).starts_with("nothing"), "{mark}");
    }
    let deleted = event("push", json!({"ref": "refs/heads/main", "deleted": true}));
    assert_snapshot!(decided(&deleted), @"nothing: branch main was deleted");
}

#[test]
fn an_older_file_is_deployed_to_staging() {
    let pushed = event("push", json!({"ref": "refs/heads/main", "after": "abc"}));
    let known = Known { older_staging: true, ..Known::default() };
    assert_snapshot!(said_decision(&route(&pushed, &known)), @"deploy in staging, -, issue None, pr None");
}

#[test]
fn a_payload_without_default_branch_takes_the_known_one() {
    let mut pushed = event("push", json!({"ref": "refs/heads/trunk", "after": "abc"}));
    pushed.repository = None;
    assert_snapshot!(decided(&pushed), @"nothing: the payload doesn't name the default branch, and only a push to it is deployed");
    let known = Known { default_branch: Some("trunk".to_owned()), older_staging: false, ..Known::default() };
    assert_snapshot!(said_decision(&route(&pushed, &known)), @"deploy in ai-staging, -, issue None, pr None");
}

#[test]
fn a_dispatch_starts_the_flow_that_it_names() {
    assert_snapshot!(dispatch(&json!({"flow": "dev", "issue": "7"})), @"dev in ai, dev_issue, issue Some(7), pr None");
    assert_snapshot!(dispatch(&json!({"flow": "review", "pr": 12})), @"review in ai, dev_review, issue None, pr Some(12)");
    assert_snapshot!(dispatch(&json!({"flow": "gc"})), @"gc in ai, -, issue None, pr None");
    assert_snapshot!(dispatch(&json!({"flow": "dev"})), @"wrong: the flow dev needs an issue: give --issue, or the input `issue`");
    assert_snapshot!(dispatch(&json!({"flow": "repair-review", "issue": 7})), @"wrong: the flow repair-review needs a pull request: give --pr, or the input `pr`");
    assert_snapshot!(dispatch(&json!({"flow": "cleanup"})), @"wrong: the flow cleanup needs an issue or a pull request: give --issue or --pr, or the inputs `issue` or `pr`");
    assert_snapshot!(dispatch(&json!({"flow": "plan-reviw", "issue": 7})), @"wrong: workflow_dispatch: there is no flow `plan-reviw` (did you mean plan-review?): known are plan, plan-review, dev, review, repair, repair-review, cleanup, deploy, gc");
    assert_snapshot!(dispatch(&json!({"flow": "x\u{1b}[31m"})), @r"wrong: workflow_dispatch: there is no flow `x\u{1b}[31m`: known are plan, plan-review, dev, review, repair, repair-review, cleanup, deploy, gc");
    assert_snapshot!(dispatch(&json!({"color": "red"})), @"nothing: workflow_dispatch names no flow");
    let sent = event("repository_dispatch", json!({"action": "go", "client_payload": {"flow": "plan", "issue": 7}}));
    assert_snapshot!(decided(&sent), @"plan in ai, plan_issue, issue Some(7), pr None");
}

#[test]
fn the_clock_collects_garbage_and_anything_else_is_nothing_to_do() {
    assert_snapshot!(decided(&event("schedule", json!({"schedule": "0 3 * * *"}))), @"gc in ai, -, issue None, pr None");
    assert_snapshot!(decided(&event("issues", json!({"action": "opened"}))), @"nothing: `issues.opened` starts no flow");
    assert_snapshot!(decided(&event("fork", json!({}))), @"nothing: `fork` starts no flow");
    let odd = json!({"action": "labeled", "issue": {"number": 7, "state": "open", "pull_request": {}}, "label": {"name": "[ai-dev]"}});
    assert_snapshot!(decided(&event("issues", odd)), @"nothing: `issues.labeled` of a pull request starts no flow");
}

#[test]
fn a_forced_flow_takes_its_numbers_from_the_event() {
    let labeled = event(
        "issues",
        json!({"action": "labeled", "issue": {"number": 7, "state": "open"}, "label": {"name": "bug"}}),
    );
    assert_snapshot!(said_decision(&force(Flow::Dev, &labeled, &Known::default())), @"dev in ai, dev_issue, issue Some(7), pr None");
    assert_snapshot!(said_decision(&force(Flow::Review, &labeled, &Known::default())), @"wrong: the flow review needs a pull request: give --pr, or the input `pr`");
}

#[test]
fn branches_of_ours_name_their_issue() {
    for (branch, issue) in [("codex/issue-7", Some(7)), ("codex/issue-7-2", Some(7)), ("codex/ai-repair-9", Some(9))] {
        assert_eq!(issue_of_branch(branch), issue, "{branch}");
    }
    for branch in [
        "codex/issue-",
        "codex/issue-0",
        "codex/issue-7-wip",
        "codex/issue-7x",
        "x/codex/issue-7",
        "main",
        "codex/issue-7-",
        "codex/issue-+7",
    ] {
        assert_eq!(issue_of_branch(branch), None, "{branch}");
    }
}

#[test]
fn names_of_flows_and_kinds_are_read_back() {
    for flow in Flow::ALL {
        assert_eq!(flow.to_string().parse(), Ok(flow));
    }
    for kind in Kind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
}

#[test]
fn the_table_reads_as_the_help_shows_it() {
    assert_snapshot!(table(), @"
    event: condition                        flow           environment    prompt
    issues.labeled
      label [ai-plan]                       plan           ai             plan_issue
      label [ai-dev]                        dev            ai             dev_issue
      label [ai-repair]                     repair         ai-repair      ai-repair_issue
    issue_comment.created
      on an issue, a line [ai-plan]         plan-review    ai             plan_review
    pull_request_review.submitted
      changes requested, codex/ai-repair-*  repair-review  ai-repair      ai-repair_review
      changes requested, any other branch   review         ai             dev_review
    issues.closed                           cleanup        ai, ai-repair
    pull_request.closed                     cleanup        ai, ai-repair
    push
      to the default branch, no [skip ci]   deploy         ai-staging
    workflow_dispatch
      inputs flow, issue, pr                as named
    repository_dispatch
      payload flow, issue, pr               as named
    schedule                                gc             ai, ai-repair
    ");
}
