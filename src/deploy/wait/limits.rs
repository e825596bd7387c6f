//! How long a workload may be in trouble before it counts as one that won't be ready.

use std::time::Duration;

use crate::settings::{Invalid, Settings};

/// Limits of patience with one workload (spec 5.1.6); [`super::WaitOptions::timeout`] bounds all of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// An image can't be pulled: it may still be on its way to the registry.
    pub image_pull: Duration,
    /// A container can't be started as its ConfigMap or Secret is missing: an operator may be about to make it.
    pub container_config: Duration,
    /// A container crashes: the restart from which on nobody waits any more.
    pub restarts: u64,
    /// No node takes a pod, and nobody makes one.
    pub unschedulable: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            image_pull: Duration::from_secs(120),
            container_config: Duration::from_secs(30),
            restarts: 3,
            unschedulable: Duration::from_secs(300),
        }
    }
}

impl Limits {
    /// From flags and variables.
    ///
    /// # Errors
    /// A value does not parse.
    pub fn of(settings: &Settings) -> Result<Self, Invalid> {
        let usual = Self::default();
        Ok(Self {
            image_pull: settings.duration("wait-image-pull")?.unwrap_or(usual.image_pull),
            container_config: settings.duration("wait-container-config")?.unwrap_or(usual.container_config),
            restarts: settings.number("wait-restarts")?.unwrap_or(usual.restarts),
            unschedulable: settings.duration("wait-unschedulable")?.unwrap_or(usual.unschedulable),
        })
    }
}
