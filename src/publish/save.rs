//! Keeps unfinished work for a later run: on a branch beside the issue's, or as a patch where nothing may be pushed.

use std::path::Path;

use super::branch::{aside_name, patch_name};
use super::collect::Publisher;
use super::live::LiveSources;
use super::push::{holds, remote_commit, send};
use super::{Error, Save, SaveTo, SavedWork, commit, files, names};
use crate::git::Cause;

/// How often the branch may move while we save.
const TRIES: usize = 4;

/// Saves what was collected.
pub(super) async fn save(live: &LiveSources, wanted: &Save) -> Result<Option<SavedWork>, Error> {
    let publisher = Publisher::open(live, &wanted.commit.slot).await?;
    if let SaveTo::Aside(folder) = &wanted.to {
        return aside(&publisher, wanted, folder).await;
    }
    let Some(work) = commit::in_publisher(live, &publisher, &wanted.commit).await? else { return Ok(None) };
    match &wanted.to {
        SaveTo::Branch(name) => to_branch(live, &publisher, wanted, work, name).await.map(Some),
        SaveTo::Patch(folder) | SaveTo::Aside(folder) => {
            let name = patch_name(&wanted.commit.branch);
            let path = folder.join(&name);
            let text = patch(&publisher, wanted, &work, &name, "Unfinished work").await?;
            std::fs::create_dir_all(folder).map_err(|source| Error::io("make", folder, source))?;
            files::write(&path, &text)?;
            Ok(Some(SavedWork::Patch(path)))
        }
    }
}

/// Keeps what may not leave this machine; our own clone of it goes.
async fn aside(publisher: &Publisher<'_>, wanted: &Save, folder: &Path) -> Result<Option<SavedWork>, Error> {
    names::check_branch(&wanted.commit.branch)?;
    let work = publisher.ask(&["write-tree"]).await?;
    let start = publisher.start()?;
    if work == publisher.ask(&["rev-parse", &format!("{start}^{{tree}}")]).await? {
        return Ok(None);
    }
    let name = format!("{}.patch", aside_name(&wanted.commit.branch, work.get(..10).unwrap_or(&work)));
    let path = folder.join(&name);
    let text = patch(publisher, wanted, &work, &name, "Work that was not published").await?;
    files::make_private(folder)?;
    files::write_private(&path, &text)?;
    files::remove(&publisher.folder)?;
    Ok(Some(SavedWork::Patch(path)))
}

/// The way from the start to this commit or tree, with the message and how to take it up in front.
async fn patch(publisher: &Publisher<'_>, wanted: &Save, work: &str, name: &str, what: &str) -> Result<Vec<u8>, Error> {
    let start = publisher.start()?;
    let diff = publisher
        .call(["diff-tree", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv"])
        .args([start.as_str(), work])
        .run()
        .await?;
    let mut text = format!(
        "{}\n\n{what} of branch {}, on top of commit {start}.\nTake it up with: git apply --3way {name}\n\n",
        wanted.commit.message.trim(),
        wanted.commit.branch
    )
    .into_bytes();
    text.extend(diff.stdout);
    Ok(text)
}

/// What an earlier run saved there stays in the history: the new state becomes its child, so that no push needs force.
async fn to_branch(
    live: &LiveSources,
    publisher: &Publisher<'_>,
    wanted: &Save,
    work: String,
    name: &str,
) -> Result<SavedWork, Error> {
    names::check_branch(name)?;
    let saved = |commit: String| SavedWork::Branch { name: name.to_owned(), commit };
    for _ in 0..TRIES {
        let there = remote_commit(live, publisher, name).await?;
        let mut commit = work.clone();
        if let Some(there) = there {
            if same_tree(publisher, &there, &work).await? && holds(publisher, &there, &publisher.start()?).await? {
                return Ok(saved(there));
            }
            if !holds(publisher, &work, &there).await? {
                let tree = format!("{work}^{{tree}}");
                let tree = publisher.ask(&["rev-parse", &tree]).await?;
                let seconds = wanted.commit.date.timestamp();
                let message = format!("{}\n", wanted.commit.message.trim());
                commit =
                    commit::commit_tree(publisher, &tree, &[&there, &work], &message, &wanted.commit.author, seconds)
                        .await?;
            }
        }
        match send(live, publisher, &commit, name).await {
            Ok(()) => return Ok(saved(commit)),
            Err(Error::Git(error)) if error.cause() == Some(Cause::NonFastForward) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Restless { branch: name.to_owned(), tries: TRIES })
}

async fn same_tree(publisher: &Publisher<'_>, one: &str, other: &str) -> Result<bool, Error> {
    let one = publisher.ask(&["rev-parse", &format!("{one}^{{tree}}")]).await?;
    Ok(one == publisher.ask(&["rev-parse", &format!("{other}^{{tree}}")]).await?)
}

/// Removes saved work; a branch only while it still points to the commit that we know.
pub(super) async fn drop_saved(live: &LiveSources, work: &SavedWork) -> Result<(), Error> {
    match work {
        SavedWork::Patch(path) => files::remove(path),
        SavedWork::Branch { name, commit } => {
            names::check_branch(name)?;
            names::check_commit(commit)?;
            let remote = live.remote();
            let heads =
                live.git().call(["ls-remote", "--", remote.as_str(), &format!("refs/heads/{name}")]).remote(remote);
            if !heads.run().await?.text().starts_with(commit.as_str()) {
                return Ok(());
            }
            let lease = format!("--force-with-lease=refs/heads/{name}:{commit}");
            let what = format!(":refs/heads/{name}");
            let lock = live.lock("mirror").await?;
            live.git()
                .call(["push", "--quiet", "--no-verify", lease.as_str(), "--", remote.as_str(), &what])
                .dir(&live.mirror())
                .hold(lock.file())
                .remote(remote)
                .run()
                .await?;
            Ok(())
        }
    }
}
