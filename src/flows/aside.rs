//! Work that may not leave this machine: a copy that only its user can read lies in the state folder, so that the slot is free of it.

use std::path::PathBuf;

use super::stop::Stop;
use super::workplace::Workplace;
use crate::publish::branch::aside_name;
use crate::publish::{Collect, Commit, Error, Limits, Save, SaveTo, SavedWork, Sources};

/// A patch that is bigger helps nobody: the tree itself is moved then.
const BIGGEST_PATCH: u64 = 64 << 20;

/// What is set aside.
pub(super) struct Aside {
    /// The agent's tree.
    pub(super) tree: PathBuf,
    /// The commit that it started from.
    pub(super) start: String,
    /// Globs of what stays behind.
    pub(super) skip: Vec<String>,
    /// How it would have been committed.
    pub(super) commit: Commit,
}

/// Puts a copy of the work into a patch of the state folder; where it is too big for that, the tree itself goes there. The same work
/// gives the same file. None where nothing changed.
///
/// # Errors
/// Git fails, or the disk is full: the work is where it was.
pub(super) async fn set(sources: &dyn Sources, place: &Workplace, aside: Aside) -> Result<Option<PathBuf>, Stop> {
    let wanted = Collect {
        slot: aside.commit.slot.clone(),
        tree: aside.tree.clone(),
        start: aside.start.clone(),
        skip: aside.skip.clone(),
        limits: Limits { files: u64::MAX, bytes: BIGGEST_PATCH },
    };
    match sources.collect(&wanted).await {
        Ok(_) => {}
        // Neither fits into a patch that anybody could apply.
        Err(Error::Limit { .. } | Error::Lfs { .. }) => return moved(place, &aside).map(Some),
        Err(error) => return Err(Stop::failed(error)),
    }
    let to = SaveTo::Aside(place.aside());
    let saved = sources.save(&Save { commit: aside.commit, to }).await.map_err(Stop::failed)?;
    Ok(match saved.into_known().flatten() {
        Some(SavedWork::Patch(path)) => Some(path),
        Some(SavedWork::Branch { .. }) | None => None,
    })
}

/// Moves the tree, which costs no room on the disk.
fn moved(place: &Workplace, aside: &Aside) -> Result<PathBuf, Stop> {
    let folder = place.aside();
    let failed = |error: std::io::Error| Stop::failed(format!("can't move work to {}: {error}", folder.display()));
    crate::publish::make_private(&folder).map_err(Stop::failed)?;
    let name = aside_name(&aside.commit.branch, &aside.commit.date.format("%Y%m%dT%H%M%SZ").to_string());
    let names = std::iter::once(name.clone()).chain((2..).map(|number| format!("{name}-{number}")));
    let free = names.map(|name| folder.join(name)).find(|path| !path.exists());
    let path = free.unwrap_or_else(|| folder.join(&name));
    std::fs::rename(&aside.tree, &path).map_err(failed)?;
    Ok(path)
}
