//! The raw log: every line of the agent as it came, secrets hidden, bounded.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Largest log, in bytes. A day of hard work leaves some megabytes: Codex cuts what commands print. Without a bound an agent that writes
/// where Codex does could fill the disk in codexctl's name.
const LARGEST: u64 = 64 << 20;

/// A log that is written to. Several runs of a slot share one.
pub(super) struct RawLog {
    path: PathBuf,
    /// None once it is full, or can't be written.
    file: Option<File>,
    left: u64,
}

impl RawLog {
    /// Opens the log, and begins a new one where more than half of it is full: the older one stays beside it until the next change.
    ///
    /// # Errors
    /// It can't be opened.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Self::bounded(path, LARGEST)
    }

    fn bounded(path: &Path, largest: u64) -> io::Result<Self> {
        let mut long = fs::symlink_metadata(path).map_or(0, |found| found.len());
        if long > largest / 2 {
            fs::rename(path, path.with_extension("old.jsonl"))?;
            long = 0;
        }
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        Ok(Self { path: path.to_owned(), file: Some(file), left: largest - long })
    }

    /// Adds a line; the first one that doesn't fit any more ends the log, which says so.
    pub(super) fn add(&mut self, line: &str) {
        let Some(file) = &mut self.file else { return };
        let size = line.len() as u64 + 1;
        let fits = size <= self.left;
        let written = if fits {
            writeln!(file, "{line}")
        } else {
            writeln!(file, "codexctl: the log is full and ends here; the run goes on")
        };
        self.left = self.left.saturating_sub(size);
        if let Err(error) = &written {
            tracing::warn!("the agent's raw log ends here: can't write {}: {error}", self.path.display());
        }
        if !fits || written.is_err() {
            // Said once: what is full stays so for thousands of lines.
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &Path) -> Vec<String> {
        fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_log_that_is_full_says_so_once_and_the_next_run_begins_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("agent.jsonl"), folder.path().join("agent.old.jsonl"));
        let cut = "codexctl: the log is full and ends here; the run goes on";
        let mut log = RawLog::bounded(&path, 10).unwrap();
        for line in ["1234", "5678", "9", ""] {
            log.add(line);
        }
        assert_eq!(lines(&path), ["1234", "5678", cut]);

        let mut log = RawLog::bounded(&path, 10).unwrap();
        log.add("new");
        assert_eq!(
            (lines(&path), lines(&old)),
            (vec!["new".to_owned()], ["1234", "5678", cut].map(str::to_owned).into())
        );

        let mut log = RawLog::bounded(&path, 10).unwrap();
        ["more", "9"].into_iter().for_each(|line| log.add(line));
        assert_eq!(lines(&path), ["new", "more", cut], "what was there before counts");
    }
}
