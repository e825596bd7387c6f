//! Pure decisions over facts that others fetched: no I/O, no clock, no environment (spec 4 and 7.4).

pub(crate) mod fences; // what of a Markdown text is fenced code for certain
pub mod gates; // may this event start a run
pub mod labels; // what labels mean
pub mod limits; // what may leave a run
mod markdown; // which lines of a comment are said, not quoted
pub mod models; // which model, how much effort, and who said so
pub mod plans; // what a plan may bring about
pub mod roots; // where a plan's root is
pub mod texts; // texts made harmless for GitHub
pub mod triggers; // which event is which flow
