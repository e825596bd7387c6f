//! The container action: what GitHub's runner hands over becomes a command with its settings.

mod inputs; // inputs of the step → command, settings, variables

pub use inputs::{Asked, read};
