//! `manage-env comment` and `comment-pr`: the comment with a slot's links, printed or put on its pull request.

use crate::answer::Answer;
use crate::cli::call::Call;
use crate::cli::slots::{self, Ended, Ground, warn};
use crate::cli::{CommandError, Exit, project};
use crate::flows::stop::Stop;
use crate::flows::upkeep::{self, Links};
use crate::publish::branch::{issue_branch, repair_branch};
use crate::report::outputs::Outputs;
use crate::ui::Note;

/// Makes the comment of the slot that was named, of its issue's or of its pull request's.
pub(super) async fn comment(call: &mut Call, post: bool) -> Result<(String, Exit), Ended> {
    let name = if post { "comment-pr" } else { "comment" };
    let ground = Ground::of_any_runtime(call, name).await?;
    let (given, upkeep) = (ground.given, &ground.upkeep);
    if given.is_nothing() {
        let why = format!("manage-env {name} has to know the slot: give --slot, --issue or --pr");
        return Err(CommandError::new(why).into());
    }
    let deployed = call.settings.choice("runtime")? == Some("kubernetes");
    let record = upkeep::given(upkeep, std::slice::from_ref(&ground.env), &given).await?.into_iter().next();
    // What runs in a cluster may have its record there; the number is all that the links need.
    let slot = record.as_ref().map(|record| record.slot).or(given.slot.filter(|_| deployed));
    let Some(slot) = slot else {
        let why = format!("no slot of {} matches: codexctl manage-env list shows all", ground.env);
        return Err(Stop::failed(why).into());
    };
    let issue = given.issue.or(record.as_ref().and_then(|record| record.issue));
    let Some(pull) = given.pr.or(record.as_ref().and_then(|record| record.pr)) else {
        let why =
            format!("slot {slot} is linked to no pull request: give --pr, or link it with codexctl manage-env set");
        return Err(CommandError::new(why).into());
    };
    let mut request = ground.project.request_for(&ground.env);
    request.decided.slot = Some(slot);
    (request.decided.issue, request.decided.pr) = (issue, Some(pull));
    let stack = ground.project.raw.load(&request).map_err(|error| project::told(call, &error))?;
    for warning in &stack.warnings {
        call.ui.note(&Note::about(warning, stack.picture(warning)));
    }
    let links = Links {
        repo: &upkeep.repo,
        stack: &stack,
        slot,
        issue,
        pull,
        branch: branch(&ground, record.as_ref().and_then(|record| record.branch.clone()), issue, pull).await?,
        deployed,
        run_url: upkeep.run_url.clone(),
    };
    let host = links.host().filter(|_| deployed);
    let comment = upkeep::body(&links, upkeep.lang)?;
    let mut outputs = Outputs::default();
    outputs.set("slot", slot);
    outputs.set("namespace", stack.namespace.clone());
    outputs.set("env", ground.env.clone());
    outputs.set("pr", pull);
    outputs.set("host", host);
    if !post {
        outputs.set("comment", comment.body.as_str());
        return slots::result(call, &outputs, Some(format!("{}\n", comment.body.trim_end())));
    }
    if !upkeep.hands.has_token {
        warn(call, "no GitHub token: the comment goes to .codexctl/outbox/");
    }
    let url = match upkeep.hands.github.put_comment(&comment).await.map_err(Stop::failed)? {
        Answer::Known(url) => url,
        Answer::Unknown(would) => would,
    };
    outputs.set("url", url);
    slots::result(call, &outputs, None)
}

/// The branch of the work: the record's, the pull request's, else the one that a first run takes.
async fn branch(ground: &Ground, known: Option<String>, issue: Option<u64>, pull: u64) -> Result<String, Stop> {
    if let Some(known) = known {
        return Ok(known);
    }
    let asked = ground.upkeep.hands.github.pull(pull).await.map_err(Stop::failed)?.into_known();
    let first = |issue| if ground.env == "ai-repair" { repair_branch(issue) } else { issue_branch(issue) };
    Ok(asked.map(|pull| pull.head_branch).unwrap_or_else(|| first(issue.unwrap_or(pull))))
}
