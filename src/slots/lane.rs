//! A slot has two kinds of work that don't get into each other's way: the work on the issue, and the plan for it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Phase, Record};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A change of files, which is committed.
    Work,
    /// A plan: nothing of its tree ever leaves the slot.
    Plan,
}

/// How far planning came, and what its thread knows already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planning {
    /// How far the last run came.
    pub phase: Phase,
    /// The delivery that the phase is about.
    #[serde(default)]
    pub delivery: Option<String>,
    /// The agent's thread.
    #[serde(default)]
    pub session: Option<String>,
    /// The kinds of prompt that the thread has had.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// What was written up to this moment the thread knows.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// The word of the last run that was published.
    #[serde(default)]
    pub last: Option<String>,
    /// Hashes of the texts that the thread knows: `plan`, and `#7` for issues.
    #[serde(default)]
    pub seen: BTreeMap<String, String>,
}

impl Default for Planning {
    fn default() -> Self {
        Self {
            phase: Phase::Allocated,
            delivery: None,
            session: None,
            kinds: Vec::new(),
            until: None,
            last: None,
            seen: BTreeMap::new(),
        }
    }
}

impl Record {
    /// The plan's state, made where there is none yet.
    pub fn planning(&mut self) -> &mut Planning {
        self.plan.get_or_insert_default()
    }

    /// How far the last run of a lane came.
    pub fn phase_of(&self, lane: Lane) -> Phase {
        match lane {
            Lane::Work => self.phase,
            Lane::Plan => self.plan.as_ref().map_or(Phase::Allocated, |plan| plan.phase),
        }
    }

    /// Says how far a run of a lane came.
    pub fn set_phase(&mut self, lane: Lane, phase: Phase) {
        match lane {
            Lane::Work => self.phase = phase,
            Lane::Plan => self.planning().phase = phase,
        }
    }

    /// The delivery that a lane's phase is about.
    pub fn delivery_of(&self, lane: Lane) -> Option<&str> {
        match lane {
            Lane::Work => self.delivery.as_deref(),
            Lane::Plan => self.plan.as_ref().and_then(|plan| plan.delivery.as_deref()),
        }
    }

    /// Says which delivery a lane's phase is about.
    pub fn set_delivery(&mut self, lane: Lane, delivery: &str) {
        let delivery = Some(delivery.to_owned());
        match lane {
            Lane::Work => self.delivery = delivery,
            Lane::Plan => self.planning().delivery = delivery,
        }
    }

    /// The agent's thread in a lane.
    pub fn session_of(&self, lane: Lane) -> Option<&str> {
        match lane {
            Lane::Work => self.session.as_deref(),
            Lane::Plan => self.plan.as_ref().and_then(|plan| plan.session.as_deref()),
        }
    }

    /// Forgets the agent's thread in a lane.
    pub fn forget_session(&mut self, lane: Lane) {
        match lane {
            Lane::Work => self.session = None,
            Lane::Plan => self.planning().session = None,
        }
    }

    /// Notes the agent's thread in a lane.
    pub fn set_session(&mut self, lane: Lane, session: &str) {
        let session = Some(session.to_owned());
        match lane {
            Lane::Work => self.session = session,
            Lane::Plan => self.planning().session = session,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots::testing::record;

    #[test]
    fn planning_leaves_the_state_of_the_work_alone() {
        let mut slot = record(1);
        slot.set_phase(Lane::Work, Phase::Ready);
        slot.set_session(Lane::Work, "of the work");
        let work = slot.clone();
        slot.set_phase(Lane::Plan, Phase::Published);
        slot.set_session(Lane::Plan, "of the plan");
        slot.set_delivery(Lane::Plan, "42-1");
        assert_eq!((slot.phase_of(Lane::Work), slot.session_of(Lane::Work)), (Phase::Ready, Some("of the work")));
        assert_eq!(slot.delivery_of(Lane::Work), work.delivery.as_deref());
        assert_eq!((slot.phase_of(Lane::Plan), slot.session_of(Lane::Plan)), (Phase::Published, Some("of the plan")));
        assert_eq!(Record { plan: None, ..slot }, work);
    }

    #[test]
    fn a_record_of_a_slot_that_was_never_planned_has_no_such_key() {
        let text = serde_json::to_string(&record(1)).unwrap();
        assert!(!text.contains("\"plan\""), "{text}");
        let mut slot = record(1);
        slot.set_phase(Lane::Plan, Phase::Agent);
        let read: Record = serde_json::from_str(&serde_json::to_string(&slot).unwrap()).unwrap();
        assert_eq!(read, slot);
    }
}
