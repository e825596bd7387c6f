//! The flow `cleanup`: what a closed issue or pull request had goes, here and on GitHub (spec 4.3).

use async_trait::async_trait;

use super::run::Run;
use super::steps::removal::{self, CloseIssue, Destroy, EndWork, Forget, SweepBranches, TellGone};
use super::steps::{Did, Step, fetch, gates};
use super::stop::Stop;
use super::upkeep::{self, Because, Candidate, Patience, PullSeen};
use crate::policy::triggers::Flow;
use crate::ui::Level;

/// The steps, in order. Records go last: until then a rerun finds what is left to do.
pub(super) fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(gates::Gates),
        Box::new(fetch::Fetch),
        Box::new(FindSlots),
        Box::new(EndWork),
        Box::new(Destroy),
        Box::new(SweepBranches),
        Box::new(CloseIssue),
        Box::new(TellGone),
        Box::new(Forget),
    ]
}

/// Finds the slots of the issue or pull request in both environments.
struct FindSlots;

#[async_trait]
impl Step for FindSlots {
    fn name(&self) -> &'static str {
        "slots"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let upkeep = removal::prepare(run)?;
        let envs: Vec<String> = match &run.options.env {
            Some(env) => vec![env.clone()],
            None => Flow::Cleanup.envs().iter().map(|env| (*env).to_owned()).collect(),
        };
        let pull = run.about.pull.as_ref().map(PullSeen::from);
        let found = upkeep::of(&upkeep, &envs, removal::issue(run), pull.as_ref()).await?;
        for (_, why) in &found.kept {
            run.say(Level::Notice, why.clone());
        }
        let because = because(run);
        let said = removal::count(found.going.len(), found.kept.len());
        let candidate = |record| Candidate { record, because, patience: Patience::AskToEnd };
        run.found.removal.candidates = found.going.into_iter().map(candidate).collect();
        Ok(said)
    }
}

/// Why the slots go.
fn because(run: &Run) -> Because {
    match (&run.about.pull, &run.about.issue) {
        (Some(pull), _) if pull.merged => Because::Merged,
        (Some(pull), _) if !pull.open => Because::Closed,
        (None, Some(issue)) if !issue.open => Because::IssueClosed,
        _ => Because::Asked,
    }
}
