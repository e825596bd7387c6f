//! Takes the agent's work over: a fresh clone of ours at the start, its content made the agent's, and git's own word on what changed.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::live::LiveSources;
use super::lock::Lock;
use super::walk::{Tracked, Walk};
use super::{Changed, Collect, Collected, Error, Kind, Notice, Reason, files, names, sources};
use crate::git::{Call, Git};

/// Names the start in our clone once collecting is complete; without it there is nothing to commit.
const START: &str = "codexctl-start";

/// Our clone of a slot's work, held.
pub(super) struct Publisher<'a> {
    git: &'a Git,
    pub(super) folder: std::path::PathBuf,
    lock: Lock,
    slot: String,
}

impl<'a> Publisher<'a> {
    /// Takes the clone's lock.
    pub(super) async fn open(live: &'a LiveSources, slot: &str) -> Result<Self, Error> {
        let folder = live.publisher(slot)?;
        let lock = Lock::take(&files::beside(&folder, ".lock")).await?;
        if folder.join(".git").is_dir() {
            super::lock::clear_git_locks(&folder.join(".git"))?;
        }
        Ok(Self { git: live.git(), folder, lock, slot: slot.to_owned() })
    }

    /// A git in the clone.
    pub(super) fn call<I, S>(&self, args: I) -> Call<'_>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<std::ffi::OsStr>,
    {
        self.git.call(args).dir(&self.folder).hold(self.lock.file())
    }

    /// What a git in the clone says.
    pub(super) async fn ask(&self, args: &[&str]) -> Result<String, Error> {
        Ok(self.call(args).run().await?.text())
    }

    /// The commit that the collected work starts from.
    pub(super) fn start(&self) -> Result<String, Error> {
        let text = std::fs::read_to_string(self.folder.join(".git").join(START)).unwrap_or_default();
        let start = text.trim().to_owned();
        names::check_commit(&start).map_err(|_| Error::NotCollected { slot: self.slot.clone() })?;
        Ok(start)
    }

    /// Makes the clone anew, with the start checked out. Objects come from the mirror by reference: both are ours.
    async fn make(&self, live: &LiveSources, start: &str) -> Result<(), Error> {
        files::remove(&self.folder)?;
        files::make_private(&self.folder)?;
        self.call(["init", "--quiet", "--template=", "--initial-branch=codexctl"]).run().await?;
        let mut objects = live.mirror().join("objects").into_os_string().into_encoded_bytes();
        objects.push(b'\n');
        let info = self.folder.join(".git/objects/info");
        files::make_private(&info)?;
        files::write(&info.join("alternates"), &objects)?;
        // Where the remote itself is shallow, its oldest commits name parents that nobody here has.
        let shallow = live.mirror().join("shallow");
        if shallow.is_file() {
            let end = std::fs::read(&shallow).map_err(|source| Error::io("read", &shallow, source))?;
            files::write(&self.folder.join(".git/shallow"), &end)?;
        }
        self.call(["reset", "--quiet", "--hard", start]).run().await?;
        Ok(())
    }
}

/// Collects the agent's work.
pub(super) async fn collect(live: &LiveSources, wanted: &Collect) -> Result<Collected, Error> {
    let skip = globs(&wanted.skip)?;
    sources::check_has(live, &wanted.start).await?;
    let publisher = Publisher::open(live, &wanted.slot).await?;
    publisher.make(live, &wanted.start).await?;
    let tracked = tracked(&publisher).await?;

    let stop = Arc::new(AtomicBool::new(false));
    let _ended = StopOnDrop(stop.clone());
    let paths: Vec<_> = tracked.keys().cloned().collect();
    let walk =
        Walk { from: wanted.tree.clone(), to: publisher.folder.clone(), tracked, skip, limits: wanted.limits, stop };
    // The walk goes on for a moment when nobody waits for it any more, and must keep others out until it ends.
    let held = publisher.lock.file().try_clone().map_err(|source| Error::io("hold", &publisher.folder, source))?;
    let walked = tokio::task::spawn_blocking(move || {
        let result = walk.run();
        drop(held);
        result
    });
    let mut notices = match walked.await {
        Ok(result) => result?,
        Err(error) => return Err(Error::io("walk through", &wanted.tree, std::io::Error::other(error))),
    };

    publisher.call(["-c", "core.fileMode=true", "-c", "core.symlinks=true", "add", "--all"]).run().await?;
    let mut collected = changes(&publisher, &wanted.start).await?;
    check_lfs(&publisher, &wanted.start).await?;
    notices.extend(case_collisions(&paths, &collected.files));
    notices.sort();
    collected.notices = notices;
    files::write(&publisher.folder.join(".git").join(START), wanted.start.as_bytes())?;
    Ok(collected)
}

/// Ends the walk when nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn globs(texts: &[String]) -> Result<GlobSet, Error> {
    let wrong =
        |glob: &str, error: &globset::Error| Error::Glob { glob: glob.to_owned(), reason: error.kind().to_string() };
    let mut builder = GlobSetBuilder::new();
    for text in texts {
        builder.add(GlobBuilder::new(text).literal_separator(true).build().map_err(|error| wrong(text, &error))?);
    }
    builder.build().map_err(|error| wrong("", &error))
}

