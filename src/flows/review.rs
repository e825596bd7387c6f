//! The flow `review` on this machine: what a review asks for becomes a commit on the pull request's branch, and each of its threads
//! gets its answer (spec 4.3).

use super::steps::Step;
use super::steps::{
    acknowledge, agent, check, commit, fetch, gates, linked, notice, prompt, push, report, slot, sources, threads,
};

/// The steps, in order.
pub(super) fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(gates::Gates),
        Box::new(acknowledge::Acknowledge),
        Box::new(linked::FindIssue),
        Box::new(fetch::Fetch),
        Box::new(slot::TakeSlot),
        Box::new(sources::PlaceSources),
        Box::new(prompt::WritePrompt),
        Box::new(agent::RunAgent),
        Box::new(check::Check),
        Box::new(commit::MakeCommit),
        Box::new(push::PushCommit),
        Box::new(notice::PutNotice),
        Box::new(threads::AnswerThreads),
        Box::new(report::Tell),
    ]
}
