//! How a stack gets onto its cluster, and off it again.

use super::{Kind, Scope, Setting, Subcommand, of};

/// Who applies.
const APPLY: Scope = Scope::Of(&[Subcommand::Apply, Subcommand::CiApply]);

/// Who deletes.
const DELETE: Scope = Scope::Of(&[Subcommand::Destroy]);

/// The rows.
pub(super) static TABLE: &[Setting] = &[
    of(
        APPLY,
        "preflight",
        &["CODEXCTL_PREFLIGHT"],
        Kind::Switch,
        "Have the server check everything first; nothing is applied if anything would be refused",
    ),
    of(
        APPLY,
        "prune",
        &["CODEXCTL_PRUNE"],
        Kind::Switch,
        "Delete what an earlier apply of this environment made and this one no longer has",
    ),
    of(
        APPLY,
        "prune-data",
        &["CODEXCTL_PRUNE_DATA"],
        Kind::Switch,
        "With --prune: delete left-over PersistentVolumeClaims too, and the data in them",
    ),
    of(
        Scope::Of(&[Subcommand::Apply]),
        "force-conflicts",
        &["CODEXCTL_FORCE_CONFLICTS"],
        Kind::Switch,
        "Take fields that somebody else has set to another value, instead of stopping",
    ),
    Setting {
        value: "N",
        default: Some("16"),
        ..of(
            Scope::Of(&[Subcommand::Apply, Subcommand::CiApply, Subcommand::Diff, Subcommand::Destroy]),
            "concurrency",
            &["CODEXCTL_CONCURRENCY"],
            Kind::Number,
            "How many objects are sent at once",
        )
    },
    Setting {
        value: "DURATION",
        default: Some("600s"),
        ..of(
            Scope::Of(&[Subcommand::Apply, Subcommand::CiApply, Subcommand::Diff, Subcommand::Destroy]),
            "request-timeout",
            &["CODEXCTL_REQUEST_TIMEOUT"],
            Kind::Duration,
            "How long one answer of the cluster may take",
        )
    },
    of(
        Scope::Of(&[Subcommand::Diff]),
        "exit-code",
        &["CODEXCTL_EXIT_CODE"],
        Kind::Switch,
        "End with 1 where something differs",
    ),
    of(
        DELETE,
        "with-data",
        &["CODEXCTL_WITH_DATA"],
        Kind::Switch,
        "Delete PersistentVolumeClaims and the namespace too; in a slot that is so anyway",
    ),
    of(
        DELETE,
        "cluster-scoped",
        &["CODEXCTL_CLUSTER_SCOPED"],
        Kind::Switch,
        "Delete what belongs to the whole cluster, which all environments of the project share",
    ),
];
