//! `manage-env gc`: slots that nobody needs any more.

use std::io::{IsTerminal as _, Write as _};

use super::cleanup;
use crate::cli::slots::{Ended, Ground};
use crate::cli::{Call, CommandError, Exit};
use crate::flows::upkeep::{self, Branches, Candidate, Old, Removal};
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
    if !old.is_empty() && !upkeep.dry && !call.settings.switch("yes")? {
        agree(&old)?;
    }
    let removal = Removal { candidates: old.into_iter().map(Candidate::from).collect(), ..Removal::default() };
    let removal = cleanup::run(call, upkeep, removal, false).await?;
    cleanup::end(call, upkeep, removal, &Branches::default(), None)
}

/// Asks whoever sits at the terminal.
fn agree(old: &[Old]) -> Result<(), CommandError> {
    let (input, mut output) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !output.is_terminal() {
        return Err(CommandError::new(
            "manage-env gc destroys slots and nobody can be asked here: give --yes, or --dry-run to look first",
        ));
    }
    let count = if old.len() == 1 { "this slot".to_owned() } else { format!("these {} slots", old.len()) };
    let mut answer = String::new();
    let asked =
        write!(output, "Remove {count} with everything in {}? [y/N] ", if old.len() == 1 { "it" } else { "them" })
            .and_then(|()| output.flush())
            .and_then(|()| input.read_line(&mut answer));
    asked.map_err(|error| CommandError::new(format!("nobody can be asked: {error}")))?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(CommandError::new("nothing was removed"))
}
