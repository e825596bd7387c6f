//! `codexctl schema`.

use super::call::Call;
use super::{CommandError, Exit, Outcome};

/// Prints the JSON Schema of services.yaml.
pub(super) fn schema(_call: &mut Call) -> Result<Outcome, CommandError> {
    Ok(Outcome { text: crate::stack::schema_text(), exit: Exit::Done })
}
