//! A project in a temporary folder, and its user's way to the cluster.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cluster::cluster;
use crate::command::{Codexctl, Ran};

/// A stack of one environment and one service, whose manifests a test writes.
pub(crate) const STACK: &str = "\
project: shop
environments:
  dev: {}
services:
  - name: web
    manifests:
      - path: deploy/web.yaml
";

pub(crate) struct Scene {
    folder: TempDir,
}

impl Scene {
    /// A project with these files, its user an administrator of the cluster.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let scene = Self::stranger(files);
        fs::create_dir_all(scene.path("home/.kube")).unwrap();
        fs::copy(&cluster().kubeconfig, scene.path("home/.kube/config")).unwrap();
        scene
    }

    /// The same without a kubeconfig.
    pub(crate) fn stranger(files: &[(&str, &str)]) -> Self {
        let scene = Self { folder: TempDir::new().unwrap() };
        fs::create_dir_all(scene.path("home")).unwrap();
        for (path, text) in files {
            scene.write(&format!("work/{path}"), text);
        }
        scene
    }

    /// A project with these manifests.
    pub(crate) fn manifests(text: &str) -> Self {
        Self::with(&[("services.yaml", STACK), ("deploy/web.yaml", text)])
    }

    /// The example project.
    pub(crate) fn shop() -> Self {
        let scene = Self::with(&[]);
        let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop/.");
        let copied = std::process::Command::new("cp").arg("-R").arg(shop).arg(scene.path("work")).status();
        assert!(copied.unwrap().success());
        scene
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn call(&self, arguments: &[&str]) -> Codexctl {
        fs::create_dir_all(self.path("work")).unwrap();
        Codexctl::new(arguments).env("HOME", self.path("home")).folder(&self.path("work"))
    }

    /// What `validate` says, as a user sees it.
    pub(crate) fn validate(&self) -> String {
        self.shown(&self.call(&["validate"]).run())
    }

    /// Output without what differs from run to run.
    pub(crate) fn shown(&self, ran: &Ran) -> String {
        let mut out = format!("exit {}\n", ran.exit);
        for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            if !text.is_empty() {
                out.push_str(&format!("── {name}\n{text}"));
            }
        }
        out.replace(&cluster().server(), "https://server").replace(&self.folder.path().display().to_string(), "~")
    }
}
