//! A Kubernetes cluster: which one is meant, the connection to it, and what its API server says it knows. Never calls up.
//!
//! [`choose()`] finds the kubeconfig and context by the order of spec 3, [`Cluster::connect`] asks that server which kinds it
//! serves, [`Cluster::schemas`] for the OpenAPI documents of some of them.

mod choose;
mod connect;
mod failure;
mod kinds;

pub use choose::{Chosen, Named, Places, Proxies, Target, choose};
pub use connect::{Cluster, Patience};
pub use failure::Failure;
pub use kinds::Kinds;
