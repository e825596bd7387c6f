//! The event, who may start a run, and how it goes.

use super::{Kind, Reach, Scope, Setting, Subcommand, of};

/// Who starts an agent.
const LIVE: Scope = Scope::Of(&[Subcommand::Run, Subcommand::PromptRun]);

/// Who can show what would be done.
const DRY: Scope = Scope::Of(&[
    Subcommand::Run,
    Subcommand::PromptRun,
    Subcommand::EnvCleanup,
    Subcommand::EnvCleanupPr,
    Subcommand::EnvCleanupIssue,
    Subcommand::EnvCloseLinkedIssue,
    Subcommand::EnvDeleteBranch,
    Subcommand::EnvGc,
]);

const fn run(flag: &'static str, variables: &'static [&'static str], kind: Kind, help: &'static str) -> Setting {
    of(LIVE, flag, variables, kind, help)
}

/// The rows.
pub(super) static TABLE: &[Setting] = &[
    Setting {
        reach: Reach::Process,
        value: "FILE",
        ..run(
            "event",
            &["GITHUB_EVENT_PATH"],
            Kind::Text,
            "The event's payload as GitHub sent it; `-` is standard input",
        )
    },
    Setting {
        reach: Reach::Process,
        value: "NAME",
        ..run("event-name", &["GITHUB_EVENT_NAME"], Kind::Text, "The event's name; guessed from the payload if absent")
    },
    Setting {
        reach: Reach::Process,
        value: "FLOW",
        ..of(
            Scope::Of(&[Subcommand::Run]),
            "flow",
            &["CODEXCTL_FLOW"],
            Kind::Text,
            "Run this flow, whatever the event asks for",
        )
    },
    Setting {
        reach: Reach::Process,
        ..of(
            DRY,
            "dry-run",
            &["CODEXCTL_DRY_RUN"],
            Kind::Switch,
            "Say everything that would be done, start and write nothing",
        )
    },
    Setting {
        reach: Reach::Process,
        value: "LOGINS",
        ..of(
            LIVE,
            "allowed-users",
            &["CODEXCTL_ALLOWED_USERS"],
            Kind::Text,
            "Who may start a run, comma-separated; empty: whoever may write to the repository",
        )
    },
    of(
        LIVE,
        "keep-on-failure",
        &["CODEXCTL_KEEP_ON_FAILURE"],
        Kind::Switch,
        "Keep a slot that this run made, even if the run fails",
    ),
    of(
        LIVE,
        "fail-if-busy",
        &["CODEXCTL_FAIL_IF_BUSY"],
        Kind::Switch,
        "Stop instead of waiting when another run works on the slot",
    ),
    Setting {
        reach: Reach::Process,
        ..of(
            Scope::Of(&[Subcommand::Run, Subcommand::PromptRun, Subcommand::Doctor]),
            "allow-unsandboxed",
            &["CODEXCTL_ALLOW_UNSANDBOXED"],
            Kind::Switch,
            "Run the agent even where nothing keeps it from reading this process's keys",
        )
    },
    Setting {
        short: Some('v'),
        ..of(
            LIVE,
            "verbose",
            &["CODEXCTL_VERBOSE"],
            Kind::Switch,
            "Show every line of the agent's work, not only its steps",
        )
    },
    Setting {
        reach: Reach::Process,
        ..of(
            Scope::Of(&[Subcommand::Run, Subcommand::PromptRun]),
            "config-from-head",
            &["CODEXCTL_CONFIG_FROM_HEAD"],
            Kind::Switch,
            "In a review, take services.yaml, prompts and instructions from the pull request itself instead of its base",
        )
    },
    Setting {
        reach: Reach::Process,
        ..of(
            Scope::Of(&[Subcommand::PromptRun]),
            "no-publish",
            &["CODEXCTL_NO_PUBLISH"],
            Kind::Switch,
            "Run the agent and leave its work in the slot: no commit, no push, no comment",
        )
    },
];
