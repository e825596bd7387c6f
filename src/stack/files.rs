//! Files that the stack names, read from below the project root and from nowhere else.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::decode::nearest;
use super::load::Loaded;
use super::vars::reason;
use super::yaml::{self, Limits, Problem};

/// A file that services.yaml names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// Its path relative to the project root, without `.` and `..`.
    pub path: PathBuf,
    /// Its text, without byte order mark.
    pub text: String,
}

/// Why a file that services.yaml names can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// The path is wrong or nothing can be read there: to be told where the path was written.
    Path {
        /// What is wrong, with the path in it.
        text: String,
        /// The way out.
        hint: Option<String>,
    },
    /// The file is there, but it is no text: to be told at its place in the file.
    Content {
        /// The file, relative to the project root.
        path: PathBuf,
        /// What is wrong.
        problem: Box<Problem>,
    },
}

/// One sentence, for places that have no picture.
impl fmt::Display for FileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hint = match self {
            Self::Path { text, hint } => {
                out.write_str(text)?;
                hint
            }
            Self::Content { path, problem } => {
                write!(out, "{}: {}", path.display(), problem.text)?;
                &problem.hint
            }
        };
        hint.as_ref().map_or(Ok(()), |hint| write!(out, " ({hint})"))
    }
}

impl std::error::Error for FileError {}

impl Loaded {
    /// The text of a file that services.yaml names, relative to the project root.
    ///
    /// # Errors
    /// A sentence: the path leads out of the root (also through a symbolic link), or the file can't be read.
    pub fn read_file(&self, path: &str) -> Result<String, String> {
        self.file(path).map(|file| file.text).map_err(|error| error.to_string())
    }

    /// A file that services.yaml names: relative to the project root, or absolute and below it.
    ///
    /// # Errors
    /// The path leads out of the root (also through a symbolic link), nothing can be read there, or it is no text.
    pub fn file(&self, path: &str) -> Result<ProjectFile, FileError> {
        read_inside(&self.root, path)
    }

    /// Where a file or folder that services.yaml names is, as seen from this machine.
    ///
    /// # Errors
    /// The path leads out of the root, or there is nothing.
    pub fn locate(&self, path: &str) -> Result<PathBuf, FileError> {
        locate(&self.root, path).map(|(_, real)| real)
    }

    /// A path below the root as messages show it: below the folder of the stack file as the user named that.
    pub fn shown(&self, path: &Path) -> PathBuf {
        self.path().with_file_name("").join(path)
    }
}

/// Whether two texts of services.yaml are the same line by line but for the block `versions` at the top level.
///
/// Comments count: a trimmed header line sets variables.
pub fn same_but_versions(one: &str, other: &str) -> bool {
    without_versions(one) == without_versions(other)
}

fn without_versions(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.lines()
        .filter(|line| {
            let starts = line.starts_with(|first: char| !first.is_whitespace());
            if starts {
                inside = line.starts_with("versions:");
            }
            // What stands behind the key in its line could be anything: only a block of its own is let through.
            !inside || (starts && line.trim_end() != "versions:") || line.contains("{{") || line.contains(['&', '*'])
        })
        .collect()
}

fn read_inside(root: &Path, path: &str) -> Result<ProjectFile, FileError> {
    let failed = |text: String| FileError::Path { text: format!("{path} can't be read: {text}"), hint: None };
    let regular = |about: &Metadata| match (about.is_dir(), about.is_file()) {
        (true, _) => {
            let text = format!("{path} can't be read: it is a folder");
            Err(FileError::Path { text, hint: Some("name each file in it".to_owned()) })
        }
        // Anything else that can be opened, such as a pipe, might never end.
        (_, false) => Err(failed("it is no regular file".to_owned())),
        _ => Ok(()),
    };
    let plain =
        below(root, Path::new(path)).and_then(|inside| Some((open_without_links(&root.join(&inside))?, inside)));
    let (file, inside) = match plain {
        Some(found) => found,
        // Slower, and with words for what is wrong.
        None => {
            let (inside, real) = locate(root, path)?;
            regular(&real.metadata().map_err(|error| failed(reason(&error)))?)?;
            (File::open(&real).map_err(|error| failed(reason(&error)))?, inside)
        }
    };
    let about = file.metadata().map_err(|error| failed(reason(&error)))?;
    regular(&about)?;
    let limits = Limits::default();
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0).min(limits.bytes));
    // A byte more than may be there is enough to know that there is too much.
    let most = limits.bytes as u64 + 1;
    file.take(most).read_to_end(&mut bytes).map_err(|error| failed(reason(&error)))?;
    if bytes.len() > limits.bytes {
        return Err(failed(format!("it has {} bytes, more than the limit of {}", about.len(), limits.bytes)));
    }
    match yaml::text(bytes, &limits) {
        Ok(text) => Ok(ProjectFile { path: inside, text }),
        Err(problem) => Err(FileError::Content { path: inside, problem: Box::new(problem) }),
    }
}

