//! `codexctl plan`: plans of issues.

use std::sync::Arc;

use super::call::{Call, NO_TOKEN, block_on};
use super::{CommandError, Outcome};
use crate::answer::Answer;
use crate::flows::hands;
use crate::flows::root::{self, Found};
use crate::flows::stop::Stop;
use crate::github::GitHub;
use crate::github::installation::Need;
use crate::github::live::{RealWait, Wait};
use crate::report::outputs::Outputs;

/// `plan resolve-root`: the planning issue above an issue.
pub(super) fn resolve_root(call: &mut Call) -> Result<Outcome, CommandError> {
    if let Err(refusal) = call.merge_variables() {
        return refusal.outcome();
    }
    let focus = call.settings.number("issue")?;
    let focus = focus.ok_or_else(|| CommandError::new("plan resolve-root has to know the issue: give --issue"))?;
    let found = block_on(async {
        let repository = call.repository(&Call::folder()?).await?;
        let wait: Arc<dyn Wait> = Arc::new(RealWait);
        let access = call.access(&repository, Need::Read, &wait)?;
        let github = hands::reader(&call.settings, &repository, &access, &call.voice(&wait))?;
        let found = find(github.as_ref(), &repository.full_name(), focus).await;
        access.close().await;
        Ok::<_, CommandError>(found)
    })??;
    match found {
        Ok(Found::Root(root)) => {
            let mut outputs = Outputs::default();
            outputs.set("root", root.number);
            outputs.set("focus", focus);
            call.done(&outputs)
        }
        Ok(Found::None(why)) => Ok(call.stopped(&Stop::failed(why))),
        Ok(Found::Unknown(..)) => Err(CommandError::new(NO_TOKEN)),
        Err(stop) => Ok(call.stopped(&stop)),
    }
}

async fn find(github: &dyn GitHub, repository: &str, focus: u64) -> Result<Found, Stop> {
    match github.issue(focus).await.map_err(Stop::failed)? {
        Answer::Known(issue) => root::find(github, repository, &issue).await.map_err(Stop::failed),
        Answer::Unknown(would) => Ok(Found::Unknown(focus, would)),
    }
}
