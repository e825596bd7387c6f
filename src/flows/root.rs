//! Finds the root of a plan: upwards from an issue, asking GitHub for one after the other.

use crate::answer::Answer;
use crate::event::Issue;
use crate::github::{Error, GitHub};
use crate::policy::labels;
use crate::policy::roots::{self, Parent};

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// The root.
    Root(Box<Issue>),
    /// There is none; the sentence says why and what to do.
    None(String),
    /// An issue on the way, and what would be asked for it: nobody could be.
    Unknown(u64, String),
}

/// Finds the root above this issue.
///
/// # Errors
/// GitHub does not answer.
pub async fn find(github: &dyn GitHub, repository: &str, issue: &Issue) -> Result<Found, Error> {
    let mut way = vec![issue.number];
    let mut at = issue.clone();
    loop {
        if roots::is_root(&at.labels) {
            return Ok(if at.open {
                Found::Root(Box::new(at))
            } else {
                Found::None(format!("the plan of issue #{} is closed: open it again, or plan anew", at.number))
            });
        }
        let here = if way.len() == 1 { String::new() } else { format!(" ({})", path(&way)) };
        let parent = match roots::parent(&at.body, repository) {
            Parent::Here(parent) => parent,
            Parent::Elsewhere(other) => {
                return Ok(Found::None(format!(
                    "issue #{} belongs to a plan in another repository, {other}{here}: write the comment there",
                    at.number
                )));
            }
            Parent::None => {
                return Ok(Found::None(format!(
                    "issue #{} belongs to no plan: it has neither the label {} nor a line {}{here}. Set that label on it to have it \
                     planned",
                    at.number,
                    labels::PLAN,
                    roots::line(0).replace("#0", "#N"),
                )));
            }
        };
        way.push(parent);
        if way[..way.len() - 1].contains(&parent) {
            return Ok(Found::None(format!(
                "the lines AI-PLAN-PARENT lead in a circle ({}): take one of them out, and set the label {} on the issue that has the \
                 plan",
                path(&way),
                labels::PLAN
            )));
        }
        if way.len() > roots::DEEPEST {
            return Ok(Found::None(format!(
                "the lines AI-PLAN-PARENT lead more than {} issues up: set the label {} on the issue that has the plan",
                roots::DEEPEST,
                labels::PLAN
            )));
        }
        at = match github.issue(parent).await {
            Ok(Answer::Known(found)) => found,
            Ok(Answer::Unknown(would)) => return Ok(Found::Unknown(parent, would)),
            Err(Error::Missing { .. }) => {
                return Ok(Found::None(format!(
                    "issue #{} names #{parent} as its plan, and there is no such issue here: put its line AI-PLAN-PARENT right",
                    at.number
                )));
            }
            Err(error) => return Err(error),
        };
    }
}

/// `#9 → #8 → #9`.
fn path(way: &[u64]) -> String {
    way.iter().map(|number| format!("#{number}")).collect::<Vec<_>>().join(" → ")
}
