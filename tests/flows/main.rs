//! The flow `dev` for real, told as stories: the example shop with a remote of its own, the real Codex agent, a scripted model, and
//! GitHub's stand-in or the outbox. `CODEXCTL_TEST_CODEX` names the Codex binary; `make test` sets it up.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: helpers of stories stop the story"
)]

#[path = "../support/codex.rs"]
mod codex;
#[path = "../support/command.rs"]
mod command;
#[allow(dead_code, reason = "each test crate uses a part of it")]
#[path = "../support/git_http.rs"]
mod git_http;
#[path = "../support/model.rs"]
mod model;
#[path = "../support/github/mod.rs"]
mod stand;

mod again;
mod app;
mod attacks;
mod by_hand;
mod canaries;
mod canary;
mod canary_commands;
mod canary_tools;
mod cleanup;
mod cleanup_scene;
mod cleanup_trouble;
mod container;
mod cut;
mod done;
mod early;
mod ends;
mod failures;
mod full_disk;
mod full_slots;
mod gates;
mod gc;
mod hostile;
mod killed;
mod last_word;
mod limits;
mod limits_of_github;
mod look;
mod machines;
mod plan;
mod plan_hostile;
mod plan_review;
mod plan_strangers;
mod prompted;
mod refused;
mod protected;
mod review;
mod scene;
mod script;
mod shims;
mod stopped;
mod unpublished;
mod surfaces;
mod yard;
