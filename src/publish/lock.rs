//! A lock on a folder of ours that lives as long as the run, or as a git which the run left behind when it was killed.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::Error;
use super::files;

/// How long another run may hold a folder before we give up: longer than the longest fetch.
const PATIENCE: Duration = Duration::from_secs(35 * 60);
/// How often we look.
const PAUSE: Duration = Duration::from_millis(50);

/// A held lock. Children that get its file as standard input ([`crate::git::Call::hold`]) hold it too.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock `path`, waiting for whoever has it.
    pub(super) async fn take(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path.parent() {
            files::make_private(folder)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(|source| Error::io("open", path, source))?;
        let started = Instant::now();
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self(file)),
                Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => {}
                Err(error) => return Err(Error::io("lock", path, error.into())),
            }
            if started.elapsed() > PATIENCE {
                return Err(Error::Busy { path: path.display().to_string(), minutes: PATIENCE.as_secs() / 60 });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The file, for children to hold.
    pub(super) fn file(&self) -> &File {
        &self.0
    }
}

/// Removes the lock files that a killed git left in a git directory. Only for who holds the lock on it: then nobody else is at work.
pub(super) fn clear_git_locks(git_dir: &Path) -> Result<(), Error> {
    for folder in [git_dir.to_owned(), git_dir.join("objects/info"), git_dir.join("info")] {
        clear(&folder, false)?;
    }
    clear(&git_dir.join("refs"), true)
}

fn clear(folder: &Path, deep: bool) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Error::io("read", folder, source)),
    };
    for entry in entries {
        let entry = entry.map_err(|source| Error::io("read", folder, source))?;
        let path = entry.path();
        if deep && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            clear(&path, true)?;
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            fs::remove_file(&path).map_err(|source| Error::io("remove", &path, source))?;
        }
    }
    Ok(())
}
