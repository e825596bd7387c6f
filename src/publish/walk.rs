//! Walks the agent's tree, which may be hostile and may change meanwhile, and copies what differs into a tree of ours.
//!
//! Every folder and file is opened relative to its parent without following links, so that a swapped path leads nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::GlobSet;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, open, openat, readlinkat, statat};

use super::error::Counted;
use super::{Error, Limits, Notice, Reason, names};

mod target;

use self::target::Target;

/// Folders in folders deeper than this are no source tree, and each level costs an open file.
const DEEPEST: usize = 128;
/// Longer paths don't fit into a checkout with a folder name in front (PATH_MAX is 4096 on Linux).
const LONGEST: usize = 3500;
/// Entries looked at, ignored folders not counted; a tree with more is no source tree.
const MOST: u64 = 2_000_000;
/// A `.gitignore` beyond this is not read to its end.
const IGNORE_FILE: u64 = 1 << 20;

/// What a path was at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tracked {
    /// A file or a symbolic link.
    File,
    /// The pointer of a submodule.
    Submodule,
}

/// A walk about to happen.
pub(super) struct Walk {
    /// The agent's tree.
    pub(super) from: PathBuf,
    /// Our clone, with the start checked out.
    pub(super) to: PathBuf,
    /// What the start holds, by path.
    pub(super) tracked: BTreeMap<Vec<u8>, Tracked>,
    /// What stays behind.
    pub(super) skip: GlobSet,
    /// Where it stops.
    pub(super) limits: Limits,
    /// Set from outside to end the walk.
    pub(super) stop: Arc<AtomicBool>,
}

impl Walk {
    /// Makes our tree the agent's, as far as it may be, and tells what was left.
    pub(super) fn run(self) -> Result<Vec<Notice>, Error> {
        // The root itself may have been swapped for a link, too.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let root =
            open(&self.from, flags, Mode::empty()).map_err(|error| Error::io("open", &self.from, error.into()))?;
        let target = Target::new(self.to.clone(), self.limits);
        let mut state =
            State { walk: &self, target, kept: BTreeSet::new(), notices: Vec::new(), ignores: Vec::new(), entries: 0 };
        state.folder(&root, &mut Vec::new(), 0, false)?;
        state.deletions()?;
        state.notices.sort();
        Ok(state.notices)
    }
}

struct State<'a> {
    walk: &'a Walk,
    target: Target,
    /// Tracked paths that were seen, or shall stay as they are.
    kept: BTreeSet<Vec<u8>>,
    notices: Vec<Notice>,
    /// The rules of each folder from the root to the present one, with the length of its path.
    ignores: Vec<(usize, Gitignore)>,
    entries: u64,
}

