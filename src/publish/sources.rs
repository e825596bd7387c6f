//! The mirror of a repository, and trees of trusted commits.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::live::LiveSources;
use super::lock::{Lock, clear_git_locks};
use super::{Error, Heads, files, names};
use crate::git::{Cause, Error as GitError};

/// Trusted trees that were not asked for this long go when another is made; no run lives longer.
const KEPT: Duration = Duration::from_secs(48 * 60 * 60);

/// The branches of the remote, asked now.
pub(super) async fn remote_heads(live: &LiveSources) -> Result<Heads, Error> {
    let remote = live.remote();
    let output = live
        .git()
        .call(["ls-remote", "--symref", "--", remote.as_str(), "HEAD", "refs/heads/*"])
        .remote(remote)
        .run()
        .await?;
    let mut default = None;
    let mut branches = BTreeMap::new();
    for line in output.text().lines() {
        let Some((value, name)) = line.split_once('\t') else { continue };
        if let Some(branch) = value.strip_prefix("ref: refs/heads/") {
            if name == "HEAD" {
                default = Some(branch.to_owned());
            }
        } else if let Some(branch) = name.strip_prefix("refs/heads/") {
            branches.insert(branch.to_owned(), value.to_owned());
        }
    }
    // A server's HEAD may name a branch that isn't there, as in a bare repository made with another default.
    let default = default
        .filter(|name| branches.contains_key(name))
        .or_else(|| ["main", "master"].into_iter().find(|name| branches.contains_key(*name)).map(str::to_owned))
        .or_else(|| branches.keys().next().cloned());
    match default {
        Some(default) => Ok(Heads { default, branches }),
        None => Err(Error::Empty { remote: remote.to_string() }),
    }
}

/// Brings the mirror to the remote's state.
pub(super) async fn fetch(live: &LiveSources) -> Result<Heads, Error> {
    let heads = remote_heads(live).await?;
    let lock = live.lock("mirror").await?;
    let mirror = open_mirror(live, &lock).await?;
    match fetch_into(live, &lock, &mirror).await {
        // What is neither the network's nor the server's fault may be the mirror's, after a loss of power or on a full disk.
        Err(error) if error.cause() == Some(Cause::Other) && is_damaged(live, &lock, &mirror).await? => {
            tracing::warn!(%error, "the mirror is damaged and is made anew");
            files::remove(&mirror)?;
            let mirror = open_mirror(live, &lock).await?;
            fetch_into(live, &lock, &mirror).await?;
        }
        other => other?,
    }
    let output = live
        .git()
        .call(["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"])
        .dir(&live.mirror())
        .hold(lock.file())
        .run()
        .await?;
    let branches = output
        .text()
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(commit, name)| (name.to_owned(), commit.to_owned()))
        .collect();
    Ok(Heads { default: heads.default, branches })
}

async fn fetch_into(live: &LiveSources, lock: &Lock, mirror: &Path) -> Result<(), GitError> {
    let remote = live.remote();
    live.git()
        // Without --update-shallow the branches of a remote that is shallow itself would be left out without a word.
        .call(["fetch", "--quiet", "--prune", "--no-tags", "--update-shallow", "--no-write-fetch-head", "--"])
        .args([remote.as_str(), "+refs/heads/*:refs/heads/*"])
        .dir(mirror)
        .hold(lock.file())
        .remote(remote)
        .run()
        .await?;
    Ok(())
}

async fn is_damaged(live: &LiveSources, lock: &Lock, mirror: &Path) -> Result<bool, GitError> {
    let check = live.git().call(["fsck", "--connectivity-only", "--no-dangling", "--no-progress"]).dir(mirror);
    // Its exit code is a sum of what it found, or 128 where there is nothing to look at.
    Ok(match check.hold(lock.file()).run().await {
        Ok(_) => false,
        Err(GitError::Failed { .. }) => true,
        Err(error) => return Err(error),
    })
}

