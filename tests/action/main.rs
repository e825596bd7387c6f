//! The container action as GitHub's runner starts it, with the real image, the real Codex agent, a scripted model, GitHub's stand-in
//! and a git remote. Wants root and what `tests/setup/install.sh containers` installs; `make action` sets it up.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "test code: helpers of stories stop the story, and say what they saw"
)]

#[path = "../support/codex.rs"]
mod codex;
#[path = "../support/command.rs"]
mod command;
#[allow(dead_code, reason = "each test crate uses a part of it")]
#[path = "../support/git_http.rs"]
mod git_http;
#[allow(dead_code, reason = "each test crate uses a part of it")]
#[path = "../flows/look.rs"]
mod look;
#[path = "../support/model.rs"]
mod model;
#[allow(dead_code, unreachable_pub, reason = "each test crate uses a part of it; benches see it from outside")]
#[path = "../support/parts.rs"]
mod parts;
#[allow(dead_code, reason = "each test crate uses a part of it")]
#[path = "../flows/script.rs"]
mod script;
#[path = "../support/github/mod.rs"]
mod stand;
#[path = "../flows/yard.rs"]
mod yard;

mod act;
mod container;
mod engine;
mod image;
mod runner;
mod scene;
mod setup;
mod workflows;
