//! What a stack is in one environment: which groups and services are chosen, and the objects that their files become.
//!
//! [`select`] applies filters and `when`, [`render()`] makes the objects, [`check()`] looks at all that is rendered only when
//! somebody needs it: hooks and image tags. [`survey()`] does all of it for every environment.

mod apply;
mod check;
mod destroy;
mod diff;
mod file;
mod hide;
mod holds;
pub mod hooks;
mod image;
mod live;
mod namespace;
mod on_cluster;
mod parallel;
mod plan;
mod prune;
mod refused;
mod render;
mod rollout;
mod scaled;
mod select;
mod sets;
pub mod status;
mod survey;
mod takeover;
pub mod wait;
mod waves;

pub use apply::{Applied, Applier, Change, Conflicts};
pub use check::check;
pub use destroy::Reach;
pub use diff::{Difference, Undecided, diff};
pub use hide::{Open, hide, hide_text, learn};
pub use live::{Known, Live, Seen};
pub use namespace::{Namespace, ensure as ensure_namespace};
pub use on_cluster::{Clusters, OnCluster, Served};
pub use plan::{Part, Plan, Planned};
pub use prune::prune;
pub use refused::Refused;
pub use render::{Objects, Sink, read_static, render, render_into};
pub use rollout::{Counts, Removed, Rollout, Unfinished};
pub use select::{Filter, Filters, Item, Names, Selection, select};
pub use sets::{Set, Sets};
pub use survey::{Checker, Offline, Survey, Told, environments, survey};
pub use waves::Wave;
