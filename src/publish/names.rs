//! Names that come from outside: which are sound, and which some system takes for `.git`.

use super::{Error, Reason};

/// Code points that HFS+ ignores in names. Source: git's `is_hfs_dotgit` (utf8.c), after Apple's TN1150.
const HFS_IGNORED: &[char] = &[
    '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{206a}', '\u{206b}', '\u{206c}', '\u{206d}', '\u{206e}', '\u{206f}', '\u{feff}',
];

/// Whether a file system takes this name for `.git`: any case, NTFS's short name and its trailing dots, blanks and streams,
/// HFS+'s ignored characters. Source: git's `verify_dotfile`, `is_ntfs_dotgit` and `is_hfs_dotgit`.
pub(super) fn is_git_name(name: &[u8]) -> bool {
    let text: String = String::from_utf8_lossy(name).chars().filter(|c| !HFS_IGNORED.contains(c)).collect();
    // A backslash separates parts on Windows.
    text.split('\\').any(|part| {
        let part = part.split(':').next().unwrap_or_default();
        let part = part.trim_end_matches([' ', '.']).to_ascii_lowercase();
        part == ".git" || part == "git~1"
    })
}

/// Whether a symbolic link may leave the run: its target stays in the tree however it is resolved. `depth` is the number of
/// folders between the root and the link.
///
/// Parts `..` count only at the start: after a name they would depend on what that name is, perhaps a link itself.
pub(super) fn check_link(target: &[u8], depth: usize) -> Result<(), Reason> {
    if target.is_empty() || target[0] == b'/' {
        return Err(Reason::AbsoluteLink);
    }
    let mut up = 0;
    let mut named = false;
    for part in target.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".") {
        if part == b".." {
            up += 1;
            if named || up > depth {
                return Err(Reason::LinkOut);
            }
        } else if is_git_name(part) {
            return Err(Reason::LinkIntoGit);
        } else {
            named = true;
        }
    }
    Ok(())
}

/// A branch name that is safe in a refspec and in argv. Source: `git help check-ref-format`.
pub(super) fn check_branch(name: &str) -> Result<(), Error> {
    let sound = !name.is_empty()
        && !name.starts_with(['-', '/'])
        && !name.ends_with(['/', '.'])
        && name != "@"
        && !["..", "//", "@{"].iter().any(|part| name.contains(part))
        && !name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c))
        && name.split('/').all(|part| !part.starts_with('.') && !part.ends_with(".lock"));
    if sound { Ok(()) } else { Err(Error::Name { name: name.to_owned(), what: "branch" }) }
}

/// A whole object name.
pub(super) fn check_commit(name: &str) -> Result<(), Error> {
    let sound = matches!(name.len(), 40 | 64) && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if sound { Ok(()) } else { Err(Error::Name { name: name.to_owned(), what: "commit" }) }
}

/// A slot's key as a part of a path.
pub(super) fn check_slot(name: &str) -> Result<(), Error> {
    let sound = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if sound { Ok(()) } else { Err(Error::Name { name: name.to_owned(), what: "slot" }) }
}

/// A path as it may be shown: control characters escaped, bytes that are no UTF-8 replaced.
pub(super) fn shown(path: &[u8]) -> String {
    let mut out = String::new();
    for c in String::from_utf8_lossy(path).chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_file_system_takes_for_dot_git_is_known() {
        for name in [
            ".git",
            ".GIT",
            ".Git",
            "git~1",
            "GIT~1",
            ".git ",
            ".git.",
            ".git . .",
            ".git::$INDEX_ALLOCATION",
            ".g\u{200c}it",
            "x\\.git",
            ".git\\x",
        ] {
            assert!(is_git_name(name.as_bytes()), "{name:?}");
        }
        for name in [".gitignore", ".gitattributes", ".github", "git", "git~2", ".gitx", "x.git"] {
            assert!(!is_git_name(name.as_bytes()), "{name:?}");
        }
    }

    #[test]
    fn links_stay_in_the_tree_however_they_are_resolved() {
        for (target, depth) in [("a", 0), ("../a", 1), ("../../a/b", 2), ("./a/./b", 0), ("..", 1), ("../..", 2)] {
            assert_eq!(check_link(target.as_bytes(), depth), Ok(()), "{target}");
        }
        for (target, depth, why) in [
            ("/etc/passwd", 3, Reason::AbsoluteLink),
            ("", 0, Reason::AbsoluteLink),
            ("..", 0, Reason::LinkOut),
            ("../../x", 1, Reason::LinkOut),
            ("a/../b", 0, Reason::LinkOut),
            ("up/../../x", 5, Reason::LinkOut),
            (".git/config", 0, Reason::LinkIntoGit),
            ("../.GIT", 1, Reason::LinkIntoGit),
        ] {
            assert_eq!(check_link(target.as_bytes(), depth), Err(why), "{target}");
        }
    }

    #[test]
    fn branch_names_that_git_or_a_shell_would_misread_are_refused() {
        for name in ["main", "codex/issue-12", "feature/ä", "a.b"] {
            assert!(check_branch(name).is_ok(), "{name}");
        }
        for name in
            ["", "-x", "--upload-pack=x", "a..b", "a b", "a:b", "a/.b", "x.lock", "a/", "@", "a@{1}", "a\nb", "+a^"]
        {
            assert!(check_branch(name).is_err(), "{name:?}");
        }
    }
}