impl State<'_> {
    fn folder(&mut self, folder: &OwnedFd, path: &mut Vec<u8>, depth: usize, ignored: bool) -> Result<(), Error> {
        let Ok(names) = list(folder) else {
            self.leave(path, Reason::Unreadable);
            return Ok(());
        };
        let rules = names.iter().any(|name| name == ".gitignore").then(|| rules_of(folder)).flatten();
        let has_rules = rules.is_some();
        let own = if path.is_empty() { 0 } else { path.len() + 1 };
        self.ignores.extend(rules.map(|rules| (own, rules)));
        for name in names {
            let before = path.len();
            if before > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name.as_bytes());
            self.entry(folder, &name, path, depth, ignored)?;
            path.truncate(before);
        }
        if has_rules {
            self.ignores.pop();
        }
        Ok(())
    }

    fn entry(
        &mut self,
        parent: &OwnedFd,
        name: &OsStr,
        path: &mut Vec<u8>,
        depth: usize,
        ignored: bool,
    ) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > MOST {
            return Err(Error::Limit { what: Counted::Entries, limit: MOST });
        }
        if self.walk.stop.load(Ordering::Relaxed) {
            return Err(Error::io("read", &self.walk.from, std::io::ErrorKind::Interrupted.into()));
        }
        if names::is_git_name(name.as_bytes()) {
            // The root's own `.git` is the agent's clone; any other deserves a word.
            if depth > 0 || name != ".git" {
                self.leave(path, Reason::GitName);
            }
            return Ok(());
        }
        let Ok(stat) = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) else {
            // Gone since the folder was listed.
            return Ok(());
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        let tracked = self.walk.tracked.get(path.as_slice()).copied();
        let ignored = ignored || self.is_ignored(path, kind == FileType::Directory);
        if ignored && tracked.is_none() && !(kind == FileType::Directory && self.has_tracked_below(path)) {
            return Ok(());
        }
        if self.walk.skip.is_match(Path::new(OsStr::from_bytes(path))) {
            self.keep_all(path);
            return Ok(());
        }
        if name.as_bytes().iter().any(u8::is_ascii_control) {
            self.leave(path, Reason::ControlName);
            return Ok(());
        }
        if depth >= DEEPEST || path.len() > LONGEST {
            self.leave(path, Reason::TooDeep);
            return Ok(());
        }
        match kind {
            FileType::Directory => self.subfolder(parent, name, path, depth, ignored, tracked),
            _ if tracked == Some(Tracked::Submodule) => {
                self.leave(path, Reason::Submodule);
                Ok(())
            }
            FileType::RegularFile => self.file(parent, name, path),
            FileType::Symlink => self.link(parent, name, path, depth),
            _ => {
                self.leave(path, Reason::Special);
                Ok(())
            }
        }
    }

    fn subfolder(
        &mut self,
        parent: &OwnedFd,
        name: &OsStr,
        path: &mut Vec<u8>,
        depth: usize,
        ignored: bool,
        tracked: Option<Tracked>,
    ) -> Result<(), Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Ok(folder) = openat(parent, name, flags, Mode::empty()) else {
            self.leave(path, Reason::Unreadable);
            return Ok(());
        };
        if tracked == Some(Tracked::Submodule) {
            // An empty folder is what a clone without submodules has there.
            if list(&folder).is_ok_and(|names| names.is_empty()) {
                self.keep(path);
            } else {
                self.leave(path, Reason::Submodule);
            }
            return Ok(());
        }
        self.folder(&folder, path, depth + 1, ignored)
    }

    fn file(&mut self, parent: &OwnedFd, name: &OsStr, path: &[u8]) -> Result<(), Error> {
        // Without NONBLOCK a pipe swapped in at this moment would hold us for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = openat(parent, name, flags, Mode::empty()).and_then(|fd| Ok((fstat(&fd)?, fd)));
        let Ok((stat, fd)) = opened else {
            self.leave(path, Reason::Unreadable);
            return Ok(());
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            self.leave(path, Reason::Special);
            return Ok(());
        }
        let mut file = File::from(fd);
        let executable = stat.st_mode & 0o100 != 0;
        let was_tracked = self.walk.tracked.contains_key(path);
        match self.target.same_file(path, &mut file, size(&stat), executable) {
            Ok(true) if was_tracked => self.keep(path),
            Err(Reason::Unreadable) => self.leave(path, Reason::Unreadable),
            _ if stat.st_mode & 0o6000 != 0 => self.leave(path, Reason::Setuid),
            _ if stat.st_nlink > 1 => self.leave(path, Reason::HardLink),
            _ => {
                self.target.put_file(path, &mut file, size(&stat), executable)?;
                self.keep(path);
            }
        }
        Ok(())
    }

    fn link(&mut self, parent: &OwnedFd, name: &OsStr, path: &[u8], depth: usize) -> Result<(), Error> {
        let Ok(points_to) = readlinkat(parent, name, Vec::new()) else {
            self.leave(path, Reason::Unreadable);
            return Ok(());
        };
        if self.target.same_link(path, points_to.as_bytes()) {
            self.keep(path);
        } else if let Err(reason) = names::check_link(points_to.as_bytes(), depth) {
            self.leave(path, reason);
        } else {
            self.target.put_link(path, points_to.as_bytes())?;
            self.keep(path);
        }
        Ok(())
    }

    /// Removes what the agent removed.
    fn deletions(&mut self) -> Result<(), Error> {
        for (path, tracked) in &self.walk.tracked {
            if *tracked == Tracked::File && !self.kept.contains(path) && !self.is_skipped(path) {
                self.target.delete(path)?;
            }
        }
        Ok(())
    }

    /// Whether the path or a folder above it stays behind.
    fn is_skipped(&self, path: &[u8]) -> bool {
        Path::new(OsStr::from_bytes(path)).ancestors().any(|part| self.walk.skip.is_match(part))
    }

    /// A path is as it shall be.
    fn keep(&mut self, path: &[u8]) {
        if self.walk.tracked.contains_key(path) {
            self.kept.insert(path.to_vec());
        }
    }

    fn leave(&mut self, path: &[u8], reason: Reason) {
        self.notices.push(Notice { path: names::shown(path), reason });
        self.keep_all(path);
    }

    /// A path, and all below it, stays as it was at the start.
    fn keep_all(&mut self, path: &[u8]) {
        self.keep(path);
        let below: Vec<_> = self.below(path).cloned().collect();
        self.kept.extend(below);
    }

    fn below<'p>(&'p self, path: &[u8]) -> impl Iterator<Item = &'p Vec<u8>> + use<'p> {
        let mut prefix = path.to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        self.walk
            .tracked
            .range(prefix.clone()..)
            .map(|(path, _)| path)
            .take_while(move |path| path.starts_with(&prefix))
    }

    fn has_tracked_below(&self, path: &[u8]) -> bool {
        self.below(path).next().is_some()
    }

    /// The deepest folder's rules count first, as in git.
    fn is_ignored(&self, path: &[u8], folder: bool) -> bool {
        for (own, rules) in self.ignores.iter().rev() {
            let found = rules.matched(OsStr::from_bytes(&path[*own..]), folder);
            if !found.is_none() {
                return found.is_ignore();
            }
        }
        false
    }
}

fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// The names in a folder, sorted, so that two walks over the same tree do the same.
fn list(folder: &OwnedFd) -> rustix::io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name.to_vec()));
        }
    }
    names.sort();
    Ok(names)
}

/// The rules of a folder's `.gitignore`. Like git we follow no link there.
fn rules_of(folder: &OwnedFd) -> Option<Gitignore> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fd = openat(folder, ".gitignore", flags, Mode::empty()).ok()?;
    if FileType::from_raw_mode(fstat(&fd).ok()?.st_mode) != FileType::RegularFile {
        return None;
    }
    let mut bytes = Vec::new();
    File::from(fd).take(IGNORE_FILE).read_to_end(&mut bytes).ok()?;
    let mut builder = GitignoreBuilder::new(".");
    for line in String::from_utf8_lossy(&bytes).lines() {
        // Git skips a pattern that it can't read, and so do we.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}
