//! The samples, read once.

use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;

/// One payload and the event that it belongs to.
pub(crate) struct Sample {
    pub(crate) event: String,
    /// Its place among the samples of that event, to find it again.
    pub(crate) index: usize,
    pub(crate) payload: Value,
}

/// All samples of github.com.
pub(crate) static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let modules = std::env::var_os("CODEXCTL_TEST_NPM")
        .expect("CODEXCTL_TEST_NPM is not set: it names the folder of node modules for tests, which `make test` fills");
    let path = PathBuf::from(modules).join("@octokit/webhooks-examples/api.github.com/index.json");
    let text = std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run `make test`, which installs it", path.display()));
    let events: Vec<Value> = serde_json::from_slice(&text).expect("the package's index is JSON");
    events
        .iter()
        .flat_map(|event| {
            let name = event["name"].as_str().expect("an event has a name").to_owned();
            let examples = event["examples"].as_array().expect("an event has examples");
            examples.iter().enumerate().map(move |(index, payload)| Sample {
                event: name.clone(),
                index,
                payload: payload.clone(),
            })
        })
        .collect()
});

/// Events that can start a flow.
pub(crate) const ROUTED: [&str; 7] = [
    "issues",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "push",
    "workflow_dispatch",
    "repository_dispatch",
];