async fn tracked(publisher: &Publisher<'_>) -> Result<BTreeMap<Vec<u8>, Tracked>, Error> {
    let output = publisher.call(["ls-files", "--stage", "-z"]).run().await?;
    let mut tracked = BTreeMap::new();
    for entry in output.stdout.split(|byte| *byte == 0) {
        let Some(tab) = entry.iter().position(|byte| *byte == b'\t') else { continue };
        // Source: git's mode for a commit in a tree ("gitlink").
        let kind = if entry.starts_with(b"160000") { Tracked::Submodule } else { Tracked::File };
        tracked.insert(entry[tab + 1..].to_vec(), kind);
    }
    Ok(tracked)
}

/// Paths and kinds of `git diff-* --raw -z --no-renames` (git-diff(1), "Raw output format").
pub(super) fn raw_entries(output: &[u8]) -> impl Iterator<Item = (&[u8], Kind)> {
    let mut parts = output.split(|byte| *byte == 0);
    std::iter::from_fn(move || {
        let (head, path) = (parts.next()?, parts.next()?);
        let kind = match head.last() {
            Some(b'A') => Kind::Added,
            Some(b'D') => Kind::Deleted,
            _ => Kind::Modified,
        };
        Some((path, kind))
    })
}

/// What differs from the start, by git's own word: its rules for ignoring and for line ends have the last say.
async fn changes(publisher: &Publisher<'_>, start: &str) -> Result<Collected, Error> {
    let diff = |more: &[&str]| {
        let common =
            ["diff-index", "--cached", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none"];
        publisher.call(common).args(more).args([start]).run()
    };
    let raw = diff(&["--raw", "-z"]).await?;
    let mut files_ = Vec::new();
    for (path, kind) in raw_entries(&raw.stdout) {
        files_.push(Changed {
            path: names::shown(path),
            kind,
            bytes: size_of(&publisher.folder, path, kind),
            lines: None,
        });
    }
    let (mut insertions, mut deletions) = (0, 0);
    // Both forms list the same files in the same order.
    for (file, entry) in files_.iter_mut().zip(diff(&["--numstat", "-z"]).await?.stdout.split(|byte| *byte == 0)) {
        let text = String::from_utf8_lossy(entry);
        let mut columns = text.split('\t').map(|column| column.parse::<u64>().ok());
        file.lines = columns.next().flatten().zip(columns.next().flatten());
        let (added, removed) = file.lines.unwrap_or_default();
        insertions += added;
        deletions += removed;
    }
    let stat = diff(&["--stat=100"]).await?;
    let diffstat = String::from_utf8_lossy(&stat.stdout).trim_end().to_owned();
    Ok(Collected { files: files_, insertions, deletions, diffstat, notices: Vec::new() })
}

fn size_of(folder: &Path, path: &[u8], kind: Kind) -> u64 {
    use std::os::unix::ffi::OsStrExt as _;
    let place = folder.join(std::ffi::OsStr::from_bytes(path));
    if kind == Kind::Deleted { 0 } else { std::fs::symlink_metadata(place).map_or(0, |found| found.len()) }
}

/// Without git-lfs a file that belongs into LFS would be committed whole.
async fn check_lfs(publisher: &Publisher<'_>, start: &str) -> Result<(), Error> {
    if publisher.git.has_lfs() {
        return Ok(());
    }
    match lfs_paths(publisher, start).await?.first() {
        Some(path) => Err(Error::Lfs { path: names::shown(path) }),
        None => Ok(()),
    }
}

/// The new and changed files that attributes put into LFS.
pub(super) async fn lfs_paths(publisher: &Publisher<'_>, start: &str) -> Result<Vec<Vec<u8>>, Error> {
    let changed = publisher
        .call(["diff-index", "--cached", "--no-renames", "--diff-filter=d", "--name-only", "-z", start])
        .run()
        .await?;
    if changed.stdout.is_empty() {
        return Ok(Vec::new());
    }
    let output = publisher.call(["check-attr", "-z", "--stdin", "filter"]).input(changed.stdout).run().await?;
    let mut parts = output.stdout.split(|byte| *byte == 0);
    let mut paths = Vec::new();
    while let (Some(path), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next()) {
        if value == b"lfs" {
            paths.push(path.to_vec());
        }
    }
    Ok(paths)
}

/// New paths that differ from another path, or from a folder of one, only in case.
fn case_collisions(tracked: &[Vec<u8>], changed: &[Changed]) -> Vec<Notice> {
    fn prefixes(path: &str) -> impl Iterator<Item = &str> {
        path.match_indices('/').map(|(at, _)| &path[..at]).chain(std::iter::once(path))
    }
    let gone: std::collections::HashSet<&str> =
        changed.iter().filter(|file| file.kind == Kind::Deleted).map(|file| file.path.as_str()).collect();
    let mut seen: HashMap<String, String> = HashMap::new();
    for path in tracked.iter().map(|path| names::shown(path)).filter(|path| !gone.contains(path.as_str())) {
        for prefix in prefixes(&path) {
            seen.entry(prefix.to_lowercase()).or_insert_with(|| prefix.to_owned());
        }
    }
    let mut notices = Vec::new();
    for file in changed.iter().filter(|file| file.kind == Kind::Added) {
        let clash = prefixes(&file.path).any(|prefix| {
            let known = seen.entry(prefix.to_lowercase()).or_insert_with(|| prefix.to_owned());
            known != prefix
        });
        if clash {
            notices.push(Notice { path: file.path.clone(), reason: Reason::CaseCollision });
        }
    }
    notices
}
