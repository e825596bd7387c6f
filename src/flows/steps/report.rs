//! The last step of a run that went well: comments, label, and the record says that everything has left.

use async_trait::async_trait;

use super::{Did, Step};
use crate::flows::run::Run;
use crate::flows::stop::Stop;
use crate::flows::{end, memory, progress, texts};
use crate::github::Thread;
use crate::slots::{Lane, Phase};

/// Tells people on GitHub.
pub struct Tell;

#[async_trait]
impl Step for Tell {
    fn name(&self) -> &'static str {
        "comment"
    }

    async fn run(&self, run: &mut Run) -> Result<Did, Stop> {
        super::slot::still_ours(run).await?;
        let mut told = Vec::new();
        if let Some(comment) = texts::environment_comment(run)? {
            super::check::scan_texts(run, &[("comment on the pull request", &comment.body)])?;
            let place = match &comment.thread {
                Thread::Issue(_) => "issue".to_owned(),
                other => other.to_string(),
            };
            told.extend(progress::put(run, &comment).await?.then_some(place));
        }
        // The work has left: what an earlier run had saved is part of it now.
        if let Some(saved) = run.found.resumed_work.take()
            && run.found.commit.is_some()
        {
            run.hands.sources.drop_saved(&saved).await.map_err(Stop::failed)?;
        }
        // Before the last word: what comes behind it a rerun doesn't make up for.
        if run.lane() == Lane::Plan && run.found.agent.is_some() {
            memory::remember(run).await?;
        }
        let place = run.about.thread.to_string();
        if end::tell(run, None).await? && !told.contains(&place) {
            told.push(place);
        }
        super::slot::reached(run, Phase::Published).await?;
        Ok(Did::Done(told.join(", ")))
    }
}
