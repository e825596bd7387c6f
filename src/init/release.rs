//! The commit of a release, which the workflow that a released codexctl writes shall call.
//!
//! A release is built from the commit of its candidate. Its tag stands on commits after that one, in which all that is called is pinned
//! to what was built (`release/pin.sh`): a binary can't hold the name of a commit that holds the binary's sum, so it asks.

use std::path::Path;
use std::time::Duration;

use crate::git::{Git, RemoteUrl};

/// Somebody sits and waits; an answer takes a second.
const PATIENCE: Duration = Duration::from_secs(15);

/// The commit that the tag of a release names in this repository.
///
/// # Errors
/// Why nobody knows: no answer, or no such tag.
pub async fn commit_of(git: &Git, repository: &str, tag: &str) -> Result<String, String> {
    let remote = RemoteUrl::parse(repository, Path::new("/")).map_err(|error| error.to_string())?;
    let (plain, peeled) = (format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}"));
    let call = git.call(["ls-remote", "--", remote.as_str(), &plain, &peeled]).remote(&remote);
    let answer = match tokio::time::timeout(PATIENCE, call.run()).await {
        Ok(answer) => answer.map_err(|error| error.to_string())?,
        Err(_) => return Err(format!("{remote} does not answer")),
    };
    let text = answer.text();
    let named = |wanted: &str| text.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == wanted);
    // A tag with a text of its own names the commit in a second line.
    let found = named(&peeled).or_else(|| named(&plain)).map(|(commit, _)| commit.to_owned());
    found.ok_or_else(|| format!("{remote} has no tag {tag}"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::secrets::Redactor;

    #[tokio::test]
    async fn a_tag_of_either_kind_names_its_commit_and_one_that_is_not_there_is_said_to_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        let ask = |words: &[&str]| {
            let author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "tag.gpgSign=false"];
            let output = Command::new("git").args(author).args(words).current_dir(folder.path()).output().unwrap();
            assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        ask(&["init", "--quiet"]);
        for (text, tag) in [("Built", "v1.2.3-rc.1"), ("Pinned", "v1.2.3")] {
            ask(&["-c", "commit.gpgSign=false", "commit", "--quiet", "--allow-empty", "--message", text]);
            ask(&["tag", tag]);
        }
        ask(&["tag", "--annotate", "--message=A release", "v1.2.4"]);

        let vars = [("PATH".to_owned(), std::env::var("PATH").unwrap())].into();
        let git = Git::new(&vars, Path::new("/nonexistent"), None, &Redactor::default());
        let repository = folder.path().display().to_string();
        let head = ask(&["rev-parse", "HEAD"]);
        for tag in ["v1.2.3", "v1.2.4"] {
            assert_eq!(commit_of(&git, &repository, tag).await, Ok(head.clone()), "{tag}");
        }
        let missing = commit_of(&git, &repository, "v1.2").await;
        assert_eq!(missing, Err(format!("{repository} has no tag v1.2")));
    }
}
