//! The repository as git reaches it: address, proxy, certificates and token all count here, as they will in a run.

use std::path::Path;

use super::{Finding, Patient};
use crate::event::Repository;
use crate::git::{Credentials, Git, RemoteUrl};
use crate::secrets::Secret;

/// Asks the remote for its branches.
pub(super) async fn look(patient: &Patient<'_>, repository: &Repository, token: Option<Secret>, git: &Git) -> Finding {
    const CHECK: &str = "git remote";
    let origin = match patient.top() {
        Some(top) => git.origin_url(&top).await.ok().flatten(),
        None => None,
    };
    let server = patient.settings.server();
    let address = || RemoteUrl::parse(&format!("{server}/{}.git", repository.full_name()), Path::new("/"));
    let remote = match origin.map_or_else(address, Ok) {
        Ok(remote) => remote,
        Err(error) => {
            return Finding::failed(CHECK, error.to_string(), "Set the remote `origin`, or GITHUB_SERVER_URL");
        }
    };
    if let Some((owner, name)) = remote.repo()
        && !format!("{owner}/{name}").eq_ignore_ascii_case(&repository.full_name())
    {
        let text = format!("the remote `origin` is {remote}, and --repo names {}", repository.full_name());
        return Finding::failed(CHECK, text, "Run this in a clone of that repository");
    }
    let Some(state) = patient.settings.state_home() else {
        return Finding::skipped(CHECK, "not tried: there is no folder for the helper that hands git the token");
    };
    let credentials = token.map(|token| Credentials { token, server: server.to_owned() });
    let git = Git::new(patient.settings.process(), &state.join("doctor"), credentials, &patient.redactor);
    let with = if git.has_token_for(&remote) { "with the token" } else { "without a token" };
    match git.call(["ls-remote", "--heads", "--", remote.as_str()]).remote(&remote).run().await {
        Ok(output) => {
            let branches = output.text().lines().count();
            let plural = if branches == 1 { "" } else { "es" };
            Finding::ok(CHECK, format!("{remote} answers {with}: {branches} branch{plural}"))
        }
        Err(error) => {
            // The last line is git's way out, where it knows one.
            let text = error.to_string();
            let (said, way_out) =
                text.rsplit_once('\n').unwrap_or((&text, "Look at the remote `origin` and at the network"));
            Finding::failed(CHECK, said, way_out)
        }
    }
}
