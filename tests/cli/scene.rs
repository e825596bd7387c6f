//! A user's machine in a temporary folder: a home, and a work tree that may hold the shop.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use insta::Settings;
use tempfile::TempDir;

use crate::command::{Codexctl, Ran};

/// The example project of the repository.
pub(crate) fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop")
}

/// An event of the example project.
pub(crate) fn event(name: &str) -> String {
    shop().join("events").join(name).display().to_string()
}

pub(crate) struct Scene {
    folder: TempDir,
}

impl Scene {
    /// A work tree with nothing in it.
    pub(crate) fn empty() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("home")).expect("a home");
        // A work tree begins where `.git` is: whatever lies above the temporary folder doesn't count.
        fs::create_dir_all(folder.path().join("work/.git")).expect("a work tree");
        Self { folder }
    }

    /// A work tree with the shop in it.
    pub(crate) fn shop() -> Self {
        let scene = Self::empty();
        let copied = Command::new("cp").arg("-R").arg(shop().join(".")).arg(scene.work()).status();
        assert!(copied.expect("cp starts").success());
        scene
    }

    /// A work tree with one file: services.yaml.
    pub(crate) fn with_stack(text: &str) -> Self {
        let scene = Self::empty();
        fs::write(scene.work().join("services.yaml"), text).expect("services.yaml");
        scene
    }

    /// A work tree with these files.
    pub(crate) fn with_files(files: &[(&str, &str)]) -> Self {
        let scene = Self::empty();
        for (path, text) in files {
            scene.write(path, text);
        }
        scene
    }

    /// Writes a file of the work tree, and the folders it is in.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("its folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(crate) fn call(&self, arguments: &[&str]) -> Codexctl {
        Codexctl::new(arguments)
            .env("HOME", self.home())
            .env("XDG_STATE_HOME", self.home().join("state"))
            .env("USER", "ann")
            // A dry run warns where no model can be asked.
            .env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
            .folder(&self.work())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.call(arguments).run()
    }

    /// A dry run of a file in the shop's events.
    pub(crate) fn dry(&self, name: &str) -> Codexctl {
        self.call(&["run", "--dry-run", "--event", &event(name)])
    }

    /// Every file below home and work tree, by its path.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder that can be read") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                files.push(path);
            }
        }
        files.sort();
        files
    }

    /// Runs assertions with what differs from run to run filtered out of snapshots.
    pub(crate) fn bind(&self, assertions: impl FnOnce()) {
        let mut settings = Settings::clone_current();
        let folder = self.folder.path().display().to_string();
        for (pattern, to) in [
            (folder.as_str(), "[folder]"),
            (env!("CARGO_MANIFEST_DIR"), "[repository]"),
            ("github-[0-9a-f]{32}", "github-[random]"),
            ("event-[0-9a-f]{16}", "event-[hash]"),
            // Steps that take no time to speak of have no time in the text.
            (r"\d+(\.\d+)?s · no tokens", "[time] · no tokens"),
            (r"\d+(\.\d+)?s so far", "[time] so far"),
            (r" · \d+(\.\d+)?s\b", ""),
        ] {
            settings.add_filter(pattern, to);
        }
        settings.bind(assertions);
    }
}

impl Ran {
    /// The whole of it as one text.
    pub(crate) fn shown(&self) -> String {
        let mut out = format!("exit {}\n", self.exit);
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                out.push_str(&format!("── {name}\n{text}"));
            }
        }
        out
    }

    /// Standard error alone, of a call that printed no result.
    pub(crate) fn refused(&self) -> String {
        assert_eq!((self.exit, self.stdout.as_str()), (2, ""), "{}", self.stderr);
        self.stderr.clone()
    }
}
