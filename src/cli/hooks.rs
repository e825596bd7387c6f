//! The check before anything is applied, as a step of a hook asks for it.

use async_trait::async_trait;

use crate::deploy::hooks::Preflight;
use crate::deploy::{Rollout, Unfinished};
use crate::ui::Note;

/// The check behind the step `preflight`: everything through a dry run on the server.
pub(super) struct OnServer<'a> {
    /// What is going to be applied.
    pub(super) rollout: Rollout<'a>,
}

#[async_trait]
impl Preflight for OnServer<'_> {
    async fn check(&self) -> Result<(), String> {
        let checked = async {
            let plan = self.rollout.plan().await?;
            self.rollout.preflight(&plan).await
        };
        match checked.await {
            Ok(()) => Ok(()),
            Err(Unfinished::Told(error) | Unfinished::Hook(_, error)) => {
                error.diagnostics.iter().for_each(|one| self.rollout.ui.note(&Note::about(one, error.picture(one))));
                Err("the cluster would not take everything".to_owned())
            }
            Err(Unfinished::Failed(text) | Unfinished::TimedOut(text)) => Err(text),
            Err(Unfinished::Interrupted) => Err("interrupted".to_owned()),
        }
    }
}
