//! `manage-env close-linked-issue` and `delete-branch`: what belongs to one of codexctl's branches, by its name.

use super::cleanup;
use crate::cli::call::Call;
use crate::cli::slots::{self, Ended, Ground, warn, would};
use crate::cli::{CommandError, Exit};
use crate::event::Pull;
use crate::flows::stop::Stop;
use crate::flows::upkeep::{self, Branches, Removal, Upkeep};
use crate::policy::triggers::Flow;
use crate::report::outputs::Outputs;
use crate::ui::{Level, Note};

/// What is said where GitHub can't be asked.
pub(super) const NO_TOKEN: &str =
    "no GitHub token (CODEXCTL_GH_PAT, GH_TOKEN, GITHUB_TOKEN): branches and issue are left as they are";

/// `close-linked-issue`.
pub(super) async fn close_linked_issue(call: &mut Call) -> Result<(String, Exit), Ended> {
    let (ground, branch) = open(call, "close-linked-issue").await?;
    let mut outputs = Outputs::default();
    let close = call.settings.switch("close-issue")?;
    let mut closed = None;
    match upkeep::issue_of(&branch) {
        None => left_alone(call, &branch),
        Some(issue) if !close => {
            let text = format!("issue #{issue} is left as it is: --close-issue closes it");
            call.ui.note(&Note::new(Level::Notice, text));
        }
        Some(_) if !ground.upkeep.hands.has_token => warn(call, NO_TOKEN),
        Some(issue) => {
            ground.upkeep.hands.github.close_issue(issue).await.map_err(Stop::failed)?;
            call.ui.note(&Note::new(Level::Info, format!("issue #{issue} is closed")));
            closed = Some(issue);
        }
    }
    outputs.set("closed_issue", closed);
    if ground.upkeep.dry {
        outputs.set("would", would(&ground.upkeep));
    }
    slots::result(call, &outputs, None)
}

/// `delete-branch`: the branch and what an unfinished run left beside it.
pub(super) async fn delete(call: &mut Call) -> Result<(String, Exit), Ended> {
    let (ground, branch) = open(call, "delete-branch").await?;
    let mut branches = Branches::default();
    let mut removal = Removal::default();
    match upkeep::issue_of(&branch) {
        None => left_alone(call, &branch),
        Some(_) if !ground.upkeep.hands.has_token => warn(call, NO_TOKEN),
        Some(issue) => {
            branches = sweep(&ground.upkeep, issue, None, Some(&branch)).await?;
            removal.failures.extend(branches.failed.iter().map(Stop::failed));
            if branches.deleted.is_empty() && branches.kept.is_empty() && branches.failed.is_empty() {
                call.ui.note(&Note::new(Level::Info, format!("there is no branch {branch}")));
            }
        }
    }
    cleanup::end(call, &ground.upkeep, removal, &branches, None)
}

async fn open(call: &mut Call, name: &str) -> Result<(Ground, String), Ended> {
    let Some(branch) = call.settings.text("branch") else {
        return Err(CommandError::new(format!("manage-env {name} has to know the branch: give --branch")).into());
    };
    Ok((Ground::of_any_runtime(call, Flow::Cleanup.name()).await?, branch))
}

fn left_alone(call: &Call, branch: &str) {
    let text = format!("branch {branch} is not one of codexctl's (codex/issue-N, codex/ai-repair-N): it is left alone");
    call.ui.note(&Note::new(Level::Notice, text));
}

/// Deletes an issue's branches that are no longer needed, as the remote has them now.
pub(super) async fn sweep(
    upkeep: &Upkeep,
    issue: u64,
    pull: Option<&Pull>,
    only: Option<&str>,
) -> Result<Branches, Stop> {
    let heads = upkeep.hands.sources.fetch().await.map_err(Stop::failed)?.into_known();
    upkeep::sweep(upkeep, issue, heads.as_ref(), pull, only).await
}
