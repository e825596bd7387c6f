//! What each flow does: a list of steps over one context, run by hands that are live or dry.

pub mod cancel; // one word from outside: stop
mod choices; // which model, how much effort
mod dev; // an issue becomes a commit and a pull request
mod end; // the last word on the issue
mod facts; // fetches what the gates look at
pub mod hands; // live or dry: everything through which a run touches the world
pub mod identity; // which run this is
mod kept; // the agent's end, until it is published
mod lease; // holds a slot while a run lasts
mod mcp; // MCP servers as the agent's configuration wants them
pub mod options; // what the user asked of a run, typed
pub mod plan; // what a dry run shows
mod policy; // the publish policy, put before its judge
mod progress; // the comment that follows a run
pub mod results; // outputs and job summary
pub mod run; // one run and what it has found out so far
pub mod steps; // the steps and how they are run
pub mod stop; // why a run ended early
mod task; // what the agent is given
mod texts; // facts into the shapes of texts
pub mod workplace; // the folders of a run

use std::time::Duration;

use crate::policy::triggers::Flow;
use crate::publish::Identity;
use crate::settings::Settings;
use crate::stack::Loaded;
use crate::ui::Level;

pub use identity::run_id;

use run::Run;
use steps::Step;
use stop::Stop;

/// `codex.timeouts.exec` where services.yaml names none (spec 7.3).
const EXEC: Duration = Duration::from_secs(60 * 60);

/// The steps of a flow on this machine; none for a flow that is not available yet.
pub fn steps(flow: Flow) -> Option<Vec<Box<dyn Step>>> {
    match flow {
        Flow::Dev => Some(dev::steps()),
        Flow::Plan
        | Flow::PlanReview
        | Flow::Review
        | Flow::Repair
        | Flow::RepairReview
        | Flow::Cleanup
        | Flow::Deploy
        | Flow::Gc => None,
    }
}

/// Runs a flow to its end: steps, the last word after a failure, lease given back, a new slot of a failed run destroyed.
///
/// # Errors
/// What stopped the run; everybody has been told.
pub async fn run(steps: &[Box<dyn Step>], run: &mut Run) -> Result<(), Stop> {
    let ended = steps::run_all(steps, run).await;
    let ours = run.is_ours().await;
    if let Err(stop) = &ended
        && ours
        && (run.slot.is_some() || !matches!(stop, Stop::Gate { .. }))
    {
        end::tell_failure(run, stop).await;
    }
    if let Some(record) = run.doomed.take()
        && ours
    {
        destroy(run, record.slot).await;
    }
    if let Some(held) = run.lease.take() {
        held.release(&run.hands).await;
    }
    ended
}

/// Removes a slot: its folders first, the record last, so that a cut is found again.
async fn destroy(run: &Run, slot: u32) {
    let folders = [run.slot_folder(), run.workplace.state.join("publish").join(run.clone_name())];
    for folder in folders {
        if let Err(error) = std::fs::remove_dir_all(&folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            run.say(Level::Warning, format!("can't remove {}: {error}", folder.display()));
            return;
        }
    }
    let Some(store) = &run.store else { return };
    if let Err(error) = store.remove(slot).await {
        run.say(Level::Warning, error.to_string());
    }
}

/// How long the agent may work.
fn timeout(loaded: &Loaded) -> Duration {
    loaded.stack.codex.timeouts.exec.as_ref().map_or(EXEC, crate::stack::GoDuration::value)
}

/// Who stands in commits as author and committer (spec 7.3).
fn author(settings: &Settings) -> Identity {
    Identity {
        name: settings.variable("CODEXCTL_GH_USERNAME").unwrap_or("codex-bot").to_owned(),
        email: settings.variable("CODEXCTL_GH_EMAIL").unwrap_or("codex-bot@codex-k8s.local").to_owned(),
    }
}

/// The agent, as co-author.
fn co_author() -> Identity {
    Identity { name: "Codex".to_owned(), email: "codex@openai.com".to_owned() }
}
