//! What GitHub token the agent gets: by default none, because codexctl publishes (spec 7.3, `codex.githubAccess`).

use super::run::Run;
use super::stop::Stop;
use crate::agent::prompt::Access;
use crate::github::installation::Need;
use crate::secrets::Secret;
use crate::stack::{GithubAccess, Loaded};

/// What the agent may do on GitHub by itself.
pub(super) struct Given {
    /// What it is told about it.
    pub access: Access,
    /// What a person should know.
    pub warning: Option<&'static str>,
}

/// What services.yaml says. A prompt that `--template` names was perhaps written for an agent with `gh`: where the file says nothing,
/// its agent gets the token.
pub(super) fn of(run: &Run, loaded: &Loaded) -> Given {
    let said = loaded.field(&["codex", "githubAccess"]).is_some();
    let older = run.options.prompted.as_ref().is_some_and(|prompted| prompted.template.is_some()) && !said;
    let wanted = if older { GithubAccess::Write } else { loaded.stack.codex.github_access };
    let nothing = |warning| Given { access: Access::None, warning };
    match wanted {
        GithubAccess::None => nothing(None),
        GithubAccess::Read if run.hands.app.is_some() => Given { access: Access::Read, warning: None },
        GithubAccess::Read => nothing(Some(
            "codex.githubAccess is read, and the agent gets no token all the same: only a GitHub App can make one that does nothing but \
             read (CODEXCTL_GH_APP_ID, CODEXCTL_GH_APP_PRIVATE_KEY), and a token that may write is not handed on. Where no App is \
             wanted, write `codex.githubAccess: none`: issue, comments and threads are in the prompt",
        )),
        GithubAccess::Write if !run.hands.has_token && older => nothing(None),
        GithubAccess::Write if !run.hands.has_token => {
            nothing(Some("codex.githubAccess is write, and there is no GitHub token that the agent could get"))
        }
        GithubAccess::Write => Given {
            access: Access::Write,
            warning: Some(if older {
                "the agent gets the GitHub token, as prompts for older versions expect it with --template: write \
                 `codex.githubAccess: none` into services.yaml where the template does without `gh`"
            } else {
                "the agent gets the GitHub token (codex.githubAccess: write) and may do with it whatever the token may"
            }),
        },
    }
}

/// The token itself; none in a dry run, which makes none.
///
/// # Errors
/// GitHub makes none for the App.
pub(super) async fn token(run: &Run, access: Access) -> Result<Option<Secret>, Stop> {
    let need = match access {
        Access::None => return Ok(None),
        Access::Read => Need::Read,
        Access::Write => Need::Write,
    };
    match &run.hands.app {
        _ if run.options.dry_run => Ok(None),
        // One of its own: that of the run is renewed while the agent works, and this one ends with the run.
        Some(app) => app.token_for(need).await.map(Some).map_err(Stop::failed),
        None => Ok(run.settings.github_token()),
    }
}
