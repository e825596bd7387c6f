//! Who stands in commits.

use crate::publish::Identity;
use crate::settings::Settings;

/// Author and committer (spec 7.3).
pub(super) fn author(settings: &Settings) -> Identity {
    Identity {
        name: settings.variable("CODEXCTL_GH_USERNAME").unwrap_or("codex-bot").to_owned(),
        email: settings.variable("CODEXCTL_GH_EMAIL").unwrap_or("codex-bot@codex-k8s.local").to_owned(),
    }
}

/// The agent, as co-author.
pub(super) fn co_author() -> Identity {
    Identity { name: "Codex".to_owned(), email: "codex@openai.com".to_owned() }
}
