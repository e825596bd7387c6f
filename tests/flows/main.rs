//! The flow `dev` for real, told as stories: the example shop with a remote of its own, the real Codex agent, a scripted model, and
//! GitHub's stand-in or the outbox. `CODEXCTL_TEST_CODEX` names the Codex binary; `make test` sets it up.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: helpers of stories stop the story"
)]

#[path = "../support/command.rs"]
mod command;
#[path = "../support/model.rs"]
mod model;
#[path = "../support/github/mod.rs"]
mod stand;

mod again;
mod app;
mod by_hand;
mod canaries;
mod canary;
mod cleanup;
mod cleanup_scene;
mod cleanup_trouble;
mod done;
mod ends;
mod failures;
mod gates;
mod gc;
mod hostile;
mod killed;
mod limits;
mod look;
mod machines;
mod plan;
mod plan_hostile;
mod plan_review;
mod plan_strangers;
mod prompted;
mod review;
mod scene;
mod script;
mod shims;
mod stopped;
mod surfaces;