/// A file that no part of whose path is a link, in one call of the system; none where that fails, for whatever reason.
#[cfg(target_os = "linux")]
fn open_without_links(path: &Path) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    // To open a pipe would else wait for who writes to it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS).ok().map(File::from)
}

#[cfg(not(target_os = "linux"))]
fn open_without_links(_path: &Path) -> Option<File> {
    None
}

/// A path below the root, relative to it, and where it leads.
fn locate(root: &Path, path: &str) -> Result<(PathBuf, PathBuf), FileError> {
    let outside = || FileError::Path {
        text: format!("{path} is not below the project root"),
        hint: Some("write it relative to the folder of services.yaml".to_owned()),
    };
    let failed = |error: &std::io::Error| FileError::Path {
        text: format!("{path} can't be read: {}", reason(error)),
        hint: near_files(root, path),
    };
    let inside = below(root, Path::new(path)).ok_or_else(outside)?;
    // Nearly no path has a link in it; one that has is followed to its end.
    if has_no_links(root, &inside).map_err(|error| failed(&error))? {
        let found = root.join(&inside);
        return Ok((inside, found));
    }
    let real_root = root.canonicalize().map_err(|error| failed(&error))?;
    let real = real_root.join(&inside).canonicalize().map_err(|error| match dangling(root, &inside) {
        Some(target) => FileError::Path {
            text: format!("{path} is a link to `{}`, which is not there", target.display()),
            hint: Some("mend the link or put the file itself there".to_owned()),
        },
        None => failed(&error),
    })?;
    if !real.starts_with(&real_root) {
        let text = format!("{path} leads out of the project root through a symbolic link");
        return Err(FileError::Path { text, hint: Some("put the file itself there".to_owned()) });
    }
    Ok((inside, real))
}

