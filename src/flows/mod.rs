//! What each flow does: a list of steps over one context, run by hands that are live or dry.

pub mod about; // which issue, which pull request, asked where
pub mod access; // as whom a run speaks to GitHub
mod agent_config; // the pieces of the agent's config.toml, mistakes at their places
mod agent_token; // what GitHub token the agent gets
pub mod apply; // what lies in a slot's folder goes to a pull request
mod aside; // work that may not leave this machine
mod authors; // who stands in commits
pub mod cancel; // one word from outside: stop
mod choices; // which model, how much effort
mod cleanup; // what a closed issue or pull request had goes
mod comments; // which comments the agent is told
mod dev; // an issue becomes a commit and a pull request
mod end; // the last word on the issue
mod facts; // fetches what the gates look at
mod gc; // slots that nobody needs any more go
pub mod hands; // live or dry: everything through which a run touches the world
pub mod hook_comments; // comments of hooks where no flow runs
pub mod identity; // which run this is
mod kept; // the agent's end, until it is published
mod lease; // holds a slot while a run lasts
mod loading; // services.yaml for a run
mod memory; // what a planning agent's thread knows already
mod mcp; // MCP servers as the agent's configuration wants them
pub mod options; // what the user asked of a run, typed
pub mod origin; // the repository of a work tree
pub mod plan; // what a dry run shows
mod planning; // an issue gets a plan, and the plan answers what people say
mod policy; // the publish policy, put before its judge
mod preflight; // what would stop a run later, looked at before it costs anything
pub mod preview; // what an agent would be told, without a run
mod progress; // the comment that follows a run
mod prompt; // facts into the prompt's data
pub mod results; // outputs and job summary
mod review; // a review becomes a commit, and each of its threads gets its answer
mod reviewed; // what reviewers wrote, as the agent is told it
pub mod root; // the root of a plan
pub mod run; // one run and what it has found out so far
pub mod steps; // the steps and how they are run
pub mod stop; // why a run ended early
mod task; // the agent's task: prompts, configuration, and what its place has to know
mod texts; // facts into the shapes of texts
mod taking_back; // what a killed run left goes, or is kept
mod told; // what a planning agent is told
pub mod trail; // what stays of a step that is killed
pub mod upkeep; // slots beyond a run: which there are, and their end
pub mod workplace; // the folders of a run

use std::time::Duration;

use crate::policy::triggers::Flow;

pub use agent_config::mistakes as agent_mistakes;
pub use identity::run_id;
pub use taking_back::{TakenBack, take_back};

use run::Run;
use steps::Step;
use stop::Stop;

/// `codex.timeouts.exec` where services.yaml names none (spec 7.3).
pub(crate) const EXEC: Duration = Duration::from_secs(60 * 60);

/// The steps of a flow on this machine; none for a flow that is not available yet.
pub fn steps(flow: Flow) -> Option<Vec<Box<dyn Step>>> {
    match flow {
        Flow::Dev => Some(dev::steps()),
        Flow::Plan => Some(planning::plan()),
        Flow::PlanReview => Some(planning::review()),
        Flow::Review => Some(review::steps()),
        Flow::Cleanup => Some(cleanup::steps()),
        Flow::Gc => Some(gc::steps()),
        Flow::Repair | Flow::RepairReview | Flow::Deploy => None,
    }
}

/// The steps of a run whose work stays in the slot: those up to the verdict, without a sign to anybody.
pub fn steps_that_publish_nothing(flow: Flow) -> Option<Vec<Box<dyn Step>>> {
    let mut steps = steps(flow)?;
    let judged = steps.iter().position(|step| step.name() == steps::check::NAME)?;
    steps.truncate(judged + 1);
    steps.retain(|step| step.name() != steps::acknowledge::NAME);
    steps.push(Box::new(steps::leave::LeaveInSlot));
    Some(steps)
}

/// Runs a flow to its end: steps, the last word after a failure, lease given back, a new slot of a failed run destroyed.
///
/// # Errors
/// What stopped the run; everybody has been told.
pub async fn run(steps: &[Box<dyn Step>], run: &mut Run) -> Result<(), Stop> {
    if let Some(app) = &run.hands.app {
        run.cancel.app_speaks(app);
    }
    let ended = steps::run_all(steps, run).await;
    let ours = run.is_ours().await;
    if let Err(stop) = &ended
        && ours
        && (run.found.slot.is_some() || !matches!(stop, Stop::Gate { .. }))
    {
        end::tell_failure(run, stop).await;
    }
    if let Some(record) = run.found.doomed.take()
        && ours
    {
        end::destroy(run, &record).await;
    }
    for going in std::mem::take(&mut run.found.removal.going) {
        going.release(&run.hands).await;
    }
    if let Some(held) = run.found.lease.take() {
        held.release(&run.hands).await;
    }
    ended
}
