//! Slots, pull requests and branches.

use super::{Kind, Reach, Scope, Setting, Subcommand, of};

/// Who destroys slots.
const CLEANUP: Scope = Scope::Of(&[Subcommand::EnvCleanup, Subcommand::EnvCleanupPr, Subcommand::EnvCleanupIssue]);

/// Who is told a branch.
const BRANCH: Scope = Scope::Of(&[
    Subcommand::PrDetect,
    Subcommand::EnvCleanupPr,
    Subcommand::EnvCleanupIssue,
    Subcommand::EnvCloseLinkedIssue,
    Subcommand::EnvDeleteBranch,
]);

/// The rows.
pub(super) static TABLE: &[Setting] = &[
    Setting {
        value: "N",
        ..of(
            Scope::Of(&[Subcommand::CiEnsureSlot]),
            "max",
            &["CODEXCTL_DEV_SLOTS_MAX"],
            Kind::Number,
            "The highest number of a slot; by default maxSlots of services.yaml",
        )
    },
    Setting {
        default: Some("30m"),
        value: "TIME",
        ..of(
            Scope::Of(&[Subcommand::Run, Subcommand::PromptRun, Subcommand::CiEnsureSlot]),
            "wait-for-slot",
            &["CODEXCTL_WAIT_FOR_SLOT"],
            Kind::Duration,
            "How long to wait for a free slot when all are taken",
        )
    },
    of(
        Scope::Of(&[Subcommand::EnvCleanup]),
        "all",
        &["CODEXCTL_ALL"],
        Kind::Switch,
        "Every slot of this repository and environment",
    ),
    of(
        CLEANUP,
        "with-configmap",
        &["CODEXCTL_WITH_CONFIGMAP"],
        Kind::Switch,
        "Remove the slot's record too, so that its number is free",
    ),
    Setting {
        value: "NAME",
        ..of(BRANCH, "branch", &["CODEXCTL_BRANCH"], Kind::Text, "The branch; for a pull request by default its head")
    },
    of(
        Scope::Of(&[Subcommand::EnvCleanupPr, Subcommand::EnvCleanupIssue]),
        "delete-branch",
        &["CODEXCTL_DELETE_BRANCH"],
        Kind::Switch,
        "Delete codexctl's branch too, where its work is merged or its pull request closed",
    ),
    of(
        Scope::Of(&[Subcommand::EnvCleanupPr, Subcommand::EnvCleanupIssue, Subcommand::EnvCloseLinkedIssue]),
        "close-issue",
        &["CODEXCTL_CLOSE_ISSUE"],
        Kind::Switch,
        "Close the issue that the branch is named after, as completed",
    ),
    of(
        Scope::Of(&[Subcommand::EnvCleanupPr, Subcommand::EnvCleanupIssue]),
        "include-ai-repair",
        &["CODEXCTL_INCLUDE_AI_REPAIR"],
        Kind::Switch,
        "Clean up the environment ai-repair too; a branch codex/ai-repair-N says so by itself",
    ),
    Setting {
        default: Some("24h"),
        value: "TIME",
        ..of(
            Scope::Of(&[Subcommand::EnvGc]),
            "ttl",
            &["CODEXCTL_TTL"],
            Kind::Duration,
            "A slot that nobody used for so long goes",
        )
    },
    Setting {
        reach: Reach::Process,
        ..of(
            Scope::Of(&[Subcommand::EnvGc, Subcommand::Destroy]),
            "yes",
            &["CODEXCTL_YES"],
            Kind::Switch,
            "Don't ask before something is destroyed",
        )
    },
    Setting {
        value: "FOLDER",
        ..of(
            Scope::Of(&[Subcommand::PrReviewApply]),
            "code-root-base",
            &["CODEXCTL_CODE_ROOT_BASE"],
            Kind::Text,
            "The folder with the slots' sources, <base>/<slot>/src",
        )
    },
];
