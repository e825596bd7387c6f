//! The folders of a run: the user's work tree, the state that this machine may lose, the outbox.

use std::path::{Component, Path, PathBuf};

/// Where things are.
#[derive(Debug, Clone)]
pub struct Workplace {
    /// The root of that work tree, else the folder that the command runs in.
    pub base: PathBuf,
    /// The work tree that the command runs in, if it runs in one.
    pub top: Option<PathBuf>,
    /// services.yaml as the command line names it, seen from this machine.
    pub config: PathBuf,
    /// The same, relative to the root of the repository: where it stands in any other tree of it.
    pub config_in_repository: PathBuf,
    /// `<state home>/<owner>/<repo>`.
    pub state: PathBuf,
    /// What a token would have sent to GitHub.
    pub outbox: PathBuf,
}

impl Workplace {
    /// Finds the folders by looking at the file system only. `state_home` is the folder of the whole program.
    ///
    /// # Errors
    /// services.yaml lies outside the work tree, or the repository's name would lead out of the state folder.
    pub fn find(folder: &Path, config: &str, state_home: &Path, owner: &str, name: &str) -> Result<Self, String> {
        for part in [owner, name] {
            if part.is_empty() || part.starts_with('.') || part.contains(['/', '\\', '\0']) {
                return Err(format!("`{owner}/{name}` is no repository: expected owner/name"));
            }
        }
        let top = folder.ancestors().find(|at| at.join(".git").exists()).map(Path::to_path_buf);
        let config = folder.join(config);
        let base = top.as_deref().unwrap_or(folder).to_path_buf();
        let config_in_repository = normal(&config)
            .and_then(|path| path.strip_prefix(&base).ok().map(Path::to_path_buf))
            .ok_or_else(|| format!("{} is outside the repository at {}", config.display(), base.display()))?;
        let outbox = base.join(".codexctl/outbox");
        Ok(Self { base, top, config, config_in_repository, state: state_home.join(owner).join(name), outbox })
    }

    /// The folders of the state, from that of the whole program down to this one.
    pub fn passage(&self, folder: &Path) -> Vec<PathBuf> {
        let root = self.state.ancestors().nth(2).unwrap_or(&self.state);
        let mut passage: Vec<PathBuf> =
            folder.ancestors().take_while(|at| at.starts_with(root)).map(Path::to_path_buf).collect();
        passage.reverse();
        passage
    }

    /// A path as a text shows it: relative to the work tree, where it lies in it.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.base).unwrap_or(path).display().to_string()
    }

    /// The folder of work that may not leave this machine.
    pub fn aside(&self) -> PathBuf {
        self.state.join("set-aside")
    }

    /// The folder of a slot's work on this machine.
    pub fn slot(&self, env: &str, slot: u32) -> PathBuf {
        self.state.join("work").join(format!("{env}-{slot}"))
    }
}

/// A path without `.` and `..`, by its text alone; none where `..` leads above the root.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !out.pop() {
                    return None;
                }
            }
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_yaml_is_found_again_in_any_tree_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".git")).unwrap();
        std::fs::create_dir_all(folder.path().join("shop/deploy")).unwrap();
        let inside = folder.path().join("shop/deploy");
        let found = Workplace::find(&inside, "../services.yaml", Path::new("/state"), "o", "r").unwrap();
        assert_eq!(found.config_in_repository, Path::new("shop/services.yaml"));
        assert_eq!(found.outbox, folder.path().join(".codexctl/outbox"));
        assert_eq!(found.state, Path::new("/state/o/r"));
        assert_eq!(found.slot("ai", 3), Path::new("/state/o/r/work/ai-3"));
        let passage = found.passage(&found.slot("ai", 3));
        assert_eq!(passage.first().map(PathBuf::as_path), Some(Path::new("/state")));
        assert_eq!(passage.last().map(PathBuf::as_path), Some(Path::new("/state/o/r/work/ai-3")));
    }

    #[test]
    fn a_file_outside_and_a_name_that_leads_away_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".git")).unwrap();
        assert!(Workplace::find(folder.path(), "../../services.yaml", Path::new("/s"), "o", "r").is_err());
        assert!(Workplace::find(folder.path(), "services.yaml", Path::new("/s"), "..", "r").is_err());
        assert!(Workplace::find(folder.path(), "services.yaml", Path::new("/s"), "o", "a/b").is_err());
    }
}
