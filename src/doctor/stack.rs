//! services.yaml, as `validate` sees it without a cluster.

use super::Finding;
use crate::stack::GithubAccess;

/// What services.yaml gave.
#[derive(Debug, Clone)]
pub enum Stack {
    /// It can't be read; everything has been told at its place.
    Unreadable {
        /// The file.
        file: String,
        /// Whether it is there at all.
        there: bool,
    },
    /// It was looked at in every environment.
    Read {
        /// The file.
        file: String,
        /// How many environments it has.
        environments: usize,
        /// Problems: errors and warnings.
        problems: (usize, usize),
        /// What the agent gets, in any of them; the most counts.
        access: GithubAccess,
    },
}

impl Stack {
    pub(super) fn finding(&self) -> Finding {
        const CHECK: &str = "services.yaml";
        match self {
            Self::Unreadable { file, there: false } => Finding::failed(
                CHECK,
                format!("{file} is not there"),
                "codexctl init writes a first one, -c names another",
            ),
            Self::Unreadable { file, .. } => Finding::failed(
                CHECK,
                format!("{file} can't be used"),
                "codexctl validate shows each mistake in its line",
            ),
            Self::Read { file, problems: (errors, _), .. } if *errors > 0 => Finding::failed(
                CHECK,
                format!("{file} has {}", count(*errors, "error")),
                "codexctl validate shows each one in its line",
            ),
            Self::Read { file, environments, problems: (_, warnings), .. } => {
                let text = format!("{file}: {}, no errors", count(*environments, "environment"));
                if *warnings == 0 {
                    return Finding::ok(CHECK, text);
                }
                let text = format!("{text}, {}", count(*warnings, "warning"));
                Finding::warning(CHECK, text, "codexctl validate shows each one in its line")
            }
        }
    }

    /// What the agent gets of the GitHub token.
    pub(super) fn access(&self) -> Option<Finding> {
        const CHECK: &str = "codex.githubAccess";
        let Self::Read { access, .. } = self else { return None };
        Some(match access {
            GithubAccess::None => Finding::ok(CHECK, "none: the agent gets no token, codexctl publishes"),
            GithubAccess::Read => Finding::ok(
                CHECK,
                "read: the agent gets a token that can only read, where codexctl works as a GitHub App; else none",
            ),
            GithubAccess::Write => Finding::warning(
                CHECK,
                "write: the agent gets the run's own token, and text of an issue could make it use it",
                "Leave it out: with none the agent works and codexctl publishes",
            ),
        })
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