/// Whether all parts of a path below the root are what they seem.
fn has_no_links(root: &Path, inside: &Path) -> std::io::Result<bool> {
    let mut at = root.to_owned();
    for part in inside.components() {
        at.push(part);
        if at.symlink_metadata()?.is_symlink() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Where the first link of a path leads that leads nowhere.
fn dangling(root: &Path, inside: &Path) -> Option<PathBuf> {
    let mut at = root.to_owned();
    inside.components().find_map(|part| {
        at.push(part);
        let nowhere = at.metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        at.read_link().ok().filter(|_| nowhere)
    })
}

/// A path relative to the root, without `.` and `..`; none where it leads out.
fn below(root: &Path, path: &Path) -> Option<PathBuf> {
    let relative = if path.is_absolute() { path.strip_prefix(root).ok()? } else { path };
    let mut out = PathBuf::new();
    for part in relative.components() {
        match part {
            Component::Normal(name) => out.push(name),
            Component::CurDir => {}
            Component::ParentDir if out.pop() => {}
            _ => return None,
        }
    }
    Some(out)
}

/// What a path that leads nowhere may have meant: a file of the same folder, or of the same name elsewhere near.
fn near_files(root: &Path, path: &str) -> Option<String> {
    let inside = below(root, Path::new(path))?;
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    };
    // Down from the root as far as the path is right; what comes next is the mistake.
    let mut folder = PathBuf::new();
    for part in inside.components() {
        if root.join(&folder).join(part).exists() {
            folder.push(part);
            continue;
        }
        if !root.join(&folder).is_dir() {
            return None;
        }
        let (wrong, found) = (part.as_os_str().to_str()?, names(&folder));
        let rest = inside.strip_prefix(folder.join(part)).unwrap_or(Path::new(""));
        // Only what is there is worth a guess. `join` with nothing adds a slash.
        let guess =
            |name: &str| if rest.as_os_str().is_empty() { folder.join(name) } else { folder.join(name).join(rest) };
        let there: Vec<&str> =
            found.iter().map(String::as_str).filter(|name| root.join(guess(name)).is_file()).collect();
        let stem = |name: &str| name.rsplit_once('.').map_or(name.to_owned(), |(stem, _)| stem.to_owned());
        let same_stem = there.iter().copied().find(|name| rest.as_os_str().is_empty() && stem(name) == stem(wrong));
        if let Some(near) = same_stem.or_else(|| nearest(wrong, there.iter().copied())) {
            return Some(format!("did you mean `{}`?", guess(near).display()));
        }
        return Some(match folder.as_os_str().is_empty() {
            true => "paths start at the folder of services.yaml".to_owned(),
            false => format!("{} has {}", folder.display(), listed(&found)),
        });
    }
    None
}

/// The first few names of a folder.
fn listed(names: &[String]) -> String {
    const MOST: usize = 6;
    match names.len() {
        0 => "no files".to_owned(),
        count if count > MOST => format!("{} and {} more", names[..MOST].join(", "), count - MOST),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_version_is_told_from_any_other_change() {
        let file = "project: shop\nversions:\n  catalog: \"1\"\n\nservices: []\n";
        assert!(same_but_versions(file, &file.replace("\"1\"", "\"2\"")));
        for (from, to) in [
            ("services: []", "services: [x]"),
            ("versions:\n", "versions: {a: b}\n"),
            ("\"1\"", "'{{ envOr \"TOKEN\" \"\" }}'"),
            ("project", "# {{- $x := 1 -}}\nproject"),
        ] {
            assert!(!same_but_versions(file, &file.replace(from, to)), "{to}");
        }
    }

    fn root() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("deploy/base")).unwrap();
        std::fs::write(folder.path().join("outside"), "secret").unwrap();
        std::fs::write(root.join("deploy/catalog.yaml"), "\u{feff}inside").unwrap();
        (folder, root)
    }

    #[test]
    fn files_are_read_below_the_root_only() {
        let (_folder, root) = root();
        std::os::unix::fs::symlink("../../outside", root.join("deploy/link")).unwrap();
        std::os::unix::fs::symlink("catalog.yaml", root.join("deploy/same")).unwrap();
        let absolute = root.join("deploy/catalog.yaml").display().to_string();
        for path in ["deploy/catalog.yaml", "./deploy//catalog.yaml", "deploy/base/../catalog.yaml", &absolute] {
            let file = read_inside(&root, path).unwrap();
            assert_eq!(
                (file.path.as_path(), file.text.as_str()),
                (Path::new("deploy/catalog.yaml"), "inside"),
                "{path}"
            );
        }
        assert_eq!(read_inside(&root, "deploy/same").unwrap().text, "inside");
        for path in ["../outside", "deploy/../../outside", "deploy/../../root/deploy/catalog.yaml", "/etc/passwd"] {
            let told = read_inside(&root, path).unwrap_err().to_string();
            assert!(told.contains("is not below the project root"), "{told}");
        }
        insta::assert_snapshot!(read_inside(&root, "deploy/link").unwrap_err(), @"deploy/link leads out of the project root through a symbolic link (put the file itself there)");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_told_with_what_it_may_have_meant() {
        let (_folder, root) = root();
        let told = |path: &str| read_inside(&root, path).unwrap_err().to_string();
        insta::assert_snapshot!(told("deploy/catalgo.yaml"), @"deploy/catalgo.yaml can't be read: there is no such file (did you mean `deploy/catalog.yaml`?)");
        insta::assert_snapshot!(told("deploy/catalog.yml"), @"deploy/catalog.yml can't be read: there is no such file (did you mean `deploy/catalog.yaml`?)");
        insta::assert_snapshot!(told("deply/catalog.yaml"), @"deply/catalog.yaml can't be read: there is no such file (did you mean `deploy/catalog.yaml`?)");
        insta::assert_snapshot!(told("deploy/checkout.yaml"), @"deploy/checkout.yaml can't be read: there is no such file (deploy has base, catalog.yaml)");
        insta::assert_snapshot!(told("k8s/checkout.yaml"), @"k8s/checkout.yaml can't be read: there is no such file (paths start at the folder of services.yaml)");
        insta::assert_snapshot!(told("deploy/catalog.yaml/x"), @"deploy/catalog.yaml/x can't be read: a part of its path is a file, not a folder");
        insta::assert_snapshot!(told("deploy"), @"deploy can't be read: it is a folder (name each file in it)");
        std::os::unix::fs::symlink("nowhere", root.join("deploy/link.yaml")).unwrap();
        insta::assert_snapshot!(told("deploy/link.yaml"), @"deploy/link.yaml is a link to `nowhere`, which is not there (mend the link or put the file itself there)");
        insta::assert_snapshot!(told("deploy/base/x"), @"deploy/base/x can't be read: there is no such file (deploy/base has no files)");
    }

    #[test]
    fn what_is_no_text_is_told_at_its_place_and_what_never_ends_is_not_read() {
        let (_folder, root) = root();
        std::fs::write(root.join("latin1.yaml"), b"name: a\nother: caf\xe9\n").unwrap();
        let Err(FileError::Content { path, problem }) = read_inside(&root, "latin1.yaml") else {
            panic!("it is no text")
        };
        assert_eq!((path.as_path(), problem.place.line, problem.place.column), (Path::new("latin1.yaml"), 2, 11));
        insta::assert_snapshot!(read_inside(&root, "latin1.yaml").unwrap_err(), @"latin1.yaml: byte 0xe9 is not UTF-8 (save the file as UTF-8)");
        File::create(root.join("huge.yaml")).unwrap().set_len(5 << 30).unwrap();
        insta::assert_snapshot!(read_inside(&root, "huge.yaml").unwrap_err(), @"huge.yaml can't be read: it has 5368709120 bytes, more than the limit of 67108864");
        let made = std::process::Command::new("mkfifo").arg(root.join("pipe.yaml")).status().unwrap();
        assert!(made.success());
        insta::assert_snapshot!(read_inside(&root, "pipe.yaml").unwrap_err(), @"pipe.yaml can't be read: it is no regular file");
    }
}
