//! The one table flag ↔ variable: command line, help and docs are all made from it.

/// What values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `--x`, `--x=false`; `1 t true 0 f false` in any case.
    Switch,
    /// Any text.
    Text,
    /// A whole number from 1.
    Number,
    /// A size in bytes: `200KB`, `4Mi`, `1024`.
    Size,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// Which places may give a value (spec 2.1, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Flag or variable of the process: needed to find the file, or never taken from files of the repository.
    Process,
    /// Flag or merged variable: process, envFiles, var file, `--vars`.
    Merged,
}

/// A command that has flags of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subcommand {
    /// `run`.
    Run,
    /// `render`.
    Render,
    /// `validate`.
    Validate,
    /// `prompt render`.
    PromptRender,
    /// `init`.
    Init,
}

/// Which commands know a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every command; it may stand before or after the command's name.
    Global,
    /// These.
    Of(&'static [Subcommand]),
}

impl Scope {
    /// Whether a command knows the flag as one of its own.
    pub fn holds(self, command: Subcommand) -> bool {
        matches!(self, Self::Of(commands) if commands.contains(&command))
    }
}

/// Who renders the stack for a slot: its number, issue and pull request are facts that templates read.
const STACK: Scope = Scope::Of(&[Subcommand::Run, Subcommand::Render, Subcommand::Validate, Subcommand::PromptRender]);

/// Who chooses manifests.
const FILTERS: Scope = Scope::Of(&[Subcommand::Render, Subcommand::Validate]);

/// Who tells the agent something.
const AGENT: Scope = Scope::Of(&[Subcommand::Run, Subcommand::PromptRender]);

/// Who writes texts for people.
const LANG: Scope =
    Scope::Of(&[Subcommand::Run, Subcommand::Render, Subcommand::Validate, Subcommand::PromptRender, Subcommand::Init]);

const PROMPT: Scope = Scope::Of(&[Subcommand::PromptRender]);
const RENDER: Scope = Scope::Of(&[Subcommand::Render]);
const INIT: Scope = Scope::Of(&[Subcommand::Init]);

/// One setting: how it is given, what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The flag without its dashes.
    pub flag: &'static str,
    /// The one-letter flag.
    pub short: Option<char>,
    /// The variable that counts where the flag isn't given; the first that is set wins.
    pub variables: &'static [&'static str],
    /// What values it takes.
    pub kind: Kind,
    /// Where values may come from.
    pub reach: Reach,
    /// Who knows it.
    pub scope: Scope,
    /// What counts where nothing is given, as a user would write it.
    pub default: Option<&'static str>,
    /// What the value is called in help texts.
    pub value: &'static str,
    /// One line for help and docs.
    pub help: &'static str,
}

