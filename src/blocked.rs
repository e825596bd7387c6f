//! What stands in a path's way, told with the way out: of a file where a folder belongs the system names neither the file nor what to
//! do about it.

use std::io::{Error, ErrorKind};
use std::path::Path;

/// The same error in words that name what is in the way. Any other error stays as it is.
pub fn explained(path: &Path, error: Error) -> Error {
    let kind = error.kind();
    let told = match kind {
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => file_in_the_way(path),
        ErrorKind::IsADirectory => Some("a folder is there, where a file belongs: move it away".to_owned()),
        _ => None,
    };
    told.map_or(error, |told| Error::new(kind, told))
}

/// The first part of the path that is no folder.
fn file_in_the_way(path: &Path) -> Option<String> {
    let mut parts: Vec<&Path> = path.ancestors().collect();
    parts.reverse();
    let other = |part: &&Path| part.symlink_metadata().is_ok() && !part.is_dir();
    let file = parts.into_iter().find(other)?;
    let what = match file.symlink_metadata() {
        Ok(found) if found.is_symlink() && !file.exists() => "a link that leads nowhere",
        Ok(_) if file.is_file() => "a file",
        _ => "no folder",
    };
    let name = if file == path { "it".to_owned() } else { file.display().to_string() };
    Some(format!("{name} is {what}, and a folder has to be there: move it away"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(folder: &Path, path: &str, error: Error) -> String {
        explained(&folder.join(path), error).to_string().replace(&folder.display().to_string(), "DIR")
    }

    #[test]
    fn what_is_in_the_way_is_named_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("state"), "").unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
        std::fs::create_dir(folder.path().join("7.json")).unwrap();
        let make = |path: &str| std::fs::create_dir_all(folder.path().join(path)).unwrap_err();
        let said = [
            told(folder.path(), "state/o/r/slots", make("state/o/r/slots")),
            told(folder.path(), "state", make("state")),
            told(folder.path(), "link/slots", make("link/slots")),
            told(folder.path(), "7.json", std::fs::remove_file(folder.path().join("7.json")).unwrap_err()),
            told(folder.path(), "none/x", std::fs::read(folder.path().join("none/x")).unwrap_err()),
        ];
        insta::assert_snapshot!(said.join("\n"), @"
        DIR/state is a file, and a folder has to be there: move it away
        it is a file, and a folder has to be there: move it away
        DIR/link is a link that leads nowhere, and a folder has to be there: move it away
        a folder is there, where a file belongs: move it away
        No such file or directory (os error 2)
        ");
    }
}
