//! Sources and work between a real remote, codexctl's own clones and an agent's tree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too, but clippy does not see it")]

#[path = "../support/git_http.rs"]
mod git_http;
mod gitleaks;
mod hostile;
mod house;
mod http;
mod lfs;
mod odd;
#[path = "../support/parts.rs"]
#[allow(dead_code, unreachable_pub, reason = "other tests use the other parts")]
mod parts;
mod push;
mod save;
mod thread;
