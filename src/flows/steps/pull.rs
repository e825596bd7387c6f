//! Opens the pull request, or brings the open one to what the run found.

use async_trait::async_trait;

use super::{Did, Step};
use crate::agent::verdict::Outcome;
use crate::answer::Answer;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::{policy, texts};
use crate::github::WantedPull;
use crate::policy::limits::Verdict;
use crate::publish::Branched;
use crate::ui::Level;

/// The pull request into the default branch.
pub struct OpenPull;

#[async_trait]
impl Step for OpenPull {
    fn name(&self) -> &'static str {
        "pull"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let unchanged = run.found.verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::NoChange);
        // Where the agent finds the work done, that is what the run before pushed.
        if run.found.commit.is_none() && !(run.found.unopened && unchanged) {
            return Ok(Did::Skipped("no commit".to_owned()));
        }
        super::slot::still_ours(run).await?;
        run.found.protected = protected(run).await?;
        if !run.found.protected.is_empty() {
            let files = run.found.protected.join(", ");
            run.say(Level::Warning, format!("the pull request changes protected files: {files}"));
        }
        let mut wanted = texts::wanted_pull(run, None)?;
        super::check::scan_texts(run, &[("title", &wanted.title), ("text of the pull request", &wanted.body)])?;
        let mut pull = match run.hands.github.put_pull(&wanted).await.map_err(Stop::failed)? {
            Answer::Known(pull) => pull,
            Answer::Unknown(_) => return Ok(Did::Skipped("nothing is opened".to_owned())),
        };
        // Whether it is a draft is GitHub's word, and the text must not say otherwise.
        if !run.found.protected.is_empty() && pull.draft != wanted.draft {
            // Tried once, it isn't tried again.
            wanted = WantedPull { redraft: false, ..texts::wanted_pull(run, Some(pull.draft))? };
            let existed = pull.existed;
            if let Answer::Known(again) = run.hands.github.put_pull(&wanted).await.map_err(Stop::failed)? {
                pull = again;
                pull.existed = existed;
            }
        }
        if wanted.draft && !pull.draft && !pull.existed {
            run.say(
                Level::Notice,
                "this repository has no draft pull requests: the pull request is open for review at once",
            );
        }
        let url = run.workplace.shown(std::path::Path::new(&pull.url));
        let said = format!("{url}{}", if pull.existed { ", updated" } else { "" });
        let number = pull.number;
        run.found.pull = Some(pull);
        super::slot::record(run, |slot| slot.pr = number.or(slot.pr)).await?;
        Ok(Did::Done(said))
    }
}

/// The protected files that the pull request changes as a whole: what an earlier run or a person changed on the branch is merged with
/// the rest, whatever this run did.
async fn protected(run: &Run) -> Result<Vec<String>, Stop> {
    let head = texts::commit(run).map(str::to_owned);
    let from = run.found.heads.as_ref().and_then(|heads| heads.default_commit().map(str::to_owned));
    if let (Some(head), Some(from)) = (head, from) {
        let of = Branched { slot: run.clone_name(), from, head };
        if let Answer::Known(changed) = run.hands.sources.whole_change(&of).await.map_err(Stop::failed)? {
            return policy::protected(run, &changed);
        }
    }
    Ok(match &run.found.allowed {
        Some(Verdict::Draft { protected }) => protected.clone(),
        _ => Vec::new(),
    })
}
