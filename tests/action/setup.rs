//! `setup/`: a release is put on PATH of a runner, or nothing is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::git_http::GitHttp;

/// A release's binary, for what this test is about.
const BINARY: &str = "#!/bin/sh\necho codexctl of the release\n";
const VERSION: &str = "v1.2.3";

/// A runner, and a server with a release.
struct Place {
    folder: TempDir,
    server: GitHttp,
    _runtime: Runtime,
}

/// What a step came to.
struct Ran {
    exit: i32,
    said: String,
    /// What was added to PATH.
    path: String,
    outputs: String,
}

fn target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(GitHttp::start(folder.path(), "nobody's token"));
        let place = Self { folder, server, _runtime: runtime };
        let action = place.path("action");
        std::fs::create_dir_all(&action).unwrap();
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("setup/install.sh"), action.join("install.sh"))
            .unwrap();
        std::fs::create_dir_all(place.path(&format!("releases/{VERSION}"))).unwrap();
        place.release(BINARY);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The server has this as the release's binary.
    fn release(&self, text: &str) {
        std::fs::write(self.path(&format!("releases/{VERSION}/codexctl-{}", target())), text).unwrap();
    }

    /// The action is that of the release.
    fn pin(&self, checksum: &str) {
        let other = "0".repeat(64);
        let text = format!("{other}  {VERSION}/codexctl-sparc\n{checksum}  {VERSION}/codexctl-{}\n", target());
        std::fs::write(self.path("action/release.sha256"), text).unwrap();
    }

    fn binary(&self) -> PathBuf {
        self.path(&format!("tools/codexctl/{VERSION}/{}/codexctl", target()))
    }

    /// The step of `setup/action.yml`.
    fn install(&self, version: &str, sha256: &str) -> Ran {
        for file in ["path", "outputs"] {
            std::fs::write(self.path(file), "").unwrap();
        }
        let ran = Command::new("bash")
            .arg(self.path("action/install.sh"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("GITHUB_ACTION_PATH", self.path("action"))
            .env("GITHUB_PATH", self.path("path"))
            .env("GITHUB_OUTPUT", self.path("outputs"))
            .env("RUNNER_TOOL_CACHE", self.path("tools"))
            .env("CODEXCTL_SETUP_VERSION", version)
            .env("CODEXCTL_SETUP_SHA256", sha256)
            .env(
                "CODEXCTL_SETUP_RELEASES",
                format!("{}/codex-k8s/codexctl-action/releases/download", self.server.address),
            )
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let plain = |text: &str| {
            text.replace(&self.server.address, "[server]")
                .replace(&self.folder.path().display().to_string(), "[folder]")
                .replace(&target(), "[target]")
        };
        let read = |file: &str| plain(&std::fs::read_to_string(self.path(file)).unwrap());
        Ran {
            exit: ran.status.code().unwrap(),
            said: plain(&format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr))),
            path: read("path"),
            outputs: read("outputs"),
        }
    }

    /// The same, which must install nothing; what it said.
    fn refused(&self, version: &str, sha256: &str) -> String {
        let ran = self.install(version, sha256);
        assert_eq!((ran.exit, ran.path.as_str(), ran.outputs.as_str()), (1, "", ""), "{}", ran.said);
        assert!(!self.binary().exists());
        let parts = std::fs::read_dir(self.binary().parent().unwrap()).map_or(0, Iterator::count);
        assert_eq!(parts, 0, "no part of a download is left");
        ran.said
    }

    fn downloads(&self) -> usize {
        self.server.authorizations().len()
    }
}

