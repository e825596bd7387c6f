//! `manage-env cleanup`, `cleanup-pr`, `cleanup-issue`: slots and what belongs to them, destroyed.

use super::branch;
use crate::cli::call::Call;
use crate::cli::slots::{self, Ended, Ground, warn, would};
use crate::cli::{CommandError, Exit};
use crate::event::Pull;
use crate::flows::stop::Stop;
use crate::flows::upkeep::{self, Because, Branches, Candidate, Patience, PullSeen, Removal, Upkeep};
use crate::policy::triggers::Flow;
use crate::report::outputs::Outputs;
use crate::slots::Record;
use crate::ui::{Level, Note};

/// The environment of repairs.
const REPAIR: &str = "ai-repair";

/// `cleanup`: the slots that match everything that was given, or all of the environment.
pub(super) async fn cleanup(call: &mut Call) -> Result<(String, Exit), Ended> {
    let ground = Ground::open(call, Flow::Cleanup.name()).await?;
    let all = call.settings.switch("all")?;
    if ground.given.is_nothing() && !all {
        let why = "manage-env cleanup has to know which slots: give --issue, --pr, --slot, or --all";
        return Err(CommandError::new(why).into());
    }
    let records = upkeep::given(&ground.upkeep, std::slice::from_ref(&ground.env), &ground.given).await?;
    let removal = remove(call, &ground.upkeep, records, Because::Asked).await?;
    end(call, &ground.upkeep, removal, &Branches::default(), None)
}

/// `cleanup-pr`: the slots of a pull request, its branches, the issue that its branch is named after.
pub(super) async fn of_pull(call: &mut Call) -> Result<(String, Exit), Ended> {
    let ground = Ground::open(call, Flow::Cleanup.name()).await?;
    let Some(number) = ground.given.pr else {
        return Err(CommandError::new("manage-env cleanup-pr has to know the pull request: give --pr").into());
    };
    let upkeep = &ground.upkeep;
    let pull = upkeep.hands.github.pull(number).await.map_err(Stop::failed)?.into_known();
    if let Some(fork) = pull.as_ref().and_then(|pull| fork(upkeep, pull)) {
        call.ui.note(&Note::new(
            Level::Notice,
            format!("pull request #{number} comes from {fork}: nothing here is its own"),
        ));
        return end(call, upkeep, Removal::default(), &Branches::default(), None);
    }
    if pull.as_ref().is_some_and(|pull| pull.open) {
        let text = format!("pull request #{number} is still open: it stays so, its slots go all the same");
        call.ui.note(&Note::new(Level::Notice, text));
    }
    let branch = call.settings.text("branch").or(pull.as_ref().map(|pull| pull.head_branch.clone()));
    let issue = branch.as_deref().and_then(upkeep::issue_of);
    let because = match &pull {
        Some(pull) if pull.merged => Because::Merged,
        Some(pull) if !pull.open => Because::Closed,
        _ => Because::Asked,
    };
    let seen = PullSeen { number, head: branch.clone() };
    let envs = environments(call, &ground, branch.as_deref())?;
    let found = upkeep::of(upkeep, &envs, issue, Some(&seen)).await?;
    let removal = remove_found(call, upkeep, found, because).await?;
    after(call, upkeep, removal, issue, pull.as_ref()).await
}

/// `cleanup-issue`: the slots of an issue, its branches, the issue itself.
pub(super) async fn of_issue(call: &mut Call) -> Result<(String, Exit), Ended> {
    let ground = Ground::open(call, Flow::Cleanup.name()).await?;
    let branch = call.settings.text("branch");
    let Some(number) = ground.given.issue.or(branch.as_deref().and_then(upkeep::issue_of)) else {
        return Err(CommandError::new("manage-env cleanup-issue has to know the issue: give --issue").into());
    };
    let upkeep = &ground.upkeep;
    let envs = environments(call, &ground, branch.as_deref())?;
    let found = upkeep::of(upkeep, &envs, Some(number), None).await?;
    let removal = remove_found(call, upkeep, found, Because::IssueClosed).await?;
    after(call, upkeep, removal, Some(number), None).await
}

