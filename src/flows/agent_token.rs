//! What GitHub token the agent gets: by default none, because codexctl publishes (spec 7.3, `codex.githubAccess`).

use super::run::Run;
use crate::agent::prompt::Access;
use crate::secrets::Secret;
use crate::stack::{GithubAccess, Loaded};

/// What the agent may do on GitHub by itself.
pub(super) struct Given {
    /// What it is told about it.
    pub access: Access,
    /// The token that it gets.
    pub token: Option<Secret>,
    /// What a person should know.
    pub warning: Option<&'static str>,
}

/// What services.yaml says. A prompt that `--template` names was perhaps written for an agent with `gh`: where the file says nothing,
/// its agent gets the token.
pub(super) fn of(run: &Run, loaded: &Loaded) -> Given {
    let said = loaded.field(&["codex", "githubAccess"]).is_some();
    let older = run.options.prompted.as_ref().is_some_and(|prompted| prompted.template.is_some()) && !said;
    let wanted = if older { GithubAccess::Write } else { loaded.stack.codex.github_access };
    let nothing = |warning| Given { access: Access::None, token: None, warning };
    match (wanted, run.settings.github_token()) {
        (GithubAccess::None, _) => nothing(None),
        (GithubAccess::Read, _) => nothing(Some(
            "codex.githubAccess: read is not available on the runtime local yet: the agent gets no GitHub token",
        )),
        (GithubAccess::Write, None) if older => nothing(None),
        (GithubAccess::Write, None) => {
            nothing(Some("codex.githubAccess is write, and there is no GitHub token that the agent could get"))
        }
        (GithubAccess::Write, token) => Given {
            access: Access::Write,
            token,
            warning: Some(if older {
                "the agent gets the GitHub token, as prompts for older versions expect it with --template: write \
                 `codex.githubAccess: none` into services.yaml where the template does without `gh`"
            } else {
                "the agent gets the GitHub token (codex.githubAccess: write) and may do with it whatever the token may"
            }),
        },
    }
}
