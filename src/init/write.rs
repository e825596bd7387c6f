//! Files of a repository that are written whole or not at all, never through a link that leads out of it, and never over
//! anything that isn't kept.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Error;

/// What stands at the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// Nothing.
    Nothing,
    /// The very text.
    Same,
    /// Something else.
    Other,
}

/// Looks at the place of a file: `path` is relative to the repository.
///
/// # Errors
/// The place can't hold a file, or a link on the way to it leads out of the repository.
pub(super) fn look(root: &Path, path: &str, text: &str) -> Result<There, Error> {
    let failed = |source| Error::Io { doing: "look at", path: path.to_owned(), source };
    let real = root.canonicalize().map_err(failed)?;
    let parts: Vec<&str> = path.split('/').collect();
    for end in 1..parts.len() {
        let folder = parts[..end].join("/");
        let place = root.join(&folder);
        match fs::symlink_metadata(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
            Err(source) => return Err(failed(source)),
            Ok(found) if found.is_dir() => {}
            Ok(found) if !found.is_symlink() => {
                return Err(Error::NotAFolder { path: folder, wanted: path.to_owned() });
            }
            // A link that leads nowhere leads out as well: it is not ours to make what it names.
            Ok(_) => match place.canonicalize() {
                Ok(led) if led.starts_with(&real) && led.is_dir() => {}
                _ => return Err(Error::Link { path: folder }),
            },
        }
    }
    let place = root.join(path);
    match fs::symlink_metadata(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(There::Nothing),
        Err(source) => Err(failed(source)),
        Ok(found) if found.is_dir() => Err(Error::Folder { path: path.to_owned() }),
        Ok(found) if found.is_file() && found.len() == text.len() as u64 => {
            let same = fs::read(&place).map_err(failed)? == text.as_bytes();
            Ok(if same { There::Same } else { There::Other })
        }
        Ok(_) => Ok(There::Other),
    }
}

/// Writes a file where nothing is.
///
/// # Errors
/// Something is there now, or the disk says no.
pub(super) fn create(root: &Path, path: &str, text: &str) -> Result<(), Error> {
    let place = root.join(path);
    let failed = |source| Error::Io { doing: "write", path: path.to_owned(), source };
    let made = beside(&place, text).map_err(failed)?;
    // A link, unlike a rename, leaves alone what somebody has put there in the meantime.
    let linked = fs::hard_link(&made, &place).or_else(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Err(error),
        // File systems without links.
        _ if fs::symlink_metadata(&place).is_err() => fs::rename(&made, &place),
        _ => Err(error),
    });
    // After a rename it is gone already.
    fs::remove_file(&made).ok();
    linked.map_err(failed)
}

/// Writes a file over what is there, which is kept beside it; gives the path of what was kept.
///
/// # Errors
/// The disk says no. What was there is there still.
pub(super) fn replace(root: &Path, path: &str, text: &str) -> Result<String, Error> {
    let place = root.join(path);
    let failed = |source| Error::Io { doing: "write", path: path.to_owned(), source };
    let made = beside(&place, text).map_err(failed)?;
    let names = std::iter::once(format!("{path}.bak")).chain((2..).map(|number| format!("{path}.bak{number}")));
    for kept in names {
        match fs::hard_link(&place, root.join(&kept)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            // File systems without links: for a moment there is no file, and a run that is cut then writes it anew.
            Err(_) => fs::rename(&place, root.join(&kept)),
            Ok(()) => Ok(()),
        }
        .and_then(|()| fs::rename(&made, &place))
        .inspect_err(|_| drop(fs::remove_file(&made)))
        .map_err(failed)?;
        return Ok(kept);
    }
    Ok(String::new())
}

/// Writes a text beside its place, and makes the folders on the way.
fn beside(place: &Path, text: &str) -> io::Result<PathBuf> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    // One name, so that the next run takes away what a killed one left.
    let made = place.with_file_name(format!(".{name}.codexctl-new"));
    fs::remove_file(&made)
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    let write = || {
        let mut file = fs::File::create_new(&made)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().inspect_err(|_| {
        // The first error is the one to tell.
        fs::remove_file(&made).ok();
    })?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_the_meantime_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "theirs").unwrap();
        let error = create(folder.path(), "a", "ours").unwrap_err();
        insta::assert_snapshot!(error, @"can't write a: File exists (os error 17). What is written is whole: run this again when that is put right");
        assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_is_replaced_is_kept_under_the_first_free_name() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        for text in ["one", "two", "three"] {
            match look(folder.path(), "a/b", text).unwrap() {
                There::Nothing => create(folder.path(), "a/b", text).unwrap(),
                _ => drop(replace(folder.path(), "a/b", text).unwrap()),
            }
        }
        assert_eq!((read("a/b"), read("a/b.bak"), read("a/b.bak2")), ("three".into(), "one".into(), "two".into()));
        assert_eq!(look(folder.path(), "a/b", "three").unwrap(), There::Same);
        assert_eq!(look(folder.path(), "a/b", "xxxxx").unwrap(), There::Other);
    }

    #[test]
    fn a_disk_that_says_no_is_told_with_the_file() {
        let error = create(Path::new("/dev/null"), "services.yaml", "text").unwrap_err();
        assert!(error.to_string().starts_with("can't write services.yaml: "), "{error}");
        assert!(!error.is_usage());
    }
}
