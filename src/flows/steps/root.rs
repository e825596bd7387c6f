//! Finds the root of the plan that people asked about: slot and plan are the root's.

use async_trait::async_trait;

use super::{Did, Step};
use crate::event::Issue;
use crate::flows::loading;
use crate::flows::root::{self, Found};
use crate::flows::run::Run;
use crate::flows::stop::Stop;

/// The root of the plan.
pub struct FindRoot;

#[async_trait]
impl Step for FindRoot {
    fn name(&self) -> &'static str {
        "root"
    }

    fn droppable(&self) -> bool {
        true
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        // Whoever asked where there is no plan is told so, in the comment that later runs of the project find again.
        loading::read_stack(run)?.project().unwrap_or_default().clone_into(&mut run.found.project);
        let Some(asked_on) = run.about.issue.clone() else {
            return Err(Stop::failed("a plan review needs an issue"));
        };
        let number = asked_on.number;
        let found = if run.about.unread.is_some() {
            Found::Unknown(number, format!("would ask GitHub for issue #{number}"))
        } else {
            root::find(run.hands.github.as_ref(), &run.repo(), &asked_on).await.map_err(Stop::failed)?
        };
        run.found.focus = Some(asked_on);
        match found {
            Found::Root(root) => {
                let said = match root.number == number {
                    true => format!("issue #{number} itself"),
                    false => format!("issue #{}, above #{number}", root.number),
                };
                run.about.issue = Some(*root);
                Ok(Did::Done(said))
            }
            Found::None(why) => Err(Stop::failed(why)),
            Found::Unknown(parent, would) if run.options.dry_run => {
                run.about.issue = Some(Issue::placeholder(parent));
                run.about.unread.get_or_insert(would.clone());
                Ok(Did::Skipped(format!("{would}; here #{parent} stands for the root")))
            }
            Found::Unknown(parent, _) => Err(Stop::failed(format!(
                "the plan of issue #{number} is above it, at #{parent}, and without a token GitHub can't be asked for that: set \
                 CODEXCTL_GH_PAT, GH_TOKEN or GITHUB_TOKEN"
            ))),
        }
    }
}
