//! The agent (spec 7): what it is told and run with, where it runs, what came out. `place` uses the rest; only it has effects.

pub mod config; // the run's config.toml
pub mod events; // Codex's JSON lines → typed events, progress, totals
pub mod place; // where the agent runs: this machine, or nowhere in a dry run
pub mod prompt; // typed facts → the prompt
pub mod proxy; // the loopback door to the model that holds the key and counts tokens
pub mod result; // what the agent hands in: schema and reading
pub mod verdict; // how the run went, from events, result and diff

/// The version of the Codex CLI that codexctl is tried with and fetches where none is installed (npm `@openai/codex`).
pub const CODEX_VERSION: &str = "0.169.0";
