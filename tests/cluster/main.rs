//! codexctl and a Kubernetes control plane.
//!
//! Set-up builds it into the cache (`tests/setup/install.sh cluster`); each test binary starts one of its own.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what is wrong by panicking")]
// Each test binary uses a part of what the shared helpers offer.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "shared helpers")]

#[path = "../support/cluster.rs"]
mod cluster;
#[path = "../support/command.rs"]
mod command;
#[path = "../support/faulty.rs"]
mod faulty;

mod apply;
mod connection;
mod custom;
mod hooks;
mod faults;
mod mistakes;
mod oracle;
mod ownership;
mod plane;
mod removal;
mod scene;
mod shop;
mod standin;
mod rollout;
mod status;
mod troubles;
mod wait;
mod waiting;
mod workloads;
