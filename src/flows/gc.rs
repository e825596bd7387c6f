//! The flow `gc`: slots that nobody needs any more go (spec 4.1, `schedule`).

use std::time::Duration;

use async_trait::async_trait;

use super::run::Run;
use super::steps::removal::{self, Destroy, EndWork, Forget, TellGone};
use super::steps::{Did, Step, fetch, gates};
use super::stop::Stop;
use super::upkeep;
use crate::ui::Level;

/// The steps, in order.
pub(super) fn steps() -> Vec<Box<dyn Step>> {
    vec![
        Box::new(gates::Gates),
        Box::new(fetch::Fetch),
        Box::new(FindOld),
        Box::new(EndWork),
        Box::new(Destroy),
        Box::new(TellGone),
        Box::new(Forget),
    ]
}

/// Finds slots that were not used for `--ttl`, or whose issue and pull request are closed.
struct FindOld;

#[async_trait]
impl Step for FindOld {
    fn name(&self) -> &'static str {
        "slots"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let upkeep = removal::prepare(run)?;
        let ttl = run.settings.duration("ttl").map_err(|error| Stop::Usage(error.to_string()))?;
        let envs: Vec<String> = run.options.env.iter().cloned().collect();
        let all = upkeep.records(&envs).await?.len();
        let old = upkeep::old(&upkeep, &envs, ttl.unwrap_or(DAY)).await?;
        for old in &old {
            run.say(Level::Info, format!("{} may go: {}", upkeep::slot_name(&old.record), old.why));
        }
        let said = removal::count(old.len(), all - old.len());
        run.found.removal.candidates = old.into_iter().map(upkeep::Candidate::from).collect();
        Ok(said)
    }
}

/// How long a slot may be unused (spec 3).
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
