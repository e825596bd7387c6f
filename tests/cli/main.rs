//! What a user meets on the command line, told by the real binary: help, mistakes, plans, outputs, and every payload that GitHub has.
//!
//! The samples are the npm package `@octokit/webhooks-examples`, in the folder of node modules that the set-up script fills and
//! `CODEXCTL_TEST_NPM` names.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what is wrong by panicking")]
// Each test binary uses a part of what the shared helpers offer.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "shared helpers")]

#[path = "../support/command.rs"]
mod command;
#[path = "../support/git_http.rs"]
mod git_http;
#[path = "../support/parts.rs"]
mod parts;
#[path = "../support/github/mod.rs"]
mod stand;
#[path = "../support/tls/mod.rs"]
mod tls;

mod action;
mod agent_config;
mod agent_config_mistakes;
mod config;
mod doctor;
mod ensure_slot;
mod events;
mod gates;
mod help;
mod hostile;
mod init;
mod manage_env;
mod manage_env_asks;
mod payloads;
mod plan;
mod plan_root;
mod prompt;
mod prompt_kinds;
mod render;
mod render_big;
mod render_file;
mod render_secrets;
mod scene;
mod schema;
mod streams;
mod validate;
mod values;
