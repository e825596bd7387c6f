//! The tree of ours that a walk writes into, and the count of what changed there.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::super::error::Counted;
use super::super::{Error, Limits, Reason, files};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// Our tree, and how much changed in it.
pub(super) struct Target {
    root: PathBuf,
    limits: Limits,
    files: u64,
    bytes: u64,
    /// The folder that was last made sure of.
    sound: Option<PathBuf>,
}

impl Target {
    pub(super) fn new(root: PathBuf, limits: Limits) -> Self {
        Self { root, limits, files: 0, bytes: 0, sound: None }
    }

    fn place(&self, path: &[u8]) -> PathBuf {
        self.root.join(std::ffi::OsStr::from_bytes(path))
    }

    /// Whether our tree has this very file. The agent's file is left at its beginning.
    pub(super) fn same_file(
        &self,
        path: &[u8],
        theirs: &mut File,
        size: u64,
        executable: bool,
    ) -> Result<bool, Reason> {
        let place = self.place(path);
        let Ok(ours) = fs::symlink_metadata(&place) else { return Ok(false) };
        if !ours.is_file() || ours.len() != size || (ours.mode() & 0o100 != 0) != executable {
            return Ok(false);
        }
        let Ok(mut ours) = File::open(&place) else { return Ok(false) };
        let (mut a, mut b) = (vec![0; CHUNK.min(size as usize + 1)], vec![0; CHUNK.min(size as usize + 1)]);
        loop {
            let read = theirs.read(&mut a).map_err(|_| Reason::Unreadable)?;
            let same = ours.read_exact(&mut b[..read]).is_ok() && a[..read] == b[..read];
            if !same || read == 0 {
                theirs.rewind().map_err(|_| Reason::Unreadable)?;
                return Ok(same);
            }
        }
    }

    pub(super) fn same_link(&self, path: &[u8], points_to: &[u8]) -> bool {
        fs::read_link(self.place(path)).is_ok_and(|ours| ours.as_os_str().as_bytes() == points_to)
    }

    pub(super) fn put_file(
        &mut self,
        path: &[u8],
        theirs: &mut File,
        size: u64,
        executable: bool,
    ) -> Result<(), Error> {
        self.count_file()?;
        if self.bytes.saturating_add(size) > self.limits.bytes {
            return Err(self.too_many_bytes());
        }
        let place = self.make_room(path)?;
        let mode = if executable { 0o755 } else { 0o644 };
        let mut ours = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&place)
            .map_err(|source| Error::io("write", &place, source))?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = theirs.read(&mut chunk).map_err(|source| Error::io("read the agent's", &place, source))?;
            if read == 0 {
                return Ok(());
            }
            // Counted again: the file may grow while it is read.
            self.count_bytes(read as u64)?;
            ours.write_all(&chunk[..read]).map_err(|source| Error::io("write", &place, source))?;
        }
    }

    pub(super) fn put_link(&mut self, path: &[u8], points_to: &[u8]) -> Result<(), Error> {
        self.count_file()?;
        self.count_bytes(points_to.len() as u64)?;
        let place = self.make_room(path)?;
        std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(points_to), &place)
            .map_err(|source| Error::io("link", &place, source))
    }

    pub(super) fn delete(&mut self, path: &[u8]) -> Result<(), Error> {
        self.count_file()?;
        // Where a folder became a link or a file, its files are gone with it already.
        if self.parents_are_folders(path) {
            let place = self.place(path);
            if fs::symlink_metadata(&place).is_ok_and(|found| !found.is_dir()) {
                files::remove(&place)?;
            }
        }
        Ok(())
    }

    /// Clears the place for a path: what stands in its way, as a file where a folder must be, is removed.
    fn make_room(&mut self, path: &[u8]) -> Result<PathBuf, Error> {
        let place = self.place(path);
        let parent = place.parent().unwrap_or(&self.root).to_owned();
        if self.sound.as_ref() != Some(&parent) {
            self.make_folders(&parent)?;
            self.sound = Some(parent);
        }
        if fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
            self.sound = None;
        }
        files::remove(&place)?;
        Ok(place)
    }

    fn make_folders(&self, folder: &Path) -> Result<(), Error> {
        let Ok(rest) = folder.strip_prefix(&self.root) else { return Ok(()) };
        let mut at = self.root.clone();
        for part in rest {
            at.push(part);
            match fs::symlink_metadata(&at) {
                Ok(found) if found.is_dir() => {}
                _ => {
                    files::remove(&at)?;
                    fs::create_dir(&at).map_err(|source| Error::io("make", &at, source))?;
                }
            }
        }
        Ok(())
    }

    fn parents_are_folders(&self, path: &[u8]) -> bool {
        let mut at = self.root.clone();
        let parts: Vec<_> = path.split(|byte| *byte == b'/').collect();
        parts[..parts.len() - 1].iter().all(|part| {
            at.push(std::ffi::OsStr::from_bytes(part));
            fs::symlink_metadata(&at).is_ok_and(|found| found.is_dir())
        })
    }

    fn count_file(&mut self) -> Result<(), Error> {
        self.files += 1;
        if self.files > self.limits.files {
            return Err(Error::Limit { what: Counted::Files, limit: self.limits.files });
        }
        Ok(())
    }

    fn count_bytes(&mut self, more: u64) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(more);
        if self.bytes > self.limits.bytes { Err(self.too_many_bytes()) } else { Ok(()) }
    }

    fn too_many_bytes(&self) -> Error {
        Error::Limit { what: Counted::Bytes, limit: self.limits.bytes }
    }
}
