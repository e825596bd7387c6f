//! Folders that belong to the agent while it runs as another user, and come back to codexctl when it has ended.
//!
//! Only what belongs to the giver is given, and only what belongs to the agent comes back: a hard link to somebody else's file stays
//! what it is. A file that has names outside of the folders is not given either, for the agent could then write to it there.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use rustix::process::{getegid, geteuid};
use serde::{Deserialize, Serialize};

use super::Error;
use super::probe::is_agent_number;
use crate::rights::as_root;

/// What is lent, as a codexctl finds it again that comes after one which was killed.
#[derive(Debug, Serialize, Deserialize)]
struct Lent {
    /// The agent's user, and its group.
    uid: u32,
    folders: Vec<PathBuf>,
}

fn note(folder: &Path) -> PathBuf {
    folder.join("lent.json")
}

/// Gives folders with all that is in them to the agent's user. `folder` is codexctl's own, and holds the note about it.
pub(super) fn lend(folder: &Path, uid: u32, folders: &[&Path]) -> Result<(), Error> {
    let lent = Lent { uid, folders: folders.iter().map(|folder| folder.to_path_buf()).collect() };
    let text = serde_json::to_string(&lent).map_err(io::Error::other).map_err(Error::io("write", folder))?;
    super::setup::write_private(&note(folder), &text)?;
    let us = geteuid().as_raw();
    as_root(|| lent.folders.iter().try_for_each(|folder| give(folder, us, (uid, uid))))
        .map_err(Error::io("give to the agent's user", folder))?
}

/// Takes back what [`lend`] gave, where something is lent. Nothing of the agent runs any more.
pub(super) fn take_back(folder: &Path) -> Result<(), Error> {
    let text = match fs::read_to_string(note(folder)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("read", &note(folder))(error)),
    };
    // A note cut by a full disk was written before anything was given; one that names no agent is not ours.
    let lent = serde_json::from_str::<Lent>(&text).ok().filter(|lent| is_agent_number(lent.uid));
    if let Some(lent) = lent {
        let us = (geteuid().as_raw(), getegid().as_raw());
        let there = lent.folders.iter().filter(|folder| folder.exists());
        as_root(|| there.into_iter().try_for_each(|folder| give(folder, lent.uid, us)))
            .map_err(Error::io("take back from the agent's user", folder))??;
    }
    fs::remove_file(note(folder)).map_err(Error::io("remove", &note(folder)))
}

/// Gives a folder and everything in it that belongs to `from` to another user and group; links themselves, never what they lead to.
fn give(folder: &Path, from: u32, (uid, gid): (u32, u32)) -> Result<(), Error> {
    let hand_over = |path: &Path| lchown(path, Some(uid), Some(gid)).map_err(Error::io("give to another user", path));
    // Files with several names: how many they have, and those that are in here.
    let mut several: HashMap<(u64, u64), (u64, Vec<PathBuf>)> = HashMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let meta = fs::symlink_metadata(&path).map_err(Error::io("look at", &path))?;
        if meta.is_dir() {
            for entry in fs::read_dir(&path).map_err(Error::io("list", &path))? {
                open.push(entry.map_err(Error::io("list", &path))?.path());
            }
        }
        if meta.uid() != from {
            continue;
        }
        if meta.is_dir() || meta.nlink() == 1 {
            hand_over(&path)?;
        } else {
            several.entry((meta.dev(), meta.ino())).or_insert((meta.nlink(), Vec::new())).1.push(path);
        }
    }
    let whole = several.into_values().filter(|(names, found)| found.len() as u64 == *names);
    whole.into_iter().filter_map(|(_, mut found)| found.pop()).try_for_each(|path| hand_over(&path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const AGENT: u32 = 61_200;

    fn owner(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().uid()
    }

    fn write(path: &Path) -> PathBuf {
        fs::write(path, "text").unwrap();
        path.to_path_buf()
    }

    #[test]
    fn what_is_lent_comes_back_and_files_with_a_name_elsewhere_are_never_touched() {
        assert!(geteuid().is_root(), "only root can give folders to another user: run this test as root");
        let slot = tempfile::tempdir().unwrap();
        let tree = slot.path().join("tree");
        fs::create_dir_all(tree.join("deep")).unwrap();
        let (cache, plain) = (write(&slot.path().join("cache")), write(&tree.join("plain")));
        let twice = write(&tree.join("twice"));
        fs::hard_link(&twice, tree.join("deep/twice")).unwrap();
        fs::hard_link(&cache, tree.join("deep/cache")).unwrap();
        symlink(&cache, tree.join("link")).unwrap();

        lend(slot.path(), AGENT, &[&tree]).unwrap();
        for given in [&tree, &tree.join("deep"), &plain, &twice, &tree.join("link")] {
            assert_eq!(owner(given), AGENT, "{}", given.display());
        }
        assert_eq!(owner(&cache), 0);

        // What an agent could do as its own user.
        let made = write(&tree.join("made"));
        lchown(&made, Some(AGENT), Some(AGENT)).unwrap();
        fs::set_permissions(&made, fs::Permissions::from_mode(0o4755)).unwrap();
        let foreign = write(&tree.join("foreign"));
        for theirs in [&cache, &foreign] {
            lchown(theirs, Some(4711), None).unwrap();
        }
        take_back(slot.path()).unwrap();
        for ours in [&tree, &tree.join("deep"), &plain, &twice, &tree.join("link"), &made] {
            assert_eq!(owner(ours), 0, "{}", ours.display());
        }
        assert_eq!(fs::metadata(&made).unwrap().mode() & 0o7777, 0o755, "it would start as us");
        assert_eq!((owner(&cache), owner(&foreign)), (4711, 4711), "somebody else's");
        assert!(!note(slot.path()).exists());
    }

    #[test]
    fn a_note_that_names_no_agent_moves_nothing() {
        let slot = tempfile::tempdir().unwrap();
        let theirs = write(&slot.path().join("theirs"));
        lchown(&theirs, Some(4711), None).unwrap();
        let text = serde_json::to_string(&Lent { uid: 4711, folders: vec![theirs.clone()] }).unwrap();
        fs::write(note(slot.path()), text).unwrap();
        take_back(slot.path()).unwrap();
        assert_eq!(owner(&theirs), 4711);
    }
}
