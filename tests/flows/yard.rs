//! The folder that all scenes of this process are built in, and the shop that they are copied from.
//!
//! ext4 looks through the files that were deleted nearby in the last minutes before it makes a new one, so scenes that delete theirs
//! one by one have all others wait. They go all at once, with the last one, and each lies apart from the others.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use tempfile::{Builder, TempDir};

use crate::scene::{copy, git};

/// A folder beside those of other processes.
pub(crate) struct Yard {
    // Gone before others may lock it.
    folder: TempDir,
    _lock: File,
}

/// Where yards are. Codex refuses a home below the temporary folder, so the build's own folder is used.
fn place() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// The yard of this process, with `shop` of one commit and `origin.git`.
///
/// It goes with the last scene: what only the process itself held would stay on the disk for ever.
pub(crate) fn yard() -> Arc<Yard> {
    static YARD: Mutex<Weak<Yard>> = Mutex::new(Weak::new());
    let mut known = YARD.lock().unwrap_or_else(PoisonError::into_inner);
    known.upgrade().unwrap_or_else(|| {
        let made = Arc::new(Yard::new());
        *known = Arc::downgrade(&made);
        made
    })
}

impl Yard {
    fn new() -> Self {
        let making = File::open(place()).unwrap();
        making.lock().unwrap();
        sweep();
        let folder = Builder::new().prefix("yard-").tempdir_in(place()).unwrap();
        let lock = File::open(folder.path()).unwrap();
        lock.lock().unwrap();
        drop(making);
        apart(&lock);
        let shop = folder.path().join("shop");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop"), &shop);
        git(&shop, &["init", "--quiet", "--initial-branch=main", "--template="]);
        git(&shop, &["add", "--all"]);
        git(&shop, &["commit", "--quiet", "--message=The shop as it is"]);
        // One file to copy in place of a hundred.
        git(&shop, &["repack", "-adq"]);
        git(folder.path(), &["clone", "--quiet", "--bare", "--template=", "shop", "origin.git"]);
        Self { folder, _lock: lock }
    }

    /// A copy of something in the yard.
    pub(crate) fn copy(&self, name: &str, to: &Path) {
        copy(&self.folder.path().join(name), to);
    }

    /// A fresh folder.
    pub(crate) fn plot(&self) -> PathBuf {
        Builder::new().disable_cleanup(true).prefix("flows-").tempdir_in(self.folder.path()).unwrap().keep()
    }
}

/// Has ext4 spread the folders in this one over the disk; other file systems don't know of that.
fn apart(folder: &File) {
    if let Ok(flags) = ioctl_getflags(folder) {
        let _ = ioctl_setflags(folder, flags | IFlags::TOPDIR);
    }
}

/// Removes the yards of processes that were killed: nobody holds them locked. Yards are made and swept one at a time.
fn sweep() {
    for entry in std::fs::read_dir(place()).unwrap().filter_map(Result::ok) {
        if !entry.file_name().to_string_lossy().starts_with("yard-") {
            continue;
        }
        // One that its own process just removed is no longer there.
        if File::open(entry.path()).is_ok_and(|yard| yard.try_lock().is_ok()) {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}
