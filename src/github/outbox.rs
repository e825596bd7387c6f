//! Without a token: each thing that would be written to GitHub is one readable file in a folder that git ignores (spec 1).
//!
//! A file is named by what it is, so that a rerun overwrites it and nothing stands there twice.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::markers::{self, Found};
use super::{
    Answered, Error, GitHub, OwnComment, Permission, PlacedIssue, PlacedPull, Reacted, Review, Thread, ThreadReply,
    WantedIssue, WantedPull,
};
use crate::answer::Answer;
use crate::blocked::explained;
use crate::event::{Account, Comment, Issue, Pull};

/// File systems end at 255 bytes a name; this leaves room for what stands before and behind.
const LONGEST: usize = 100;

/// A folder in GitHub's place.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// An outbox in this folder, usually `.codexctl/outbox`; it is made with the first file.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn read(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.file(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(reason) => Err(error(&path, reason)),
        }
    }

    /// Writes a file as a whole or not at all; gives its path.
    ///
    /// # Errors
    /// [`Error::Outbox`] where the folder can't be used.
    pub fn write(&self, name: &str, text: &str) -> Result<String, Error> {
        self.prepare()?;
        let path = self.file(name);
        replace(&path, text).map_err(|reason| error(&path, reason))?;
        Ok(path.display().to_string())
    }

    /// The file of the issue to be opened with this marker, whatever its title was.
    fn issue_file(&self, marker: &str) -> Result<Option<String>, Error> {
        let files = match std::fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(reason) => return Err(error(&self.folder, reason)),
        };
        for file in files.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with("new-issue-")
                && self.read(&name)?.is_some_and(|text| text.lines().any(|line| line == marker))
            {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn prepare(&self) -> Result<(), Error> {
        let folders = [self.folder.parent().unwrap_or(&self.folder), &self.folder];
        // The folder lies in a tree that others write to: a link there would let them choose what is overwritten.
        if let Some(folder) = folders.into_iter().find(|folder| folder.is_symlink()) {
            return Err(error(folder, io::Error::other("it is a symbolic link, remove it")));
        }
        std::fs::create_dir_all(&self.folder).map_err(|reason| error(&self.folder, reason))?;
        let ignore = self.file(".gitignore");
        if ignore.exists() {
            return Ok(());
        }
        replace(&ignore, "*\n").map_err(|reason| error(&ignore, reason))
    }
}

fn error(path: &Path, source: io::Error) -> Error {
    Error::Outbox { path: path.display().to_string(), source: explained(path, source) }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    // Left by a killed run, or put there by somebody: a new file follows no link.
    std::fs::remove_file(&new).ok();
    let write = || std::fs::File::create_new(&new)?.write_all(text.as_bytes());
    write().and_then(|()| std::fs::rename(&new, path)).inspect_err(|_| {
        // The first error is the one to tell; what is left of the try is only removed if possible.
        std::fs::remove_file(&new).ok();
    })
}

/// A branch or kind as a piece of a file name: slashes become hyphens; whatever else changes is told apart by a hash.
fn safe(text: &str) -> String {
    let flat = text.replace('/', "-");
    let kept = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let safe: String = flat.chars().map(kept).take(LONGEST).collect();
    if safe == flat && !safe.is_empty() {
        return safe;
    }
    let mut hash = String::new();
    for byte in Sha256::digest(text).iter().take(4) {
        // Writing to a String can't fail.
        write!(hash, "{byte:02x}").ok();
    }
    format!("{safe}-{hash}")
}

fn stem(thread: &Thread) -> String {
    match thread {
        Thread::Issue(number) => format!("issue-{number}"),
        Thread::Pull(number) => format!("pull-{number}"),
        Thread::PullOf(branch) => format!("pull-{}", safe(branch)),
    }
}

fn comment_file(thread: &Thread, kind: &str) -> String {
    format!("{}.comment-{}.md", stem(thread), safe(kind))
}

/// The pull request as front matter (YAML) and text.
fn pull_text(pull: &WantedPull) -> String {
    // A JSON string or list is a YAML one too, whatever it holds.
    let list = |names: &[String]| serde_json::Value::from(names).to_string();
    let text = |text: &str| serde_json::Value::from(text).to_string();
    format!(
        "---\ntitle: {}\nhead: {}\nbase: {}\ndraft: {}\nlabels: {}\nreviewers: {}\n---\n\n{}\n",
        text(&pull.title),
        text(&pull.head),
        text(&pull.base),
        pull.draft,
        list(&pull.labels),
        list(&pull.reviewers),
        pull.body.trim_end()
    )
}

fn unknown<T>(question: impl Into<String>) -> Result<Answer<T>, Error> {
    Ok(Answer::Unknown(format!("would ask GitHub {}", question.into())))
}

#[async_trait]
impl GitHub for Outbox {
    async fn viewer(&self) -> Result<Answer<Account>, Error> {
        unknown("whose token this is")
    }

    async fn permission(&self, login: &str) -> Result<Answer<Permission>, Error> {
        unknown(format!("whether {login} may write"))
    }

    async fn is_bot(&self, login: &str) -> Result<Answer<bool>, Error> {
        unknown(format!("whether {login} is a bot"))
    }

    async fn issue(&self, number: u64) -> Result<Answer<Issue>, Error> {
        unknown(format!("for issue #{number}"))
    }

