//! Small work on files and folders that must survive being cut: write beside and rename, remove whatever is there.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::Error;

/// Makes a folder and its parents, readable by us alone where it is new.
pub fn make_private(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| Error::io("make", folder, source))
}

/// Removes a file, link or folder; what isn't there is fine. Folders that forbid it to their owner are opened first.
///
/// # Errors
/// The system's, with the path.
pub fn remove(path: &Path) -> Result<(), Error> {
    let gone = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if gone(&error) => return Ok(()),
        Err(source) => return Err(Error::io("look at", path, source)),
    };
    let result = if found.is_dir() {
        fs::remove_dir_all(path).or_else(|error| {
            if gone(&error) {
                return Ok(());
            }
            open_up(path);
            fs::remove_dir_all(path)
        })
    } else {
        fs::remove_file(path)
    };
    match result {
        Err(error) if !gone(&error) => Err(Error::io("remove", path, error)),
        _ => Ok(()),
    }
}

/// Gives the owner all rights on a folder and the folders in it. What fails here fails again in the removal, with a name.
fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

/// The name under which a thing is made before it is renamed to `path`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// Renames a finished thing to its place.
pub(super) fn put_in_place(made: &Path, path: &Path) -> Result<(), Error> {
    fs::rename(made, path).map_err(|source| Error::io("rename to", path, source))
}

/// Writes a file whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_as(path, bytes, 0o666)
}

/// The same for a file that we alone can read.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_as(path, bytes, 0o600)
}

fn write_as(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let made = beside(path, ".new");
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&made);
    let result = opened.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    result.map_err(|source| Error::io("write", &made, source))?;
    put_in_place(&made, path)
}
