//! `codexctl` turns a labelled GitHub issue into reviewed work. This is the map of its rooms; data goes from top to bottom.

pub mod answer; // what a question to the outside gave: known, or unknown and why
pub mod clock; // the time, as a thing that can be handed in
pub mod event; // webhook payloads → one Event
pub mod github;
pub mod secrets; // what a secret is, a type that can't be printed, the redactor
pub mod slots; // records and leases of slots
pub mod ui; // how a run speaks: terminal, plain lines, GitHub's log, JSON // GitHub itself, an outbox in its place, or a dry hand
pub mod gotmpl; // Go's text/template
