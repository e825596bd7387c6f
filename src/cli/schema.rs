//! `codexctl schema`.

use super::{Call, CommandError, Exit, Outcome};

/// Prints the JSON Schema of services.yaml.
pub(super) fn schema(_call: &mut Call) -> Result<Outcome, CommandError> {
    Ok(Outcome { text: crate::stack::schema_text(), exit: Exit::Done })
}
