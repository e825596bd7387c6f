//! The repository that a work tree belongs to, where nobody names one: its remote `origin`.

use std::path::Path;

use crate::event::Repository;
use crate::git::Git;

/// The repository that the remote `origin` names, where it is on this GitHub.
///
/// # Errors
/// Why it is not known, as a part of a sentence.
pub async fn repository(git: &Git, folder: &Path, server: &str) -> Result<Repository, String> {
    match git.origin_url(folder).await {
        Ok(Some(origin)) => {
            let site = origin.site();
            match origin.repo() {
                Some((owner, name)) if site.is_none_or(|site| site.eq_ignore_ascii_case(server)) => {
                    Ok(Repository { owner, name, default_branch: None, url: None })
                }
                Some(_) => Err(format!("the remote `origin` is not on {server}")),
                None => Err(format!("the remote `origin` is {origin}")),
            }
        }
        Ok(None) => Err("there is no remote `origin` here".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
