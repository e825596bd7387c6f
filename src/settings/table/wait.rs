//! When a stack is ready, and what nobody waits for any longer.

use super::{Kind, Scope, Setting, Subcommand, of};

/// Who waits for workloads.
const WAIT: Scope = Scope::Of(&[Subcommand::Apply, Subcommand::CiApply]);

/// Who tries again.
const RETRIES: Scope = Scope::Of(&[Subcommand::CiApply]);

/// The rows.
pub(super) static TABLE: &[Setting] = &[
    of(Scope::Of(&[Subcommand::Status]), "watch", &["CODEXCTL_WATCH"], Kind::Switch, "Show what changes, until Ctrl-C"),
    of(
        WAIT,
        "wait",
        &["CODEXCTL_WAIT"],
        Kind::SwitchOr("all"),
        "Wait until all workloads are ready; with `all` until everything is that can say so",
    ),
    Setting {
        value: "TIME",
        ..of(
            Scope::Of(&[Subcommand::Apply, Subcommand::CiApply, Subcommand::Destroy]),
            "wait-timeout",
            &["CODEXCTL_WAIT_TIMEOUT"],
            Kind::Duration,
            "How long, for all together; by default codex.timeouts.deployWait, then 10m",
        )
    },
    Setting {
        default: Some("3"),
        value: "N",
        ..of(
            RETRIES,
            "apply-retries",
            &["CODEXCTL_APPLY_RETRIES"],
            Kind::Number,
            "How often it is applied until it goes well",
        )
    },
    Setting {
        default: Some("5s"),
        value: "TIME",
        ..of(
            RETRIES,
            "apply-backoff",
            &["CODEXCTL_APPLY_BACKOFF"],
            Kind::Duration,
            "The pause before it is applied again; it doubles each time",
        )
    },
    Setting {
        default: Some("3"),
        value: "N",
        ..of(
            RETRIES,
            "wait-retries",
            &["CODEXCTL_WAIT_RETRIES"],
            Kind::Number,
            "How often is waited until it goes well",
        )
    },
    Setting {
        default: Some("5s"),
        value: "TIME",
        ..of(RETRIES, "wait-backoff", &["CODEXCTL_WAIT_BACKOFF"], Kind::Duration, "The pause before it is waited again")
    },
    Setting {
        default: Some("2m"),
        value: "TIME",
        ..of(
            WAIT,
            "wait-image-pull",
            &["CODEXCTL_WAIT_IMAGE_PULL"],
            Kind::Duration,
            "How long an image may not be pullable before the wait ends",
        )
    },
    Setting {
        default: Some("30s"),
        value: "TIME",
        ..of(
            WAIT,
            "wait-container-config",
            &["CODEXCTL_WAIT_CONTAINER_CONFIG"],
            Kind::Duration,
            "The same for a container that can't be started, as its ConfigMap or Secret is missing",
        )
    },
    Setting {
        default: Some("3"),
        value: "N",
        ..of(
            WAIT,
            "wait-restarts",
            &["CODEXCTL_WAIT_RESTARTS"],
            Kind::Number,
            "The restart of a crashing container that ends the wait",
        )
    },
    Setting {
        default: Some("5m"),
        value: "TIME",
        ..of(
            WAIT,
            "wait-unschedulable",
            &["CODEXCTL_WAIT_UNSCHEDULABLE"],
            Kind::Duration,
            "How long no node may take a pod before the wait ends, unless one is being made for it",
        )
    },
];
