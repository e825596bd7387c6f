//! Says at the top of a reviewed pull request which protected files a run changed. The rest of it stays as people left it.
//!
//! A pull request that is ready stays ready: whoever made it ready is told by the notice, by the comment and in the log. Making it a
//! draft again behind their back would take it out of the queues of those who review it.

use async_trait::async_trait;

use super::{Did, Step};
use crate::answer::Answer;
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::policy::limits::Verdict;
use crate::report::comments::{Protected, protected};
use crate::ui::Level;

/// The notice about protected files.
pub struct PutNotice;

#[async_trait]
impl Step for PutNotice {
    fn name(&self) -> &'static str {
        "notice"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        let Some(pull) = run.reviewed().cloned() else { return Ok(Did::Skipped("no pull request".to_owned())) };
        let files = match &run.found.allowed {
            Some(Verdict::Draft { protected }) if run.found.commit.is_some() => protected.clone(),
            _ => return Ok(Did::Skipped("no protected file was changed".to_owned())),
        };
        super::slot::still_ours(run).await?;
        run.found.protected.clone_from(&files);
        let of = Protected { files: files.clone(), draft: pull.draft };
        let notice = protected(&of, run.lang()).map_err(Stop::failed)?;
        super::check::scan_texts(run, &[("notice on the pull request", &notice)])?;
        run.say(Level::Warning, format!("protected files were changed: {}", files.join(", ")));
        match run.hands.github.put_notice(pull.number, &notice).await.map_err(Stop::failed)? {
            Answer::Known(()) => Ok(Did::Done(format!("#{} names the protected files", pull.number))),
            Answer::Unknown(_) => Ok(Did::Skipped("nothing is written".to_owned())),
        }
    }
}
