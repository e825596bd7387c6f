//! `codexctl version`.

use super::call::Call;
use super::{CommandError, Exit, Outcome};
use crate::report::outputs::Outputs;

/// Prints version, commit and build date.
pub(super) fn version(call: &Call) -> Result<Outcome, CommandError> {
    let mut outputs = Outputs::default();
    outputs.set("version", env!("CARGO_PKG_VERSION"));
    outputs.set("commit", env!("CODEXCTL_COMMIT").get(..12).unwrap_or(env!("CODEXCTL_COMMIT")));
    outputs.set("date", env!("CODEXCTL_COMMIT_DATE"));
    Ok(Outcome { text: call.render(&outputs)?, exit: Exit::Done })
}
