//! The names of flows and of prompt kinds.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::policy::labels;

/// What one event sets going (spec 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flow {
    /// A plan for an issue, as a comment.
    Plan,
    /// An answer to a comment on a plan.
    PlanReview,
    /// Work on an issue, as a pull request.
    Dev,
    /// Work on what a review asks for.
    Review,
    /// A repair of staging.
    Repair,
    /// Work on what the review of a repair asks for.
    RepairReview,
    /// Removal of what an issue or pull request had.
    Cleanup,
    /// Deployment of the default branch to staging.
    Deploy,
    /// Garbage collection of slots.
    Gc,
}

impl Flow {
    /// All flows, in the order in which people are told of them.
    pub const ALL: [Self; 9] = [
        Self::Plan,
        Self::PlanReview,
        Self::Dev,
        Self::Review,
        Self::Repair,
        Self::RepairReview,
        Self::Cleanup,
        Self::Deploy,
        Self::Gc,
    ];

    /// The name, as in `--flow plan-review`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::PlanReview => "plan-review",
            Self::Dev => "dev",
            Self::Review => "review",
            Self::Repair => "repair",
            Self::RepairReview => "repair-review",
            Self::Cleanup => "cleanup",
            Self::Deploy => "deploy",
            Self::Gc => "gc",
        }
    }

    /// The environments that it works in, the main one first; never empty.
    pub const fn envs(self) -> &'static [&'static str] {
        match self {
            Self::Plan | Self::PlanReview | Self::Dev | Self::Review => &["ai"],
            Self::Repair | Self::RepairReview => &["ai-repair"],
            Self::Cleanup | Self::Gc => &["ai", "ai-repair"],
            Self::Deploy => &["ai-staging"],
        }
    }

    /// The trigger label that is taken off at the end, so that setting it again starts again; a plan's stays and marks the root.
    pub const fn label_taken_off(self) -> Option<&'static str> {
        match self {
            Self::Dev => Some(labels::DEV),
            Self::Repair => Some(labels::REPAIR),
            _ => None,
        }
    }

    /// The prompt that its agent gets; none where no agent works.
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Plan => Some(Kind::PlanIssue),
            Self::PlanReview => Some(Kind::PlanReview),
            Self::Dev => Some(Kind::DevIssue),
            Self::Review => Some(Kind::DevReview),
            Self::Repair => Some(Kind::AiRepairIssue),
            Self::RepairReview => Some(Kind::AiRepairReview),
            Self::Cleanup | Self::Deploy | Self::Gc => None,
        }
    }
}

/// Which prompt the agent gets (spec 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Plan an issue.
    PlanIssue,
    /// Answer a comment on a plan.
    PlanReview,
    /// Work on an issue.
    DevIssue,
    /// Work on a review.
    DevReview,
    /// Repair staging.
    AiRepairIssue,
    /// Work on the review of a repair.
    AiRepairReview,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::PlanIssue, Self::PlanReview, Self::DevIssue, Self::DevReview, Self::AiRepairIssue, Self::AiRepairReview];

    /// The name, as in `--kind dev_issue` and in names of prompt files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlanIssue => "plan_issue",
            Self::PlanReview => "plan_review",
            Self::DevIssue => "dev_issue",
            Self::DevReview => "dev_review",
            Self::AiRepairIssue => "ai-repair_issue",
            Self::AiRepairReview => "ai-repair_review",
        }
    }

    /// The flow whose agent gets this prompt.
    pub const fn flow(self) -> Flow {
        match self {
            Self::PlanIssue => Flow::Plan,
            Self::PlanReview => Flow::PlanReview,
            Self::DevIssue => Flow::Dev,
            Self::DevReview => Flow::Review,
            Self::AiRepairIssue => Flow::Repair,
            Self::AiRepairReview => Flow::RepairReview,
        }
    }
}

/// A name that no flow or kind has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{name}`{hint}: known are {known}")]
pub struct Unknown {
    what: &'static str,
    name: String,
    known: String,
    hint: String,
}

impl Unknown {
    fn new(what: &'static str, name: &str, known: &[&'static str]) -> Self {
        // Half of the letters alike is what a slip of the fingers leaves; less is another word.
        let near = known
            .iter()
            .map(|other| (strsim::normalized_damerau_levenshtein(name, other), other))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match near {
            Some((alike, other)) if alike >= 0.5 => format!(" (did you mean {other}?)"),
            _ => String::new(),
        };
        // The name may come from a payload, which may hold anything.
        let name = name.chars().take(60).collect::<String>().escape_debug().to_string();
        Self { what, name, known: known.join(", "), hint }
    }
}

macro_rules! names {
    ($word:ident, $what:literal) => {
        impl fmt::Display for $word {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.name())
            }
        }

        impl FromStr for $word {
            type Err = Unknown;

            fn from_str(name: &str) -> Result<Self, Unknown> {
                let known = Self::ALL.map(Self::name);
                Self::ALL.into_iter().find(|word| word.name() == name).ok_or_else(|| Unknown::new($what, name, &known))
            }
        }

        impl Serialize for $word {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.name())
            }
        }
    };
}

names!(Flow, "flow");
names!(Kind, "kind");
