//! Protected files that are really somewhere else: what a symbolic link leads to is protected as the link is.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;

/// A chain of links longer than this leads nowhere. Source: Linux gives up after 40.
const LONGEST_CHAIN: usize = 40;

/// Globs for what links of a tree of ours lead to, where a link has a protected path, or stands in place of a folder on the way to
/// one, as `hooks` does for `hooks/seed.sh`.
pub(super) fn behind(tree: &Path, config: &str, is_protected: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = BTreeSet::new();
    for link in links(tree) {
        let Some(shown) = link.to_str() else { continue };
        let Some(end) = lead(tree, &link) else { continue };
        let is_folder = tree.join(&end).is_dir();
        if is_protected(shown) || shown == config {
            add(&mut found, &end, is_folder);
        } else if is_folder {
            // Through the link each file below has a second path, and that one may be protected.
            for below in files(&tree.join(&end)) {
                let seen = link.join(&below);
                if seen.to_str().is_some_and(|seen| is_protected(seen) || seen == config) {
                    add(&mut found, &end.join(&below), false);
                }
            }
        }
    }
    found.into_iter().collect()
}

fn add(found: &mut BTreeSet<String>, path: &Path, is_folder: bool) {
    let glob = globset::escape(&path.to_string_lossy());
    if is_folder {
        found.insert(format!("{glob}/**"));
    }
    found.insert(glob);
}

/// The links of a tree, relative to it.
fn links(tree: &Path) -> Vec<PathBuf> {
    walk(tree, |kind| kind.is_symlink())
}

/// The files below a folder, relative to it.
fn files(folder: &Path) -> Vec<PathBuf> {
    walk(folder, |kind| kind.is_file())
}

fn walk(folder: &Path, wanted: impl Fn(&std::fs::FileType) -> bool) -> Vec<PathBuf> {
    let entries = WalkBuilder::new(folder).standard_filters(false).follow_links(false).build();
    let entries =
        entries.flatten().filter(|entry| entry.depth() > 0 && entry.file_type().as_ref().is_some_and(&wanted));
    entries.filter_map(|entry| entry.path().strip_prefix(folder).ok().map(Path::to_path_buf)).collect()
}

/// Where a link ends, relative to the tree; none where it leads out of it, or nowhere.
fn lead(tree: &Path, link: &Path) -> Option<PathBuf> {
    let mut at = link.to_path_buf();
    for _ in 0..LONGEST_CHAIN {
        let Some((before, target, rest)) = first_link(tree, &at) else {
            return tree.join(&at).symlink_metadata().is_ok().then_some(at);
        };
        if target.as_os_str().as_bytes().starts_with(b"/") {
            return None;
        }
        at = inside(&before.join(target).join(rest))?;
    }
    None
}

/// The first link on a path: the folder that it is in, what it says, and the rest of the path behind it.
fn first_link(tree: &Path, path: &Path) -> Option<(PathBuf, PathBuf, PathBuf)> {
    let mut before = PathBuf::new();
    let mut parts = path.components();
    while let Some(part) = parts.next() {
        if let Ok(target) = std::fs::read_link(tree.join(&before).join(part)) {
            return Some((before, target, parts.as_path().to_path_buf()));
        }
        before.push(part);
    }
    None
}

/// The path without `..`, if it stays inside.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if out.pop() => {}
            Component::Normal(name) => out.push(name),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn globs(make: impl Fn(&Path)) -> Vec<String> {
        let tree = tempfile::tempdir().unwrap();
        for path in ["docs/agents.md", "scripts/seed.sh", "ci/workflows/ci.yml", "conf/a[1].yaml"] {
            std::fs::create_dir_all(tree.path().join(path).parent().unwrap()).unwrap();
            std::fs::write(tree.path().join(path), "x").unwrap();
        }
        make(tree.path());
        let protected = ["AGENTS.md", "hooks/seed.sh", ".github", ".github/workflows/ci.yml"];
        behind(tree.path(), "services.yaml", |path| protected.contains(&path))
    }

    #[test]
    fn a_tree_without_links_adds_nothing() {
        assert_eq!(globs(|_| ()), [""; 0]);
    }

    #[test]
    fn what_a_protected_link_leads_to_is_protected_too() {
        assert_eq!(globs(|tree| symlink("docs/agents.md", tree.join("AGENTS.md")).unwrap()), ["docs/agents.md"]);
        assert_eq!(
            globs(|tree| symlink("conf/a[1].yaml", tree.join("services.yaml")).unwrap()),
            ["conf/a[[]1[]].yaml"]
        );
        assert_eq!(globs(|tree| symlink("ci", tree.join(".github")).unwrap()), ["ci", "ci/**"]);
        let chain = |tree: &Path| {
            symlink("second.md", tree.join("AGENTS.md")).unwrap();
            symlink("./docs/../docs/agents.md", tree.join("second.md")).unwrap();
        };
        assert_eq!(globs(chain), ["docs/agents.md"]);
    }

    #[test]
    fn a_file_below_a_linked_folder_is_protected_where_it_lies() {
        assert_eq!(globs(|tree| symlink("scripts", tree.join("hooks")).unwrap()), ["scripts/seed.sh"]);
        assert_eq!(globs(|tree| symlink("docs", tree.join("other")).unwrap()), [""; 0]);
    }

    #[test]
    fn links_in_a_ring_out_of_the_tree_and_to_nothing_end() {
        let make = |tree: &Path| {
            symlink("b", tree.join("AGENTS.md")).unwrap();
            symlink("AGENTS.md", tree.join("b")).unwrap();
            symlink("/etc", tree.join("hooks")).unwrap();
            symlink("../../x", tree.join(".github")).unwrap();
            symlink("gone", tree.join("services.yaml")).unwrap();
        };
        assert_eq!(globs(make), [""; 0]);
    }
}
