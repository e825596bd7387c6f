//! Opens the pull request, or brings the open one to what the run found.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::texts;
use crate::ui::Level;

/// The pull request into the default branch.
pub struct OpenPull;

#[async_trait]
impl Step for OpenPull {
    fn name(&self) -> &'static str {
        "pull"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        if run.found.commit.is_none() {
            return Ok(Did::Skipped("no commit".to_owned()));
        }
        super::slot::still_ours(run).await?;
        let wanted = texts::wanted_pull(run)?;
        super::check::scan_texts(run, &[("title", &wanted.title), ("text of the pull request", &wanted.body)])?;
        let pull = match run.hands.github.put_pull(&wanted).await.map_err(Stop::failed)? {
            Answer::Known(pull) => pull,
            Answer::Unknown(_) => return Ok(Did::Skipped("nothing is opened".to_owned())),
        };
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
