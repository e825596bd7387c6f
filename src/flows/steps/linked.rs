//! Finds the issue that a reviewed pull request was opened for, by the name of its branch: it has the slot, and says what the work is
//! about.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::event::Issue;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::github::{Error, PlacedPull};
use crate::policy::triggers::issue_of_branch;
use crate::ui::Level;

/// The issue of the pull request's branch.
pub struct FindIssue;

#[async_trait]
impl Step for FindIssue {
    fn name(&self) -> &'static str {
        "issue"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(pull) = run.reviewed().cloned() else { return Ok(Did::Skipped("no pull request".to_owned())) };
        let url = match pull.url.as_str() {
            "" => format!("{}/{}/pull/{}", run.identity.server, run.repo(), pull.number),
            url => url.to_owned(),
        };
        run.found.pull = Some(PlacedPull { number: Some(pull.number), url, existed: true, draft: pull.draft });
        let Some(number) = issue_of_branch(&pull.head_branch) else {
            return Ok(Did::Skipped(format!("{} is named after no issue", pull.head_branch)));
        };
        if run.about.issue_number() == Some(number) {
            return Ok(Did::Done(format!("#{number}")));
        }
        match run.hands.github.issue(number).await {
            Ok(Answer::Known(issue)) => {
                run.about.issue = Some(issue);
                Ok(Did::Done(format!("#{number}")))
            }
            Ok(Answer::Unknown(_)) if run.options.dry_run => {
                run.about.issue = Some(Issue::placeholder(number));
                Ok(Did::Skipped(format!("would ask for issue #{number}")))
            }
            Ok(Answer::Unknown(_)) => Ok(Did::Skipped(format!(
                "issue #{number} can't be read without a token: the pull request stands alone"
            ))),
            Err(error @ Error::Missing { .. }) => {
                run.say(Level::Notice, format!("{error}: the pull request stands alone"));
                Ok(Did::Skipped(format!("there is no issue #{number}")))
            }
            Err(error) => Err(Stop::failed(error)),
        }
    }
}
