//! `codexctl pr`: pull requests of codexctl's branches.

use std::sync::Arc;
use std::time::Instant;

use super::call::{Call, NO_TOKEN, block_on};
use super::{CommandError, Outcome};
use crate::answer::Answer;
use crate::event::{Event, Pull, Repository, Subject};
use crate::flows::about::About;
use crate::flows::access::Access;
use crate::flows::cancel::Cancel;
use crate::flows::identity::Identity;
use crate::flows::options::Options;
use crate::flows::run::{Found, Run};
use crate::flows::stop::Stop;
use crate::flows::{self, apply, hands};
use crate::github::installation::Need;
use crate::github::live::{RealWait, UntilStopped, Wait};
use crate::policy::triggers::Flow;
use crate::report::outputs::Outputs;
use crate::ui::{Level, Note};

/// `pr detect`: the open pull request of a branch.
pub(super) fn detect(call: &mut Call) -> Result<Outcome, CommandError> {
    if let Err(refusal) = call.merge_variables() {
        return refusal.outcome();
    }
    let Some(branch) = call.settings.text("branch") else {
        return Err(CommandError::new("pr detect has to know the branch: give --branch"));
    };
    let branch = branch.strip_prefix("refs/heads/").unwrap_or(&branch).to_owned();
    block_on(async {
        let repository = call.repository(&Call::folder()?).await?;
        let wait: Arc<dyn Wait> = Arc::new(RealWait);
        let access = call.access(&repository, Need::Read, &wait)?;
        let github = hands::reader(&call.settings, &repository, &access, &call.voice(&wait))?;
        let found = github.pulls_of(&branch).await;
        access.close().await;
        let pulls = match found {
            Ok(Answer::Known(pulls)) => pulls,
            Ok(Answer::Unknown(_)) => return Err(CommandError::new(NO_TOKEN)),
            Err(error) => return Ok(call.stopped(&Stop::failed(error))),
        };
        let open: Vec<_> = pulls.iter().filter(|pull| pull.open).map(|pull| pull.number).collect();
        let mut outputs = Outputs::default();
        match open.first() {
            Some(newest) => outputs.set("codexctl_pr_number", *newest),
            None => call.ui.note(&Note::new(Level::Info, format!("no pull request of {branch} is open"))),
        }
        if let [newest, _, ..] = open.as_slice() {
            let text = format!("{} pull requests of {branch} are open: #{newest} is the newest", open.len());
            call.ui.note(&Note::new(Level::Notice, text));
        }
        call.done(&outputs)
    })?
}

/// `pr review-apply`: a slot's work becomes a commit on a pull request's branch.
pub(super) fn review_apply(call: &mut Call) -> Result<Outcome, CommandError> {
    if let Err(refusal) = call.merge_variables() {
        return refusal.outcome();
    }
    let options = Options::of_any_runtime(&call.settings)?;
    let pr = options.pr.ok_or_else(|| CommandError::new("pr review-apply has to know the pull request: give --pr"))?;
    let base = call.settings.text("code-root-base").ok_or_else(|| {
        CommandError::new("pr review-apply has to know where the slots' sources are: give --code-root-base")
    })?;
    let env = options.env.clone().unwrap_or_else(|| "ai".to_owned());
    let folder = apply::folder(&Call::folder()?.join(base), &env, options.slot).map_err(CommandError::new)?;
    block_on(async {
        let cancel = Cancel::default();
        super::live::watch_signals(&cancel);
        let wait: Arc<dyn Wait> = Arc::new(UntilStopped(cancel.receiver()));
        let repository = call.repository(&Call::folder()?).await?;
        let access = call.access(&repository, Need::Write, &wait)?;
        let ended = async {
            let mut run = prepare(call, options, env, pr, (repository, &access, &wait, cancel)).await?;
            if !run.hands.has_token {
                return Err(CommandError::new(NO_TOKEN));
            }
            match flows::run(&apply::steps(folder), &mut run).await {
                Ok(()) => call.done(&apply::outputs(&run)),
                Err(stop) => Ok(call.stopped(&stop)),
            }
        };
        let ended = ended.await;
        access.close().await;
        ended
    })?
}

/// The run that carries the work over: a review's, begun where its agent has ended.
async fn prepare(
    call: &Call,
    options: Options,
    env: String,
    pr: u64,
    (repository, access, wait, cancel): (Repository, &Access, &Arc<dyn Wait>, Cancel),
) -> Result<Run, CommandError> {
    let identity = Identity::new(&call.settings, b"", repository);
    let workplace = call.workplace(&options, &identity.repository)?;
    let hands = call.hands(&options, &workplace, &identity.repository, access, wait).await?;
    let event = Event { name: String::new(), action: None, repository: None, sender: None, subject: Subject::Other };
    let flow = if env == "ai-repair" { Flow::RepairReview } else { Flow::Review };
    Ok(Run {
        hands,
        settings: call.settings.clone(),
        options,
        identity,
        workplace,
        event,
        by_hand: false,
        flow,
        env,
        kind: None,
        asked_for: (None, Some(pr)),
        // The first step asks GitHub for it.
        about: About::of_pull(Pull::placeholder(pr), None),
        cancel,
        began: Instant::now(),
        trail: None,
        rows: Vec::new(),
        found: Found::default(),
    })
}
