//! What the agent is told, and how.

use super::{Kind, Reach, Scope, Setting, Subcommand, of};

/// Who tells the agent something.
const AGENT: Scope = Scope::Of(&[Subcommand::Run, Subcommand::PromptRun, Subcommand::PromptRender]);

/// Who has to know where the stack runs.
const RUNTIME: Scope = Scope::Of(&[
    Subcommand::Run,
    Subcommand::PromptRun,
    Subcommand::PromptRender,
    Subcommand::EnvComment,
    Subcommand::EnvCommentPr,
]);

const PROMPT: Scope = Scope::Of(&[Subcommand::PromptRun, Subcommand::PromptRender]);

const RENDER: Scope = Scope::Of(&[Subcommand::PromptRender]);

/// The rows.
pub(super) static TABLE: &[Setting] = &[
    Setting {
        default: Some("local"),
        value: "NAME",
        ..of(
            RUNTIME,
            "runtime",
            &["CODEXCTL_RUNTIME"],
            Kind::Choice(&["local", "kubernetes"]),
            "Where the agent works: on this machine, or in the slot's pod (so far only `prompt render` and `manage-env comment` know that one)",
        )
    },
    Setting {
        value: "NAME",
        ..of(
            AGENT,
            "model",
            &["CODEXCTL_MODEL"],
            Kind::Text,
            "The agent's model, for example gpt-5.3-codex, gpt-5.2-codex, gpt-5.1-codex-max",
        )
    },
    Setting {
        value: "EFFORT",
        ..of(
            AGENT,
            "reasoning-effort",
            &["CODEXCTL_MODEL_REASONING_EFFORT"],
            Kind::Text,
            "How hard the model thinks: low, medium, high, extra-high",
        )
    },
    Setting {
        default: Some("200KB"),
        value: "SIZE",
        ..of(
            AGENT,
            "context-budget",
            &["CODEXCTL_CONTEXT_BUDGET"],
            Kind::Size,
            "At most this much of the comments goes into the prompt; the newest are kept",
        )
    },
    of(
        AGENT,
        "all-comments",
        &["CODEXCTL_ALL_COMMENTS"],
        Kind::Switch,
        "Show the agent comments of people without write access too, marked as such",
    ),
    Setting {
        default: Some("dev_issue"),
        value: "KIND",
        ..of(
            PROMPT,
            "kind",
            &["CODEXCTL_KIND"],
            Kind::Choice(&[
                "plan_issue",
                "plan_review",
                "dev_issue",
                "dev_review",
                "ai-repair_issue",
                "ai-repair_review",
            ]),
            "Which prompt; without --env those of ai-repair are for environment ai-repair, the others for ai",
        )
    },
    Setting {
        value: "PATH",
        ..of(
            PROMPT,
            "template",
            &["CODEXCTL_TEMPLATE"],
            Kind::Text,
            "A prompt template of the project, relative to its root; it wins over --kind",
        )
    },
    Setting {
        value: "THREAD",
        ..of(
            PROMPT,
            "resume",
            &["CODEXCTL_RESUME"],
            Kind::Text,
            "The agent's thread that goes on: the prompt tells only what is new",
        )
    },
    of(
        PROMPT,
        "infra-unhealthy",
        &["CODEXCTL_INFRA_UNHEALTHY"],
        Kind::Switch,
        "The stack did not get ready; the prompt says so",
    ),
    Setting {
        reach: Reach::Process,
        ..of(
            RENDER,
            "agent-config",
            &["CODEXCTL_AGENT_CONFIG"],
            Kind::Switch,
            "Print the agent's config.toml instead of the prompt",
        )
    },
];