/// The mirror's folder, made where it is missing.
async fn open_mirror(live: &LiveSources, lock: &Lock) -> Result<PathBuf, Error> {
    let mirror = live.mirror();
    if mirror.join("HEAD").is_file() && mirror.join("config").is_file() {
        clear_git_locks(&mirror)?;
        return Ok(mirror);
    }
    files::remove(&mirror)?;
    let made = files::beside(&mirror, ".new");
    files::remove(&made)?;
    files::make_private(&made)?;
    let git = live.git();
    git.call(["init", "--quiet", "--bare", "--template="]).dir(&made).hold(lock.file()).run().await?;
    // The agent's clone asks for commits by name, also for such that no branch points to any more.
    git.call(["config", "uploadpack.allowAnySHA1InWant", "true"]).dir(&made).hold(lock.file()).run().await?;
    files::put_in_place(&made, &mirror)?;
    Ok(mirror)
}

/// Whether the mirror has a commit.
pub(super) async fn check_has(live: &LiveSources, commit: &str) -> Result<(), Error> {
    names::check_commit(commit)?;
    let mirror = live.mirror();
    let missing = || Error::NoCommit { commit: commit.to_owned(), mirror: mirror.display().to_string() };
    if !mirror.is_dir() {
        return Err(missing());
    }
    let found = live
        .git()
        .call(["cat-file", "-e", &format!("{commit}^{{commit}}")])
        .dir(&mirror)
        .allow(&[1, 128])
        .run()
        .await?;
    if found.code == 0 { Ok(()) } else { Err(missing()) }
}

/// Whether a commit of the mirror is `of` or comes before it.
pub(super) async fn is_before(live: &LiveSources, commit: &str, of: &str) -> Result<bool, Error> {
    check_has(live, of).await?;
    match check_has(live, commit).await {
        Err(Error::NoCommit { .. } | Error::Name { .. }) => return Ok(false),
        other => other?,
    }
    let asked = live.git().call(["merge-base", "--is-ancestor", commit, of]).dir(&live.mirror()).allow(&[1]);
    Ok(asked.run().await?.code == 0)
}

/// The files of a fetched commit in a folder of their own.
pub(super) async fn trusted_tree(live: &LiveSources, commit: &str) -> Result<PathBuf, Error> {
    check_has(live, commit).await?;
    let lock = live.lock("trusted").await?;
    let all = live.trusted();
    let folder = all.join(commit);
    if folder.is_dir() {
        // The time of its last use keeps it from being swept.
        let used = all.join(format!("{commit}.used"));
        files::write(&used, b"")?;
        return Ok(folder);
    }
    sweep(&all)?;
    let made = files::beside(&folder, ".new");
    let index = files::beside(&folder, ".index");
    for leftover in [&made, &index, &files::beside(&index, ".lock")] {
        files::remove(leftover)?;
    }
    files::make_private(&made)?;
    let git = live.git();
    let words = |command: &[&str]| {
        let places = [("--git-dir", live.mirror()), ("--work-tree", made.clone())];
        let mut words: Vec<_> = places.iter().map(|(name, path)| format!("{name}={}", path.display())).collect();
        words.extend(command.iter().map(|word| (*word).to_owned()));
        words
    };
    git.call(words(&["read-tree", commit])).dir(&made).env("GIT_INDEX_FILE", &index).hold(lock.file()).run().await?;
    git.call(words(&["checkout-index", "--all", "--force", "--quiet"]))
        .dir(&made)
        .env("GIT_INDEX_FILE", &index)
        .hold(lock.file())
        .run()
        .await?;
    files::remove(&index)?;
    files::write(&all.join(format!("{commit}.used")), b"")?;
    files::put_in_place(&made, &folder)?;
    Ok(folder)
}

/// Removes trees that nobody used for [`KEPT`], and what cut runs left.
fn sweep(all: &Path) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(all) else { return files::make_private(all) };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some((commit, ending)) = name.split_once('.') else {
            if !all.join(format!("{name}.used")).exists() {
                files::remove(&path)?;
            }
            continue;
        };
        if ending != "used" {
            files::remove(&path)?;
            continue;
        }
        let old = || entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
        if old().is_some_and(|age| age > KEPT) {
            files::remove(&all.join(commit))?;
            files::remove(&path)?;
        }
    }
    Ok(())
}
