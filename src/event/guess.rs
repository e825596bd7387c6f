//! Which event a payload is, told by its shape alone: people keep payloads as files without their name.

use serde_json::{Map, Value};

/// An event and the keys that its payload has; the first row whose keys are all there wins, so the special stands above the
/// general. Source of the shapes: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.
const SHAPES: &[(&str, &[&str])] = &[
    ("schedule", &["schedule"]),
    ("repository_dispatch", &["client_payload"]),
    ("workflow_dispatch", &["inputs", "ref"]),
    ("push", &["ref", "before", "after"]),
    ("pull_request_review_comment", &["action", "comment", "pull_request"]),
    ("pull_request_review_thread", &["action", "thread", "pull_request"]),
    ("pull_request_review", &["action", "review", "pull_request"]),
    ("issue_comment", &["action", "comment", "issue"]),
    ("discussion_comment", &["action", "comment", "discussion"]),
    ("discussion", &["action", "discussion"]),
    ("pull_request", &["action", "pull_request", "number"]),
    ("issues", &["action", "issue"]),
    ("deployment_status", &["deployment_status"]),
    ("check_run", &["action", "check_run"]),
    ("check_suite", &["action", "check_suite"]),
    ("workflow_job", &["action", "workflow_job"]),
    ("deployment_review", &["action", "workflow_job_run"]),
    ("deployment", &["action", "deployment"]),
    ("workflow_run", &["action", "workflow_run"]),
    ("release", &["action", "release"]),
    ("create", &["ref", "ref_type", "master_branch"]),
    ("delete", &["ref", "ref_type"]),
    ("fork", &["forkee"]),
    ("ping", &["zen", "hook"]),
    ("status", &["sha", "state", "context"]),
    ("star", &["action", "starred_at"]),
    ("merge_group", &["action", "merge_group"]),
    ("milestone", &["action", "milestone"]),
    ("commit_comment", &["action", "comment"]),
];

/// The event's name by the payload's shape; `None` when several events look like it.
pub fn guess_name(payload: &Map<String, Value>) -> Option<&'static str> {
    SHAPES.iter().find(|(_, keys)| keys.iter().all(|key| payload.contains_key(*key))).map(|(name, _)| *name)
}
