//! What the stack is rendered for, and which part of it.

use super::{Kind, Scope, Setting, Subcommand, of};

/// Who works for a slot: its number, issue and pull request are facts that templates read.
const STACK: Scope = Scope::Of(&[
    Subcommand::Run,
    Subcommand::Render,
    Subcommand::Apply,
    Subcommand::Diff,
    Subcommand::Destroy,
    Subcommand::CiApply,
    Subcommand::Validate,
    Subcommand::Status,
    Subcommand::PromptRun,
    Subcommand::PromptRender,
    Subcommand::CiEnsureSlot,
    Subcommand::EnvCleanup,
    Subcommand::EnvSet,
    Subcommand::EnvComment,
    Subcommand::EnvCommentPr,
    Subcommand::PrReviewApply,
]);

/// Who works for an issue.
const ISSUE: Scope = Scope::Of(&[
    Subcommand::Run,
    Subcommand::Render,
    Subcommand::Apply,
    Subcommand::Diff,
    Subcommand::Destroy,
    Subcommand::CiApply,
    Subcommand::Validate,
    Subcommand::Status,
    Subcommand::PromptRun,
    Subcommand::PromptRender,
    Subcommand::CiEnsureSlot,
    Subcommand::PlanResolveRoot,
    Subcommand::EnvCleanup,
    Subcommand::EnvCleanupIssue,
    Subcommand::EnvSet,
    Subcommand::EnvComment,
    Subcommand::EnvCommentPr,
]);

/// Who works for a pull request.
const PULL: Scope = Scope::Of(&[
    Subcommand::Run,
    Subcommand::Render,
    Subcommand::Apply,
    Subcommand::Diff,
    Subcommand::Destroy,
    Subcommand::CiApply,
    Subcommand::Validate,
    Subcommand::Status,
    Subcommand::PromptRun,
    Subcommand::PromptRender,
    Subcommand::CiEnsureSlot,
    Subcommand::PrReviewApply,
    Subcommand::EnvCleanup,
    Subcommand::EnvCleanupPr,
    Subcommand::EnvSet,
    Subcommand::EnvComment,
    Subcommand::EnvCommentPr,
]);

/// Who has to know the repository.
const REPOSITORY: Scope = Scope::Of(&[
    Subcommand::Run,
    Subcommand::Render,
    Subcommand::Apply,
    Subcommand::Diff,
    Subcommand::Destroy,
    Subcommand::CiApply,
    Subcommand::Validate,
    Subcommand::Status,
    Subcommand::PromptRun,
    Subcommand::PromptRender,
    Subcommand::CiEnsureSlot,
    Subcommand::PlanResolveRoot,
    Subcommand::PrDetect,
    Subcommand::PrReviewApply,
    Subcommand::EnvCleanup,
    Subcommand::EnvCleanupPr,
    Subcommand::EnvCleanupIssue,
    Subcommand::EnvCloseLinkedIssue,
    Subcommand::EnvDeleteBranch,
    Subcommand::EnvSet,
    Subcommand::EnvComment,
    Subcommand::EnvCommentPr,
    Subcommand::EnvList,
    Subcommand::EnvGc,
    Subcommand::Doctor,
]);

/// Who chooses manifests.
const FILTERS: Scope = Scope::Of(&[
    Subcommand::Render,
    Subcommand::Apply,
    Subcommand::Diff,
    Subcommand::Destroy,
    Subcommand::CiApply,
    Subcommand::Validate,
    Subcommand::Status,
]);

/// Who writes texts for people.
const LANG: Scope = Scope::Of(&[
    Subcommand::Run,
    Subcommand::Render,
    Subcommand::Apply,
    Subcommand::Diff,
    Subcommand::Destroy,
    Subcommand::CiApply,
    Subcommand::Validate,
    Subcommand::Status,
    Subcommand::PromptRun,
    Subcommand::PromptRender,
    Subcommand::PrReviewApply,
    Subcommand::EnvComment,
    Subcommand::EnvCommentPr,
    Subcommand::Init,
]);

/// The rows.
pub(super) static TABLE: &[Setting] = &[
    Setting {
        value: "N",
        ..of(
            STACK,
            "slot",
            &["CODEXCTL_SLOT"],
            Kind::Number,
            "The slot; in a run by default the issue's own or the lowest free one",
        )
    },
    Setting {
        value: "N",
        ..of(ISSUE, "issue", &["CODEXCTL_ISSUE_NUMBER"], Kind::Number, "The issue; in a run by default the event's")
    },
    Setting {
        value: "N",
        ..of(PULL, "pr", &["CODEXCTL_PR_NUMBER"], Kind::Number, "The pull request; in a run by default the event's")
    },
    Setting {
        value: "OWNER/NAME",
        ..of(
            REPOSITORY,
            "repo",
            &["CODEXCTL_REPO", "GITHUB_REPOSITORY"],
            Kind::Text,
            "The repository; in a run by default the event's",
        )
    },
    Setting {
        value: "LANG",
        ..of(
            LANG,
            "lang",
            &["CODEXCTL_LANG"],
            Kind::Choice(&["en", "ru"]),
            "Language of prompts and comments; by default codex.promptLang, then en",
        )
    },
    Setting {
        value: "NAMES",
        ..of(
            FILTERS,
            "only-services",
            &["CODEXCTL_ONLY_SERVICES"],
            Kind::Text,
            "Only these services, comma-separated; infrastructure stays as it is",
        )
    },
    Setting {
        value: "NAMES",
        ..of(FILTERS, "skip-services", &["CODEXCTL_SKIP_SERVICES"], Kind::Text, "All services but these; `all`: none")
    },
    Setting {
        value: "NAMES",
        ..of(
            FILTERS,
            "only-infra",
            &["CODEXCTL_ONLY_INFRA"],
            Kind::Text,
            "Only these infrastructure groups, comma-separated; services stay as they are",
        )
    },
    Setting {
        value: "NAMES",
        ..of(
            FILTERS,
            "skip-infra",
            &["CODEXCTL_SKIP_INFRA"],
            Kind::Text,
            "All infrastructure groups but these; `all`: none",
        )
    },
];
