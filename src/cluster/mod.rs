//! A Kubernetes cluster: which one is meant, the connection to it, and what its API server says it knows. Never calls up.
//!
//! [`choose()`] finds the kubeconfig and context by the order of spec 3, [`Cluster::connect`] asks that server which kinds it
//! serves, [`Cluster::schemas`] for the OpenAPI documents of some of them. [`Watches`] follows objects as they change,
//! [`Cluster::events`] and [`Cluster::log`] tell what troubles one.

mod choose;
mod connect;
mod failure;
mod kinds;
mod lease;
mod objects;
mod retry;
mod until;
mod way;
mod words;
mod trouble;
mod watch;

pub use choose::{Chosen, Named, Places, Proxies, Target, choose};
pub use connect::{Cluster, Patience};
pub use failure::Failure;
pub use kinds::{Kinds, Resource};
pub use lease::{Asking, Held};
pub use objects::{Applying, Id, MANAGER};
pub use retry::{Error, Persistence};
pub use trouble::Event;
pub use watch::{Change, Watched, Watches};
pub use way::Lent;
pub use words::Meant;
