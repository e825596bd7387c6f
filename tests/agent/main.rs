//! The agent's place with the real Codex binary and a scripted model. `CODEXCTL_TEST_CODEX` names the binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail loudly")]

mod apart;
mod attacks;
mod bench;
#[path = "../support/codex.rs"]
mod codex;
mod config;
#[path = "../support/model.rs"]
mod model;
mod orphan;
mod runs;
mod security;
mod third;
