//! `codex.ensure-data-dirs`: the folders of `dataPaths` on this machine. Nothing outside `dataPaths.root` is touched, whatever links
//! stand inside it: each part of a path is opened from the one before, and a link is no folder.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, fchmod, fstat, mkdirat, open, openat};
use rustix::io::Errno;

use super::failure::{Cause, Told};
use crate::blocked::explained;
use crate::stack::Loaded;

/// Every user may write there: pods work as users that this machine doesn't know.
const OPEN: u32 = 0o777;

/// What became of the folders.
pub(super) struct Made {
    pub(super) detail: String,
    pub(super) warnings: Vec<String>,
}

/// Makes the folders. `render` renders what is still a template.
pub(super) fn ensure(loaded: &Loaded, render: impl Fn(&str) -> Result<String, Cause>) -> Result<Made, Cause> {
    let Some(paths) = &loaded.stack.data_paths else {
        return Ok(Made { detail: "services.yaml has no dataPaths".to_owned(), warnings: Vec::new() });
    };
    let Some(root) = &paths.root else {
        return Ok(Made { detail: "dataPaths names no folder".to_owned(), warnings: Vec::new() });
    };
    let env_dir = paths.env_dir.as_deref().map(&render).transpose()?;
    let dirs = paths.dirs.iter().map(|dir| render(dir)).collect::<Result<Vec<_>, _>>()?;
    let folders = Folders::of(&loaded.root.join(render(root)?.trim()), env_dir.as_deref(), &dirs)?;
    Ok(folders.make()?)
}

/// Where the folders are.
#[derive(Debug, PartialEq, Eq)]
struct Folders {
    root: PathBuf,
    /// Relative to it, each once.
    below: Vec<PathBuf>,
}

impl Folders {
    /// `envDir` and the folders below it; without one they lie below the root.
    fn of(root: &Path, env_dir: Option<&str>, dirs: &[String]) -> Result<Self, Told> {
        if root.parent().is_none() {
            return Err(Told::new("`dataPaths.root` is the root of the file system").hint("name a folder of its own"));
        }
        let outside = |text: &str| {
            let told = Told::new(format!("`{text}` is not below `dataPaths.root` ({})", root.display()));
            told.hint("no folder outside it is ever touched")
        };
        let relative = |base: &Path, text: &str| {
            let path = Path::new(text.trim());
            let path =
                if path.is_absolute() { path.strip_prefix(root).map_err(|_| outside(text))? } else { &base.join(path) };
            let mut parts = PathBuf::new();
            for part in path.components() {
                match part {
                    Component::Normal(name) => parts.push(name),
                    Component::CurDir => {}
                    _ => return Err(outside(text)),
                }
            }
            Ok(parts)
        };
        let base = env_dir.map(|text| relative(Path::new(""), text)).transpose()?;
        let mut below: Vec<PathBuf> = base.iter().cloned().collect();
        for dir in dirs {
            below.push(relative(base.as_deref().unwrap_or(Path::new("")), dir)?);
        }
        below.retain(|path| path.components().next().is_some());
        let mut seen = Vec::new();
        below.retain(|path| {
            let new = !seen.contains(path);
            seen.push(path.clone());
            new
        });
        Ok(Self { root: root.to_owned(), below })
    }

    fn make(&self) -> Result<Made, Told> {
        let failed = |path: &Path, error: io::Error| {
            Told::new(format!("the folder {} can't be made: {}", path.display(), explained(path, error)))
        };
        std::fs::create_dir_all(&self.root).map_err(|error| failed(&self.root, error))?;
        let root = open(&self.root, FOLDER, Mode::empty()).map_err(|error| failed(&self.root, error.into()))?;
        let mut warnings = Vec::new();
        for path in &self.below {
            let full = self.root.join(path);
            let folder = inside(&root, path).map_err(|error| match self.link_in(path) {
                Some(link) => {
                    Told::new(format!("{} is a link: nothing outside dataPaths.root is touched", link.display()))
                        .hint("put the folder itself there, or let dataPaths.root name the place that it leads to")
                }
                None => failed(&full, error.into()),
            })?;
            let is_open = fstat(&folder).is_ok_and(|found| found.st_mode & OPEN == OPEN);
            if !is_open && let Err(error) = fchmod(&folder, Mode::from_raw_mode(OPEN)) {
                let error = io::Error::from(error);
                warnings.push(format!("{} can't be opened to all users (mode 0777): {error}", full.display()));
            }
        }
        let count = self.below.len();
        let noun = if count == 1 { "folder" } else { "folders" };
        Ok(Made { detail: format!("{count} {noun} below {}", self.root.display()), warnings })
    }

