//! What git knows: where the repository came from and its default branch.

use std::path::Path;

use crate::git::Git;

/// What git knows of a folder. Without git, or without a repository, that is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repository {
    /// Owner and name on the server that `origin` leads to.
    pub origin: Option<(String, String)>,
    /// The default branch: that of `origin`, else the one that is checked out.
    pub branch: Option<String>,
}

impl Repository {
    /// Asks git about a folder.
    pub async fn of(git: &Git, folder: &Path) -> Self {
        // A repository that git can't read is none for us: nothing depends on it but two names.
        let line = async |words: &[&str]| {
            let asked = git.call(words).dir(folder).allow(&[1, 128]).run().await.ok()?;
            Some(asked.text()).filter(|text| asked.code == 0 && !text.is_empty())
        };
        let address = line(&["config", "--local", "--get", "remote.origin.url"]).await;
        let theirs = line(&["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]).await;
        let ours = line(&["symbolic-ref", "--quiet", "--short", "HEAD"]).await;
        Self {
            origin: address.and_then(|address| crate::git::repo_from_url(&address)),
            branch: theirs.and_then(|name| name.strip_prefix("origin/").map(str::to_owned)).or(ours),
        }
    }
}
