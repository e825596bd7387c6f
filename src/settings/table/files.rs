//! What is read and written on this machine.

use super::{Kind, Reach, Scope, Setting, Subcommand, of};

const RENDER: Scope = Scope::Of(&[Subcommand::Render]);
const INIT: Scope = Scope::Of(&[Subcommand::Init]);

/// The rows.
pub(super) static TABLE: &[Setting] = &[
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
