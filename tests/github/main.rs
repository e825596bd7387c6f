//! Stories about GitHub: what codexctl asks and writes, against a stand-in with state and real git, and what a user reads meanwhile.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: helpers of stories stop the story"
)]

#[path = "../support/github/mod.rs"]
mod stand;

mod comments;
mod connection;
mod hands;
mod pulls;
mod reads;
mod scene;
mod standin;
mod trouble;
