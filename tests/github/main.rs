//! Stories about GitHub: what codexctl asks and writes, against a stand-in with state and real git, and what a user reads meanwhile.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: helpers of stories stop the story"
)]

#[allow(dead_code, reason = "each test crate uses a part of it")]
#[path = "../support/git_http.rs"]
mod git_http;
#[path = "../support/github/mod.rs"]
mod stand;
#[path = "../support/tls/mod.rs"]
mod tls;

mod app;
mod closing;
mod comments;
mod company;
mod connection;
mod contract;
mod hands;
mod issues;
mod pulls;
mod reads;
mod scene;
mod standin;
mod standin_apps;
mod standin_graphql;
mod standin_rest;
mod threads;
mod trouble;
