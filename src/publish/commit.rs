//! One commit of what was collected: the same work, message, people and date give the same commit.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::collect::{self, Publisher};
use super::live::LiveSources;
use super::{Commit, Error, Identity, names, scan};
use crate::policy::texts;

/// Commits what was collected; none where nothing changed.
pub(super) async fn commit(live: &LiveSources, wanted: &Commit) -> Result<Option<String>, Error> {
    let publisher = Publisher::open(live, &wanted.slot).await?;
    in_publisher(live, &publisher, wanted).await
}

/// The same, for who holds the clone already.
pub(super) async fn in_publisher(
    live: &LiveSources,
    publisher: &Publisher<'_>,
    wanted: &Commit,
) -> Result<Option<String>, Error> {
    names::check_branch(&wanted.branch)?;
    let start = publisher.start()?;
    let tree = publisher.ask(&["write-tree"]).await?;
    if tree == publisher.ask(&["rev-parse", &format!("{start}^{{tree}}")]).await? {
        return Ok(None);
    }
    let diff = publisher
        .call([
            "diff-index",
            "--cached",
            "-p",
            "--unified=0",
            "--text",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
        ])
        .args(["--ignore-submodules=all", start.as_str()])
        .run()
        .await?;
    let message = message(wanted);
    let redactor = live.git().redactor();
    let mut hits = scan::diff(&diff.stdout, redactor);
    // Of a file in LFS the diff shows the pointer, and what leaves is the file.
    for path in collect::lfs_paths(publisher, &start).await? {
        let place = publisher.folder.join(OsStr::from_bytes(&path));
        if std::fs::symlink_metadata(&place).is_ok_and(|found| found.is_file()) {
            let content = std::fs::read(&place).map_err(|source| Error::io("read", &place, source))?;
            hits.extend(scan::file(&String::from_utf8_lossy(&path), &content, redactor));
        }
    }
    hits.extend(scan::text("the commit message", &message, redactor));
    hits.extend(scan::text("the name of the branch", &wanted.branch, redactor));
    hits.extend(scan::text("the author of the commit", &wanted.author.to_string(), redactor));
    if !hits.is_empty() {
        // Work that must not leave the run does not stay here either; the agent's tree has it still.
        std::fs::remove_dir_all(&publisher.folder).map_err(|source| Error::io("remove", &publisher.folder, source))?;
        return Err(Error::Secrets(hits));
    }
    let commit = commit_tree(publisher, &tree, &[&start], &message, &wanted.author, wanted.date.timestamp()).await?;
    let branch = format!("refs/heads/{}", wanted.branch);
    publisher.call(["update-ref", &branch, &commit]).run().await?;
    publisher.call(["symbolic-ref", "HEAD", &branch]).run().await?;
    Ok(Some(commit))
}

/// The message with its trailer, and without anything that would skip checks.
fn message(wanted: &Commit) -> String {
    let mut text = texts::checked(&wanted.message).trim().to_owned();
    if let Some(co_author) = &wanted.co_author {
        text.push_str(&format!("\n\nCo-authored-by: {co_author}"));
    }
    text.push('\n');
    text
}

/// A commit of a tree. The plumbing command runs no hook, opens no editor and signs nothing.
pub(super) async fn commit_tree(
    publisher: &Publisher<'_>,
    tree: &str,
    parents: &[&str],
    message: &str,
    author: &Identity,
    seconds: i64,
) -> Result<String, Error> {
    let mut call = publisher.call(["commit-tree", tree, "-F", "-"]);
    for parent in parents {
        call = call.args(["-p", *parent]);
    }
    for (name, value) in identity(author, seconds) {
        call = call.env(name, value);
    }
    Ok(call.input(message).run().await?.text())
}

/// The variables that tell git who commits, and when.
pub(super) fn identity(author: &Identity, seconds: i64) -> [(&'static str, String); 6] {
    let date = format!("@{seconds} +0000");
    [
        ("GIT_AUTHOR_NAME", author.name.clone()),
        ("GIT_AUTHOR_EMAIL", author.email.clone()),
        ("GIT_AUTHOR_DATE", date.clone()),
        ("GIT_COMMITTER_NAME", author.name.clone()),
        ("GIT_COMMITTER_EMAIL", author.email.clone()),
        ("GIT_COMMITTER_DATE", date),
    ]
}