#[test]
fn the_release_that_the_action_belongs_to_is_put_on_path() {
    let place = Place::new();
    place.pin(&sha256(BINARY));
    let ran = place.install("", "");
    assert_eq!(ran.exit, 0, "{}", ran.said);
    assert_snapshot!(ran.path, @"[folder]/tools/codexctl/v1.2.3/[target]");
    assert_snapshot!(ran.outputs, @"
    version=v1.2.3
    path=[folder]/tools/codexctl/v1.2.3/[target]/codexctl
    ");
    let said = Command::new(place.binary()).output().unwrap().stdout;
    assert_eq!(said, b"codexctl of the release\n");
}

#[test]
fn what_is_there_and_right_is_not_downloaded_again_and_what_was_changed_is_replaced() {
    let place = Place::new();
    place.pin(&sha256(BINARY));
    for (before, downloads) in [(None, 1), (None, 1), (Some("#!/bin/sh\necho somebody else\n"), 2)] {
        if let Some(before) = before {
            std::fs::write(place.binary(), before).unwrap();
        }
        assert_eq!(place.install("", "").exit, 0);
        assert_eq!(place.downloads(), downloads);
        assert_eq!(std::fs::read_to_string(place.binary()).unwrap(), BINARY);
    }
}

#[test]
fn another_release_needs_its_checksum() {
    let place = Place::new();
    place.pin(&"0".repeat(64));
    let ran = place.install(VERSION, &sha256(BINARY).to_uppercase());
    assert_eq!(ran.exit, 0, "{}", ran.said);
    std::fs::remove_file(place.binary()).unwrap();
    assert_snapshot!(place.refused(VERSION, ""), @"::error title=Set up codexctl::version is given without sha256: nothing that can't be checked is installed");
    assert_snapshot!(place.refused("", &sha256(BINARY)), @"::error title=Set up codexctl::sha256 is given without version: name the release that it belongs to, or leave both out");
}

#[test]
fn what_has_another_checksum_is_not_installed() {
    let place = Place::new();
    place.pin(&sha256(BINARY));
    place.release("#!/bin/sh\necho somebody else\n");
    assert_snapshot!(place.refused("", ""), @"::error title=Set up codexctl::[server]/codex-k8s/codexctl-action/releases/download/v1.2.3/codexctl-[target] is not what it should be: its SHA-256 is f1d8add9888f2414167551a9c457c461461e8d92bbb6d411e52d15628fd4a7f8, expected a2abb4f97c8b6ff4a1d5850678ae1817045d8ebe87bfd7af08290b6b7c9a259e. Nothing was installed");
}

#[test]
fn what_is_not_there_is_told_with_its_address() {
    let place = Place::new();
    assert_snapshot!(place.refused("v9.9.9", &sha256(BINARY)), @"
    ::error title=Set up codexctl::can't download [server]/codex-k8s/codexctl-action/releases/download/v9.9.9/codexctl-[target]: is there such a release, and may this runner reach the server?
    curl: (22) The requested URL returned error: 404
    ");
    assert_snapshot!(place.refused("", ""), @"::error title=Set up codexctl::this revision of the action is no release and knows no checksum: use one that is, or give version and sha256");
}

#[test]
fn inputs_that_are_no_version_and_no_checksum_reach_neither_the_server_nor_the_log_as_a_command() {
    let place = Place::new();
    let checksum = sha256(BINARY);
    assert_snapshot!(place.refused("v1.2.3/../../evil", &checksum), @"::error title=Set up codexctl::version: expected a release such as v1.2.3, got: v1.2.3/../../evil");
    assert_snapshot!(place.refused("$(touch /tmp/x)", &checksum), @"::error title=Set up codexctl::version: expected a release such as v1.2.3, got: $(touch /tmp/x)");
    assert_snapshot!(place.refused("v1.2.3\n::add-mask::x", &checksum), @"::error title=Set up codexctl::version: expected a release such as v1.2.3, got: v1.2.3%0A::add-mask::x");
    assert_snapshot!(place.refused(VERSION, "abc\r\n::add-mask::%x"), @"::error title=Set up codexctl::sha256: expected 64 hexadecimal digits, got: abc%0D%0A::add-mask::%25x");
    assert_eq!(place.downloads(), 0);
}
