//! codexctl and a real Kubernetes API server.
//!
//! Set-up builds the server into the cache (`tests/setup/install.sh cluster`); each test binary starts one of its own.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what is wrong by panicking")]
// Each test binary uses a part of what the shared helpers offer.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "shared helpers")]

#[path = "../support/cluster.rs"]
mod cluster;
#[path = "../support/command.rs"]
mod command;

mod connection;
mod custom;
mod mistakes;
mod oracle;
mod scene;
mod shop;
mod standin;
