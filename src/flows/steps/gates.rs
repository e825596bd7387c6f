//! Asks what the gates need to know and lets them decide.

use async_trait::async_trait;

use super::{Did, Step};
use crate::flows::facts::{self, Earlier};
use crate::flows::preflight;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::policy::gates::{self, Gate, Verdict};

/// The gates `actor`, `state` and `fork`; `duplicate` needs the slot records and is asked by the step `slot`.
pub struct Gates;

#[async_trait]
impl Step for Gates {
    fn name(&self) -> &'static str {
        "gates"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        facts::look_again(run).await?;
        let facts = facts::gather(run, Earlier::default()).await?;
        run.found.gates = gates::judge(run.flow, &facts);
        pass(run)?;
        preflight::look(run).await?;
        let actor = run.found.gates.iter().find(|answer| answer.gate == Gate::Actor);
        Ok(Did::Done(actor.map(|answer| why(&answer.verdict)).unwrap_or_default()))
    }
}

/// Stops the run if a gate does.
pub(super) fn pass(run: &Run) -> Result<(), Stop> {
    match gates::first_stop(&run.found.gates) {
        Some((gate, why)) => Err(Stop::Gate { gate, why: why.to_owned() }),
        None => Ok(()),
    }
}

fn why(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass { why } | Verdict::Stop { why } | Verdict::NotAsked { why } => why.clone(),
        Verdict::Unknown { .. } => verdict.to_string(),
    }
}
