//! Slot records as files on this machine: one JSON file a slot under `<dir>/slots/`.
//!
//! Every change happens under a lock file, into a file of another name that is renamed into place: whoever reads sees the old
//! record or the new one, and a process that is killed in between leaves at most a file that the next change sweeps away.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use super::{Error, Record, SCHEMA, Store};
use crate::blocked::explained;
use crate::clock::Clock;

/// How long to wait for the lock. Whoever holds it writes a few hundred bytes, so this long means that it hangs.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// How often to look whether the lock is free.
const LOCK_POLL: Duration = Duration::from_millis(5);

/// Records of one repository in a folder of its own (`$XDG_STATE_HOME/codexctl/<owner>/<repo>`), which is made on need.
#[derive(Clone)]
pub struct FileStore {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl FileStore {
    /// A store under this folder. Nothing is touched before the first record is made.
    pub fn new(dir: &Path, clock: Arc<dyn Clock>) -> Self {
        Self { folder: dir.join("slots"), clock }
    }

    fn path(&self, slot: u32) -> PathBuf {
        self.folder.join(format!("{slot}.json"))
    }

    /// Makes the folder, for its owner alone: records say what a run is about.
    fn make_folder(&self) -> Result<(), Error> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(|error| failed("make", &self.folder, error))?;
        let mode =
            fs::metadata(&self.folder).map_err(|error| failed("read", &self.folder, error))?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(&self.folder, Permissions::from_mode(0o700))
                .map_err(|error| failed("protect", &self.folder, error))?;
        }
        Ok(())
    }

    /// Waits for the lock; it is held until the file is dropped, or its process ends in whatever way.
    async fn lock(&self) -> Result<File, Error> {
        self.make_folder()?;
        let path = self.folder.join(".lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| failed("open", &path, error))?;
        let tries = LOCK_PATIENCE.as_millis() / LOCK_POLL.as_millis();
        for _ in 0..tries {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {
                    self.sweep()?;
                    return Ok(file);
                }
                Err(rustix::io::Errno::WOULDBLOCK) => tokio::time::sleep(LOCK_POLL).await,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(failed("lock", &path, error.into())),
            }
        }
        let reason = format!("another codexctl has held it for {} seconds; end that process", LOCK_PATIENCE.as_secs());
        Err(failed("lock", &path, io::Error::new(io::ErrorKind::TimedOut, reason)))
    }

    /// Removes what killed writers left. Only whoever holds the lock writes, so whatever is there is nobody's.
    fn sweep(&self) -> Result<(), Error> {
        for path in self.files()? {
            if path.extension().is_some_and(|extension| extension == "tmp") {
                remove(&path)?;
            }
        }
        Ok(())
    }

    fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let listing = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(|error| failed("list", &self.folder, error))?,
        };
        listing
            .map(|entry| entry.map(|entry| entry.path()).map_err(|error| failed("list", &self.folder, error)))
            .collect()
    }

    fn records(&self) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        for path in self.files()? {
            if let Some(slot) = slot_of(&path)
                && let Some(record) = read(&path, slot)?
            {
                records.push(record);
            }
        }
        records.sort_by_key(|record| record.slot);
        Ok(records)
    }

    fn write(&self, record: &Record) -> Result<(), Error> {
        let path = self.path(record.slot);
        let draft = self.folder.join(format!(".{}.tmp", record.slot));
        let mut text = serde_json::to_vec_pretty(record).map_err(|error| failed("write", &path, error.into()))?;
        text.push(b'\n');
        let written = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        written.map_err(|error| failed("write", &draft, error))?;
        fs::rename(&draft, &path).map_err(|error| failed("write", &path, error))?;
        // The rename itself is safe on the disk only with its folder.
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| failed("write", &self.folder, error))
    }
}

#[async_trait]
impl Store for FileStore {
    async fn list(&self) -> Result<Vec<Record>, Error> {
        self.records()
    }

    /// The record's `createdAt` is set here, under the lock, later than that of every other record: of two runs that made one at
    /// the same time, both see the same order.
    async fn create(&self, record: &Record) -> Result<bool, Error> {
        let _lock = self.lock().await?;
        let records = self.records()?;
        if self.path(record.slot).exists() {
            return Ok(false);
        }
        let mut record = record.clone();
        record.created_at = self.clock.now();
        if let Some(last) = records.iter().map(|other| other.created_at).max()
            && record.created_at <= last
        {
            record.created_at = last + TimeDelta::microseconds(1);
        }
        record.updated_at = record.created_at;
        self.write(&record)?;
        Ok(true)
    }

    async fn change(
        &self,
        slot: u32,
        change: &mut (dyn for<'a> FnMut(&'a mut Record) -> Result<(), Error> + Send),
    ) -> Result<Option<Record>, Error> {
        let _lock = self.lock().await?;
        let Some(before) = read(&self.path(slot), slot)? else { return Ok(None) };
        let mut record = before.clone();
        change(&mut record)?;
        // A record's number is its file's name; a change has no say in it.
        record.slot = slot;
        if record != before {
            record.updated_at = self.clock.now();
            self.write(&record)?;
        }
        Ok(Some(record))
    }

    async fn remove(&self, slot: u32) -> Result<(), Error> {
        if !self.folder.exists() {
            return Ok(());
        }
        let _lock = self.lock().await?;
        remove(&self.path(slot))
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io { action, path: path.display().to_string(), source: explained(path, source) }
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path, error)),
        _ => Ok(()),
    }
}

/// The number in a record's file name; other files in the folder are not ours to read.
fn slot_of(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
    // Only the spelling that we write: "07.json" would be a second record of slot 7.
    name.parse().ok().filter(|slot: &u32| *slot > 0 && slot.to_string() == name)
}

/// Reads a record; `None` when there is none.
fn read(path: &Path, slot: u32) -> Result<Option<Record>, Error> {
    let unreadable = |reason: String| Error::Unreadable { path: path.display().to_string(), reason };
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| failed("read", path, error))?,
    };
    if text.trim_ascii().is_empty() {
        return Err(unreadable("it is empty".to_owned()));
    }
    let value: Value = serde_json::from_slice(&text).map_err(|error| {
        unreadable(if error.is_eof() { format!("it is cut off ({error})") } else { error.to_string() })
    })?;
    // Before anything else: a newer version may have changed any other field.
    match value.get("schema").and_then(Value::as_u64) {
        Some(found) if found > u64::from(SCHEMA) => {
            return Err(Error::Newer { path: path.display().to_string(), found });
        }
        Some(_) => {}
        None => return Err(unreadable("it has no schema".to_owned())),
    }
    let record: Record = serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))?;
    if record.slot != slot {
        return Err(unreadable(format!("it is named {slot} and says slot {}", record.slot)));
    }
    Ok(Some(record))
}

#[cfg(test)]
mod tests;
