//! The container action: what GitHub's runner hands over becomes a command with its settings.

mod inputs; // inputs of the step → command, settings, variables
mod kubeconfig; // the input that is a file, a text, or base64 of one
pub mod metadata; // action.yml, and the tables of README, from what is declared
mod owner; // from root to the owner of the workspace
pub mod pid1; // the first process of a container

pub use inputs::{Asked, read};
pub use owner::become_owner;
