//! Where a work tree's changes may have started from, by what lies in its `.git`: read as plain text, never by a git.
//!
//! Whoever wrote the tree may have written these files, too. They only propose commits; which of them counts is asked of our own mirror.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};

/// A reflog beyond this is read at its end only, where the newest entries are.
const LONGEST: u64 = 1 << 20;
/// More proposals than this are no honest history of one work tree.
const MOST: usize = 200;

/// Whole object names that the tree's git directory holds, the likeliest start first: what is checked out, what was before, what
/// was fetched.
pub fn starts(tree: &Path) -> Vec<String> {
    let git = tree.join(".git");
    let head = read(&git, "HEAD");
    let mut found = Vec::new();
    if let Some(name) = head.trim().strip_prefix("ref: ").filter(|name| is_plain(name)) {
        found.extend(names(&read(&git, name)));
        let packed = read(&git, "packed-refs");
        found.extend(packed.lines().filter(|line| line.ends_with(&format!(" {name}"))).flat_map(names));
    }
    found.extend(names(&head));
    found.extend(read(&git, "logs/HEAD").lines().rev().flat_map(|line| names(line).rev().collect::<Vec<_>>()));
    for other in ["ORIG_HEAD", "FETCH_HEAD", "packed-refs"] {
        found.extend(names(&read(&git, other)));
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|name| seen.insert(name.clone()));
    found.truncate(MOST);
    found
}

/// A name of a ref that leads nowhere else.
fn is_plain(name: &str) -> bool {
    name.starts_with("refs/heads/") && super::names::check_branch(&name["refs/heads/".len()..]).is_ok()
}

fn names(text: &str) -> impl DoubleEndedIterator<Item = String> + '_ {
    text.split_ascii_whitespace()
        .filter(|word| super::names::check_commit(word).is_ok() && word.bytes().any(|byte| byte != b'0'))
        .map(str::to_owned)
}

/// A file's text; empty where it can't be read, is none, or is a link.
fn read(git: &Path, name: &str) -> String {
    // A pipe in its place must not hold us, and a link must not lead us.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(opened) = open(git.join(name), flags, Mode::empty()) else { return String::new() };
    let mut file = File::from(opened);
    let Ok(found) = file.metadata() else { return String::new() };
    if !found.is_file() {
        return String::new();
    }
    let beyond = found.len().saturating_sub(LONGEST);
    if beyond > 0 && std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(beyond)).is_err() {
        return String::new();
    }
    let mut bytes = Vec::new();
    match file.take(LONGEST).read_to_end(&mut bytes) {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(".git").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn commit(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    #[test]
    fn what_is_checked_out_comes_first_then_what_was_before() {
        let log = format!(
            "{} {} Ada <a@b> 1 +0000\tclone: from x\n{} {} Ada <a@b> 2 +0000\tcommit: more\n",
            commit('0'),
            commit('a'),
            commit('a'),
            commit('b')
        );
        let found = tree(&[
            ("HEAD", "ref: refs/heads/codex/issue-7\n"),
            ("refs/heads/codex/issue-7", &commit('b')),
            ("logs/HEAD", &log),
            ("ORIG_HEAD", &commit('c')),
        ]);
        assert_eq!(starts(found.path()), [commit('b'), commit('a'), commit('c')]);
    }

    #[test]
    fn a_detached_head_and_packed_names_are_read() {
        let packed = format!("# pack-refs with: peeled\n{} refs/heads/main\n", commit('d'));
        assert_eq!(
            starts(tree(&[("HEAD", &commit('e')), ("packed-refs", &packed)]).path()),
            [commit('e'), commit('d')]
        );
        assert_eq!(starts(tree(&[("HEAD", "ref: refs/heads/main"), ("packed-refs", &packed)]).path()), [commit('d')]);
    }

    #[test]
    fn links_pipes_and_names_that_lead_away_propose_nothing() {
        let elsewhere = tree(&[("HEAD", &commit('f'))]);
        let found = tree(&[("HEAD", "ref: refs/heads/../../../../etc/passwd")]);
        assert_eq!(starts(found.path()), Vec::<String>::new());
        let link = tempfile::tempdir().unwrap();
        std::fs::create_dir(link.path().join(".git")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join(".git/HEAD"), link.path().join(".git/HEAD")).unwrap();
        assert_eq!(starts(link.path()), Vec::<String>::new());
        let pipe = tempfile::tempdir().unwrap();
        std::fs::create_dir(pipe.path().join(".git")).unwrap();
        let fifo = rustix::fs::FileType::Fifo;
        let path = pipe.path().join(".git/HEAD");
        rustix::fs::mknodat(rustix::fs::CWD, &path, fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert_eq!(starts(pipe.path()), Vec::<String>::new());
    }
}
