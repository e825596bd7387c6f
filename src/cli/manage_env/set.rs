//! `manage-env set`: links a slot to an issue, a pull request, or both.

use crate::cli::call::Call;
use crate::cli::slots::{self, Ended, Ground};
use crate::cli::{CommandError, Exit};
use crate::flows::stop::Stop;
use crate::report::outputs::Outputs;
use crate::slots::Record;
use crate::ui::{Level, Note};

/// Links the slot that `--slot` names; without it that of the issue, or of the pull request, is linked to the other.
pub(super) async fn set(call: &mut Call) -> Result<(String, Exit), Ended> {
    let ground = Ground::open(call, "set").await?;
    let given = ground.given;
    if given.issue.is_none() && given.pr.is_none() {
        return Err(CommandError::new("manage-env set links a slot to something: give --issue, --pr or both").into());
    }
    let records = ground.upkeep.records(std::slice::from_ref(&ground.env)).await?;
    let found = match given.slot {
        Some(slot) => records.iter().find(|record| record.slot == slot),
        None => records
            .iter()
            .find(|record| record.issue.is_some() && record.issue == given.issue)
            .or_else(|| records.iter().find(|record| record.pr.is_some() && record.pr == given.pr)),
    };
    let Some(found) = found else { return Err(missing(&ground).into()) };
    for other in records.iter().filter(|other| other.slot != found.slot) {
        if let Some(what) = same(other, given.issue, given.pr) {
            let why = format!(
                "{what} has slot {} of {} already, and two slots for one would be worked on by turns: remove that one first \
                 (codexctl manage-env cleanup --slot {} --with-configmap)",
                other.slot, other.env, other.slot
            );
            return Err(Stop::failed(why).into());
        }
    }
    are_there(&ground).await?;
    let mut link = |record: &mut Record| {
        record.issue = given.issue.or(record.issue);
        record.pr = given.pr.or(record.pr);
        Ok(())
    };
    let linked = ground.upkeep.store.change(found.slot, &mut link).await.map_err(Stop::failed)?;
    let Some(record) = linked else { return Err(missing(&ground).into()) };
    call.ui.note(&Note::new(Level::Info, format!("{} is linked", crate::flows::upkeep::slot_name(&record))));
    let mut outputs = Outputs::default();
    outputs.set("slot", record.slot);
    outputs.set("namespace", record.namespace.clone());
    outputs.set("env", record.env.clone());
    outputs.set("issue", record.issue);
    outputs.set("pr", record.pr);
    slots::result(call, &outputs, None)
}

/// Whether issue and pull request exist, where GitHub can be asked: a slip in a number would link a slot to nothing.
async fn are_there(ground: &Ground) -> Result<(), Stop> {
    let github = &ground.upkeep.hands.github;
    if let Some(issue) = ground.given.issue {
        github.issue(issue).await.map_err(Stop::failed)?;
    }
    if let Some(pr) = ground.given.pr {
        github.pull(pr).await.map_err(Stop::failed)?;
    }
    Ok(())
}

fn missing(ground: &Ground) -> Stop {
    let what = match (ground.given.slot, ground.given.issue, ground.given.pr) {
        (Some(slot), _, _) => format!("slot {slot}"),
        (None, Some(issue), _) => format!("issue #{issue}"),
        (None, None, pr) => format!("pull request #{}", pr.unwrap_or_default()),
    };
    let have = if ground.given.slot.is_some() { "is no slot" } else { "has no slot" };
    Stop::failed(format!(
        "{what} {have} of {} here: codexctl ci ensure-slot makes one, codexctl manage-env list shows all",
        ground.env
    ))
}

/// What a slot has of these already.
fn same(record: &Record, issue: Option<u64>, pr: Option<u64>) -> Option<String> {
    if issue.is_some() && record.issue == issue {
        return record.issue.map(|issue| format!("issue #{issue}"));
    }
    (pr.is_some() && record.pr == pr).then(|| format!("pull request #{}", pr.unwrap_or_default()))
}
