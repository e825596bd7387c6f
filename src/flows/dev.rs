//! The flow `dev` on this machine: an issue becomes a commit and a pull request (spec 4.3).

use super::steps::Step;
use super::steps::{acknowledge, agent, check, commit, fetch, gates, prompt, pull, push, report, slot, sources};

/// The steps, in order.
pub(super) fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(gates::Gates),
        Box::new(acknowledge::Acknowledge),
        Box::new(fetch::Fetch),
        Box::new(slot::TakeSlot),
        Box::new(sources::PlaceSources),
        Box::new(prompt::WritePrompt),
        Box::new(agent::RunAgent),
        Box::new(check::Check),
        Box::new(commit::MakeCommit),
        Box::new(push::PushCommit),
        Box::new(pull::OpenPull),
        Box::new(report::Tell),
    ]
}