    async fn comments(&self, issue: u64) -> Result<Answer<Vec<Comment>>, Error> {
        unknown(format!("for the comments of issue #{issue}"))
    }

    async fn pulls_of(&self, head: &str) -> Result<Answer<Vec<Pull>>, Error> {
        unknown(format!("which pull requests {head} has"))
    }

    async fn pull(&self, number: u64) -> Result<Answer<Pull>, Error> {
        unknown(format!("for pull request #{number}"))
    }

    async fn plan_issues(&self, root: u64) -> Result<Answer<Vec<Issue>>, Error> {
        unknown(format!("for the issues of the plan of #{root}"))
    }

    async fn review(&self, pull: u64) -> Result<Answer<Review>, Error> {
        unknown(format!("for pull request #{pull} and its reviews"))
    }

    async fn own_comment(&self, thread: &Thread, kind: &str, marker: &str) -> Result<Answer<Option<String>>, Error> {
        let name = comment_file(thread, kind);
        let Some(text) = self.read(&name)? else { return Ok(Answer::Known(None)) };
        let ours = match (markers::parse(&text), markers::parse(marker)) {
            (Found::Newer(newer), _) => {
                return Err(Error::Newer { place: self.file(&name).display().to_string(), found: newer.schema });
            }
            (Found::Marker(there), Found::Marker(wanted)) => there.same_comment(&wanted),
            _ => text.lines().next() == Some(marker),
        };
        Ok(Answer::Known(ours.then_some(text)))
    }

    async fn react(&self, on: &Reacted) -> Result<(), Error> {
        let (name, what) = match on {
            Reacted::Issue(number) => (format!("issue-{number}.reaction.md"), format!("issue #{number}")),
            Reacted::Comment(id) => (format!("comment-{id}.reaction.md"), format!("comment {id}")),
            Reacted::Review { pull, review } => (format!("pull-{pull}.review-{review}.reaction.md"), on.to_string()),
        };
        self.write(&name, &format!("👀 on {what}\n")).map(drop)
    }

    async fn put_comment(&self, comment: &OwnComment) -> Result<Answer<String>, Error> {
        self.own_comment(&comment.thread, &comment.kind, &comment.marker).await?; // refuses to overwrite a newer one
        let text = format!("{}\n", comment.body.trim_end());
        self.write(&comment_file(&comment.thread, &comment.kind), &text).map(Answer::Known)
    }

    async fn put_pull(&self, pull: &WantedPull) -> Result<Answer<PlacedPull>, Error> {
        let name = format!("pull-{}.md", safe(&pull.head));
        let existed = self.read(&name)?.is_some();
        let url = self.write(&name, &pull_text(pull))?;
        Ok(Answer::Known(PlacedPull { number: None, url, existed, draft: pull.draft }))
    }

    async fn put_notice(&self, pull: u64, notice: &str) -> Result<Answer<()>, Error> {
        self.write(&format!("pull-{pull}.notice.md"), &format!("{}\n", notice.trim_end())).map(|_| Answer::Known(()))
    }

    async fn remove_label(&self, thread: &Thread, label: &str) -> Result<(), Error> {
        let name = format!("{}.labels.md", stem(thread));
        let line = format!("- take off: {}\n", label.replace(['\n', '\r'], " "));
        let before = self.read(&name)?.unwrap_or_default();
        if before.lines().any(|there| there == line.trim_end()) {
            return Ok(());
        }
        self.write(&name, &format!("{before}{line}")).map(drop)
    }

    async fn put_issue(&self, issue: &WantedIssue) -> Result<Answer<PlacedIssue>, Error> {
        let name = match issue.number {
            Some(number) => format!("issue-{number}.text.md"),
            None => self.issue_file(&issue.marker)?.unwrap_or_else(|| format!("new-issue-{}.md", safe(&issue.title))),
        };
        let existed = self.read(&name)?.is_some();
        // A JSON string or list is a YAML one too, whatever it holds.
        let (title, labels) =
            (serde_json::Value::from(issue.title.as_str()), serde_json::Value::from(issue.labels.as_slice()));
        let text = format!("---\ntitle: {title}\nlabels: {labels}\n---\n\n{}\n", issue.body.trim_end());
        let url = self.write(&name, &text)?;
        Ok(Answer::Known(PlacedIssue { number: issue.number, url, existed }))
    }

    async fn answer_thread(&self, reply: &ThreadReply) -> Result<Answer<Answered>, Error> {
        let resolved = if reply.resolve { "\n\n(the thread is resolved)" } else { "" };
        let text = format!("{}{resolved}\n", reply.body.as_deref().unwrap_or_default().trim_end());
        self.write(&format!("pull-{}.thread-{}.md", reply.pull, safe(&reply.thread)), &text)
            .map(|_| Answer::Known(Answered::Done))
    }

    async fn close_issue(&self, number: u64) -> Result<Answer<()>, Error> {
        self.write(&format!("issue-{number}.close.md"), &format!("close issue #{number} as completed\n"))
            .map(|_| Answer::Known(()))
    }

    async fn delete_branch(&self, branch: &str, commit: &str) -> Result<Answer<()>, Error> {
        let text = format!("delete the branch {branch} at {commit}\n");
        self.write(&format!("branch-{}.delete.md", safe(branch)), &text).map(|_| Answer::Known(()))
    }

    fn requests(&self) -> u64 {
        0
    }
}
