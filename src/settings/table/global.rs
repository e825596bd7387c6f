//! What every command knows.

use super::{GLOBAL, Kind, Reach, Setting};

const fn global(flag: &'static str, variables: &'static [&'static str], kind: Kind, help: &'static str) -> Setting {
    Setting { flag, variables, kind, help, ..GLOBAL }
}

/// The rows.
pub(super) static TABLE: &[Setting] = &[
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
        ..global("env", &["CODEXCTL_ENV"], Kind::Text, "The environment; by default the flow's own, or ai")
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
];
