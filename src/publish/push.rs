//! Pushes a commit, never by force: a branch that moved is merged, or the work goes to a branch beside it.

use super::branch::conflict_branch;
use super::collect::Publisher;
use super::commit::identity;
use super::live::LiveSources;
use super::{Error, Push, Pushed, names};
use crate::git::Cause;

/// How often a branch may move while its merge is on the way.
const TRIES: usize = 4;
/// How many `-conflict` branches one branch may have.
const CONFLICTS: u32 = 100;

/// Pushes the commit of a slot's clone.
pub(super) async fn push(live: &LiveSources, wanted: &Push) -> Result<Pushed, Error> {
    names::check_branch(&wanted.branch)?;
    names::check_commit(&wanted.commit)?;
    let publisher = Publisher::open(live, &wanted.slot).await?;
    let mut merged_with = None;
    let mut commit = wanted.commit.clone();
    for _ in 0..TRIES {
        let there = remote_commit(live, &publisher, &wanted.branch).await?;
        if let Some(there) = &there {
            if holds(&publisher, there, &commit).await? {
                return Ok(match merged_with {
                    // Our own push arrived though its answer did not.
                    Some(with) if *there == commit => Pushed::Merged { commit, with },
                    _ => Pushed::AlreadyThere { commit: there.clone() },
                });
            }
            if !holds(&publisher, &commit, there).await? {
                match merge(&publisher, wanted, there).await? {
                    Ok(merge) => commit = merge,
                    Err(files) => return conflict(live, &publisher, wanted, files).await,
                }
                merged_with = Some(there.clone());
            }
        }
        match send(live, &publisher, &commit, &wanted.branch).await {
            Ok(()) => {
                return Ok(match merged_with {
                    Some(with) => Pushed::Merged { commit, with },
                    None => Pushed::Done { commit, created: there.is_none() },
                });
            }
            // It moved between our question and our push: look again.
            Err(Error::Git(error)) if error.cause() == Some(Cause::NonFastForward) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Restless { branch: wanted.branch.clone(), tries: TRIES })
}

/// The commit that the remote's branch points to, fetched into our clone.
pub(super) async fn remote_commit(
    live: &LiveSources,
    publisher: &Publisher<'_>,
    branch: &str,
) -> Result<Option<String>, Error> {
    let remote = live.remote();
    let name = format!("refs/heads/{branch}");
    let told = publisher.call(["ls-remote", "--", remote.as_str(), &name]).remote(remote).run().await?.text();
    let Some((commit, _)) = told.lines().filter_map(|line| line.split_once('\t')).find(|(_, found)| *found == name)
    else {
        return Ok(None);
    };
    let known =
        publisher.call(["cat-file", "-e", &format!("{commit}^{{commit}}")]).allow(&[1, 128]).run().await?.code == 0;
    if known {
        return Ok(Some(commit.to_owned()));
    }
    let into = format!("+{name}:refs/codexctl/remote");
    publisher
        .call([
            "fetch",
            "--quiet",
            "--no-tags",
            "--update-shallow",
            "--no-write-fetch-head",
            "--",
            remote.as_str(),
            &into,
        ])
        .remote(remote)
        .run()
        .await?;
    Ok(Some(publisher.ask(&["rev-parse", "refs/codexctl/remote"]).await?))
}

/// Whether `whole` is `part` or comes after it.
pub(super) async fn holds(publisher: &Publisher<'_>, whole: &str, part: &str) -> Result<bool, Error> {
    Ok(publisher.call(["merge-base", "--is-ancestor", part, whole]).allow(&[1]).run().await?.code == 0)
}

/// Pushes a commit to a branch.
pub(super) async fn send(
    live: &LiveSources,
    publisher: &Publisher<'_>,
    commit: &str,
    branch: &str,
) -> Result<(), Error> {
    let remote = live.remote();
    if live.git().has_lfs() {
        // Our hooks are off, and the one of git-lfs with them: its objects go first, or the commit would name missing ones.
        // `.lfsconfig` of the tree, which the agent may have written, must not say where to.
        let server = lfs_server(remote.as_str());
        let settings = ["lfs.url", "lfs.pushurl"].map(|name| format!("{name}={server}"));
        let mut words: Vec<String> = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect();
        // A bare path is nothing to git-lfs.
        let to = if server.starts_with("file:") { &server } else { remote.as_str() };
        words.extend(["lfs", "push", to, commit].map(str::to_owned));
        publisher.call(words).remote(remote).run().await?;
    }
    let what = format!("{commit}:refs/heads/{branch}");
    let pushed = publisher.call(["push", "--quiet", "--no-verify", "--", remote.as_str(), &what]).remote(remote).run();
    pushed.await.map(drop).map_err(|error| {
        Error::Git(error.named(|cause| match cause {
            Cause::Auth | Cause::Denied | Cause::NotFound => format!("GitHub refused the push to {branch}"),
            _ => format!("the push to {branch} failed"),
        }))
    })
}

/// Where a remote has its LFS objects, told in full: git-lfs's own choice for a remote of that form.
/// Source: git-lfs, docs/api/server-discovery.md.
fn lfs_server(remote: &str) -> String {
    let whole = remote.trim_end_matches('/');
    if remote.starts_with("http://") || remote.starts_with("https://") {
        format!("{}.git/info/lfs", whole.strip_suffix(".git").unwrap_or(whole))
    } else if remote.starts_with('/') {
        format!("file://{remote}")
    } else {
        remote.to_owned()
    }
}

/// Merges the remote's commit into ours: the merge, or the files with conflicts.
async fn merge(publisher: &Publisher<'_>, wanted: &Push, theirs: &str) -> Result<Result<String, Vec<String>>, Error> {
    publisher.call(["reset", "--quiet", "--hard", &wanted.commit]).run().await?;
    let text = format!("Merge branch '{}' as it is on the remote", wanted.branch);
    let mut call = publisher.call(["merge", "--quiet", "--no-ff", "--no-edit", "--no-verify", "-m", &text, theirs]);
    for (name, value) in identity(&wanted.author, wanted.date.timestamp()) {
        call = call.env(name, value);
    }
    let done = call.allow(&[1, 2, 128]).run().await?;
    if done.code == 0 {
        return Ok(Ok(publisher.ask(&["rev-parse", "HEAD"]).await?));
    }
    let files = publisher.ask(&["diff", "--name-only", "--diff-filter=U"]).await?;
    publisher.call(["reset", "--quiet", "--hard", &wanted.commit]).run().await?;
    Ok(Err(files.lines().map(str::to_owned).collect()))
}

/// Keeps our commit on a branch beside the one that it conflicts with.
async fn conflict(
    live: &LiveSources,
    publisher: &Publisher<'_>,
    wanted: &Push,
    files: Vec<String>,
) -> Result<Pushed, Error> {
    let commit = wanted.commit.clone();
    for number in 1..CONFLICTS {
        let branch = conflict_branch(&wanted.branch, number);
        match remote_commit(live, publisher, &branch).await? {
            Some(there) if holds(publisher, &there, &commit).await? => {
                return Ok(Pushed::Conflict { branch, commit, files });
            }
            Some(there) if !holds(publisher, &commit, &there).await? => continue,
            _ => {}
        }
        match send(live, publisher, &commit, &branch).await {
            Ok(()) => return Ok(Pushed::Conflict { branch, commit, files }),
            Err(Error::Git(error)) if error.cause() == Some(Cause::NonFastForward) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Restless { branch: wanted.branch.clone(), tries: CONFLICTS as usize })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lfs_objects_go_where_the_commits_go() {
        for (remote, server) in [
            ("https://github.com/o/shop", "https://github.com/o/shop.git/info/lfs"),
            ("https://github.com/o/shop.git/", "https://github.com/o/shop.git/info/lfs"),
            ("ssh://git@github.com/o/shop.git", "ssh://git@github.com/o/shop.git"),
            ("git@github.com:o/shop.git", "git@github.com:o/shop.git"),
            ("/srv/shop.git", "file:///srv/shop.git"),
        ] {
            assert_eq!(lfs_server(remote), server);
        }
    }
}