const fn global(flag: &'static str, variables: &'static [&'static str], kind: Kind, help: &'static str) -> Setting {
    Setting {
        flag,
        short: None,
        variables,
        kind,
        reach: Reach::Process,
        scope: Scope::Global,
        default: None,
        value: "VALUE",
        help,
    }
}

const fn run(flag: &'static str, variables: &'static [&'static str], kind: Kind, help: &'static str) -> Setting {
    of(Scope::Of(&[Subcommand::Run]), flag, variables, kind, help)
}

const fn of(
    scope: Scope,
    flag: &'static str,
    variables: &'static [&'static str],
    kind: Kind,
    help: &'static str,
) -> Setting {
    Setting { reach: Reach::Merged, scope, ..global(flag, variables, kind, help) }
}

/// Every flag with its variable, in the order of help texts.
pub static TABLE: &[Setting] = &[
    Setting {
        short: Some('c'),
        default: Some("services.yaml"),
        value: "FILE",
        ..global(
            "config",
            &["CODEXCTL_CONFIG"],
            Kind::Text,
            "The stack's description; its folder is the project's root",
        )
    },
    Setting {
        value: "NAME",
        ..global("env", &["CODEXCTL_ENV"], Kind::Text, "The environment; a run's default is the flow's own")
    },
    Setting {
        value: "NAME",
        ..global("namespace", &["CODEXCTL_NAMESPACE"], Kind::Text, "The namespace, instead of the one by pattern")
    },
    Setting {
        value: "A=1,B=2",
        ..global("vars", &["CODEXCTL_VARS"], Kind::Text, "Variables for templates; they win over all others")
    },
    Setting {
        value: "FILE",
        ..global(
            "var-file",
            &["CODEXCTL_VAR_FILE"],
            Kind::Text,
            "Variables for templates, one `key: value` or `KEY=value` a line",
        )
    },
    Setting {
        reach: Reach::Merged,
        value: "FILE",
        ..global(
            "kubeconfig",
            &["CODEXCTL_KUBECONFIG"],
            Kind::Text,
            "Which cluster: a kubeconfig; by default the environment's, then KUBECONFIG, ~/.kube/config, the pod's own",
        )
    },
    Setting {
        reach: Reach::Merged,
        value: "NAME",
        ..global("context", &["CODEXCTL_KUBE_CONTEXT"], Kind::Text, "The context in that kubeconfig")
    },
    Setting {
        default: Some("info"),
        value: "LEVEL",
        ..global(
            "log-level",
            &["CODEXCTL_LOG_LEVEL"],
            Kind::Choice(&["debug", "info", "warn", "error"]),
            "The least level that is shown",
        )
    },
    Setting {
        default: Some("text"),
        value: "FORMAT",
        ..global(
            "log-format",
            &["CODEXCTL_LOG_FORMAT"],
            Kind::Choice(&["text", "json"]),
            "How messages look on standard error",
        )
    },
    Setting {
        short: Some('o'),
        default: Some("plain"),
        value: "FORMAT",
        ..global(
            "output",
            &["CODEXCTL_OUTPUT"],
            Kind::Choice(&["plain", "json", "kv"]),
            "How results look on standard output",
        )
    },
    Setting {
        default: Some("auto"),
        value: "WHEN",
        ..global(
            "color",
            &["CODEXCTL_COLOR"],
            Kind::Choice(&["auto", "always", "never"]),
            "Colours on standard error; NO_COLOR counts too",
        )
    },
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
        ..run("flow", &["CODEXCTL_FLOW"], Kind::Text, "Run this flow, whatever the event asks for")
    },
    Setting {
        default: Some("local"),
        value: "NAME",
        ..of(
            AGENT,
            "runtime",
            &["CODEXCTL_RUNTIME"],
            Kind::Choice(&["local", "kubernetes"]),
            "Where the agent works: on this machine, or in the slot's pod (so far only `prompt render` knows that one)",
        )
    },
    Setting {
        reach: Reach::Process,
        ..run(
            "dry-run",
            &["CODEXCTL_DRY_RUN"],
            Kind::Switch,
            "Say everything that would be done, start and write nothing",
        )
    },
    Setting {
        reach: Reach::Process,
        value: "LOGINS",
        ..run(
            "allowed-users",
            &["CODEXCTL_ALLOWED_USERS"],
            Kind::Text,
            "Who may start a run, comma-separated; empty: whoever may write to the repository",
        )
    },
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
        ..of(STACK, "issue", &["CODEXCTL_ISSUE_NUMBER"], Kind::Number, "The issue; in a run by default the event's")
    },
    Setting {
        value: "N",
        ..of(STACK, "pr", &["CODEXCTL_PR_NUMBER"], Kind::Number, "The pull request; in a run by default the event's")
    },
    Setting {
        value: "OWNER/NAME",
        ..of(
            STACK,
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
    run(
        "keep-on-failure",
        &["CODEXCTL_KEEP_ON_FAILURE"],
        Kind::Switch,
        "Keep a slot that this run made, even if the run fails",
    ),
    run(
        "fail-if-busy",
        &["CODEXCTL_FAIL_IF_BUSY"],
        Kind::Switch,
        "Stop instead of waiting when another run works on the slot",
    ),
    Setting {
        reach: Reach::Process,
        ..run(
            "allow-unsandboxed",
            &["CODEXCTL_ALLOW_UNSANDBOXED"],
            Kind::Switch,
            "Run the agent even where nothing keeps it from reading this process's keys",
        )
    },
    Setting {
        short: Some('v'),
        ..run("verbose", &["CODEXCTL_VERBOSE"], Kind::Switch, "Show every line of the agent's work, not only its steps")
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
    Setting {
        reach: Reach::Process,
        value: "PATH",
        ..of(
            RENDER,
            "file",
            &["CODEXCTL_FILE"],
            Kind::Text,
            "Render this one template of the project instead of the manifests; `-` is standard input",
        )
    },
    Setting {
        reach: Reach::Process,
        ..of(
            RENDER,
            "show-secrets",
            &["CODEXCTL_SHOW_SECRETS"],
            Kind::Switch,
            "Print data of Secret objects and secret variables",
        )
    },
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
            PROMPT,
            "agent-config",
            &["CODEXCTL_AGENT_CONFIG"],
            Kind::Switch,
            "Print the agent's config.toml instead of the prompt",
        )
    },
    Setting {
        reach: Reach::Process,
        default: Some("."),
        value: "FOLDER",
        ..of(INIT, "dir", &["CODEXCTL_DIR"], Kind::Text, "The repository's folder")
    },
    Setting {
        reach: Reach::Process,
        ..of(
            INIT,
            "force",
            &["CODEXCTL_FORCE"],
            Kind::Switch,
            "Write over files that are there; each is kept beside the new one as .bak",
        )
    },
];

/// The row of a flag.
pub fn setting(flag: &str) -> Option<&'static Setting> {
    TABLE.iter().find(|row| row.flag == flag)
}
