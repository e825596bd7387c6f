//! The flow `review`: somebody asks for changes of a pull request, and gets a commit and an answer in every thread.

mod again;
mod applied;
mod gates;
mod killed;
pub(crate) mod scene;
mod strangers;
mod told;
mod worked_in;
