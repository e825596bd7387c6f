//! `manage-env gc`: slots that nobody needs any more.

use super::cleanup;
use crate::cli::ask::{agrees as agrees_to, can_ask};
use crate::cli::call::Call;
use crate::cli::slots::{Ended, Ground};
use crate::cli::{CommandError, Exit};
use crate::flows::stop::Stop;
use crate::flows::upkeep::{self, Branches, Candidate, Old, Removal, Upkeep};
use crate::policy::triggers::Flow;
use crate::ui::{Level, Note};

/// Removes them: unused for `--ttl`, or of an issue and a pull request that are closed.
pub(super) async fn gc(call: &mut Call) -> Result<(String, Exit), Ended> {
    let ground = Ground::open(call, Flow::Gc.name()).await?;
    let ttl = call.settings.duration("ttl")?.unwrap_or_default();
    let upkeep = &ground.upkeep;
    let old = upkeep::old(upkeep, &ground.named_or_all(call), ttl).await?;
    for old in &old {
        let text = format!("{}: {}", upkeep::slot_name(&old.record), old.why);
        call.ui.note(&Note::new(Level::Info, text));
    }
    if !old.is_empty() && !upkeep.dry && !call.settings.switch("yes")? && !agrees(upkeep, &old).await? {
        call.ui.note(&Note::new(Level::Info, "nothing was removed"));
        return Ok((String::new(), Exit::Failed));
    }
    let removal = Removal { candidates: old.into_iter().map(Candidate::from).collect(), ..Removal::default() };
    let removal = cleanup::run(call, upkeep, removal, false).await?;
    cleanup::end(call, upkeep, removal, &Branches::default(), None)
}

/// Asks whoever sits at the terminal. No answer is a no.
async fn agrees(upkeep: &Upkeep, old: &[Old]) -> Result<bool, Ended> {
    if !can_ask() {
        return Err(CommandError::new(
            "manage-env gc destroys slots and nobody can be asked here: give --yes, or --dry-run to look first",
        )
        .into());
    }
    let (count, them) = match old.len() {
        1 => ("this slot".to_owned(), "it"),
        many => (format!("these {many} slots"), "them"),
    };
    let question = format!("Remove {count} with everything in {them}?");
    agrees_to(&question, upkeep.cancel.cancelled()).await?.ok_or_else(|| Stop::Interrupted.into())
}
