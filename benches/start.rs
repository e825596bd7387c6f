//! How long a user waits: process start and a dry run, beside what else would answer the same question on the same machine.
//!
//! `cargo bench --bench start` builds the release binary and runs this; `… -- 500` takes 500 rounds.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a benchmark prints, and ends where it can't measure"
)]

mod support;

use std::path::Path;

use support::{Candidate, compare, rounds};

/// What a workflow step does by hand in the tool's place: read the event, look at its label, say so.
const BY_HAND: &str = "const event = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8')); \
    const dev = event.action === 'labeled' && event.label.name.toLowerCase() === '[ai-dev]'; \
    console.log(dev ? `flow dev for issue #${event.issue.number}` : 'nothing to do');";

fn main() {
    let rounds = rounds();
    let codexctl = env!("CARGO_BIN_EXE_codexctl");
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop");
    let event = shop.join("events/dev.json").display().to_string();
    compare(
        "Start",
        rounds,
        &shop,
        vec![
            Candidate::new("codexctl version", codexctl, &["version"]),
            Candidate::new("git --version", "git", &["--version"]),
            Candidate::new("node --version", "node", &["--version"]),
        ],
    );
    compare(
        "What does this event ask for?",
        rounds,
        &shop,
        vec![
            Candidate::new(
                "codexctl run --dry-run (the whole plan)",
                codexctl,
                &["run", "--dry-run", "--event", &event],
            ),
            Candidate::new(
                "codexctl run --dry-run (nothing to do)",
                codexctl,
                &["run", "--dry-run", "--event-name", "milestone", "--event", &event],
            ),
            Candidate::new("node, JSON.parse and a look at the label", "node", &["-e", BY_HAND, &event]),
        ],
    );
    let action = |name| {
        let step = Candidate::new(name, codexctl, &["action"]).env("GITHUB_ACTIONS", "true").env("GITHUB_RUN_ID", "42");
        step.env("GITHUB_EVENT_PATH", &event).env("GITHUB_EVENT_NAME", "milestone")
    };
    compare(
        "A step of the action whose event is not for it",
        rounds,
        &shop,
        vec![
            action("codexctl action, to its first line").until_its_first_line(),
            action("codexctl action, to its end"),
        ],
    );
    let size = std::fs::metadata(codexctl).expect("the binary").len();
    println!("Binary: {:.1} MB", size as f64 / 1e6);
}