    /// The first part of a path that is a link.
    fn link_in(&self, path: &Path) -> Option<PathBuf> {
        let mut at = self.root.clone();
        path.components().find_map(|part| {
            at.push(part);
            at.is_symlink().then(|| at.clone())
        })
    }
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// A folder below another one, made where it is missing, without following a link.
fn inside(root: &OwnedFd, path: &Path) -> Result<OwnedFd, Errno> {
    let mut at = openat(root, ".", FOLDER, Mode::empty())?;
    for part in path.components() {
        match mkdirat(&at, part.as_os_str(), Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
        at = openat(&at, part.as_os_str(), FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn folders(root: &Path, env_dir: Option<&str>, dirs: &[&str]) -> Result<Folders, String> {
        let dirs: Vec<String> = dirs.iter().map(|dir| (*dir).to_owned()).collect();
        Folders::of(root, env_dir, &dirs).map_err(|told| told.text)
    }

    #[test]
    fn folders_lie_below_the_environments_own_else_below_the_root() {
        let below = |env_dir, dirs: &[&str]| {
            let found = folders(Path::new("/srv/shop"), env_dir, dirs).unwrap();
            found.below.iter().map(|path| path.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(below(Some("/srv/shop/dev-1"), &["pg", "./redis", "pg"]), ["dev-1", "dev-1/pg", "dev-1/redis"]);
        assert_eq!(below(Some("dev-1"), &["/srv/shop/dev-1/pg"]), ["dev-1", "dev-1/pg"]);
        assert_eq!(below(None, &["pg", "/srv/shop"]), ["pg"]);
    }

    #[test]
    fn no_folder_outside_the_root_is_taken() {
        for (env_dir, dir) in [(None, "../x"), (None, "/srv/shopping"), (None, "a/../../x"), (Some("/srv"), "a")] {
            assert!(folders(Path::new("/srv/shop"), env_dir, &[dir]).is_err(), "{env_dir:?} {dir}");
        }
        assert!(folders(Path::new("/"), None, &["srv"]).is_err());
    }

    #[test]
    fn folders_are_made_open_to_every_user_and_a_second_time_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("deep/data");
        for _ in 0..2 {
            let made = folders(&root, Some("dev-1"), &["pg"]).unwrap().make().map_err(|told| told.text).unwrap();
            assert!(made.warnings.is_empty());
            for path in ["dev-1", "dev-1/pg"] {
                let mode = fs::metadata(root.join(path)).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o777, "{path}");
            }
        }
    }

    #[test]
    fn a_link_below_the_root_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("data"), folder.path().join("outside"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o700)).unwrap();
        symlink(&outside, root.join("dev-1")).unwrap();
        for dirs in [&["pg"][..], &[]] {
            let told = folders(&root, Some("dev-1"), dirs).unwrap().make().map(|made| made.detail).unwrap_err();
            let said = told.text.replace(&folder.path().display().to_string(), "DIR");
            assert_eq!(said, "DIR/data/dev-1 is a link: nothing outside dataPaths.root is touched");
        }
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
        assert_eq!(fs::metadata(&outside).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pg"), "").unwrap();
        let told = folders(folder.path(), None, &["pg"]).unwrap().make().map(|made| made.detail).unwrap_err();
        let said = told.text.replace(&folder.path().display().to_string(), "DIR");
        assert_eq!(said, "the folder DIR/pg can't be made: it is a file, and a folder has to be there: move it away");
    }
}
