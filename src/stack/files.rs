//! Files that the stack names, read from below the project root and from nowhere else.

use std::path::{Component, Path};

use super::load::Loaded;

impl Loaded {
    /// The text of a file that services.yaml names, relative to the project root.
    ///
    /// # Errors
    /// A sentence: the path leads out of the root (also through a symbolic link), or the file can't be read.
    pub fn read_file(&self, path: &str) -> Result<String, String> {
        read_inside(&self.root, path)
    }
}

/// Whether two texts of services.yaml are the same line by line but for the block `versions` at the top level.
///
/// Comments count: a trimmed header line sets variables.
pub fn same_but_versions(one: &str, other: &str) -> bool {
    without_versions(one) == without_versions(other)
}

fn without_versions(text: &str) -> Vec<&str> {
    let mut inside = false;
    text.lines()
        .filter(|line| {
            let starts = line.starts_with(|first: char| !first.is_whitespace());
            if starts {
                inside = line.starts_with("versions:");
            }
            // What stands behind the key in its line could be anything: only a block of its own is let through.
            !inside || (starts && line.trim_end() != "versions:") || line.contains("{{") || line.contains(['&', '*'])
        })
        .collect()
}

fn read_inside(root: &Path, path: &str) -> Result<String, String> {
    let leaves = Path::new(path).components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
    if leaves {
        return Err(format!("{path} is not below the project root: write it relative to the folder of services.yaml"));
    }
    let failed = |error: std::io::Error| format!("{path} can't be read: {error}");
    let real_root = root.canonicalize().map_err(failed)?;
    let real = real_root.join(path).canonicalize().map_err(failed)?;
    if !real.starts_with(&real_root) {
        return Err(format!("{path} leads out of the project root through a symbolic link"));
    }
    std::fs::read_to_string(real).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_version_is_told_from_any_other_change() {
        let file = "project: shop\nversions:\n  catalog: \"1\"\n\nservices: []\n";
        assert!(same_but_versions(file, &file.replace("\"1\"", "\"2\"")));
        for (from, to) in [
            ("services: []", "services: [x]"),
            ("versions:\n", "versions: {a: b}\n"),
            ("\"1\"", "'{{ envOr \"TOKEN\" \"\" }}'"),
            ("project", "# {{- $x := 1 -}}\nproject"),
        ] {
            assert!(!same_but_versions(file, &file.replace(from, to)), "{to}");
        }
    }

    #[test]
    fn files_are_read_below_the_root_only() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir_all(root.join("deploy")).unwrap();
        std::fs::write(folder.path().join("outside"), "secret").unwrap();
        std::fs::write(root.join("deploy/a.toml"), "inside").unwrap();
        std::os::unix::fs::symlink("../../outside", root.join("deploy/link")).unwrap();
        assert_eq!(read_inside(&root, "./deploy/a.toml").as_deref(), Ok("inside"));
        for path in ["../outside", "deploy/../../outside", "/etc/passwd"] {
            assert!(read_inside(&root, path).unwrap_err().contains("not below the project root"), "{path}");
        }
        insta::assert_snapshot!(read_inside(&root, "deploy/link").unwrap_err(), @"deploy/link leads out of the project root through a symbolic link");
        assert!(read_inside(&root, "deploy/none").unwrap_err().starts_with("deploy/none can't be read"));
    }
}