/// `--env`, and that of repairs where the branch or `--include-ai-repair` says so.
fn environments(call: &Call, ground: &Ground, branch: Option<&str>) -> Result<Vec<String>, Ended> {
    let mut envs = vec![ground.env.clone()];
    let of_branch = branch.is_some_and(|branch| branch.starts_with("codex/ai-repair-"));
    if (of_branch || call.settings.switch("include-ai-repair")?) && ground.env != REPAIR {
        envs.push(REPAIR.to_owned());
    }
    Ok(envs)
}

/// Where a pull request comes from, if not from here.
fn fork(upkeep: &Upkeep, pull: &Pull) -> Option<String> {
    match &pull.head_repository {
        Some(head) if head.eq_ignore_ascii_case(&upkeep.repo) => None,
        Some(head) => Some(head.clone()),
        None => Some("a fork that is gone".to_owned()),
    }
}

async fn remove_found(call: &Call, upkeep: &Upkeep, found: upkeep::Found, because: Because) -> Result<Removal, Ended> {
    for (_, why) in &found.kept {
        call.ui.note(&Note::new(Level::Notice, why.clone()));
    }
    remove(call, upkeep, found.going, because).await
}

/// Destroys these slots; `--with-configmap` their records, too.
async fn remove(call: &Call, upkeep: &Upkeep, records: Vec<Record>, because: Because) -> Result<Removal, Ended> {
    let with_record = call.settings.switch("with-configmap")?;
    let candidate = |record| Candidate { record, because, patience: Patience::AskToEnd };
    let removal = Removal { candidates: records.into_iter().map(candidate).collect(), ..Removal::default() };
    run(call, upkeep, removal, !with_record).await
}

/// Takes the removal of slots to its end.
pub(super) async fn run(call: &Call, upkeep: &Upkeep, mut removal: Removal, keep: bool) -> Result<Removal, Ended> {
    removal.begin(upkeep, &call.settings).await?;
    removal.destroy(upkeep).await?;
    removal.tell(upkeep).await;
    removal.forget(upkeep, keep).await?;
    Ok(removal)
}

/// What comes after the slots: branches and issue, where they were asked for and GitHub can be.
async fn after(
    call: &Call,
    upkeep: &Upkeep,
    mut removal: Removal,
    issue: Option<u64>,
    pull: Option<&Pull>,
) -> Result<(String, Exit), Ended> {
    let (delete, close) = (call.settings.switch("delete-branch")?, call.settings.switch("close-issue")?);
    let mut branches = Branches::default();
    let mut closed = None;
    if (delete || close) && !upkeep.hands.has_token {
        warn(call, branch::NO_TOKEN);
    } else if let Some(issue) = issue {
        if delete {
            branches = branch::sweep(upkeep, issue, pull, None).await?;
            removal.failures.extend(branches.failed.iter().map(Stop::failed));
        }
        if close {
            match upkeep.hands.github.close_issue(issue).await {
                Ok(_) => closed = Some(issue),
                Err(error) => removal.failures.push(Stop::failed(error)),
            }
        }
    } else if delete || close {
        warn(
            call,
            "the branch is not one of codexctl's (codex/issue-N, codex/ai-repair-N): it and its issue are left alone",
        );
    }
    end(call, upkeep, removal, &branches, closed)
}

/// The result of a cleaning command.
pub(super) fn end(
    call: &Call,
    upkeep: &Upkeep,
    mut removal: Removal,
    branches: &Branches,
    closed: Option<u64>,
) -> Result<(String, Exit), Ended> {
    let numbers: Vec<String> = removal.gone.iter().map(|record| record.slot.to_string()).collect();
    let mut outputs = Outputs::default();
    outputs.set("slots", numbers.join(","));
    outputs.set("branches", branches.deleted.join(","));
    outputs.set("closed_issue", closed);
    removal.end()?;
    if upkeep.dry {
        let would = would(upkeep);
        outputs.set("would", would.clone());
        let lines: String = would.iter().map(|line| format!("  {line}\n")).collect();
        let text = if would.is_empty() { "nothing to remove\n".to_owned() } else { format!("would\n{lines}") };
        return slots::result(call, &outputs, Some(text));
    }
    let plain = (numbers.is_empty() && branches.deleted.is_empty() && closed.is_none())
        .then(|| "nothing to remove\n".to_owned());
    slots::result(call, &outputs, plain)
}
