//! `codexctl manage-env`: slots, whose they are, and their end.

mod branch; // close-linked-issue, delete-branch
mod cleanup; // cleanup, cleanup-pr, cleanup-issue
mod comment; // comment, comment-pr
mod gc; // what nobody needs any more
mod list; // all slots
mod set; // links a slot

use super::call::Call;
use super::{CommandError, Exit, Outcome, slots};

/// Runs the command of this name.
pub(super) fn run(call: &mut Call, name: &str) -> Result<Outcome, CommandError> {
    match name {
        "list" => slots::run(call, async |call| list::list(call).await),
        "set" => slots::run(call, async |call| set::set(call).await),
        "comment" => slots::run(call, async |call| comment::comment(call, false).await),
        "comment-pr" => slots::run(call, async |call| comment::comment(call, true).await),
        "cleanup" => slots::run(call, async |call| cleanup::cleanup(call).await),
        "cleanup-pr" => slots::run(call, async |call| cleanup::of_pull(call).await),
        "cleanup-issue" => slots::run(call, async |call| cleanup::of_issue(call).await),
        "close-linked-issue" => slots::run(call, async |call| branch::close_linked_issue(call).await),
        "delete-branch" => slots::run(call, async |call| branch::delete(call).await),
        "gc" => slots::run(call, async |call| gc::gc(call).await),
        // clap refuses every name that is not in the tree.
        _ => Ok(Outcome { text: String::new(), exit: Exit::Usage }),
    }
}
