//! What a stack is in one environment: which groups and services are chosen, and the objects that their files become.
//!
//! [`select`] applies filters and `when`, [`render()`] makes the objects, [`check()`] looks at all that is rendered only when
//! somebody needs it: hooks and image tags. [`survey()`] does all of it for every environment.

mod check;
mod file;
mod hide;
mod image;
mod on_cluster;
mod parallel;
mod render;
mod select;
mod survey;

pub use check::check;
pub use hide::{Open, hide, hide_text, learn};
pub use on_cluster::{Clusters, OnCluster};
pub use render::{Objects, Sink, read_static, render, render_into};
pub use select::{Filter, Filters, Item, Names, Selection, select};
pub use survey::{Checker, Offline, Survey, Told, environments, survey};
