//! Every payload that GitHub's own samples have, whole, cut and spoilt, through the reader of events and the routing table.
//!
//! The samples are the npm package `@octokit/webhooks-examples`, in the folder of node modules that the set-up script fills and
//! `CODEXCTL_TEST_NPM` names.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

mod samples;
mod spoilt;
mod whole;
