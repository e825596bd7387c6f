//! Sources and work between a real remote, codexctl's own clones and an agent's tree.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too, but clippy does not see it")]

#[path = "../support/git_http.rs"]
mod git_http;
mod hostile;
mod house;
mod http;
mod push;
mod save;
mod thread;
